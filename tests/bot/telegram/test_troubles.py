"""Whatever Telegram does wrong costs as little as it must, by polling and by webhook (real process)."""

from __future__ import annotations

import asyncio
import signal
from functools import partial
from pathlib import Path

import psutil
import pytest

from tests.bot.telegram.test_killed_and_flooded import QUESTION, by_webhook
from tests.botapi import faults
from tests.botapi.faults import Fault
from tests.botapi.process import BotProcess, bot_process
from tests.botapi.relay import relay
from tests.botapi.server import BotApi, bot_api
from tests.botapi.updates import message, private
from tests.support.server import Hang

pytestmark = pytest.mark.slow
either_way = pytest.mark.parametrize("settings", [{}, by_webhook()], ids=["polling", "webhook"])
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


async def back(api: BotApi, reader: int) -> float:
    """Ask, and return how long the answer took."""
    began = api.clock()
    ask(api, reader)
    await api.until(partial(api.said, reader), BACK_SECONDS)
    return api.clock() - began


@pytest.mark.soak
@either_way
async def test_a_minute_of_hanging_or_of_a_second_poller_is_over_within_half_a_minute(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    async with bot_api() as api, bot_process(tmp_path, api, **settings):
        await awake(api)
        troubles: tuple[Fault, ...] = (Hang(),) if settings else (Hang(), faults.SECOND_POLLER)
        for reader, trouble in enumerate(troubles, 100):
            for method in ("getUpdates", "sendMessage") if isinstance(trouble, Hang) else ("getUpdates",):
                api.fail(method, trouble, float("inf"))
            ask(api, 50)
            await asyncio.sleep(60)
            api.planned.clear()
            print(f"{type(trouble).__name__}: back after {await back(api, reader):.1f} s")


@pytest.mark.soak
@either_way
async def test_a_frozen_wire_and_a_frozen_bot_are_forgotten_as_soon_as_they_move(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    async with (
        bot_api() as api,
        relay(api.url) as (url, wire),
        bot_process(tmp_path, api, **settings, CHUCHU_TELEGRAM_API=url) as bot,
    ):
        await awake(api)
        for reader in range(100, 102):
            wire.send_signal(signal.SIGSTOP)
            await asyncio.sleep(40)
            wire.send_signal(signal.SIGCONT)
            print(f"frozen wire: back after {await back(api, reader):.1f} s, {connections(bot)} connections")
            assert connections(bot) <= 40
        bot.send(signal.SIGSTOP)
        for reader in range(200, 220):
            ask(api, reader)
        await asyncio.sleep(40)
        bot.send(signal.SIGCONT)
        print(f"frozen bot: back after {await back(api, 220):.1f} s")
        await api.until(lambda: all(api.said(reader) for reader in range(200, 220)))
        assert {len(api.said(reader)) for reader in range(200, 220)} == {1}


def connections(bot: BotProcess) -> int:
    return len(psutil.Process(bot.pid).net_connections("tcp"))
