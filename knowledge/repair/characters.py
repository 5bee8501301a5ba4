"""What single characters tell: which are text, which are invisible, which blanks a page set for looks only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

HAN: Final = "\u2e80-\u2fdf\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
WIDE_PUNCTUATION: Final = (
    "\u3001-\u3003\u3008-\u301b\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65“”‘’…—"
)
INVISIBLE: Final = (
    "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
)
MARKUP: Final = "\u2063"
"""Stands in a document's lines where markup stood within words: invisible, so that a blank is always the author's."""
DAMAGED: Final = "\ue000-\uf8ff\ufffd\ud800-\udfff\U000f0000-\U0010ffff"

_BLANK: Final = f"[\\s{INVISIBLE}{DAMAGED}]"
# An English function word alone between han words, as translation and typing leave it (按计划 and 节点).
_STRAY: Final = r"\s*(?:and|or|of|the)\s+"
_STRAY_WORD: Final = re.compile(rf"\s{_STRAY}")
# A search for what begins with one of some characters is quick.
_LATIN_WORD: Final = re.compile("[A-Za-z][A-Za-z]+")
_GAPS: Final = re.compile(f"{_BLANK}(?:(?P<stray>(?<=[{HAN}]\\s){_STRAY}(?=[{HAN}]))|{_BLANK}*)")
_TEXT: Final = re.compile(f"[^\\s{INVISIBLE}{DAMAGED}]")
_ONLY_INVISIBLE: Final = re.compile(f"[\\s{INVISIBLE}]+")
_ONLY_DAMAGED: Final = re.compile(f"[\\s{INVISIBLE}{DAMAGED}]+")
_SPACE: Final = re.compile(r"\s")
_HAN: Final = re.compile(f"[{HAN}]")
_WIDE: Final = re.compile(f"[{WIDE_PUNCTUATION}]")
# No quantity is printed so: a number to call.
_TO_CALL: Final = re.compile(
    r"(?<![\d.,])(?:0\d{2,3}-?\d{7,8}|\d{7,8}|1\d{10})(?![\d.,]|\s?[万亿元人例户吨])"
)
_FIGURE: Final = re.compile(r"[0-9０-９%％‰]")


def width(text: str) -> float:
    """Estimate the printed width: 1 for a han character, ½ for an ASCII one."""
    return len(text) - (3 * len(text) - len(text.encode("utf-8", "surrogatepass"))) / 4


def is_han(char: str) -> bool:
    """Tell whether the character is a han character."""
    return _HAN.match(char) is not None


@cache
def han_table() -> npt.NDArray[np.bool_]:
    """Return for each code point whether it is a han character's; the last stands for all beyond."""
    text = "".join(map(chr, range(0x40001)))
    table = np.zeros(len(text), np.bool_)
    for run in re.finditer(f"[{HAN}]+", text):
        table[run.start() : run.end()] = True
    return table


def has_text(raw: str) -> bool:
    """Tell whether anything of it can be seen."""
    return _TEXT.search(raw) is not None


def extent(raw: str) -> tuple[int, int]:
    """Return where the text of a line begins and ends; equal when the line is blank."""
    first = _TEXT.search(raw)
    if first is None:
        return (0, 0)
    end = len(raw)
    while not _TEXT.match(raw, end - 1):
        end -= 1
    return (first.start(), end)


def strays_alone(lines: Iterable[str]) -> bool:
    """Tell whether stray function words are the only Latin words of a file; beside others they may be the author's."""
    return all(
        len(_LATIN_WORD.findall(line)) == sum(gap["stray"] is not None for gap in _GAPS.finditer(line))
        for line in lines
        if _LATIN_WORD.search(line)
    )


def text_runs(
    raw: str, start: int, end: int, display: bool = False, strays: bool = False
) -> Iterator[tuple[int, int]]:
    """Cut a line into the runs that are text, leaving out invisible characters and blanks set for looks.

    `display` keeps the blanks that part a title in two, `strays` leaves out stray function words.
    """
    at = start
    for gap in _GAPS.finditer(raw, start, end):
        left, right = gap.span()
        if gap["stray"] and not strays:
            continue
        kept = (
            None
            if gap["stray"] or _drops(raw, left, right, (start, end), display)
            else _SPACE.search(raw, left, right)
        )
        if kept is not None and raw[left:right].isspace():
            continue
        if left > at:
            yield (at, left)
        if kept is not None:
            yield kept.span()
        at = right
    if end > at:
        yield (at, end)


def _drops(raw: str, left: int, right: int, edges: tuple[int, int], display: bool) -> bool:
    if left <= edges[0] or right >= edges[1] or not _SPACE.search(raw, left, right):
        return True
    before, after = raw[left - 1], raw[right]
    if is_han(before) and is_han(after):
        alone = (_alone(raw, left - 1, edges[0], -1), _alone(raw, right, edges[1], 1))
        return all(alone) if display else any(alone)  # 记者 程 龙 潘俊强: the blanks part two names
    if _WIDE.match(before) or _WIDE.match(after):
        return not display or (
            before not in "”’」』》）" and after not in "“‘「『《（" and before not in "：，。！？"
        )
    if display:
        return False
    beside = (_FIGURE.match(before) and is_han(after)) or (is_han(before) and _FIGURE.match(after))
    return bool(beside) and not any(
        left == number.end() or right == number.start() for number in _TO_CALL.finditer(raw, *edges)
    )


def _alone(raw: str, at: int, edge: int, step: int) -> bool:
    """Tell whether the han character at `at` is letter-spaced: blank or punctuation beyond it."""
    beyond = at + step
    if (beyond < edge) if step < 0 else (beyond >= edge):
        return True
    return _SPACE.match(raw[beyond]) is not None or _WIDE.match(raw[beyond]) is not None


def what_is_left(text: str) -> str:
    """Name what characters outside every fact are: `blank`, `stray`, `invisible`, `damaged` or `text`."""
    if not text.replace(MARKUP, "").strip():
        return "blank"
    if _STRAY_WORD.fullmatch(text):
        return "stray"
    if _ONLY_INVISIBLE.fullmatch(text):
        return "invisible"
    return "damaged" if _ONLY_DAMAGED.fullmatch(text) else "text"
