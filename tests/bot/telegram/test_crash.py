"""Nothing is lost, whatever happens to the process (real process, real HTTP)."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.botapi.process import SECRET, BotProcess, bot_process
from tests.botapi.server import BotApi, bot_api
from tests.botapi.updates import group, message, private
from tests.net import free_port

pytestmark = pytest.mark.slow

QUESTION = "莫德纳"
IN_FLIGHT = 16
MOST_WAITING = 1000


@dataclass
class Readers:
    """100 updates a second, one in twenty a question: as many as Telegram lets a bot answer that is down half the time."""

    api: BotApi
    bot: BotProcess
    asked: dict[int, int] = field(default_factory=dict)
    pushed: int = 0

    def ask(self, reader: int) -> None:
        """One reader asks one question."""
        self.pushed += 1
        self.asked[self.api.push(message=message(QUESTION, private(reader), self.pushed))] = reader

    async def talk(self) -> None:
        """Go on until cancelled; a machine that is too slow for it gets time to catch up."""
        while True:
            while self.pushed - self.bot.ended() > MOST_WAITING:
                await asyncio.sleep(0.2)
            began = self.api.clock()
            for number in range(1, 101):
                if self.pushed % 20:
                    self.pushed += 1
                    self.api.push(message=message("闲聊", group(-100 - self.pushed % 40), self.pushed))
                else:
                    self.ask(10_000 + self.pushed)
                await asyncio.sleep(max(0.0, began + number / 100 - self.api.clock()))


@asynccontextmanager
async def readers_of(api: BotApi, bot: BotProcess) -> AsyncIterator[Readers]:
    """Readers who begin when the first of them was answered, and stop at the end of the block."""
    readers = Readers(api, bot)
    readers.ask(1)
    await api.until(lambda: api.said(1))
    talking = asyncio.create_task(readers.talk())
    try:
        yield readers
    finally:
        talking.cancel()


async def check(readers: Readers, bot: BotProcess, kills: int) -> None:
    """Every update has its ending, every question its answer, and only what was in flight has two."""

    await readers.api.until(lambda: bot.ended() == readers.pushed, 180)
    ended = bot.endings()
    assert Counter(ended[update] for update in readers.asked) == {"answered": len(readers.asked)}
    answers = Counter(call.chat for call in readers.api.made("sendMessage"))
    assert [reader for reader in readers.asked.values() if not answers[reader]] == []
    doubled = sum(answers[reader] - 1 for reader in readers.asked.values())
    assert doubled <= IN_FLIGHT * kills


async def answered_more(api: BotApi) -> None:
    before = len(api.said())
    await api.until(lambda: len(api.said()) > before, 120)


async def kill_often(folder: Path, kills: int, **settings: str) -> None:
    moments = random.Random(kills)
    async with bot_api() as api, bot_process(folder, api, **settings) as bot:
        async with readers_of(api, bot) as readers:
            for _ in range(kills):
                await asyncio.sleep(moments.uniform(0.1, 1.0))
                await bot.kill()
                await bot.start()
                await answered_more(api)
        await check(readers, bot, kills)
        assert await bot.stop() == 0


def by_webhook() -> dict[str, str]:
    port = free_port()
    address = f"127.0.0.1:{port}"
    return {
        "CHUCHU_HTTP": address,
        "CHUCHU_WEBHOOK_URL": f"http://{address}/telegram",
        "CHUCHU_WEBHOOK_SECRET": SECRET,
    }


async def test_nothing_is_lost_when_a_polling_bot_is_killed_five_times(tmp_path: Path) -> None:
    await kill_often(tmp_path, 5)


async def test_nothing_is_lost_when_a_bot_with_a_webhook_is_killed_five_times(tmp_path: Path) -> None:
    await kill_often(tmp_path, 5, **by_webhook())


@pytest.mark.soak
@pytest.mark.parametrize("settings", [{}, by_webhook()], ids=["polling", "webhook"])
async def test_nothing_is_lost_in_a_hundred_kills(tmp_path: Path, settings: dict[str, str]) -> None:
    await kill_often(tmp_path, 100, **settings)


@pytest.mark.parametrize("settings", [{}, by_webhook()], ids=["polling", "webhook"])
async def test_a_stop_under_load_loses_and_doubles_nothing(tmp_path: Path, settings: dict[str, str]) -> None:
    async with bot_api() as api, bot_process(tmp_path, api, **settings) as bot:
        async with readers_of(api, bot) as readers:
            await asyncio.sleep(1.5)
            async with asyncio.timeout(10):
                assert await bot.stop() == 0
            await bot.start()
        await check(readers, bot, kills=0)


async def test_switching_between_polling_and_webhook_loses_nothing(tmp_path: Path) -> None:
    async with bot_api() as api, bot_process(tmp_path, api) as bot:
        async with readers_of(api, bot) as readers:
            await asyncio.sleep(0.5)
            await bot.stop()
            async with bot_process(tmp_path, api, **by_webhook()) as hooked:
                await api.until(lambda: api.courier and 200 in api.courier.statuses)
                await hooked.stop()
            await bot.start()
        await check(readers, bot, kills=0)
