"""Scans and photographs: text recognised in an image, with how sure that is, as the characters of a page.

The library and its models come with the extra `ocr`; without it nothing here is loaded. A page takes some fifteen
seconds of a processor, so what was recognised is kept by the image's content, and a build never does one page twice.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass, replace
from importlib import util
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from knowledge.documents import RECOGNISER, limits
from knowledge.documents.ocr_page import STRIP, Engine, RecognisedLine, as_page, parted
from knowledge.documents.pdf_page import PrintedPage
from knowledge.documents.steady import keep, read_kept

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

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
