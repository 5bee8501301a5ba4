"""On each platform, what kills the process is found out after three deaths; what others asked is answered, and once."""

from __future__ import annotations

import asyncio
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from bot.inbox import ATTEMPTS
from bot.state.sqlite_inbox import read_statuses
from tests.bot.elsewhere.everywhere import everywhere
from tests.bot.elsewhere.process import BotProcess
from tests.faults.deadly import DEADLY

QUESTION, ANSWER = "莫德纳", "从战略签约到拿地开工"
ENDED = Counter({"answered": 2, "quarantined": 1})


@pytest.mark.slow
async def test_an_event_that_kills_is_quarantined_and_the_next_start_receives_again(tmp_path: Path) -> None:
    async with everywhere() as world:
        until = world.matrix.until
        bot = BotProcess(tmp_path, world.matrix, world.wecom, "tests.faults.deadly", **world.settings)
        await bot.start()
        await until(world.heard, 120)
        for surface in world.surfaces:
            await surface.say(0, QUESTION)
            await until(lambda: any(ANSWER in text for text in surface.told(0)), 120)  # noqa: B023
            await surface.say(1, DEADLY)
            deaths, began = 0, time.monotonic()
            while "quarantined" not in statuses(bot, surface.name):
                if bot.ended:
                    deaths += 1
                    assert deaths <= ATTEMPTS
                    began = time.monotonic()
                    await bot.start()
                await asyncio.sleep(0.02)
            await surface.say(0, QUESTION)
            await until(lambda: sum(ANSWER in text for text in surface.told(0)) == 2, 120)  # noqa: B023
            after = time.monotonic() - began
            print(f"{surface.name}: {deaths} deaths, answering {after:.1f} s after the last start")
            assert (deaths, bot.ended) == (ATTEMPTS, False)
        for surface in world.surfaces:
            await until(lambda: statuses(bot, surface.name) == ENDED)  # noqa: B023
            assert sum(ANSWER in text for text in surface.told(0)) == 2
        code, _ = await bot.end(signal.SIGTERM)
        assert code == 0


def statuses(bot: BotProcess, platform: str) -> Counter[str | None]:
    """How the updates of a platform ended."""
    return Counter(status for status, _ in read_statuses(bot.data / "inbox.sqlite", platform).values())
