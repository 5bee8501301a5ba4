"""PDF: born-digital pages in reading order; line n is line n of the pages' texts one after another."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import closing
from typing import Any, Final

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from knowledge.documents import limits
from knowledge.documents.extract import Extract
from knowledge.documents.layout.arrange import arrange
from knowledge.documents.layout.blocks import Block
from knowledge.documents.layout.page import Box, Glyph, Page
from knowledge.documents.pdf_font import provide_font
from knowledge.errors import UnreadableFile
from knowledge.model import Skipped

_REPLACEMENT: Final = "\ufffd"
_THIN: Final = 3.0
_INVISIBLE: Final = 0.5  # points: print lower than this is for no eye, and no measure of its page
_MOST_RULES: Final = 300
_SCAN_REMEDY: Final = "放入文字版，或先用别的软件识别文字"
_REASONS: Final = {
    raw.FPDF_ERR_PASSWORD: ("PDF 加了密码", "去掉密码后再放入"),
    raw.FPDF_ERR_SECURITY: ("PDF 加了不认识的保护", "去掉保护后再放入"),
    raw.FPDF_ERR_FORMAT: ("不是 PDF，或文件已损坏", "从原处重新下载"),
}


def read_pdf(name: str, data: bytes) -> Extract:
    """Extract the lines of a PDF, a blank line between blocks; scanned pages are listed as missing.

    Raises:
        UnreadableFile: damaged, encrypted, too many pages, or without any text.
    """
    lines: list[str] = []
    starts: list[int] = []
    articles: list[int] = []
    missing: list[Skipped] = []
    provide_font()
    try:
        with pdfium.PdfDocument(data) as document:
            for page in _read_pages(name, document):
                starts.append(len(lines) + 1)
                if isinstance(page, Skipped):
                    missing.append(page)
                    lines.append("")
                    continue
                for block in page:
                    if block.opens:
                        articles.append(len(lines) + 1)
                    lines += [*block.lines, ""]
                if not page:
                    lines.append("")
    except pdfium.PdfiumError as error:
        reason, remedy = _REASONS.get(error.err_code, ("PDF 已损坏", "从原处重新下载"))
        raise UnreadableFile(name, reason, remedy) from error
    if len(missing) == len(starts):
        raise UnreadableFile(name, missing[0].reason if missing else "PDF 没有页", _SCAN_REMEDY)
    return Extract("pdf", tuple(lines), None, tuple(starts), tuple(articles), tuple(missing))


def _read_pages(name: str, document: pdfium.PdfDocument) -> Iterator[list[Block] | Skipped]:
    """Yield page by page: what a page is made of takes a hundred times the room of its text."""
    if len(document) > limits.PDF_PAGES:
        raise UnreadableFile(name, f"有 {len(document)} 页，超过 {limits.PDF_PAGES} 页的上限", "拆成几个 PDF")
    for number in range(len(document)):
        yield _read_page(f"{name} 第 {number + 1} 页", document, number)


def _read_page(name: str, document: pdfium.PdfDocument, number: int) -> list[Block] | Skipped:
    try:
        with closing(document[number]) as page:
            geometry, pictured = _geometry(page)
    except pdfium.PdfiumError:
        return Skipped(name, "这一页已损坏", "从原处重新下载")
    if len(geometry.glyphs) > limits.PDF_PAGE_GLYPHS:
        return Skipped(name, f"这一页超过 {limits.PDF_PAGE_GLYPHS} 字", "拆成几页")
    unknown = sum(glyph.char == _REPLACEMENT for glyph in geometry.glyphs)
    if unknown > len(geometry.glyphs) // 5:
        return Skipped(name, "这一页的字体没有文字编码，读不出字", _SCAN_REMEDY)
    if not geometry.glyphs and pictured:
        return Skipped(name, "这一页是扫描图，没有文字", _SCAN_REMEDY)
    return arrange(geometry)


def _geometry(page: pdfium.PdfPage) -> tuple[Page, bool]:
    """Return the page's glyphs, pictures and rules, upright, and whether it shows any picture."""
    turn = _Turn(page)
    pictures, rules = _drawings(page, turn)
    with closing(page.get_textpage()) as text:
        glyphs = tuple(_glyphs(text, turn))
    return Page(turn.page, glyphs, tuple(pictures), tuple(rules)), bool(pictures)


class _Turn:
    """Turns a page's own coordinates upright and leaves out what lies outside its crop box."""

    def __init__(self, page: pdfium.PdfPage) -> None:
        self._angle = page.get_rotation() % 360
        self._crop = Box(*page.get_cropbox())
        width, height = self._crop.width, self._crop.height
        self.page = Box(0, 0, width, height) if self._angle in (0, 180) else Box(0, 0, height, width)

    def shows(self, box: Box) -> bool:
        """Tell whether the middle of a box lies on the page."""
        x, y = (box.left + box.right) / 2, (box.bottom + box.top) / 2
        return self._crop.left <= x <= self._crop.right and self._crop.bottom <= y <= self._crop.top

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Return a point as the reader sees it."""
        x, y = x - self._crop.left, y - self._crop.bottom
        width, height = self._crop.width, self._crop.height
        return {0: (x, y), 90: (y, width - x), 180: (width - x, height - y), 270: (height - y, x)}[
            self._angle
        ]

    def box(self, box: Box) -> Box:
        """Return a box as the reader sees it."""
        x1, y1 = self.point(box.left, box.bottom)
        x2, y2 = self.point(box.right, box.top)
        return Box(min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))


def _glyphs(text: pdfium.PdfTextPage, turn: _Turn) -> Iterator[Glyph]:
    """Every printed character that is no blank; PDFium's own guesses at spaces and line ends are left out."""
    rect, x, y = raw.FS_RECTF(), ctypes.c_double(), ctypes.c_double()
    spaced = False
    high = 0
    for index in range(min(text.count_chars(), limits.PDF_PAGE_GLYPHS + 1)):
        code = raw.FPDFText_GetUnicode(text, index)
        if raw.FPDFText_IsGenerated(text, index) == 1:
            continue
        if 0xD800 <= code < 0xDC00:
            high = code
            continue
        char = _char(code, high, raw.FPDFText_HasUnicodeMapError(text, index) == 1)
        high = 0
        if not char.strip():
            spaced = True
            continue
        if not raw.FPDFText_GetLooseCharBox(text, index, rect):
            continue
        box = Box(rect.left, rect.bottom, rect.right, rect.top)
        upright = turn.box(box)
        if upright.height < _INVISIBLE or not turn.shows(box):
            continue
        raw.FPDFText_GetCharOrigin(text, index, x, y)
        yield Glyph(char, upright, turn.point(x.value, y.value)[1], spaced)
        spaced = False


def _char(code: int, high: int, unmapped: bool) -> str:
    if 0xDC00 <= code < 0xE000 and high:
        return chr(0x10000 + (high - 0xD800) * 0x400 + code - 0xDC00)
    if unmapped or code == 0 or 0xD800 <= code < 0xE000 or code > 0x10FFFF:
        return _REPLACEMENT
    return "" if code < 0x20 or code in (0xFFFE, 0xFFFF) else chr(code)


def _drawings(page: pdfium.PdfPage, turn: _Turn) -> tuple[list[Box], list[Box]]:
    """Return pictures, and the vertical rules and frame sides that part columns."""
    pictures: list[Box] = []
    rules: list[Box] = []
    wanted = (raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_PATH)
    for drawn, _ in zip(page.get_objects(filter=wanted, max_depth=4), range(20_000), strict=False):
        bounds: Any = drawn.get_bounds()
        box = turn.box(Box(*bounds))
        if drawn.type == raw.FPDF_PAGEOBJ_IMAGE:
            pictures.append(box)
        elif box.height > 20 and box.width <= _THIN:
            rules.append(box)
        elif box.height > 40 and box.width > 40:
            rules.append(Box(box.left, box.bottom, box.left + 0.1, box.top))
            rules.append(Box(box.right - 0.1, box.bottom, box.right, box.top))
    rules.sort(key=lambda rule: -rule.height)
    return pictures, rules[:_MOST_RULES]
