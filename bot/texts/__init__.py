"""All texts that users see, one module a language; quotes from articles stay as printed."""

from __future__ import annotations

from functools import cache

from bot.texts import en, zh_hans
from bot.texts.phrases import Phrases

__all__ = ["Phrases", "phrases"]


def phrases(language: str | None) -> Phrases:
    """Return the interface language nearest to a BCP 47 tag; simplified Chinese where none is told."""
    tag = (language or "zh").lower().replace("_", "-")
    if tag.startswith(("zh-hant", "zh-tw", "zh-hk", "zh-mo")):
        return _traditional()
    return zh_hans.PHRASES if tag.split("-")[0] == "zh" else en.PHRASES


@cache
def _traditional() -> Phrases:
    # Imported here: the tables of OpenCC are loaded by whoever reads them.
    from bot.texts.traditional import traditional

    return traditional(zh_hans.PHRASES)
