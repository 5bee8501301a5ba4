"""Who is heard, what in a message is the question, and one registry of commands (docs/permissions.md)."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.admin.permissions import EDITORS, Permission
from bot.handlers.commands import COMMANDS, Audience, Command, Scope, menus
from bot.handlers.intents import Search, SmallTalk, TypedCommand, parse_intent
from bot.messages import Chat, ChatType, Message, Sender, SenderKind
from bot.texts import phrases

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
PRIVATE = Message(Chat("t", "7", ChatType.PRIVATE), "1", Sender("7"), "蕃瓜弄", NOON)
GROUP = replace(PRIVATE, chat=Chat("t", "-7", ChatType.GROUP))
CHANNEL = Message(
    Chat("t", "-9", ChatType.CHANNEL), "1", Sender("-9", SenderKind.CHANNEL), "", NOON, addressed=False
)


def test_free_text_in_private_is_a_question() -> None:
    assert parse_intent(PRIVATE) == Search("蕃瓜弄")


def test_find_is_a_question_wherever_it_is_typed() -> None:
    for message in (PRIVATE, GROUP, CHANNEL):
        assert parse_intent(replace(message, text="/find 蕃瓜弄")) == Search("蕃瓜弄")


@pytest.mark.parametrize("text", ["你好", "您好！", "Hello", "在嗎？", "你是谁？", "hi～"])
def test_a_greeting_is_no_question(text: str) -> None:
    assert parse_intent(replace(PRIVATE, text=text)) is SmallTalk.GREETING
    assert parse_intent(replace(PRIVATE, text=f"/find {text}")) == Search(text)


@pytest.mark.parametrize("text", ["谢谢", "谢谢你！", "多謝", "感谢。", "Thanks"])
def test_thanks_are_no_question(text: str) -> None:
    assert parse_intent(replace(PRIVATE, text=text)) is SmallTalk.THANKS


@pytest.mark.parametrize("text", ["你好李焕英", "谢晋", "感谢信是谁写的", "上海是谁的", "hi tech"])
def test_what_only_begins_kindly_is_a_question(text: str) -> None:
    assert parse_intent(replace(PRIVATE, text=text)) == Search(text)


def test_a_group_is_heard_only_when_it_addresses_us() -> None:
    assert parse_intent(GROUP) == Search("蕃瓜弄")
    assert parse_intent(replace(GROUP, addressed=False)) is None


@pytest.mark.parametrize("text", ["查：蕃瓜弄", "查: 蕃瓜弄", " 查：蕃瓜弄 "])
def test_a_channel_post_that_begins_with_the_word_for_looking_up_is_a_question(text: str) -> None:
    assert parse_intent(replace(CHANNEL, text=text)) == Search("蕃瓜弄")


@pytest.mark.parametrize("text", ["今天天气好", "调查：蕃瓜弄", "/help", "/settings", "/reload", "查"])
def test_any_other_channel_post_is_not_for_us(text: str) -> None:
    assert parse_intent(replace(CHANNEL, text=text, addressed=True)) is None


@pytest.mark.parametrize("kind", [SenderKind.BOT, SenderKind.AUTO_FORWARD])
@pytest.mark.parametrize("text", ["蕃瓜弄", "/find 蕃瓜弄", "/help"])
def test_bots_and_auto_forwards_are_never_heard(kind: SenderKind, text: str) -> None:
    for message in (PRIVATE, GROUP, CHANNEL):
        assert parse_intent(replace(message, text=text, sender=Sender("1", kind))) is None


def test_an_edited_question_is_heard_again_and_an_edited_command_is_not() -> None:
    edited = replace(PRIVATE, edited=True)
    assert parse_intent(edited) == Search("蕃瓜弄")
    assert parse_intent(replace(edited, text="/find 果洛")) == Search("果洛")
    assert parse_intent(replace(edited, text="/settings")) is None


def test_a_command_leaves_out_the_bots_name_and_keeps_what_follows() -> None:
    assert parse_intent(replace(PRIVATE, text="/Article@my_bot  桥 路")) == TypedCommand("article", "桥 路")


@pytest.mark.parametrize("text", ["/", "//", "/中文", "/find蕃", "a /find b"])
def test_what_only_looks_like_a_command_is_a_question(text: str) -> None:
    assert parse_intent(replace(PRIVATE, text=text)) == Search(text)


MANUAL = Path(__file__).parents[3] / "docs" / "permissions.md"


@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant", "en"])
def test_every_command_is_described_in_every_language(language: str) -> None:
    described = phrases(language).commands
    assert {command.name for command in COMMANDS} == set(described)
    assert all(described.values())


def test_every_scope_has_a_menu_in_english_for_everybody_and_one_in_chinese() -> None:
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
    """A command's row in the manual."""
    offered = ", ".join(scope.value.replace("_", " ") for scope in Scope if scope in command.scopes) or "–"
    does = phrases("en").commands[command.name]
    return f"| `/{command.name}` | {does} | {who(command)} | {offered} | {'yes' if command.needs_state else 'no'} |"


def test_the_manual_has_every_command_as_the_registry_has_it() -> None:
    told = re.findall(r"^\| `/\w+` \|.*$", MANUAL.read_text(encoding="utf-8"), re.M)
    assert told == [row(command) for command in COMMANDS]
