"""Long texts in parts: nothing lost, nothing torn."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
import regex
from hypothesis import given

from bot.messages import Run, Style
from bot.platforms.telegram.entities import entities, split, units

FAMILY = "👨‍👩‍👧‍👦"
PIECES = st.sampled_from(["中", "𠮷", FAMILY, "é", "a", "\n", "。", "一行字\n"])
TEXTS = st.lists(PIECES, max_size=80).map("".join)
RUNS = st.lists(st.builds(Run, TEXTS, st.sampled_from(Style)), max_size=8)


@given(RUNS, st.integers(12, 60))
def test_parts_fit_and_joined_are_the_text(runs: list[Run], limit: int) -> None:
    parts = split(runs, limit)
    assert all(0 < sum(units(run.text) for run in part) <= limit for part in parts)
    assert "".join(run.text for part in parts for run in part) == "".join(run.text for run in runs)


@given(TEXTS, st.integers(12, 60))
def test_no_grapheme_is_torn(text: str, limit: int) -> None:
    parts = ["".join(run.text for run in part) for part in split([Run(text)], limit)]
    assert [g for part in parts for g in regex.findall(r"\X", part)] == regex.findall(r"\X", text)


def test_the_limit_is_counted_as_telegram_counts() -> None:
    assert [
        len(split([Run(char * count)])) for char, count in (("中", 4096), ("𠮷", 2048), ("𠮷", 2049))
    ] == [1, 1, 2]


def test_a_bold_run_is_not_cut_where_it_fits() -> None:
    parts = split([Run("字" * 15), Run("粗粗粗粗粗粗粗粗", Style.BOLD), Run("尾")], 20)
    assert parts == [[Run("字" * 15)], [Run("粗粗粗粗粗粗粗粗", Style.BOLD), Run("尾")]]


def test_a_cut_falls_on_the_end_of_a_line() -> None:
    parts = split([Run("一行\n二行\n三行三行三行")], 10)
    assert ["".join(run.text for run in part) for part in parts] == ["一行\n二行\n", "三行三行三行"]


def test_a_grapheme_above_the_limit_is_the_only_one_that_is_cut() -> None:
    assert [len(part[0].text) for part in split([Run("a" + "\u0301" * 5000)])] == [4096, 905]


def test_entities_count_utf16_units_and_links_other_than_http_are_dropped() -> None:
    runs = [
        Run("𠮷"),
        Run("粗", Style.BOLD),
        Run("链", link="https://a.b/"),
        Run("坏", link="tg://user?id=1"),
    ]
    found = [(e.type, e.offset, e.length, e.url) for e in entities(runs)]
    assert found == [("bold", 2, 1, None), ("text_link", 3, 1, "https://a.b/")]


@pytest.mark.parametrize("last", ["甲", "😀", "𠮷"])
@pytest.mark.parametrize(("units", "parts"), [(4095, 1), (4096, 1), (4097, 2)])
def test_a_text_at_the_very_limit_is_one_message_and_one_unit_more_are_two(
    last: str, units: int, parts: int
) -> None:
    text = "字" * (units - len(last.encode("utf-16-le")) // 2) + last
    found = ["".join(run.text for run in part) for part in split([Run(text)])]
    assert (len(found), "".join(found)) == (parts, text)
    assert found[-1].endswith(last)
