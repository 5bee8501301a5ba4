"""A small typesetter: newspaper pages as PDF, for tests that read them back."""

from __future__ import annotations

import io
import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

SONG = "STSong-Light"
_NEVER_FIRST = "，。、；：！？）》”’"
_SUBJECTS = [
    "市民政局",
    "区教育部门",
    "社区医院",
    "地铁建设者",
    "青年志愿者",
    "街道居委会",
    "科研团队",
    "港口码头",
    "园林工人",
    "养老机构",
]
_VERBS = [
    "今年新增",
    "累计完成",
    "组织开展",
    "持续优化",
    "重点推进",
    "率先启用",
    "集中整治",
    "联合举办",
    "提前建成",
    "全面改造",
]
_OBJECTS = [
    "便民服务点",
    "健身步道",
    "口袋公园",
    "培训课程",
    "老旧电梯",
    "智慧课堂",
    "无障碍设施",
    "文化讲座",
    "充电桩",
    "社区食堂",
]


def sentences(seed: int, number: int) -> list[str]:
    """Varied sentences, no two alike."""
    pick = random.Random(seed)
    made: list[str] = []
    for n in range(number):
        figure = seed * 1000 + n
        made.append(
            f"{pick.choice(_SUBJECTS)}{pick.choice(_VERBS)}{figure}处{pick.choice(_OBJECTS)}，"
            f"{pick.choice(_SUBJECTS)}的负责人{pick.choice('赵钱孙李周吴郑王')}说，“{pick.choice(_OBJECTS)}让居民更方便”。"
        )
    return made


def paragraphs(seed: int, number: int, length: int = 3) -> list[str]:
    """Paragraphs of `length` sentences."""
    made = sentences(seed, number * length)
    return ["".join(made[i : i + length]) for i in range(0, len(made), length)]


@dataclass
class Sheet:
    """One PDF page under construction; `shuffle` draws its pieces in another order, `alone` each glyph by itself."""

    width: float = 600
    height: float = 800
    shuffle: int | None = None
    rotation: int = 0
    alone: bool = False
    _pieces: list[tuple[str, float, float, float, str]] = field(default_factory=list)
    _turned: list[tuple[float, float, float, str]] = field(default_factory=list)
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

    def turned_text(self, x: float, y: float, size: float, text: str) -> None:
        """Print a line that stands at (x, y) upright once the page is shown turned by 90 degrees."""
        self._turned.append((size, x, y, text))

    def upright(self, x: float, y: float, size: float, text: str) -> None:
        """Print a vertical heading."""
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
        """Draw a thin line."""
        self._shapes.append(("line", (x1, y1, x2, y2)))

    def frame(self, x: float, y: float, width: float, height: float) -> None:
        """Draw a frame."""
        self._shapes.append(("rect", (x, y, width, height)))

    def picture(self, x: float, y: float, width: float, height: float) -> None:
        """Place a photograph."""
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
            canvas.drawString(x, y, text)
        for size, x, y, text in self._turned:
            canvas.saveState()
            canvas.translate(self.width - y, x)
            canvas.rotate(90)
            canvas.setFont(SONG, size)
            canvas.drawString(0, 0, text)
            canvas.restoreState()
        canvas.showPage()


def pdf(*sheets: Sheet, encrypt: StandardEncryption | None = None) -> bytes:
    """Bind sheets into a PDF file."""
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
