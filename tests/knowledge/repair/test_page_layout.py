"""Columns beside each other are read one after another, glyphs set for looks as what they say; all else stays whole."""

from __future__ import annotations

from itertools import zip_longest

import pytest

from knowledge.repair.page_layout import page_lines
from tests.knowledge.repair.pages import column, document, repair, texts

LEFT = (
    "昨日，引水工程二期正式通",
    "水，日供水能力达到一百二",
    "十万吨，惠及近八十万居民",
    "，周边三个乡镇同时受益，",
    "水费不变，水质明显改善，",
    "居民说水甜了许多，放心。",
)
RIGHT = (
    "市水务集团表示，下一步将",
    "加快老旧管网改造，计划到",
    "明年底完成二百六十公里的",
    "更新，另建两座泵站，预计",
    "投资三亿元，资金已到位，",
    "工程将分三期陆续完成了。",
)


def side_by_side(gap: str) -> str:
    return "\n".join(left + gap + right for left, right in zip(LEFT, RIGHT, strict=True))


@pytest.mark.parametrize("gap", [" ", "    ", "\u3000\u3000\u3000"])
def test_columns_are_read_one_after_another_and_spans_stay_exact(gap: str) -> None:
    page = document(side_by_side(gap))
    lines = page_lines(page)
    assert [line.text for line in lines] == [*LEFT, *RIGHT]
    assert all(page.lines[s.line - 1][s.start : s.end] in line.text for line in lines for s in line.spans)


def test_columns_whose_lines_stand_in_turns_are_read_one_after_another() -> None:
    left = column(
        "昨天上午，引水工程二期正式通水，日供水能力达到一百二十万吨，惠及近八十万居民。周边三个乡镇同时受益，水费保持不变，水质明显"
        "改善，居民们都说水比过去甜了许多。",
        12,
    ).split("\n")
    right = column(
        "市水务集团负责人表示，下一步将加快老旧管网改造，计划到明年年底完成二百六十公里的更新任务。集团还将另外建设两座泵站，预计投资三"
        "亿元，目前资金已经全部到位。",
        12,
    ).split("\n")
    rows = [line for pair in zip_longest(left, right) for line in pair if line]
    lines = page_lines(document("\n".join(("引水工程二期通水", "", *rows))))
    assert [line.text for line in lines] == ["引水工程二期通水", *left, *right]


@pytest.mark.parametrize(
    "text",
    [
        "\n".join((*LEFT, *RIGHT)),
        "春江水暖\n江南二月雨初晴，\n柳色青青绕古城。\n燕子归来寻旧垒，\n渔舟唱晚过桥横。\n梅花落尽桃花发，\n布谷声中始劝耕。\n最是一年春好处，\n家家户户理新塍。",
        "\n".join(
            f"{place}{what}名单：张伟 王芳 李娜"
            for place in ("城东", "河西", "南桥")
            for what in ("小学", "中学", "社区")
        ),
    ],
)
def test_one_column_verse_and_lists_are_not_taken_for_turns(text: str) -> None:
    assert [line.number for line in page_lines(document(text))] == list(range(1, 1 + len(text.split("\n"))))


@pytest.mark.parametrize(
    "text",
    [
        "姓名    年龄    住址\n张三    30    青石镇\n李四    41    柳河县\n王五    28    云溪村\n赵六    35    北仓港\n钱七    52    石桥村\n孙八    33    松林场",
        "def main():\n    total = 0      # the sum\n    for x in y:    # each\n        total += x     # add\n    print(total)   # show\n    return total   # done",
        "张伟  王芳  李娜  刘洋\n陈晨  杨帆  赵敏  黄磊\n周涛  吴刚  徐静  孙丽\n马超  朱军  胡兵  郭靖\n何平  林峰  高山  罗兰\n梁音  宋江  唐婉  许诺",
    ],
)
def test_tables_code_and_lists_of_names_stay_whole(text: str) -> None:
    lines = page_lines(document(text))
    assert [line.number for line in lines] == list(range(1, 1 + len(text.split("\n"))))


def test_letter_spacing_is_closed_also_around_figures() -> None:
    assert texts(repair("水 库 加 固 完 工\n\n总 投 资 8 6 0 0 万 元 ， 惠 及 下 游 5 个 乡 镇 。")) == [
        "总投资8600万元，惠及下游5个乡镇。"
    ]


def test_a_doubled_headline_is_read_once() -> None:
    repaired = repair("引引水水工工程程二二期期通通水水\n\n昨日，引水工程二期正式通水，惠及近80万居民。")
    assert repaired.articles[0].title.text == "引水工程二期通水"
