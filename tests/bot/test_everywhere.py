"""All chat platforms in one process: each is answered as if it were alone, and none holds up or brings down another."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from bot.app import serving
from bot.inbox import ATTEMPTS
from bot.texts import phrases
from tests.bot.matrix.service import ANN
from tests.botapi.process import BotProcess
from tests.faults.loud import DEADLY
from tests.faults.test_secrets import Loud, spellings
from tests.matrix.server import ME, TOKEN
from tests.support.everywhere import Everywhere, bot_everywhere, everywhere, one
from tests.support.people import People
from tests.support.server import until
from tests.wecom.server import SECRET, Gateway


@pytest.fixture
async def world() -> AsyncIterator[Everywhere]:
    async with everywhere(haste=60.0) as opened:
        for surface, which in itertools.product(opened.surfaces, (0, 1)):
            surface.chat(one(surface, which))  # on Matrix a room, which is there before the bot looks
        yield opened


SAID = phrases("zh").admin
QUESTION, ANSWER = "莫德纳", "从签约到开工"  # what is said while it starts is no answer
ROOMS, ASKED = 6, 3  # what was in hand when a process died three times is taken for its death


async def readiness(page: str) -> tuple[int, dict[str, str]]:
    async with aiohttp.ClientSession() as session, session.get(f"{page}/readyz") as ready:
        return ready.status, (await ready.json())["problems"] if ready.status == 503 else {}


@pytest.mark.slow
async def test_a_platform_that_is_refused_for_good_leaves_the_others_alone(
    tmp_path: Path, world: Everywhere
) -> None:
    async with serving(bot_everywhere(tmp_path, world, CHUCHU_FEISHU_APP_SECRET="wrong-secret")) as bot:
        telegram = world.surfaces[0]
        await telegram.say(one(telegram), "街坊")
        await until(lambda: telegram.heard(one(telegram)))
        status, problems = await readiness(bot.page.url)
    assert (status, list(problems)) == (503, ["feishu"])
    assert "10014" in problems["feishu"]


@pytest.mark.slow
async def test_of_a_watched_folder_each_owner_is_told_what_is_unreadable_or_gone_and_decides_by_the_button(
    tmp_path: Path, world: Everywhere
) -> None:
    articles = tmp_path / "articles"
    owners = ",".join(f"{surface.name}:{one(surface).id}" for surface in world.surfaces)

    async def told(surface: People, *words: str) -> None:
        try:
            await until(
                lambda: any(all(word in text for word in words) for text in surface.heard(one(surface)))
            )
        except AssertionError:
            raise AssertionError(
                f"{surface.name} was told only {surface.heard(one(surface))}, not {words}"
            ) from None

    async with serving(bot_everywhere(tmp_path, world, CHUCHU_ADMINS=owners, CHUCHU_WATCH="0.2")):
        await until(world.hears)
        for surface in world.surfaces:
            await surface.say(one(surface), "/whoami")  # Telegram lets nobody be spoken to who never spoke
            await told(surface, one(surface).id)
        (articles / "damaged.pdf").write_bytes(b"%PDF-1.7 and no more")
        for surface in world.surfaces:
            await told(surface, SAID.by_itself, "damaged.pdf")
        for path in sorted(articles.glob("00*.txt"))[1:]:
            path.unlink()
        for surface in world.surfaces:
            await told(surface, SAID.by_itself, SAID.anyway)
        *others, last = world.surfaces
        for surface in others:
            await surface.press(one(surface), SAID.not_anyway)
            await told(surface, SAID.declined)
        await last.press(one(last), SAID.anyway)
        await told(last, "删 3")
    assert all(not surface.heard(one(surface, 1)) for surface in world.surfaces), (
        "who is no owner hears nothing"
    )


async def loud(folder: Path, settings: dict[str, str]) -> Loud:
    """The bot's process with every logger at DEBUG."""
    bot = Loud(folder, None, **settings)
    await bot.start()
    return bot


@pytest.mark.slow
async def test_an_event_that_kills_is_quarantined_and_others_heard(tmp_path: Path, world: Everywhere) -> None:
    bot = await loud(tmp_path, world.settings)
    await until(world.hears)
    for surface in world.surfaces:
        await surface.say(one(surface), QUESTION)
        await until(lambda: any(ANSWER in text for text in surface.heard(one(surface))))  # noqa: B023
        dying = asyncio.create_task(surface.say(one(surface, 1), DEADLY))  # heard of at last
        deaths, began = 0, time.monotonic()
        while "quarantined" not in bot.statuses(surface.name).values():
            if bot.dead:
                deaths += 1
                assert deaths <= ATTEMPTS
                began = time.monotonic()
                await bot.start()
            await asyncio.sleep(0.02)
        await dying
        await surface.say(one(surface), QUESTION)
        await until(lambda: sum(ANSWER in text for text in surface.heard(one(surface))) == 2)  # noqa: B023
        print(
            f"{surface.name}: {deaths} deaths, answering {time.monotonic() - began:.1f} s after the last start"
        )
        assert (deaths, bot.dead) == (ATTEMPTS, False)
    ended = {"answered": 2, "quarantined": 1}
    for surface in world.surfaces:
        await until(lambda: Counter(bot.statuses(surface.name).values()) == ended)  # noqa: B023
        assert sum(ANSWER in text for text in surface.heard(one(surface))) == 2
    assert await bot.stop() == 0


@pytest.mark.slow
async def test_asked_broken_and_killed_again_and_again_it_loses_nothing_says_nothing_twice_and_shows_no_secret(
    tmp_path: Path, world: Everywhere
) -> None:
    matrix, wecom = world.matrix, world.wecom
    admins = {"CHUCHU_ADMINS": f"matrix:{ANN},wecom:ann"}
    bot = await loud(tmp_path, world.only("matrix", "wecom") | admins)
    await until(lambda: matrix.syncs and wecom.online)
    room = matrix.room(ANN)
    for words in (QUESTION, "/audit", "!settings", "1", TOKEN[4:12]):
        before = len(matrix.ours(room)), len(wecom.said)
        matrix.say(room, ANN, words)
        await wecom.say(words)
        await until(lambda: len(matrix.ours(room)) > before[0] and len(wecom.said) > before[1])  # noqa: B023
    await wecom.connections[-1].close()
    await until(lambda: wecom.subscriptions == 2)
    matrix.member(room, ME, "leave", ANN)
    assert (await bot.tell("doctor")).count("✓") == 9
    assert wecom.subscriptions == 2, "who looks puts nobody out"
    rooms = [matrix.room(ANN, name=f"mine{number}") for number in range(ROOMS)]
    for turn in range(ASKED):
        for one_of in rooms:
            matrix.say(one_of, ANN, QUESTION)
        syncs, person = matrix.syncs, f"p{turn}"
        await wecom.say(QUESTION, person)
        await until(lambda: matrix.syncs > syncs and wecom.shown(person))  # noqa: B023
        await until(lambda: not waiting(bot, "wecom"))  # WeCom knows no repeat of what is not recorded
        if turn < ASKED - 1:
            await kill(bot, wecom)
    await until(lambda: all(len(matrix.shown(one_of)) >= ASKED for one_of in rooms))
    await until(lambda: not waiting(bot, "matrix", "wecom"))
    assert [sum(ANSWER in text for text in matrix.shown(one_of)) for one_of in rooms] == [ASKED] * ROOMS
    for turn in range(ASKED):
        assert sum(ANSWER in text for text in wecom.shown(f"p{turn}")) == 1
    wecom.acknowledges = False  # between what WeCom takes and our record of it: it says it once more
    await wecom.say(QUESTION, "last")
    await until(lambda: wecom.shown("last"))
    await bot.kill()
    wecom.acknowledges = True
    await bot.start()
    await until(lambda: wecom.online and not waiting(bot, "wecom"))
    assert await bot.stop() == 0
    assert [ANSWER in text for text in wecom.shown("last")].count(True) == 2
    subscriptions = wecom.subscriptions
    assert "✓ 企业微信  企业微信认这个机器人和密钥" in await bot.tell("doctor")
    assert wecom.subscriptions == subscriptions + 1
    files = [bot.log, *(path for path in bot.data.rglob("*") if path.is_file())]
    written = {path.name: path.read_bytes() for path in files}
    secrets = [spelt for secret in (TOKEN, SECRET) for spelt in spellings(secret)]
    assert {name for name, data in written.items() if any(secret in data for secret in secrets)} == set()


async def kill(bot: BotProcess, wecom: Gateway) -> None:
    """Kill it and wait until it is there again."""
    subscriptions = wecom.subscriptions
    await bot.kill()
    await bot.start()
    await until(lambda: wecom.subscriptions > subscriptions)


def waiting(bot: BotProcess, *platforms: str) -> int:
    """How many stored updates have not ended."""
    return sum(status is None for name in platforms for status in bot.statuses(name).values())
