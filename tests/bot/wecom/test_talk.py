"""The way of a frame and back: what is meant, the first answer under its id, the rest pushed, presses, limits."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.messages import Button, ButtonPress, Chat, ChatType, Message, Reply, Run, Sender
from bot.platforms.adapter import Event, Ignored
from bot.platforms.limiter import Limiter
from bot.platforms.wecom.events import callback, to_update, translate
from bot.platforms.wecom.service import PER_CHAT
from bot.texts import in_both
from tests.bot.telegram.service import Echo
from tests.bot.wecom.service import serving
from tests.support.clock import Clock
from tests.wecom.server import gateway

ANN, ROOM = Chat("wecom", "ann", ChatType.PRIVATE), Chat("wecom", "room", ChatType.GROUP)


def frame(body: dict[str, Any], command: str = "aibot_msg_callback") -> bytes:
    said = {
        "msgid": "m1",
        "chattype": "single",
        "from": {"userid": "ann"},
        "create_time": 1_700_000_000,
        **body,
    }
    return json.dumps({"cmd": command, "headers": {"req_id": "r1"}, "body": said}).encode()


def meaning(body: dict[str, Any], command: str = "aibot_msg_callback") -> Event:
    return translate(frame(body, command))[0]


IN_GROUP = {"chattype": "group", "chatid": "room"}


@pytest.mark.parametrize(
    ("body", "chat", "text"),
    [
        ({"msgtype": "text", "text": {"content": " 新桥 "}}, ANN, "新桥"),
        ({"msgtype": "text", "text": {"content": "@出处 新桥"}}, ANN, "@出处 新桥"),
        ({"msgtype": "text", "text": {"content": "@出处 新桥"}, **IN_GROUP}, ROOM, "新桥"),
        ({"msgtype": "text", "text": {"content": "新桥 @出处"}, **IN_GROUP}, ROOM, "新桥"),
        ({"msgtype": "text", "text": {"content": "@出处 /articles"}, **IN_GROUP}, ROOM, "/articles"),
        ({"msgtype": "voice", "voice": {"content": "新桥"}}, ANN, "新桥"),
        (
            {
                "msgtype": "mixed",
                "mixed": {
                    "msg_item": [
                        {"msgtype": "image", "image": {"url": "https://here/a"}},
                        {"msgtype": "text", "text": {"content": "新桥"}},
                    ]
                },
            },
            ANN,
            "新桥",
        ),
    ],
)
def test_what_is_written_or_spoken_is_meant_for_us(body: dict[str, Any], chat: Chat, text: str) -> None:
    at = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert meaning(body) == Message(chat, "m1", Sender("ann"), text, at)


@pytest.mark.parametrize(
    ("quote", "text"),
    [
        ({"msgtype": "text", "text": {"content": "桥通车了。"}}, "桥通车了。"),
        ({"msgtype": "text", "text": {"content": 7}}, None),
        ({"msgtype": "file", "file": {}}, None),
    ],
)
def test_what_is_replied_to_goes_along(quote: dict[str, Any], text: str | None) -> None:
    said = meaning({"msgtype": "text", "text": {"content": "哪天"}, "quote": quote})
    assert isinstance(said, Message)
    assert said.replied_to == text


def test_a_press_carries_what_its_button_did() -> None:
    event = {"eventtype": "template_card_event", "template_card_event": {"event_key": "s:1", "task_id": "t1"}}
    said = meaning({"msgtype": "event", "event": event, **IN_GROUP}, "aibot_event_callback")
    assert said == ButtonPress(ROOM, "t1", "m1", Sender("ann"), "s:1")


@pytest.mark.parametrize(
    "body", [{"msgtype": "image", "image": {"url": "https://here/a"}}, {"msgtype": "new"}]
)
def test_what_has_no_words_is_ignored(body: dict[str, Any]) -> None:
    assert isinstance(meaning(body), Ignored)


@pytest.mark.parametrize(
    "broken",
    [
        b"[]",
        b"{}",
        frame({"msgtype": "text", "text": {"content": 7}}),
        frame({"from": {}}),
        frame({"chattype": "group"}),
    ],
)
def test_what_is_not_of_its_type_is_an_error_and_nothing_else(broken: bytes) -> None:
    with pytest.raises(TypeError):
        translate(broken)


@pytest.mark.parametrize("number", [None, 7, "", "a b", "\ud83d", "x" * 256])
def test_a_frame_without_a_usable_id_is_no_update(number: object) -> None:
    called = callback({"cmd": "aibot_msg_callback", "headers": {}, "body": {"msgid": number}})
    assert called is not None
    assert to_update(called, {}) is None


async def test_the_first_answer_goes_under_the_id_of_the_question_and_what_follows_is_pushed(
    tmp_path: Path,
) -> None:
    reply = [Reply([Run("答一")], [[Button("原文", "s:1")]]), Reply([Run("答二")])]
    async with gateway() as server, serving(server, tmp_path, Echo(reply=lambda m: reply)):
        await server.say("@出处 新桥", group="room")
        await server.until(lambda: len(server.said) == 3)
    asked = [frame for frame in server.frames if frame["cmd"] == "aibot_respond_msg"]
    pushed = [frame["body"] for frame in server.frames if frame["cmd"] == "aibot_send_msg"]
    assert len(asked) == 1
    assert [(body["chatid"], body["chat_type"], body["msgtype"]) for body in pushed] == [
        ("room", 2, "template_card"),
        ("room", 2, "markdown"),
    ]
    assert server.shown("room") == ["答一\n原文", "答二"]


@pytest.mark.parametrize("code", [846605, 846608])
async def test_an_answer_that_comes_too_late_is_pushed(tmp_path: Path, code: int) -> None:
    async with gateway() as server, serving(server, tmp_path, Echo()):
        server.answer_with("aibot_respond_msg", code)
        await server.say("新桥")
        await server.until(lambda: server.said)
    assert server.shown() == ["答：新桥"]
    assert server.said[0][1]["msgtype"] == "markdown"


async def test_a_press_is_answered_by_messages(tmp_path: Path) -> None:
    echo = Echo(press_reply=lambda p: [Reply([Run(f"按：{p.data}")], edits=p.message_id, notice="好")])
    async with gateway() as server, serving(server, tmp_path, echo):
        await server.press("s:1")
        await server.until(lambda: len(server.said) == 2)
    assert server.shown() == ["好", "按：s:1"]
    assert echo.pressed[0].sender == Sender("ann")


async def test_a_refused_card_becomes_a_list_and_the_answer_stays(tmp_path: Path) -> None:
    reply = [Reply([Run("答")], [[Button("原文", "s:1"), Button("更多", "m:1")]])]
    async with gateway() as server, serving(server, tmp_path, Echo(reply=lambda m: reply)):
        server.answer_with("aibot_send_msg", 42014)
        await server.say("新桥")
        await server.until(lambda: len(server.said) == 2)
    assert server.shown() == ["答", "1. 原文\n2. 更多"]


async def test_a_file_is_refused_in_plain_words(tmp_path: Path) -> None:
    async with gateway() as server, serving(server, tmp_path, Echo()):
        file = {"msgtype": "file", "file": {"url": "https://here/f", "aeskey": "k"}}
        await server.push("aibot_msg_callback", file, "ann")
        await server.until(lambda: server.said)
    assert server.shown() == [in_both(lambda said: said.no_files_here)]


def test_no_conversation_hears_more_than_thirty_in_a_minute_or_a_thousand_in_an_hour() -> None:
    clock = Clock(0.0)
    limiter = Limiter(clock, PER_CHAT, PER_CHAT, PER_CHAT)
    sent: list[float] = []
    while clock.now < 7200:
        clock.forward(seconds=limiter.reserve("room", True))
        sent.append(clock.now)
    for window, most in ((60, 30), (3600, 1000)):
        assert max(sum(at <= other < at + window for other in sent) for at in sent) <= most
