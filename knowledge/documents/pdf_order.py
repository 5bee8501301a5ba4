"""The columns that a page's lines stand in, and whose article each line is: what stands under its titles and beside them.

Sizes and distances are in times of the body's font size unless a name says otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from knowledge.documents.pdf_lines import PrintedLine, bounds
from knowledge.documents.pdf_page import Box
from knowledge.repair.join_model import goes_on
from knowledge.repair.sentences import FINISHED

_GUTTER: Final = 0.35
"""A gutter is wider than what justifying leaves free beside a line, a half-width mark apart; a rule makes any a gutter."""

_GUTTER_OF_FEW: Final = 1.05
"""Few lines may leave a narrow strip free by chance: it is a gutter if it is wider than the blank of a line, one em."""

_GUTTER_OF_ONE: Final = 2.0
"""One line leaves a strip free wherever a word ends: 第十八条 stands an em and a half before its clause."""

_LENIENT_ROWS: Final = 9
_FEWEST_ROWS: Final = 3
_UNFILLED: Final = 2.0
"""Ems that a line set ragged leaves free at most: one for a mark that may not begin the next, one for what has no break."""

_TOLD: Final = re.compile("[，。；！？]")
_SIGNED_ROWS: Final = 3
"""So many lines a text is signed with at most, to the right under it: offices, a name, a day."""

_LINES_A_STRAY: Final = 60
_NARROWEST_COLUMN: Final = 4.0


def find_gutters(
    lines: Sequence[PrintedLine], body: float, uprights: Sequence[Box]
) -> list[tuple[float, float]]:
    """Return the columns as x intervals: what no line covers, give or take one crossing line, is a gutter.

    Columns stand side by side: what is set to the right with nothing beside it (who signed, and when) is none.
    """
    found: list[tuple[float, float]] = []
    for column in _strips(lines, body, uprights):
        if found and not _are_beside(lines, found[-1], column):
            found[-1] = (found[-1][0], column[1])
        else:
            found.append(column)
    return found


def _are_beside(lines: Sequence[PrintedLine], left: tuple[float, float], right: tuple[float, float]) -> bool:
    """Tell whether two columns stand side by side: not where the right one is a few lines under the left one's first.

    Where there are several, or one says a sentence, they are a column's own wherever they stand.
    """
    after = [s for s in lines if s.box.left >= right[0] - 1 and s.box.right <= right[1] + 1]
    before = [s.box for s in lines if s.box.left >= left[0] - 1 and s.box.right <= left[1] + 1]
    if not before or len(after) > _SIGNED_ROWS or any(_TOLD.search(s.text) for s in after):
        return True
    top = min(box.top for box in before)
    return any(s.box.top < top or any(s.box.along(box) > 0 for box in before) for s in after)


def _strips(lines: Sequence[PrintedLine], body: float, uprights: Sequence[Box]) -> list[tuple[float, float]]:
    """The columns as x intervals, whether or not they stand side by side."""
    if not lines:
        return []
    box = bounds(lines)
    rows = len({round(line.base / (0.5 * body)) for line in lines})
    if rows < _LENIENT_ROWS:
        narrow = _covered(lines, _GUTTER * body, uprights, box, 0)
        pairs = list(pairwise(narrow))
        parted = [_parted(lines, pair, body) for pair in pairs] if rows >= _FEWEST_ROWS else []
        last = bool(parted) and any(parted[:-1]) and _is_short(lines, narrow[-1], body)
        if parted and all([*parted[:-1], parted[-1] or last]):
            return narrow
        few = _covered(lines, _GUTTER_OF_FEW * body, uprights, box, 0)
        sure = all(_beside(lines, *pair, body) > 1 for pair in pairwise(few))
        return few if sure else _covered(lines, _GUTTER_OF_ONE * body, uprights, box, 0)
    strict = _covered(lines, _GUTTER * body, uprights, box, 0)
    lenient = _covered(lines, _GUTTER * body, uprights, box, 1 + len(lines) // _LINES_A_STRAY)
    wide = all(right - left > _NARROWEST_COLUMN * body for left, right in lenient)
    return lenient if len(lenient) > len(strict) and wide else strict


def _parted(lines: Sequence[PrintedLine], columns: tuple[tuple[float, float], ...], body: float) -> bool:
    """Tell whether two neighbouring columns have lines side by side, each from edge to edge, in several rows."""
    left, right = columns
    full = [s for s in lines if s.box.right > left[1] - _UNFILLED * body]
    return _beside(full, left, right, body) >= _FEWEST_ROWS


def _beside(
    lines: Sequence[PrintedLine], left: tuple[float, float], right: tuple[float, float], body: float
) -> int:
    """How many lines of one column have one of the other on their height."""
    before, after = (
        [s for s in lines if s.box.left >= low - 1 and s.box.right <= high + 1] for low, high in (left, right)
    )
    return sum(any(abs(s.base - t.base) < 0.3 * body for t in after) for s in before)


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


def reads_on(upper: PrintedLine, lower: PrintedLine, left: float, body: float, least: float = 0.0) -> bool:
    """Tell whether a line of the column that begins at `left` goes on with another's text, by marks, indent and words.

    `least` is what the words must tell for it, in the units of the join model.
    """
    broken_off = not FINISHED.search(upper.text)
    indented = lower.box.left - left > body
    return broken_off and not indented and goes_on(upper.text, lower.text) > least


_RUNS_ON: Final = 1.5
"""Lines of one column are no farther apart, a section's heading between them or not."""

_DOUBTFUL: Final = -1.0
"""Under a rule words need only not tell against going on: a name cut in two reads as ill, in the join model's units."""

_LEVEL: Final = 4.0
"""Columns of one article end at one height, give or take two lines: the last one's text ends where it ends."""

THROUGH: Final = 0.9
"""How much of its article's width a rule has at least that parts what is over it from what is under it."""


@dataclass(slots=True)
class Stack:
    """A title with its kicker, subtitle and byline, from top to bottom."""

    lines: list[PrintedLine]
    box: Box = field(init=False)

    def __post_init__(self) -> None:
        self.box = bounds(self.lines)

    @property
    def largest(self) -> PrintedLine:
        """The title's own line: the largest."""
        return max(self.lines, key=lambda line: line.size)


@dataclass(slots=True)
class Region:
    """The lines of one article on its page; without a stack where it has no title there."""

    stacks: list[Stack]
    lines: list[PrintedLine]

    @property
    def box(self) -> Box:
        """The smallest box around all of it."""
        return bounds([*self.lines, *(line for stack in self.stacks for line in stack.lines)])


def cut_regions(
    stacks: Sequence[Stack], lines: Sequence[PrintedLine], body: float, uprights: Sequence[Box]
) -> Iterator[Region]:
    """Share lines out among title stacks: by cuts across and down, then by who stands over or left of a line."""
    if len(stacks) < 2:
        yield Region(list(stacks), list(lines))
        return
    parts = _cut_across(stacks, lines, body) or _cut_down(stacks, lines, body)
    if parts is None:
        yield from _shared_out(stacks, lines, body, uprights)
        return
    for part_stacks, part_lines in parts:
        yield from cut_regions(part_stacks, part_lines, body, uprights)


_Parts = tuple[tuple[list[Stack], list[PrintedLine]], tuple[list[Stack], list[PrintedLine]]]


def _cut_across(stacks: Sequence[Stack], lines: Sequence[PrintedLine], body: float) -> _Parts | None:
    """Cut over a stack where nothing reaches across that height and text stands above under a title."""
    for stack in sorted(stacks, key=lambda s: s.box.top):
        y, slack = stack.box.top, 0.25 * body
        units: list[Stack | PrintedLine] = [*stacks, *lines]
        across = any(each.box.bottom > y + slack and each.box.top < y - slack for each in units)
        if across or _runs_on(lines, y, body):
            continue
        upper, lower = _split(units, [each.box.bottom <= y + slack for each in units])
        if upper[0] and upper[1] and not any(_is_bared(each, upper[1], lower[1], body) for each in upper[0]):
            return upper, lower
    return None


def _is_bared(stack: Stack, upper: Sequence[PrintedLine], lower: Sequence[PrintedLine], body: float) -> bool:
    """Tell whether a cut takes all text from a title that has some right under it."""

    def under(line: PrintedLine) -> bool:
        return line.box.across(stack.box) > 0 and line.base > stack.box.bottom

    return not any(map(under, upper)) and any(
        under(line) and line.box.top < stack.box.bottom + 4 * body for line in lower
    )


def _runs_on(lines: Sequence[PrintedLine], y: float, body: float) -> bool:
    """Tell whether a column of text goes on over a height that lies between two of its lines."""
    above = [line.box for line in lines if y - 2 * body < line.box.bottom <= y + 0.25 * body]
    below = [line.box for line in lines if y - 0.25 * body <= line.box.top < y + 2 * body]
    return any(
        upper.across(lower) > 0.3 * min(upper.width, lower.width)
        and 0 <= lower.top - upper.bottom < _RUNS_ON * body
        for upper in above
        for lower in below
    )


def _cut_down(stacks: Sequence[Stack], lines: Sequence[PrintedLine], body: float) -> _Parts | None:
    """Cut along a height-long gap where both sides begin with a title: that over which the titles stand best."""
    units: list[Stack | PrintedLine] = sorted([*stacks, *lines], key=lambda u: u.box.left)
    reach = float("-inf")
    best: tuple[float, int] | None = None  # how far astray, and where
    for at, unit in enumerate(units):
        if at and unit.box.left > reach - 0.1 * body:
            sides = units[:at], units[at:]
            if all(_headed(side, body) for side in sides):
                astray = max(_astray(side, body) for side in sides)
                best = min(best or (astray, at), (astray, at))
        reach = max(reach, unit.box.right)
    if best is None:
        return None
    return _split(units, [at < best[1] for at in range(len(units))])


def _split(units: Sequence[Stack | PrintedLine], first: Sequence[bool]) -> _Parts:
    """The stacks and lines of two parts, of which each is in the `first` or not."""
    sides = ([u for u, there in zip(units, first, strict=True) if there is one] for one in (True, False))
    one, other = (
        ([u for u in side if isinstance(u, Stack)], [u for u in side if isinstance(u, PrintedLine)])
        for side in sides
    )
    return one, other


def _astray(units: Sequence[Stack | PrintedLine], body: float) -> float:
    """How far a side's title stands from the middle and from the left edge of its text, to a tenth of the body.

    Of several titles on top nothing can be said.
    """
    top = min(unit.box.top for unit in units)
    heads = [unit.box for unit in units if isinstance(unit, Stack) and unit.box.top < top + 4 * body]
    if len(heads) != 1:
        return 0.0
    text = [unit.box for unit in units if isinstance(unit, PrintedLine)] or heads
    left, right = min(box.left for box in text), max(box.right for box in text)
    shift = abs(heads[0].left + heads[0].right - left - right) / 2
    return round(min(shift, abs(heads[0].left - left)) / body, 1)


def _headed(units: Sequence[Stack | PrintedLine], body: float) -> bool:
    """Tell whether a side begins with a title: at its top, and no higher than it text in its first column."""
    top, left = min(unit.box.top for unit in units), min(unit.box.left for unit in units)
    text = [u.box.top for u in units if isinstance(u, PrintedLine) and u.box.left < left + 4 * body]
    first = min(text, default=float("inf"))
    return any(
        isinstance(unit, Stack) and unit.box.top < top + 4 * body and unit.largest.box.bottom < first + body
        for unit in units
    )


def _shared_out(
    stacks: Sequence[Stack], lines: Sequence[PrintedLine], body: float, uprights: Sequence[Box]
) -> Iterator[Region]:
    """Give each line to the stack over its column, else to that of the column to its left: L-shaped articles."""
    columns = find_gutters(lines, body, uprights)

    def column_of(line: PrintedLine) -> int:
        inside = (
            at
            for at, (left, right) in enumerate(columns)
            if left - 1 <= line.box.left and line.box.right <= right + 1
        )
        return next(inside, 0)

    places = {id(line): column_of(line) for line in lines}
    ordered = sorted(lines, key=lambda s: (places[id(s)], s.box.top))
    owners: dict[int, Stack] = {}
    for line in ordered:
        left, right = columns[places[id(line)]]
        over = [
            stack
            for stack in stacks
            if stack.box.bottom <= line.box.top + 0.5 * body
            and min(stack.box.right, right) - max(stack.box.left, left) > 0.3 * (right - left)
        ]
        if over:
            owners[id(line)] = max(over, key=lambda s: s.box.bottom)
    by_column: dict[int, list[PrintedLine]] = {}
    for line in ordered:
        by_column.setdefault(places[id(line)], []).append(line)
    for column, mine in by_column.items():
        loose = [line for line in mine if id(line) not in owners]
        before = by_column.get(column - 1, ())
        going_on = _going_on(loose, columns[column], before, owners, body) if loose else None
        for line in loose:
            owners[id(line)] = (
                _before(columns[column - 1], before, stacks, body)
                or going_on
                or min(stacks, key=lambda s: abs(s.box.top - line.box.top))
            )
    for stack in sorted(stacks, key=lambda s: (round(s.box.top / (4 * body)), s.box.left)):
        yield Region([stack], [line for line in lines if owners[id(line)] is stack])


def rejoin(regions: list[Region], levels: Sequence[Box], body: float) -> list[Region]:
    """Give text under a rule over all of its region's width to the region to its left where that goes on in it."""
    for region in list(regions):
        lines = sorted(region.lines, key=lambda s: s.base)
        if not region.stacks or not lines:
            continue
        box = bounds(lines)
        for at in range(1, len(lines)):
            low, high = max(s.box.bottom for s in lines[:at]), lines[at].box.top
            ruled_off = any(
                low - 0.3 * body < r.top < high + 0.3 * body and r.across(box) > THROUGH * box.width
                for r in levels
            )
            if not ruled_off:
                continue
            left = [r for r in regions if r.box.right < box.left and r.box.bottom > high and r.lines]
            near = max(left, key=lambda r: r.box.right, default=None)
            first = min(lines[at:], key=lambda s: (round(s.box.left / body), s.base))
            edge = min(s.box.left for s in lines[at:] if s.box.across(first.box) > 0)
            if near is None:
                break
            last = max(near.lines, key=lambda s: (round(s.box.left / (4 * body)), s.base))
            level = abs(box.bottom - bounds(near.lines).bottom) < _LEVEL * body
            if level and reads_on(last, first, edge, body, _DOUBTFUL):
                near.lines += lines[at:]
                region.lines = lines[:at]
            break
    return regions


def _before(
    column: tuple[float, float], lines: Sequence[PrintedLine], stacks: Sequence[Stack], body: float
) -> Stack | None:
    """The stack at a column's foot, with no text under it: its article begins at the head of the next column."""
    last = max((line.box.bottom for line in lines), default=0.0)
    found = (
        stack
        for stack in stacks
        if stack.box.top > last - body
        and column[0] - body < stack.box.left
        and stack.box.right < column[1] + body
    )
    return max(found, key=lambda stack: stack.box.top, default=None) if lines else None


def _going_on(
    loose: Sequence[PrintedLine],
    column: tuple[float, float],
    before: Sequence[PrintedLine],
    owners: dict[int, Stack],
    body: float,
) -> Stack | None:
    """The stack whose text breaks off in the column before and goes on at this one's head.

    Where none breaks off it is that of the column's foot, if those over it are no wider than the column: what stands
    under one of these ends where the next begins.
    """
    last: dict[int, PrintedLine] = {id(owners[id(line)]): line for line in before if id(line) in owners}
    for line in reversed(last.values()):
        if reads_on(line, loose[0], column[0], body):
            return owners[id(line)]
    found = [owners[id(line)] for line in last.values()]
    narrow = all(stack.box.right < column[0] for stack in found)
    return found[-1] if len(found) > 1 and narrow else None
