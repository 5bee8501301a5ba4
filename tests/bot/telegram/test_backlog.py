"""A bot that comes back to a great deal of work."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from bot.inbox import NewUpdate
from bot.platforms.telegram.receiving import to_record
from tests.bot.telegram.service import Echo, polling
from tests.botapi.server import bot_api
from tests.botapi.updates import message, private
from tests.support.inbox import open_inbox

pytestmark = pytest.mark.slow

BACKLOG = 40_000
OLD = 10**6
NEWCOMER = 7


def waiting(number: int) -> NewUpdate:
    """A question of a reader of its own, stored before the bot went down."""
    sealed = to_record({"update_id": number, "message": message("问", private(number), number)})
    assert sealed is not None
    return sealed


async def test_after_a_restart_a_newcomer_is_answered_before_nearly_all_of_a_long_backlog(
    tmp_path: Path,
) -> None:
    async with open_inbox(tmp_path / "inbox.sqlite", time.time) as inbox:
        await inbox.store([waiting(number) for number in range(OLD, OLD + BACKLOG)])
    async with bot_api() as api:
        began = api.clock()
        async with polling(api, tmp_path, Echo()):
            opened = api.clock() - began
            api.push(message=message("新来的", private(NEWCOMER)))
            await api.until(lambda: api.said(NEWCOMER))
            before_it, waited = len(api.said()), api.clock() - began
        print(f"opened in {opened:.2f} s, newcomer after {waited:.2f} s and {before_it} others")
        assert before_it < BACKLOG / 100
