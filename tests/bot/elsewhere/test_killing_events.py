"""On each platform, what kills the process is found out after three deaths; what others asked is answered, and once."""

from __future__ import annotations

import asyncio
import itertools
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.inbox import ATTEMPTS
from bot.state.sqlite_inbox import read_statuses
from tests.bot.elsewhere.process import BotProcess
from tests.botapi import server as telegram
from tests.botapi.updates import message, private
from tests.faults.deadly import DEADLY
from tests.feishu import events
from tests.feishu import server as feishu
from tests.matrix.server import homeserver
from tests.wecom.server import gateway

QUESTION, ANSWER = "莫德纳", "从战略签约到拿地开工"


@dataclass(frozen=True)
class Surface:
    """One platform as a test uses it: `say(who, text)`, what `who` was told, and whether the bot hears it."""

    name: str
    say: Callable[[int, str], Awaitable[object]]
    told: Callable[[int], Sequence[str]]
    hears: Callable[[], object]


@pytest.mark.slow
async def test_an_event_that_kills_is_quarantined_and_the_next_start_receives_again(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        api = await stack.enter_async_context(telegram.bot_api())
        lark = await stack.enter_async_context(feishu.feishu(haste=60.0))
        matrix = await stack.enter_async_context(homeserver())
        wecom = await stack.enter_async_context(gateway())
        rooms = [matrix.room(f"@p{who}:here", name=f"r{who}") for who in range(2)]
        people, numbers = [events.ANN, events.BEN], itertools.count(1)

        async def on_telegram(who: int, text: str) -> None:
            api.push(message=message(text, private(who + 1), next(numbers)))

        async def on_feishu(who: int, text: str) -> None:
            lark.push(events.message(text, people[who]))

        async def on_matrix(who: int, text: str) -> None:
            matrix.say(rooms[who], f"@p{who}:here", text)

        async def on_wecom(who: int, text: str) -> None:
            await wecom.say(text, f"p{who}")

        surfaces = [
            Surface("telegram", on_telegram, lambda who: api.said(who + 1), lambda: api.good_polls),
            Surface("feishu", on_feishu, lambda who: lark.texts(people[who]), lambda: lark.open),
            Surface("matrix", on_matrix, lambda who: matrix.shown(rooms[who]), lambda: matrix.syncs),
            Surface("wecom", on_wecom, lambda who: wecom.shown(f"p{who}"), lambda: wecom.online),
        ]
        bot = BotProcess(
            tmp_path,
            matrix,
            wecom,
            "tests.faults.deadly",
            CHUCHU_TELEGRAM_TOKEN=telegram.TOKEN,
            CHUCHU_TELEGRAM_API=api.url,
            CHUCHU_FEISHU_APP_ID=feishu.APP,
            CHUCHU_FEISHU_APP_SECRET=feishu.SECRET,
            CHUCHU_FEISHU_API=lark.url,
        )
        await bot.start()
        await matrix.until(lambda: all(surface.hears() for surface in surfaces), 120)
        for surface in surfaces:
            await surface.say(0, QUESTION)
            await matrix.until(lambda: any(ANSWER in text for text in surface.told(0)), 120)  # noqa: B023
            await surface.say(1, DEADLY)
            deaths = 0
            while "quarantined" not in statuses(bot, surface.name):
                if bot.ended:
                    deaths += 1
                    assert deaths <= ATTEMPTS
                    began = time.monotonic()
                    await bot.start()
                await asyncio.sleep(0.02)
            await surface.say(0, QUESTION)
            await matrix.until(
                lambda: sum(ANSWER in text for text in surface.told(0)) == 2,  # noqa: B023
                120,
            )
            print(
                f"{surface.name}: {deaths} deaths, answering {time.monotonic() - began:.1f} s after the last start"
            )
            assert deaths == ATTEMPTS
            assert not bot.ended
        for surface in surfaces:
            ended = Counter({"answered": 2, "quarantined": 1})
            await matrix.until(lambda: statuses(bot, surface.name) == ended)  # noqa: B023
            assert sum(ANSWER in text for text in surface.told(0)) == 2
        code, _ = await bot.end(signal.SIGTERM)
        assert code == 0


def statuses(bot: BotProcess, platform: str) -> Counter[str | None]:
    """How the updates of a platform ended."""
    return Counter(status for status, _ in read_statuses(bot.data / "inbox.sqlite", platform).values())
