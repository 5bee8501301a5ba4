"""All four platforms at once, on their small servers: two people on each, who talk to the bot in private."""

from __future__ import annotations

import itertools
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass

import pytest

from tests.botapi.calls import Call
from tests.botapi.server import TOKEN as TELEGRAM_TOKEN
from tests.botapi.server import BotApi, bot_api
from tests.botapi.updates import Json, message, press, private, user
from tests.feishu import events
from tests.feishu.server import APP, Feishu, feishu
from tests.feishu.server import SECRET as FEISHU_SECRET
from tests.matrix.server import TOKEN, Homeserver, homeserver
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
