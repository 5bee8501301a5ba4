"""Cut a page into regions that are read one after another (recursive XY-cut, at headlines only).

Plain XY-cut (Nagy and Seth, 1984) also cuts through columns whose paragraphs happen to end at one height; here a
cut needs a headline at the head of what it cuts off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from knowledge.documents.layout.blocks import Block
from knowledge.documents.layout.order import breuel_order


def cut(blocks: Sequence[Block], heading: float) -> Iterator[list[Block]]:
    """Yield regions in reading order; `heading` is the height from which a line is a headline."""
    for divide in (_rows, _columns):
        parts = divide(blocks, heading)
        if len(parts) > 1:
            for part in parts:
                yield from cut(part, heading)
            return
    if blocks:
        yield list(blocks)


def opening(blocks: Sequence[Block]) -> tuple[list[Block], list[Block]]:
    """Split off what stands over all columns: headline, kicker, subtitle, byline, from top to bottom."""
    head: list[Block] = []
    rows = rows_of(blocks)
    while rows and all(_is_short(block) for block in rows[0]):
        head += breuel_order(rows.pop(0))
    return head, [block for row in rows for block in row]


def rows_of(blocks: Sequence[Block]) -> list[list[Block]]:
    """Blocks grouped by the blank stripes that cross all of them, from top to bottom."""
    return _strips(blocks, lambda b: -b.box.top, lambda b: -b.box.bottom)


def _is_short(block: Block) -> bool:
    return len(block.segments) < 3


def _rows(blocks: Sequence[Block], heading: float) -> list[list[Block]]:
    """Parts one above the other, a headline at the head of each but the first, which holds text already."""
    parts: list[list[Block]] = [[]]
    for row in rows_of(blocks):
        top = max(block.box.top for block in row)
        begins = any(b.size >= heading for b in row if b.box.top > top - b.size)
        if begins and not all(map(_is_short, parts[-1])):
            parts.append(_take_kicker(parts[-1], row))
        parts[-1] += row
    return parts


def _take_kicker(part: list[Block], row: list[Block]) -> list[Block]:
    """Move the line right over a headline from the end of one part to the beginning of the next."""
    headline = max(row, key=lambda b: b.size)
    last = rows_of(part)[-1]
    gap = min(b.box.bottom for b in last) - headline.box.top
    above = [b.box.bottom for b in part if not any(b is k for k in last)]
    clear = min(above, default=float("inf")) - max(b.box.top for b in last)
    if not all(map(_is_short, last)) or gap > 1.2 * headline.size or gap > clear:
        return []
    part[:] = [b for b in part if not any(b is k for k in last)]
    return list(last)


def _columns(blocks: Sequence[Block], heading: float) -> list[list[Block]]:
    """Parts side by side, each under a headline of its own."""
    parts: list[list[Block]] = []
    for strip in _strips(blocks, lambda b: b.box.left, lambda b: b.box.right):
        own = max(strip, key=lambda b: b.box.top).size >= heading
        if not parts or (own and max(parts[-1], key=lambda b: b.box.top).size >= heading):
            parts.append(strip)
        else:
            parts[-1] += strip
    return parts


def _strips(
    blocks: Sequence[Block], start: Callable[[Block], float], end: Callable[[Block], float]
) -> list[list[Block]]:
    """Group blocks whose intervals overlap or touch on one axis."""
    strips: list[list[Block]] = []
    reach = float("-inf")
    for block in sorted(blocks, key=start):
        if not strips or start(block) > reach - 0.2 * block.size:
            strips.append([])
        strips[-1].append(block)
        reach = max(reach, end(block))
    return strips
