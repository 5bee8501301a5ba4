"""Who is heard, what in a message is the question, one registry of commands, and what is said whatever the platform."""

from __future__ import annotations

import asyncio
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
from bot.messages import Chat, ChatType, InlineQuery, Message, Reply, Sender, SenderKind
from bot.ports import Preference
from bot.query_service import tidy
from bot.texts import phrases
from knowledge.model import Answer
from tests.bot.worlds import BRIDGES, CLOSE, MANY
from tests.support.paper import Paper, hit
from tests.support.talk import READER, Talk, talking
from tests.support.words import examples

TODAY = datetime(2026, 11, 21, 12, tzinfo=UTC)
IN_PRIVATE = Message(Chat("t", "7", ChatType.PRIVATE), "1", Sender("7"), "蕃瓜弄", TODAY)
IN_GROUP = replace(IN_PRIVATE, chat=Chat("t", "-7", ChatType.GROUP))
CHANNEL = Message(
    Chat("t", "-9", ChatType.CHANNEL), "1", Sender("-9", SenderKind.CHANNEL), "", TODAY, addressed=False
)


@examples("text", "kind", "rest")
def test_in_private_all_is_asked_but_commands_and_courtesies(text: str, kind: str, rest: str) -> None:
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
def test_who_is_heard_means_us_and_is_no_bot_and_no_edit(message: Message, text: str, meant: object) -> None:
    assert parse_intent(replace(message, text=text)) == meant


MANUAL = Path(__file__).parents[3] / "docs" / "permissions.md"


def test_every_command_is_described_and_every_scope_has_a_menu_in_each_language() -> None:
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
SECOND = "桥的第2句。\n——《桥通车了》第2行 · a.txt"


@pytest.fixture
def talk() -> Iterator[Talk]:
    with talking(Paper(BRIDGES)) as begun:
        yield begun


class Troubled(Paper):
    """Is stuck over one question until it may go on, and breaks over another."""

    def __init__(self) -> None:
        super().__init__(BRIDGES)
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


async def test_stuck_lookups_are_given_up_with_a_text_while_others_are_answered(troubled: Talk) -> None:
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


async def inline(talk: Talk, text: str, offset: str = "") -> tuple[list[tuple[str, Reply]], str]:
    """Titles and replies of a page of results, all with ids that Telegram takes, and where the next one begins."""
    answer = await talk.dispatcher.inline(InlineQuery("i1", READER, text, offset))
    ids = [result.id for result in answer.results]
    assert len(set(ids)) == len(ids) <= 20 and all(len(one.encode()) <= 64 for one in ids)
    return [(result.title, result.reply) for result in answer.results], answer.next_offset


@pytest.fixture
def searched() -> Iterator[Talk]:
    with talking(Paper(MANY, [CLOSE, BOTH])) as begun:
        yield begun


async def test_inline_offers_twenty_cited_facts_a_page_and_none_twice(searched: Talk) -> None:
    seen, offset = await inline(searched, "桥的")
    first = seen
    while offset:
        more, offset = await inline(searched, "桥的", offset)
        seen = seen + more
    assert len({reply.text for _, reply in seen}) == len(seen) == 58
    for odd in ("x", "-20", "7", "99999999", "１０", "2" * 5000):
        assert (await inline(searched, "桥的", odd))[0] == first


BOTH = replace(CLOSE, query="大桥", found=True, close=False, hits=(hit(MANY[7]),), related=(hit(MANY[8]), *CLOSE.related[:2]))  # fmt: skip
PRINTED, ALIKE = "桥通车了", "【意思相近】桥通车了"


async def test_an_inline_fact_carries_its_source_and_what_is_close_is_marked(searched: Talk) -> None:
    for text, found in {
        "桥的第5句": (PRINTED, "桥的第5句。\n——《桥通车了》第5行 · a.txt"),
        "  ": (ZH.inline_how, ZH.start),
        "qzxjk": (ZH.nothing_found.format("qzxjk"), ZH.nothing_found.format("qzxjk")),
        "大桥通车": (ALIKE, "【意思相近】\n桥的第2句。\n——《桥通车了》第2行 · a.txt"),
    }.items():
        (title, reply), *_ = (await inline(searched, text))[0]
        assert (title, reply.text) == found
    assert [title for title, _ in (await inline(searched, "大桥"))[0]] == [PRINTED, ALIKE, ALIKE]


def test_a_query_is_cut_at_ten_thousand_characters_and_holds_whole_ones_only() -> None:
    assert tidy("桥" * 10_001) == "桥" * 10_000
    assert tidy("桥\ud83d\0") == "桥? "


def test_a_buttons_data_is_read_as_it_was_written() -> None:
    for action in Action:
        carried = Callback(action, "0a1b2c3d", 12)
        assert parse_callback(carried.data) == carried


@given(
    st.text(alphabet=st.characters(codec=None), max_size=60)
    | st.sampled_from(["", "🙂", "<b>", "桥" * 10_001, "\ud83d"])
)
async def test_any_text_gets_exactly_one_reply(talk: Talk, text: str) -> None:
    assert (await talk.say(text)).text
