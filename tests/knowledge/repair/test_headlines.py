"""Headlines extracted together: each goes above its own text, whatever row it stands on; one article's stays whole."""

from __future__ import annotations

import pytest

from knowledge.model import BlockRole
from knowledge.repair.headlines import with_own_headlines
from knowledge.repair.labels import Labelled
from knowledge.repair.page_layout import PageLine

TITLE, SUBTITLE, TEXT = BlockRole.TITLE, BlockRole.SUBTITLE, BlockRole.PARAGRAPH

BRIDGE = (
    "青石桥加固工程昨日完工，桥面恢复双向通行。",
    "施工单位更换了青石桥的十二根拉索，",
    "并对桥面重新铺装沥青。拉索更换历时四十天。",
    "青石桥建于上世纪八十年代，拉索锈蚀严重。",
    "加固工程完工后，桥面限重提高到三十吨。",
    "昨天夜里，施工单位撤走了桥面上的围挡。",
    "今后青石桥的拉索每年检查两次，桥面每季清扫。",
    "加固工程由市政部门出资，完工日期比计划早十天。",
)
LIBRARY = (
    "市图书馆的夜读专场本周开放，读者可停留到零点。",
    "夜读专场设在图书馆三层，备有茶水和台灯。",
    "馆长介绍，读者凭借书证预约夜读座位。",
    "首晚一百个座位全部约满，不少读者带着孩子来。",
    "图书馆计划把夜读延长到整个暑期。",
    "夜读专场的读者里，备考的学生占了一半座位。",
    "图书馆三层的台灯由读者捐赠，夜读时一律免费。",
    "专场开放期间，馆长每晚在图书馆值守到零点。",
)


def labelled(*lines: tuple[str, BlockRole, bool]) -> list[Labelled]:
    """Lines as the labeller hands them over: text, role, whether it begins something; it is sure of all of them."""
    return [
        Labelled(PageLine(number, text, 0, len(text)), role, opens, 9.0, None, 9.0)
        for number, (text, role, opens) in enumerate(lines, 1)
    ]


def text(*lines: str) -> list[tuple[str, BlockRole, bool]]:
    return [(line, TEXT, True) for line in lines]


def order(*lines: tuple[str, BlockRole, bool]) -> list[str] | None:
    moved = with_own_headlines(labelled(*lines))
    return None if moved is None else [line.text for line in moved]


@pytest.mark.parametrize(
    "heads",
    [
        [("青石桥加固工程完工 图书馆开设夜读专场", TITLE, True)],
        [("青石桥加固工程完工", TITLE, True), ("图书馆开设夜读专场", TITLE, True)],
        [("图书馆开设夜读专场", TITLE, True), ("青石桥加固工程完工", TITLE, True)],
    ],
    ids=["on one row", "one after another", "in another order than their texts"],
)
def test_headlines_that_stand_together_go_above_their_own_texts(
    heads: list[tuple[str, BlockRole, bool]],
) -> None:
    assert order(*heads, *text(*BRIDGE, *LIBRARY)) == [
        "青石桥加固工程完工",
        *BRIDGE,
        "图书馆开设夜读专场",
        *LIBRARY,
    ]


def test_rows_below_a_shared_row_are_shared_out_with_it() -> None:
    heads = [
        ("青石桥加固工程 图书馆开设夜读专场", TITLE, True),
        ("十二根拉索全部更换", TITLE, False),
        ("读者可停留到零点", TITLE, False),
    ]
    assert order(*heads, *text(*BRIDGE, *LIBRARY)) == [
        "青石桥加固工程",
        "十二根拉索全部更换",
        *BRIDGE,
        "图书馆开设夜读专场",
        "读者可停留到零点",
        *LIBRARY,
    ]


def test_a_piece_keeps_its_place_in_the_file() -> None:
    head = ("青石桥加固工程完工 图书馆开设夜读专场", TITLE, True)
    moved = with_own_headlines(labelled(head, *text(*BRIDGE, *LIBRARY)))
    assert moved is not None
    pieces = [line for line in moved if line.number == 1]
    assert [line.raw[line.start : line.end] for line in pieces] == [
        "青石桥加固工程完工",
        "图书馆开设夜读专场",
    ]
    assert sorted(line.number for line in moved) == [1, *range(1, 2 + len(BRIDGE + LIBRARY))]


@pytest.mark.parametrize(
    "lines",
    [
        [("青石桥加固工程完工 拉索全部更换", TITLE, True), *text(*BRIDGE)],
        [("青石桥加固工程完工", TITLE, True), ("桥面限重提高到三十吨", SUBTITLE, True), *text(*BRIDGE)],
        [("青石桥加固工程完工 拉索全部更换", TITLE, True), *text(*BRIDGE, *LIBRARY)],
        text(*BRIDGE, *LIBRARY),
    ],
    ids=["a blank in a headline", "a subtitle", "a text whose headline is not there", "no headline"],
)
def test_what_heads_one_article_stays_as_it_is(lines: list[tuple[str, BlockRole, bool]]) -> None:
    assert order(*lines) is None
