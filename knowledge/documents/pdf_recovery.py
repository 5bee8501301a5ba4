"""Characters that PDFium leaves out because their glyph has no shape, read by pdfminer and matched by place."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator, Sequence
from typing import Any, Final

from pdfminer.converter import PDFLayoutAnalyzer
from pdfminer.layout import LTChar, LTPage
from pdfminer.pdfinterp import PDFPageInterpreter, PDFResourceManager
from pdfminer.pdfpage import PDFPage

_AT_ONE_PLACE: Final = 0.6
"""Two libraries give one origin within so many points."""

Mined = tuple[str, float, float, float]
"""A character with the x and y of its origin, as the page counts them, and its size."""


def recover(places: Sequence[tuple[float, float]], data: bytes, number: int) -> tuple[list[Mined], int]:
    """Read what stands at the places of page `number` (from 0); return also how many of them stay unread."""
    missing = {(round(x), round(y)): (x, y) for x, y in places}
    found: list[Mined] = []
    met: set[tuple[int, int]] = set()
    for mined in _mined(data, number):
        _, x, y, _ = mined
        around = ((round(x) + i, round(y) + j) for i in (-1, 0, 1) for j in (-1, 0, 1))
        for near in around:
            if near in missing and max(abs(missing[near][0] - x), abs(missing[near][1] - y)) < _AT_ONE_PLACE:
                met.add(near)
                if mined[0].strip():
                    found.append(mined)
                break
    return found, len(missing.keys() - met)


class _Device(PDFLayoutAnalyzer):
    """Keeps the characters of a page and makes no layout of them."""

    def __init__(self, resources: PDFResourceManager) -> None:
        super().__init__(resources, laparams=None)
        self.found: list[LTChar] = []

    def receive_layout(self, ltpage: LTPage) -> None:
        """Take a page that was read."""
        self._take(ltpage)

    def _take(self, item: Any) -> None:
        if isinstance(item, LTChar):
            self.found.append(item)
        elif hasattr(item, "__iter__"):
            for inner in item:
                self._take(inner)


def _mined(data: bytes, number: int) -> Iterator[Mined]:
    logging.getLogger("pdfminer").setLevel(logging.ERROR)
    resources = PDFResourceManager()
    device = _Device(resources)
    try:
        for page in PDFPage.get_pages(io.BytesIO(data), {number}):
            PDFPageInterpreter(resources, device).process_page(page)
    except Exception as error:  # it lets through whatever it meets in a damaged file
        logging.getLogger(__name__).info("pdfminer could not read page %d: %r", number + 1, error)
    for char in device.found:
        text = char.get_text()
        if len(text) == 1:
            yield text, char.matrix[4], char.matrix[5], char.size
