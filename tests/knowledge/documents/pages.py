"""A small typesetter, what its pages look like as text, and newspaper pages as papers really lay them out.

A drawing has a command a line. What begins with a number is a line of print: left, baseline, size (behind which stand the
pitch of its letters in ems, `~2`, or the name of its font, `/Helvetica`) and the words. `<1*6>` are six invented
paragraphs of three sentences, always the same ones of one seed; `<1*6*2>` of two.

    page WIDTH HEIGHT               another sheet, of 600 by 800 points where nothing is said
    flow PER_LINE@SIZE COLUMNS: ..  paragraphs set into columns, each of them left,top,lines; 30+129*4 are four of them
    lines LEFT TOP PER_LINE: ..     a paragraph without an indent
    grid LEFT TOP DX DY SIZE: ..    cells with a bar between them, rows with a slash
    rule / frame / picture ..       four figures each, with commas between them
    upright / side LEFT TOP SIZE .. characters below one another, or a line turned downwards
"""

from __future__ import annotations

import io
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from tests.support.samples import Sample, samples
from tests.support.words import words

WORDS = words("pages")

SONG = "STSong-Light"
LEADING: Final = 9 * 1.4
_NEVER_FIRST = "，。、；：！？）》”’"
_INVENTED = re.compile(r"<(\d+)\*(\d+)(?:\*(\d+))?>")
_PRINT = re.compile(r"([\d.]+) ([\d.]+) ([\d.]+)(?:~([\d.]+))?(?:/(\S+))? (.*)")


def sentences(seed: int, number: int) -> list[str]:
    """Varied sentences, no two alike."""
    pick = random.Random(seed)
    made: list[str] = []
    for n in range(number):
        figure = seed * 1000 + n
        made.append(
            f"{pick.choice(WORDS['subjects'])}{pick.choice(WORDS['verbs'])}{figure}处{pick.choice(WORDS['objects'])}，"
            f"{pick.choice(WORDS['subjects'])}的负责人{pick.choice('赵钱孙李周吴郑王')}说，“{pick.choice(WORDS['objects'])}让居民更方便”。"
        )
    return made


def paragraphs(seed: int, number: int, length: int = 3) -> list[str]:
    """Paragraphs of `length` sentences."""
    made = sentences(seed, number * length)
    return ["".join(made[i : i + length]) for i in range(0, len(made), length)]


@dataclass
class Sheet:
    """One PDF page under construction; `shuffle` draws its pieces in another order, `alone` each glyph by itself.

    What is `unseen` is drawn for no eye, as recognisers lay text under the picture of a page.
    """

    width: float = 600
    height: float = 800
    shuffle: int | None = None
    rotation: int = 0
    alone: bool = False
    unseen: bool = False
    _pieces: list[tuple[str, float, float, float, str]] = field(default_factory=list)
    _turned: list[tuple[float, float, float, str, int]] = field(default_factory=list)
    _shapes: list[tuple[str, tuple[float, ...]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        pdfmetrics.registerFont(UnicodeCIDFont(SONG))

    def text(self, x: float, y: float, size: float, text: str, pitch: float = 1.0, font: str = SONG) -> None:
        """Print a line; `pitch` other than 1 spaces the letters, in ems."""
        if pitch == 1.0 and not self.alone:
            self._pieces.append((font, size, x, y, text))
            return
        for char in text:
            self._pieces.append((font, size, x, y, char))
            x += pdfmetrics.stringWidth(char, font, size) + (pitch - 1) * size

    def turned_text(self, x: float, y: float, size: float, text: str, downwards: bool = False) -> None:
        """Print a line that stands at (x, y) upright once the page is shown turned by 90 degrees.

        With `downwards` it runs from height x down, at y from the left.
        """
        self._turned.append((size, y, x, text, -90) if downwards else (size, self.width - y, x, text, 90))

    def upright(self, x: float, y: float, size: float, text: str) -> None:
        for at, char in enumerate(text):
            self._pieces.append((SONG, size, x, y - at * size * 1.2, char))

    def flow(
        self,
        texts: Sequence[str],
        columns: Sequence[tuple[float, float, int]],
        per_line: int,
        size: float = 9,
    ) -> None:
        """Set paragraphs into columns of (left, top baseline, lines)."""
        rows = [row for text in texts for row in set_lines(text, per_line)]
        assert len(rows) <= sum(lines for _, _, lines in columns), "the columns are too short for the text"
        at = iter(rows)
        for x, top, lines in columns:
            for number in range(lines):
                row = next(at, None)
                if row is None:
                    return
                indent = len(row) - len(row.lstrip("\u3000"))
                self.text(x + indent * size, top - number * size * 1.4, size, row.lstrip("\u3000"))

    def rule(self, x1: float, y1: float, x2: float, y2: float) -> None:
        self._shapes.append(("line", (x1, y1, x2, y2)))

    def frame(self, x: float, y: float, width: float, height: float) -> None:
        self._shapes.append(("rect", (x, y, width, height)))

    def picture(self, x: float, y: float, width: float, height: float) -> None:
        self._shapes.append(("image", (x, y, width, height)))

    def draw(self, canvas: Canvas) -> None:
        """Put everything on the canvas as one page."""
        canvas.setPageSize((self.width, self.height))
        canvas.setPageRotation(self.rotation)
        for shape, place in self._shapes:
            if shape == "image":
                canvas.drawImage(_photo(), *place)
            else:
                getattr(canvas, shape)(*place)
        pieces = list(self._pieces)
        if self.shuffle is not None:
            random.Random(self.shuffle).shuffle(pieces)
        for font, size, x, y, text in pieces:
            canvas.setFont(font, size)
            canvas.drawString(x, y, text, mode=3 if self.unseen else None)
        for size, x, y, text, degrees in self._turned:
            canvas.saveState()
            canvas.translate(x, y)
            canvas.rotate(degrees)
            canvas.setFont(SONG, size)
            canvas.drawString(0, 0, text)
            canvas.restoreState()
        canvas.showPage()


def pdf(*sheets: Sheet, encrypt: StandardEncryption | None = None) -> bytes:
    file = io.BytesIO()
    canvas = Canvas(file, encrypt=encrypt)
    for sheet in sheets:
        sheet.draw(canvas)
    canvas.save()
    return file.getvalue()


def set_lines(text: str, per_line: int) -> list[str]:
    """Break a paragraph into lines, its first indented; a closing mark never begins a line."""
    rest = "\u3000\u3000" + text
    rows: list[str] = []
    while rest:
        cut = next(n for n in range(per_line, 0, -1) if n >= len(rest) or rest[n] not in _NEVER_FIRST)
        rows.append(rest[:cut])
        rest = rest[cut:]
    return rows


def _photo() -> ImageReader:
    """One grey pixel as a portable pixmap."""
    return ImageReader(io.BytesIO(b"P6 1 1 255 \x80\x80\x80"))


def invented(text: str) -> str:
    """The text, with the sentences for which its signs stand."""
    return _INVENTED.sub(lambda found: "".join(_paragraphs(found)), text)


def _paragraphs(found: re.Match[str]) -> list[str]:
    return paragraphs(int(found[1]), int(found[2]), int(found[3] or 3))


def _columns(text: str) -> Iterator[tuple[float, float, int]]:
    for column in text.split():
        left, top, lines = column.split(",")
        first, _, more = left.partition("+")
        step, _, number = more.partition("*")
        for n in range(int(number or 1)):
            yield float(first) + n * float(step or 0), float(top), int(lines)


def draw(sheet: Sheet, drawing: str) -> None:
    """Draw what the commands say; see above."""
    for line in drawing.splitlines():
        if printed := _PRINT.fullmatch(line):
            x, y, size, pitch, font, text = printed.groups()
            sheet.text(float(x), float(y), float(size), text, float(pitch or 1), font or SONG)
            continue
        command, _, rest = line.partition(" ")
        figures, _, text = rest.partition(": ")
        match command:
            case "flow":
                per, _, places = figures.partition(" ")
                width, _, size = per.partition("@")
                sheet.flow(list(_texts(text)), list(_columns(places)), int(width), float(size or 9))
            case "lines":
                left, top, wide = figures.split()
                said = invented(text)
                for row, at in enumerate(range(0, len(said), int(wide))):
                    sheet.text(float(left), float(top) - row * LEADING, 9, said[at : at + int(wide)])
            case "grid":
                left_at, top_at, dx, dy, em = map(float, figures.split())
                for down, cells in enumerate(text.split(" / ")):
                    for across, cell in enumerate(cells.split(" | ")):
                        sheet.text(left_at + dx * across, top_at - dy * down, em, cell)
            case "side":
                *place, said = rest.split(" ", 3)
                left_at, top_at, em = map(float, place)
                sheet.turned_text(top_at, left_at, em, said, downwards=True)
            case "upright":
                *place, said = rest.split(" ", 3)
                left_at, top_at, em = map(float, place)
                sheet.upright(left_at, top_at, em, said)
            case _:
                for each in rest.split(", "):
                    getattr(sheet, command)(*map(float, each.split()))


def _texts(text: str) -> Iterator[str]:
    for part in text.split(" / "):
        whole = _INVENTED.fullmatch(part)
        yield from _paragraphs(whole) if whole else [invented(part)]


def sheets(drawing: str) -> Iterator[Sheet]:
    for page in filter(None, re.split(r"^(?=page)", drawing, flags=re.MULTILINE)):
        head, _, rest = page.partition("\n") if page.startswith("page") else ("", "", page)
        width, height = [float(word) for word in head.split() if word.isdecimal()] or (600, 800)
        draw(sheet := Sheet(width, height), rest)
        yield sheet


def drawn(drawing: str) -> bytes:
    return pdf(*sheets(drawing))


def columns(
    number: int, left: float, top: float, lines: int, per: int = 13, gutter: float = 12
) -> list[tuple[float, float, int]]:
    return [(left + n * (per * 9 + gutter), top, lines) for n in range(number)]


@dataclass(frozen=True)
class Layout:
    """A page of `samples/pages.txt`, to be drawn on any sheet."""

    sample: Sample

    def __call__(self, sheet: Sheet) -> None:
        ((_, drawing),) = self.sample.files
        draw(sheet, drawing)


PAGES: Final = tuple(Layout(one) for one in samples(Path(__file__).with_name("samples") / "pages.txt"))
