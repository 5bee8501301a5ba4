"""One page of a PDF as geometry: its characters by origin and font size, its rules, frames and pictures.

A character's place is its origin and its size the font's, never its box: of a Type 3 font, as browsers print, that
box is the ink, and 一 would be one point high.
"""

from __future__ import annotations

import ctypes
import io
import logging
import math
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import groupby
from statistics import median
from typing import Any, Final

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from knowledge.documents import limits
from knowledge.documents.pdf_page import (
    ASCENT,
    HALF_MARKS,
    MOST_DRAWN,
    MOST_RULES,
    Box,
    Glyph,
    PrintedPage,
    Shapes,
    TextLook,
    Turn,
    is_vertical,
)
from knowledge.text.folding import fold, is_hanzi

REPLACEMENT: Final = "\ufffd"
_HEADLINE: Final = 1.35
_INVISIBLE: Final = 0.5  # points: print lower than this is for no eye, and no measure of its page
_TALLEST_INK: Final = 3.0
"""A font size that its own ink exceeds so many times is not the size that is seen."""

_NARROWEST: Final = 0.25
_STRUCK: Final = (0.12, 0.6)
"""Ems over the baseline between which a stroke goes through characters: an underline is lower, a rule higher."""

_AT_ONE_PLACE: Final = 0.6
"""Two libraries give one origin within so many points."""

_ROW: Final = 16.0
_RANGES: Final = ((0x2E80, 0x2FE0), (0xF900, 0xFB07), (0xFE10, 0xFE20), (0xFE30, 0xFE45))
"""Radicals, compatibility forms, ligatures and vertical forms, which fonts map to in place of the character itself."""

_DOOR: Final = "\u2f3e"
"""The radical that fonts draw as 户 or as 戶, by their country."""

_TRADITIONAL: Final = 0.1
"""Of traditional text a third of the hanzi have a simplified form, of simplified text none but in names."""

_DASHES: Final = {0x2010: "-", 0x2011: "-", 0x2E3A: "——", 0x2E3B: "———"}
"""Hyphens and long dashes that a font has one glyph with others for, as they are typed."""


def read_characters(document: pdfium.PdfDocument, number: int, data: bytes) -> PrintedPage:
    """Read page `number` (from 0) of a document whose bytes are `data`, turned upright.

    Raises:
        PdfiumError: the page is damaged.
    """
    with closing(document[number]) as page:
        with closing(page.get_textpage()) as text:
            printed = list(_printed(text))
        turns = Counter(each.quarter for each in printed if each.quarter is not None)
        rotation = page.get_rotation() // 90 % 4
        quarter = turns.most_common(1)[0][0] if turns else rotation
        turn = Turn(_sheet(page), quarter)
        shapes = Shapes(page, turn)
        empty = _empty_places(page) if len(printed) < limits.PDF_PAGE_GLYPHS else []
    unseen = 2 * sum(each.unseen for each in printed) > len(printed)
    pictured = unseen and bool(shapes.pictures or shapes.edges)  # a scan's text, or that of drawn letters
    there = [each for each in printed if _is_on(turn.sheet, each)]
    seen = [each for each in there if pictured or not each.unseen]
    kept = [each for each in seen if not (each.pale and shapes.is_bare(each.loose))]
    glyphs = [_glyph(turn, each) for each in kept if each.quarter == quarter]
    turned = [each for each in kept if each.quarter != quarter]
    glyphs, turned = _set_upright(turn, glyphs, turned)
    recovered, lost = _recover(number, data, printed, empty, turn)
    glyphs = _undoubled(_unligated([*glyphs, *recovered]))
    glyphs, struck = _unstruck(glyphs, shapes.strokes)
    if any(glyph.char == _DOOR for glyph in glyphs):
        text = "".join(glyph.char for glyph in glyphs)
        others = sum(one != other for one, other in zip(text, fold(text), strict=True) if is_hanzi(one))
        door = "戶" if others > _TRADITIONAL * len(text) else "户"
        glyphs = [replace(glyph, char=door) if glyph.char == _DOOR else glyph for glyph in glyphs]
    sheet = PrintedPage(
        *turn.size,
        tuple(glyphs),
        tuple(shapes.uprights[:MOST_RULES]),
        tuple(shapes.levels[:MOST_RULES]),
        tuple(shapes.frames[:MOST_RULES]),
        tuple(shapes.pictures[:MOST_RULES]),
        tuple(shapes.edges),
        tuple(_turned_lines(turned)),
        lost,
        struck=struck,
        outside=len(printed) - len(there),
        hidden=len(there) - len(kept),
        turn=turn,
        rotation=rotation,
        unseen=pictured,
    )
    if not is_vertical(glyphs):
        return sheet
    flat = sheet.laid_flat()
    down = [each for each in turned if each.quarter == _down(turn)]
    lying = (_lying(turn, each, flat.height) for each in down)
    rest = [each for each in turned if each.quarter != _down(turn)]
    return replace(flat, glyphs=(*flat.glyphs, *lying), turned=tuple(_turned_lines(rest)))


def _down(turn: Turn) -> int:
    """The direction of print that lies on its side and runs down the page."""
    return (turn.quarter - 1) % 4


def _lying(turn: Turn, printed: _Printed, width: float) -> Glyph:
    """A figure or letter that lies on its side in a column of hanzi, on a page of that width laid flat."""
    (x, y), size = turn.point(printed.x, printed.y), printed.size
    end = max(turn.box(*printed.loose).bottom, y + _NARROWEST * size)
    return Glyph(printed.char, y, end, width - x, size, printed.order, printed.after_space)


def _sheet(page: pdfium.PdfPage) -> tuple[float, float, float, float]:
    """Crop and media box, which pages also inherit: the boxes' own calls do not look there."""
    box = raw.FS_RECTF()
    raw.FPDF_GetPageBoundingBox(page, box)
    return box.left, box.bottom, box.right, box.top


@dataclass(slots=True)
class _Printed:
    """A character as PDFium gives it, in the page's own coordinates; `quarter` is its direction in quarter turns."""

    char: str
    x: float
    y: float
    size: float
    wide: float
    loose: tuple[float, float, float, float]
    quarter: int | None
    order: int
    after_space: bool
    unseen: bool
    pale: bool


def _printed(text: pdfium.PdfTextPage) -> Iterator[_Printed]:
    """Every character that is no blank; PDFium's own guesses at spaces and line ends are left out."""
    rect, matrix, x, y = raw.FS_RECTF(), raw.FS_MATRIX(), ctypes.c_double(), ctypes.c_double()
    spaced = False
    high = 0
    objects = TextLook(text)
    for index in range(min(text.count_chars(), limits.PDF_PAGE_GLYPHS + 1)):
        code = raw.FPDFText_GetUnicode(text, index)
        if raw.FPDFText_IsGenerated(text, index) == 1:
            continue
        if 0xD800 <= code < 0xDC00:
            high = code
            continue
        if raw.FPDFText_IsHyphen(text, index) == 1:
            code = ord("-")  # at a line's end PDFium puts a control character for it
        char = _char(code, high, raw.FPDFText_HasUnicodeMapError(text, index) == 1)
        high = 0
        if not char.strip():
            spaced = True
            continue
        found = raw.FPDFText_GetLooseCharBox(text, index, rect) and raw.FPDFText_GetMatrix(
            text, index, matrix
        )
        if not found or not raw.FPDFText_GetCharOrigin(text, index, x, y):
            continue
        font = raw.FPDFText_GetFontSize(text, index)
        em, wide = font * math.hypot(matrix.c, matrix.d), font * math.hypot(matrix.a, matrix.b)
        angle = math.atan2(matrix.b, matrix.a)
        quarter = round(angle / (math.pi / 2))
        straight = abs(angle - quarter * math.pi / 2) < 0.3
        ink = rect.top - rect.bottom if quarter % 2 == 0 else rect.right - rect.left
        if em <= 0 or ink > _TALLEST_INK * em:
            em = wide = ink
        if em < _INVISIBLE:
            continue
        loose = (rect.left, rect.bottom, rect.right, rect.top)
        unseen, pale = objects.unseen(index, (rect.left + rect.right) / 2, (rect.bottom + rect.top) / 2)
        for each in char:  # a ligature's have one origin
            turned = quarter % 4 if straight else None
            yield _Printed(each, x.value, y.value, em, wide, loose, turned, index, spaced, unseen, pale)
        spaced = False


def _char(code: int, high: int, unmapped: bool) -> str:
    if 0xDC00 <= code < 0xE000 and high:
        return chr(0x10000 + (high - 0xD800) * 0x400 + code - 0xDC00)
    if unmapped or code == 0 or 0xD800 <= code < 0xE000 or code > 0x10FFFF:
        return REPLACEMENT
    if code in _DASHES:
        return _DASHES[code]
    if chr(code) != _DOOR and any(low <= code < end for low, end in _RANGES):
        return unicodedata.normalize("NFKC", chr(code))
    return "" if code < 0x20 or code in (0xFFFE, 0xFFFF) else chr(code)


def _is_on(sheet: tuple[float, float, float, float], printed: _Printed) -> bool:
    """Tell whether the middle of a character lies on the page."""
    left, bottom, right, top = printed.loose
    x, y = (left + right) / 2, (bottom + top) / 2
    return sheet[0] <= x <= sheet[2] and sheet[1] <= y <= sheet[3]


def _glyph(turn: Turn, printed: _Printed) -> Glyph:
    """Return a character as the reader sees it, with the room that it takes on its line."""
    x, y = turn.point(printed.x, printed.y)
    char, size = printed.char, printed.size
    full = unicodedata.east_asian_width(char) in "WF" or char in "…—"
    room = printed.wide if full else max(turn.box(*printed.loose).right - x, _NARROWEST * size)
    if char in HALF_MARKS:
        room = 0.5 * printed.wide
    return Glyph(char, x, x + room, y, size, printed.order, printed.after_space)


def _set_upright(
    turn: Turn, glyphs: list[Glyph], turned: Sequence[_Printed]
) -> tuple[list[Glyph], list[_Printed]]:
    """Stand the full-width characters of a turned headline upright, one under another, as it is read.

    A headline is print larger than most of the page; the rest stays turned.
    """
    usual = median(glyph.size for glyph in glyphs) if glyphs else 0.0
    large = [each for each in turned if each.quarter == _down(turn) and each.size > _HEADLINE * usual > 0]
    if not all(unicodedata.east_asian_width(each.char) in "WF" for each in large):
        return glyphs, list(turned)
    for each in large:
        x, y = turn.point(each.x, each.y)
        left, base = x - (1 - ASCENT) * each.size, y + ASCENT * each.size
        glyphs.append(Glyph(each.char, left, left + each.size, base, each.size, each.order))
    return glyphs, [each for each in turned if each not in large]


def _empty_places(page: pdfium.PdfPage) -> list[tuple[float, float]]:
    """Return the origins of text whose glyphs have no shape; most are blanks."""
    places: list[tuple[float, float]] = []
    texts = page.get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT], max_depth=6)
    for drawn, _ in zip(texts, range(MOST_DRAWN), strict=False):
        left, bottom, right, top = drawn.get_bounds()
        if right - left < 0.01 and top - bottom < 0.01:
            places.append((left, bottom))
    return places


def _recover(
    page_number: int,
    data: bytes,
    printed: Sequence[_Printed],
    empty: Sequence[tuple[float, float]],
    turn: Turn,
) -> tuple[list[Glyph], int]:
    """Read by pdfminer, and match by place, what PDFium leaves out because its glyph has no shape.

    Returns also at how many places nothing could be read.
    """
    have = {(round(each.x), round(each.y)) for each in printed}
    lost = [
        (x, y)
        for x, y in empty
        if (round(x), round(y)) not in have and not _is_blank(x, y, printed, turn.quarter)
    ]
    missing = {(round(x), round(y)): (x, y) for x, y in lost}
    met: set[tuple[int, int]] = set()
    glyphs: list[Glyph] = []
    for char, x, y, size in _mined(data, page_number) if lost else ():
        around = ((round(x) + i, round(y) + j) for i in (-1, 0, 1) for j in (-1, 0, 1))
        near = (place for place in around if place in missing and _is_at(missing[place], x, y))
        if (place := next(near, None)) is None:
            continue
        met.add(place)
        if char.strip():
            left, base = turn.point(x, y)
            mapped = _char(ord(char), 0, unmapped=False)
            glyphs.append(Glyph(mapped, left, left + size, base, size, len(printed) + len(glyphs)))
    return glyphs, len(missing.keys() - met)


def _is_at(place: tuple[float, float], x: float, y: float) -> bool:
    return max(abs(place[0] - x), abs(place[1] - y)) < _AT_ONE_PLACE


def _mined(data: bytes, number: int) -> Iterator[tuple[str, float, float, float]]:
    """Yield the characters of a page (from 0) as pdfminer has them, each with its origin and size."""
    from pdfminer.converter import PDFPageAggregator  # costs 80 ms, and few pages need it
    from pdfminer.layout import LTChar
    from pdfminer.pdfinterp import PDFPageInterpreter, PDFResourceManager
    from pdfminer.pdfpage import PDFPage

    logging.getLogger("pdfminer").setLevel(logging.ERROR)
    resources = PDFResourceManager()
    device = PDFPageAggregator(resources)
    items: list[Any] = []
    try:
        for page in PDFPage.get_pages(io.BytesIO(data), {number}):
            PDFPageInterpreter(resources, device).process_page(page)
            items = [device.get_result()]
    except Exception as error:  # it lets through whatever it meets in a damaged file
        logging.getLogger(__name__).info("pdfminer could not read page %d: %r", number + 1, error)
    while items:
        item = items.pop(0)
        if not isinstance(item, LTChar):
            items[:0] = item if hasattr(item, "__iter__") else ()
        elif len(item.get_text()) == 1:
            yield item.get_text(), item.matrix[4], item.matrix[5], item.size


def _is_blank(x: float, y: float, printed: Sequence[_Printed], quarter: int) -> bool:
    """Tell whether the next character stands so near that only a blank can be there: most empty objects are one."""
    along, off = ((1, 0), (0, 1), (-1, 0), (0, -1))[quarter], ((0, 1), (1, 0), (0, 1), (1, 0))[quarter]
    return any(
        abs((each.x - x) * off[0] + (each.y - y) * off[1]) < 0.1 * each.size
        and 0.05 * each.size < (each.x - x) * along[0] + (each.y - y) * along[1] < 0.55 * each.size
        for each in printed
    )


def _unligated(glyphs: Sequence[Glyph]) -> Iterator[Glyph]:
    """Give each of several characters of one origin its share of the room: —— and fi are one glyph."""
    for (x, _), group in groupby(
        sorted(glyphs, key=lambda g: g.order), lambda g: (round(g.left, 2), round(g.base, 2))
    ):
        same = list(group)
        if len(same) == 1:
            yield same[0]
            continue
        dash = same[0].char == "—"
        room = len(same) * same[0].size if dash else max(g.right for g in same) - same[0].left
        for at, glyph in enumerate(same):
            share = room / len(same)
            yield replace(glyph, left=x + at * share, right=x + (at + 1) * share)


def _undoubled(glyphs: Iterable[Glyph]) -> list[Glyph]:
    """Drop a character drawn again on itself, which is how some programs print bold or a shadow."""
    kept: list[Glyph] = []
    seen: dict[tuple[str, int, int], list[Glyph]] = defaultdict(list)
    for glyph in glyphs:
        step = max(1.0, glyph.size)
        x, y = int(glyph.left // step), int(glyph.base // step)
        around = (seen.get((glyph.char, x + i, y + j), ()) for i in (-1, 0, 1) for j in (-1, 0, 1))
        near = 0.3 * glyph.size
        if any(
            abs(g.left - glyph.left) < min(near, 0.5 * max(g.right - g.left, 0.1))
            and abs(g.base - glyph.base) < near
            for group in around
            for g in group
        ):
            continue
        seen[glyph.char, x, y].append(glyph)
        kept.append(glyph)
    return kept


def _unstruck(glyphs: Sequence[Glyph], strokes: Sequence[Box]) -> tuple[list[Glyph], int]:
    """Take out what a stroke runs through at half its height: text that was deleted; return also how much it was."""
    rows: dict[int, list[Box]] = defaultdict(list)
    for stroke in strokes:
        rows[int(stroke.top // _ROW)].append(stroke)

    def is_struck(glyph: Glyph) -> bool:
        top, bottom = glyph.base - _STRUCK[1] * glyph.size, glyph.base - _STRUCK[0] * glyph.size
        return any(
            top < stroke.top
            and stroke.bottom < bottom
            and stroke.left < glyph.left + 0.2 * glyph.size
            and stroke.right > glyph.right - 0.2 * glyph.size
            for row in range(int(top // _ROW), int(bottom // _ROW) + 1)
            for stroke in rows.get(row, ())
        )

    if not rows:
        return list(glyphs), 0

    def is_next(left: Glyph, right: Glyph) -> bool:
        near = -0.25 * right.size < right.left - left.right < 0.8 * right.size  # half a mark is blank
        return near and abs(left.base - right.base) < 0.25 * right.size

    kept: list[Glyph] = []
    # What is deleted leaves no gap: the character before it takes its room, else the one after.
    hole: Glyph | None = None
    for glyph in sorted(glyphs, key=lambda g: g.order):
        struck = is_struck(glyph)
        if struck and kept and is_next(kept[-1], glyph):
            kept[-1] = replace(kept[-1], right=glyph.right)
        elif struck:
            hole = replace(hole, right=glyph.right) if hole is not None and is_next(hole, glyph) else glyph
        else:
            kept.append(
                replace(glyph, left=hole.left) if hole is not None and is_next(hole, glyph) else glyph
            )
            hole = None
    return kept, len(glyphs) - len(kept)


def _turned_lines(printed: Sequence[_Printed]) -> Iterator[str]:
    """Lines set in another direction than the page's, in the order they were drawn: a table's side, a watermark."""
    line = ""
    last: _Printed | None = None
    for each in printed:
        near = last is not None and math.hypot(each.x - last.x, each.y - last.y) < 2.2 * each.size
        if line and not near:
            yield line
            line = ""
        line += " " * (each.after_space and bool(line)) + each.char
        last = each
    if line:
        yield line
