"""Tables: a row is one fact that says its headings, and is proved cell by cell."""

from __future__ import annotations

import pytest

from knowledge.documents.tables import SourceCell, make_table
from knowledge.model import Article, Block, BlockRole, Document, Fact, Hit, MatchKind, SourcedText, Span
from knowledge.repair.stitching import ROW, is_proved
from knowledge.repair.tables import quoted_cell, row_cells, table_rows


def document(*lines: str, head: bool = True, before: int = 0) -> Document:
    """A document whose last lines are a table, its cells parted by a tab."""
    rows = []
    for number, line in enumerate(lines[before:], before + 1):
        row, at = [], 0
        for cell in line.split("\t"):
            spans = (Span(number, at, at + len(cell)),) if cell else ()
            row.append(SourceCell(cell, spans, heading=head and number == before + 1))
            at += len(cell) + 1
        rows.append(row)
    table = make_table(rows)
    block = Block(BlockRole.TABLE, before + 1, len(lines), table=table)
    return Document("a.txt", "", 0, "text", None, lines, blocks=(block,))


def told(document: Document) -> list[str]:
    return [row.text for block in document.blocks for row in table_rows(document, block)]


@pytest.mark.parametrize(
    ("lines", "rows"),
    [
        (("园区\t面积", "北区\t210亩", "南区\t95亩"), ["园区：北区｜面积：210亩", "园区：南区｜面积：95亩"]),
        (("\t面积\t人口", "北区\t210亩\t3万人"), ["北区｜面积：210亩｜人口：3万人"]),
        (("园区\t\t面积", "北区\t\t210亩"), ["园区：北区｜面积：210亩"]),
        (("园区\t面积\t备注", "北区\t210亩\t", "园区\t面积\t备注"), ["园区：北区｜面积：210亩"]),
        (("园区\t面积", "\t", "北区\t210亩"), ["园区：北区｜面积：210亩"]),
    ],
)
def test_a_row_says_its_headings(lines: tuple[str, ...], rows: list[str]) -> None:
    assert told(document(*lines)) == rows


@pytest.mark.parametrize(
    ("lines", "first"),
    [
        (("区域\t负责人", "东河片区\t卢大成", "北闸泵站\t席志远"), "区域：东河片区｜负责人：卢大成"),
        (("东河片区\t卢大成", "西坝片区\t祝小娟", "北闸泵站\t席志远"), "东河片区：卢大成"),
        (("组别\t姓名", "甲组\t卢大成、翁立", "乙组\t祝小娟"), "组别：甲组｜姓名：卢大成、翁立"),
        (("单位\t水务局", "组长\t卢大成", "组员\t祝小娟"), "单位：水务局"),
        (("姓名\t卢大成", "职务\t组长", "籍贯\t青山"), "姓名：卢大成"),
        (("周一\t卢大成\t翁立", "周二\t祝小娟\t席志远", "周三\t翁立\t毕小雨"), "周一｜卢大成｜翁立"),
        (("租期\t三年", "租金\t800元", "押金\t1600元"), "租期：三年"),
    ],
)
def test_only_what_names_the_values_below_heads_them(lines: tuple[str, ...], first: str) -> None:
    assert told(document(*lines, head=False))[0] == first


def test_a_line_to_several_units_is_no_unit_of_the_table_under_it() -> None:
    made = document("各有关单位：　　名单如下", "项目\t收入", "门票\t210", before=1)
    assert told(made) == ["项目：门票｜收入：210"]


def test_two_columns_without_a_head_are_names_and_values() -> None:
    rows = told(document("地址\t青山路1号", "电话\t021-12345678", head=False))
    assert rows == ["地址：青山路1号", "电话：021-12345678"]


@pytest.mark.parametrize(
    "lines",
    [
        ("日期\t6月9日\t巡检人\t常春", "天气\t晴\t水压\t35帕"),
        ("日期：\t周一\t巡检人：\t常春", "天气：\t晴\t水压：\t正常"),
    ],
    ids=["figures", "colons"],
)
def test_a_form_has_names_and_values_side_by_side(lines: tuple[str, ...]) -> None:
    told_of = [row.partition("：") for row in told(document(*lines, head=False))]
    assert [name for name, _, _ in told_of] == ["日期", "巡检人", "天气", "水压"]
    assert [value for _, _, value in told_of][1:3] == ["常春", "晴"]


@pytest.mark.parametrize(
    ("lines", "first"),
    [
        (("美式\t15元", "拿铁\t20元起", "可可\t18元"), "美式：15元"),
        (("K1\t8元\t东站", "K2\t9元\t西站"), "K1｜8元｜东站"),
        (("样品\t水\t2025年5月8日", "项目\t限值\t结果", "余氯\t0.3\t0.55"), "样品｜水｜2025年5月8日"),
    ],
    ids=["two columns", "three", "day"],
)
def test_a_first_row_of_values_is_no_head(lines: tuple[str, ...], first: str) -> None:
    assert told(document(*lines, head=False))[0] == first


def test_a_first_row_over_figures_is_a_head_though_nothing_marks_it() -> None:
    assert told(document("区名\t2022年\t2023年", "东城\t860\t1020", head=False)) == [
        "区名：东城｜2022年：860｜2023年：1020"
    ]


def test_the_unit_over_a_table_is_said_with_each_row() -> None:
    made = document("单位：万元", "项目\t收入", "门票\t210", before=1)
    assert told(made) == ["项目：门票｜收入：210｜单位：万元"]


def test_a_row_is_proved_by_its_cells_and_a_changed_one_is_not() -> None:
    made = document("园区\t面积", "北区\t210亩")
    (row,) = table_rows(made, made.blocks[0])
    article = Article("a" * 13, "a.txt", SourcedText("题", ()))
    fact = Fact("f" * 13, row.text, row.spans, article, kind=ROW)
    assert is_proved(fact, made)
    for wrong in ("园区：北区｜面积：211亩", "园区：北区，面积：210亩", "园区：北区｜面积：210亩。"):
        assert not is_proved(Fact("f" * 13, wrong, row.spans, article, kind=ROW), made)
    assert not is_proved(Fact("f" * 13, row.text, row.spans, article), made)


@pytest.mark.parametrize(
    ("answer", "asked", "cell"),
    [
        ("210亩", "面积", ("面积", "210亩", 2)),
        ("3", "游客", ("游客", "3", 2)),
        ("3", "职工", ("职工", "3", 2)),
        ("3人", "职工", ("职工", "3", 2)),
        ("北区", "园区", ("园区", "北区", 2)),
        ("95亩", "面积", None),
    ],
)
def test_a_short_answer_is_quoted_from_the_cell_whose_heading_was_asked_for(
    answer: str, asked: str, cell: tuple[str, str, int] | None
) -> None:
    made = document("园区\t面积\t游客\t职工", "北区\t210亩\t3\t3")
    (row,) = table_rows(made, made.blocks[0])
    article = Article("a" * 13, "a.txt", SourcedText("题", ()))
    fact = Fact("f" * 13, row.text, row.spans, article, kind=ROW)
    at = row.text.index(asked)
    quoted = quoted_cell(Hit(fact, 1.0, MatchKind.WORDS, ((at, at + len(asked)),)), answer)
    assert (quoted and (quoted.heading, quoted.text, quoted.spans[0].line)) == cell
    assert all(fact.text[each.start : each.end] == each.text for each in row_cells(fact))
