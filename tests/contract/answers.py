"""What every surface owes somebody who asks: one suite, run for each of them over the same small newspaper.

A surface's test module brings an `ask` fixture and subclasses `AnswerContract`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from bot.handlers.dispatcher import Dispatcher
from bot.ports import InMemorySessions
from bot.query_service import QueryService, open_query_service
from knowledge.snapshot import SnapshotHolder
from tests.support.paper import Paper, article, fact

HOSTILE = "<b>粗</b> &amp; [链接](tg://user?id=1) @all _一_ *二* </title><script>"
PAPER = Paper(
    [
        fact("新桥在2023年7月1日通车，全长1037米。", 39),
        fact(f"有人写下{HOSTILE}。", 12, article("乱写的一行", "b.txt")),
    ]
)

Ask = Callable[[str], Awaitable[str]]
"""Asks a question; returns everything that its reader sees then."""


@contextmanager
def query_service() -> Iterator[QueryService]:
    """Lookups in the small newspaper."""
    with open_query_service(SnapshotHolder(PAPER)) as queries:
        yield queries


def dispatcher(queries: QueryService) -> Dispatcher:
    """The feature side as a chat platform is given it."""
    return Dispatcher(queries, InMemorySessions(), lambda: datetime.now(UTC))


class AnswerContract:
    """The promises to a reader."""

    async def test_a_fact_is_shown_word_for_word_with_title_line_and_file(self, ask: Ask) -> None:
        seen = await ask("新桥")
        for words in ("新桥在2023年7月1日通车，全长1037米。", "桥通车了", "39", "a.txt"):
            assert words in seen

    async def test_what_is_not_there_is_not_claimed(self, ask: Ask) -> None:
        seen = await ask("地铁票价")
        assert "没有查到“地铁票价”" in seen
        assert "a.txt" not in seen

    async def test_nothing_in_an_article_is_taken_for_markup(self, ask: Ask) -> None:
        assert f"有人写下{HOSTILE}。" in await ask("有人")

    async def test_nothing_in_a_question_is_taken_for_markup(self, ask: Ask) -> None:
        assert HOSTILE in await ask(HOSTILE)
