"""The index library panics with something that is no Exception: one answer fails, nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.handlers.dispatcher import Dispatcher
from bot.ports import InMemorySessions
from bot.query_service import IndexFailure, open_query_service
from bot.texts import phrases
from knowledge.model import Answer
from knowledge.snapshot import SnapshotHolder
from tests.bot.telegram.service import endings, polling
from tests.botapi.server import bot_api
from tests.botapi.updates import message, private
from tests.support.paper import Paper, fact

FAILED = phrases("zh").failed


class Panic(BaseException):
    """As PyO3's PanicException."""


class Fragile(Paper):
    """Panics when it is asked for it."""

    def ask(self, query: str, limit: int = 10, context: Sequence[str] = ()) -> Answer:
        if query == "恐慌":
            raise Panic("index out of bounds")
        return super().ask(query, limit)


async def test_a_panic_in_the_index_costs_one_answer_and_no_more(tmp_path: Path) -> None:
    with (
        closing(SnapshotHolder(Fragile([fact("桥通车了。")]))) as store,
        open_query_service(store, patience=10) as lookup,
    ):
        dialogue = Dispatcher(lookup, InMemorySessions(), lambda: datetime.now(UTC))
        async with bot_api() as api, polling(api, tmp_path, dialogue):
            for reader in (7, 8):
                api.push(message=message("恐慌", private(reader)))
                api.push(message=message("桥", private(reader + 100)))
            await api.until(lambda: list(endings(tmp_path).values()).count("answered") == 4)
            assert [api.said(7), api.said(8)] == [[FAILED], [FAILED]]
            assert all("桥通车了。" in api.said(reader)[0] for reader in (107, 108))
        assert set(endings(tmp_path).values()) == {"answered"}


async def test_three_panics_within_a_minute_turn_readiness_red_until_a_minute_has_passed() -> None:
    now = 1000.0
    with (
        closing(SnapshotHolder(Fragile([fact("桥通车了。")]))) as store,
        open_query_service(store, patience=10, clock=lambda: now) as lookup,
    ):
        reds = []
        for _ in range(3):
            reds.append(lookup.problem())
            with pytest.raises(IndexFailure):
                await lookup.ask("恐慌")
        assert reds == [None, None, None]
        assert "3 times" in (lookup.problem() or "")
        assert (await lookup.ask("桥")).found
        now += 61
        assert lookup.problem() is None
