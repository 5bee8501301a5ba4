"""All chat platforms in one process: each is answered as if it were alone, and none holds up or brings down another."""

from __future__ import annotations

import asyncio
import itertools
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
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
from tests.botapi.calls import Call
from tests.botapi.process import BotProcess
from tests.botapi.server import TOKEN as TELEGRAM_TOKEN
from tests.botapi.server import BotApi, bot_api
from tests.botapi.updates import Json, message, press, private, user
from tests.faults.loud import DEADLY
from tests.faults.test_secrets import Loud, spellings
from tests.feishu import events
from tests.feishu.server import APP, Feishu, feishu
from tests.feishu.server import SECRET as FEISHU_SECRET
from tests.knowledge.snapshots.corpus import write_corpus
from tests.matrix.server import ME, TOKEN, Homeserver, homeserver
from tests.support.server import until
from tests.wecom.server import BOT, SECRET, Gateway, gateway

PEOPLE = 2


@dataclass(frozen=True)
class Surface:
    """One platform: `people` by their ids, what they do, what each was told, and whether the bot hears them."""

    name: str
    people: Sequence[str]
    say: Callable[[int, str], Awaitable[object]]
    press: Callable[[int, str], Awaitable[object]]
    told: Callable[[int], Sequence[str]]
    hears: Callable[[], object]


@dataclass(frozen=True)
class Everywhere:
    """The servers, how the bot is set up for them, and what people see of it."""

    settings: dict[str, str]
    surfaces: Sequence[Surface]
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
    async with (
        bot_api() as api,
        feishu(haste=60.0) as lark,
        homeserver() as matrix,
        gateway() as wecom,
    ):
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
        surfaces = [_telegram(api), _feishu(lark), _matrix(matrix), _wecom(wecom)]
        yield Everywhere(settings, surfaces, lark, matrix, wecom)


def _telegram(api: BotApi) -> Surface:
    numbers = itertools.count(1)

    async def say(who: int, text: str) -> None:
        api.push(message=message(text, private(who + 1), next(numbers)))

    def buttons(call: Call) -> list[Json]:
        return list(itertools.chain(*(call.parameters.get("reply_markup") or {}).get("inline_keyboard", [])))

    async def presses(who: int, label: str) -> None:
        for call in reversed([call for call in api.made("sendMessage") if call.chat == who + 1]):
            for button in buttons(call):
                if button["text"] == label:
                    query = f"q{next(numbers)}"
                    api.push(callback_query=press(button["callback_data"], call.result, query, user(who + 1)))
                    return
        raise AssertionError(f"no button {label}")

    def told(who: int) -> list[str]:
        calls = [call for call in api.made("sendMessage", "editMessageText") if call.chat == who + 1]
        return ["\n".join([call.text, *(button["text"] for button in buttons(call))]) for call in calls]

    people = [str(who + 1) for who in range(PEOPLE)]
    return Surface("telegram", people, say, presses, told, lambda: api.good_polls)


def _feishu(lark: Feishu) -> Surface:
    people = [events.ANN, events.BEN]

    async def say(who: int, text: str) -> None:
        lark.push(events.message(text, people[who]))

    async def presses(who: int, label: str) -> None:
        (said,) = [one for one in lark.said.values() if one.to == people[who] and label in one.text][-1:]
        lark.push(events.press(said.button(label), said.id, people[who]))

    return Surface("feishu", people, say, presses, lambda who: lark.texts(people[who]), lambda: lark.open)


def _matrix(matrix: Homeserver) -> Surface:
    people = [f"@p{who}:here" for who in range(PEOPLE)]
    rooms = [matrix.room(person, name=f"r{who}") for who, person in enumerate(people)]

    async def say(who: int, text: str) -> None:
        matrix.say(rooms[who], people[who], text)

    async def presses(who: int, label: str) -> None:
        (shown,) = [text for text in matrix.shown(rooms[who]) if label in text][-1:]
        (number,) = re.findall(rf"(\d+)\. {label}", shown)
        await say(who, number)

    return Surface("matrix", people, say, presses, lambda who: matrix.shown(rooms[who]), lambda: matrix.syncs)


def _wecom(wecom: Gateway) -> Surface:
    people = [f"p{who}" for who in range(PEOPLE)]

    async def say(who: int, text: str) -> None:
        await wecom.say(text, people[who])

    async def presses(who: int, label: str) -> None:
        cards = [
            said["template_card"] for to, said in wecom.said if to == people[who] and "template_card" in said
        ]
        (button,) = [button for button in cards[-1]["button_list"] if button["text"] == label]
        await wecom.press(button["key"], cards[-1]["task_id"], people[who])

    return Surface("wecom", people, say, presses, lambda who: wecom.shown(people[who]), lambda: wecom.online)


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


async def asked(world: Everywhere, text: str) -> list[str]:
    """Ask on every platform; return what is answered on each."""
    before = [len(surface.told(0)) for surface in world.surfaces]
    for surface in world.surfaces:
        await surface.say(0, text)
    counted = list(zip(world.surfaces, before, strict=True))
    await until(lambda: all(len(surface.told(0)) > count for surface, count in counted))
    return ["\n".join(surface.told(0)[count:]) for surface, count in counted]


async def readiness(page: str) -> tuple[int, dict[str, str]]:
    async with aiohttp.ClientSession() as session, session.get(f"{page}/readyz") as ready:
        return ready.status, (await ready.json())["problems"] if ready.status == 503 else {}


async def test_all_platforms_answer_side_by_side_each_with_its_own_people(
    world: Everywhere, configured: pytest.MonkeyPatch
) -> None:
    telegram, feishu, *_ = world.surfaces
    configured.setenv("CHUCHU_ADMINS", f"feishu:{feishu.people[1]}")
    async with AsyncExitStack() as stack:
        bot = await stack.enter_async_context(serving(load_settings(PLATFORMS)))
        await until(world.hears)
        assert all("——《" in said for said in await asked(world, "街坊")), "the citation is there on each"
        await feishu.say(1, f"/grant telegram:{telegram.people[0]}")
        await until(lambda: any(telegram.people[0] in said for said in feishu.told(1)))
        await until(lambda: world.feishu.deliveries[-1].answers[-1:] == [200])
        refused = ["管理员" in said for said in await asked(world, "/versions")]
        assert refused == [False, True, True, True], "rights hang on platform:id"
        assert await readiness(bot.page.url) == (200, {})
        began = time.monotonic()
    assert time.monotonic() - began < 9.0, "Shutdown cuts off after nine"


async def test_a_platform_that_is_refused_for_good_leaves_the_others_alone(
    world: Everywhere, configured: pytest.MonkeyPatch
) -> None:
    configured.setenv("CHUCHU_FEISHU_APP_SECRET", "wrong-secret")
    async with serving(load_settings(PLATFORMS)) as bot:
        await world.surfaces[0].say(0, "街坊")
        await until(lambda: world.surfaces[0].told(0))
        status, problems = await readiness(bot.page.url)
    assert (status, list(problems)) == (503, ["feishu"])
    assert "10014" in problems["feishu"]


async def test_of_a_watched_folder_each_owner_is_told_what_is_unreadable_or_gone_and_decides_by_the_button(
    tmp_path: Path, world: Everywhere, configured: pytest.MonkeyPatch
) -> None:
    articles = tmp_path / "articles"
    configured.setenv("CHUCHU_ADMINS", ",".join(f"{one.name}:{one.people[0]}" for one in world.surfaces))
    configured.setenv("CHUCHU_WATCH", "0.2")

    async def told(surface: Surface, *words: str) -> None:
        try:
            await until(lambda: any(all(word in text for word in words) for text in surface.told(0)))
        except AssertionError:
            raise AssertionError(f"{surface.name} was told only {surface.told(0)}, not {words}") from None

    async with serving(load_settings(PLATFORMS)):
        await until(world.hears)
        for surface in world.surfaces:
            await surface.say(0, "/whoami")  # Telegram lets nobody be spoken to who never spoke
            await told(surface, surface.people[0])
        (articles / "damaged.pdf").write_bytes(b"%PDF-1.7 and no more")
        for surface in world.surfaces:
            await told(surface, SAID.by_itself, "damaged.pdf")
        for path in sorted(articles.glob("00*.txt"))[1:]:
            path.unlink()
        for surface in world.surfaces:
            await told(surface, SAID.by_itself, SAID.anyway)
        *others, last = world.surfaces
        for surface in others:
            await surface.press(0, SAID.not_anyway)
            await told(surface, SAID.declined)
        await last.press(0, SAID.anyway)
        await told(last, "删 3")
    assert all(not surface.told(1) for surface in world.surfaces), "who is no owner hears nothing"


async def loud(folder: Path, settings: dict[str, str]) -> Loud:
    """The bot's process with every logger at DEBUG."""
    bot = Loud(folder, None, **settings)
    await bot.start()
    return bot


@pytest.mark.slow
async def test_an_event_that_kills_is_quarantined_and_the_next_start_receives_again(
    tmp_path: Path, world: Everywhere
) -> None:
    bot = await loud(tmp_path, world.settings)
    await until(world.hears)
    for surface in world.surfaces:
        await surface.say(0, QUESTION)
        await until(lambda: any(ANSWER in text for text in surface.told(0)))  # noqa: B023
        await surface.say(1, DEADLY)
        deaths, began = 0, time.monotonic()
        while "quarantined" not in bot.statuses(surface.name).values():
            if bot.dead:
                deaths += 1
                assert deaths <= ATTEMPTS
                began = time.monotonic()
                await bot.start()
            await asyncio.sleep(0.02)
        await surface.say(0, QUESTION)
        await until(lambda: sum(ANSWER in text for text in surface.told(0)) == 2)  # noqa: B023
        print(
            f"{surface.name}: {deaths} deaths, answering {time.monotonic() - began:.1f} s after the last start"
        )
        assert (deaths, bot.dead) == (ATTEMPTS, False)
    ended = {"answered": 2, "quarantined": 1}
    for surface in world.surfaces:
        await until(lambda: Counter(bot.statuses(surface.name).values()) == ended)  # noqa: B023
        assert sum(ANSWER in text for text in surface.told(0)) == 2
    assert await bot.stop() == 0


@pytest.mark.slow
async def test_killed_again_and_again_it_loses_nothing_and_says_nothing_twice(
    tmp_path: Path, world: Everywhere
) -> None:
    matrix, wecom = world.matrix, world.wecom
    bot = await loud(tmp_path, world.only("matrix", "wecom"))
    await until(lambda: matrix.syncs and wecom.online)
    rooms = [matrix.room(ANN, name=f"mine{number}") for number in range(ROOMS)]
    asked: Counter[str] = Counter()
    for turn in range(ASKED):
        for room in rooms:
            asked[room.id] += 1
            matrix.say(room, ANN, QUESTION)
        syncs, person = matrix.syncs, f"p{turn}"
        await wecom.say(QUESTION, person)
        await until(lambda: matrix.syncs > syncs and wecom.shown(person))  # noqa: B023
        await until(lambda: not waiting(bot, "wecom"))  # WeCom knows no repeat of what is not recorded
        if turn < ASKED - 1:
            await bot.kill()
            await bot.start()
            subscriptions = wecom.subscriptions
            await until(lambda: wecom.subscriptions > subscriptions)  # noqa: B023
    await until(lambda: all(len(matrix.shown(room)) >= ASKED for room in rooms))
    await until(lambda: not waiting(bot, "matrix", "wecom"))
    assert await bot.stop() == 0
    assert {room.id: sum(ANSWER in text for text in matrix.shown(room)) for room in rooms} == asked
    people = [f"p{turn}" for turn in range(ASKED)]
    assert [sum(ANSWER in text for text in wecom.shown(person)) for person in people] == [1] * ASKED


def waiting(bot: BotProcess, *platforms: str) -> int:
    """How many stored updates have not ended."""
    return sum(status is None for name in platforms for status in bot.statuses(name).values())


@pytest.mark.slow
async def test_killed_between_what_wecom_took_and_our_record_it_says_it_once_more(
    tmp_path: Path, world: Everywhere
) -> None:
    wecom = world.wecom
    bot = await loud(tmp_path, world.only("wecom"))
    await until(lambda: wecom.online)
    await wecom.say(QUESTION, "first")
    await until(lambda: ANSWER in "".join(wecom.shown("first")))
    wecom.acknowledges = False
    await wecom.say(QUESTION)
    await until(wecom.shown)
    await bot.kill()
    wecom.acknowledges = True
    await bot.start()
    await until(lambda: not waiting(bot, "wecom"))
    assert await bot.stop() == 0
    assert [ANSWER in text for text in wecom.shown()].count(True) == 2


@pytest.mark.slow
async def test_asked_refused_and_broken_it_shows_no_secret_anywhere(
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
    assert await bot.stop() == 0
    assert "✓ 企业微信  企业微信认这个机器人和密钥" in await bot.tell("doctor")
    assert wecom.subscriptions == 3
    files = [bot.log, *(path for path in bot.data.rglob("*") if path.is_file())]
    written = {path.name: path.read_bytes() for path in files}
    secrets = [spelt for secret in (TOKEN, SECRET) for spelt in spellings(secret)]
    assert {name for name, data in written.items() if any(secret in data for secret in secrets)} == set()
