"""A flood of ten thousand updates at once (real process)."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import psutil
import pytest

from tests.bot.telegram.test_crash import by_webhook
from tests.botapi.process import bot_process
from tests.botapi.server import bot_api
from tests.botapi.updates import group, message, private

FLOOD = 10_000
QUESTIONS = 200
MEGABYTE = 1 << 20


@pytest.mark.parametrize(
    ("settings", "seconds"),
    [
        ({}, float("inf")),
        pytest.param({}, 2.0, marks=pytest.mark.soak),
        pytest.param(by_webhook(), 2.0, marks=pytest.mark.soak),
    ],
    ids=["polling", "polling, timed", "webhook, timed"],
)
async def test_a_flood_is_lost_nowhere_fits_into_memory_and_lets_a_newcomer_through(
    tmp_path: Path, settings: dict[str, str], seconds: float
) -> None:
    async with bot_api() as api, bot_process(tmp_path, api, **settings) as bot:
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
        assert waited <= seconds
        assert settings or before_it < QUESTIONS  # by webhook the newcomer waits at Telegram, not with us
