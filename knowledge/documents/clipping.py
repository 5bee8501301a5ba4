"""A clipping: the place of a page where a sentence is printed, as a picture with the sentence framed.

`python -m knowledge.documents.clipping` draws one: a line of JSON (`page` from 1, `texts` as they stand on its lines,
whether the picture above is `pictured`, where is kept what was `recognised`) and the bytes of the PDF or image come in,
a PNG goes out. It runs in a process of its own, within limits: whoever made the PDF chose what PDFium has to draw.
"""

from __future__ import annotations

import io
import json
import resource
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

import pypdfium2 as pdfium
from PIL import Image, ImageDraw

from knowledge.documents.ocr import Scan, TextRecogniser
from knowledge.documents.pdf import is_unusable, picture_of, read_image
from knowledge.documents.pdf_characters import read_characters
from knowledge.documents.pdf_font import provide_font
from knowledge.documents.pdf_lines import PrintedLine, find_lines
from knowledge.documents.pdf_page import Box, PrintedPage, around
from knowledge.errors import UnreadableFile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

IMAGES: Final = (b"\x89PNG", b"\xff\xd8\xff")
MARGIN: Final = 48.0
"""Points around the sentence that are shown too."""
NARROWEST: Final = 260.0
SCALE: Final = 2.0
"""Pixels a point: 144 dpi, at which newsprint's 9 points are read with ease."""
MOST_PIXELS: Final = 4_000_000
FRAME: Final = (200, 60, 40)
FRAME_WIDTH: Final = 2
ROOM: Final = 1.5
"""Points between the ink and the frame."""
LEAST_PICTURE: Final = 40.0
FARTHEST: Final = 40.0
"""Points between a caption and its picture."""
MEMORY: Final = 1 << 30
CPU_SECONDS: Final = 10


@dataclass(frozen=True, slots=True)
class _Place:
    """One way of standing on a line: the line's place among all, and the box of the characters."""

    line: int
    box: Box


def clip(
    data: bytes, page: int, texts: Sequence[str], pictured: bool = False, recognised: Path | None = None
) -> bytes:
    """Draw the place of a page (from 1) where `texts` stand, framed, as a PNG; the whole page where it is not known.

    With `pictured` the texts are a caption, and the picture beside them is drawn instead, where there is one.
    `recognised` is where is kept what was read in images. `data` is a PDF, or an image, which has one page.

    Raises:
        PdfiumError: the document or the page is damaged.
        UnreadableFile: the image is.
        IndexError: there is no such page.
    """
    recogniser = TextRecogniser(recognised)
    if not data.startswith(IMAGES):
        return _clip_pdf(data, page, texts, pictured, recogniser)
    pixels = read_image("", data)
    return _clip_scan(pixels, recogniser.recall(pixels), texts)


def _clip_scan(
    pixels: NDArray[np.uint8], scan: Scan | None, texts: Sequence[str], most: float = 1.0
) -> bytes:
    """Draw the place in an image, made smaller by `most` at least."""
    height, width = pixels.shape[:2]
    unit = 1 / scan.page.scale if scan else 1.0
    boxes = [scan.page.shown(box) for box in find_places(scan.page, texts)] if scan else []
    shown = _shown(boxes, Box(0, 0, width, height), unit)
    scale = min(most, (MOST_PIXELS / max(1.0, shown.width * shown.height)) ** 0.5)
    picture = Image.fromarray(pixels).crop(
        (round(shown.left), round(shown.top), round(shown.right), round(shown.bottom))
    )
    picture = picture.resize((max(1, round(scale * picture.width)), max(1, round(scale * picture.height))))
    return _framed(picture, boxes, shown, scale, unit)


def _clip_pdf(
    data: bytes, page: int, texts: Sequence[str], pictured: bool, recogniser: TextRecogniser
) -> bytes:
    provide_font()
    with pdfium.PdfDocument(data) as document:
        printed = read_characters(document, page - 1, data)
        sheet = document[page - 1]
        width, height = sheet.get_size()
        if not printed.glyphs or is_unusable(printed):
            pixels = picture_of(sheet)
            if (scan := recogniser.recall(pixels)) is not None:
                return _clip_scan(pixels, scan, texts, SCALE * width / pixels.shape[1])
        boxes = [printed.shown(box) for box in find_places(printed, texts)]
        pictures = [printed.shown(box) for box in printed.pictures]
        whole = Box(0, 0, width, height)
        if pictured and (captioned := _picture(boxes, pictures, whole)):
            boxes, shown = [], captioned
        else:
            shown = _shown(boxes, whole)
        scale = min(SCALE, (MOST_PIXELS / max(1.0, shown.width * shown.height)) ** 0.5)
        crop = (shown.left, height - shown.bottom, width - shown.right, shown.top)
        picture: Image.Image = sheet.render(scale=scale, crop=crop).to_pil().convert("RGB")
    return _framed(picture, boxes, shown, scale)


def _framed(picture: Image.Image, boxes: Sequence[Box], shown: Box, scale: float, unit: float = 1.0) -> bytes:
    """The picture of what is shown, with frames around the boxes, as a PNG."""
    draw = ImageDraw.Draw(picture)
    room = ROOM * unit
    for box in boxes:
        corners = (box.left - room, box.top - room, box.right + room, box.bottom + room)
        left, top, right, bottom = (
            scale * (at - start) for at, start in zip(corners, (shown.left, shown.top) * 2, strict=True)
        )
        draw.rectangle((left, top, right, bottom), outline=FRAME, width=FRAME_WIDTH)
    written = io.BytesIO()
    picture.save(written, "PNG", optimize=True)
    return written.getvalue()


def find_places(page: PrintedPage, texts: Sequence[str]) -> list[Box]:
    """Return where on a page these pieces of its lines are printed, in reading order.

    Of several places with the same words that one is taken which lies nearest to the pieces that have only one.
    """
    lines = find_lines(page.glyphs, page.uprights)
    choices = [_choices(lines, "".join(text.split())) for text in texts]
    sure = [places[0] for places in choices if len(places) == 1]
    found: list[Box] = []
    for places in choices:
        # Parts of one line of print may stand side by side.
        split = len({round(place.box.bottom) for place in places}) == 1
        if len(places) > 1 and places[0].line != places[-1].line and not split:
            near = sure[0].box if sure else places[0].box
            places = [min(places, key=lambda place: _apart(place.box, near))]
        found += [place.box for place in places]
    return found


def _choices(lines: Sequence[PrintedLine], text: str) -> list[_Place]:
    """Where a text stands whole on a line; else the lines that it is made of, as where a rule parts a line in two."""
    whole: list[_Place] = []
    parts: list[_Place] = []
    for number, line in enumerate(lines):
        printed = "".join(glyph.char for glyph in line.glyphs)
        at = printed.find(text)
        if text and at >= 0:
            whole.append(
                _Place(number, PrintedLine(line.glyphs[at : at + len(text)], upright=line.upright).box)
            )
        elif len(printed) > 1 and printed in text:
            parts.append(_Place(number, line.box))
    return whole or parts


def _apart(one: Box, other: Box) -> float:
    return max(0.0, -one.across(other)) + max(0.0, -one.along(other))


def _picture(boxes: Sequence[Box], pictures: Sequence[Box], page: Box) -> Box | None:
    """The picture that a caption is nearest to, above it or beside it."""
    if not boxes or not pictures:
        return None
    large = [
        box for box in pictures if LEAST_PICTURE <= box.width < page.width and box.height >= LEAST_PICTURE
    ]
    nearest = min(large, key=lambda box: _apart(box, boxes[0]), default=None)
    return None if nearest is None or _apart(nearest, boxes[0]) > FARTHEST else _within(page, nearest)


def _shown(boxes: Sequence[Box], page: Box, unit: float = 1.0) -> Box:
    """The part of the page to show: around the boxes, wide enough to be read; a point is `unit` long."""
    if not boxes:
        return page
    place, margin = around(boxes), MARGIN * unit
    beside = margin + max(0.0, NARROWEST * unit - (place.width + 2 * margin)) / 2
    left, right = place.left - beside, place.right + beside
    return _within(page, Box(left, place.top - margin, right, place.bottom + margin))


def _within(page: Box, box: Box) -> Box:
    left, top = max(page.left, box.left), max(page.top, box.top)
    return Box(left, top, min(page.right, box.right), min(page.bottom, box.bottom))


def main(given: BinaryIO, written: BinaryIO) -> int:
    """Draw what is asked for; 1 where it cannot be drawn, the reason on standard error."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    asked = json.loads(given.readline())
    try:
        kept = Path(asked["recognised"])
        written.write(clip(given.read(), asked["page"], asked["texts"], asked["pictured"], kept))
    except (pdfium.PdfiumError, UnreadableFile, IndexError, ValueError, MemoryError) as error:
        print(f"page {asked['page']}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.stdin.buffer, sys.stdout.buffer))
