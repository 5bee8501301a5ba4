"""The outline of a text: headings that are numbered on, each over what it heads, and the numbers between its pages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from knowledge.model import BlockRole
from knowledge.text.numbers import value_of

_CHAPTERS: Final = (
    re.compile(r"第([一二三四五六七八九十百\d]{1,4})(?:[章节编篇]|部分)\s*(?P<said>.*)"),
    re.compile(r"([一二三四五六七八九十]{1,3})、\s*(?P<said>.+)"),
    re.compile(r"[（(]([一二三四五六七八九十]{1,3})[）)]\s*(?P<said>.+)"),
)
"""How parts of a text are numbered; in official texts, from the second on, one within the other (GB/T 9704, 7.3.3)."""

_CLAUSES: Final = (
    re.compile(r"(\d{1,2})[.．、](?!\d)\s*(?P<said>.+)"),
    re.compile(r"[（(](\d{1,2})[）)]\s*(?P<said>.+)"),
)
"""How parts of those are; elsewhere items of a list are numbered so."""

_ENDS: Final = re.compile("[。；：！？;:!?]|[，、]$")
_PAUSES: Final = re.compile("[。；：！？，;:!?]")
_LONGEST: Final = 30
_PARAGRAPHS: Final = 60
"""Characters of a line from which most are paragraphs of their own, not cut at a width."""

_ROOM: Final = 3
"""Characters left free behind a line at least that was not cut at the lines' width."""

_FULL: Final = 0.9
"""Share of the lines that are no longer than the width of print: some run over."""

_PAGE: Final = re.compile(r"\s*([—\-–])\s*(\d{1,4})\s*\1\s*")


@dataclass(frozen=True, slots=True)
class _Numbered:
    """A line that may head a part: where it stands, its number, and whether text stands under it."""

    at: int
    number: int
    heads: bool


def outlined(lines: Sequence[str]) -> Iterator[tuple[int, BlockRole]]:
    """Yield the lines that head a part of the text, and those that number its pages, with their roles.

    Headings count on from 1, two of them or more, and most stand over what they head: what only follows one another
    is a list. Arabic numbers head parts only within parts that are numbered otherwise.
    """
    yield from ((at, BlockRole.FURNITURE) for at in _page_numbers(lines))
    chapters = [at for style in _CHAPTERS for at in _headings(lines, style, _ENDS)]
    yield from ((at, BlockRole.HEADING) for at in chapters)
    if chapters:
        clauses = (at for style in _CLAUSES for at in _headings(lines, style, _PAUSES))
        yield from ((at, BlockRole.HEADING) for at in clauses if at > min(chapters))


def _headings(lines: Sequence[str], style: re.Pattern[str], never: re.Pattern[str]) -> Iterator[int]:
    """Yield where the headings of one style stand; `never` is what none of them has."""
    chain: list[_Numbered] = []
    for one in [*_numbered(lines, style, never), _Numbered(len(lines), 0, heads=True)]:
        if chain and one.number == chain[-1].number + 1:
            chain.append(one)
            continue
        over = [each.at for each in chain if each.heads]
        yield from over if len(chain) > 1 and 2 * len(over) > len(chain) else ()
        chain = [one] if one.number == 1 else []


def _numbered(lines: Sequence[str], style: re.Pattern[str], never: re.Pattern[str]) -> Iterator[_Numbered]:
    said = [at for at, line in enumerate(lines) if line.strip()]
    width = _width([len(lines[at].rstrip()) for at in said])
    for at, below in pairwise([*said, None]):
        line = lines[at].strip() if at is not None else ""
        match = style.fullmatch(line)
        if at is None or match is None or len(line) > _LONGEST or never.search(match["said"]):
            continue
        if width < _PARAGRAPHS and len(lines[at].rstrip()) > width - _ROOM:
            continue
        heads = below is not None and style.fullmatch(lines[below].strip()) is None
        yield _Numbered(at, int(value_of(match[1]) or 0), heads)


def _width(lengths: Sequence[int]) -> int:
    return sorted(lengths)[int(_FULL * (len(lengths) - 1))] if lengths else 0


def _page_numbers(lines: Sequence[str]) -> list[int]:
    """Where numbers stand between dashes on lines of their own, each higher than the one before."""
    found = {at: int(match[2]) for at, line in enumerate(lines) if (match := _PAGE.fullmatch(line))}
    rising = all(one < other for one, other in pairwise(found.values()))
    return list(found) if len(found) > 1 and rising else []
