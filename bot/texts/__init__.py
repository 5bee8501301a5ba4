"""All texts that users see, one module a language; quotes from articles stay as printed."""

from __future__ import annotations

from bot.texts import en, zh_hans, zh_hant
from bot.texts.phrases import Phrases

__all__ = ["Phrases", "phrases"]


def phrases(language: str | None) -> Phrases:
    """Return the interface language nearest to a BCP 47 tag; simplified Chinese where none is told."""
    tag = (language or "zh").lower().replace("_", "-")
    if tag.startswith(("zh-hant", "zh-tw", "zh-hk", "zh-mo")):
        return zh_hant.PHRASES
    return zh_hans.PHRASES if tag.split("-")[0] == "zh" else en.PHRASES
