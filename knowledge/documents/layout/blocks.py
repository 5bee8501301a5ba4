"""Segments to blocks: a block is a stack of lines of one size in one column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from knowledge.documents.layout.page import Box
from knowledge.documents.layout.segments import Segment

_LEADING: Final = 1.1
"""Largest gap between two lines of a block, in their height."""

_SAME_SIZE: Final = 1.12
_INDENT: Final = "\u3000\u3000"


@dataclass(slots=True)
class Block:
    """Lines from top to bottom (a vertical heading is one line).

    `opens` tells that an article begins with it; `column` is the box of the column that it stands in, where that
    is known from other blocks, for a single line cannot tell its own indent.
    """

    segments: list[Segment]
    opens: bool = False
    column: Box | None = None
    box: Box = field(init=False)
    size: float = field(init=False)

    def __post_init__(self) -> None:
        box = self.segments[0].box
        for segment in self.segments[1:]:
            box = box.joined(segment.box)
        self.box = box
        self.size = self.segments[0].size

    @property
    def lines(self) -> list[str]:
        """The text, a paragraph's first line indented as Chinese paragraphs are."""
        return [_INDENT * self._indented(segment) + segment.text for segment in self.segments]

    def _indented(self, segment: Segment) -> bool:
        column = self.column or self.box
        inset = segment.box.left - column.left
        full = segment.box.right > column.right - 3 * self.size
        return full and 1.4 * self.size < inset < 3 * self.size

    def above(self, other: Block) -> bool:
        """Tell whether this block ends where the other begins or higher, give or take half a line."""
        return self.box.bottom > other.box.top - 0.5 * min(self.size, other.size)


def find_blocks(segments: Sequence[Segment]) -> list[Block]:
    """Stack lines that have exactly one line under them and one above."""
    ordered = sorted(segments, key=lambda s: -s.box.top)
    below: dict[int, list[Segment]] = {}
    above: Counter[int] = Counter()
    for at, upper in enumerate(ordered):
        below[id(upper)] = _under(upper, ordered[at + 1 :])
        above.update(id(lower) for lower in below[id(upper)])
    blocks: list[Block] = []
    taken: set[int] = set()
    for segment in ordered:
        if id(segment) in taken:
            continue
        stack = [segment]
        while (
            len(below[id(stack[-1])]) == 1
            and above[id(lower := below[id(stack[-1])][0])] == 1
            and id(lower) not in taken
            and _alike(stack[-1], lower)
        ):
            stack.append(lower)
        taken.update(map(id, stack))
        blocks.append(Block(stack))
    return blocks


def _under(upper: Segment, rest: Sequence[Segment]) -> list[Segment]:
    """The lines next under `upper`: close, overlapping, with no line between."""
    found: list[Segment] = []
    for lower in rest:
        gap = upper.box.bottom - lower.box.top
        if gap > _LEADING * max(upper.size, lower.size):
            if gap > 3 * upper.size + 100:
                break
            continue
        if (
            lower.baseline < upper.baseline - 0.5 * upper.size
            and upper.box.across(lower.box) > 0.2 * upper.size
        ):
            hidden = any(
                f.box.across(lower.box) > 0 and f.baseline > lower.baseline + 0.5 * lower.size for f in found
            )
            if not hidden:
                found.append(lower)
    return found


def _alike(upper: Segment, lower: Segment) -> bool:
    small, large = sorted((upper.size, lower.size))
    return large <= _SAME_SIZE * small and not upper.vertical and not lower.vertical


def place_single_lines(blocks: Sequence[Block]) -> None:
    """Tell single lines the column of the longer block of their size that stands over or under them."""
    long = [block for block in blocks if len(block.segments) > 2]
    for block in blocks:
        if len(block.segments) > 1 or block.segments[0].vertical:
            continue
        mates = [b for b in long if _same_size(b, block) and b.box.across(block.box) > 0.9 * block.box.width]
        if mates:
            block.column = min(mates, key=lambda b: b.box.width).box


def _same_size(one: Block, other: Block) -> bool:
    small, large = sorted((one.size, other.size))
    return large <= _SAME_SIZE * small


def body_size(segments: Sequence[Segment]) -> float:
    """The height that most glyphs of the page have."""
    sizes: Counter[float] = Counter()
    for segment in segments:
        sizes[round(segment.size * 2) / 2] += len(segment.glyphs)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def column_width(blocks: Sequence[Block], body: float) -> float:
    """The width that most lines of body text have."""
    widths: Counter[float] = Counter()
    for block in blocks:
        if block.size <= 1.15 * body and len(block.segments) > 2:
            widths[round(block.box.width / body)] += len(block.segments)
    return (widths.most_common(1)[0][0] if widths else 0) * body
