"""Layout of a page of text: columns side by side, letter-spacing, doubled glyphs; the lines in reading order.

A line keeps the place of every character that it takes, so that spans stay exact through all of it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Final

from knowledge.model import Document, Span
from knowledge.repair.characters import MARKUP, extent, has_text, strays_alone, text_runs, width
from knowledge.repair.columns import split_columns
from knowledge.repair.patterns import AFTER_SENTENCE, CREDIT_TAIL, JUMP
from knowledge.repair.row_pieces import Cell
from knowledge.repair.sentences import FINISHED
from knowledge.text.folding import fold_radicals

_PARTED: Final = re.compile("\\s*\u3000\u3000\\s*")
_WORD: Final = re.compile(r"[^\s\u3000]+")

# No byline or credit behind a sentence is longer.
_TAIL: Final = 60
# Neither ends with one of these marks; a jump begins with one of those.
_NO_TAIL: Final = frozenset("，。、；：！？,;:!?")
_JUMPS: Final = frozenset("▶→►>（(上下")
# Where none of these stands, nothing ends with either or with a jump: one search instead of three.
_BEFORE_TAIL: Final = re.compile("[。！？”’」』》）接转轉]")


@dataclass(eq=False)
class PageLine:
    """A run of text on one raw line, with what its place on the page tells.

    `gap` counts the blank lines before it, `column` numbers the columns of the page in reading order; `strays`
    as in `text_runs`. `text` holds no blanks that were set for looks.
    """

    number: int
    raw: str
    start: int
    end: int
    gap: int = 0
    page: int = 0
    column: int = 0
    strays: bool = False

    @cached_property
    def spans(self) -> tuple[Span, ...]:
        """The characters of the line as running text."""
        return self._spans(False)

    @cached_property
    def printed_spans(self) -> tuple[Span, ...]:
        """The characters of the line as a title, which keeps the blanks that part it."""
        return self._spans(True)

    @cached_property
    def text(self) -> str:
        return fold_radicals("".join(self.raw[span.start : span.end] for span in self.spans))

    @property
    def whole(self) -> str:
        """The line as it is set, blanks and all, without what was markup."""
        return self.raw[self.start : self.end].replace(MARKUP, "")

    @cached_property
    def spaced(self) -> bool:
        """Tell whether it is letter-spaced: mostly single characters between blanks."""
        words = self.raw[self.start : self.end].split()
        single = sum(len(word) == 1 for word in words)
        short = sum(len(word) == 1 or (word[0].isascii() and len(word) < 8) for word in words)
        # Two figures beside each other, one of several digits, are a table's.
        row = any(a[0].isdigit() and b[0].isdigit() and len(a + b) > 2 for a, b in pairwise(words))
        return len(words) >= 4 and short >= 0.7 * len(words) and single >= 0.5 * len(words) and not row

    @cached_property
    def doubled(self) -> bool:
        """Tell whether each character stands twice, as in print with a shadow; words may be made so (平平安安)."""
        words = self.raw[self.start : self.end].split()
        packed = "".join(words)
        if len(packed) < 6 or packed[::2] != packed[1::2] or len(set(packed)) < 3:
            return False
        return any(len(word) != 4 for word in words) and all(len(word) % 2 == 0 for word in words)

    @cached_property
    def width(self) -> float:
        """The printed width in han characters."""
        return width(self.text)

    @cached_property
    def finished(self) -> bool:
        return FINISHED.search(self.text, max(0, len(self.text) - 12)) is not None

    @cached_property
    def indent(self) -> int:
        """How far the text stands in, in columns of ASCII width."""
        blank = self.raw[: self.start]
        blank = blank[len(blank.rstrip()) :] if self.column else blank
        return len(blank) + blank.count("\u3000")

    def _spans(self, display: bool) -> tuple[Span, ...]:
        if self.doubled:
            words = _WORD.finditer(self.raw, self.start, self.end)
            return tuple(
                Span(self.number, at, at + 1) for word in words for at in range(word.start(), word.end(), 2)
            )
        if self.spaced:
            return tuple(
                Span(self.number, *word.span()) for word in _WORD.finditer(self.raw, self.start, self.end)
            )
        runs = text_runs(self.raw, self.start, self.end, display, self.strays)
        return tuple(Span(self.number, start, end) for start, end in runs)


def page_lines(document: Document, known: frozenset[int] = frozenset()) -> list[PageLine]:
    """Return the lines of a document that hold text, in reading order, but those `known` to its reader."""
    strays = strays_alone(document.lines)
    lines: list[PageLine] = []
    starts = document.page_starts or (1,)
    for at, first in enumerate(starts):
        last = starts[at + 1] - 1 if at + 1 < len(starts) else len(document.lines)
        rows = document.lines[first - 1 : last]
        cells = split_columns(rows) if document.kind == "text" and not known else None
        for column, cell in enumerate(cells if cells is not None else (_whole(rows, document.kind),)):
            blank = 0
            for row, start, end in cell:
                low, high = extent(rows[row][start:end])
                if first + row in known:
                    blank = 0
                elif low == high:
                    blank += not _parts_scripts(rows, row)
                else:
                    page = bisect_right(document.page_starts, first)
                    raw = document.lines[first + row - 1]
                    place = (blank, page, column, strays)
                    lines += _without_tail(PageLine(first + row, raw, start + low, start + high, *place))
                    blank = 0
    return lines


def _parts_scripts(rows: Sequence[str], row: int) -> bool:
    """Tell whether a row is the blank between Latin letters or figures and han of one printed line: set in two fonts, they
    may be extracted as lines of their own."""
    if rows[row] != " " or not 0 < row < len(rows) - 1:
        return False
    left, right = rows[row - 1].rstrip()[-1:], rows[row + 1].lstrip()[:1]
    return bool(left and right) and {left.isascii(), right.isascii()} == {True, False}


def line_of(document: Document, number: int, start: int = 0, end: int | None = None) -> PageLine | None:
    """Return a run of one line of a document, from column `start` to `end`; None where it holds no text."""
    raw = document.lines[number - 1]
    low, high = extent(raw[start:end])
    if low == high:
        return None
    page = bisect_right(document.page_starts, number)
    return PageLine(number, raw, start + low, start + high, 0, page)


def _without_tail(line: PageLine) -> Iterator[PageLine]:
    """Yield a line, and as lines of their own what is printed with it: a jump to or from another page, and a byline or
    credit that only a blank sets apart behind its last sentence."""
    if line.spaced:
        yield line
        return
    if line.raw[line.end - 1] in _NO_TAIL and line.raw[line.start] not in _JUMPS:
        yield line
        return
    low = max(line.start, line.end - _TAIL)
    jump = JUMP.match(line.raw, line.start, line.end)
    if jump is not None:
        first, end = extent(line.raw[jump.end() : line.end])
        if first < end:
            yield replace(line, end=jump.end())
            yield from _without_tail(replace(line, start=jump.end() + first, gap=0))
            return
    if not _BEFORE_TAIL.search(line.raw, max(0, low - 1), line.end):
        yield line
        return
    for pattern in (JUMP, CREDIT_TAIL, AFTER_SENTENCE):
        tail = next((m for m in pattern.finditer(line.raw, low, line.end) if m.end() == line.end), None)
        apart = tail is not None and (pattern is JUMP or tail[0][0].isspace())
        if tail is not None and apart and has_text(line.raw[line.start : tail.start()]):
            head = tail.end() - len(tail[0].lstrip())
            yield replace(line, end=line.start + extent(line.raw[line.start : tail.start()])[1])
            yield replace(line, start=head, gap=0)
            return
    yield line


def _whole(rows: Sequence[str], kind: str) -> Iterator[Cell]:
    """Yield the rows as they are; the blocks that stand on one source line of a web page each by itself."""
    for row, raw in enumerate(rows):
        at = 0
        for blank in _PARTED.finditer(raw) if kind == "html" else ():
            if blank.start() > at:
                yield row, at, blank.start()
            at = blank.end()
        yield row, at, len(raw)
