"""One language from another: 繁體 by OpenCC, and the English of what the program says of its own accord in Chinese.

Whoever raises an error knows no reader: as in gettext, the Chinese sentence is the message's name, and `english.tsv` has
the English of every one, `{}` where a name, number or another sentence stands. What is not in it, such as a quote or a
file's name, stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from importlib.resources import files

TABLE = "english.tsv"
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
    if language == "zh-Hans" or not _HANZI.search(text):
        return text
    if language == "zh-Hant":
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
    rows = [line.split("\t") for line in files("bot.texts").joinpath(TABLE).read_text("utf-8").splitlines()]
    rows.sort(key=lambda row: -len(row[0].replace(_GAP, "")))
    return [
        (re.compile("(.+?)".join(map(re.escape, chinese.split(_GAP))), re.DOTALL), english)
        for chinese, english in rows
    ]
