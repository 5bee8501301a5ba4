"""Names that stay whole: a user's dictionary beside the articles, in jieba's own form, `词 [频率] [词性]`.

A segmenter cuts a name that it has never met (蕃瓜弄 becomes 蕃, 瓜, 弄); a line here keeps it in one piece, in facts
and in questions alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

LONGEST = 40
"""Characters of a word."""
MOST = 20_000
"""Words of a dictionary."""
NAME = "nz"
"""The tag of a word that has none: a name of some kind."""
_TAG = re.compile(r"[a-z]{1,4}")


@dataclass(frozen=True, slots=True)
class WrongLine:
    """A line that was not taken, and why (Chinese)."""

    line: int
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Dictionary:
    """Words as they are printed, each with its part of speech."""

    tags: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.tags)


def pattern_of(words: Iterable[str]) -> re.Pattern[str] | None:
    """What finds words in a text, the longest first; None where there are none."""
    longest_first = sorted(words, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first))) if longest_first else None


def parse_dictionary(text: str) -> tuple[Dictionary, tuple[WrongLine, ...]]:
    """Read a dictionary; `#` begins a comment, a frequency is passed over."""
    lines = list(_lines(text))
    good = {word: tag for _, _, word, tag, reason in lines if not reason}
    wrong = tuple(WrongLine(number, written, reason) for number, written, _, _, reason in lines if reason)
    return Dictionary(good), wrong


def _lines(text: str) -> Iterator[tuple[int, str, str, str, str]]:
    """Yield number, text, word, tag and what is wrong of every line that says something."""
    taken = 0
    for number, written in enumerate(text.splitlines(), 1):
        word, *more = written.partition("#")[0].split() or [""]
        if not word:
            continue
        tags = [one for one in more if not one.isdecimal()]
        reason = ""
        if len(word) > LONGEST:
            reason = f"词不超过 {LONGEST} 字"
        elif len(word) < 2:
            reason = "一个字用不着写"
        elif len(more) > 2 or not all(map(_TAG.fullmatch, tags)):
            reason = "一行一个词，后面最多写频率和词性，如“蕃瓜弄 5 ns”"
        elif taken == MOST:
            reason = f"超过 {MOST} 个词，从这里起没有读"
        yield number, written.strip(), word, tags[0] if tags else NAME, reason
        taken += not reason
        if taken > MOST or (reason and taken == MOST):
            return
