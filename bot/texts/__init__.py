"""All texts that users see, in three languages side by side; quotes from articles stay as printed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, TypeVar, cast

from bot.texts import operating
from bot.texts import phrases as kinds
from bot.texts.phrases import Phrases

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["Phrases", "in_both", "phrases"]

CHINESE, TRADITIONAL, ENGLISH = "zh-Hans", "zh-Hant", "en"
Filled = TypeVar("Filled", bound="DataclassInstance")


def phrases(language: str | None) -> Phrases:
    """Return the interface language nearest to a BCP 47 tag; simplified Chinese where none is told."""
    tag = (language or "zh").lower().replace("_", "-")
    if tag.startswith(("zh-hant", "zh-tw", "zh-hk", "zh-mo")):
        return _phrases(TRADITIONAL)
    return _phrases(CHINESE if tag.split("-")[0] == "zh" else ENGLISH)


def in_both(choose: Callable[[Phrases], str]) -> str:
    """Return a text in Chinese and in English, for readers of whom nothing is known."""
    return f"{choose(_phrases(CHINESE))}\n{choose(_phrases(ENGLISH))}"


@cache
def _phrases(language: str) -> Phrases:
    rows = files("bot.texts").joinpath("phrases.tsv").read_text("utf-8").rstrip("\n").split("\n")
    table = [row.replace("\\n", "\n").split("\t") for row in rows]
    if language == ENGLISH:
        return _filled(Phrases, language, {key: english for key, _, english in table})
    chinese = {key: text for key, text, _ in table}
    if language == TRADITIONAL:
        from bot.texts.translation import converter  # which only these readers need

        say = converter()
        chinese = {key: say(text) for key, text in chinese.items()}
    return _filled(Phrases, language, chinese)


def _filled(kind: type[Filled], language: str, said: Mapping[str, str], at: str = "") -> Filled:
    """Fill every field from the row of its name; those of a table or a list stand under it, divided by a dot.

    Raises:
        KeyError: there is no row for a field.
    """
    values: dict[str, object] = {}
    for field in fields(kind):
        key, holds = at + field.name, str(field.type)
        under = f"{key}."
        if holds == "str":
            values[field.name] = language if field.name == "language" and key not in said else said[key]
        elif holds.startswith(("dict", "tuple")):
            rows = {name.removeprefix(under): text for name, text in said.items() if name.startswith(under)}
            values[field.name] = rows if holds.startswith("dict") else tuple(rows.values())
        else:
            inner = getattr(kinds, holds, None) or getattr(operating, holds)
            values[field.name] = _filled(inner, language, said, under)
    return cast("Callable[..., Filled]", kind)(**values)
