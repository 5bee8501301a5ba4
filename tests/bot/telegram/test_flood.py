"""A flood of ten thousand updates at once (real process)."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import psutil
import pytest

from tests.botapi.process import bot_process
from tests.botapi.server import bot_api
from tests.botapi.updates import group, message, private

pytestmark = pytest.mark.slow

FLOOD = 10_000
QUESTIONS = 200
MEGABYTE = 1 << 20


async def flood(folder: Path, **settings: str) -> tuple[float, int]:
    """Let ten thousand come at once; return a newcomer's seconds, and how many were answered before."""
    async with bot_api() as api, bot_process(folder, api, **settings) as bot:
        api.push(message=message("莫德纳", private(1)))
        await api.until(lambda: api.said(1))
        process = psutil.Process(bot.pid)
        before = most = process.memory_info().rss
        readers = range(10**6, 10**6 + QUESTIONS)
        for number in range(FLOOD):
            talk = message("闲聊" * 100, group(-100 - number % 500), number)
            ask = message("莫德纳", private(readers[number % QUESTIONS]), number)
            api.push(strict=False, message=talk if number >= QUESTIONS else ask)
        api.push(message=message("莫德纳", private(2)))
        came = api.clock()
        await api.until(lambda: api.said(2))
        waited, before_it = api.clock() - came, len(api.said())
        while bot.ended() < FLOOD + 2:
            most = max(most, process.memory_info().rss)
            await asyncio.sleep(0.1)
        print(f"newcomer: {waited:.2f} s; memory: +{(most - before) / MEGABYTE:.0f} MB")
        assert Counter(bot.endings().values()) == {"ignored": FLOOD - QUESTIONS, "answered": QUESTIONS + 2}
        assert [len(api.said(reader)) for reader in readers] == [1] * QUESTIONS
        assert most - before <= 100 * MEGABYTE
        return waited, before_it


async def test_a_flood_is_lost_nowhere_fits_into_memory_and_lets_a_newcomer_through(tmp_path: Path) -> None:
    _, before = await flood(tmp_path)
    assert before < QUESTIONS
