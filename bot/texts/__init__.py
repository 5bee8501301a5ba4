"""All texts that users see, one module a language; quotes from articles stay as printed."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from bot.texts import en, zh_hans
from bot.texts.phrases import Phrases

__all__ = ["Phrases", "in_both", "phrases"]


def phrases(language: str | None) -> Phrases:
    """Return the interface language nearest to a BCP 47 tag; simplified Chinese where none is told."""
    tag = (language or "zh").lower().replace("_", "-")
    if tag.startswith(("zh-hant", "zh-tw", "zh-hk", "zh-mo")):
        return _traditional()
    return zh_hans.PHRASES if tag.split("-")[0] == "zh" else en.PHRASES


def in_both(choose: Callable[[Phrases], str]) -> str:
    """Return a text in Chinese and in English, for readers of whom nothing is known."""
    return f"{choose(zh_hans.PHRASES)}\n{choose(en.PHRASES)}"


@cache
def _traditional() -> Phrases:
    # Imported here: the tables of OpenCC are loaded by whoever reads them.
    from bot.texts.traditional import traditional

    return traditional(zh_hans.PHRASES)
