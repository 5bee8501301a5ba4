"""A query that asks for several things is cut into queries that each ask for one."""

from __future__ import annotations

import pytest

from knowledge.query.aliases import Aliases
from knowledge.query.analysis import Query, analyse, parts_of
from knowledge.text.analyzer import ChineseAnalyzer

CHINESE = ChineseAnalyzer()


def read(text: str) -> Query:
    return analyse(text, Aliases(), CHINESE)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("柳湾大桥有多长？由谁承建？", ["柳湾大桥有多长", "柳湾大桥由谁承建"]),
        ("谁承建了柳湾大桥？有多长？", ["谁承建了柳湾大桥", "柳湾大桥有多长"]),
        ("会议什么时候召开，在哪里召开", ["会议什么时候召开", "会议在哪里召开"]),
        ("第一批和第二批各有多少问题", ["第一批有多少问题", "第二批有多少问题"]),
        ("柳江市第一批和第二批分别收集多少意见", ["柳江市第一批收集多少意见", "柳江市第二批收集多少意见"]),
        ("柳湾大桥和南河大桥哪个更长", ["柳湾大桥有多长", "南河大桥有多长"]),
        ("东城区比西城区多多少个充电桩", ["东城区有多少个充电桩", "西城区有多少个充电桩"]),
    ],
)
def test_each_part_asks_for_one_thing_about_its_own_subject(text: str, parts: list[str]) -> None:
    assert [part.query.text for part in parts_of(read(text), text, read)] == parts


@pytest.mark.parametrize(
    "text", ["柳湾大桥有多长", "你好，请问几点开门", "蕃瓜弄？莫德纳？", "柳湾大桥，南河大桥", ""]
)
def test_a_query_that_asks_for_one_thing_is_not_cut(text: str) -> None:
    assert parts_of(read(text), text, read) == ()
