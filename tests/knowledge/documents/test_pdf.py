"""PDF: pages in reading order whatever order they were drawn in, and a clear word for those without text.

What whole pages tell is in `samples/print.txt`, and of how many articles papers lay them out in `samples/pages.txt`.
"""

from __future__ import annotations

import io
import os
import random
import tracemalloc
from collections.abc import Callable

import pytest
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from knowledge.documents.folder import read_bytes, read_document
from knowledge.documents.ocr import TextRecogniser
from knowledge.documents.pdf import read_pdf
from knowledge.documents.pdf_font import font_path
from knowledge.errors import UnreadableFile
from knowledge.model import BlockRole, Skipped
from knowledge.repair.pipeline import repair_document
from tests.knowledge.documents.pages import (
    LEADING,
    PAGES,
    SONG,
    Layout,
    Sheet,
    drawn,
    paragraphs,
    pdf,
    set_lines,
    sheets,
)

SEES_NOTHING = TextRecogniser(engine=lambda image: ())


def read(data: bytes) -> str:
    """All printed characters of a PDF in the order they are read."""
    return "".join("".join(line.split()) for line in read_pdf("a.pdf", data).lines)


@pytest.mark.parametrize("lay", PAGES, ids=lambda lay: lay.sample.promise)
def test_a_page_is_read_alike_however_it_was_drawn_and_each_of_its_lines_is_in_one_block(lay: Layout) -> None:
    lay(sheet := Sheet(shuffle=7))
    shuffled = read_pdf("a.pdf", pdf(sheet))
    lay(sheet := Sheet())
    assert shuffled.lines == read_pdf("a.pdf", pdf(sheet)).lines
    held = [number for block in shuffled.blocks for number in range(block.first, block.last + 1)]
    assert held == [number for number, line in enumerate(shuffled.lines, 1) if line]


def test_every_glyph_drawn_alone_and_shuffled_gives_the_same_page() -> None:
    PAGES[0](whole := Sheet())
    PAGES[0](alone := Sheet(shuffle=3, alone=True))
    assert read_pdf("a.pdf", pdf(alone)).lines == read_pdf("a.pdf", pdf(whole)).lines


def test_pages_follow_one_another_and_begin_where_page_starts_says() -> None:
    extract = read_pdf("a.pdf", drawn("40 700 9 第一页\npage\npage\n40 700 9 第三页"))
    assert extract.lines == ("第一页", "", "", "第三页", "")
    assert extract.page_starts == (1, 3, 4)


def test_an_encrypted_pdf_and_one_of_too_many_pages_are_refused_for_that() -> None:
    (secret,) = sheets("40 700 9 秘密")
    with pytest.raises(UnreadableFile, match="密码"):
        read_pdf("a.pdf", pdf(secret, encrypt=StandardEncryption("secret", "owner")))
    with pytest.raises(UnreadableFile, match="1001 页"):
        read_pdf("a.pdf", pdf(*(Sheet() for _ in range(1_001))))


def test_a_page_of_thousands_of_scattered_pieces_is_read_whole() -> None:
    sheet = Sheet()
    pick = random.Random(1)
    for _ in range(1_500):
        sheet.text(pick.random() * 580, pick.random() * 780, pick.choice((7, 9, 14)), pick.choice("天地玄黄"))
    assert len(read(pdf(sheet))) >= 1_450


def test_a_pdf_takes_the_room_of_one_page_at_a_time() -> None:
    def peak(count: int) -> int:
        data = drawn("page\n200 740 20 单栏文章\nflow 45@10 60,700,50: <36*5>\n" * count)
        tracemalloc.start()
        try:
            read_pdf("a.pdf", data)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(1)  # what is imported on the way counts once
    assert peak(8) < 3 * peak(1)


GARBAGE = "\n".join(f"40 {700 - 20 * row} 9 !\"#$%&'()*+,-/:;<=>?@[]^_{{|}}~" for row in range(4))
SCAN = "picture 0 0 600 800"
TEXT = "40 700 9 有文字的一页。"


@pytest.mark.parametrize(
    ("drawing", "told"),
    [
        (f"{TEXT}\npage\n{SCAN}", ["有文字的一页。", "a.pdf 第 2 页：这一页是扫描图，没有文字"]),
        (f"{TEXT}\npage\n{GARBAGE}", ["有文字的一页。", "a.pdf 第 2 页：这一页的字体没有文字编码，读不出字"]),
        (SCAN, ["a.pdf：这一页是扫描图，没有文字"]),
        ("page", ["a.pdf：没有文字"]),
    ],
    ids=["a scan", "fonts that mean nothing", "nothing but a scan", "nothing"],
)
def test_a_page_without_text_is_told_of_while_the_others_are_read(drawing: str, told: list[str]) -> None:
    read = read_bytes("a.pdf", drawn(drawing), None, SEES_NOTHING)
    assert told == [
        f"{one.name}：{one.reason}" if isinstance(one, Skipped) else "".join(one[0].lines) for one in read
    ]


def test_a_page_that_is_turned_for_reading_is_read_as_shown() -> None:
    upright, turned = Sheet(), Sheet(rotation=90)
    for number in range(10):
        upright.text(40, 500 - number * 12, 9, f"第{number}行的文字")
        turned.turned_text(40, 500 - number * 12, 9, f"第{number}行的文字")
    assert read(pdf(turned)) == read(pdf(upright))


def test_what_no_reader_sees_is_left_out_and_reported() -> None:
    sheet = Sheet()
    sheet.text(40, 700, 9, "页内有数字，原定三十天改为十天")
    sheet.rule(40 + 8 * 9, 703, 40 + 11 * 9, 703)
    sheet.rule(40, 698, 40 + 15 * 9, 698)
    sheet.text(40, 900, 9, "裁切线外")
    extract = read_pdf("a.pdf", pdf(sheet))
    assert [line for line in extract.lines if line] == ["页内有数字，原定改为十天"]
    assert [part.reason for part in extract.missing] == [
        "这一页有 3 字被划去，没有收入",
        "这一页有 4 字印在纸边之外，没有收入",
    ]


def test_text_without_ink_cut_off_or_white_on_paper_is_left_out_and_reported() -> None:
    file = io.BytesIO()
    canvas = Canvas(file)
    canvas.setFont(SONG, 11)
    canvas.drawString(72, 740, "正文在白纸上。")
    canvas.drawString(72, 720, "没有墨的字", mode=3)
    canvas.setFillColorRGB(0, 0.2, 0.4)
    canvas.rect(60, 690, 300, 24, fill=1, stroke=0)
    canvas.setFillColorRGB(1, 1, 1)
    canvas.drawString(72, 700, "白字在深底上。")
    canvas.drawString(72, 660, "白字在纸上")
    canvas.setFillColorRGB(0, 0, 0)
    path = canvas.beginPath()
    path.rect(60, 630, 12 + 4 * 11, 20)
    canvas.clipPath(path, stroke=0)
    canvas.drawString(72, 635, "框里四字框外")
    canvas.save()
    extract = read_pdf("a.pdf", file.getvalue())
    assert [line for line in extract.lines if line] == ["正文在白纸上。", "白字在深底上。", "框里四字"]
    assert [part.reason for part in extract.missing] == ["这一页有 12 字印得看不见，没有收入"]


def test_a_sheet_whose_size_the_document_states_once_for_all_is_read_to_its_edge() -> None:
    sheet = Sheet(width=900)
    sheet.text(700, 700, 9, "右栏的末尾")
    data = pdf(sheet)
    box = b"/MediaBox [ 0 0 900 800 ]"
    assert data.count(box) == 1
    moved = data.replace(box, b"").replace(b"/Type /Pages", b"/Type /Pages " + box)
    assert read(moved) == "右栏的末尾"


def test_dashes_that_are_one_glyph_are_read_as_they_are_typed() -> None:
    pdfmetrics.registerFont(TTFont("Noto", str(font_path())))
    sheet = Sheet()
    sheet.text(40, 700, 9, "县里\u2e3a装了Wi\u2011Fi", font="Noto")
    assert read(pdf(sheet)) == "县里——装了Wi-Fi"


@pytest.mark.parametrize(
    "damage",
    [
        lambda d: d[: len(d) // 3],
        lambda d: b"%PDF-1.4\n" + os.urandom(2000),
        lambda d: b"%PDF-1.4",
        lambda d: b"",
    ],
    ids=["cut", "noise", "head", "empty"],
)
def test_a_damaged_pdf_is_refused_or_read_in_part(damage: Callable[[bytes], bytes]) -> None:
    sheet = Sheet()
    PAGES[0](sheet)
    try:
        read_pdf("a.pdf", damage(pdf(sheet)))
    except UnreadableFile as refused:
        assert refused.remedy


@pytest.mark.parametrize("size", [0.009, 0.2])
@pytest.mark.parametrize("lay", [PAGES[0], PAGES[2]], ids=["one article", "two side by side"])
def test_print_that_no_eye_can_see_is_not_read(lay: Layout, size: float) -> None:
    sheet, clean = Sheet(), Sheet()
    for page in (sheet, clean):
        lay(page)
    for n in range(900):
        sheet.text(120, 760 - n * 0.8, size, "看不见")
    assert read(pdf(sheet)) == read(pdf(clean))


def test_text_that_a_recogniser_laid_under_a_picture_has_few_sizes() -> None:
    sheet = Sheet(unseen=True)
    body = paragraphs(50, 4)
    sheet.picture(0, 0, 600, 800)
    sheet.text(40, 740, 28, "扫描以后认出的文章")
    rows = [row for text in body for row in set_lines(text, 20)]
    for at, row in enumerate(rows):
        column, place = divmod(at, 1 + len(rows) // 2)
        indent = len(row) - len(row.lstrip("\u3000"))
        size = 9 * (0.94, 1.06, 0.99, 1.03)[at % 4]
        sheet.text(30 + 260 * column + 9 * indent, 700 - place * LEADING, size, row.strip())
    repaired = repair_document(read_document("a.pdf", pdf(sheet)))
    assert BlockRole.HEADING not in {block.role for block in repaired.document.blocks}
    assert "".join(fact.text for fact in repaired.facts) == "".join(body)
