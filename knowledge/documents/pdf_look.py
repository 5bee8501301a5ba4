"""What is drawn on a page of a PDF beside its text; and which text nobody sees: without ink, cut off, white on white paper."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any, Final

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from knowledge.documents.pdf_page import Box, Turn

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
