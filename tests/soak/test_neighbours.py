"""What befalls one chat, or floods the bot, and how long others wait meanwhile."""

from __future__ import annotations

import asyncio
from itertools import count
from pathlib import Path

import pytest

from bot.texts import phrases
from tests.bot.telegram.test_killed_and_flooded import flood
from tests.bot.telegram.test_troubles import awake, either_way, hold_one_chat, waits
from tests.botapi.process import bot_process
from tests.botapi.server import BotApi, bot_api
from tests.botapi.updates import inline, message, private, user
from tests.soak.watching import at_once, usual_p99

HELD_SECONDS = 35
NEWCOMERS_SECONDS = 2.0
FLOODER, TYPER = 500, 501


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
    held, *others = await hold_one_chat(tmp_path, HELD_SECONDS, **settings)
    usual, meanwhile = map(usual_p99, others)
    print(
        f"held for {held:.2f} s; p99 of others: {usual * 1000:.0f} ms before, {meanwhile * 1000:.0f} ms meanwhile"
    )
    assert HELD_SECONDS <= held <= HELD_SECONDS + 0.5
    assert meanwhile <= max(1.5 * usual, usual + 0.050)


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
        usual, poured = usual_p99(await waits(api, rounds=10)), list[int]()
        async with at_once(asyncio.create_task(pour(api, poured))):
            meanwhile = usual_p99(await waits(api, rounds=15))
        said = api.said(FLOODER)
    print(
        f"\n{len(poured)} of one chat; p99 of others: {usual * 1000:.0f} ms before, {meanwhile * 1000:.0f} ms meanwhile"
    )
    assert len(poured) >= 2_500
    assert said.count(phrases(None).too_many) == 1
    assert len(said) < 60  # what Telegram allows in one chat
    assert meanwhile <= max(1.5 * usual, usual + 0.050)
