"""The menus offer what there is, in every language."""

from __future__ import annotations

import pytest

from bot.conversation.menus import OFFERED, Scope, menus
from bot.texts import phrases


@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant", "en"])
def test_every_offered_command_is_described_in_every_language(language: str) -> None:
    described = phrases(language).commands
    assert {name for names in OFFERED.values() for name in names} <= set(described)
    assert all(described.values())


def test_every_scope_has_a_menu_for_everybody_and_one_in_english() -> None:
    assert {(menu.scope, menu.language) for menu in menus()} == {
        (scope, language) for scope in Scope for language in (None, "en")
    }
