"""PDF: pages in reading order whatever order they were drawn in, and a clear word for those without text."""

from __future__ import annotations

import io
import os
import random
import tracemalloc
from collections.abc import Callable, Sequence

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
from knowledge.repair.stitching import is_proved
from tests.knowledge.documents import pages
from tests.knowledge.documents.pages import PAGES, Lay, Sheet, columns, paragraphs, pdf

SEES_NOTHING = TextRecogniser(engine=lambda image: ())


def read(data: bytes) -> str:
    """All printed characters of a PDF in the order they are read."""
    return "".join("".join(line.split()) for line in read_pdf("a.pdf", data).lines)


def printed(articles: list[list[str]]) -> str:
    return "".join("".join(text.split()) for article in articles for text in article)


@pytest.mark.parametrize("shuffle", [None, 7], ids=["drawn-in-order", "drawn-shuffled"])
@pytest.mark.parametrize("lay", PAGES, ids=lambda lay: lay.__name__)
def test_a_page_is_read_in_order(lay: Lay, shuffle: int | None) -> None:
    sheet = Sheet(shuffle=shuffle)
    articles = lay(sheet)
    assert read(pdf(sheet)) == printed(articles)


@pytest.mark.parametrize(
    ("lay", "titles"),
    [
        (pages.one_article_with_everything, ["市第一批教育收官"]),
        (pages.two_articles_one_above_the_other, ["上篇的大标题在这里", "下篇的标题"]),
        (pages.two_articles_side_by_side, ["左篇标题长一些", "右篇标题"]),
        (pages.two_headlines_that_almost_touch, ["左篇的标题占满两栏了", "右篇的标题也是这样"]),
        (pages.a_headline_in_two_parts, ["推动帮扶合作 再上新的台阶"]),
        (pages.a_long_article_beside_a_short_one, ["大篇的标题横跨四栏", "小篇的标题占两栏"]),
        (pages.section_headings_within_columns, ["有小标题的长篇报道"]),
        (pages.a_vertical_headline, ["竖排大标题文章"]),
        (
            pages.two_articles_over_one_with_a_kicker,
            ["左篇标题在此", "右篇标题在此", "市委召开会议研究部署"],
        ),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_an_article_starts_at_its_headline_or_kicker(lay: Lay, titles: list[str]) -> None:
    sheet = Sheet(shuffle=5)
    lay(sheet)
    extract = read_pdf("a.pdf", pdf(sheet))
    assert [extract.lines[start - 1] for start in extract.article_starts] == titles


@pytest.mark.parametrize(
    "lay",
    [
        pages.one_article_with_everything,
        pages.two_articles_one_above_the_other,
        pages.two_articles_side_by_side,
        pages.a_long_article_beside_a_short_one,
        pages.a_photograph_across_two_columns,
    ],
    ids=lambda lay: lay.__name__,
)
def test_a_page_becomes_the_sentences_of_its_articles(lay: Lay) -> None:
    sheet = Sheet(shuffle=5)
    articles = lay(sheet)
    repaired = repair_document(read_document("a.pdf", pdf(sheet)))
    told = {text for article in articles for text in article if len(text) > 40}
    wanted = {part + "。" for text in told for part in text.split("。") if part}
    assert {fact.text for fact in repaired.facts} >= wanted
    sentences = [fact for fact in repaired.facts if fact.text in wanted]
    assert len(sentences) == len(repaired.facts) - (lay is pages.a_photograph_across_two_columns)
    assert {fact.page for fact in repaired.facts} == {1}


def test_every_glyph_drawn_alone_and_shuffled_gives_the_same_page() -> None:
    whole, alone = Sheet(), Sheet(shuffle=3, alone=True)
    articles = PAGES[0](whole)
    assert PAGES[0](alone) == articles
    assert read_pdf("a.pdf", pdf(alone)).lines == read_pdf("a.pdf", pdf(whole)).lines


def test_text_printed_twice_as_a_shadow_is_read_once() -> None:
    sheet = Sheet()
    body = paragraphs(1, 2)
    for x, y in ((40.0, 740.0), (40.8, 739.4)):
        sheet.text(x, y, 28, "不忘初心牢记使命")
    sheet.flow(body, columns(4, 30, 700, 20), 13)
    assert read(pdf(sheet)) == printed([["不忘初心牢记使命", *body]])


def test_a_repeated_character_is_no_shadow() -> None:
    sheet = Sheet()
    sheet.text(40, 740, 28, "天天向上看看")
    assert read(pdf(sheet)) == "天天向上看看"


def test_blank_lines_part_blocks_and_indents_begin_paragraphs() -> None:
    sheet = Sheet()
    sheet.text(40, 740, 28, "大标题在此")
    sheet.flow(["甲" * 20 + "。", "乙" * 20 + "。"], columns(1, 30, 700, 9), 13)
    lines = read_pdf("a.pdf", pdf(sheet)).lines
    indent = "\u3000\u3000"
    body = (indent + "甲" * 11, "甲" * 9 + "。", indent + "乙" * 11, "乙" * 9 + "。")
    assert lines == ("大标题在此", "", *body, "")


def test_a_single_line_at_the_foot_of_a_column_keeps_its_indent() -> None:
    sheet = Sheet()
    sheet.text(40, 740, 28, "大篇的标题横跨两栏")
    sheet.flow(paragraphs(3, 1), [(30, 700, 12)], 13)
    sheet.text(48, 500, 9, "引水工程二期正式开工建")
    sheet.flow(paragraphs(4, 2), [(160, 700, 52)], 13)
    (foot,) = (line for line in read_pdf("a.pdf", pdf(sheet)).lines if "引水工程" in line)
    assert foot == "\u3000\u3000引水工程二期正式开工建"


def test_words_keep_their_blanks_and_letter_spacing_is_taken_out() -> None:
    sheet = Sheet()
    sheet.text(40, 740, 20, "Made in China", font="Helvetica")
    sheet.text(40, 700, 9, "推动帮扶\u3000再上台阶")
    sheet.text(40, 660, 9, "出举措", pitch=2)
    sheet.text(40, 620, 9, "达 8 个，占 70.12 %。")
    assert [line for line in read_pdf("a.pdf", pdf(sheet)).lines if line] == [
        "Made in China",
        "推动帮扶 再上台阶",
        "出举措",
        "达8个，占70.12%。",
    ]


def test_a_page_of_thousands_of_scattered_pieces_is_read_whole() -> None:
    sheet = Sheet()
    pick = random.Random(1)
    for _ in range(1_500):
        sheet.text(pick.random() * 580, pick.random() * 780, pick.choice((7, 9, 14)), pick.choice("天地玄黄"))
    assert len(read(pdf(sheet))) >= 1_450


def test_a_pdf_takes_the_room_of_one_page_at_a_time() -> None:
    def peak(count: int) -> int:
        sheets = [Sheet() for _ in range(count)]
        for sheet in sheets:
            pages.a_page_of_one_column(sheet)
        data = pdf(*sheets)
        tracemalloc.start()
        try:
            read_pdf("a.pdf", data)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(1)  # what is imported on the way counts once
    assert peak(8) < 3 * peak(1)


def test_pages_follow_one_another_and_begin_where_page_starts_says() -> None:
    sheets = [Sheet(), Sheet(), Sheet()]
    sheets[0].text(40, 700, 9, "第一页")
    sheets[2].text(40, 700, 9, "第三页")
    extract = read_pdf("a.pdf", pdf(*sheets))
    assert extract.lines == ("第一页", "", "", "第三页", "")
    assert extract.page_starts == (1, 3, 4)


def test_the_last_row_of_columns_at_a_pages_foot_is_no_page_number() -> None:
    sheet = Sheet()
    sheet.text(40, 300, 28, "文章一直排到页脚")
    body = paragraphs(7, 5)
    sheet.flow(body, columns(4, 30, 275, 21), 13)
    extract = read_pdf("a.pdf", pdf(sheet))
    assert read(pdf(sheet)) == printed([["文章一直排到页脚", *body]])
    assert BlockRole.FURNITURE not in {block.role for block in extract.blocks}


def test_the_text_of_a_title_at_a_pages_foot_may_begin_on_the_next_one() -> None:
    first, second = Sheet(), Sheet()
    pages.a_page_of_one_column(first)
    first.text(40, 40, 28, "页脚的标题")
    second.flow(paragraphs(8, 2), columns(1, 30, 700, 20), 30)
    facts = repair_document(read_document("a.pdf", pdf(first, second))).facts
    assert {fact.article.title.text for fact in facts if fact.page == 2} == {"页脚的标题"}


def test_text_over_the_first_title_of_a_page_goes_on_from_the_page_before() -> None:
    first, second = Sheet(), Sheet()
    first.text(60, 760, 24, "老城改造三年记录")
    first.flow([*paragraphs(1, 1, 8), "这一段没有说完就到了页脚，"], [(60, 730, 20)], 40)
    second.flow(["余下的话印在下一页上。"], [(60, 780, 12)], 40)
    second.text(60, 700, 24, "新的一篇文章开始")
    second.flow(paragraphs(2, 1, 8), [(60, 670, 12)], 40)
    facts = repair_document(read_document("a.pdf", pdf(first, second))).facts
    assert ("老城改造三年记录", "这一段没有说完就到了页脚，余下的话印在下一页上。") in [
        (fact.article.title.text, fact.text) for fact in facts
    ]


def test_a_scanned_page_is_reported_while_the_others_are_read() -> None:
    text, scan = Sheet(), Sheet()
    text.text(40, 700, 9, "有文字的一页。")
    scan.picture(0, 0, 600, 800)
    document, missing = read_bytes("a.pdf", pdf(text, scan), None, SEES_NOTHING)
    assert not isinstance(document, Skipped)
    assert document[0].lines[0] == "有文字的一页。"
    assert isinstance(missing, Skipped)
    assert (missing.name, missing.reason) == ("a.pdf 第 2 页", "这一页是扫描图，没有文字")


def test_a_scan_is_skipped_as_one() -> None:
    scan = Sheet()
    scan.picture(0, 0, 600, 800)
    (skipped,) = read_bytes("a.pdf", pdf(scan), None, SEES_NOTHING)
    assert isinstance(skipped, Skipped)
    assert skipped.reason == "这一页是扫描图，没有文字"


def test_a_page_whose_fonts_do_not_say_what_its_glyphs_mean_is_named_and_not_read() -> None:
    text, garbage = Sheet(), Sheet()
    text.text(40, 700, 9, "有文字的一页。")
    for row in range(4):
        garbage.text(40, 700 - 20 * row, 9, "!\"#$%&'()*+,-/:;<=>?@[]^_{|}~")
    document, missing = read_bytes("a.pdf", pdf(text, garbage), None, SEES_NOTHING)
    assert not isinstance(document, Skipped) and isinstance(missing, Skipped)
    assert "".join(document[0].lines) == "有文字的一页。"
    assert (missing.name, missing.reason) == ("a.pdf 第 2 页", "这一页的字体没有文字编码，读不出字")


def test_a_pdf_of_empty_pages_has_no_text() -> None:
    (skipped,) = read_bytes("a.pdf", pdf(Sheet()))
    assert isinstance(skipped, Skipped)
    assert skipped.reason == "没有文字"


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
    canvas.setFont(pages.SONG, 11)
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


@pytest.mark.parametrize(("struck", "apart"), [("原定", 0.0), ("原定）", 1.1)])
def test_what_is_struck_out_at_a_lines_head_makes_no_indent(struck: str, apart: float) -> None:
    sheet = Sheet()
    sheet.text(40, 700, 9, "　　大桥昨日通车，全长二十六公里，惠及")
    sheet.text(40, 686, 9, struck)
    sheet.text(40 + 9 * len(struck) + apart, 686, 9, "居民四十万人次。县里今年还新建了")
    sheet.text(40, 672, 9, "三座桥，两座已经完工。")
    sheet.rule(40, 689, 40 + 9 * len(struck), 689)
    assert [line for line in read_pdf("a.pdf", pdf(sheet)).lines if line] == [
        "　　大桥昨日通车，全长二十六公里，惠及",
        "居民四十万人次。县里今年还新建了",
        "三座桥，两座已经完工。",
    ]


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


def test_an_encrypted_pdf_is_refused_for_that() -> None:
    sheet = Sheet()
    sheet.text(40, 700, 9, "秘密")
    with pytest.raises(UnreadableFile, match="密码"):
        read_pdf("a.pdf", pdf(sheet, encrypt=StandardEncryption("secret", "owner")))


def test_too_many_pages_are_refused() -> None:
    with pytest.raises(UnreadableFile, match="201 页"):
        read_pdf("a.pdf", pdf(*(Sheet() for _ in range(201))))


@pytest.mark.parametrize("size", [0.009, 0.2])
@pytest.mark.parametrize("lay", [pages.one_article_with_everything, pages.two_articles_side_by_side])
def test_print_that_no_eye_can_see_is_not_read(lay: Lay, size: float) -> None:
    sheet, clean = Sheet(), Sheet()
    for page in (sheet, clean):
        lay(page)
    for n in range(900):
        sheet.text(120, 760 - n * 0.8, size, "看不见")
    assert read(pdf(sheet)) == read(pdf(clean))


@pytest.mark.parametrize("lay", PAGES, ids=lambda lay: lay.__name__)
def test_every_line_is_in_one_block(lay: Lay) -> None:
    lay(sheet := Sheet(shuffle=7))
    extract = read_pdf("a.pdf", pdf(sheet))
    held = [number for block in extract.blocks for number in range(block.first, block.last + 1)]
    assert held == [number for number, line in enumerate(extract.lines, 1) if line]


def test_titles_headings_and_paragraphs_are_told_apart() -> None:
    pages.section_headings_within_columns(sheet := Sheet(shuffle=7))
    extract = read_pdf("a.pdf", pdf(sheet))
    told = [
        (block.role, extract.lines[block.first - 1])
        for block in extract.blocks
        if block.role is not BlockRole.PARAGRAPH
    ]
    assert told == [(BlockRole.TITLE, "有小标题的长篇报道"), (BlockRole.HEADING, "第一小节")]


PLAIN_TABLES = {
    "figures": (
        "0 区名,1 2022年,2 2023年/0 东城区,1 860,2 1020/0 西区,1 420,2 515",
        ["区名：东城区｜2022年：860｜2023年：1020", "区名：西区｜2022年：420｜2023年：515"],
    ),
    "a head over two columns, and an empty cell": (
        "0 区名,1.5 床位（张）,3 完成率/1 新增,2 改造"
        "/0 东区,1 210,2 35,3 98%/0 西区,1 187,3 91%/0 南区,1 95,2 41,3 88%/0 北区,1 34,2 18,3 99%",
        [
            "区名：东区｜床位（张）新增：210｜床位（张）改造：35｜完成率：98%",
            "区名：西区｜床位（张）新增：187｜完成率：91%",
            "区名：南区｜床位（张）新增：95｜床位（张）改造：41｜完成率：88%",
            "区名：北区｜床位（张）新增：34｜床位（张）改造：18｜完成率：99%",
        ],
    ),
    "a cell down several rows": (
        "0 片区,1 街道,2 床位/0 城区,1 和平街道,2 210/1 建设街道,2 187/0 郊区,1 柳林镇,2 342",
        [
            "片区：城区｜街道：和平街道｜床位：210",
            "街道：建设街道｜床位：187",
            "片区：郊区｜街道：柳林镇｜床位：342",
        ],
    ),
    "names, and a cell that goes on under itself": (
        "0 建设单位,1 东山区民政局/0 总投资,1 三千二百万元，其中市级补助一千万元，其余由区级/1 财政承担"
        "/0 竣工时间,1 2023年12月",
        [
            "建设单位：东山区民政局",
            "总投资：三千二百万元，其中市级补助一千万元，其余由区级财政承担",
            "竣工时间：2023年12月",
        ],
    ),
}
"""Rows of pieces, each behind the column that it begins in; and what they tell."""


@pytest.mark.parametrize("name", PLAIN_TABLES)
def test_pieces_that_stand_under_one_another_are_a_table_though_no_rule_is_drawn(name: str) -> None:
    drawn, told = PLAIN_TABLES[name]
    sheet = Sheet()
    sheet.text(200, 740, 20, "各区充电桩数量")
    for row, pieces in enumerate(drawn.split("/")):
        for column, piece in (each.split() for each in pieces.split(",")):
            sheet.text(60 + 100 * float(column), 680 - 18 * row, 9, piece)
    facts = repair_document(read_document("a.pdf", pdf(sheet))).facts
    assert [fact.text for fact in facts if fact.kind == "table_row"] == told


@pytest.mark.parametrize(("over", "title"), [("各区充电桩数量", "各区充电桩数量"), ("数量如下：", "a")])
def test_a_line_over_a_sheets_table_is_its_title_however_small(over: str, title: str) -> None:
    sheet = Sheet()
    sheet.text(60, 740, 9, over)
    ruled(sheet, 720, [("区名", "2022年", "2023年"), ("东区", "860", "1020"), ("西区", "420", "515")])
    facts = repair_document(read_document("a.pdf", pdf(sheet))).facts
    assert {fact.article.title.text for fact in facts if fact.kind == "table_row"} == {title}


def ruled(sheet: Sheet, top: float, rows: Sequence[Sequence[str]], merged: bool = False) -> None:
    """Draw a table of 18 points a row; the head of columns 2 and 3 is one cell with `merged`."""
    left, wide = 60.0, 120.0
    bottom = top - 18 * len(rows)
    for n in range(len(rows) + 1):
        from_x = left + wide if merged and n == 1 else left
        sheet.rule(from_x, top - 18 * n, left + 3 * wide, top - 18 * n)
    for n in range(4):
        sheet.rule(left + n * wide, top - 18 if merged and n == 2 else top, left + n * wide, bottom)
    for n, row in enumerate(rows):
        for m, cell in enumerate(row):
            sheet.text(left + 6 + m * wide, top - 13 - 18 * n, 9, cell)


def test_a_table_cut_by_the_pages_end_goes_on_under_its_merged_heads() -> None:
    first, second = Sheet(), Sheet()
    first.text(200, 740, 20, "各区充电桩数量")
    ruled(
        first,
        130,
        [("", "充电桩", ""), ("区名", "2022年", "2023年"), ("东区", "860", "1020"), ("西区", "420", "515")],
        merged=True,
    )
    ruled(second, 760, [("南区", "77", "90"), ("北区", "66", "81")])
    document = read_document("a.pdf", pdf(first, second))
    facts = repair_document(document).facts
    assert [fact.text for fact in facts if fact.kind == "table_row"] == [
        "区名：东区｜充电桩2022年：860｜充电桩2023年：1020",
        "区名：西区｜充电桩2022年：420｜充电桩2023年：515",
        "区名：南区｜充电桩2022年：77｜充电桩2023年：90",
        "区名：北区｜充电桩2022年：66｜充电桩2023年：81",
    ]
    assert all(is_proved(fact, document) for fact in facts)
