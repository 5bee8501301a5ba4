"""Times in running text: years, halves, quarters, months, days and hours in any writing, as parts that compare."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum

from knowledge.text.numbers import value_of


class Relation(StrEnum):
    """How what is printed stands to what is asked."""

    SAME = "same"
    NARROWER = "narrower"
    ABSENT = "absent"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Period:
    """A time as far as it is told; None is not told. `half` and `quarter` count from 1, `clock` is minutes of the day.

    `relative` is the year as counted from now: 0 今年, -1 去年; `months` are the first and last of several: 1—11月.
    """

    year: int | None = None
    relative: int | None = None
    half: int | None = None
    quarter: int | None = None
    month: int | None = None
    day: int | None = None
    clock: int | None = None
    months: tuple[int, int] | None = None

    @property
    def is_part_of_a_year(self) -> bool:
        """Whether it tells more than a year: a half, a quarter, a month, a day."""
        return any(getattr(self, name) is not None for name in ("half", "quarter", "month", "day", "months"))

    def alike(self, printed: Period) -> int:
        """Return how many parts two times have in common."""
        told = (part.name for part in fields(Period) if getattr(self, part.name) is not None)
        return sum(getattr(self, name) == getattr(printed, name) for name in told)

    def related(self, printed: Period) -> Relation:
        """Return how a printed time stands to this asked one: 五月 is narrower than 上半年, 2022年 other than 2023年."""
        mine, its = self._widened(), printed._widened()
        shared = False
        if self.months or printed.months:
            asked, said = mine.months, its.months
            if asked and said and not (asked[0] <= said[0] and said[1] <= asked[1]):
                return Relation.OTHER  # what the first five months came to is no figure of the first two
            shared = asked is not None and said is not None
        for part in fields(Period):
            if part.name == "months":
                continue
            asked, said = getattr(mine, part.name), getattr(its, part.name)
            if asked is None or said is None:
                continue
            shared = True
            if asked != said:
                return Relation.OTHER
        if not shared:
            return Relation.ABSENT
        told = [part.name for part in fields(Period) if getattr(self, part.name) is not None]
        if all(getattr(its, name) is not None for name in told):
            more = any(
                getattr(printed, part.name) is not None and getattr(mine, part.name) is None
                for part in fields(Period)
            )
            return Relation.NARROWER if more else Relation.SAME
        return Relation.ABSENT

    def within(self, outer: Period) -> Period:
        """Return this time with what only `outer` tells: 6月 of an article of 2023."""
        told = [part.name for part in fields(Period) if getattr(self, part.name) is not None]
        left = _OF_MONTHS if self.months else frozenset({"months"} if _OF_MONTHS.intersection(told) else ())
        taken = {name: getattr(outer, name) for name in _PARTS - left - frozenset(told)}
        return replace(self, **taken)

    def _widened(self) -> Period:
        """With the quarter and half that a month lies in."""
        quarter = self.quarter or (None if self.month is None else (self.month + 2) // 3)
        half = self.half or (None if quarter is None else (quarter + 1) // 2)
        months = self.months or next(
            (
                (size * (told - 1) + 1, size * told)
                for told, size in ((self.month, 1), (quarter, 3), (half, 6))
                if told is not None
            ),
            None,
        )
        return Period(self.year, self.relative, half, quarter, self.month, self.day, self.clock, months)


_PARTS = frozenset(part.name for part in fields(Period))
_OF_MONTHS = frozenset({"half", "quarter", "month", "day"})
_HANZI = "〇零一二三四五六七八九十"
_NUMBER = rf"(?:\d{{1,2}}|[{_HANZI}]{{1,3}})"
_YEAR = r"(?P<year>(?:1\d|20)\d{2}|(?<![\d.])0\d|[一二][〇零一二三四五六七八九]{3})\s?年(?:度|代)?|(?P<relative>今|本|去|上|前|明|后)年(?!级)(?:度)?"
_REST = (
    rf"(?P<half>[上下]半年)|(?:第?(?P<quarter>[一二三四1-4])|(?P<last>首|末))(?:个)?季度"
    rf"|前(?P<many>{_NUMBER}|两)个(?P<quarters>季度|月)|前(?P<few>[二两三])季度"
    rf"|(?P<from>\d{{1,2}})(?:月(?:份)?)?\s?[至到~～—–-]\s?(?P<to>\d{{1,2}})月(?:份)?(?!\s?\d+\s?[日号])"
    rf"|(?P<month>{_NUMBER})\s?月(?:份)?(?:\s?(?P<day>{_NUMBER})\s?[日号])?"
)
_WRITTEN = re.compile(
    r"(?<!\d)(?P<y>\d{4})(?P<part>\s?[-./]\s?)(?P<m>\d{1,2})(?P=part)(?P<d>\d{1,2})(?![\d.])"
    rf"|(?:{_YEAR})(?:的|\s)?(?:{_REST})?|(?<![\d{_HANZI}第])(?:{_REST.replace('<', '<_')})"
    rf"|(?<![\d{_HANZI}第月.])(?P<lone>{_NUMBER})[日](?![本元报均常程夜前后志韩])"
)
_CLOCK = re.compile(
    r"(?<!\d)(?<!\d[:.])(?P<hour>[01]?\d|2[0-4])[:](?P<minute>[0-5]\d)(?![\d:])"
    rf"|(?P<when>上午|下午|晚上|中午|凌晨|早上|傍晚|晚|早)?(?P<spoken>{_NUMBER})(?:时|点)(?:(?P<past>{_NUMBER})分?|(?P<half>半))?(?![\d间候期代差]|点)"
)
_TELLING = re.compile(r"[年月日季时点:]|\d\s?[-./]")
"""Without any of these no time is told."""
_RELATIVE = {"今": 0, "本": 0, "去": -1, "上": -1, "前": -2, "明": 1, "后": 2}
_LATER = frozenset({"下午", "晚上", "傍晚", "晚"})


@dataclass(frozen=True, slots=True)
class DatedSpan:
    """A time as it stands at `text[start:end]`."""

    start: int
    end: int
    period: Period


def is_compared_with(span: DatedSpan, folded: str) -> bool:
    """Tell whether a time is only what something is compared with: 去年 of 比去年增加45万张."""
    return folded[: span.start].rstrip().endswith(("比", "较")) or folded[span.end :].startswith(
        ("相比", "同期相比")
    )


def periods(folded: str) -> tuple[DatedSpan, ...]:
    """Return the times of a folded text in order, disjoint; spans of years as their ends."""
    if not _TELLING.search(folded):
        return ()
    found = [
        DatedSpan(*match.span(), period) for match in _WRITTEN.finditer(folded) if (period := _period(match))
    ]
    taken = {at for span in found for at in range(span.start, span.end)}
    hours = (match for match in _CLOCK.finditer(folded) if match.start() not in taken)
    found += [DatedSpan(*at.span(), Period(clock=told)) for at in hours if (told := _clock(at)) is not None]
    return tuple(sorted(found, key=lambda span: span.start))


def _number(written: str | None) -> int | None:
    if not written:
        return None
    if len(written) == 4 and not written.isdecimal():
        written = "".join(str("〇一二三四五六七八九".find(c.replace("零", "〇"))) for c in written)
    value = value_of(written)
    return None if value is None else int(value)


def _period(match: re.Match[str]) -> Period | None:
    told = {name.lstrip("_"): text for name, text in match.groupdict().items() if text}
    month, day = (
        _number(told.get("m") or told.get("month")),
        _number(told.get("d") or told.get("day") or told.get("lone")),
    )
    if (month is not None and not 1 <= month <= 12) or (day is not None and not 1 <= day <= 31):
        return None
    half = told.get("half")
    months = _months(told)
    if months is not None and not 1 <= months[0] < months[1] <= 12:
        return None
    quarter = _number(told.get("quarter")) or {"首": 1, "末": 4}.get(told.get("last", ""))
    return Period(
        year=_year(told.get("y") or told.get("year")),
        relative=_RELATIVE[told["relative"]] if "relative" in told else None,
        half=None if half is None else 1 if half[0] == "上" else 2,
        quarter=quarter,
        month=month,
        day=day,
        months=months,
    )


def _year(written: str | None) -> int | None:
    """03年 is 2003."""
    return _number(f"20{written}" if written and len(written) == 2 else written)


def _months(told: Mapping[str, str]) -> tuple[int, int] | None:
    """The first and last month of 前两个月, 前三季度 and 1—11月."""
    if "from" in told:
        return _number(told["from"]) or 0, _number(told["to"]) or 0
    many = _number(told.get("many") or told.get("few"))
    return None if many is None else (1, many if told.get("quarters") == "月" else 3 * many)


def _clock(match: re.Match[str]) -> int | None:
    hour = _number(match["hour"] or match["spoken"])
    if hour is None or hour > 24:
        return None
    if match["when"] in _LATER and hour < 12:
        hour += 12
    minute = 30 if match["half"] else _number(match["minute"] or match["past"]) or 0
    return 60 * hour + minute if minute < 60 else None
