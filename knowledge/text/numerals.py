"""The value of one written number: 350, 三百五十, 1.4万, １,０３７, 二〇二三, 半."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {
    "〇": 0, "○": 0, "两": 2, "俩": 2, "仨": 3,
    "壹": 1, "贰": 2, "叁": 3, "肆": 4, "伍": 5, "陆": 6, "柒": 7, "捌": 8, "玖": 9,
}  # fmt: skip
SCALES = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000, "万": 10**4, "亿": 10**8}

_LONGEST = 24  # digits; beyond that it is a serial number, not a quantity
_TOO_MUCH = Decimal(10) ** _LONGEST  # few characters can say more: 亿亿亿亿


def value_of(written: str) -> Decimal | None:
    """Return the number that `written` says, or None where it says none (几十, 数百, 万一's tail).

    Arabic digits of any width, thousands commas, hanzi numerals with or without scales, and both mixed.
    """
    value = _value(written)
    return value if value is not None and value < _TOO_MUCH else None


def _value(written: str) -> Decimal | None:
    text = (
        written.replace(",", "")
        .replace("，", "")
        .replace("．", ".")
        .replace(" ", "")
        .replace("多", "")
        .replace("余", "")
    )
    if not text or len(text) > _LONGEST:
        return None
    if text == "半":
        return Decimal("0.5")
    head = len(text)
    while head and text[head - 1] in SCALES:
        head -= 1
    if head and text[0].isdecimal():
        return _scaled(text[:head], text[head:])
    whole, point, fraction = text.partition("点")
    value = _hanzi(whole)
    if value is None or not point:
        return value
    places = [DIGITS.get(c) for c in fraction]
    if not places or None in places:
        return None
    return value + Decimal("0." + "".join(map(str, places)))


def plain(value: Decimal) -> str:
    """Write a value the one way that keys compare: no exponent, no trailing zeros."""
    if value == value.to_integral_value():
        return str(int(value))
    return f"{value.normalize():f}"


def _scaled(digits: str, scales: str) -> Decimal | None:
    try:
        value = Decimal(digits)
    except InvalidOperation:
        return None
    for scale in scales:
        value *= SCALES[scale]
    return value


def _hanzi(text: str) -> Decimal | None:
    if len(text) > 1 and all(c in DIGITS for c in text):  # 二〇二三, read digit by digit
        return Decimal("".join(str(DIGITS[c]) for c in text))
    total = section = 0
    digit: int | None = None
    for c in text:
        if c in DIGITS:
            digit = DIGITS[c] or None  # 零十 is ten
        elif c not in SCALES:
            return None
        elif SCALES[c] < 10**4:
            section += (1 if digit is None else digit) * SCALES[c]
            digit = None
        else:
            section += digit or 0
            total = (
                (total + (section or (0 if total else 1))) * SCALES[c]
                if c == "亿"
                else (total + (section or 1) * SCALES[c])
            )
            section, digit = 0, None
    return Decimal(total + section + (digit or 0))
