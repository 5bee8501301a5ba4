"""Cut a page into regions that are read one after another (recursive XY-cut, at headlines only).

Plain XY-cut (Nagy and Seth, 1984) also cuts through columns whose paragraphs happen to end at one height; here a
cut needs a headline at the head of what it cuts off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from knowledge.documents.layout.blocks import Block


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


def _rows(blocks: Sequence[Block], heading: float) -> list[list[Block]]:
    """Parts one above the other, a headline at the head of each but the first, which holds text already."""
    strips = _strips(blocks, lambda b: -b.box.top, lambda b: -b.box.bottom)
    parts: list[list[Block]] = []
    for strip in strips:
        begins = any(b.size >= heading for b in strip if b.box.top > max(s.box.top for s in strip) - b.size)
        if not parts or (begins and any(b.size < heading and len(b.segments) > 1 for b in parts[-1])):
            parts.append(strip)
        else:
            parts[-1] += strip
    return parts


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
