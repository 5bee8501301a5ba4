"""Who is heard, what in a message is the question, one registry of commands, and what is said whatever the platform."""

from __future__ import annotations

import asyncio
import logging
import re
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.admin.permissions import EDITORS, Permission
from bot.handlers.answer_buttons import Action, Callback, parse_callback
from bot.handlers.commands import (
    COMMANDS,
    Audience,
    Command,
    Scope,
    Search,
    SmallTalk,
    TypedCommand,
    menus,
    parse_intent,
)
from bot.messages import Chat, ChatType, Message, Sender, SenderKind
from bot.ports import Preference
from bot.texts import phrases
from knowledge.model import Answer
from tests.support.paper import Paper, article, fact, hit
from tests.support.talk import GROUP, PRIVATE, Talk, labels, talking
from tests.support.words import examples

TODAY = datetime(2026, 11, 21, 12, tzinfo=UTC)
IN_PRIVATE = Message(Chat("t", "7", ChatType.PRIVATE), "1", Sender("7"), "蕃瓜弄", TODAY)
IN_GROUP = replace(IN_PRIVATE, chat=Chat("t", "-7", ChatType.GROUP))
CHANNEL = Message(
    Chat("t", "-9", ChatType.CHANNEL), "1", Sender("-9", SenderKind.CHANNEL), "", TODAY, addressed=False
)


@examples("text", "kind", "rest")
def test_in_private_all_is_a_question_but_a_command_a_greeting_and_thanks(
    text: str, kind: str, rest: str
) -> None:
    small = {"greeting": SmallTalk.GREETING, "thanks": SmallTalk.THANKS, "search": Search(rest)}
    assert parse_intent(replace(IN_PRIVATE, text=text)) == small.get(kind, TypedCommand(kind, rest))


FOUND = Search("蕃瓜弄")
EDITED = replace(IN_PRIVATE, edited=True)
HEARD = [
    *((message, "/find 蕃瓜弄", FOUND) for message in (IN_PRIVATE, IN_GROUP, CHANNEL, EDITED)),
    (IN_GROUP, "蕃瓜弄", FOUND),
    (replace(IN_GROUP, addressed=False), "蕃瓜弄", None),
    *((CHANNEL, text, FOUND) for text in ("查：蕃瓜弄", "查: 蕃瓜弄", " 查：蕃瓜弄 ")),
    *(
        (replace(CHANNEL, addressed=True), text, None)
        for text in ("今天天气好", "调查：蕃瓜弄", "/help", "/settings", "/reload", "查")
    ),
    *(
        (replace(message, sender=Sender("1", kind)), text, None)
        for message in (IN_PRIVATE, IN_GROUP, CHANNEL)
        for kind in (SenderKind.BOT, SenderKind.AUTO_FORWARD)
        for text in ("蕃瓜弄", "/find 蕃瓜弄", "/help")
    ),
    (EDITED, "蕃瓜弄", FOUND),
    (EDITED, "/settings", None),
]


@pytest.mark.parametrize(("message", "text", "meant"), HEARD)
def test_a_group_is_heard_when_it_means_us_a_channel_when_it_asks_and_no_bot_and_no_edited_command_ever(
    message: Message, text: str, meant: object
) -> None:
    assert parse_intent(replace(message, text=text)) == meant


MANUAL = Path(__file__).parents[3] / "docs" / "permissions.md"


def test_every_command_is_described_in_every_language_and_every_scope_has_a_menu_in_english_and_chinese() -> (
    None
):
    for language in ("zh-Hans", "zh-Hant", "en"):
        described = phrases(language).commands
        assert {command.name for command in COMMANDS} == set(described)
        assert all(described.values())
    for scope in Scope:
        told = {menu.language: menu.commands[0] for menu in menus() if menu.scope is scope}
        assert told == {None: ("find", phrases("en").commands["find"]), "zh": ("find", "查一个词或问题")}


def who(command: Command) -> str:
    """Who may use a command, in the manual's words."""
    if isinstance(command.permission, Permission):
        return "owners and editors" if command.permission in EDITORS else "owners"
    return {
        Audience.EVERYBODY: "everybody",
        Audience.ASKERS: "who may ask",
        Audience.CHAT_ADMINS: "who manages the chat",
    }[command.permission]


def row(command: Command) -> str:
    offered = ", ".join(scope.value.replace("_", " ") for scope in Scope if scope in command.scopes) or "–"
    does = phrases("en").commands[command.name]
    return f"| `/{command.name}` | {does} | {who(command)} | {offered} | {'yes' if command.needs_state else 'no'} |"


def test_the_manual_has_every_command_as_the_registry_has_it() -> None:
    told = re.findall(r"^\| `/\w+` \|.*$", MANUAL.read_text(encoding="utf-8"), re.M)
    assert told == [row(command) for command in COMMANDS]


ZH = phrases("zh")
BRIDGE = [fact(f"桥的第{n}句。", line=n) for n in range(2, 9)]
PAPER = [*BRIDGE, fact("桥也在乙地。", of=article("乙地的桥", "b.txt"))]
SECOND = "桥的第2句。\n——《桥通车了》第2行 · a.txt"


@pytest.fixture
def talk() -> Iterator[Talk]:
    with talking(Paper(PAPER)) as begun:
        yield begun


SAID = {
    "桥的第2句": SECOND,
    "/find 桥的第2句": SECOND,
    "/find": ZH.nothing_asked,
    "北京地铁票价": ZH.nothing_found.format("北京地铁票价"),
    "/start": ZH.start,
    "/START": ZH.start,
    "/help": ZH.help,
    "/help@this_bot": ZH.help,
    "/about": ZH.about.format(articles=2, facts=8),
    "你好！": ZH.start,
    "谢谢": ZH.welcome,
}


@pytest.mark.parametrize(("text", "said"), SAID.items(), ids=SAID)
async def test_what_is_said_in_private_is_met_with_words_made_for_it(
    talk: Talk, text: str, said: str
) -> None:
    reply = await talk.say(text)
    assert reply.text.startswith(said)
    assert labels(reply) == ([["上下文", "原文", "更多"]] if said == SECOND else [])


async def test_a_word_shows_three_facts_in_private_and_one_with_two_buttons_in_a_group(talk: Talk) -> None:
    assert (await talk.say("桥的")).text.count("——《") == 3
    reply = await talk.say("桥的", GROUP)
    assert reply.text.count("——《") == 1
    assert (labels(reply), reply.reply_to) == ([["上下文", "原文"]], "m1")


PRESSED = [
    ("桥的第5句", "上下文", "桥的第3句。\n桥的第4句。\n桥的第5句。\n桥的第6句。\n桥的第7句。\n——《桥通车了》第5行 · a.txt"),
    ("桥的第2句", "原文", "1  桥通车了\n2  桥的第2句。\n3  桥的第3句。\n——《桥通车了》第2行 · a.txt"),
    ("桥", "更多 其他报道", "其他报道\n桥也在乙地。\n——《乙地的桥》第2行 · b.txt"),
    ("桥的", "更多 其他报道", "没有查到其他报道。"),
    ("桥的第2句", "更多 为什么匹配", "为什么匹配\n原文里连着出现了你写的词：桥的第2句"),
    ("桥的", "更多 👍", "谢谢，记下了。"),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "labels", "said"), PRESSED, ids=[" ".join(row[:2]) for row in PRESSED])
async def test_each_button_under_an_answer_tells_its_own(
    talk: Talk, asked: str, labels: str, said: str
) -> None:
    reply = await talk.say(asked)
    for label in labels.split():
        reply = await talk.press(label, reply)
    assert (reply.text or reply.notice) == said


async def test_more_opens_the_other_buttons_in_place_and_pages_hold_every_hit_once_to_the_last_and_back(
    talk: Talk,
) -> None:
    first = await talk.say("桥的")
    reply = await talk.press("更多", first)
    assert labels(reply) == [["上下文", "原文"], ["下一页", "其他报道", "为什么匹配"], ["👍", "👎"]]
    assert reply.edits == "r1"
    seen = reply.text
    while any("下一页" in row for row in labels(reply)):
        reply = await talk.press("下一页", reply)
        seen += reply.text
    assert [seen.count(told.text) for told in BRIDGE] == [1] * len(BRIDGE)
    assert "回到第一页" in labels(reply)[1]
    assert all(len(button.data.encode()) <= 64 for row in reply.buttons for button in row)
    button = parse_callback(first.buttons[0][0].data)
    assert button
    assert (await talk.carry(Callback(Action.PAGE, button.shown_id, 900).data)).notice == "没有更多了。"


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ("新的一句：桥的第2句。", "新的一句：桥的第2句。\n——《桥通车了》第2行 · a.txt"),
        ("别的事。", ZH.nothing_found.format("桥的第2句")),
    ],
    ids=["changed", "gone"],
)
async def test_a_button_whose_facts_have_changed_says_so_and_refreshes(
    talk: Talk, now: str, said: str
) -> None:
    reply = await talk.say("桥的第2句")
    talk.store.swap(Paper([fact(now)], version="v2"))
    told = await talk.press("上下文", reply)
    assert (told.notice, told.edits, told.text) == ("文章更新过了，这是新的结果。", "r1", said)


async def test_a_button_nobody_remembers_or_of_another_chat_is_called_stale(talk: Talk) -> None:
    for data in ("", "x", "c.nosuchid.0", "c.zzzz.99999", "z.1.0", "🙂" * 16, "a" * 64):
        for chat in (PRIVATE, None):  # as under a result that was found inline
            told = await talk.carry(data, chat)
            assert (told.text, told.notice) == ("", ZH.stale), data
    told = await talk.carry((await talk.say("桥的")).buttons[0][0].data, GROUP)
    assert (told.text, told.notice) == ("", ZH.stale)
    for action in Action:
        carried = Callback(action, "0a1b2c3d", 12)
        assert parse_callback(carried.data) == carried


QUESTION = Answer("多长", True, 0.9, "第2句", (hit(BRIDGE[0], "第2句"), hit(BRIDGE[1])))
FORGED = hit(fact("桥塌了。"), "桥")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (QUESTION, f"第2句\n{SECOND}"),
        (Answer("桥", True, 0.9, "塌了", (FORGED, hit(BRIDGE[0], "桥"))), SECOND),
        (Answer("桥", True, 0.9, None, (FORGED,)), ZH.nothing_found.format("桥")),
    ],
    ids=["a question's one fact", "a fact that its file does not prove", "nothing is proved"],
)
async def test_what_is_answered_is_said_as_far_as_it_is_proved(
    answer: Answer, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR), talking(Paper(PAPER, [answer])) as talk:
        assert (await talk.say(answer.query)).text == said
    assert (FORGED.fact.id in caplog.text) == (answer is not QUESTION)


class Troubled(Paper):
    """Is stuck over one question until it may go on, and breaks over another."""

    def __init__(self) -> None:
        super().__init__(PAPER)
        self.go_on = threading.Event()

    def ask(self, query: str, limit: int = 10, context: Sequence[str] = ()) -> Answer:
        if query == "慢":
            self.go_on.wait()
        if query == "坏":
            raise RuntimeError("index broke")
        return super().ask(query, limit)


@pytest.fixture
def troubled() -> Iterator[Talk]:
    snapshot = Troubled()
    with talking(snapshot, patience=1.0) as talk:
        try:
            yield talk
        finally:
            snapshot.go_on.set()


async def test_twenty_stuck_lookups_are_given_up_with_a_text_and_others_answered_meanwhile(
    troubled: Talk,
) -> None:
    slow = [asyncio.create_task(troubled.say("慢")) for _ in range(20)]
    await asyncio.sleep(0)
    assert (await troubled.say("桥的第2句")).text == SECOND
    assert {(await task).text for task in slow} == {ZH.too_slow}


async def test_what_went_wrong_is_logged_and_told_in_the_language_of_the_chat(
    troubled: Talk, caplog: pytest.LogCaptureFixture
) -> None:
    async def told_in(language: str) -> None:
        said, chat = phrases(language), Chat("test", language, ChatType.PRIVATE)
        await troubled.preferences.put(chat, Preference(language=language))
        assert (await troubled.say("坏", chat)).text == said.failed
        assert (await troubled.say("慢", chat)).text == said.too_slow
        (reply,) = await troubled.dispatcher.too_many(troubled.message("桥", chat))
        assert reply.text == said.too_many

    await asyncio.gather(*map(told_in, ("zh", "zh-Hant", "en")))
    assert "index broke" in caplog.text


@given(
    st.text(alphabet=st.characters(codec=None), max_size=60)
    | st.sampled_from(["", "🙂", "<b>", "桥" * 10_001, "\ud83d"])
)
async def test_any_text_gets_exactly_one_reply(talk: Talk, text: str) -> None:
    assert (await talk.say(text)).text
