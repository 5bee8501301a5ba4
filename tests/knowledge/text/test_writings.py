"""One figure, every usual writing."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.text.numbers import figures
from knowledge.text.numerals import in_hanzi, value_of
from knowledge.text.writings import writings


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("三百三十八件", "338件"),
        ("338件", "三百三十八件"),
        ("百分之六十六点二", "66.2%"),
        ("66.2%", "百分之六十六点二"),
        ("近1.4万条", "近14000条"),
        ("14000条", "1.4万条"),
        ("1037项", "1,037项"),
        ("二〇二三年", "2023年"),
        ("六月二十七日", "6月27日"),
        ("6月27日", "六月二十七日"),
        ("12人", "十二人"),
    ],
)
def test_a_figure_is_written_the_other_ways_too(text: str, other: str) -> None:
    (figure,) = figures(text)
    assert other in writings(figure)
    assert text not in writings(figure)


@pytest.mark.parametrize("text", ["数百名", "十几个"])
def test_what_has_no_value_has_no_other_writing(text: str) -> None:
    assert [w for figure in figures(text) for w in writings(figure)] == []


@given(st.integers(0, 10**12 - 1))
@settings(max_examples=200, deadline=None)
def test_a_number_in_hanzi_is_read_back(number: int) -> None:
    assert value_of(in_hanzi(Decimal(number))) == number


@given(st.text(alphabet="0123456789一二三十百千万亿两半几个名年月日至.,%近余多第 百分之", max_size=24))
@settings(max_examples=200, deadline=None)
def test_any_figure_can_be_written(text: str) -> None:
    for figure in figures(text):
        assert all(w and w != figure.text for w in writings(figure))
