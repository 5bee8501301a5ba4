"""What a printed page is to us: characters, rules, frames and pictures at their places, turned so that text is upright.

And what is drawn on a page of a PDF beside its text; and which text nobody sees: without ink, cut off, white on white paper."""

from __future__ import annotations

import ctypes
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any, Final

import pypdfium2 as pdfium
import pypdfium2.raw as raw

ASCENT: Final = 0.88
"""How much of the em box of a hanzi stands over its baseline, by the fonts' own metrics; .12 is under it."""

HALF_MARKS: Final = frozenset("，。、；：！？）》」』】〕〉”’")
"""Marks that take half an em, the rest of which is blank."""

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


_NO_INK: Final = (raw.FPDF_TEXTRENDERMODE_INVISIBLE, raw.FPDF_TEXTRENDERMODE_CLIP)
_OUTLINED: Final = (raw.FPDF_TEXTRENDERMODE_STROKE, raw.FPDF_TEXTRENDERMODE_FILL_STROKE)
_PALE: Final = 243
"""Each part of a colour, of 255, that on white paper is none."""

_MOST_CLIPS: Final = 20
_THIN: Final = 3.0
MOST_DRAWN: Final = 20_000
MOST_RULES: Final = 300
_MOST_SIDES: Final = 60
_FRAME: Final = (50.0, 40.0)
"""Points that a frame around text is wide and high at least: four characters, two lines."""

_Bounds = tuple[float, float, float, float]


class TextLook:
    """How the characters of a page are drawn; what an object says of all of its own is asked once."""

    def __init__(self, text: pdfium.PdfTextPage) -> None:
        self._text = text
        self._last, self._without_ink, self._outlined = 0, False, False
        self._room: _Bounds | None = None

    def unseen(self, index: int, x: float, y: float) -> tuple[bool, bool]:
        """Whether a character, whose middle is at x, y, is drawn for no eye; and whether it is all white."""
        found = raw.FPDFText_GetTextObject(self._text, index)
        address = ctypes.cast(found, ctypes.c_void_p).value or 0
        if address and address != self._last:
            mode = raw.FPDFTextObj_GetTextRenderMode(found)
            self._without_ink, self._outlined = mode in _NO_INK, mode in _OUTLINED
            self._last, self._room = address, _room(found)
        left, bottom, right, top = self._room or (x, y, x, y)
        cut = not (left <= x <= right and bottom <= y <= top)
        ink, pale = _fill(raw.FPDFText_GetFillColor, self._text, index)
        return self._without_ink or cut or not (ink or self._outlined), pale and not self._outlined


def _fill(asked: Any, *of: Any) -> tuple[bool, bool]:
    """Whether something is filled with any ink, and whether with white; a pattern is ink of no colour."""
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    known = asked(*of, red, green, blue, alpha) == 1
    pale = known and min(red.value, green.value, blue.value) >= _PALE
    return not known or alpha.value > 0, pale


def _room(found: Any) -> _Bounds | None:
    """The bounds within which an object is drawn at all; None where nothing cuts it."""
    path = raw.FPDFPageObj_GetClipPath(found)
    x, y = ctypes.c_float(), ctypes.c_float()
    bounds: list[_Bounds] = []
    for number in range(min(_MOST_CLIPS, raw.FPDFClipPath_CountPaths(path))):
        points: list[tuple[float, float]] = []
        for at in range(min(_MOST_CLIPS, raw.FPDFClipPath_CountPathSegments(path, number))):
            segment = raw.FPDFClipPath_GetPathSegment(path, number, at)
            if raw.FPDFPathSegment_GetPoint(segment, x, y):
                points.append((x.value, y.value))
        if points:
            across, up = zip(*points, strict=True)
            bounds.append((min(across), min(up), max(across), max(up)))
    if not bounds:
        return None
    left, bottom, right, top = zip(*bounds, strict=True)
    return max(left), max(bottom), min(right), min(top)


class Shapes:
    """What a page's drawings are to its structure."""

    def __init__(self, page: pdfium.PdfPage, turn: Turn) -> None:
        self.uprights: list[Box] = []
        self.levels: list[Box] = []
        self.frames: list[Box] = []
        self.pictures: list[Box] = []
        self.edges: list[Box] = []
        self.strokes: list[Box] = []
        self._grounds: list[Box] = []
        self._turn = turn
        self._largest = 0.85 * turn.size[0] * turn.size[1]
        wanted = (raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_PATH, raw.FPDF_PAGEOBJ_SHADING)
        drawings = page.get_objects(filter=wanted, max_depth=5)
        for drawn, _ in zip(drawings, range(MOST_DRAWN), strict=False):
            bounds: Any = drawn.get_bounds()
            box = turn.box(*bounds)
            path = drawn.type == raw.FPDF_PAGEOBJ_PATH
            if path:
                self._path(box)
            else:
                self.pictures.append(box)
            if drawn.level:  # its bounds are those within a form
                self._grounds.insert(0, Box(0.0, 0.0, *turn.size))
            elif not path or not _is_pale(drawn):
                self._grounds.append(box)
        self.uprights.sort(key=lambda rule: -rule.height)
        self.levels.sort(key=lambda rule: -rule.width)
        self.frames += _drawn_frames(self.uprights[:_MOST_SIDES], self.levels[:MOST_RULES])

    def is_bare(self, place: _Bounds) -> bool:
        """Tell whether nothing but paper is under a place of the page, as white print would need it."""
        box = self._turn.box(*place)
        x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
        return not any(ground.holds(x, y, 0) for ground in self._grounds[:MOST_RULES])

    def _path(self, box: Box) -> None:
        left, top, right, bottom = box.left, box.top, box.right, box.bottom
        if box.width <= _THIN or box.height <= _THIN:
            self.edges.append(box)
            if box.height <= _THIN:
                self.strokes.append(box)
            if box.width <= _THIN and box.height > 20:
                self.uprights.append(box)
            elif box.height <= _THIN and box.width > 20:
                self.levels.append(box)
            return
        if box.width * box.height < self._largest:
            self.edges += (Box(left, top, right, top), Box(left, bottom, right, bottom))
            self.edges += (Box(left, top, left, bottom), Box(right, top, right, bottom))
            if box.width > _FRAME[0] and box.height > _FRAME[1]:
                self.frames.append(box)


def _drawn_frames(uprights: Sequence[Box], levels: Sequence[Box]) -> Iterator[Box]:
    """Frames whose four sides are strokes of their own, which meet at the corners."""
    for left, right in combinations(sorted(uprights, key=lambda rule: rule.left), 2):
        box = Box(left.left, left.top, right.right, left.bottom)
        level = max(abs(left.top - right.top), abs(left.bottom - right.bottom)) < _THIN
        if not level or box.width <= _FRAME[0] or box.height <= _FRAME[1]:
            continue
        wide = [rule.top for rule in levels if rule.across(box) > box.width - 2 * _THIN]
        if all(any(abs(top - y) < _THIN for top in wide) for y in (box.top, box.bottom)):
            yield box


def _is_pale(path: pdfium.PdfObject) -> bool:
    """Tell whether a path is filled with white, or not at all."""
    mode, stroke = ctypes.c_int(), ctypes.c_int()
    if raw.FPDFPath_GetDrawMode(path, mode, stroke) and mode.value == raw.FPDF_FILLMODE_NONE:
        return True
    ink, pale = _fill(raw.FPDFPageObj_GetFillColor, path)
    return pale or not ink
