"""The commands that a platform's menu offers, by where it is opened."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.texts import phrases


class Scope(StrEnum):
    """Where a menu is opened."""

    PRIVATE = "private"
    GROUP = "group"
    GROUP_ADMIN = "group_admin"


@dataclass(frozen=True, slots=True)
class Menu:
    """Commands with what they do, in order; `language` is two letters, None for everybody else."""

    scope: Scope
    language: str | None
    commands: tuple[tuple[str, str], ...]


OFFERED = {
    Scope.PRIVATE: ("find", "articles", "article", "watch", "watches", "settings", "help", "forget_me"),
    Scope.GROUP: ("find", "articles", "help"),
    Scope.GROUP_ADMIN: ("find", "articles", "watch", "watches", "settings", "help"),
}


def menus() -> list[Menu]:
    """Every menu: in Chinese for those whose platform says so, in English for everybody else."""
    return [
        Menu(scope, language, tuple((name, phrases(language or "en").commands[name]) for name in names))
        for scope, names in OFFERED.items()
        for language in (None, "zh")
    ]
