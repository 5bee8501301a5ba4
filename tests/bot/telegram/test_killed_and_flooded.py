"""Killed, flooded, or with a Telegram that errs: nothing is lost, and nobody else pays (real process)."""

from __future__ import annotations

import asyncio
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from tests.botapi import faults
from tests.botapi.faults import Fault
from tests.botapi.process import SECRET, BotProcess, bot_process
from tests.botapi.server import BotApi, bot_api
from tests.botapi.updates import group, message, private
from tests.support.server import at_once, free_port

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
    async with at_once(asyncio.create_task(readers.talk())):
        yield readers


async def check(readers: Readers, bot: BotProcess, kills: int) -> None:
    """Every update has its ending, every question its answer, and only what was in flight has two."""

    await readers.api.until(lambda: bot.ended() == readers.pushed)
    ended = bot.endings()
    assert Counter(ended[update] for update in readers.asked) == {"answered": len(readers.asked)}
    answers = Counter(call.chat for call in readers.api.made("sendMessage"))
    assert [reader for reader in readers.asked.values() if not answers[reader]] == []
    doubled = sum(answers[reader] - 1 for reader in readers.asked.values())
    assert doubled <= IN_FLIGHT * kills


async def answered_more(api: BotApi) -> None:
    before = len(api.said())
    await api.until(lambda: len(api.said()) > before)


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


either_way = pytest.mark.parametrize("settings", [{}, by_webhook()], ids=["polling", "webhook"])


@either_way
@pytest.mark.parametrize("kills", [5, pytest.param(100, marks=pytest.mark.soak)])
async def test_nothing_is_lost_however_often_a_bot_is_killed(
    tmp_path: Path, kills: int, settings: dict[str, str]
) -> None:
    await kill_often(tmp_path, kills, **settings)


@either_way
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


HELD = 7
OTHERS = range(100, 120)
BACK_SECONDS = 30.0


def ask(api: BotApi, reader: int, number: int = 1) -> int:
    return api.push(message=message(QUESTION, private(reader), number))


async def awake(api: BotApi) -> None:
    """Wait until the bot has answered for the first time."""
    ask(api, 1)
    await api.until(lambda: api.said(1))


@pytest.mark.parametrize(
    "fault", [faults.UNAUTHORIZED, faults.NOT_FOUND, faults.flood(1)], ids=["401", "404", "429"]
)
async def test_a_webhook_that_is_refused_once_is_set_all_the_same(tmp_path: Path, fault: Fault) -> None:
    async with bot_api() as api:
        for method in ("getMe", "setWebhook"):
            api.fail(method, fault)
        async with bot_process(tmp_path, api, **by_webhook()):
            await awake(api)


async def hold_one_chat(
    folder: Path, seconds: int, **settings: str
) -> tuple[float, list[float], list[float]]:
    """Answer one chat with a 429; return how long it was left in peace, and how long others waited before and meanwhile."""
    async with bot_api() as api, bot_process(folder, api, **settings):
        await awake(api)
        usual = await waits(api, max(1, seconds // 4))
        api.fail("sendMessage", faults.flood(seconds), chat=HELD)
        ask(api, HELD)
        await api.until(lambda: any(call.refused for call in api.calls))
        meanwhile = await waits(api, max(1, seconds // 2 - 2))
        assert api.said(HELD) == []
        await api.until(lambda: api.said(HELD))
        refused = next(call.at for call in api.calls if call.refused)
        held = next(call.at for call in api.made("sendMessage") if call.chat == HELD) - refused
    return held, usual, meanwhile


async def waits(api: BotApi, rounds: int) -> list[float]:
    """Twenty others ask ten times a second, each once a round; return how long each answer took."""
    first, asked = len(api.calls), []
    for number in range(rounds):
        for reader in OTHERS:
            asked.append((reader, api.clock()))
            ask(api, reader, number)
            await asyncio.sleep(0.1)
    await api.until(lambda: len([c for c in api.calls[first:] if c.chat in OTHERS]) == len(asked))
    told = {reader: iter([call.at for call in api.calls[first:] if call.chat == reader]) for reader in OTHERS}
    return [next(told[reader]) - at for reader, at in asked]


@pytest.mark.soak
@either_way
async def test_a_frozen_bot_is_forgotten_as_soon_as_it_moves(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    async with bot_api() as api, bot_process(tmp_path, api, **settings) as bot:
        await awake(api)
        bot.send(signal.SIGSTOP)
        for reader in range(200, 220):
            ask(api, reader)
        await asyncio.sleep(40)
        bot.send(signal.SIGCONT)
        ask(api, 220)
        await api.until(lambda: all(api.said(reader) for reader in range(200, 221)), BACK_SECONDS)
        assert {len(api.said(reader)) for reader in range(200, 221)} == {1}
