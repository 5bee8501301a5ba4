"""Scans and photographs: what an engine reads in an image becomes lines in reading order, with how sure they are."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from knowledge.documents import limits
from knowledge.documents.folder import read_bytes, read_document
from knowledge.documents.ocr import RecognisedLine, TextRecogniser
from knowledge.documents.pdf import read_image, read_pdf, read_picture
from knowledge.documents.pdf_font import provide_font
from knowledge.errors import UnreadableFile
from knowledge.model import ParsedDocument, Skipped
from knowledge.repair.pipeline import repair_document
from tests.bench.makers import as_photographed
from tests.knowledge.documents.pages import PAGES, Sheet, drawn, pdf

EM = 20
TITLE = "市民政局建成社区食堂"
LEFT = ["　　今年市民政局建成社区", "食堂二十五处，惠及居民", "三万人次。"]
RIGHT = ["　　明年还要建成十二处，", "让老人在家门口吃上热", "饭。"]


class Engine:
    """Reads a page of two columns under a headline, whatever it is shown; counts how often."""

    def __init__(self, confidence: float = 0.999) -> None:
        self.read = 0
        self._confidence = confidence

    def __call__(self, image: NDArray[np.uint8]) -> Iterator[RecognisedLine]:
        self.read += 1
        yield _line(TITLE, 60, 40, 2 * EM, 1.0)
        for column, x in ((LEFT, 20), (RIGHT, 20 + 15 * EM)):
            for row, text in enumerate(column):
                bare = text.lstrip("　")
                yield _line(bare, x + EM * (len(text) - len(bare)), 120 + 32 * row, EM, self._confidence)


def _line(text: str, left: float, top: float, em: float, confidence: float) -> RecognisedLine:
    return RecognisedLine(text, left, top, left + em * len(text), top + 1.1 * em, confidence)


def blank(width: int = 600, height: int = 400) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (width, height), "white").save(data, "PNG")
    return data.getvalue()


SCANNED = drawn("picture 100 100 300 300")
Read = Callable[[NDArray[np.uint8]], Iterator[RecognisedLine]]


def recognised(engine: Read) -> ParsedDocument:
    (read,) = read_bytes("照片.png", blank(), None, TextRecogniser(engine=engine))
    assert not isinstance(read, Skipped)
    return repair_document(read[0])


def test_columns_are_read_one_after_the_other_and_a_fact_says_how_sure_its_least_sure_line_is() -> None:
    told = recognised(Engine(0.91))
    assert [block.role for block in told.document.blocks] == ["title", "paragraph", "paragraph"]
    assert [(fact.text, fact.article.title.text, fact.recognised) for fact in told.facts] == [
        ("今年市民政局建成社区食堂二十五处，惠及居民三万人次。", TITLE, 0.91),
        ("明年还要建成十二处，让老人在家门口吃上热饭。", TITLE, 0.91),
    ]


@pytest.mark.parametrize(("confidence", "doubts"), [(0.999, 0), (0.9, 1)])
def test_figures_that_were_read_unsurely_are_doubted(confidence: float, doubts: int) -> None:
    def engine(image: NDArray[np.uint8]) -> Iterator[RecognisedLine]:
        yield _line("今年建成食堂25处。", 20, 20, EM, confidence)
        yield _line("居民都说方便，还想再来。", 20, 60, EM, confidence)

    log = recognised(engine).log
    assert sum(entry.kind == "recognised" and entry.doubt for entry in log) == doubts


def test_a_scanned_page_of_a_pdf_is_recognised_and_told_of_and_one_beyond_the_limit_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[tuple[str, int, int]] = []
    recogniser = TextRecogniser(told=lambda *page: told.append(page), engine=Engine())
    extract = read_pdf("扫描.pdf", SCANNED, recogniser)
    assert "".join(extract.lines).startswith(TITLE)
    assert told == [("扫描.pdf", 0, 1)]
    assert set(extract.confidences) == {1.0, 0.999, None}
    monkeypatch.setattr(limits, "RECOGNISED_PAGES", 1)
    two = drawn("picture 100 100 300 300\npage\npicture 100 100 300 300")
    missing = read_pdf("扫描.pdf", two, TextRecogniser(engine=Engine())).missing
    assert [(one.name, one.remedy) for one in missing] == [("扫描.pdf 第 2 页", "拆成几个文件")]


def test_what_was_read_once_is_kept_by_the_image_within_bounds_and_the_longest_unused_goes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine()

    def read(width: int) -> int:
        read_picture("a.png", blank(width), TextRecogniser(tmp_path, engine=engine))
        return engine.read

    assert (read(600), read(600)) == (1, 1)
    (first,) = tmp_path.iterdir()
    monkeypatch.setattr(limits, "RECOGNISED_BYTES", 2 * first.stat().st_size + 100)
    os.utime(first, (1, 1))
    assert (read(601), read(600), read(602)) == (2, 2, 3)
    assert len(list(tmp_path.iterdir())) == 2
    assert (read(600), read(601)) == (3, 4)


def test_damaged_and_huge_images_and_those_without_text_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnreadableFile, match="没有认出文字"):
        read_picture("a.png", blank(), TextRecogniser(engine=lambda image: ()))
    with pytest.raises(UnreadableFile, match="图片已损坏"):
        read_image("a.png", blank()[:60])
    monkeypatch.setattr(limits, "IMAGE_PIXELS", 100)
    with pytest.raises(UnreadableFile, match="600×400 点"):
        read_image("a.png", blank())


@pytest.mark.parametrize(("name", "data"), [("a.png", blank()), ("a.pdf", SCANNED)])
def test_without_the_extra_a_scan_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, name: str, data: bytes
) -> None:
    monkeypatch.setattr(TextRecogniser, "installed", property(lambda self: False))
    (skipped,) = read_bytes(name, data)
    assert isinstance(skipped, Skipped)
    assert "chuchu[ocr]" in skipped.remedy


@pytest.mark.parametrize("gutter", [1.0, 1.2, 2.0])
def test_a_line_read_across_a_gutter_is_read_again_column_by_column(gutter: float) -> None:
    left = ["今年建成食堂二十处", "居民都说饭菜可口，", "还想再来吃上几回。"]
    right = ["明年还要再建十二", "处，让更多的老人", "吃上一口热的饭。"]
    beyond = 20 + EM * (len(left[0]) + gutter)
    page = Image.new("RGB", (600, 400), "white")
    for column, x in ((left, 20.0), (right, beyond)):
        for row, text in enumerate(column):
            for at in range(len(text)):
                ink = (x + EM * at, 22 + 32 * row, x + EM * (at + 0.9), 40 + 32 * row)
                ImageDraw.Draw(page).rectangle(ink, fill="black")
    data = io.BytesIO()
    page.save(data, "PNG")

    def engine(image: NDArray[np.uint8]) -> Iterator[RecognisedLine]:
        """Reads the first row across, and again on strips, which are told by how many characters they hold."""
        if image.shape[1] > 8 * image.shape[0]:
            dark = (image.min(axis=(0, 2)) < 99).astype(np.int8)
            count = int((np.diff(dark, prepend=0) == 1).sum())
            yield _line(next(text for text in (left[0], right[0]) if len(text) == count), 0, 0, EM, 0.9)
            return
        yield RecognisedLine(left[0] + right[0], 18, 18, beyond + 8 * EM, 44, 0.99)
        for row in (1, 2):
            yield _line(left[row], 20, 20 + 32 * row, EM, 0.99)
            yield _line(right[row], beyond, 20 + 32 * row, EM, 0.99)

    extract = read_picture("a.png", data.getvalue(), TextRecogniser(engine=engine))
    assert "".join(line.strip() for line in extract.lines) == "".join(left + right)
    assert set(extract.confidences) == {0.9, 0.99, None}


@pytest.mark.parametrize("askew", [-3.0, 1.0, 2.0])
def test_a_page_that_lies_askew_in_uneven_light_is_turned_level(askew: float) -> None:
    page = Image.new("RGB", (900, 1200), "white")
    draw = ImageDraw.Draw(page)
    for row in range(100, 1100, 40):
        draw.rectangle((100, row, 800, row + 22), fill="black")

    def parted(image: NDArray[np.uint8]) -> float:
        """How unlike the rows of its middle are."""
        return float(image[300:900, 200:700].mean(axis=(1, 2)).std())

    data = io.BytesIO()
    photograph = as_photographed(page, askew)
    photograph.save(data, "PNG")
    assert parted(np.asarray(photograph)) < 0.8 * parted(np.asarray(page))
    assert parted(read_image("a.png", data.getvalue())) > 0.8 * parted(np.asarray(page))


@pytest.mark.slow
@pytest.mark.parametrize("askew", [None, 0.8], ids=["scanned", "photographed"])
def test_the_real_engine_reads_a_printed_page_back(askew: float | None) -> None:
    pytest.importorskip("rapidocr", reason="the extra `ocr` is not installed")
    sheet = Sheet()
    PAGES[0](sheet)
    data = pdf(sheet)
    provide_font()  # the system may have none
    with pdfium.PdfDocument(data) as document:
        image = document[0].render(scale=200 / 72).to_pil().convert("RGB")
    scan = io.BytesIO()
    (image if askew is None else as_photographed(image, askew)).save(scan, "PNG")
    wanted = {fact.text for fact in repair_document(read_document("a.pdf", data)).facts}
    told = {fact.text for fact in repair_document(read_document("a.png", scan.getvalue())).facts}
    assert len(wanted & told) >= 0.9 * len(wanted)
