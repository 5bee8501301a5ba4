"""繁體中文, derived from the simplified texts by OpenCC with Taiwan's words; tests/bot/texts shows what is corrected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import TYPE_CHECKING, TypeVar

import opencc

from bot.texts.phrases import Phrases

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Texts = TypeVar("Texts", bound="DataclassInstance")

TAG = "zh-Hant"
CONVERSION = "s2twp"
MARKS = str.maketrans("“”", "「」")
# What OpenCC takes for another word here: the key is its form, the value ours.
CORRECTIONS = {
    "報道里": "報道裡",
    "片語": "詞組",
    "回復": "回覆",
    "過載": "重載",
    "資料資料夾": "資料夾",
    "引數": "參數",
}


def traditional(simplified: Phrases) -> Phrases:
    """The same texts in traditional script."""
    said = _each(simplified, converter())
    admin, console = replace(said.admin, language=TAG), replace(said.console, language=TAG)
    return replace(said, language=TAG, admin=admin, console=console)


def converter() -> Callable[[str], str]:
    """What writes a simplified text in traditional script."""
    convert = opencc.OpenCC(CONVERSION).convert

    def say(text: str) -> str:
        said: str = convert(text).translate(MARKS)
        for word, ours in CORRECTIONS.items():
            said = said.replace(word, ours)
        return said

    return say


def _each(texts: Texts, say: Callable[[str], str]) -> Texts:
    """The same texts, each said anew; the keys of a table stay."""
    said: dict[str, object] = {}
    for field in fields(texts):
        value = getattr(texts, field.name)
        if isinstance(value, str):
            said[field.name] = say(value)
        elif isinstance(value, dict):
            said[field.name] = {key: say(text) for key, text in value.items()}
        elif isinstance(value, tuple):
            said[field.name] = tuple(map(say, value))
        else:
            said[field.name] = _each(value, say)
    return replace(texts, **said)
