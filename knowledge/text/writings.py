"""Every usual way to write one figure: 三百三十八件 and 338件, 百分之六十六点二 and 66.2%, 14000, 14,000 and 1.4万."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

from knowledge.text.numbers import Figure, FigureKind
from knowledge.text.numerals import in_hanzi, plain, value_of

_HANZI = "〇零一二三四五六七八九十百千万亿两点"
_PERCENT = re.compile(rf"百分之([{_HANZI}\d.]+)|([\d.]+)\s?%")
_NUMERAL = re.compile(rf"\d[\d,.]*\s?[百千万亿]{{0,2}}|[{_HANZI}]+")
_DATED = re.compile(rf"(\d+|[{_HANZI}]+)(?=\s?([年月日号]))")


def writings(figure: Figure) -> tuple[str, ...]:
    """Return the other writings of a figure, its unit and approximation kept; empty for what has no value (数百)."""
    if figure.value is None and figure.kind is not FigureKind.DATE:
        return ()
    if figure.kind is FigureKind.DATE:
        return _others(figure.text, (_dated(figure.text, arabic) for arabic in (True, False)))
    percent = _PERCENT.search(figure.text)
    if percent:
        value = value_of(percent[1] or percent[2])
        return _others(figure.text, _percents(figure.text, percent, value)) if value is not None else ()
    numeral = _NUMERAL.search(figure.text)
    value = value_of(numeral.group().rstrip(",.")) if numeral else None
    if numeral is None or value is None or "分之" in figure.text:
        return ()
    tail = figure.text[numeral.end() :]
    return _others(figure.text, (figure.text[: numeral.start()] + n + tail for n in _numerals(value)))


def _numerals(value: Decimal) -> tuple[str, ...]:
    forms = [plain(value)]
    if value == value.to_integral_value() and value >= 1000:
        forms.append(f"{int(value):,}")
    for scale, name in ((10**8, "亿"), (10**4, "万")):
        if value >= scale and len(plain(value / scale)) <= 6:
            forms.append(plain(value / scale) + name)
    spelt = in_hanzi(value)
    return (*forms, spelt) if spelt else tuple(forms)


def _percents(text: str, found: re.Match[str], value: Decimal) -> tuple[str, ...]:
    spelt = in_hanzi(value)
    forms = [plain(value) + "%", *([f"百分之{spelt}"] if spelt else [])]
    return tuple(text[: found.start()] + form + text[found.end() :] for form in forms)


def _dated(text: str, arabic: bool) -> str:
    def write(found: re.Match[str]) -> str:
        value = value_of(found[1])
        if value is None:
            return found[1]
        if arabic:
            return plain(value)
        digits = plain(value)
        return (
            "".join("〇一二三四五六七八九"[int(d)] for d in digits) if found[2] == "年" else in_hanzi(value)
        )

    return _DATED.sub(write, text)


def _others(text: str, forms: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(form for form in forms if form != text))
