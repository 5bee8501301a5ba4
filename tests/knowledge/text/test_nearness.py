"""What is nearly the same: names mistyped, titles half remembered, sentences corrected."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.text.nearness import changes, likeness, nearest, remembered

SETTINGS = ["CHUCHU_ARTICLES", "CHUCHU_DATA", "CHUCHU_HTTP", "CHUCHU_ADMIN_HTTP", "CHUCHU_WATCH"]
TITLES = ["全市首座垂直森林公园开放", "苏州河步道贯通", "老旧小区加装电梯提速", "图书馆夜间开放"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("CHUCHU_ARTICLE", "CHUCHU_ARTICLES"),
        ("CHUCHU_DTAA", "CHUCHU_DATA"),
        ("CHUCHU_ADMINHTTP", "CHUCHU_ADMIN_HTTP"),
        ("CHUCHU_WACTH", "CHUCHU_WATCH"),
    ],
)
def test_a_mistyped_name_is_taken_for_the_nearest(written: str, meant: str) -> None:
    assert nearest(written, SETTINGS) == meant


def test_what_is_like_nothing_is_taken_for_nothing() -> None:
    assert nearest("newspaper", ["url", "date"], 0.6) is None


@pytest.mark.parametrize(
    ("part", "title"),
    [
        ("垂直森林公圆", "全市首座垂直森林公园开放"),
        ("苏州河的步道贯通", "苏州河步道贯通"),
        ("小区加电梯提速", "老旧小区加装电梯提速"),
    ],
)
def test_a_title_is_found_by_what_somebody_half_remembers(part: str, title: str) -> None:
    assert TITLES[remembered(part, TITLES)[0]] == title


@pytest.mark.parametrize("part", ["公园", "地铁票价", "北京地铁票价", "完全是另一回事"])
def test_what_is_too_short_or_another_thing_means_no_title(part: str) -> None:
    assert remembered(part, TITLES) == []


rows = st.lists(st.sampled_from(["甲", "乙", "丙", "丁"]), max_size=12)


@given(rows, rows)
def test_the_changes_turn_one_row_into_the_other(before: list[str], after: list[str]) -> None:
    made, at = [], 0
    for change in changes(before, after):
        made += before[at : change.start] + after[change.after_start : change.after_end]
        at = change.end
    assert made + before[at:] == after


def test_likeness_is_the_share_in_common() -> None:
    assert (
        likeness("步道全长四公里", "步道全长五公里")
        > 0.8
        > 0.3
        > likeness("步道全长四公里", "图书馆夜间开放")
    )
