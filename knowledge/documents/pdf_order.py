"""Which lines of a page are whose article: title stacks first, then what stands under and beside them.

Sizes and distances are in times of the body's font size unless a name says otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from knowledge.documents.pdf_lines import PrintedLine, bounds, find_gutters, join_rows, ruled, same_size
from knowledge.documents.pdf_page import Box

TITLE: Final = 1.35
"""From so much larger than the body a line is a title's."""

HEADING_MOST: Final = 1.6
_MOST_STACKS: Final = 200
_HEADING_CHARS: Final = 20
_KICKER_CHARS: Final = 24
_RUNS_ON: Final = 1.5
"""Lines of one column are no farther apart, a section's heading between them or not."""

_REACH_ABOVE, _REACH_BELOW = 1.1, 2.0
"""Times the title's size that its kicker and its subtitle or byline stand off it at most; above, another may end."""

_NAME: Final = "[\u4e00-\u9fff·]{2,4}"
BYLINE: Final = re.compile(
    rf"[□■◎]?(?:[\u4e00-\u9fff]{{1,8}}[报報社网])?(?:特约|实习|見習|见习|首席)?(?:记者|記者|通讯员|通訊員|作者|特派员|文)"
    rf"[ \u3000:：/／]*{_NAME}(?:[ \u3000、/／]*(?:通讯员|通訊員|记者|記者)?[ \u3000]*{_NAME}){{0,5}}(?:报道|文|摄)?"
    rf"|[（(](?:[\u4e00-\u9fff]{{1,8}}[报報社网])?(?:特约|实习|见习)?(?:记者|記者|通讯员|通訊員)[^。！？]{{2,30}}[）)]"
)


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


def find_stacks(
    lines: Sequence[PrintedLine], body: float, uprights: Sequence[Box]
) -> tuple[list[Stack], list[PrintedLine]]:
    """Split lines into title stacks and the rest."""
    large = [line for line in lines if line.size >= TITLE * body and (len(line.glyphs) > 1)]
    kept = {id(line) for line in large}
    rest = [line for line in lines if id(line) not in kept]
    stacks: list[list[PrintedLine]] = []
    joined = _joined_titles(large, rest, body, uprights)
    for line in sorted(joined, key=lambda s: s.box.top):
        under = next((stack for stack in stacks if _continues(stack, line, rest)), None)
        if under is not None:
            under.append(line)
        elif _is_heading(line, rest, joined, body):
            rest.append(line)
        else:
            stacks.append([line])
    used: set[int] = set()
    for stack in stacks[:_MOST_STACKS]:
        _grow(stack, rest, used, body, uprights)
    return [Stack(stack) for stack in stacks], [line for line in rest if id(line) not in used]


def _joined_titles(
    large: Sequence[PrintedLine], rest: Sequence[PrintedLine], body: float, uprights: Sequence[Box]
) -> list[PrintedLine]:
    """Join the parts of one title on one height, unless each stands over columns of its own."""
    joined: list[PrintedLine] = []
    for line in sorted(large, key=lambda s: (s.base, s.box.left)):
        last = joined[-1] if joined else None
        if last is not None and not line.upright and not last.upright:
            gap = (line.box.left - last.box.right) / line.size
            level = (
                abs(last.base - line.base) < 0.2 * line.size and -0.2 < gap < 1.9 and same_size(last, line)
            )
            if (
                level
                and not (gap > 0.3 and _head_columns(last, line, rest, body, uprights))
                and not ruled(last.glyphs[-1], line.glyphs[0], uprights)
            ):
                last.take(line)
                continue
        joined.append(line)
    return joined


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
    line: PrintedLine, rest: Sequence[PrintedLine], large: Sequence[PrintedLine], body: float
) -> bool:
    """Tell whether a large line only heads a section: within a column or under a far larger title, text under it."""
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
        r
        for r in rest
        if 0 < r.box.top - line.box.bottom + 0.5 * body < 2.6 * body and r.box.across(line.box) > 0.6 * width
    ]
    over = over or any(
        t.size > HEADING_MOST * line.size and t.base < line.base and t.box.across(line.box) > 0.9 * width
        for t in large
    )
    return over and bool(under) and all(r.box.width >= width - body for r in under)


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
    """Add kicker, subtitle and byline: single lines close over or under the title that belong to it by place."""
    title = max(stack, key=lambda s: s.size)
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
    if line.glyphs[-1].char == "。":
        return False
    width, whole = line.box.width, title.box.width
    if (
        not above
        and len(line.glyphs) <= 40
        and BYLINE.fullmatch(line.text)
        and width < 0.8 * whole + 2 * body
    ):
        return True
    shift = abs(line.box.left + line.box.right - title.box.left - title.box.right) / 2
    placed = shift < 0.08 * whole + 0.6 * body or abs(line.box.left - title.box.left) < 0.5 * body
    larger = abs(line.size / body - 1) > 0.05
    if above and line.size > 1.05 * body and line.box.left >= title.box.left - body:
        placed = placed or (width <= whole and len(line.glyphs) <= _KICKER_CHARS)
    if above and not larger and width > 0.7 * whole:
        return False
    return placed and (larger or line.glyphs[0].char in "—■□" or (above and width < 0.5 * whole))


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
        boxes = [*(each.box for each in stacks), *(each.box for each in lines)]
        if any(box.bottom > y + slack and box.top < y - slack for box in boxes) or _runs_on(lines, y, body):
            continue
        upper = (
            [s for s in stacks if s.box.bottom <= y + slack],
            [s for s in lines if s.box.bottom <= y + slack],
        )
        lower = (
            [s for s in stacks if not s.box.bottom <= y + slack],
            [s for s in lines if not s.box.bottom <= y + slack],
        )
        if upper[0] and upper[1]:
            return upper, lower
    return None


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
    best: tuple[float, int] | None = None
    for at, unit in enumerate(units):
        if at and unit.box.left > reach - 0.1 * body:
            sides = units[:at], units[at:]
            if all(_headed(side, body) for side in sides):
                astray = max(_astray(side, body) for side in sides)
                best = min(best or (astray, at), (astray, at))
        reach = max(reach, unit.box.right)
    if best is None:
        return None
    left, right = (
        ([u for u in side if isinstance(u, Stack)], [u for u in side if isinstance(u, PrintedLine)])
        for side in (units[: best[1]], units[best[1] :])
    )
    return left, right


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
    top = min(unit.box.top for unit in units)
    return any(isinstance(unit, Stack) and unit.box.top < top + 4 * body for unit in units)


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
    for line in ordered:
        if id(line) not in owners:
            column = places[id(line)]
            owners[id(line)] = (
                _before(columns[column - 1], by_column.get(column - 1, ()), stacks, body)
                or _beside(line, column, by_column, owners, body)
                or min(stacks, key=lambda s: abs(s.box.top - line.box.top))
            )
    for stack in sorted(stacks, key=lambda s: (round(s.box.top / (4 * body)), s.box.left)):
        yield Region([stack], [line for line in lines if owners[id(line)] is stack])


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


def _beside(
    line: PrintedLine,
    column: int,
    by_column: dict[int, list[PrintedLine]],
    owners: dict[int, Stack],
    body: float,
) -> Stack | None:
    """The owner of what stands beside a line, in the column to its left if it can be."""
    for near in (column - 1, column + 1):
        for other in by_column.get(near, ()):
            owner = owners.get(id(other))
            if owner and other.box.along(line.box) > -0.5 * body and owner.box.bottom <= line.box.top + body:
                return owner
    return None
