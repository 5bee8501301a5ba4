"""All chat platforms in one process: each is answered as if it were alone, and none holds up or brings down another."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from bot.app import serving
from bot.config import load_settings
from bot.inbox import ATTEMPTS
from bot.platforms import PLATFORMS
from bot.texts import phrases
from tests.bot.matrix.service import ANN
from tests.botapi.process import BotProcess
from tests.botapi.server import TOKEN as TELEGRAM_TOKEN
from tests.botapi.server import bot_api
from tests.faults.loud import DEADLY
from tests.faults.test_secrets import Loud, spellings
from tests.feishu.server import APP, Feishu, feishu
from tests.feishu.server import SECRET as FEISHU_SECRET
from tests.knowledge.snapshots.corpus import write_corpus
from tests.matrix.server import ME, TOKEN, Homeserver, homeserver
from tests.support.people import FeishuPeople, MatrixPeople, People, Person, TelegramPeople, WeComPeople
from tests.support.server import until
from tests.wecom.server import BOT, SECRET, Gateway, gateway


@dataclass(frozen=True)
class Everywhere:
    """The servers, how the bot is set up for them, and two people on each."""

    settings: dict[str, str]
    surfaces: Sequence[People]
    feishu: Feishu
    matrix: Homeserver
    wecom: Gateway

    def hears(self) -> bool:
        return all(surface.hears() for surface in self.surfaces)

    def only(self, *platforms: str) -> dict[str, str]:
        """The settings of these platforms."""
        return {
            name: value for name, value in self.settings.items() if name.lower().split("_")[1] in platforms
        }


@pytest.fixture
async def world() -> AsyncIterator[Everywhere]:
    async with bot_api() as api, feishu(haste=60.0) as lark, homeserver() as matrix, gateway() as wecom:
        settings = {
            "CHUCHU_TELEGRAM_TOKEN": TELEGRAM_TOKEN,
            "CHUCHU_TELEGRAM_API": api.url,
            "CHUCHU_FEISHU_APP_ID": APP,
            "CHUCHU_FEISHU_APP_SECRET": FEISHU_SECRET,
            "CHUCHU_FEISHU_API": lark.url,
            "CHUCHU_MATRIX_SERVER": matrix.url,
            "CHUCHU_MATRIX_TOKEN": TOKEN,
            "CHUCHU_WECOM_SERVER": wecom.url,
            "CHUCHU_WECOM_BOT": BOT,
            "CHUCHU_WECOM_SECRET": SECRET,
        }
        surfaces = [TelegramPeople(api), FeishuPeople(lark), MatrixPeople(matrix), WeComPeople(wecom)]
        for surface, which in itertools.product(surfaces, (0, 1)):
            surface.chat(one(surface, which))  # on Matrix a room, which is there before the bot looks
        yield Everywhere(settings, surfaces, lark, matrix, wecom)


def one(surface: People, which: int = 0) -> Person:
    """One of those who talk there."""
    return Person(surface.all_of("member, private")[which])


SAID = phrases("zh").admin
QUESTION, ANSWER = "莫德纳", "从签约到开工"  # what is said while it starts is no answer
ROOMS, ASKED = 6, 3  # what was in hand when a process died three times is taken for its death


@pytest.fixture
def configured(tmp_path: Path, world: Everywhere, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The environment of a bot that is everywhere, over a small newspaper."""
    folders = {"CHUCHU_ARTICLES": write_corpus(tmp_path / "articles"), "CHUCHU_DATA": tmp_path / "var"}
    ports = dict.fromkeys(("CHUCHU_HTTP", "CHUCHU_ADMIN_HTTP"), "127.0.0.1:0")
    for name, value in {**world.settings, **folders, **ports, "CHUCHU_EMBEDDINGS": "off"}.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.chdir(tmp_path)
    return monkeypatch


async def readiness(page: str) -> tuple[int, dict[str, str]]:
    async with aiohttp.ClientSession() as session, session.get(f"{page}/readyz") as ready:
        return ready.status, (await ready.json())["problems"] if ready.status == 503 else {}


@pytest.mark.slow
async def test_a_platform_that_is_refused_for_good_leaves_the_others_alone(
    world: Everywhere, configured: pytest.MonkeyPatch
) -> None:
    configured.setenv("CHUCHU_FEISHU_APP_SECRET", "wrong-secret")
    async with serving(load_settings(PLATFORMS)) as bot:
        telegram = world.surfaces[0]
        await telegram.say(one(telegram), "街坊")
        await until(lambda: telegram.heard(one(telegram)))
        status, problems = await readiness(bot.page.url)
    assert (status, list(problems)) == (503, ["feishu"])
    assert "10014" in problems["feishu"]


@pytest.mark.slow
async def test_of_a_watched_folder_each_owner_is_told_what_is_unreadable_or_gone_and_decides_by_the_button(
    tmp_path: Path, world: Everywhere, configured: pytest.MonkeyPatch
) -> None:
    articles = tmp_path / "articles"
    configured.setenv(
        "CHUCHU_ADMINS", ",".join(f"{surface.name}:{one(surface).id}" for surface in world.surfaces)
    )
    configured.setenv("CHUCHU_WATCH", "0.2")

    async def told(surface: People, *words: str) -> None:
        try:
            await until(
                lambda: any(all(word in text for word in words) for text in surface.heard(one(surface)))
            )
        except AssertionError:
            raise AssertionError(
                f"{surface.name} was told only {surface.heard(one(surface))}, not {words}"
            ) from None

    async with serving(load_settings(PLATFORMS)):
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
