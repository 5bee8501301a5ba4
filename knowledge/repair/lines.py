"""The lines of a document that hold text, and what their shape tells."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from knowledge.model import Document, NoiseKind, Span
from knowledge.repair.characters import extent, width
from knowledge.repair.sentences import FINISHED

# One blank before a line is an accident of extraction; two begin a paragraph.
INDENT: Final = 2
_PARTED: Final = re.compile("\\s*\u3000\u3000\\s*")
# Blank lines tell paragraphs only where fewer unfinished lines than this are followed by one.
_SCATTERED: Final = 0.35


@dataclass(slots=True)
class Line:
    """A run of text on one raw line; one with a byline at its end, or with several blocks of a web page, becomes several.

    `cut_from` is the width before anything was cut off. `gap` counts the blank lines before it. `removal` says why it is no text of an article, `byline` that it
    names the writers, `goes_on` that it does so in the middle of the names, `dateline` that a dateline stood before it, `caption` that it describes a photo.
    """

    number: int
    raw: str
    start: int
    end: int
    gap: int = 0
    page: int = 0
    removal: NoiseKind | None = None
    byline: bool = False
    goes_on: bool = False
    dateline: bool = False
    caption: bool = False
    interrupted: bool = False
    cut_from: float = 0
    text: str = field(init=False)
    width: float = field(init=False)
    finished: bool = field(init=False)

    def __post_init__(self) -> None:
        self.text = self.raw[self.start : self.end]
        self.width = width(self.text)
        self.finished = FINISHED.search(self.text, max(0, len(self.text) - 12)) is not None

    @property
    def span(self) -> Span:
        return Span(self.number, self.start, self.end)

    @property
    def column_width(self) -> float:
        """The width of the line as printed, with what was cut off its beginning."""
        return max(self.width, self.cut_from)

    @property
    def indent(self) -> float:
        """How far the text stands in, in columns of ASCII width."""
        blank = self.raw[: self.start]
        return len(blank) + blank.count("\u3000") if blank else 0

    @property
    def indented(self) -> bool:
        return self.start > 0 and self.indent >= INDENT

    def cut(self, start: int, end: int) -> Line:
        """Return another run of the same raw line."""
        return Line(self.number, self.raw, start, end, self.gap if start == self.start else 0, self.page)


def text_lines(document: Document) -> Iterator[Line]:
    """Yield the lines that hold text, each with the blank lines before it and its page."""
    gap = 0
    for number, raw in enumerate(document.lines, 1):
        start, end = extent(raw)
        if start == end:
            gap += 1
            continue
        page = bisect_right(document.page_starts, number) if document.page_starts else 0
        for first, last in _blocks(raw, start, end) if document.kind == "html" else ((start, end),):
            yield Line(number, raw, first, last, gap, page)
            gap = 0


def _blocks(raw: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the blocks that stand on one source line of a page, parted as `documents/html.py` parts them."""
    at = start
    for blank in _PARTED.finditer(raw, start, end):
        yield at, blank.start()
        at = blank.end()
    yield at, end


def blanks_tell(lines: Sequence[Line]) -> bool:
    """Tell whether blank lines part paragraphs here: few unfinished lines are followed by one."""
    blanks = [following.gap > 0 for line, following in pairwise(lines) if not line.finished]
    return sum(blanks) < _SCATTERED * len(blanks)
