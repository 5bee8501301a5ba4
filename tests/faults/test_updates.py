"""Damaged updates hold nobody up: the sound ones are answered, the others end, and what is broken says why."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from pathlib import Path

import pytest

from tests.bot.telegram.service import endings, polling, reasons
from tests.botapi.server import bot_api
from tests.faults.updates import damaged_updates
from tests.support.chat import hall

CROWD = 200


async def withstand(folder: Path, caplog: pytest.LogCaptureFixture, seed: int, number: int) -> Counter[str]:
    """Send damaged updates, most in disorder; return how many ended how."""
    caplog.set_level(logging.ERROR)
    sound: set[int] = set()
    async with bot_api() as api, hall(folder) as room, polling(api, folder, room.dialogue, places=64):
        for update in damaged_updates(seed, number):
            api.chats.learn(update.whole)
            number_of_it = api._next = api._next + 1
            api.push_raw({"update_id": number_of_it, **update.content})
            if update.sound:
                sound.add(number_of_it)
            if number_of_it % CROWD == 0:
                await api.until(lambda: len(api.queue) < CROWD)
        last = api._next
        await api.until(lambda: not api.queue, 600)
        async with asyncio.timeout(600):
            while None in endings(folder).values():
                await asyncio.sleep(0.2)
    ended, why = endings(folder), reasons(folder)
    assert set(ended) == set(range(1001, last + 1))
    assert {ended[n] for n in sound} == {"answered"}
    assert [n for n, how in ended.items() if how in ("quarantined", "refused") and not why[n]] == []
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []
    return Counter(str(how) for how in ended.values())


async def test_three_hundred_damaged_updates_hold_nobody_up(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert (await withstand(tmp_path, caplog, 1, 300))["quarantined"] > 0


@pytest.mark.soak
async def test_twenty_thousand_damaged_updates_hold_nobody_up(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    print(f"20,000 damaged updates: {dict(await withstand(tmp_path, caplog, 2, 20_000))}")
