"""What a printed page is to us: characters, rules, frames and pictures at their places, turned so that text is upright."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

ASCENT: Final = 0.88
"""How much of the em box of a hanzi stands over its baseline, by the fonts' own metrics; .12 is under it."""

_ASKED: Final = 500
"""So many hanzi tell which way a page's lines run."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in points, y growing downwards: left ≤ right and top ≤ bottom."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Right minus left."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Bottom minus top."""
        return self.bottom - self.top

    def across(self, other: Box) -> float:
        """How much of the x axis both cover; negative is the gap between them."""
        return min(self.right, other.right) - max(self.left, other.left)

    def along(self, other: Box) -> float:
        """How much of the y axis both cover; negative is the gap between them."""
        return min(self.bottom, other.bottom) - max(self.top, other.top)

    def holds(self, x: float, y: float, slack: float = 1.0) -> bool:
        """Tell whether a point lies within."""
        return self.left - slack <= x <= self.right + slack and self.top - slack <= y <= self.bottom + slack


def around(boxes: Sequence[Box]) -> Box:
    """The smallest box around others, of which there is at least one."""
    return Box(
        min(b.left for b in boxes),
        min(b.top for b in boxes),
        max(b.right for b in boxes),
        max(b.bottom for b in boxes),
    )


@dataclass(frozen=True, slots=True)
class Glyph:
    """One character: from where to where it takes room on its baseline, and its font's size.

    `order` is its place in the file, `after_space` tells that a space was drawn before it.
    """

    char: str
    left: float
    right: float
    base: float
    size: float
    order: int
    after_space: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """Turns a sheet's own coordinates by so many quarters, so that what is printed in that direction stands upright.

    The sheet is what lies within its crop box; of what is turned, y grows downwards.
    """

    sheet: tuple[float, float, float, float]
    quarter: int

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the turned sheet."""
        left, bottom, right, top = self.sheet
        size = (right - left, top - bottom)
        return size if self.quarter % 2 == 0 else size[::-1]

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Return a point as the reader sees it."""
        x, y = x - self.sheet[0], y - self.sheet[1]
        width, height = self.sheet[2] - self.sheet[0], self.sheet[3] - self.sheet[1]
        return ((x, height - y), (y, x), (width - x, y), (height - y, width - x))[self.quarter]

    def box(self, left: float, bottom: float, right: float, top: float) -> Box:
        """Return a rectangle as the reader sees it."""
        x1, y1 = self.point(left, bottom)
        x2, y2 = self.point(right, top)
        return Box(min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))

    def turned(self, box: Box, quarter: int) -> Box:
        """Return a rectangle of this turn as it is when the sheet is turned by other quarters."""
        width, height = self.sheet[2] - self.sheet[0], self.sheet[3] - self.sheet[1]

        def back(u: float, v: float) -> tuple[float, float]:
            x, y = ((u, height - v), (v, u), (width - u, v), (height - v, width - u))[self.quarter]
            return x + self.sheet[0], y + self.sheet[1]

        (x1, y1), (x2, y2) = back(box.left, box.top), back(box.right, box.bottom)
        return replace(self, quarter=quarter).box(min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))


@dataclass(frozen=True, slots=True)
class PrintedPage:
    """Everything of one page that its structure is found by.

    `uprights` and `levels` are long thin rules, `frames` drawn rectangles, `edges` every straight stroke and side of
    a rectangle. `turned` are lines set in another direction than the rest. `lost` counts characters that no reader gave,
    `struck` those that a stroke deletes, `outside` those beyond the sheet's edge, `hidden` those that nobody sees. Text
    was turned upright by `turn`, while viewers turn the sheet by `rotation` quarters; `vertical` tells that columns of
    characters were turned into lines: x then runs down the page. Of an image `scale` is how long one of its pixels is
    here. `unseen` tells that the text was laid under a picture by a recogniser, for no eye: its places and sizes are
    guesses.
    """

    width: float
    height: float
    glyphs: tuple[Glyph, ...]
    uprights: tuple[Box, ...] = ()
    levels: tuple[Box, ...] = ()
    frames: tuple[Box, ...] = ()
    pictures: tuple[Box, ...] = ()
    edges: tuple[Box, ...] = ()
    turned: tuple[str, ...] = ()
    lost: int = 0
    vertical: bool = False
    struck: int = 0
    outside: int = 0
    hidden: int = 0
    turn: Turn | None = None
    rotation: int = 0
    scale: float = 1.0
    unseen: bool = False

    def shown(self, box: Box) -> Box:
        """Return where a box of the page is on the sheet as viewers show it, in points; in an image in pixels."""
        if self.vertical:
            box = Box(self.height - box.bottom, box.left, self.height - box.top, box.right)
        if self.turn is None:
            return Box(*(at / self.scale for at in (box.left, box.top, box.right, box.bottom)))
        return self.turn.turned(box, self.rotation)

    def laid_flat(self) -> PrintedPage:
        """Turn a page of vertical text so that its columns, from right to left, become lines from top to bottom."""

        def flat(box: Box) -> Box:
            return Box(box.top, self.width - box.right, box.bottom, self.width - box.left)

        glyphs = tuple(
            replace(
                g,
                left=g.base - ASCENT * g.size,
                right=g.base + (1 - ASCENT) * g.size,
                base=self.width - g.left - (1 - ASCENT) * g.size,
            )
            for g in self.glyphs
        )
        return replace(
            self,
            width=self.height,
            height=self.width,
            glyphs=glyphs,
            uprights=tuple(map(flat, self.levels)),
            levels=tuple(map(flat, self.uprights)),
            frames=tuple(map(flat, self.frames)),
            pictures=tuple(map(flat, self.pictures)),
            edges=tuple(map(flat, self.edges)),
            vertical=True,
        )


def is_vertical(glyphs: Sequence[Glyph]) -> bool:
    """Tell whether hanzi stand close under one another and apart from those beside them: text set in columns."""
    han = [g for g in glyphs if "\u3400" <= g.char <= "\u9fff"]
    cells: dict[tuple[int, int], list[Glyph]] = defaultdict(list)
    for glyph in han:
        cells[int(glyph.left // 8), int(glyph.base // 8)].append(glyph)

    def has(glyph: Glyph, x: float, y: float) -> bool:
        i, j, near = int(x // 8), int(y // 8), 0.25 * glyph.size
        reach = 1 + int(near // 8)
        return any(
            other is not glyph and abs(other.left - x) <= near and abs(other.base - y) <= near
            for a in range(i - reach, i + reach + 1)
            for b in range(j - reach, j + reach + 1)
            for other in cells.get((a, b), ())
        )

    asked = han[:: 1 + len(han) // _ASKED]
    beside = sum(has(g, g.left + g.size, g.base) for g in asked)
    under = sum(any(has(g, g.left, g.base + k * g.size) for k in (1.0, 1.25)) for g in asked)
    return len(han) >= 20 and under > 0.6 * len(asked) and beside < 0.3 * len(asked)
