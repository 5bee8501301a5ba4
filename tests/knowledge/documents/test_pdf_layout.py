"""What newspapers set beside their text: initials, captions, pulled quotes, boxes, jumps from page to page."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from reportlab.pdfbase import pdfmetrics

from knowledge.documents.folder import read_document
from knowledge.documents.pdf import read_pdf
from knowledge.model import Block, BlockRole, Fact
from knowledge.repair.pipeline import repair_document
from tests.knowledge.documents.pages import LEADING, SONG, Sheet, columns, paragraphs, pdf, set_lines


def facts(*sheets: Sheet) -> Sequence[Fact]:
    return repair_document(read_document("a.pdf", pdf(*sheets))).facts


def texts(sheet: Sheet, role: BlockRole) -> list[str]:
    extract = read_pdf("a.pdf", pdf(sheet))

    def text(block: Block) -> str:
        return "".join(extract.lines[block.first - 1 : block.last])

    return [text(block) for block in extract.blocks if block.role is role]


def lines(sheet: Sheet, top: float, text: str, per: int = 13, left: float = 30) -> float:
    """Print text without an indent; return the baseline under it."""
    for at in range(0, len(text), per):
        sheet.text(left, top, 9, text[at : at + per])
        top -= LEADING
    return top


def test_a_large_title_at_a_pages_head_is_no_running_head() -> None:
    sheet = Sheet()
    sheet.text(200, 765, 16, "累计完成老旧电梯52台")
    sheet.flow(paragraphs(9, 3), columns(3, 30, 735, 12, 18), 18)
    assert texts(sheet, BlockRole.TITLE) == ["累计完成老旧电梯52台"]


def test_an_article_sent_on_to_another_page_is_one() -> None:
    first, second = Sheet(), Sheet()
    body = paragraphs(10, 2)
    cut = len(body[1]) // 2
    first.text(40, 740, 28, "转到别版的文章")
    first.flow([body[0], body[1][:cut]], columns(2, 30, 700, 10), 13)
    first.text(190, 560, 9, "（下转第2版）")
    first.text(40, 500, 24, "第一版的另一篇")
    first.flow(paragraphs(11, 2), columns(2, 30, 475, 20), 13)
    second.text(40, 740, 28, "第二版的文章")
    second.flow(paragraphs(12, 3), columns(2, 30, 700, 18), 13)
    second.rule(30, 460, 290, 460)
    second.text(60, 440, 9, "（上接第1版）")
    lines(second, 420, body[1][cut:], 25)
    sent = [fact.text for fact in facts(first, second) if fact.article.title.text == "转到别版的文章"]
    assert "".join(sent) == "".join(body)


@pytest.mark.parametrize(
    ("size", "said"),
    [(7, ("市民在新开的图书馆里", "看书。", "周海涛摄")), (9.5, ("图为市民在看书。周海涛", "摄"))],
)
def test_a_caption_in_a_column_stands_after_the_sentence_that_goes_on_under_it(
    size: float, said: tuple[str, ...]
) -> None:
    sheet = Sheet()
    (text,) = paragraphs(13, 1)
    sheet.text(40, 740, 28, "夹着图说的文章")
    top = lines(sheet, 700, text[:52])
    for row, words in enumerate(said):
        sheet.text(30, top - 10 * row, size, words)
    lines(sheet, top - 40, text[52:])
    assert texts(sheet, BlockRole.CAPTION) == ["".join(said)]
    assert texts(sheet, BlockRole.PARAGRAPH) == [text]


def test_a_quote_pulled_out_of_the_text_in_large_print_is_no_title() -> None:
    sheet = Sheet()
    before, after = paragraphs(14, 1), paragraphs(15, 2)
    said = after[1].split("，")[0] + "，" + after[1].split("，")[1][:7]
    sheet.text(40, 740, 28, "有人说过的话")
    sheet.flow(before, columns(1, 30, 700, 10), 18)
    for row in range(0, len(said), 10):
        sheet.text(32, 560 - 2 * row, 15, said[row : row + 10])
    sheet.flow(after, columns(1, 30, 480, 18), 18)
    assert texts(sheet, BlockRole.TITLE) == ["有人说过的话"]
    assert texts(sheet, BlockRole.FURNITURE) == [said]


def test_a_title_that_its_article_says_again_at_once_is_one() -> None:
    sheet = Sheet()
    title = "市民政局今年新增便民服务点一百处"
    sheet.text(40, 740, 28, "上一篇文章")
    sheet.flow(paragraphs(16, 1), columns(1, 30, 700, 10), 18)
    sheet.text(32, 560, 14, title)
    sheet.flow([f"{title}，居民都说方便。", *paragraphs(17, 1)], columns(1, 30, 530, 12), 18)
    assert texts(sheet, BlockRole.TITLE) == ["上一篇文章", title]


def test_a_day_alone_under_a_title_is_no_sentence() -> None:
    sheet = Sheet()
    sheet.text(40, 740, 28, "有日期的文章")
    sheet.text(80, 715, 9, "2023年7月1日")
    sheet.flow(paragraphs(15, 2), columns(1, 30, 690, 18), 18)
    assert "2023年7月1日" not in {fact.text for fact in facts(sheet)}


def test_a_headline_whose_characters_lie_on_their_side_is_read_downwards() -> None:
    sheet = Sheet()
    sheet.turned_text(720, 40, 26, "侧排的大标题", downwards=True)
    sheet.flow(paragraphs(16, 5), columns(3, 90, 735, 20), 13)
    assert texts(sheet, BlockRole.TITLE) == ["侧排的大标题"]


def test_a_box_of_four_strokes_is_a_page_of_its_own() -> None:
    sheet = Sheet()
    boxed = paragraphs(18, 2, length=1)
    sheet.text(40, 740, 28, "主篇在框的周围")
    sheet.flow(paragraphs(17, 2), columns(1, 30, 700, 8), 40)
    for side in ((30, 560, 400, 560), (30, 440, 400, 440), (30, 440, 30, 560), (400, 440, 400, 560)):
        sheet.rule(*side)
    sheet.text(150, 540, 13, "框里的标题")
    sheet.flow(boxed, columns(1, 40, 520, 6), 35)
    sheet.flow(paragraphs(19, 2), columns(1, 30, 420, 8), 40)
    assert {f.text for f in facts(sheet) if f.article.title.text == "框里的标题"} == set(boxed)


def test_a_lead_of_one_line_over_short_columns_is_read_first() -> None:
    sheet = Sheet()
    lead = "一行导语横跨四栏半，说的是下面各栏的意思，排得比正文大一点。"
    sheet.text(40, 740, 28, "导语下面只有几行的文章")
    sheet.text(30, 700, 10.5, lead)
    body = paragraphs(20, 1)
    sheet.flow(body, columns(4, 30, 680, 3), 13)
    assert texts(sheet, BlockRole.PARAGRAPH) == [lead, "　　" + body[0]]


def test_a_title_at_a_columns_foot_heads_the_next_columns_text() -> None:
    sheet = Sheet()
    first, second = paragraphs(21, 2), paragraphs(22, 4)
    sheet.text(40, 740, 20, "上篇的标题")
    sheet.flow(first, columns(1, 30, 715, 15), 20)
    sheet.text(40, 500, 20, "栏脚的标题")
    sheet.flow(second, columns(1, 230, 740, 30), 20)
    heads = {fact.text: fact.article.title.text for fact in facts(sheet)}
    assert {title for text, title in heads.items() if text in "".join(second)} == {"栏脚的标题"}


def test_a_page_of_briefs_without_a_headline_gives_each_its_title() -> None:
    sheet = Sheet()
    top, told = 700.0, {}
    for title, seed in (("新桥通车", 23), ("公园开放", 24), ("学校招生", 25)):
        sheet.text(30, top, 11, title)
        (told[title],) = paragraphs(seed, 1)
        sheet.flow([told[title]], columns(1, 30, top - 18, 12), 25)
        top -= 120
    found = [(fact.article.title.text, fact.text) for fact in facts(sheet)]
    assert {title: "".join(text for of, text in found if of == title) for title in told} == told


def test_an_upright_headline_of_two_columns_is_read_from_right_to_left() -> None:
    sheet = Sheet()
    for column, words in ((70, "竖排的标题分两行"), (38, "左边是下半句")):
        for row, char in enumerate(words):
            sheet.text(column, 720 - 25 * row, 24, char)
    sheet.flow(paragraphs(26, 5), columns(3, 110, 735, 30), 13)
    assert texts(sheet, BlockRole.TITLE) == ["竖排的标题分两行左边是下半句"]


def test_a_heading_over_two_columns_is_a_title_however_small() -> None:
    sheet = Sheet()
    told: dict[str, list[str]] = {}
    for title, seed, top in (("字号只大一点的标题", 27, 735), ("左对齐的第二篇", 28, 500)):
        told[title] = paragraphs(seed, 3)
        sheet.text(30, top, 11.5, title)
        sheet.flow(told[title], columns(2, 30, top - 18, 12, 18), 18)
    found = [(fact.article.title.text, fact.text) for fact in facts(sheet)]
    assert {title: "".join(text for of, text in found if of == title) for title in told} == {
        title: "".join(body) for title, body in told.items()
    }


def test_a_quote_over_all_columns_that_stands_nowhere_else_parts_the_text_and_heads_none() -> None:
    sheet = Sheet()
    (text,) = paragraphs(29, 1, length=8)
    sheet.text(40, 740, 28, "说话的人在文中")
    rows = [text[at : at + 13] for at in range(0, len(text), 13)]
    lines_each = -(-len(rows) // 4)
    under = 700 - LEADING * lines_each
    for number, row in enumerate(rows):
        column, line = divmod(number, lines_each)
        top = 700 if column < 2 else under - 50
        sheet.text(30 + 129 * (column % 2), top - LEADING * line, 9, row)
    sheet.text(50, under - 10, 15, "“路修通了，心也就近了”")
    sheet.text(90, under - 25, 9, "——村民陈思远")
    assert texts(sheet, BlockRole.TITLE) == ["说话的人在文中"]
    assert texts(sheet, BlockRole.FURNITURE) == ["“路修通了，心也就近了”——村民陈思远"]
    assert "".join(texts(sheet, BlockRole.PARAGRAPH)) == text


def test_text_at_a_columns_head_goes_on_from_the_foot_of_the_column_before() -> None:
    sheet = Sheet()
    told = {
        "第一栏上面的": paragraphs(31, 2),
        "第一栏下面的": paragraphs(32, 2),
        "第二栏里面的": paragraphs(33, 1),
    }
    first, second, third = told
    sheet.text(30, 735, 16, first)
    sheet.flow(told[first], columns(1, 30, 715, 26), 13)
    sheet.text(30, 370, 16, second)
    sheet.flow(told[second], [(30, 350, 8), (180, 740, 23)], 13)
    sheet.text(180, 460, 16, third)
    sheet.flow(told[third], columns(1, 180, 440, 20), 13)
    found = [(fact.article.title.text, fact.text) for fact in facts(sheet)]
    assert {title: "".join(text for of, text in found if of == title) for title in told} == {
        title: "".join(body) for title, body in told.items()
    }


def test_an_article_that_goes_on_under_the_rule_below_another_is_one() -> None:
    sheet = Sheet()
    body, other = paragraphs(54, 6), paragraphs(35, 2, length=2)
    sheet.text(30, 735, 24, "主篇绕到别篇之下")
    sheet.text(300, 735, 15, "右上的短文")
    sheet.flow(other, columns(2, 300, 715, 8), 13)
    sheet.rule(300, 590, 546, 590)
    sheet.flow(body, [(30, 705, 24), (159, 705, 24), (300, 575, 13), (429, 575, 20)], 13)
    assert {f.text for f in facts(sheet) if f.article.title.text == "右上的短文"} == {
        sentence for text in other for sentence in (f"{part}。" for part in text.split("。") if part)
    }


def test_raised_and_lowered_figures_stay_what_they_are() -> None:
    sheet = Sheet()
    sheet.flow(paragraphs(36, 2), columns(1, 30, 735, 12), 30)
    x = 30.0
    for size, raised, words in (
        (9, 0, "芯片占地10"),
        (5.5, 3.5, "8"),
        (9, 0, "平方微米，排放CO"),
        (5.5, -2, "2"),
        (9, 0, "三十吨。"),
    ):
        sheet.text(x, 560 + raised, size, words)
        x += pdfmetrics.stringWidth(words, SONG, size)
    assert "芯片占地10^8平方微米，排放CO₂三十吨。" in texts(sheet, BlockRole.PARAGRAPH)[-1]


def test_a_list_of_contents_tells_nothing() -> None:
    sheet = Sheet()
    for row, words in enumerate(("第一章总则", "第二章借阅", "第三章收费", "第四章附则")):
        sheet.text(30, 700 - 20 * row, 9, f"{words}{'.' * 40}{row + 1}")
    sheet.flow(paragraphs(37, 1), columns(1, 30, 560, 12), 30)
    assert all("第" not in fact.text or "章" not in fact.text for fact in facts(sheet))


@pytest.mark.parametrize("gap", [1.2, 30.0], ids=["near", "at the edge"])
def test_a_list_of_contents_without_dots_is_told_by_what_it_lists(gap: float) -> None:
    first, sheet = Sheet(), Sheet()
    chapters = ("第一章总则", "第二章借阅", "第三章收费")
    first.text(280, 675, 12, "目录")
    for row, words in enumerate(chapters):
        first.text(30, 650 - 20 * row, 9, words)
        first.text(30 + 9 * (5 + gap), 650 - 20 * row, 9, str(row + 2))
    for row, words in enumerate(chapters):
        sheet.text(260, 700 - 200 * row, 11, words)
        sheet.flow(paragraphs(39 + row, 1), columns(1, 30, 675 - 200 * row, 8), 30)
    told = facts(first, sheet)
    assert told and not any(words in fact.text for fact in told for words in chapters)
    assert {fact.section for fact in told} == set(chapters)


@pytest.mark.parametrize("another", ["", "河东书屋延长开放"])
def test_a_table_over_a_pages_text_or_title_goes_on_from_the_page_before(another: str) -> None:
    first, second = Sheet(), Sheet()
    first.text(30, 760, 20, "各园区面积公布")
    second.text(30, 690, 20, another)
    first.flow(paragraphs(38, 3), columns(1, 30, 735, 20), 30)
    for sheet, top, rows in (
        (first, 400, [("园区", "面积（亩）"), ("北区", "210"), ("南区", "180")]),
        (second, 750, [("东区", "95"), ("西区", "70")]),
    ):
        for number, cells in enumerate(rows):
            for column, text in enumerate(cells):
                sheet.text(34 + 120 * column, top - 20 * number - 14, 9, text)
        for number in range(len(rows) + 1):
            sheet.rule(30, top - 20 * number, 270, top - 20 * number)
        for x in (30, 150, 270):
            sheet.rule(x, top, x, top - 20 * len(rows))
    second.flow(paragraphs(39, 3), columns(1, 30, 680, 20), 30)
    rows_told = [fact for fact in facts(first, second) if fact.kind == "table_row"]
    assert {fact.article.title.text for fact in rows_told} == {"各园区面积公布"}
    assert [fact.text for fact in rows_told] == [
        f"园区：{name}｜面积（亩）：{size}"
        for name, size in (("北区", 210), ("南区", 180), ("东区", 95), ("西区", 70))
    ]


@pytest.mark.parametrize("centred", [True, False])
def test_verses_are_no_lines_of_one_paragraph(centred: bool) -> None:
    sheet = Sheet()
    verses = ["秋水照见了桥", "桥照见了归人", "一行雁字向南飞", "把黄昏写得很慢", "一声一声"]
    after = paragraphs(31, 1)
    sheet.text(40, 740, 28, "秋日过汾河")
    for at, verse in enumerate(verses):
        left = 147 - 4.5 * len(verse) if centred else 30
        sheet.text(left, 700 - LEADING * at, 9, verse)
    sheet.flow(after, columns(1, 30, 640, 20), 26)
    assert texts(sheet, BlockRole.PARAGRAPH) == [*verses, "　　" + after[0]]


def test_a_first_page_of_a_few_words_is_a_cover_and_tells_nothing() -> None:
    cover, text = Sheet(), Sheet()
    cover.text(150, 500, 30, "河口区年鉴")
    cover.text(220, 200, 12, "区志办公室编")
    text.flow(paragraphs(32, 2), columns(1, 30, 700, 20), 26)
    assert texts(cover, BlockRole.TITLE) == ["河口区年鉴"]
    assert not facts(cover)
    assert {fact.article.title.text for fact in facts(cover, text)} == {"河口区年鉴"}


def test_a_short_notice_without_a_mark_is_no_cover() -> None:
    sheet = Sheet()
    sheet.text(30, 700, 9, "明日八时至十二时停水")
    assert texts(sheet, BlockRole.PARAGRAPH) == ["明日八时至十二时停水"]


def test_large_print_that_says_a_sentence_is_no_title() -> None:
    sheet = Sheet()
    said = "全区加装电梯一百零七部，居民都说好。"
    sheet.text(40, 740, 28, "加装电梯")
    sheet.text(40, 690, 14, said)
    sheet.flow(paragraphs(33, 2), columns(1, 30, 660, 20), 26)
    assert texts(sheet, BlockRole.TITLE) == ["加装电梯"]
    assert said in texts(sheet, BlockRole.PARAGRAPH)


def test_a_notice_in_a_box_has_the_line_over_it_for_a_title() -> None:
    sheet = Sheet()
    for at in range(3):
        sheet.frame(28 + 130 * at, 690, 121, 4 * LEADING + 8)
        sheet.text(30 + 130 * at + 41, 740, 9, "遗失声明")
        lines(
            sheet,
            740 - LEADING,
            f"振兴五金店遗失营业执照副本，编号七百零{'一二三'[at]}，作废。",
            left=30 + 130 * at,
        )
    assert texts(sheet, BlockRole.TITLE) == ["遗失声明"] * 3


def test_words_are_apart_behind_a_mark_too() -> None:
    sheet = Sheet()
    left = 30.0
    for word in ("The mayor,", "Helen Carter,", "opened 3.5 km of road.", "Trucks came."):
        sheet.text(left, 700, 9, word, font="Helvetica")
        left += pdfmetrics.stringWidth(word, "Helvetica", 9) + 2.6
    assert texts(sheet, BlockRole.PARAGRAPH) == [
        "The mayor, Helen Carter, opened 3.5 km of road. Trucks came."
    ]


def test_text_that_a_recogniser_laid_under_a_picture_has_few_sizes() -> None:
    sheet = Sheet(unseen=True)
    body = paragraphs(50, 4)
    sheet.picture(0, 0, 600, 800)
    sheet.text(40, 740, 28, "扫描以后认出的文章")
    rows = [row for text in body for row in set_lines(text, 20)]
    for at, row in enumerate(rows):
        indent = len(row) - len(row.lstrip("\u3000"))
        column, place = divmod(at, 1 + len(rows) // 2)
        size = 9 * (0.94, 1.06, 0.99, 1.03)[at % 4]
        sheet.text(30 + 260 * column + 9 * indent, 700 - place * LEADING, size, row.strip())
    assert texts(sheet, BlockRole.HEADING) == []
    assert "".join(fact.text for fact in facts(sheet)) == "".join(body)


def test_figures_that_lie_on_their_side_in_vertical_text_stay_in_their_sentence() -> None:
    sheet = Sheet(height=600)
    columns_of = (
        "青山区今年改造老旧小区",
        "个，惠及居民四千户，居民都说好。",
        "明年还要再改造一批小区，资金已经到位。",
    )
    for at, column in enumerate(columns_of):
        for row, char in enumerate(column):
            sheet.text(400 - 20 * at, 500 - 12 * row, 12, char)
    sheet.turned_text(500 - 12 * 11 + 10, 402, 12, "126", downwards=True)
    assert facts(sheet)[0].text == "青山区今年改造老旧小区126个，惠及居民四千户，居民都说好。"


def test_notes_at_a_pages_foot_are_notes_and_their_marks_no_text() -> None:
    sheet = Sheet()
    first, *rest = paragraphs(51, 3)
    sheet.text(40, 740, 20, "有脚注的文章")
    lines(sheet, 700, first[:-1] + "。", 60)
    sheet.text(30 + 9 * (len(first) % 60) - 4, 700 - LEADING * (len(first) // 60) + 4, 6, "1")
    top = 640.0
    for text in rest:
        top = lines(sheet, top, text, 60)
    sheet.text(30, 100, 7, "1 口径为年末户数，不含流动摊贩。")
    sheet.text(30, 88, 7, "2 见统计局年鉴第43页。")
    told = facts(sheet)
    assert [fact.text for fact in told if fact.kind == "note"] == [
        "1口径为年末户数，不含流动摊贩。",
        "2见统计局年鉴第43页。",
    ]
    assert "".join(fact.text for fact in told if fact.kind == "sentence") == first + "".join(rest)


def test_numbered_headings_of_an_official_text_and_who_signed_it() -> None:
    sheet = Sheet()
    sheet.text(180, 740, 22, "关于做好登记工作的通知")
    for at, (indent, text) in enumerate(
        (
            (0, "各区人民政府，各有关部门："),
            (2, "为做好今年的登记工作，现将有关事项通知如下，请各区各部门认真执行，"),
            (0, "不得延误。"),
            (2, "一、全面登记"),
            (2, "各区要在七月底前完成登记，登记的内容包括名称、地址、面积和开放"),
            (0, "时间。"),
            (2, "二、资金保障"),
            (2, "市里安排资金600万元，使用情况由审计部门监督，结果每年公布一次给"),
            (0, "社会。"),
            (22, "青山市人民政府办公室"),
        )
    ):
        sheet.text(60 + 14 * indent, 690 - 26 * at, 14, text)
    assert texts(sheet, BlockRole.HEADING) == ["一、全面登记", "二、资金保障"]
    told = [(fact.section, fact.text) for fact in facts(sheet)]
    assert ("二、资金保障", "市里安排资金600万元，使用情况由审计部门监督，结果每年公布一次给社会。") in told
    assert told[0] == (None, "各区人民政府，各有关部门：")


def test_clauses_of_one_line_its_number_and_its_day_are_apart() -> None:
    sheet = Sheet()
    sheet.text(200, 740, 22, "交通管制公告")
    for at, (indent, text) in enumerate(
        (
            (11, "柳政告〔2025〕9号"),
            (2, "因道路施工，现将交通管制的时间、路段和绕行路线公告如下："),
            (2, "一、管制时间：2025年7月1日至7月20日。"),
            (2, "二、管制路段：柳河大道。"),
            (24, "柳河镇人民政府"),
            (25, "2025年6月25日"),
        )
    ):
        sheet.text(60 + 14 * indent, 690 - 26 * at, 14, text)
    assert [fact.text for fact in facts(sheet)][-4:] == [
        "因道路施工，现将交通管制的时间、路段和绕行路线公告如下：",
        "一、管制时间：2025年7月1日至7月20日。",
        "二、管制路段：柳河大道。",
        "柳河镇人民政府",
    ]
    assert facts(sheet)[0].article.date == "2025-06-25"


def test_an_initial_may_stand_behind_an_opening_mark() -> None:
    sheet = Sheet()
    text = "《" + "".join(paragraphs(52, 2)).replace("，", "》，", 1)
    sheet.text(40, 740, 28, "书名开头的文章")
    sheet.text(30, 675, 36, text[:2])
    for row in range(3):
        sheet.text(104, 700 - row * LEADING, 9, text[2 + 16 * row : 18 + 16 * row])
    lines(sheet, 700 - 3 * LEADING, text[50:], 24)
    assert [fact.article.title.text for fact in facts(sheet)][:1] == ["书名开头的文章"]
    assert "".join(fact.text for fact in facts(sheet)) == text


def test_the_first_of_several_headings_is_the_title_of_those_set_smaller() -> None:
    sheet = Sheet()
    first, second = paragraphs(53, 2)
    sheet.text(30, 680, 11, "Library opens in the old town")
    top = lines(sheet, 655, first, 40)
    sheet.text(140, top - 10, 9.5, "开放的时间")
    lines(sheet, top - 32, second, 40)
    told = facts(sheet)
    assert {fact.article.title.text for fact in told} == {"Library opens in the old town"}
    assert {fact.section for fact in told} == {None, "开放的时间"}


def test_a_paper_has_numbered_sections_page_numbers_within_the_margin_and_a_table_within_a_sentence() -> None:
    first, second = Sheet(), Sheet()
    one, two, three, *_ = paragraphs(54, 4)
    for at, (size, text) in enumerate(((17, "青山河水质报告"), (12, "周敏 李强"), (12, "2024年3月12日"))):
        first.text(300 - size * len(text) / 2, 760 - 28 * at, size, text)
    first.text(255, 660, 14, "1 监测概况")
    top = lines(first, 635, one, 60)
    first.text(30, top - 8, 12, "1.1 断面")
    top = lines(first, top - 32, two, 60)
    first.text(255, top - 12, 14, "2 主要结果")
    top = lines(first, top - 40, three[:120], 60)
    first.text(250, top - 14, 9, "表 1: 各河段平均值")
    rows = ("河段 溶解氧 氨氮", "上游 8.6 0.21", "中游 7.9 0.34", "下游 6.8 0.52")
    for at, cells in enumerate(row.split() for row in rows):
        for column, cell in enumerate(cells):
            first.text(200 + 70 * column, top - 40 - 15 * at, 9, cell)
    for down in (30, 43, 91):
        first.rule(190, top - down, 400, top - down)
    lines(first, top - 115, three[120:], 60)
    first.text(297, 108, 9, "1")
    second.text(30, 752, 9, "2 主要结果")
    second.text(564, 752, 9, "2")
    second.text(255, 720, 14, "下一步工作")
    lines(second, 695, "明年新建自动监测站五个，关停沿岸养殖场八家，完成两处污水厂的改造。" * 3, 60)
    told = repair_document(read_document("a.pdf", pdf(first, second)))
    (article,) = told.articles
    assert (article.title.text, article.date) == ("青山河水质报告", "2024-03-12")
    assert article.metadata is not None and article.metadata.author == "周敏、李强"
    by_section: dict[str, str] = {}
    for fact in told.facts:
        if fact.kind == "sentence":
            section = (fact.section or "").replace(" ", "")
            by_section[section] = by_section.get(section, "") + fact.text
    assert list(by_section) == ["1监测概况", "1.1断面", "2主要结果", "下一步工作"]
    assert by_section["2主要结果"] == three
    assert [fact.text for fact in told.facts if fact.kind == "table_row"] == [
        "河段：上游｜溶解氧：8.6｜氨氮：0.21",
        "河段：中游｜溶解氧：7.9｜氨氮：0.34",
        "河段：下游｜溶解氧：6.8｜氨氮：0.52",
    ]
    assert [fact.text for fact in told.facts if fact.kind == "caption"] == ["表1:各河段平均值"]


def test_a_day_and_a_place_under_a_title_are_a_line_of_their_own_and_the_day_is_the_texts() -> None:
    sheet = Sheet()
    sheet.text(200, 740, 20, "旅游论坛议程")
    sheet.text(220, 715, 9, "2024年5月6日 云溪会议中心")
    for row, pieces in enumerate(
        (("时间", "内容"), ("9:00", "开幕致辞"), ("9:20", "民宿经营"), ("10:30", "乡村节庆"))
    ):
        for column, piece in enumerate(pieces):
            sheet.text(60 + 150 * column, 680 - 18 * row, 9, piece)
    sheet.text(60, 560, 9, "午餐在一楼，凭胸卡入场。")
    told = facts(sheet)
    assert [fact.text for fact in told] == [
        "2024年5月6日 云溪会议中心",
        "时间：9:00｜内容：开幕致辞",
        "时间：9:20｜内容：民宿经营",
        "时间：10:30｜内容：乡村节庆",
        "午餐在一楼，凭胸卡入场。",
    ]
    assert {fact.article.date for fact in told} == {"2024-05-06"}


def test_two_rows_of_names_and_prices_are_a_table_and_the_line_over_it_heads_a_section() -> None:
    sheet = Sheet()
    sheet.text(60, 740, 20, "小馆菜单")
    sheet.text(60, 715, 9, "营业到晚上九点半，周一休息。")
    for head, top, rows in (
        ("热菜", 685, (("黄牛肉", "48元"), ("鱼头", "68元"))),
        ("主食", 620, (("米饭", "2元"), ("面", "12元"))),
    ):
        sheet.text(60, top, 13.5, head)
        for row, (name, price) in enumerate(rows):
            sheet.text(60, top - 22 - 16 * row, 9, name)
            sheet.text(160, top - 22 - 16 * row, 9, price)
    sheet.text(60, 560, 9, "订座请提前一天，十人以上有包间。")
    assert [(fact.text, fact.section) for fact in facts(sheet)] == [
        ("营业到晚上九点半，周一休息。", None),
        ("黄牛肉：48元", "热菜"),
        ("鱼头：68元", "热菜"),
        ("米饭：2元", "主食"),
        ("面：12元", "主食"),
        ("订座请提前一天，十人以上有包间。", "主食"),
    ]


def test_a_lead_in_larger_print_over_a_wider_column_is_a_sentence_of_the_text() -> None:
    sheet = Sheet()
    sheet.text(60, 760, 26, "供水管网三年改造")
    lead = "市里决定从今年起用三年时间改造全部老旧小区的供水管网，受益居民超过三十万户，居民不必出钱。"
    for row, line in enumerate(set_lines(lead, 24)):
        sheet.text(60, 730 - 15 * row, 10, line)
    sheet.flow(paragraphs(3, 1, 8), [(30, 660, 20)], 52)
    assert [(fact.text, fact.section) for fact in facts(sheet)][:1] == [(lead, None)]
    assert {fact.section for fact in facts(sheet)} == {None}


def test_a_bulletins_headings_are_titles_and_its_issue_tells_the_day_of_each() -> None:
    sheet = Sheet()
    sheet.text(200, 740, 24, "老年大学简报")
    sheet.text(180, 715, 9, "2024年第5期　老年大学办公室编　2024年5月20日")
    for at, head in enumerate(("书画班结业", "合唱团获奖")):
        sheet.text(60, 680 - 100 * at, 11.5, head)
        sheet.flow(paragraphs(30 + at, 1), [(60, 660 - 100 * at, 5)], 40)
    assert list(dict.fromkeys((f.article.title.text, f.section, f.article.date) for f in facts(sheet))) == [
        ("书画班结业", None, "2024-05-20"),
        ("合唱团获奖", None, "2024-05-20"),
    ]


@pytest.mark.parametrize("number", ["1", "Page 1", "第 1 页", "第1页 共3页", "1 / 3"])
def test_the_number_of_a_sheets_page_is_no_text(number: str) -> None:
    sheet = Sheet()
    sheet.text(270, 770, 9, "门店月报")
    for row, pieces in enumerate(
        (("门店", "店长", "面积"), ("东门店", "连小波", "320"), ("南湖店", "阮青", "185"))
    ):
        for column, piece in enumerate(pieces):
            sheet.text(60 + 150 * column, 740 - 18 * row, 9, piece)
    sheet.text(300 - pdfmetrics.stringWidth(number, SONG, 9) / 2, 30, 9, number)
    assert [(fact.text, fact.article.title.text) for fact in facts(sheet)] == [
        ("门店：东门店｜店长：连小波｜面积：320", "门店月报"),
        ("门店：南湖店｜店长：阮青｜面积：185", "门店月报"),
    ]
