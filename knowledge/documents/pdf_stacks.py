"""The titles of a page: which lines are one, with kicker, subtitle and byline, and which only head a section.

Sizes and distances are in times of the body's font size unless a name says otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from knowledge.documents.pdf_lines import SAME_SIZE, PrintedLine, alike, bounds, join_rows, ruled, same_size
from knowledge.documents.pdf_order import Stack, find_gutters
from knowledge.documents.pdf_page import Box
from knowledge.repair.patterns import is_byline

TITLE: Final = 1.35
"""From so much larger than the body a line is a title's."""

LARGER: Final = 1.03
"""Times the body's size from which print is meant to be seen as larger: half a point of twelve is 1.04."""

HEADING_MOST: Final = 1.6
"""Times the body's size from which a line heads no section, and its own size from which a title stands over one: between
1.35 and that it is told by what it stands over."""

_MOST_STACKS: Final = 200
"""Titles of a page that are given kickers: what has more is no newspaper, and the work grows with their square."""

_HEADING_CHARS: Final = 20
"""A section's heading is one line of a column, which has up to twenty characters in three columns of a small sheet."""

_KICKER_CHARS: Final = 24
"""A kicker that is set neither over the middle nor the edge of its title is told by being short."""

SECTION: Final = re.compile(r"(\d{1,2}(?:\.\d{1,2}){0,3})\.?\s+[\u4e00-\u9fff]")
_REACH_ABOVE, _REACH_BELOW = 1.1, 2.0
"""Times the title's size that its kicker and its subtitle or byline stand off it at most; above, another may end."""


def find_stacks(
    lines: Sequence[PrintedLine], body: float, uprights: Sequence[Box], tables: Sequence[Box]
) -> tuple[list[Stack], list[PrintedLine]]:
    """Split lines into title stacks and the rest; large print that says a sentence is none, nor what heads a table."""
    large = [line for line in lines if line.size >= TITLE * body and (len(line.glyphs) > 1)]
    large += [line for line in lines if _heads_several(line, lines, large, body, uprights)]
    kept = {id(line) for line in large}
    rest = [line for line in lines if id(line) not in kept]
    stacks: list[list[PrintedLine]] = []
    joined = _joined_titles(large, rest, body, uprights)
    single = len(find_gutters(rest, body, uprights)) == 1
    sections = _section_sizes(lines, body, uprights)
    for line in sorted((s for s in joined if s.upright), key=lambda s: -s.box.right):
        right = next((stack for stack in stacks if _stands_left(line, stack[-1])), None)
        if right is not None:
            right.append(line)
        else:
            stacks.append([line])
    for line in sorted((s for s in joined if not s.upright), key=lambda s: s.box.top):
        under = next((stack for stack in stacks if _continues(stack, line, rest)), None)
        if under is not None:
            under.append(line)
        elif any(alike(line.size, size, LARGER) for size in sections) or (
            not any(_is_alike(line, stack) for stack in stacks)
            and _is_heading(line, rest, joined, body, single, tables)
        ):
            rest.append(line)
        else:
            stacks.append([line])
    rest += (line for stack in stacks if _says_sentence(stack) for line in stack)
    stacks = [stack for stack in stacks if not _says_sentence(stack)]
    used: set[int] = set()
    for stack in stacks[:_MOST_STACKS]:
        _grow(stack, rest, used, body, uprights)
    return [Stack(stack) for stack in stacks], [line for line in rest if id(line) not in used]


def _section_sizes(lines: Sequence[PrintedLine], body: float, uprights: Sequence[Box]) -> set[float]:
    """The sizes of headings with numbers (2 方法, 2.1 样本), of which a page has several: none of theirs is a title's."""
    larger = [line for line in lines if line.size > LARGER * body and not line.upright]
    found = {m[1]: s.size for s in join_rows(larger, 2.0, uprights) if (m := SECTION.match(s.text))}
    return set(found.values()) if len(found) > 1 else set()


def _says_sentence(stack: Sequence[PrintedLine]) -> bool:
    return stack[-1].glyphs[-1].char == "。"


def _is_alike(line: PrintedLine, stack: Sequence[PrintedLine]) -> bool:
    """Tell whether a line is set as a title over it in its column is."""
    title = max(stack, key=lambda s: s.size)
    return (
        alike(line.size, title.size, LARGER)
        and abs(line.box.left - title.box.left) < line.size
        and title.base < line.base
    )


def _stands_left(line: PrintedLine, right: PrintedLine) -> bool:
    """Tell whether an upright column is the next of a title, which is read from right to left."""
    near = -0.2 * line.size < right.box.left - line.box.right < line.size
    return near and same_size(line, right) and line.box.along(right.box) > 0.3 * line.box.height


def _heads_several(
    line: PrintedLine,
    lines: Sequence[PrintedLine],
    titles: Sequence[PrintedLine],
    body: float,
    uprights: Sequence[Box],
) -> bool:
    """Tell whether a line that is a little larger than the body heads two columns, which both begin right under it.

    A section's heading stands within a column, with text beside it; under a larger title it heads a part of that text.
    """
    if not LARGER * body < line.size < TITLE * body or line.upright or line.glyphs[-1].char in "。，；、：":
        return False
    under = [s for s in lines if 0 < s.box.top - line.box.bottom + 0.5 * body < _REACH_BELOW * line.size]
    first = min((s for s in under if s.box.across(line.box) > 0), key=lambda s: s.base, default=None)
    if first is None or first.size > LARGER * body:
        return False
    row = sorted((s for s in under if abs(s.base - first.base) < 0.3 * body), key=lambda s: s.box.left)
    first = next(s for s in row if s.box.across(line.box) > 0)
    after = next((s for s in row if s.box.left > first.box.right), None)
    if after is None or ruled(first.glyphs[-1], after.glyphs[0], uprights):
        return False
    over = Box(first.box.left, line.box.top - 0.5 * body, after.box.right, first.box.top)
    return not any(
        s.box.across(over) > 0 and s.box.along(over) > 0.5 * s.size
        for s in lines
        if abs(s.base - line.base) > 0.2 * line.size or not same_size(s, line)
    ) and not any(t.base < line.base and t.box.across(over) > 0 for t in titles)


def _joined_titles(
    large: Sequence[PrintedLine], rest: Sequence[PrintedLine], body: float, uprights: Sequence[Box]
) -> list[PrintedLine]:
    """Join the parts of one title on one height, unless each stands over columns of its own."""

    def apart(left: PrintedLine, right: PrintedLine) -> bool:
        wide = right.box.left - left.box.right > 0.3 * right.size
        return left.upright or right.upright or (wide and _head_columns(left, right, rest, body, uprights))

    return join_rows(large, 1.9, uprights, apart)


def _head_columns(
    left: PrintedLine, right: PrintedLine, rest: Sequence[PrintedLine], body: float, uprights: Sequence[Box]
) -> bool:
    """Tell whether two large lines side by side are set each over columns of its own, centred or flush left."""
    under = [r for r in rest if 0 < r.box.top - left.box.bottom + body < 24 * body and r.size < TITLE * body]
    columns = find_gutters(under, body, uprights)
    extents = []
    for line in (left, right):
        mine = [
            c
            for c in columns
            if c[0] < line.box.right - 0.2 * line.size and c[1] > line.box.left + 0.2 * line.size
        ]
        if not mine:
            return False
        extents.append((mine[0][0], mine[-1][1]))
    if extents[0][1] > extents[1][0]:
        return False
    shifts = [
        min(abs(e[0] + e[1] - line.box.left - line.box.right) / 2, abs(e[0] - line.box.left))
        for e, line in zip(extents, (left, right), strict=True)
    ]
    return max(shifts) < body


def _is_heading(
    line: PrintedLine,
    rest: Sequence[PrintedLine],
    large: Sequence[PrintedLine],
    body: float,
    single: bool,
    tables: Sequence[Box],
) -> bool:
    """Tell whether a large line only heads a section: within a column or under a far larger title, text or a table under it.

    Of a page with a `single` column it is any line smaller than the title over it.
    """
    if line.size >= HEADING_MOST * body or len(line.glyphs) > _HEADING_CHARS or line.upright:
        return False
    width = line.box.width
    over = any(
        0 < line.box.top - r.box.bottom + 0.5 * body < 9 * body
        and r.box.across(line.box) > 0.6 * min(width, r.box.width)
        and r.box.width < 2.2 * width + 6 * body
        for r in rest
    )
    under = [
        box
        for box in (*(r.box for r in rest), *tables)
        if 0 < box.top - line.box.bottom + 0.5 * body < _REACH_BELOW * line.size
        and box.across(line.box) > 0.6 * width
    ]
    over = over or any(
        t.base < line.base
        and t.size > (SAME_SIZE if single else HEADING_MOST) * line.size
        and (single or t.box.across(line.box) > 0.9 * width)
        for t in large
    )
    return over and bool(under) and all(box.width >= width - body for box in under)


def _continues(stack: Sequence[PrintedLine], lower: PrintedLine, rest: Sequence[PrintedLine]) -> bool:
    """Tell whether a large line is the next of a title, or stands alone between a larger title and its text."""
    upper, title = stack[-1], max(stack, key=lambda s: s.size)
    if upper.upright or lower.upright:
        return False
    gap = lower.box.top - upper.box.bottom + 0.3 * lower.size
    if gap < 0 or lower.box.across(upper.box) <= 0.5 * min(lower.box.width, upper.box.width):
        return False
    if gap < lower.size:
        return True
    between = any(
        upper.base < r.base <= lower.base + 0.5 * lower.size and r.box.across(title.box) > 0 for r in rest
    )
    return lower.size < 0.7 * title.size and gap < 1.1 * title.size and not between


def _grow(
    stack: list[PrintedLine],
    rest: Sequence[PrintedLine],
    used: set[int],
    body: float,
    uprights: Sequence[Box],
) -> None:
    """Add kicker, subtitle and byline: single lines close over or under the title that belong to it by place.

    So does what stands between two lines that belong to it already.
    """
    title = max(stack, key=lambda s: s.size)
    box = bounds(stack)
    between = [
        r
        for r in rest
        if id(r) not in used
        and box.top < r.middle < box.bottom
        and box.left - body < r.box.left
        and r.box.right < box.right + body
        and not title.upright
    ]
    used.update(id(r) for r in between)
    if between:
        stack += between
        stack.sort(key=lambda s: s.box.top)
    for above in (True, False):
        for _ in range(3):
            row = _nearest_row(stack, title, rest, used, above)
            if not row:
                break
            mates = [r for r in row if r.box.across(title.box) > 0.3 * min(r.box.width, title.box.width)]
            joined = join_rows(mates, 2.5, uprights)
            if len(joined) != 1 or not _belongs(joined[0], title, above, body):
                break
            if any(
                _crowds(r, joined[0], title)
                for r in rest
                if id(r) not in used and all(r is not m for m in mates)
            ):
                break
            used.update(id(mate) for mate in mates)
            if above:
                stack.insert(0, joined[0])
            else:
                stack.append(joined[0])


def _crowds(other: PrintedLine, line: PrintedLine, title: PrintedLine) -> bool:
    """Tell whether text stands beside a line over or under a title, which is then a column's own."""
    return other.box.along(line.box) > 0.3 * other.size and other.box.across(title.box) > other.size


def _nearest_row(
    stack: Sequence[PrintedLine], title: PrintedLine, rest: Sequence[PrintedLine], used: set[int], above: bool
) -> list[PrintedLine]:
    edge = min(s.box.top for s in stack) if above else max(s.box.bottom for s in stack)
    free = [r for r in rest if id(r) not in used and not r.upright]
    reach = _REACH_ABOVE if above else _REACH_BELOW
    near = [
        r
        for r in free
        if 0 <= (edge - r.box.bottom if above else r.box.top - edge) + 0.3 * r.size < reach * title.size
        and r.box.across(title.box) > 0.3 * min(r.box.width, title.box.width)
    ]
    if not near:
        return []
    nearest = max(near, key=lambda r: r.box.bottom) if above else min(near, key=lambda r: r.box.top)
    return [r for r in free if abs(r.base - nearest.base) < 0.3 * nearest.size]


def _belongs(line: PrintedLine, title: PrintedLine, above: bool, body: float) -> bool:
    """Tell whether a line over or under a title is its kicker, subtitle or byline; a sentence is none."""
    if line.glyphs[-1].char == "。" or (not above and SECTION.match(line.text)):
        return False
    width, whole = line.box.width, title.box.width
    if not above and len(line.glyphs) <= 40 and is_byline(line.text) and width < 0.8 * whole + 2 * body:
        return True
    shift = abs(line.box.left + line.box.right - title.box.left - title.box.right) / 2
    placed = shift < 0.08 * whole + 0.6 * body or abs(line.box.left - title.box.left) < 0.5 * body
    larger = abs(line.size / body - 1) > 0.05
    if above and line.size > 1.05 * body and line.box.left >= title.box.left - body:
        placed = placed or (width <= whole and len(line.glyphs) <= _KICKER_CHARS)
    if above and not larger and width > 0.7 * whole:
        return False
    return placed and (larger or line.glyphs[0].char in "—■□" or (above and width < 0.5 * whole))
