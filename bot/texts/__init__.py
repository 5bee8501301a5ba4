"""All texts that users see, in three languages side by side; quotes from articles stay as printed.

`phrases.tsv` has what is said by name, `errors.tsv` what goes wrong: whoever raises an error knows no reader, so, as in
gettext, the Chinese sentence is the message's name, and the table has the English of every one, `{}` where a name, number
or another sentence stands. What is in neither, such as a quote or a file's name, stays as it is. 繁體 is derived by OpenCC.
"""

from __future__ import annotations

import re
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

__all__ = ["NAMES", "SHORT_NAMES", "Phrases", "in_both", "phrases", "reworded"]

CHINESE, TRADITIONAL, ENGLISH = "zh-Hans", "zh-Hant", "en"
NAMES = {CHINESE: "简体中文", TRADITIONAL: "繁體中文", ENGLISH: "English"}
"""What each language calls itself."""
SHORT_NAMES = {CHINESE: "简体", TRADITIONAL: "繁體", ENGLISH: "English"}
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


ERRORS = "errors.tsv"
_HANZI = re.compile("[\u4e00-\u9fff]")
_GAP = "{}"
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


@cache
def converter() -> Callable[[str], str]:
    """What writes a simplified text in traditional script, with Taiwan's words."""
    import opencc  # its tables are loaded by whoever reads them

    convert = opencc.OpenCC(CONVERSION).convert

    def say(text: str) -> str:
        said: str = convert(text).translate(MARKS)
        for word, ours in CORRECTIONS.items():
            said = said.replace(word, ours)
        return said

    return say


def reworded(told: object, language: str) -> str:
    """A sentence of the program's own, or an error's, in a language of the interface."""
    text = str(told)
    if language == CHINESE or not _HANZI.search(text):
        return text
    if language == TRADITIONAL:
        return converter()(text)
    return "\n".join(map(_english, text.split("\n")))


def _english(text: str) -> str:
    """The English of a sentence, or of its parts: `NAME：REASON；REMEDY` is how many are put together."""
    whole = _matched(text)
    return whole if whole is not None else "; ".join(map(_part, text.split("；")))


def _part(text: str) -> str:
    if (whole := _matched(text)) is not None:
        return whole
    name, _, rest = text.partition("：")
    said = _matched(rest) if rest else None
    return f"{name}: {said}" if said is not None else text


def _matched(text: str) -> str | None:
    for pattern, english in _table():
        if found := pattern.fullmatch(text):
            inner = (_english(group) if group and _HANZI.search(group) else group for group in found.groups())
            return english.format(*inner)
    return None


@cache
def _table() -> list[tuple[re.Pattern[str], str]]:
    """Patterns and what they mean, those with the most words of their own first."""
    rows = [line.split("\t") for line in files("bot.texts").joinpath(ERRORS).read_text("utf-8").splitlines()]
    rows.sort(key=lambda row: -len(row[0].replace(_GAP, "")))
    return [
        (re.compile("(.+?)".join(map(re.escape, chinese.split(_GAP))), re.DOTALL), english)
        for chinese, english in rows
    ]
