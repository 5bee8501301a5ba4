"""Figures in any writing meet under one key, each with its place, unit and kind."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.text.numbers import QuantityKind, number_keys, plain, quantities, value_of
from knowledge.text.periods import Period, Relation, periods
from tests.support.words import examples


@examples("one", "other")
def test_two_writings_of_one_number_share_a_key(one: str, other: str) -> None:
    assert number_keys(quantities(one)) == number_keys(quantities(other)) != ()


@examples("text", "said", "kind")
def test_a_figure_is_said_with_its_unit_and_its_approximation(text: str, said: str, kind: str) -> None:
    assert [(f.text, f.kind) for f in quantities(text)] == [(said, QuantityKind[kind])]


@pytest.mark.parametrize(
    "text", ["统一部署一体推进", "万一如此", "统筹半边天", "几何", "百姓千方百计", "12345市民热线的市"]
)
def test_a_hanzi_numeral_inside_a_word_is_no_quantity(text: str) -> None:
    assert all(f.text.isdecimal() for f in quantities(text))


def test_a_range_has_both_ends() -> None:
    (figure,) = quantities("需要3至5个")
    assert (figure.value, figure.until, figure.keys) == (Decimal(3), Decimal(5), ("3", "5"))


def test_a_bare_year_also_meets_the_year() -> None:
    assert "2023年" in number_keys(quantities("临港 2023"))


@given(
    st.text(alphabet="0123456789０５一二三十百千万亿两半几个名年月日至.，,%第每近余多第 -分之", max_size=40)
    | st.text(max_size=60)
)
def test_figures_of_any_text_stand_where_they_say_in_order(text: str) -> None:
    end = 0
    for figure in quantities(text):
        assert figure.start >= end
        assert text[figure.start : figure.end] == figure.text != ""
        end = figure.end


_DIGITS = "零一二三四五六七八九"


def hanzi(number: int) -> str:
    """Write 0..99,999,999 in hanzi the schoolbook way."""
    if number >= 10_000:
        low = number % 10_000
        return hanzi(number // 10_000) + "万" + (("零" if low < 1000 else "") + hanzi(low) if low else "")
    said, gap = "", False
    for scale, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // scale % 10
        if digit:
            said += ("零" if gap and said else "") + _DIGITS[digit] + name
        gap = digit == 0
    return said or "零"


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("二百五", 250), ("三千六", 3600), ("一万二", 12_000), ("2千5百", 2500), ("两百五", 250), ("一亿二", 120_000_000),
        ("三十二万一", 321_000), ("二百零五", 205), ("廿五", None), ("百", 100), ("千万", 10_000_000), ("仨", 3),
        ("二〇二三", 2023), ("３千", 3000), ("1,037", 1037), ("三点五", Decimal("3.5")), ("亿亿亿亿", None), ("万一十", None),
    ],
)  # fmt: skip
def test_a_numeral_has_the_value_that_is_meant(written: str, value: int | Decimal | None) -> None:
    assert value_of(written) == value


@given(st.integers(0, 99_999_999))
def test_a_number_written_in_hanzi_has_the_value_it_was_written_from(number: int) -> None:
    assert value_of(hanzi(number)) == number


@given(st.decimals(0, 10**9, places=3, allow_nan=False, allow_infinity=False))
def test_the_plain_writing_of_a_value_is_read_back_as_the_value(value: Decimal) -> None:
    assert value_of(plain(value)) == value


@given(st.text(max_size=30))
def test_no_text_stops_the_reading_of_a_numeral(text: str) -> None:
    value = value_of(text)
    assert value is None or value >= 0


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("会议于2025.7.24召开", Period(year=2025, month=7, day=24)),
        ("2025-07-24", Period(year=2025, month=7, day=24)),
        ("2025/7/24", Period(year=2025, month=7, day=24)),
        ("2025年7月24日", Period(year=2025, month=7, day=24)),
        ("二〇二五年七月", Period(year=2025, month=7)),
        ("2023年下半年", Period(year=2023, half=2)),
        ("03年东亚四强赛", Period(year=2003)),
        ("去年三季度", Period(relative=-1, quarter=3)),
        ("首班车:6:05", Period(clock=365)),
        ("下午3点半", Period(clock=930)),
        ("今年前两个月", Period(relative=0, months=(1, 2))),
        ("2023年1—11月份", Period(year=2023, months=(1, 11))),
        ("前三季度", Period(months=(1, 9))),
    ],
)
def test_a_time_is_read_in_any_writing(text: str, period: Period) -> None:
    assert [span.period for span in periods(text)] == [period]


@pytest.mark.parametrize(
    "text", ["三年级", "70.12%", "2.3亿元", "192.168.1.10", "第3日", "上级部门", "百日攻坚"]
)
def test_what_only_looks_like_a_time_is_none(text: str) -> None:
    assert periods(text) == ()


@pytest.mark.parametrize(
    ("asked", "printed", "relation"),
    [
        ("上半年", "5月", Relation.NARROWER),
        ("2023年下半年", "2023年上半年", Relation.OTHER),
        ("2023年下半年", "2023年", Relation.ABSENT),
        ("2023年", "2023年上半年", Relation.NARROWER),
        ("2025年7月24日", "2025.7.24", Relation.SAME),
        ("一季度", "下半年", Relation.OTHER),
        ("去年", "今年", Relation.OTHER),
        ("前两个月", "1—7月", Relation.OTHER),
        ("前两个月", "1至2月", Relation.SAME),
        ("前11个月", "5月", Relation.NARROWER),
        ("上半年", "前三季度", Relation.OTHER),
    ],
)
def test_times_compare_part_by_part(asked: str, printed: str, relation: Relation) -> None:
    assert periods(asked)[0].period.related(periods(printed)[0].period) is relation


def test_a_time_takes_from_an_outer_one_what_it_does_not_tell() -> None:
    assert Period(month=6).within(Period(year=2023, month=1)) == Period(year=2023, month=6)
