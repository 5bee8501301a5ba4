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
from bot.platforms.wecom.client import PER_CHAT, PING_SECONDS, SILENCE, WeComOptions
from bot.platforms.wecom.sending import drafts, escaped, markdown
from bot.platforms.wecom.service import UNSTORED_BYTES, UnstoredFrames
from bot.platforms.wecom.updates import callback, to_update, translate
from tests.bot.telegram.service import Echo
from tests.bot.wecom.service import serving
from tests.contract.surface import HOSTILE
from tests.support.clock import Clock
from tests.support.inbox import nothing_stored
from tests.support.words import examples
from tests.wecom.server import BOT, SECRET, gateway, visible

ANN = Chat("wecom", "ann", ChatType.PRIVATE)


async def test_two_unanswered_pings_are_a_dead_connection_within_75_seconds(tmp_path: Path) -> None:
    assert 2 * PING_SECONDS < PING_SECONDS * SILENCE <= 75 - 5
    async with gateway() as server, serving(server, tmp_path, Echo(), ping_seconds=0.1):
        await server.until(lambda: [f["cmd"] for f in server.frames].count("ping") >= 4)
        assert server.subscriptions == 1


async def test_what_is_to_be_said_while_nobody_is_connected_waits(tmp_path: Path) -> None:
    async with gateway() as server, serving(server, tmp_path, Echo()) as service:
        await server.connections[-1].close()
        await server.until(lambda: service.problem() is not None)
        assert await service.send(ANN, Reply([Run("一")])) is not None
    assert server.shown() == ["一"]


async def test_what_cannot_be_stored_waits_in_memory_which_is_said_and_has_an_end(tmp_path: Path) -> None:
    async with gateway() as server, serving(server, tmp_path, Echo()) as service:
        with nothing_stored(tmp_path):
            await server.say("新桥")
            await server.until(lambda: "in memory only" in str(service.problem()))
        await server.until(lambda: service.problem() is None)
    waiting = UnstoredFrames()
    big = {"body": "x" * (UNSTORED_BYTES // 2)}
    assert [waiting.add(big), waiting.add(big)] == [True, False]
    assert waiting.take() == big
    assert waiting.add(big)


def test_no_word_of_ours_shows_the_secret() -> None:
    assert SECRET not in repr(WeComOptions(BOT, SECRET))


def frame(**body: Any) -> bytes:
    said = {"msgid": "m1", "chattype": "single", "from": {"userid": "ann"}, "create_time": 1_700_000_000}
    called = {"cmd": "aibot_msg_callback", "headers": {"req_id": "r1"}, "body": {**said, **body}}
    return json.dumps(called).encode()


def meaning(**body: Any) -> Event:
    return translate(frame(**body))[0]


@examples("chat", "text", "body")
def test_what_is_written_or_spoken_is_meant_for_us(chat: str, text: str, body: dict[str, Any]) -> None:
    kind = ChatType.PRIVATE if chat == "ann" else ChatType.GROUP
    at = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert meaning(**body) == Message(Chat("wecom", chat, kind), "m1", Sender("ann"), text, at)


@examples("text", "quote")
def test_what_is_replied_to_goes_along(text: str, quote: dict[str, Any]) -> None:
    said = meaning(msgtype="text", text={"content": "哪天"}, quote=quote)
    assert isinstance(said, Message)
    assert (said.replied_to or "") == text


@pytest.mark.parametrize("body", [{"msgtype": "image", "image": {"url": "https://a"}}, {"msgtype": "new"}])
def test_what_has_no_words_is_ignored(body: dict[str, Any]) -> None:
    assert isinstance(meaning(**body), Ignored)


@pytest.mark.parametrize("body", [{"msgtype": "text", "text": {"content": 7}}, {"from": {}}, {"chattype": "group"}, None, []])  # fmt: skip
def test_what_is_not_of_its_type_is_an_error_and_nothing_else(body: Any) -> None:
    with pytest.raises(TypeError):
        translate(frame(**body) if body else json.dumps({} if body is None else body).encode())


@pytest.mark.parametrize("number", [None, 7, "", "a b", "\ud83d", "x" * 256])
def test_a_frame_without_a_usable_id_is_no_update(number: object) -> None:
    called = callback({"cmd": "aibot_msg_callback", "headers": {}, "body": {"msgid": number}})
    assert called is not None
    assert to_update(called, {}) is None


BUTTONS = [[Button("原文", "s:1"), Button("更多", "m:1")]]


async def test_the_first_answer_goes_under_the_questions_id_the_rest_is_pushed(tmp_path: Path) -> None:
    reply = [Reply([Run("答一")], BUTTONS), Reply([Run("答二")])]
    async with gateway() as server, serving(server, tmp_path, Echo(reply=lambda m: reply)):
        await server.say("@出处 新桥", group="room")
        await server.until(lambda: len(server.said) == 3)
    asked = [frame for frame in server.frames if frame["cmd"] == "aibot_respond_msg"]
    pushed = [frame["body"] for frame in server.frames if frame["cmd"] == "aibot_send_msg"]
    assert len(asked) == 1
    kinds = [(body["chatid"], body["chat_type"], body["msgtype"]) for body in pushed]
    assert kinds == [("room", 2, "template_card"), ("room", 2, "markdown")]
    assert server.shown("room") == ["答一\n原文\n更多", "答二"]


async def test_a_late_answer_is_pushed_and_a_refused_card_becomes_a_list(tmp_path: Path) -> None:
    talk = Echo(reply=lambda m: [Reply([Run(f"答：{m.text}")], BUTTONS if m.text == "钮" else ())])
    async with gateway() as server, serving(server, tmp_path, talk):
        for code, text in ((846605, "一"), (846608, "二")):
            server.answer_with("aibot_respond_msg", code)
            await server.say(text)
            await server.until(lambda: f"答：{text}" in server.shown())  # noqa: B023  at once
        server.answer_with("aibot_send_msg", 42014)
        await server.say("钮")
        await server.until(lambda: len(server.said) == 4)
    assert server.shown() == ["答：一", "答：二", "答：钮", "1. 原文\n2. 更多"]
    assert [body["msgtype"] for _, body in server.said[:2]] == ["markdown"] * 2


async def test_a_press_is_answered_by_messages(tmp_path: Path) -> None:
    echo = Echo(press_reply=lambda p: [Reply([Run(f"按：{p.data}")], edits=p.message_id, notice="好")])
    async with gateway() as server, serving(server, tmp_path, echo):
        await server.press("s:1")
        await server.until(lambda: len(server.said) == 2)
    assert server.shown() == ["好", "按：s:1"]
    assert echo.pressed[0].sender == Sender("ann")


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
LINKS = st.sampled_from([None, "https://here/a_(b)?c=*<d>"])


def words(text: str) -> list[str]:
    """Blanks and line breaks are no words."""
    return text.replace("\u00a0", " ").split()


@examples("text")
def test_what_anybody_wrote_is_seen_as_it_is(text: str) -> None:
    assert words(visible(escaped(text))) == words(text)


@given(st.lists(st.builds(Run, LIVELY, st.sampled_from(Style), LINKS)))
def test_no_runs_of_any_looks_come_alive(runs: list[Run]) -> None:
    assert "".join(words(visible(markdown(runs)))) == "".join(words("".join(run.text for run in runs)))


def test_hostile_text_is_seen_looks_are_marked_without_their_punctuation_and_only_the_web_is_linked() -> None:
    assert words(visible(escaped(HOSTILE))) == words(HOSTILE)
    runs = [Run("“检查码”\n", Style.BOLD), Run("3  ", Style.CODE), Run("："), Run("a_b", Style.CODE), Run("注", Style.ITALIC)]  # fmt: skip
    assert markdown(runs) == "“**检查码**”\n3  ：`a_b`*注*"
    assert markdown([Run("源", link="https://here/a b(c)")]) == "[源](https://here/a%20b%28c%29)"
    assert markdown([Run("源", link="javascript:alert(1)")]) == "源"


def test_buttons_follow_on_cards_of_six() -> None:
    rows = [[Button(f"第{number}篇", f"a:{number}") for number in range(8)]]
    text, *cards = drafts(ANN, Reply([Run("有这些：\n一")], rows))
    assert (text.text, text.card, len(cards)) == ("有这些：\n一", None, 2)
    told: list[Any] = [card.card for card in cards]
    assert told[0]["main_title"] == {"title": "有这些："}
    assert [b["key"] for card in told for b in card["button_list"]] == [f"a:{number}" for number in range(8)]
    assert told[0]["task_id"] != told[1]["task_id"]


def test_a_label_too_long_for_a_card_is_a_number_and_stands_in_the_text() -> None:
    rows = [[Button("努力创造经得起历史、实践和人民检验的业绩", "a:1")], [Button("更多", "m")]]
    text, card = drafts(ANN, Reply([Run("有这些：")], rows))
    assert visible(text.text) == "有这些：\n1. 努力创造经得起历史、实践和人民检验的业绩\n2. 更多"
    told: Any = card.card
    assert [b["text"] for b in told["button_list"]] == ["1", "2"]
