"""Scans and photographs: text recognised in an image, with how sure that is, as the characters of a page.

The library and its models come with the extra `ocr`; without it nothing here is loaded. A page takes some ten seconds
of a processor, so what was recognised is kept by the image's content, and a build never does one page twice.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, replace
from importlib import util
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from knowledge.documents import RECOGNISER, limits
from knowledge.documents.pdf_page import Box, Glyph, PrintedPage
from knowledge.documents.steady import keep, read_kept

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

INSTALL: Final = "安装识别图片文字的部分（pip install 'chuchu[ocr]'）后重新加载，或放入文字版"
_VERSION: Final = 1
"""Of what is kept: another engine, or other lines out of it, are another version."""

_BODY: Final = 10.0
"""Points that the body's print is taken to have, whatever the image's resolution: distances are told in points."""

_NARROW: Final = 0.55
_DARK: Final = 200  # of 255: print on paper, however pale a rule
_INK: Final = 0.92  # of an em: the height of hanzi
_BOLD_INK: Final = (
    1.75  # times the share of ink in most print: text set in full reaches 1.5, bold print begins at 1.95
)
_BOLD: Final = 1.05
"""Bold print counts as so much larger: for a heading it is the same sign."""

_RULE: Final = 3.0  # in times of the body: no stroke of a character is so long, a headline's apart
_HAN: Final = re.compile("[\u3400-\u9fff]")
_DASH: Final = re.compile("(?<=[^0-9A-Za-z—])—(?!—)|(?<!—)—(?=[^0-9A-Za-z—])")
_HALF_MARKS: Final = frozenset("，。、；：！？）》」』】〕〉”’")
_MIDDLE: Final = 0.38  # of an em from the baseline up to the middle of a hanzi
_CORE, _ALIKE = 1.05, 1.16
"""Sizes within the first are surely one size, within the second most likely: a box around ink is only so exact."""

_SURE_FROM: Final = 4  # hanzi from which a line's width tells its size better than its height


@dataclass(frozen=True, slots=True)
class RecognisedLine:
    """One run of text in an image: its box in pixels, and the probability that it was read right."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Scan:
    """A recognised image: its characters, and of each line what it says and how sure that is."""

    page: PrintedPage
    lines: tuple[RecognisedLine, ...]

    def confidence(self, text: str) -> float:
        """How sure the least sure piece is of which a line of the page was put together."""
        tight = "".join(text.split())
        pieces = [line for line in self.lines if line.text in tight or tight in line.text]
        return min((line.confidence for line in pieces), default=min(line.confidence for line in self.lines))


Engine = Callable[["NDArray[np.uint8]"], Iterable[RecognisedLine]]
"""Reads an image of height × width × 3."""


class TextRecogniser:
    """Recognises text in images; its models are loaded when the first one comes, and it keeps what it read.

    `kept` is the folder for that, None to keep nothing. `told` hears of each page that is begun: its file's name, its
    number from 0, and how many there are. `engine` is what reads, by default that of the extra `ocr`.
    """

    def __init__(
        self,
        kept: Path | None = None,
        told: Callable[[str, int, int], object] = lambda *_: None,
        engine: Engine | None = None,
    ) -> None:
        self.told = told
        self._kept = kept
        self._engine = engine

    @property
    def installed(self) -> bool:
        """Whether there is anything to read with."""
        return self._engine is not None or util.find_spec(RECOGNISER) is not None

    def scan(self, image: NDArray[np.uint8]) -> Scan | None:
        """Recognise an image of height × width × 3 or × 4; None where it holds no text."""
        image = image[:, :, :3]
        lines = self._known(image, self._kept) if self._kept else self._recognised(image)
        return Scan(_as_page(lines, image), lines) if lines else None

    def recall(self, image: NDArray[np.uint8]) -> Scan | None:
        """What was recognised in an image before; None where nothing is kept of it."""
        image = image[:, :, :3]
        data = read_kept(self._path(image, self._kept)) if self._kept else None
        lines = _lines(data) if data else ()
        return Scan(_as_page(lines, image), lines) if lines else None

    def _known(self, image: NDArray[np.uint8], kept: Path) -> tuple[RecognisedLine, ...]:
        path = self._path(image, kept)
        if (data := read_kept(path)) is not None:
            return _lines(data)
        lines = self._recognised(image)
        keep(path, json.dumps([astuple(line) for line in lines]).encode(), limits.RECOGNISED_BYTES)
        return lines

    @staticmethod
    def _path(image: NDArray[np.uint8], kept: Path) -> Path:
        digest = hashlib.sha256(f"{_VERSION} {image.shape}".encode() + image.tobytes()).hexdigest()
        return kept / f"{digest}.json"

    def _recognised(self, image: NDArray[np.uint8]) -> tuple[RecognisedLine, ...]:
        if self._engine is None:
            self._engine = _load_engine()
        tight = (replace(line, text="".join(line.text.split())) for line in self._engine(image))
        # One wide stroke is read as one sign, but unless it stands between figures a dash is two (GB/T 15834).
        return tuple(replace(line, text=_DASH.sub("——", line.text)) for line in tight if line.text)


def _lines(data: bytes) -> tuple[RecognisedLine, ...]:
    return tuple(RecognisedLine(*row) for row in json.loads(data))


def _load_engine() -> Engine:
    """The engine of the extra `ocr`, on one thread: a build has one processor."""
    from rapidocr import RapidOCR

    threads = (
        "EngineConfig.onnxruntime.intra_op_num_threads",
        "EngineConfig.onnxruntime.inter_op_num_threads",
    )
    read: Callable[..., Any] = RapidOCR(params={"Global.log_level": "error", **dict.fromkeys(threads, 1)})

    def engine(image: NDArray[np.uint8]) -> Iterator[RecognisedLine]:
        found = read(image)
        if found.boxes is None or found.txts is None:
            return
        for box, text, score in zip(found.boxes, found.txts, found.scores, strict=True):
            (left, top), (right, bottom) = box.min(axis=0).tolist(), box.max(axis=0).tolist()
            yield RecognisedLine(text, left, top, right, bottom, round(float(score), 4))

    return engine


def _as_page(lines: Sequence[RecognisedLine], image: NDArray[np.uint8]) -> PrintedPage:
    """Characters and rules at their places, in points of a page whose body is `_BODY` high."""
    dark = image.min(axis=2) < _DARK
    sizes = _sizes(lines)
    body = _weighted_median((size, len(line.text)) for size, line in zip(sizes, lines, strict=True))
    sizes = [size * _BOLD if bold else size for size, bold in zip(sizes, _bold(lines, dark), strict=True)]
    scale = _BODY / body
    glyphs: list[Glyph] = []
    for line, size in zip(lines, sizes, strict=True):
        margin = max(
            0.0, (line.bottom - line.top - _INK * size) / 2
        )  # a box lies as far around its print on all sides
        left = line.left + margin
        step = (line.right - margin - left) / sum(map(_advance, line.text))
        base = (line.top + line.bottom) / 2 + _MIDDLE * size
        for char in line.text:
            right = left + step * _advance(char)
            order = len(glyphs)
            glyphs.append(Glyph(char, left * scale, right * scale, base * scale, size * scale, order))
            left = right
    least = max(1, int(_RULE * body))
    uprights = [Box(x * scale, top * scale, x * scale, end * scale) for x, top, end in _runs(dark.T, least)]
    levels = [Box(left * scale, y * scale, end * scale, y * scale) for y, left, end in _runs(dark, least)]
    height, width = dark.shape
    return PrintedPage(
        width * scale, height * scale, tuple(glyphs), tuple(uprights), tuple(levels), scale=scale
    )


def _bold(lines: Sequence[RecognisedLine], dark: NDArray[np.bool_]) -> list[bool]:
    """Tell which lines are set bold: much more of their box is ink than of most of the print."""
    ink = [
        float(dark[int(line.top) : int(line.bottom) + 1, int(line.left) : int(line.right) + 1].mean())
        for line in lines
    ]
    usual = _weighted_median((share, len(line.text)) for share, line in zip(ink, lines, strict=True))
    return [share > _BOLD_INK * usual for share in ink]


def _runs(dark: NDArray[np.bool_], least: int) -> Iterator[tuple[int, int, int]]:
    """Yield (row, first, end) of straight strokes: dark all the way for `least` pixels or more, and thin."""
    import numpy as np

    blocks = dark.shape[1] // least
    if not blocks:
        return
    cut = dark[:, : blocks * least].reshape(len(dark), blocks, least)
    whole: NDArray[np.bool_] = np.all(cut, axis=2)
    whole[2:] &= ~whole[:-2]  # of what is thick the edge alone, and of a picture next to nothing
    for row in np.flatnonzero(whole.any(axis=1)):
        edges = np.flatnonzero(np.diff(whole[row].astype(np.int8), prepend=0, append=0))
        for first, end in zip(edges[::2], edges[1::2], strict=True):
            yield int(row), int(first) * least, int(end) * least


def _sizes(lines: Sequence[RecognisedLine]) -> list[float]:
    """The size of each line's print in pixels, told by its width.

    The box of a short one is no measure: it has the body's size unless its height and its width both speak against it.
    """
    wide = [(line.right - line.left) / sum(map(_advance, line.text)) for line in lines]
    weights = [len(line.text) for line in lines]
    long = [k for k, line in enumerate(lines) if len(_HAN.findall(line.text)) >= _SURE_FROM] or range(
        len(lines)
    )
    snapped = _snapped([wide[k] for k in long], [weights[k] for k in long])
    sizes = dict(zip(long, snapped, strict=True))
    body = _weighted_median((size, weights[k]) for k, size in sizes.items())
    usual = _weighted_median(
        (line.bottom - line.top, weights[k]) for k, line in enumerate(lines) if k in sizes
    )
    for k, line in enumerate(lines):
        high = body * (line.bottom - line.top) / usual
        if k in sizes:
            if abs(high - body) < abs(high - sizes[k]) and sizes[k] > body:
                sizes[k] = body  # set wide to fill its column
            continue
        over = [sizes[above] for above in long if _is_under(line, lines[above], sizes[above])]
        told = (wide[k], high, (line.right - line.left) / len(line.text))
        near = min(told, key=lambda size: abs(size - body))
        sizes[k] = body if min(told) <= body <= max(told) or _alike(near, body, _ALIKE) else near
        if over and abs(high - over[0]) < abs(high - body):
            sizes[k] = over[0]  # the last characters of a title that was broken
    return [sizes[k] for k in range(len(lines))]


def _is_under(line: RecognisedLine, above: RecognisedLine, size: float) -> bool:
    """Tell whether a line is the next one of a title in print of that size."""
    beside = min(line.right, above.right) - max(line.left, above.left)
    return beside > 0 and -0.5 * size < line.top - above.bottom < size


def _advance(char: str) -> float:
    """The room of a character in ems."""
    return 0.5 if char in _HALF_MARKS else _NARROW if char.isascii() else 1.0


def _snapped(sizes: Sequence[float], weights: Sequence[int]) -> list[float]:
    """Each size as the size that most of the print like it has: the fullest of them first."""
    snapped = list(sizes)
    left = set(range(len(sizes)))
    while left:
        fullest = max(
            left, key=lambda one: sum(weights[k] for k in left if _alike(sizes[k], sizes[one], _CORE))
        )
        core = [k for k in left if _alike(sizes[k], sizes[fullest], _CORE)]
        size = _weighted_median((sizes[k], weights[k]) for k in core)
        taken = {k for k in left if _alike(sizes[k], size, _ALIKE)} | {fullest}
        for k in taken:
            snapped[k] = size
        left -= taken
    return snapped


def _alike(one: float, other: float, within: float) -> bool:
    return max(one, other) <= within * min(one, other)


def _weighted_median(rows: Iterable[tuple[float, int]]) -> float:
    return median(size for size, weight in rows for _ in range(weight))
