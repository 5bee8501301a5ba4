"""A figure is found in whatever writing it is printed."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.search.rewriting import in_hanzi, writings
from knowledge.text.numbers import quantities, value_of


@pytest.mark.parametrize(
    ("asked", "printed"),
    [
        ("350件", "三百五十件"),
        ("三百五十件", "350件"),
        ("百分之七十点一二", "70.12%"),
        ("70.12%", "百分之七十点一二"),
        ("14000", "1.4万"),
        ("1.4万", "14000"),
        ("6月27日", "六月二十七日"),
        ("二〇二三年", "2023年"),
        ("1,858个", "1858个"),
        ("2025年7月24日", "2025.7.24"),
        ("2025.7.24", "2025-07-24"),
        ("2025-07-24", "2025年7月24日"),
        ("2023-12.5", "二〇二三-十二点五"),
    ],
)
def test_other_writings_of_a_figure(asked: str, printed: str) -> None:
    assert printed in writings(quantities(asked)[0])


@given(st.integers(0, 10**12))
def test_chinese_numerals_read_back_as_the_same_number(number: int) -> None:
    assert value_of(in_hanzi(Decimal(number))) == number
