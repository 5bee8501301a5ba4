"""The menus offer what there is, in every language."""

from __future__ import annotations

import pytest

from bot.handlers.menus import OFFERED, Scope, menus
from bot.texts import phrases


@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant", "en"])
def test_every_offered_command_is_described_in_every_language(language: str) -> None:
    described = phrases(language).commands
    assert {name for names in OFFERED.values() for name in names} <= set(described)
    assert all(described.values())


def test_every_scope_has_a_menu_in_english_for_everybody_and_one_in_chinese() -> None:
    for scope in Scope:
        told = {menu.language: menu.commands[0] for menu in menus() if menu.scope is scope}
        assert told == {None: ("find", phrases("en").commands["find"]), "zh": ("find", "查一个词或问题")}
