"""Clippings: the printed place of a sentence as a picture, drawn apart, kept, and asked for on the page and in a chat."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium
import pytest
from aiohttp.test_utils import TestClient, TestServer
from numpy.typing import NDArray
from PIL import Image

from bot.clippings import FOLDER, WAITING, Clippings, ClippingsBusy, can_be_clipped
from bot.handlers.dispatcher import Dispatcher
from bot.messages import ButtonPress, Chat, ChatType, Message, Sender
from bot.ports import Interactions
from bot.query_service import QueryService, open_query_service
from bot.texts import phrases
from bot.web.readers import Readers
from bot.web.server import HealthChecks, make_site
from knowledge.documents.clipping import FRAME, clip
from knowledge.documents.folder import read_bytes
from knowledge.documents.ocr import RecognisedLine, TextRecogniser
from knowledge.documents.pdf_characters import read_characters
from knowledge.documents.pdf_lines import find_lines
from knowledge.model import Fact
from knowledge.snapshot import Snapshot, SnapshotHolder
from knowledge.snapshots.opening import cached_snapshot
from tests.knowledge.documents.pages import PAGES, Sheet, columns, paragraphs, pdf

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    folder = tmp_path_factory.mktemp("clippings")
    (folder / "articles").mkdir()
    sheet = Sheet()
    PAGES[0](sheet)
    (folder / "articles/a.pdf").write_bytes(pdf(sheet))
    (folder / "articles/b.txt").write_text("桥修好了\n\n石桥全长45米。\n", encoding="utf-8")
    with cached_snapshot(folder / "articles", folder / "data") as opened:
        yield opened


@pytest.fixture
def lookup(snapshot: Snapshot) -> Iterator[QueryService]:
    with open_query_service(SnapshotHolder(snapshot, close=lambda: None), 30.0) as service:
        yield service


def printed(snapshot: Snapshot) -> list[Fact]:
    return [fact for fact in snapshot.facts() if can_be_clipped(fact)]


def framed(picture: bytes) -> int:
    """How many pixels of a PNG are of a frame."""
    image = Image.open(io.BytesIO(picture))
    assert image.format == "PNG"
    return sum(pixel == FRAME for pixel in image.convert("RGB").get_flattened_data())


async def test_every_sentence_of_a_page_is_shown_framed_and_kept(
    snapshot: Snapshot, lookup: QueryService, tmp_path: Path
) -> None:
    clippings = Clippings(lookup, tmp_path)
    facts = printed(snapshot)
    assert len(facts) > 10
    picture = await clippings.clipping(facts[3].id)
    assert picture is not None
    assert framed(picture) > 100
    (kept,) = (tmp_path / FOLDER).glob("*.png")
    assert kept.read_bytes() == picture
    kept.write_bytes(b"kept")
    assert await clippings.clipping(facts[3].id) == b"kept"
    assert await clippings.clipping("nosuchfact123") is None
    (other,) = [fact for fact in snapshot.facts() if not can_be_clipped(fact)]
    assert await clippings.clipping(other.id) is None


WORDS = "石桥全长四十五米由村"


def upright() -> bytes:
    sheet = Sheet()
    sheet.text(40, 740, 28, "桥修好了")
    sheet.flow([f"{WORDS}民自己筹款修好。", *paragraphs(1, 3)], columns(2, 30, 700, 20), 13)
    return pdf(sheet)


def turned(rotation: int) -> bytes:
    sheet = Sheet(rotation=rotation)
    for number, text in enumerate([WORDS, *(row for row in paragraphs(1, 2))]):
        sheet.turned_text(40, 500 - number * 12, 9, text[:30])
    return pdf(sheet)


def vertical() -> bytes:
    sheet = Sheet()
    for number, text in enumerate([WORDS, *paragraphs(1, 5)]):
        for at, char in enumerate(text[:10]):
            sheet.text(500 - number * 16, 700 - at * 9, 9, char)
    return pdf(sheet)


def scanned(data: bytes, kept: Path, image: bool = False) -> bytes:
    """A picture of a page, as a PDF or an image, of which `kept` holds what an engine read in it."""
    with pdfium.PdfDocument(data) as document:
        drawn = document[0].render(scale=2).to_pil().convert("RGB")
        page = read_characters(document, 0, data)
    lines = find_lines(page.glyphs, ())

    def engine(pixels: NDArray[np.uint8]) -> list[RecognisedLine]:
        by = pixels.shape[1] / page.width
        return [
            RecognisedLine(
                one.text, by * one.box.left, by * one.box.top, by * one.box.right, by * one.box.bottom, 0.99
            )
            for one in lines
        ]

    picture = io.BytesIO()
    drawn.save(picture, "PNG") if image else drawn.save(picture, "PDF", resolution=144)

    name = "a.png" if image else "a.pdf"
    assert isinstance(
        next(iter(read_bytes(name, picture.getvalue(), None, TextRecogniser(kept, engine=engine)))), tuple
    )
    return picture.getvalue()


@pytest.mark.parametrize(
    ("make", "wide", "high"),
    [
        (lambda kept: upright(), 90, 9),
        (lambda kept: turned(90), 90, 9),
        (lambda kept: turned(0), 9, 90),
        (lambda kept: vertical(), 9, 90),
        (lambda kept: scanned(upright(), kept), 90, 9),
        (lambda kept: scanned(upright(), kept, image=True), 90, 9),
    ],
    ids=["upright", "rotated page", "rotated text", "vertical", "scan", "photograph"],
)
def test_the_frame_goes_round_the_very_words(
    make: Callable[[Path], bytes], wide: float, high: float, tmp_path: Path
) -> None:
    picture = Image.open(io.BytesIO(clip(make(tmp_path), 1, [WORDS], recognised=tmp_path))).convert("RGB")
    pixels = picture.load()
    assert pixels is not None
    red = [(x, y) for x in range(picture.width) for y in range(picture.height) if pixels[x, y] == FRAME]
    left, right = min(x for x, _ in red), max(x for x, _ in red)
    top, bottom = min(y for _, y in red), max(y for _, y in red)
    assert abs(right - left - 2 * (wide + 3)) < 9  # ten characters of nine points, two pixels each
    assert abs(bottom - top - 2 * (high + 3)) < 9
    inside = picture.crop((left + 3, top + 3, right - 2, bottom - 2)).convert("L")
    assert sum(inside.histogram()[:128]) > 300


def test_a_captions_picture_is_shown_and_the_whole_page_where_words_are_not_found() -> None:
    sheet = Sheet()
    sheet.picture(40, 500, 200, 150)
    sheet.text(40, 485, 8, "图为修好的石桥。")
    picture = Image.open(io.BytesIO(clip(pdf(sheet), 1, ["图为修好的石桥。"], pictured=True)))
    assert (abs(picture.width - 400) < 4, abs(picture.height - 300) < 4) == (True, True)
    whole = clip(pdf(sheet), 1, ["没有这句话"])
    assert framed(whole) == 0
    assert Image.open(io.BytesIO(whole)).height > 1000


@pytest.mark.parametrize("data", [b"%PDF-1.4\nrubbish", b""])
async def test_a_pdf_that_cannot_be_drawn_has_no_clipping(
    snapshot: Snapshot, lookup: QueryService, tmp_path: Path, data: bytes
) -> None:
    class Broken(Snapshot):
        def __init__(self) -> None:
            self.__dict__ = dict(snapshot.__dict__)

        def original(self, name: str) -> bytes | None:
            return data

    with open_query_service(SnapshotHolder(Broken(), close=lambda: None), 30.0) as broken:
        assert await Clippings(broken, tmp_path).clipping(printed(snapshot)[0].id) is None
    assert not list(tmp_path.rglob("*.png"))


async def test_only_so_many_wait(snapshot: Snapshot, lookup: QueryService, tmp_path: Path) -> None:
    clippings = Clippings(lookup, tmp_path)
    asked = [clippings.clipping(printed(snapshot)[0].id) for _ in range(WAITING + 2)]
    told = await asyncio.gather(*asked, return_exceptions=True)
    assert any(isinstance(one, ClippingsBusy) for one in told)
    assert sum(isinstance(one, bytes) for one in told) >= WAITING


async def test_the_page_shows_it_and_says_where_there_is_none(
    snapshot: Snapshot, lookup: QueryService, tmp_path: Path
) -> None:
    site = make_site(
        Readers(lookup, Interactions()), HealthChecks(), phrases("zh"), clippings=Clippings(lookup, tmp_path)
    )
    fact = printed(snapshot)[0]
    async with TestClient(TestServer(site)) as client:
        async with client.get(f"/articles/{fact.article.id}?hit={fact.id}") as read:
            assert f"view=clipping&amp;hit={fact.id}" in await read.text()
        async with client.get(f"/clippings/{fact.id}.png") as shown:
            assert (shown.status, shown.content_type) == (200, "image/png")
        async with client.get("/clippings/nosuchfact123.png") as none:
            assert none.status == 404
            assert "只有 PDF 里的句子才有" in await none.text()


async def test_a_button_sends_it_into_the_chat(
    snapshot: Snapshot, lookup: QueryService, tmp_path: Path
) -> None:
    dispatcher = Dispatcher(lookup, Interactions(clock=lambda: NOON), clippings=Clippings(lookup, tmp_path))
    chat, reader = Chat("test", "7", ChatType.PRIVATE), Sender("7", language="zh")
    text = printed(snapshot)[0].text
    (reply,) = await dispatcher.message(Message(chat, "m1", reader, text, NOON))
    (data,) = [button.data for row in reply.buttons for button in row if button.label == "剪报"]
    (sent,) = await dispatcher.press(ButtonPress(chat, "r1", "p1", reader, data))
    assert sent.picture is not None
    assert framed(sent.picture) > 100
    assert "a.pdf" in sent.text
    (other,) = await dispatcher.message(Message(chat, "m2", reader, "石桥", NOON))
    assert "剪报" not in [button.label for row in other.buttons for button in row]
