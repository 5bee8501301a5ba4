"""Characters to lines, each a run of characters on one baseline within one column; and the columns that lines stand in."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from statistics import median
from typing import Final

from knowledge.documents.pdf_page import ASCENT, Box, Glyph

GAP: Final = 0.6
"""Gap, in ems, from which two neighbours may belong to different columns."""

SAME_SIZE: Final = 1.15
_ONE_BASE: Final = 0.25
_ONE_SIZE: Final = 1.5
_LATIN_GAP: Final = 0.18
_WORD_GAP: Final = 0.6
_PARTS_GAP: Final = 0.2
_UPRIGHT: Final = 3
_ROW: Final = 8.0
_INITIAL: Final = 1.8
"""Times the body's size from which a character takes the room of two lines; headlines have several."""

_INITIAL_GAP: Final = 3.2
"""Ems from it to a line beside it, which may begin with an indent."""

_GUTTER: Final = 0.35
_GUTTER_OF_FEW: Final = 1.05
"""Few lines may leave a narrow strip free by chance: it is a gutter if it is wider than the blank of a line, one em."""

_LENIENT_ROWS: Final = 9
_FEWEST_ROWS: Final = 3
_UNFILLED: Final = 2.0
"""Ems that a line set ragged leaves free at most: one for a mark that may not begin the next, one for what has no break."""

_LINES_A_STRAY: Final = 60
_NARROWEST_COLUMN: Final = 4.0


@dataclass(slots=True)
class PrintedLine:
    """Characters from left to right (of an upright heading, from top to bottom).

    `display` tells that it is set as a title is: a small gap then parts two words.
    """

    glyphs: list[Glyph]
    display: bool = False
    upright: bool = False
    box: Box = field(init=False)
    size: float = field(init=False)
    base: float = field(init=False)

    def __post_init__(self) -> None:
        self.measure()

    def measure(self) -> None:
        """Take place and size from the characters: an em box, .88 of it over the baseline."""
        if not self.upright:
            self.glyphs.sort(key=lambda g: (g.left, g.order))
        self.size = median(g.size for g in self.glyphs)
        self.base = median(g.base for g in self.glyphs)
        top = min(g.base for g in self.glyphs) if self.upright else self.base
        bottom = max(g.base for g in self.glyphs) if self.upright else self.base
        self.box = Box(
            min(g.left for g in self.glyphs),
            top - ASCENT * self.size,
            max(g.right for g in self.glyphs),
            bottom + (1 - ASCENT) * self.size,
        )

    def take(self, other: PrintedLine) -> None:
        """Make another line's characters part of this one."""
        self.glyphs += other.glyphs
        self.measure()

    @property
    def middle(self) -> float:
        """The height at which a rule or frame is beside the line."""
        return self.base - 0.4 * self.size

    @property
    def text(self) -> str:
        """The printed text; a blank stands where a word gap does, none within letter-spaced words."""
        if self.upright:
            return "".join(glyph.char for glyph in self.glyphs)
        gaps = [b.left - a.right for a, b in pairwise(self.glyphs)]
        usual = median(gaps) if gaps else 0.0
        if len(gaps) == 1 and gaps[0] > _WORD_GAP * self.size:
            usual = gaps[0]  # two letters set wide apart are one word
        parts = [self.glyphs[0].char]
        for (before, glyph), gap in zip(pairwise(self.glyphs), gaps, strict=True):
            if self._parts(before, glyph, gap, usual):
                parts.append(" ")
            parts.append(glyph.char)
        return "".join(parts)

    def _parts(self, before: Glyph, glyph: Glyph, gap: float, usual: float) -> bool:
        size = min(before.size, glyph.size)
        if _is_latin(before.char) and _is_latin(glyph.char):
            wide = gap > _LATIN_GAP * size and gap > usual + 0.15 * size
            return wide or (glyph.after_space and gap > 0.05 * size and gap > usual + 0.05 * size)
        least = (_PARTS_GAP if self.display else _WORD_GAP) * size
        if gap <= least or gap <= usual + least:
            return False
        return not (_is_mark(before.char) or _is_mark(glyph.char))


def find_lines(glyphs: Iterable[Glyph], uprights: Sequence[Box]) -> list[PrintedLine]:
    """Chain characters that stand next to each other on a baseline, whatever order they were drawn in.

    A gap of more than `GAP` or a rule between parts two lines, even within one column.
    """
    lines: list[PrintedLine] = []
    for row in _rows(glyphs):
        row.sort(key=lambda g: (g.left, g.order))
        run = [row[0]]
        for glyph in row[1:]:
            last = run[-1]
            gap = glyph.left - last.right
            if gap > GAP * min(last.size, glyph.size) or ruled(last, glyph, uprights):
                lines.append(PrintedLine(run))
                run = []
            run.append(glyph)
        lines.append(PrintedLine(run))
    return _letter_spaced(_set_upright(lines), uprights)


def _rows(glyphs: Iterable[Glyph]) -> Iterator[list[Glyph]]:
    """Group characters of one baseline and like size."""
    rows: list[list[Glyph]] = []
    for glyph in sorted(glyphs, key=lambda g: g.base):
        for row in reversed(rows[-12:]):
            first = row[0]
            small, large = sorted((first.size, glyph.size))
            if abs(first.base - glyph.base) <= _ONE_BASE * small and large < _ONE_SIZE * small:
                row.append(glyph)
                break
        else:
            rows.append([glyph])
    yield from rows


def ruled(left: Glyph, right: Glyph, uprights: Sequence[Box]) -> bool:
    """Tell whether an upright rule stands between two neighbours."""
    if right.left - left.right < -0.3 * left.size:
        return False
    middle = right.base - 0.4 * right.size
    return any(
        rule.top <= middle <= rule.bottom and left.right - 1.5 <= rule.left and rule.right <= right.left + 1.5
        for rule in uprights
    )


def _set_upright(lines: list[PrintedLine]) -> list[PrintedLine]:
    """Put single characters that stand under one another together: upright headings."""
    singles = sorted((line for line in lines if len(line.glyphs) == 1), key=lambda s: s.box.top)
    grid: dict[int, list[PrintedLine]] = defaultdict(list)
    for single in singles:
        grid[int(single.base // _ROW)].append(single)
    gone: set[int] = set()
    for top in singles:
        stack = [top]
        while below := _under(stack[-1], grid):
            stack.append(below)
        if id(top) in gone or len(stack) < _UPRIGHT:
            continue
        gone.update(id(part) for part in stack[1:])
        for part in stack:
            row = grid[int(part.base // _ROW)]
            row[:] = [other for other in row if other is not part]
        top.glyphs = [part.glyphs[0] for part in stack]
        top.upright = True
        top.measure()
    return [line for line in lines if id(line) not in gone]


def _under(upper: PrintedLine, grid: dict[int, list[PrintedLine]]) -> PrintedLine | None:
    reach = range(int(upper.base // _ROW), int((upper.base + 2 * upper.size) // _ROW) + 1)
    for row in reach:
        for lower in grid.get(row, ()):
            gap = lower.box.top - upper.box.bottom
            middle = abs(lower.box.left + lower.box.right - upper.box.left - upper.box.right) / 2
            shift = min(middle, abs(lower.box.left - upper.box.left))  # a comma has only half the room
            if (
                lower is not upper
                and shift < 0.2 * upper.size
                and -0.3 * upper.size < gap < 0.7 * upper.size
                and same_size(lower, upper)
            ):
                return lower
    return None


def same_size(one: PrintedLine, other: PrintedLine) -> bool:
    """Tell whether two lines are of one size, near enough."""
    return max(one.size, other.size) <= SAME_SIZE * min(one.size, other.size)


def _letter_spaced(lines: list[PrintedLine], uprights: Sequence[Box]) -> list[PrintedLine]:
    """Join single characters that stand apart by the same gap: a letter-spaced heading, a name of two letters."""
    rows: dict[int, list[PrintedLine]] = defaultdict(list)
    for line in lines:
        rows[round(line.base)].append(line)
    gone: set[int] = set()
    for line in sorted(lines, key=lambda s: s.box.left):
        if id(line) in gone or len(line.glyphs) > 1 or line.upright:
            continue
        while True:
            near = [
                other
                for row in (-1, 0, 1)
                for other in rows[round(line.base) + row]
                if other is not line
                and id(other) not in gone
                and same_size(line, other)
                and len(other.glyphs) == 1
                and 0 < other.box.left - line.box.right <= 2.5 * line.size
            ]
            follows = min(near, key=lambda s: s.box.left, default=None)
            if (
                follows is None
                or not _evenly(line, follows)
                or ruled(line.glyphs[-1], follows.glyphs[0], uprights)
            ):
                break
            gone.add(id(follows))
            line.take(follows)
    return [line for line in lines if id(line) not in gone]


def _evenly(line: PrintedLine, single: PrintedLine) -> bool:
    if len(line.glyphs) == 1:
        return True
    inner = line.glyphs[-1].left - line.glyphs[-2].right
    return abs(single.box.left - line.box.right - inner) <= 0.35 * inner


def join_initials(lines: Sequence[PrintedLine], body: float) -> list[PrintedLine]:
    """Put a paragraph's first character, set as high as several lines, before the first of those that stand beside it.

    The others begin, as far as indents are told by it, where the character does.
    """
    joined: set[int] = set()
    for initial in lines:
        if len(initial.glyphs) > 1 or initial.size < _INITIAL * body:
            continue
        beside = [
            s
            for s in lines
            if len(s.glyphs) > 1
            and s.box.along(initial.box) > 0.3 * s.size
            and -0.3 * body < s.box.left - initial.box.right < _INITIAL_GAP * body
        ]
        first = min(beside, key=lambda s: s.base, default=initial)
        if len(beside) < 2 or first.box.left - initial.box.right > body:
            continue
        joined.add(id(initial))
        left, right = initial.box.left, first.box.left
        first.glyphs.append(
            replace(initial.glyphs[0], left=left, right=right, base=first.base, size=first.size)
        )
        first.measure()
        for line in beside:
            line.box = replace(line.box, left=left)
    return [line for line in lines if id(line) not in joined]


def join_rows(lines: Iterable[PrintedLine], most: float, uprights: Sequence[Box]) -> list[PrintedLine]:
    """Join neighbours of one height and size that stand at most `most` ems apart with no rule between."""
    joined: list[PrintedLine] = []
    for line in sorted(lines, key=lambda s: (s.base, s.box.left)):
        for other in joined[-8:][::-1]:
            gap = line.box.left - other.box.right
            if (
                abs(other.base - line.base) < 0.2 * line.size
                and same_size(line, other)
                and -0.2 * line.size < gap < most * line.size
                and not ruled(other.glyphs[-1], line.glyphs[0], uprights)
            ):
                other.take(line)
                break
        else:
            joined.append(PrintedLine(list(line.glyphs), line.display, line.upright))
    return joined


def body_size(lines: Iterable[PrintedLine]) -> float:
    """The size that most characters have."""
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[round(line.size * 2) / 2] += len(line.glyphs)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def bounds(lines: Sequence[PrintedLine]) -> Box:
    """The smallest box around lines, of which there is at least one."""
    return Box(
        min(s.box.left for s in lines),
        min(s.box.top for s in lines),
        max(s.box.right for s in lines),
        max(s.box.bottom for s in lines),
    )


def _is_latin(char: str) -> bool:
    return char < "\u0250" and char.isalnum()


def _is_mark(char: str) -> bool:
    return unicodedata.category(char)[0] == "P"


def find_gutters(
    lines: Sequence[PrintedLine], body: float, uprights: Sequence[Box]
) -> list[tuple[float, float]]:
    """Return the columns as x intervals: what no line covers, give or take one crossing line, is a gutter."""
    if not lines:
        return []
    box = bounds(lines)
    rows = len({round(line.base / (0.5 * body)) for line in lines})
    if rows < _LENIENT_ROWS:
        narrow = _covered(lines, _GUTTER * body, uprights, box, 0)
        pairs = list(pairwise(narrow))
        parted = [_parted(lines, pair, body) for pair in pairs] if rows >= _FEWEST_ROWS else []
        last = bool(parted) and any(parted[:-1]) and _is_short(lines, narrow[-1], body)
        return (
            narrow
            if parted and all([*parted[:-1], parted[-1] or last])
            else _covered(lines, _GUTTER_OF_FEW * body, uprights, box, 0)
        )
    strict = _covered(lines, _GUTTER * body, uprights, box, 0)
    lenient = _covered(lines, _GUTTER * body, uprights, box, 1 + len(lines) // _LINES_A_STRAY)
    wide = all(right - left > _NARROWEST_COLUMN * body for left, right in lenient)
    return lenient if len(lenient) > len(strict) and wide else strict


def _parted(lines: Sequence[PrintedLine], columns: tuple[tuple[float, float], ...], body: float) -> bool:
    """Tell whether two neighbouring columns have lines side by side, each from edge to edge, in several rows."""
    (left, left_end), (right, right_end) = columns
    before = [s for s in lines if s.box.left >= left - 1 and s.box.right <= left_end + 1]
    after = [s for s in lines if s.box.left >= right - 1 and s.box.right <= right_end + 1]
    full = [s for s in before if s.box.right > left_end - _UNFILLED * body]
    return sum(any(abs(s.base - t.base) < 0.3 * body for t in after) for s in full) >= _FEWEST_ROWS


def _is_short(lines: Sequence[PrintedLine], column: tuple[float, float], body: float) -> bool:
    """Tell whether a column, the last of several, has too few rows to be told by them: its text ended there."""
    return len({round(s.base / (0.5 * body)) for s in lines if s.box.left >= column[0] - 1}) < _FEWEST_ROWS


def _covered(
    lines: Sequence[PrintedLine], least: float, uprights: Sequence[Box], box: Box, stray: int
) -> list[tuple[float, float]]:
    """The x intervals that more than `stray` lines cover; a narrow gap parts two only where a rule stands in it."""
    begins = [(line.box.left, 0) for line in lines]
    ends = [(line.box.right, 1) for line in lines]
    found: list[tuple[float, float]] = []
    depth = 0
    for x, ending in sorted([*begins, *ends]):
        depth += -1 if ending else 1
        if ending and depth == stray:
            found[-1] = (found[-1][0], x)
        elif not ending and depth == stray + 1:
            last = found[-1] if found else None
            if last is not None and x - last[1] < least and not _rule_in(last[1], x, uprights, box):
                continue
            found.append((x, x))
    return found


def _rule_in(left: float, right: float, uprights: Sequence[Box], box: Box) -> bool:
    return any(left - 1.5 <= rule.left <= right + 1.5 and rule.along(box) > 0 for rule in uprights)
