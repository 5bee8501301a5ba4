"""WeCom and Matrix on the real process: killed in the middle, nothing stored is lost or said twice; no secret is seen."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.bot.elsewhere.process import BotProcess
from tests.bot.matrix.service import ANN
from tests.faults.test_secrets import spellings
from tests.matrix.server import ME, TOKEN, Homeserver, homeserver
from tests.wecom.server import SECRET, Gateway, gateway

QUESTION, ANSWER = "莫德纳", "从战略签约到拿地开工"  # what is said while it starts is no answer
ROOMS, ASKED = 6, 3  # what was in hand when a process died three times is taken for its death


@pytest.fixture
async def servers() -> AsyncIterator[tuple[Homeserver, Gateway]]:
    async with homeserver() as matrix, gateway() as wecom:
        yield matrix, wecom


@pytest.mark.slow
async def test_killed_again_and_again_it_loses_nothing_and_says_nothing_twice(
    tmp_path: Path, servers: tuple[Homeserver, Gateway]
) -> None:
    matrix, wecom = servers
    bot = BotProcess(tmp_path, matrix, wecom)
    await bot.start()
    await matrix.until(lambda: matrix.syncs and wecom.online, 60)
    rooms = [matrix.room(ANN, name=f"r{number}") for number in range(ROOMS)]
    asked: Counter[str] = Counter()
    for turn in range(ASKED):
        for room in rooms:
            asked[room.id] += 1
            matrix.say(room, ANN, QUESTION)
        syncs, person = matrix.syncs, f"p{turn}"
        await wecom.say(QUESTION, person)
        await matrix.until(lambda: matrix.syncs > syncs and wecom.shown(person), 60)  # noqa: B023
        await matrix.until(lambda: not bot.waiting("wecom"), 60)  # WeCom knows no repeat of what is not recorded
        if turn < ASKED - 1:
            await bot.end(signal.SIGKILL)
            await bot.start()
            subscriptions = wecom.subscriptions
            await matrix.until(lambda: wecom.subscriptions > subscriptions, 60)  # noqa: B023
    await matrix.until(
        lambda: all(len(matrix.shown(room)) >= ASKED for room in rooms) and not bot.waiting(), 60
    )
    code, _ = await bot.end(signal.SIGTERM)
    assert code == 0
    assert {room.id: sum(ANSWER in text for text in matrix.shown(room)) for room in rooms} == asked
    people = [f"p{turn}" for turn in range(ASKED)]
    assert [sum(ANSWER in text for text in wecom.shown(person)) for person in people] == [1] * ASKED


@pytest.mark.slow
async def test_killed_between_what_wecom_took_and_our_record_it_says_it_once_more(
    tmp_path: Path, servers: tuple[Homeserver, Gateway]
) -> None:
    matrix, wecom = servers
    bot = BotProcess(tmp_path, matrix, wecom)
    await bot.start()
    await matrix.until(lambda: wecom.online, 60)
    await wecom.say(QUESTION, "first")
    await matrix.until(lambda: ANSWER in "".join(wecom.shown("first")), 60)
    wecom.acknowledges = False
    await wecom.say(QUESTION)
    await matrix.until(wecom.shown, 60)
    await bot.end(signal.SIGKILL)
    wecom.acknowledges = True
    await bot.start()
    await matrix.until(lambda: not bot.waiting(), 60)
    await bot.end(signal.SIGTERM)
    assert [ANSWER in text for text in wecom.shown()].count(True) == 2


@pytest.mark.slow
async def test_asked_refused_and_broken_it_shows_no_secret_anywhere(
    tmp_path: Path, servers: tuple[Homeserver, Gateway]
) -> None:
    matrix, wecom = servers
    bot = BotProcess(tmp_path, matrix, wecom, CHUCHU_ADMINS=f"matrix:{ANN},wecom:ann")
    await bot.start()
    await matrix.until(lambda: matrix.syncs and wecom.online, 60)
    room = matrix.room(ANN)
    for words in (QUESTION, "/audit", "!settings", "1", TOKEN[4:12]):
        before = len(matrix.ours(room)), len(wecom.said)
        matrix.say(room, ANN, words)
        await wecom.say(words)
        await matrix.until(lambda: len(matrix.ours(room)) > before[0] and len(wecom.said) > before[1])  # noqa: B023
    await wecom.connections[-1].close()
    await matrix.until(lambda: wecom.subscriptions == 2)
    matrix.member(room, ME, "leave", ANN)
    assert (await bot.command("doctor")).count("✓") == 9
    assert wecom.subscriptions == 2, "who looks puts nobody out"
    code, _ = await bot.end(signal.SIGTERM)
    assert code == 0
    assert "✓ 企业微信  企业微信认这个机器人和密钥" in await bot.command("doctor")
    assert wecom.subscriptions == 3
    files = [bot.log, *(path for path in bot.data.rglob("*") if path.is_file())]
    found = {
        path.name
        for path in files
        for secret in (TOKEN, SECRET)
        for written in spellings(secret)
        if written in path.read_bytes()
    }
    assert found == set()
