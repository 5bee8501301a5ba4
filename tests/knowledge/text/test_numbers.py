"""Figures in any writing meet under one key, each with its place, unit and kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from decimal import Decimal
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from knowledge.text.numbers import number_keys, plain, quantities, value_of
from knowledge.text.periods import Period, periods
from tests.support.promises import promised


def same_key(one: str, other: str) -> str:
    return "yes" if number_keys(quantities(one)) == number_keys(quantities(other)) != () else "no"


def value(text: str) -> str:
    found = value_of(text)
    return "-" if found is None else f"{found:f}"


def time(text: str) -> str:
    """The parts of each time in a text that it tells."""
    parts = (
        " ".join(
            f"{field.name}={told}"
            for field in fields(Period)
            if (told := getattr(span.period, field.name)) is not None
        )
        for span in periods(text)
    )
    return "; ".join(parts) or "-"


SEEN: dict[str, Callable[..., str]] = {
    "same key": same_key,
    "keys": lambda text: " ".join(number_keys(quantities(text))),
    "figures": lambda text: ", ".join(f"{one.text}: {one.kind.name}" for one in quantities(text)) or "-",
    "value": value,
    "periods": time,
    "relation": lambda asked, told: periods(asked)[0].period.related(periods(told)[0].period).name,
}
"""What of a text is looked at, by the name that `numbers.txt` has for it."""


@promised(Path(__file__).with_name("numbers.txt"))
def test_figures_and_times_are_read_as_promised(seen: str, cells: list[str]) -> None:
    *texts, expected = cells
    assert SEEN[seen](*texts) == expected


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


def test_a_time_takes_from_an_outer_one_what_it_does_not_tell() -> None:
    assert Period(month=6).within(Period(year=2023, month=1)) == Period(year=2023, month=6)
