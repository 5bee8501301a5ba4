"""The way of a frame and back: what is meant, the first answer under its id, the rest pushed; nothing written is alive."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages import Button, Chat, ChatType, Message, Reply, Run, Sender, Style
from bot.platforms.sending import Limiter
from bot.platforms.updates import Event, Ignored
from bot.platforms.wecom.client import PER_CHAT
from bot.platforms.wecom.sending import drafts, escaped, markdown
from bot.platforms.wecom.updates import callback, to_update, translate
from tests.bot.telegram.service import Echo
from tests.bot.wecom.service import serving
from tests.contract.surface import HOSTILE
from tests.support.clock import Clock
from tests.wecom.server import gateway, visible

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


async def test_no_conversation_hears_more_than_thirty_in_a_minute_or_a_thousand_in_an_hour() -> None:
    clock = Clock(0.0)
    limiter = Limiter(clock, PER_CHAT, PER_CHAT, PER_CHAT)
    sent: list[float] = []
    while clock.now < 7200:
        clock.forward(seconds=await limiter.reserve("room", True))
        sent.append(clock.now)
    for window, most in ((60, 30), (3600, 1000)):
        assert max(sum(at <= other < at + window for other in sent) for at in sent) <= most


LIVELY = st.text(st.sampled_from("ab字9 \t\n*_`[]()<>#+-.!|~&$=\\1:;@\"'/{}^%,？。　"), max_size=40)


def words(text: str) -> list[str]:
    """Blanks and line breaks are no words."""
    return text.replace("\u00a0", " ").split()


@pytest.mark.parametrize(
    "text",
    [
        HOSTILE,
        '<@ann> <@all> <font color="warning">',
        "# 标题\n## 标题",
        "- 一\n+ 二\n* 三\n1. 四\n2) 五",
        "标题\n===\n---",
        "> 引用",
        "|a|b|\n|-|-|\n|1|2|",
        "    缩进\n\t缩进",
        "```\n码\n```",
        "![图](https://here/a.png)",
        "[a]: https://here\n[a]",
        "a&lt;b&#35;",
        "$x$ ~~删~~ __粗__",
    ],
)
def test_what_anybody_wrote_is_seen_as_it_is(text: str) -> None:
    assert words(visible(escaped(text))) == words(text)


@given(
    st.lists(
        st.builds(Run, LIVELY, st.sampled_from(Style), st.sampled_from([None, "https://here/a_(b)?c=*<d>"]))
    )
)
def test_no_runs_of_any_looks_come_alive(runs: list[Run]) -> None:
    assert "".join(words(visible(markdown(runs)))) == "".join(words("".join(run.text for run in runs)))


def test_looks_are_marked_without_their_punctuation() -> None:
    runs = [
        Run("“检查码”\n", Style.BOLD),
        Run("3  ", Style.CODE),
        Run("："),
        Run("a_b", Style.CODE),
        Run("注", Style.ITALIC),
    ]
    assert markdown(runs) == "“**检查码**”\n3  ：`a_b`*注*"


def test_only_the_web_is_linked() -> None:
    assert markdown([Run("源", link="https://here/a b(c)")]) == "[源](https://here/a%20b%28c%29)"
    assert markdown([Run("源", link="javascript:alert(1)")]) == "源"


def test_buttons_follow_on_cards_of_six() -> None:
    rows = [[Button(f"第{number}篇", f"a:{number}") for number in range(8)]]
    text, first, second = drafts(ANN, Reply([Run("有这些：\n一")], rows))
    assert (text.text, text.card) == ("有这些：\n一", None)
    assert first.card is not None and second.card is not None
    assert first.card["main_title"] == {"title": "有这些："}
    assert [b["key"] for card in (first.card, second.card) for b in card["button_list"]] == [  # type: ignore[attr-defined]
        f"a:{number}" for number in range(8)
    ]
    assert first.card["task_id"] != second.card["task_id"]


def test_a_label_too_long_for_a_card_is_a_number_and_stands_in_the_text() -> None:
    rows = [[Button("努力创造经得起历史、实践和人民检验的业绩", "a:1")], [Button("更多", "m")]]
    text, card = drafts(ANN, Reply([Run("有这些：")], rows))
    assert visible(text.text) == "有这些：\n1. 努力创造经得起历史、实践和人民检验的业绩\n2. 更多"
    assert card.card is not None
    assert [b["text"] for b in card.card["button_list"]] == ["1", "2"]  # type: ignore[attr-defined]
