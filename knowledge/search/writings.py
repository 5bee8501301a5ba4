"""One figure in other writings: 三百五十件 and 350件, 百分之七十 and 70%, 1.4万 and 14000, 6月27日 and 六月二十七日."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from knowledge.text.numbers import Quantity, QuantityKind, plain, value_of
from knowledge.text.periods import periods

_DIGITS = "零一二三四五六七八九"
_STEPS = ("", "十", "百", "千")
_SCALES = ((Decimal(10) ** 8, "亿"), (Decimal(10) ** 4, "万"))
_HANZI = re.compile(r"[〇零一二三四五六七八九十百千万亿两]+(?:点[〇零一二三四五六七八九]+)?")
_ARABIC = re.compile(r"\d+(?:\.\d+)?")
_PERCENT = re.compile(r"(?:百分之(?P<hanzi>.+)|(?P<arabic>[\d.]+)%)$")


def writings(figure: Quantity) -> tuple[str, ...]:
    """Return other writings of a figure's text, the likeliest in print first."""
    text = figure.text.replace(",", "")
    found = [text, *_ways(figure, text)]
    return tuple(way for way in dict.fromkeys(found) if way != figure.text)


def _ways(figure: Quantity, text: str) -> Iterator[str]:
    percent = _PERCENT.search(text)
    if percent:
        number = percent["hanzi"] or percent["arabic"]
        value = value_of(number)
        if value is not None:
            before = text[: percent.start()]
            yield f"{before}{plain(value)}%"
            yield f"{before}百分之{in_hanzi(value)}"
        return
    if figure.kind is QuantityKind.DATE and (day := _day(text)):
        yield from day
        return
    if figure.kind is QuantityKind.DATE or figure.value is None:
        yield _HANZI.sub(lambda found: _arabic(found.group()), text)
        yield _ARABIC.sub(lambda found: _year_or_number(found.group()), text)
        return
    number = _number(text)
    for way in (plain(figure.value), *_scaled(figure.value), in_hanzi(figure.value)):
        yield text.replace(number, way, 1)


def _day(text: str) -> tuple[str, ...]:
    """A day of a year as it may be printed; nothing for what is no whole day."""
    told = periods(text)
    day = told[0].period if len(told) == 1 else None
    if day is None or day.year is None or day.month is None or day.day is None:
        return ()
    y, m, d = day.year, day.month, day.day
    return (
        f"{y}年{m}月{d}日",
        f"{y}.{m}.{d}",
        f"{y}-{m:02}-{d:02}",
        f"{y}/{m}/{d}",
        f"{y}-{m}-{d}",
        f"{y}.{m:02}.{d:02}",
    )


def _number(text: str) -> str:
    """The number within a figure's text, its scale included."""
    found = re.search(r"\d+(?:\.\d+)?[百千万亿]*", text) or _HANZI.search(text)
    return found.group() if found else text


def _arabic(hanzi: str) -> str:
    if len(hanzi) == 4 and set(hanzi) <= {*_DIGITS, "〇"}:
        return "".join(str(_DIGITS.index(char.replace("〇", "零"))) for char in hanzi)
    value = value_of(hanzi)
    return hanzi if value is None else plain(value)


def _year_or_number(arabic: str) -> str:
    if len(arabic) == 4 and arabic.isdecimal():
        return "".join("〇一二三四五六七八九"[int(digit)] for digit in arabic)
    return in_hanzi(Decimal(arabic))


def _scaled(value: Decimal) -> Iterator[str]:
    for size, name in _SCALES:
        share = value / size
        if share >= Decimal("0.1") and share == share.quantize(Decimal("0.01")):
            yield f"{plain(share)}{name}"


def in_hanzi(value: Decimal) -> str:
    """Return a number in Chinese numerals: 14000 is 一万四千, 70.12 is 七十点一二."""
    whole, _, part = plain(value).partition(".")
    said = _integer(int(whole))
    said = said[1:] if said.startswith("一十") else said
    return f"{said}点{''.join(_DIGITS[int(digit)] for digit in part)}" if part else said


def _integer(number: int) -> str:
    for size, name in _SCALES:
        if number >= size:
            high, low = divmod(number, int(size))
            gap = "零" if low and low < size // 10 else ""
            return _integer(high) + name + (gap + _integer(low) if low else "")
    return _below_ten_thousand(number)


def _below_ten_thousand(number: int) -> str:
    said = ""
    for step in range(3, -1, -1):
        digit = number // 10**step % 10
        if digit:
            said += _DIGITS[digit] + _STEPS[step]
        elif said and not said.endswith("零") and number % 10**step:
            said += "零"
    return said or "零"
