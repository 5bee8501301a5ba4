"""Headlines extracted together: each goes above its own text, whatever row it stands on; one article's stays whole."""

from __future__ import annotations

import pytest

from knowledge.model import BlockRole
from knowledge.repair.headlines import with_own_headlines
from knowledge.repair.labels import Labelled
from knowledge.repair.page_layout import PageLine

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


ROLES = {"# ": (BlockRole.TITLE, True), "+ ": (BlockRole.TITLE, False), "## ": (BlockRole.SUBTITLE, True)}


def order(*printed: str) -> list[PageLine] | None:
    """Lines as the labeller hands them over, sure of all: `#` begins a headline, `+` goes on, `##` is under it."""
    lines = []
    for number, text in enumerate(printed, 1):
        mark = next((mark for mark in ROLES if text.startswith(mark)), "")
        role, opens = ROLES.get(mark, (BlockRole.PARAGRAPH, True))
        line = PageLine(number, text.removeprefix(mark), 0, len(text) - len(mark))
        lines.append(Labelled(line, role, opens, 9.0, None, 9.0))
    return with_own_headlines(lines)


@pytest.mark.parametrize(
    ("heads", "of_bridge", "of_library"),
    [
        (["# 青石桥加固工程完工 图书馆开设夜读专场"], ["青石桥加固工程完工"], ["图书馆开设夜读专场"]),
        (["# 青石桥加固工程完工", "# 图书馆开设夜读专场"], ["青石桥加固工程完工"], ["图书馆开设夜读专场"]),
        (["# 图书馆开设夜读专场", "# 青石桥加固工程完工"], ["青石桥加固工程完工"], ["图书馆开设夜读专场"]),
        (
            ["# 青石桥加固工程 图书馆开设夜读专场", "+ 十二根拉索全部更换", "+ 读者可停留到零点"],
            ["青石桥加固工程", "十二根拉索全部更换"],
            ["图书馆开设夜读专场", "读者可停留到零点"],
        ),
    ],
    ids=["on one row", "one after another", "in another order than their texts", "rows below a shared row"],
)
def test_headlines_that_stand_together_go_above_their_own_texts(
    heads: list[str], of_bridge: list[str], of_library: list[str]
) -> None:
    moved = order(*heads, *BRIDGE, *LIBRARY)
    assert moved is not None
    assert [line.text for line in moved] == [*of_bridge, *BRIDGE, *of_library, *LIBRARY]
    assert all(line.raw[line.start : line.end] == line.text for line in moved)
    assert {line.number for line in moved} == set(range(1, 1 + len(heads) + len(BRIDGE + LIBRARY)))


@pytest.mark.parametrize(
    "lines",
    [
        ["# 青石桥加固工程完工 拉索全部更换", *BRIDGE],
        ["# 青石桥加固工程完工", "## 桥面限重提高到三十吨", *BRIDGE],
        ["# 青石桥加固工程完工 拉索全部更换", *BRIDGE, *LIBRARY],
        [*BRIDGE, *LIBRARY],
    ],
    ids=["a blank in a headline", "a subtitle", "a text whose headline is not there", "no headline"],
)
def test_what_heads_one_article_stays_as_it_is(lines: list[str]) -> None:
    assert order(*lines) is None
