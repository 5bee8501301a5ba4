"""Glyphs to segments: a segment is a run of glyphs on one baseline within one column."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from typing import Final

from knowledge.documents.layout.page import Box, Glyph

COLUMN_GAP: Final = 0.5
"""Gap, in the glyphs' own height, from which two neighbours may belong to different columns."""

_ROW: Final = 8.0
_PARTS_GAP: Final = 1.6
"""Widest gap between the two parts of a headline."""

_WORD_GAP: Final = 0.6
_UPRIGHT: Final = 3
_LATIN_GAP: Final = 0.18


@dataclass(slots=True)
class Segment:
    """A run of glyphs from left to right (or, for a vertical heading, from top to bottom)."""

    glyphs: list[Glyph]
    box: Box = field(init=False)
    size: float = field(init=False)
    baseline: float = field(init=False)
    vertical: bool = False

    def __post_init__(self) -> None:
        self.measure()

    def measure(self) -> None:
        """Take box, size and baseline from the glyphs."""
        boxes = [glyph.box for glyph in self.glyphs]
        self.box = Box(
            min(b.left for b in boxes),
            min(b.bottom for b in boxes),
            max(b.right for b in boxes),
            max(b.top for b in boxes),
        )
        self.size = median(b.height for b in boxes)
        self.baseline = median(glyph.baseline for glyph in self.glyphs)

    @property
    def text(self) -> str:
        """The printed text; a blank stands where a word gap does, none within letter-spaced words."""
        if self.vertical:
            return "".join(glyph.char for glyph in self.glyphs)
        spaced = _letter_spacing(self.glyphs)
        parts = [self.glyphs[0].char]
        for before, glyph in pairwise(self.glyphs):
            if _blank_between(before, glyph, spaced):
                parts.append(" ")
            parts.append(glyph.char)
        return "".join(parts)


def find_segments(glyphs: Iterable[Glyph], rules: Sequence[Box]) -> list[Segment]:
    """Chain glyphs that stand next to each other on a baseline, whatever order they were drawn in."""
    open_runs: dict[int, list[list[Glyph]]] = defaultdict(list)
    runs: list[list[Glyph]] = []
    for glyph in sorted(_undoubled(glyphs), key=lambda g: (g.box.left, g.box.right)):
        bucket = int(glyph.baseline // 4)
        best: list[Glyph] | None = None
        best_gap = float("inf")
        for near in (bucket - 1, bucket, bucket + 1):
            for run in open_runs[near]:
                gap = glyph.box.left - run[-1].box.right
                if abs(gap) < abs(best_gap) and _continues(run[-1], glyph, gap, rules):
                    best, best_gap = run, gap
        if best is None:
            best = []
            runs.append(best)
            alive = [r for r in open_runs[bucket] if glyph.box.left - r[-1].box.right < 2 * r[-1].box.height]
            open_runs[bucket] = [*alive, best]
        best.append(glyph)
    return _upright(_rejoin([Segment(run) for run in runs], rules))


def _continues(last: Glyph, glyph: Glyph, gap: float, rules: Sequence[Box]) -> bool:
    small, large = sorted((last.box.height, glyph.box.height))
    return (
        abs(last.baseline - glyph.baseline) <= 0.2 * small
        and large <= 1.6 * small
        and -0.7 * small < gap < COLUMN_GAP * small
        and not (gap > 0.1 * small and _ruled(last.box, glyph.box, rules))
    )


def _ruled(left: Box, right: Box, rules: Sequence[Box]) -> bool:
    """Tell whether a vertical rule stands between two neighbours."""
    middle = (left.bottom + left.top) / 2
    return any(
        rule.bottom <= middle <= rule.top and left.right - 0.5 <= rule.left and rule.right <= right.left + 0.5
        for rule in rules
    )


def _undoubled(glyphs: Iterable[Glyph]) -> list[Glyph]:
    """Drop a glyph drawn again on itself, which is how some programs print bold or a shadow."""
    kept: list[Glyph] = []
    seen: dict[tuple[str, int, int], list[Box]] = defaultdict(list)
    for glyph in glyphs:
        step = max(1.0, glyph.box.height)
        x, y = int(glyph.box.left // step), int(glyph.baseline // step)
        around = (seen.get((glyph.char, x + i, y + j), ()) for i in (-1, 0, 1) for j in (-1, 0, 1))
        if any(_covers(box, glyph.box) for boxes in around for box in boxes):
            continue
        seen[glyph.char, x, y].append(glyph.box)
        kept.append(glyph)
    return kept


def _covers(box: Box, other: Box) -> bool:
    return box.across(other) > 0.7 * max(box.width, other.width, 0.01) and box.along(other) > 0.7 * max(
        box.height, other.height
    )


class _Lines:
    """Segments by height, to find those next to one another."""

    def __init__(self, segments: Iterable[Segment]) -> None:
        self._rows: dict[int, list[Segment]] = defaultdict(list)
        for segment in segments:
            self._rows[int(segment.baseline // _ROW)].append(segment)

    def near(self, segment: Segment, reach: float) -> Iterator[Segment]:
        """Other segments whose baseline is at most `reach` away."""
        first, last = int((segment.baseline - reach) // _ROW), int((segment.baseline + reach) // _ROW)
        for row in range(first, last + 1):
            for other in self._rows.get(row, ()):
                if other is not segment and abs(other.baseline - segment.baseline) <= reach:
                    yield other

    def remove(self, segment: Segment) -> None:
        """Forget a segment that became part of another."""
        row = self._rows[int(segment.baseline // _ROW)]
        row[:] = [other for other in row if other is not segment]


def _rejoin(segments: list[Segment], rules: Sequence[Box]) -> list[Segment]:
    """Join what a wide gap parted within a line: letter-spaced words, names, titles in two parts."""
    lines = _Lines(segments)
    gone: set[int] = set()
    for left in sorted(segments, key=lambda s: s.box.left):
        while id(left) not in gone and (right := _next_on_line(left, lines)):
            if _ruled(left.glyphs[-1].box, right.glyphs[0].box, rules) or not _one_line(left, right, lines):
                break
            lines.remove(right)
            gone.add(id(right))
            left.glyphs.extend(right.glyphs)
            left.box = left.box.joined(right.box)
    return [segment for segment in segments if id(segment) not in gone]


def _next_on_line(left: Segment, lines: _Lines) -> Segment | None:
    near = [
        s
        for s in lines.near(left, 0.2 * left.size)
        if -0.2 * left.size <= s.box.left - left.box.right <= 3.2 * left.size and _like_sized(s, left)
    ]
    return min(near, key=lambda s: s.box.left, default=None)


def _one_line(left: Segment, right: Segment, lines: _Lines) -> bool:
    """Tell whether the gap between two neighbours is a blank within a line and no gutter between columns."""
    if _evenly_spaced(left, right):
        return True
    around = [
        s for s in lines.near(left, 2.5 * left.size) if abs(s.baseline - left.baseline) > 0.5 * left.size
    ]
    alike = [s for s in around if _like_sized(s, left)]
    if not alike:
        return right.box.left - left.box.right <= _PARTS_GAP * left.size and not _heads_columns(
            left, right, lines
        )
    if any(_begins_column(s, left, right) for s in alike):
        return False
    return any(
        s.box.left < left.box.right - 0.5 * left.size and s.box.right > right.box.left + 0.5 * left.size
        for s in alike
    )


def _begins_column(other: Segment, left: Segment, right: Segment) -> bool:
    """Tell whether another line begins where `right` does, or where it would without a paragraph's indent."""
    inset = (right.box.left - other.box.left) / left.size
    return abs(inset) <= 0.3 or (1.4 < inset < 2.4 and other.box.left > left.box.right - 0.3 * left.size)


def _heads_columns(left: Segment, right: Segment, lines: _Lines) -> bool:
    """Tell whether two headlines on one height each begin where a column under them begins."""
    under = [s for s in lines.near(left, 6 * left.size) if s.baseline < left.baseline and s.size < left.size]
    return all(any(abs(s.box.left - part.box.left) <= 0.35 * s.size for s in under) for part in (left, right))


def _like_sized(one: Segment, other: Segment) -> bool:
    return max(one.size, other.size) <= 1.15 * min(one.size, other.size)


def _upright(segments: list[Segment]) -> list[Segment]:
    """Put single characters that stand under one another together: vertical headings."""
    singles = sorted((s for s in segments if len(s.glyphs) == 1), key=lambda s: -s.box.top)
    lines = _Lines(singles)
    gone: set[int] = set()
    for top in singles:
        stack = [top]
        while lower := next(
            (s for s in lines.near(stack[-1], 2 * top.size) if _is_under(s, stack[-1])), None
        ):
            stack.append(lower)
        if id(top) in gone or len(stack) < _UPRIGHT:
            continue
        gone.update(id(part) for part in stack[1:])
        for part in stack:
            lines.remove(part)
        top.glyphs = [part.glyphs[0] for part in stack]
        top.vertical = True
        top.measure()
    return [segment for segment in segments if id(segment) not in gone]


def _is_under(lower: Segment, upper: Segment) -> bool:
    middle = abs(lower.box.left + lower.box.right - upper.box.left - upper.box.right) / 2
    gap = upper.box.bottom - lower.box.top
    return (
        middle < 0.2 * upper.size and -0.3 * upper.size < gap < 0.7 * upper.size and _like_sized(lower, upper)
    )


def _evenly_spaced(left: Segment, right: Segment) -> bool:
    """Tell whether single characters stand apart by the same gap, as in a letter-spaced heading."""
    gap = right.box.left - left.box.right
    if len(left.glyphs) == 1:
        return len(right.glyphs) == 1 and gap <= 2.5 * left.size
    inner = left.glyphs[-1].box.left - left.glyphs[-2].box.right
    return inner > 0.3 * left.size and abs(gap - inner) <= 0.35 * inner and len(right.glyphs) == 1


def _letter_spacing(glyphs: Sequence[Glyph]) -> bool:
    """Tell whether most neighbours stand apart evenly."""
    gaps = [b.box.left - a.box.right for a, b in pairwise(glyphs)]
    if len(gaps) < 2:
        return bool(gaps) and len(glyphs) == 2 and gaps[0] > _WORD_GAP * glyphs[0].box.height
    middle = median(gaps)
    even = sum(abs(gap - middle) <= 0.35 * abs(middle) + 0.5 for gap in gaps)
    return middle > 0.25 * glyphs[0].box.height and even >= 0.7 * len(gaps)


def _blank_between(before: Glyph, glyph: Glyph, spaced: bool) -> bool:
    gap = glyph.box.left - before.box.right
    height = min(before.box.height, glyph.box.height)
    if _is_latin(before.char) and _is_latin(glyph.char):
        return glyph.after_space or gap > _LATIN_GAP * height
    if spaced:
        return False
    return gap > _WORD_GAP * height and not (_is_mark(before.char) or _is_mark(glyph.char))


def _is_latin(char: str) -> bool:
    return char < "\u0250" and char.isalnum()


def _is_mark(char: str) -> bool:
    return unicodedata.category(char)[0] == "P"
