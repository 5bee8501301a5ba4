"""Figures in any writing meet under one key, each with its place, unit and kind."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.text.numbers import QuantityKind, number_keys, plain, quantities, value_of
from knowledge.text.periods import Period, Relation, periods


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("三百五十件", "350件"),
        ("百分之七十点一二", "70.12%"),
        ("1.4万", "14000"),
        ("２５", "25"),
        ("1,037项", "1037项"),
        ("二〇二三年", "2023年"),
        ("两小时", "2小时"),
        ("万余条", "1万余条"),
        ("十月", "10月"),
        ("一千零八十", "1080"),
        ("三亿五千万元", "3.5亿元"),
        ("四十万零十户", "400010户"),
        ("二百五十个", "250个"),
        ("三千六百户", "3600户"),
        ("2千5百元", "2500元"),
    ],
)
def test_two_writings_of_one_number_share_a_key(one: str, other: str) -> None:
    assert number_keys(quantities(one)) == number_keys(quantities(other)) != ()


@pytest.mark.parametrize(
    ("text", "said", "kind"),
    [
        ("共近35万名党员参加", "近35万名", QuantityKind.COUNT),
        ("滚动播出1800余条新闻", "1800余条", QuantityKind.COUNT),
        ("耗时3个多月的速度", "3个多月", QuantityKind.DURATION),
        ("最快半小时内解决", "最快半小时内", QuantityKind.DURATION),
        ("以每月一次的频率", "每月一次", QuantityKind.FREQUENCY),
        ("并通过每周1期《动态》", "每周1期", QuantityKind.FREQUENCY),
        ("同比增长70.12%,", "70.12%", QuantityKind.PERCENT),
        ("的第一批教育", "第一批", QuantityKind.ORDINAL),
        ("从6月27日起", "6月27日", QuantityKind.DATE),
        ("今年1至7月，查处", "今年1至7月", QuantityKind.DATE),
        ("9月6日至8日，", "9月6日至8日", QuantityKind.DATE),
        ("达49.53亿美元，", "49.53亿美元", QuantityKind.COUNT),
        ("平均海拔4200米", "4200米", QuantityKind.COUNT),
        ("超过 1万名职工", "超过 1万名", QuantityKind.COUNT),
        ("成绩是2小时27分05秒，", "2小时27分05秒", QuantityKind.DURATION),
        ("历时1年零3个月", "1年零3个月", QuantityKind.DURATION),
        ("每碗3元5角", "3元5角", QuantityKind.COUNT),
    ],
)
def test_a_figure_is_said_with_its_unit_and_its_approximation(
    text: str, said: str, kind: QuantityKind
) -> None:
    assert [(f.text, f.kind) for f in quantities(text)] == [(said, kind)]


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
