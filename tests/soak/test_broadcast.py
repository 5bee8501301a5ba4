"""News for five thousand watchers while readers ask: the readers do not feel it, and nobody hears it twice; nor do twenty feel a flood."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import insert

from bot.feedback.outbox import IN_FLIGHT
from bot.messages import Chat, ChatType
from bot.state.chats import chat_columns
from bot.state.database import fresh_id, open_database
from bot.state.state import sqlite_address
from bot.state.tables import watches
from bot.texts import phrases
from tests.bot.telegram.test_killed_and_flooded import awake, either_way, flood, hold_one_chat, waits
from tests.botapi.process import BotProcess, bot_process
from tests.botapi.server import BotApi, bot_api
from tests.botapi.updates import inline, message, private, user
from tests.soak.test_steady import place, usual_p99
from tests.support.server import at_once

WATCHERS = range(1_000_000, 1_005_000)
WORD = "养蜂"
NEWS = f"社区{WORD}\n\n社区{WORD}服务今天有了新办法。\n"
QUESTION = "莫德纳"
EVERY = 0.2  # seconds between two questions
QUIET, LOUD = 60.0, 90.0  # seconds of questions without and with a broadcast
KILLS = 3


async def watch(bot: BotProcess, api: BotApi) -> None:
    now = datetime.now(UTC)
    chats = [Chat("telegram", str(number), ChatType.PRIVATE) for number in WATCHERS]
    row = {"language": None, "words": WORD, "key": WORD, "since": now}
    rows = [{**chat_columns(chat), "id": fresh_id(), **row} for chat in chats]
    async with open_database(sqlite_address(bot.data)) as database, database.writing() as connection:
        await connection.execute(insert(watches), rows)
    for number in WATCHERS:
        api.chats.known[number] = private(number)


async def questions(api: BotApi, first: int, seconds: float) -> list[float]:
    """Ask for so long, a new reader each time; return how long each answer took."""
    asked: dict[int, float] = {}
    began = api.clock()
    while api.clock() - began < seconds:
        reader = first + len(asked)
        asked[reader] = api.clock()
        api.push(message=message(QUESTION, private(reader)))
        await asyncio.sleep(max(0.0, began + len(asked) * EVERY - api.clock()))
    await api.until(lambda: all(api.said(reader) for reader in (first, first + len(asked) - 1)))
    answered = {call.chat: call.at for call in api.made("sendMessage")}
    return [answered[reader] - at for reader, at in asked.items()]


def told(api: BotApi) -> Counter[int | None]:
    """How often each watcher has heard the news."""
    return Counter(call.chat for call in api.made("sendMessage") if call.chat in WATCHERS)


@pytest.mark.soak
async def test_news_for_five_thousand_keep_no_reader_waiting_and_are_told_once_over_kills(
    tmp_path: Path,
) -> None:
    here = place(tmp_path)
    async with bot_api() as api, bot_process(tmp_path, api, **here.settings) as bot:
        api.push(message=message(QUESTION, private(1)))
        await api.until(lambda: api.said(1))
        await watch(bot, api)
        quiet = usual_p99(await questions(api, 10_000, QUIET))
        (here.articles / "news.txt").write_text(NEWS, encoding="utf-8")
        bot.send(signal.SIGHUP)
        await api.until(lambda: told(api))
        began, before = api.clock(), len(told(api))
        loud = usual_p99(await questions(api, 20_000, LOUD))
        rate = (len(told(api)) - before) / (api.clock() - began)
        print(
            f"\np99 of an answer: {quiet * 1000:.0f} ms, {loud * 1000:.0f} ms beside {rate:.1f} news a second"
        )
        for _ in range(KILLS):
            heard = told(api).total()
            await bot.kill()
            await bot.start()
            while told(api).total() < heard + 200:
                await asyncio.sleep(0.5)
        while len(told(api)) < len(WATCHERS):
            await asyncio.sleep(0.5)
        await asyncio.sleep(5)  # whoever is told twice is told by now
        assert await bot.stop() == 0
    counted = told(api)
    print(f"{len(counted)} told, {counted.total() - len(counted)} of them twice, over {KILLS} kills")
    assert rate > 10
    assert counted.total() - len(counted) <= KILLS * IN_FLIGHT
    assert loud <= 2 * quiet


HELD_SECONDS, NEWCOMERS_SECONDS = 35, 2.0
FLOODER, TYPER = 500, 501


def is_felt(before: Sequence[float], meanwhile: Sequence[float]) -> bool:
    """Print the 99th percentiles of others' waits, and tell whether the second is by half and 50 ms above the first."""
    usual, then = usual_p99(before), usual_p99(meanwhile)
    print(f"\np99 of others: {usual * 1000:.0f} ms before, {then * 1000:.0f} ms meanwhile")
    return then > max(1.5 * usual, usual + 0.050)


@pytest.mark.soak
@either_way
async def test_a_newcomer_is_answered_within_two_seconds_of_a_flood(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    waited, _ = await flood(tmp_path, **settings)
    assert waited <= NEWCOMERS_SECONDS


@pytest.mark.soak
@either_way
async def test_a_429_of_35_seconds_on_one_chat_is_felt_by_none_of_twenty_others(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    held, before, meanwhile = await hold_one_chat(tmp_path, HELD_SECONDS, **settings)
    print(f"held for {held:.2f} s")
    assert HELD_SECONDS <= held <= HELD_SECONDS + 0.5
    assert not is_felt(before, meanwhile)


async def pour(api: BotApi, poured: list[int]) -> None:
    """A hundred messages a second from one chat, and fifty inline queries a second from somebody else."""
    began = api.clock()
    for number in count(2):
        poured.append(api.push(message=message("莫德纳", private(FLOODER), number)))
        if number % 2:
            api.push(strict=False, inline_query=inline("莫德纳", f"typed{number}", user(TYPER)))
        await asyncio.sleep(max(0.0, began + (number - 1) / 100 - api.clock()))


@pytest.mark.soak
async def test_a_chat_that_floods_is_told_once_and_felt_by_none_of_twenty_others(tmp_path: Path) -> None:
    async with bot_api() as api, bot_process(tmp_path, api):
        await awake(api)
        before, poured = await waits(api, rounds=10), list[int]()
        async with at_once(asyncio.create_task(pour(api, poured))):
            meanwhile = await waits(api, rounds=15)
        said = api.said(FLOODER)
    print(f"{len(poured)} of one chat")
    assert len(poured) >= 2_500
    assert said.count(phrases(None).too_many) == 1
    assert len(said) < 60  # what Telegram allows in one chat
    assert not is_felt(before, meanwhile)
