"""Scans and photographs: text recognised in an image, with how sure that is, as the characters of a page.

The library and its models come with the extra `ocr`; without it nothing here is loaded. A page takes some fifteen
seconds of a processor, so what was recognised is kept by the image's content, and a build never does one page twice.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, replace
from importlib import util
from itertools import accumulate, pairwise
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from knowledge.documents import RECOGNISER, limits
from knowledge.documents.pdf_page import Box, Glyph, PrintedPage
from knowledge.documents.steady import keep, read_kept

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

INSTALL: Final = "安装识别图片文字的部分（pip install 'chuchu[ocr]'）后重新加载，或放入文字版"
_VERSION: Final = 2
"""Of what is kept: another engine, or other lines out of it, are another version."""

_SEARCHED: Final = 3_000
"""Pixels of the longer side in which text is looked for; at the engine's own 2,000 a broadsheet loses lines under
headlines, and others run across a gutter. Whole, 4,500, takes half as long again and finds no more."""

_BODY: Final = 10.0
"""Points that the body's print is taken to have, whatever the image's resolution: distances are told in points."""

_NARROW: Final = 0.55
_DARK: Final = (
    0.78  # of the paper's brightness: print, however pale a rule, and whatever shade lies on the page
)
_BLOCK, _NEAR = 8, 15
"""Paper is the brightest of so many blocks about a place each way, of so many pixels: no stroke fills them all."""

_INK: Final = 0.92  # of an em: the height of hanzi
_BOLD_INK: Final = (
    1.45  # times the share of ink in most print: text set in full reaches 1.33, bold print begins at 1.5
)
_SPECKS: Final = 0.03  # of a row: less ink is dirt
_HIGHER: Final = 1.3  # times the body: what is so high is a headline's, though it be one character
_BOLD: Final = 1.05
"""Bold print counts as so much larger: for a heading it is the same sign."""

_RULE: Final = 3.0  # in times of the body: no stroke of a character is so long, a headline's apart
_HAN: Final = re.compile("[\u3400-\u9fff]")
_DASH: Final = re.compile("(?<=[^0-9A-Za-z—])—(?!—)|(?<!—)—(?=[^0-9A-Za-z—])")
_HALF_MARKS: Final = frozenset("，。、；：！？）》」』】〕〉”’")
_PARTED: Final = 1.0
"""Ems of blank in a line from which two columns meet there."""

_OPENING_MARKS: Final = frozenset("（《「『【〔〈“‘")
_OPENS, _CLOSES, _BEARING = 0.55, 0.2, 0.04
"""Ems that are blank before an opening mark, behind a closing one, and on either side of a hanzi."""

_MIDDLE: Final = 0.38  # of an em from the baseline up to the middle of a hanzi
_CORE, _ALIKE = 1.05, 1.1
"""Sizes within the first are surely one size, within the second most likely: ink is told by whole pixels."""

_MOST_TILT: Final = 5.0
"""Degrees a page may lie askew on a scanner or before a camera."""

_TILT_STEPS: Final = (0.5, 0.1, 0.02)
_TILT_SIDE: Final = 2_400
"""Pixels of the longer side that suffice to see which way the lines run."""

_TOLD_TILT: Final = 1.2
"""From so many times what it is as it lies, the lines are clearer apart when the page is turned."""


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
class _Ink:
    """The print of one run of text: its place in pixels, and how much of its room is black."""

    left: float
    right: float
    middle: float
    height: float
    share: float


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
    settings = {"Global.log_level": "error", "Global.max_side_len": _SEARCHED, **dict.fromkeys(threads, 1)}
    read: Callable[..., Any] = RapidOCR(params=settings)

    def engine(image: NDArray[np.uint8]) -> Iterator[RecognisedLine]:
        found = read(image)
        if found.boxes is None or found.txts is None:
            return
        for box, text, score in zip(found.boxes, found.txts, found.scores, strict=True):
            (left, top), (right, bottom) = box.min(axis=0).tolist(), box.max(axis=0).tolist()
            yield RecognisedLine(text, left, top, right, bottom, round(float(score), 4))

    return engine


def straightened(image: Image.Image) -> Image.Image:
    """The picture of a page, turned so that its lines run level."""
    from PIL.Image import Resampling

    tilt = _tilt(image)
    return image.rotate(tilt, Resampling.BICUBIC, expand=True, fillcolor="white") if tilt else image


def _tilt(image: Image.Image) -> float:
    """By how many degrees lines fall to the right: where print is counted along them, rows and gaps differ most."""
    import numpy as np

    small = image.convert("L")
    small.thumbnail((_TILT_SIDE, _TILT_SIDE))
    y, x = np.nonzero(_dark(np.asarray(small)))

    def told(degrees: float) -> float:
        slope = np.tan(np.radians(degrees))
        rows = np.bincount(np.round(y - x * slope + _TILT_SIDE).astype(np.int64))
        return float(np.square(np.diff(rows)).sum())

    best = 0.0
    for step, reach in zip(_TILT_STEPS, (_MOST_TILT, *_TILT_STEPS), strict=False):
        best = max(np.arange(best - reach, best + reach + step / 2, step).tolist(), key=told)
    return best if len(y) and told(best) > _TOLD_TILT * told(0.0) else 0.0


def _as_page(lines: Sequence[RecognisedLine], image: NDArray[np.uint8]) -> PrintedPage:
    """Characters and rules at their places, in points of a page whose body is `_BODY` high."""
    dark = _dark(image.min(axis=2))
    lines = [part for line in lines for part in _parted(line, dark)]
    inks = [_ink(line, dark) for line in lines]
    body, sizes = _sizes(lines, inks)
    scale = _BODY / body
    glyphs: list[Glyph] = []
    for line, ink, size in zip(lines, inks, sizes, strict=True):
        before = _OPENS if line.text[0] in _OPENING_MARKS else _BEARING
        after = _CLOSES if line.text[-1] in _HALF_MARKS else _BEARING
        step = (ink.right - ink.left) / (sum(map(_advance, line.text)) - before - after)
        left = ink.left - before * step
        base = ink.middle + _MIDDLE * size
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


def _dark(image: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """What of an image of height × width is ink."""
    import numpy as np
    from PIL import Image, ImageFilter

    blocks = Image.fromarray(image).reduce(_BLOCK).filter(ImageFilter.MaxFilter(_NEAR))
    paper = np.asarray(blocks.resize((image.shape[1], image.shape[0])))
    ink: NDArray[np.bool_] = image < _DARK * paper
    return ink


def _ink(line: RecognisedLine, dark: NDArray[np.bool_]) -> _Ink:
    """Measure what of a line's box holds print: of several runs of rows the highest, from its first column to its last."""
    import numpy as np

    top, left = int(line.top), int(line.left)
    box = dark[top : int(line.bottom) + 1, left : int(line.right) + 1]
    filled = box.mean(axis=1) > _SPECKS if box.size else np.zeros(0, np.bool_)
    edges = np.flatnonzero(np.diff(filled.astype(np.int8), prepend=0, append=0)).tolist()
    runs = zip(edges[::2], edges[1::2], strict=True)
    first, end = max(runs, key=lambda run: run[1] - run[0], default=(0, 0))
    if first == end:
        return _Ink(line.left, line.right, (line.top + line.bottom) / 2, line.bottom - line.top, 0.0)
    columns = np.flatnonzero(box[first:end].any(axis=0)).tolist()
    share = float(box[first:end, columns[0] : columns[-1] + 1].mean())
    return _Ink(left + columns[0], left + columns[-1] + 1, top + (first + end) / 2, end - first, share)


def _parted(line: RecognisedLine, dark: NDArray[np.bool_]) -> Iterator[RecognisedLine]:
    """Part what was read across a gutter: at blanks of an em or more that no mark brings with it."""
    import numpy as np

    ink, left = _ink(line, dark), int(line.left)
    top = int(ink.middle - ink.height / 2)
    print_at = np.flatnonzero(
        dark[top : int(top + ink.height), left : int(line.right) + 1].any(axis=0)
    ).tolist()
    blank, end = max(((b - a, a) for a, b in pairwise(print_at)), default=(0, 0))
    if blank < _PARTED * ink.height / _INK:
        yield line
        return
    room = list(accumulate(map(_advance, line.text)))
    wide = print_at[-1] - print_at[0] - blank
    cut = min(range(len(room)), key=lambda k: abs(room[k] * wide / room[-1] - (end - print_at[0]))) + 1
    before, behind = line.text[:cut].rstrip(), line.text[cut:].lstrip()
    if not before or not behind or before[-1] in _HALF_MARKS or behind[0] in _OPENING_MARKS:
        yield line
        return
    yield replace(line, text=before, right=left + end + 1)
    yield from _parted(replace(line, text=behind, left=left + end + blank), dark)


def _sizes(lines: Sequence[RecognisedLine], inks: Sequence[_Ink]) -> tuple[float, list[float]]:
    """The body's size, and that of each line's print, in pixels: hanzi are as high whatever stands beside them.

    A line of less than two has the body's size, if it is not much higher.
    """
    told = [k for k, line in enumerate(lines) if len(_HAN.findall(line.text)) > 1] or list(range(len(lines)))
    weights = [len(lines[k].text) for k in told]
    snapped = _snapped([inks[k].height / _INK for k in told], weights)
    body = _weighted_median(zip(snapped, weights, strict=True))
    share = _weighted_median((inks[k].share, weight) for k, weight in zip(told, weights, strict=True))
    sizes = {
        k: size * (_BOLD if inks[k].share > _BOLD_INK * share else 1)
        for k, size in zip(told, snapped, strict=True)
    }
    few = (max(body, ink.height / _INK / _HIGHER) for ink in inks)
    return body, [sizes.get(k, size if size == body else size * _HIGHER) for k, size in enumerate(few)]


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
