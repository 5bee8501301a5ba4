"""One registry of commands: the menus offer what there is, every command is described, the manual says who may."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.admin.permissions import EDITORS, Permission
from bot.handlers.commands import COMMANDS, Audience, Command, Scope, menus
from bot.texts import phrases

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
