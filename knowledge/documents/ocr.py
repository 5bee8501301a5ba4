"""Scans and photographs: text recognised in an image, with how sure that is, as the characters of a page.

The library and its models come with the extra `ocr`; without it nothing here is loaded. A page takes some fifteen
seconds of a processor, so what was recognised is kept by the image's content, and a build never does one page twice.
The engine tells where lines are and what they say. How large they are, and where columns meet, the ink tells.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, replace
from importlib import util
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from knowledge.documents import RECOGNISER, limits
from knowledge.documents.files import keep, read_kept
from knowledge.documents.pdf_lines import alike, snapped_sizes, weighted_median
from knowledge.documents.pdf_page import HALF_MARKS, Box, Glyph, PrintedPage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

_BODY: Final = 10.0
"""Points that the body's print is taken to have, whatever the image's resolution: distances are told in points."""

_NARROW: Final = 0.55
_DARK: Final = (
    0.78  # of the paper's brightness: print, however pale a rule, and whatever shade lies on the page
)
_BLOCK, _NEAR = 8, 15
"""Paper is the brightest of so many blocks about a place each way, of so many pixels: no stroke fills them all."""

_INK, _FIGURE_INK = 0.92, 0.75  # of an em: the height of hanzi, and that of figures and capitals
_BOLD_INK: Final = (
    1.45  # times the share of ink in most print: text set in full reaches 1.33, bold print begins at 1.5
)
_SPECKS: Final = 0.03  # of a row: less ink is dirt
_HIGHER: Final = 1.3  # times the body: what is so high is a headline's, though it be one character
_BOLD: Final = 1.05
"""Bold print counts as so much larger: for a heading it is the same sign."""

_RULE: Final = 3.0  # in times of the body: no stroke of a character is so long, a headline's apart
_TALL: Final = 0.05  # of a page's height: no stroke of a character is so high
_ROUND: Final = 3
"""Pixels on either side of where a rule is dark all the way that are grey of it."""

_HAN: Final = re.compile("[\u3400-\u9fff]")
_BLANK: Final = 0.7
"""Ems of blank in a line from which two columns may meet there; behind a mark or before one there may be as much."""

_BESIDE: Final = 14.0
"""Ems over and under a line in which others tell whether a column begins where it has a blank."""

_FEWEST: Final = 3
_FLUSH: Final = 0.3  # of an em: lines of one column begin where it does, or
_INDENT: Final = 2.0  # ems behind
_SLIVER: Final = 0.5  # of an em: so little of a neighbour's character a line's box may have at its end
STRIP: Final = 8.0
"""Times its height that a picture of one line is wide, which is only read and not searched: no page is so long."""

_OPENING_MARKS: Final = frozenset("（《「『【〔〈“‘")
_OPENS, _CLOSES, _BEARING = 0.55, 0.2, 0.04
"""Ems that are blank before an opening mark, behind a closing one, and on either side of a hanzi."""

_MIDDLE: Final = 0.38  # of an em from the baseline up to the middle of a hanzi
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


Engine = Callable[["NDArray[np.uint8]"], Iterable[RecognisedLine]]
"""Reads an image of height × width × 3; one that is `STRIP` times as wide as high is one line."""


@dataclass(frozen=True, slots=True)
class _Ink:
    """The print of one run of text: its place in pixels, and how much of its room is black."""

    left: float
    right: float
    middle: float
    height: float
    share: float


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


def as_page(lines: Sequence[RecognisedLine], image: NDArray[np.uint8]) -> PrintedPage:
    """Characters and rules at their places, in points of a page whose body is `_BODY` high."""
    dark = _dark(image.min(axis=2))
    bare = _unruled(dark)
    inks = [_ink(line, bare) for line in lines]
    body, sizes = _sizes(lines, inks)
    scale = _BODY / body
    glyphs: list[Glyph] = []
    for line, ink, size in zip(lines, inks, sizes, strict=True):
        before = _OPENS if line.text[0] in _OPENING_MARKS else _BEARING
        after = _CLOSES if line.text[-1] in HALF_MARKS else _BEARING
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


def _unruled(dark: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The ink of a page without upright rules, one of which may stand within a line's box."""
    bare = dark.copy()
    for x, top, end in _runs(dark.T, max(1, int(_TALL * len(dark)))):
        bare[top:end, max(0, x - _ROUND) : x + _ROUND + 1] = False
    return bare


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


def parted(
    lines: Sequence[RecognisedLine], image: NDArray[np.uint8], read: Engine
) -> Iterator[RecognisedLine]:
    """Yield the lines of a page; one that was read across a gutter is read again on either side of it.

    Two columns meet in a line at a blank whose end is where lines over and under it begin, one after another.
    """
    import numpy as np

    dark = _unruled(_dark(image.min(axis=2)))
    inks = [_ink(line, dark) for line in lines]
    em = _sizes(lines, inks)[0] if lines else 0.0
    print_at = [_print_at(line, ink, dark) for line, ink in zip(lines, inks, strict=True)]
    blanks = [[(a, b) for a, b in pairwise(each) if b - a > _BLANK * em] for each in print_at]
    body = [k for k, ink in enumerate(inks) if ink.height < _HIGHER * em and print_at[k]]
    heads = [(float(print_at[k][0]), inks[k].middle) for k in body]
    heads += [(at - _INDENT * em, y) for at, y in heads]
    starts = [*heads, *((end, inks[k].middle) for k in body for _, end in blanks[k])]
    printed = np.zeros((len(lines), dark.shape[1]), np.bool_)
    for k in body:
        printed[k, print_at[k]] = True

    def is_gutter(blank: tuple[int, int], middle: float) -> bool:
        edges = {
            at
            for at, y in starts
            if abs(y - middle) < _BESIDE * em and blank[0] + _BLANK * em < at < blank[1] + _FLUSH * em
        }
        return any(begun(starts, edge, middle) >= _FEWEST and begun(heads, edge, middle) for edge in edges)

    def begun(among: Sequence[tuple[float, float]], edge: float, middle: float) -> int:
        """How many lines begin at an edge, with none between them that has print before it."""
        strip = printed[:, int(edge - _BLANK * em) : int(edge - _FLUSH * em / 2)]
        across = [inks[k].middle for k in np.flatnonzero(strip.any(axis=1))]
        low = max([middle - _BESIDE * em, *(y for y in across if y < middle)])
        high = min([middle + _BESIDE * em, *(y for y in across if y > middle)])
        return sum(low < y < high and abs(at - edge) < _FLUSH * em for at, y in among)

    for k, line in enumerate(lines):
        gutters = [blank for blank in blanks[k] if printed[k].any() and is_gutter(blank, inks[k].middle)]
        if not gutters:
            yield line
            continue
        for left, right in pairwise([(0, print_at[k][0]), *gutters, (print_at[k][-1] + 1, 0)]):
            if right[0] - left[1] > _SLIVER * em:
                yield from _read_again(replace(line, left=left[1], right=right[0] + 1), image, read)


def _print_at(line: RecognisedLine, ink: _Ink, dark: NDArray[np.bool_]) -> list[int]:
    """The columns of pixels that a line has print in."""
    import numpy as np

    top, left = int(ink.middle - ink.height / 2), int(line.left)
    rows = dark[top : int(top + ink.height), left : int(line.right) + 1]
    found: list[int] = (left + np.flatnonzero(rows.any(axis=0))).tolist()
    return found


def _read_again(part: RecognisedLine, image: NDArray[np.uint8], read: Engine) -> Iterator[RecognisedLine]:
    """Read what of a line stands in one column, on a strip of paper of its own."""
    import numpy as np

    print_of = image[int(part.top) : int(part.bottom) + 1, int(part.left) : int(part.right) + 1]
    height, width = print_of.shape[:2]
    strip = np.full((height, max(width, int(STRIP * height) + 1), 3), 255, np.uint8)
    strip[:, :width] = print_of
    found = list(read(strip))
    if found:
        text, sure = "".join(each.text for each in found), min(each.confidence for each in found)
        yield replace(part, text=text, confidence=sure)


def _sizes(lines: Sequence[RecognisedLine], inks: Sequence[_Ink]) -> tuple[float, list[float]]:
    """The body's size, and that of each line's print, in pixels: hanzi are as high whatever stands beside them.

    A line of less than two has the body's size, if it is not much higher, else one that other print has, if it can be.
    """
    told = [k for k, line in enumerate(lines) if len(_HAN.findall(line.text)) > 1] or list(range(len(lines)))
    weights = [len(lines[k].text) for k in told]
    snapped = snapped_sizes([inks[k].height / _INK for k in told], weights)
    body = weighted_median(zip(snapped, weights, strict=True))
    share = weighted_median((inks[k].share, weight) for k, weight in zip(told, weights, strict=True))
    sizes = {
        k: size * (_BOLD if inks[k].share > _BOLD_INK * share else 1)
        for k, size in zip(told, snapped, strict=True)
    }

    def size_of(line: RecognisedLine, ink: _Ink) -> float:
        size = ink.height / (_INK if _HAN.search(line.text) else _FIGURE_INK)
        near = min(sizes.values(), key=lambda known: abs(known - size))
        return body if size < _HIGHER * body else near if alike(near, size) else size

    return body, [
        sizes[k] if k in sizes else size_of(line, ink)
        for k, (line, ink) in enumerate(zip(lines, inks, strict=True))
    ]


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
        ends = np.flatnonzero(~dark[row])
        for first, end in zip(edges[::2] * least, edges[1::2] * least, strict=True):
            before, after = np.searchsorted(ends, (first, end))
            begins = int(ends[before - 1]) + 1 if before else 0
            yield int(row), begins, int(ends[after]) if after < len(ends) else dark.shape[1]


def _advance(char: str) -> float:
    """The room of a character in ems."""
    return 0.5 if char in HALF_MARKS else _NARROW if char.isascii() else 1.0


INSTALL: Final = "安装识别图片文字的部分（pip install 'chuchu[ocr]'）后重新加载，或放入文字版"
_VERSION: Final = 3
"""Of what is kept: another engine, or other lines out of it, are another version."""

_SEARCHED: Final = 3_000
"""Pixels of the longer side in which text is looked for; at the engine's own 2,000 a broadsheet loses lines under
headlines, and others run across a gutter. Whole, 4,500, takes half as long again and finds no more."""

_DASH: Final = re.compile("(?<=[^0-9A-Za-z—])—(?!—)|(?<!—)—(?=[^0-9A-Za-z—])")


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
        return Scan(as_page(lines, image), lines) if lines else None

    def recall(self, image: NDArray[np.uint8]) -> Scan | None:
        """What was recognised in an image before; None where nothing is kept of it."""
        image = image[:, :, :3]
        data = read_kept(self._path(image, self._kept)) if self._kept else None
        lines = _lines(data) if data else ()
        return Scan(as_page(lines, image), lines) if lines else None

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
        lines = parted(list(self._engine(image)), image, self._engine)
        tight = (replace(line, text="".join(line.text.split())) for line in lines)
        # One wide stroke is read as one sign, but unless it stands between figures a dash is two (GB/T 15834).
        return tuple(replace(line, text=_DASH.sub("——", line.text)) for line in tight if line.text)


def _lines(data: bytes) -> tuple[RecognisedLine, ...]:
    return tuple(RecognisedLine(*row) for row in json.loads(data))


def _load_engine() -> Engine:
    """The engine of the extra `ocr`, on one thread: a build has one processor."""
    import numpy as np
    from rapidocr import RapidOCR

    threads = (
        "EngineConfig.onnxruntime.intra_op_num_threads",
        "EngineConfig.onnxruntime.inter_op_num_threads",
    )
    settings = {"Global.log_level": "error", "Global.max_side_len": _SEARCHED, **dict.fromkeys(threads, 1)}
    read: Callable[..., Any] = RapidOCR(params=settings)

    def engine(image: NDArray[np.uint8]) -> Iterator[RecognisedLine]:
        height, width = image.shape[:2]
        found = read(image, use_det=width < STRIP * height)
        if found.txts is None:
            return
        boxes = getattr(found, "boxes", None)
        if boxes is None:
            boxes = [np.array([[0, 0], [width, height]])] * len(found.txts)
        for box, text, score in zip(boxes, found.txts, found.scores, strict=True):
            (left, top), (right, bottom) = box.min(axis=0).tolist(), box.max(axis=0).tolist()
            yield RecognisedLine(text, left, top, right, bottom, round(float(score), 4))

    return engine
