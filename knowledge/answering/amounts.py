"""多少, 几, 什么时候, 多久: the figure that answers."""

from __future__ import annotations

import re
from bisect import bisect_right

from knowledge.answering.reading import Range, Reading
from knowledge.query.question import QuestionType
from knowledge.text.numbers import Quantity, QuantityKind

_PEOPLE = frozenset({"人", "名", "位", "人次", "个", "员"})
_ALIKE = (
    _PEOPLE,
    frozenset({"个", "项", "件", "条", "起", "宗", "桩", "例", "份", "种", "类"}),
    frozenset({"家", "个", "所"}),
    frozenset({"场", "场次", "次"}),
)
_MONEY = re.compile(r"元|角|英镑|币|卢布")
_MONEY_NOUNS = re.compile(r"钱|资金|经费|费用|金额|收入|投资|成本|元")
_RATES = re.compile(r"(?<!频)率$|占比|比例|比重|百分|成数|权重")
_SHARE = re.compile(r"占[^,，。 ]{0,5}$")
_AGES = re.compile(r"年纪|岁数|年龄|几岁")
_LENGTHS = re.compile(r"海拔|高度|长度|多[高远长深宽]|里程|距离")
_ERA = re.compile(
    r"(?:公元)?前?\d+世纪(?:[初中晚末早][期叶]?|\d+年代)?|(?:公元)?前\d+年|[\d.]+[万亿]年前|[\u4e00-\u9fff]{2}(?:年间|时期)"
)
_RELATIVE = re.compile(
    r"(?:今年|去年|前年|明年|当年|本月|上月|日前|近日|连日来|年底前|年内|目前|截至目前|如今|[春夏秋冬]季|[春夏秋冬]天)"
)
_EACH = re.compile(
    r"每(?:年|月|周|天|日|季度|半年|两周|隔?[一二两三]?[年月周天])(?:[一二两三四五\d]次)?|(?<=[^\w])定期"
)
_BEFORE = re.compile(r"(?:由|从)(?:原来的?|原先的?|过去的?|以前的?|此前的?|最初的?|约|近)*$")
_BECOME = re.compile(r"(?:到|至|为|成)(?:约|近|不足|不到|超过|现在的?|目前的?|如今的?)*$")
_ASKS_BEFORE = re.compile(r"原|以前|之前|此前|过去|起初|最初|由|从")
_YEAR = re.compile(r"(?<!\d)([12]\d{3})\s?年|前年|去年|上年|今年")
_RELATIVE_YEARS = {"前年": 9997, "去年": 9998, "上年": 9998, "今年": 9999}
_MEASURED = re.compile(
    r"([\u4e00-\u9fff]{2})(?:仅|只|就|已|达|达到|到|为|是|有|约|近|超过|增至|增长到|增加到)*$"
)
_PLANNED = re.compile(r"将|力争|争取|计划|规划|预计|预期|目标|拟")
_NEXT = re.compile(r"(?:[“”\"‘’《》「」『』]|及以上|以上)?")


def amount(reading: Reading) -> str | None:
    """Return the number with its unit that stands nearest and agrees in unit and noun; None where none does."""
    found = best_amount(reading)
    return found.text.strip() if found else None


def best_amount(reading: Reading) -> Quantity | None:
    """Return the figure that `amount` says."""
    outdated = _outdated(reading)
    candidates = [
        (f, fit)
        for f in reading.quantities
        if f.kind in _SAYS_HOW_MANY and (fit := _fit(reading, f, outdated)) is not None
    ]
    if not candidates:
        return None
    score, _, best = max((reading.closeness(f.start, f.end) + fit, -f.start, f) for f, fit in candidates)
    return best if score > 0 else None


_SAYS_HOW_MANY = (
    QuantityKind.COUNT,
    QuantityKind.PERCENT,
    QuantityKind.DURATION,
    QuantityKind.FREQUENCY,
    QuantityKind.BARE,
)


def _fit(reading: Reading, figure: Quantity, outdated: frozenset[int]) -> float | None:
    """Return a bonus for agreement with the unit and noun asked for, or None where the figure cannot answer."""
    asked = reading.query.question
    wants_money = bool(_MONEY_NOUNS.search(asked.noun + asked.unit))
    about = reading.query.text[max(0, asked.start - 6) : asked.end if not asked.unit else asked.start]
    about = re.sub(r"(?:是|为|有|达到|达)?(?:多少|几)$", "", about)
    share_of_noun = (
        figure.kind is QuantityKind.PERCENT and bool(asked.noun) and _followed_by(reading, figure, asked.noun)
    )
    if wants_money and not (_MONEY.search(figure.unit) or share_of_noun):
        return None
    if _repeats(reading, figure) or _names(reading, figure):
        return None
    fit = 0.0
    if asked.unit:
        agrees = _agree(asked.unit, figure.unit)
        if agrees == 0:
            return None
        fit += agrees
    elif asked.noun:
        fit += _noun_fit(reading, figure, asked.noun)
    if _RATES.search(about.rstrip("是为达到有的")) or _SHARE.search(about) or _RATES.search(asked.noun):
        fit += 4.0 if figure.kind is QuantityKind.PERCENT else -8.0
    elif figure.kind is QuantityKind.PERCENT and (asked.unit or asked.noun):
        fit -= 4.0
    if _LENGTHS.search(about + reading.query.text[asked.start : asked.end]):
        fit += 4.0 if figure.unit[-1:] in ("米", "里") else -4.0
    if _AGES.search(reading.query.text[asked.start : asked.end] + asked.noun):
        if figure.unit not in ("岁", "周岁"):
            return None
    elif figure.unit == "岁" and not asked.unit:
        return None
    if reading.query.type is QuestionType.NONE and not any(c.isdecimal() for c in figure.text):
        fit -= 2.0  # 三张清单 beside 216个街镇: what is counted is written in digits
    if _was(reading, figure) or figure.start in outdated:
        fit -= 12.0
    if figure.text[:1] == "一" or figure.kind is QuantityKind.BARE:
        fit -= 4.0
    if asked.unit and asked.noun:
        fit += _noun_fit(reading, figure, asked.noun)
    return fit


def _repeats(reading: Reading, figure: Quantity) -> bool:
    """A figure that the question itself names is not the answer to it (从47项减到几项)."""
    return bool(figure.keys) and all(key in reading.query.number_keys for key in figure.keys)


def _was(reading: Reading, figure: Quantity) -> bool:
    """由2元下调为1元: what it was is not what it is, unless that is asked for."""
    if not _BEFORE.search(reading.folded[: figure.start]) or _ASKS_BEFORE.search(reading.query.text):
        return False
    end = reading.clause_of(figure.start)[1]
    later = (f for f in reading.quantities if figure.end < f.start < end)
    return any(f.unit == figure.unit and _BECOME.search(reading.folded[: f.start]) for f in later)


def _outdated(reading: Reading) -> frozenset[int]:
    """Return where figures begin that a later year's figure of the same thing replaces, if no year is asked for.

    2021年规模仅26.5亿，2023年规模达49.53亿: 49.53亿; but what is planned replaces nothing. One pass over the figures.
    """
    asked = reading.query.text
    dated = _YEAR.search(asked) or any(key.endswith("年") for key in reading.query.number_keys)
    if dated or _ASKS_BEFORE.search(asked):
        return frozenset()
    named = list(_YEAR.finditer(reading.folded))
    ends = [year.end() for year in named]
    told: list[tuple[int, tuple[str, str], int]] = []
    last: dict[tuple[str, str], int] = {}
    for figure in reading.quantities:
        clause = reading.clause_of(figure.start)[0]
        measured = _MEASURED.search(reading.folded, clause, figure.start)
        before = bisect_right(ends, figure.start)
        if not (measured and before):
            continue
        year = _calendar(named[before - 1])
        thing = (figure.unit, measured[1])
        told.append((figure.start, thing, year))
        if not _PLANNED.search(reading.folded, clause, figure.start):
            last[thing] = max(year, last.get(thing, 0))
    return frozenset(start for start, thing, year in told if year < last.get(thing, 0))


def _calendar(year: re.Match[str]) -> int:
    return int(year[1]) if year[1] else _RELATIVE_YEARS[year[0]]


def _names(reading: Reading, figure: Quantity) -> bool:
    """“三所联动”, “四联”: a numeral that opens a quotation belongs to a name."""
    return reading.text[figure.start - 1 : figure.start] in tuple("“《「") and not figure.text[0].isdecimal()


def _agree(asked: str, unit: str) -> float:
    if not unit:
        return 0.5
    if unit == asked:
        return 4.0
    if unit.endswith(asked) or unit.startswith(asked) or asked.endswith(unit):
        return 3.0
    return 1.5 if any(asked in group and unit in group for group in _ALIKE) else 0.0


def _noun_fit(reading: Reading, figure: Quantity, noun: str) -> float:
    """6 where the noun asked for comes right after the figure, less where it stands near on either side."""
    if _next(reading, figure).startswith(noun[:2]):
        return 6.0
    before = reading.folded[max(reading.clause_of(figure.start)[0], figure.start - 16) : figure.start]
    near = noun[:2] in before or _followed_by(reading, figure, noun)
    return 3.0 if near else 0.0


def _next(reading: Reading, figure: Quantity) -> str:
    after = reading.folded[figure.end : figure.end + 12]
    skipped = _NEXT.match(after)
    return after[skipped.end() :] if skipped else after


def _followed_by(reading: Reading, figure: Quantity, noun: str) -> bool:
    return noun[:2] in re.split(r"[,，、;；。]", _next(reading, figure))[0]


def moment(reading: Reading) -> str | None:
    """Return the date nearest to the query's words; a relative one (今年, 日前) only where no date is printed."""
    wanted = reading.query.text[reading.query.question.start : reading.query.question.end]
    dates: list[Range] = [
        (f.start, f.end) for f in reading.quantities if f.kind is QuantityKind.DATE and _says(wanted, f.text)
    ]
    if not dates:
        dates = [m.span() for m in _ERA.finditer(reading.folded)]
    if not dates and "年" not in wanted:
        dates = [m.span() for m in _RELATIVE.finditer(reading.folded)]
    chosen = max(dates, key=lambda d: _told_of(reading, d), default=None)
    return reading.text[slice(*chosen)].strip() if chosen else None


def _told_of(reading: Reading, date: Range) -> float:
    """A date dates the clause it opens: 6月1日，动员大会召开."""
    nearness = reading.closeness(*date)
    end = reading.clause_of(date[0])[1]
    following = next((start for start, _ in reading.clauses if start >= end), None)
    if following is None or end - date[1] > 1:
        return nearness
    return max(nearness, reading.closeness(following, following))


def _says(wanted: str, date: str) -> bool:
    if "年" in wanted:
        return "年" in date
    return True


def duration(reading: Reading) -> str | None:
    """Return how long or how often: a duration, or 每月一次."""
    asked = reading.query.text[reading.query.question.start : reading.query.question.end]
    often = "次" in asked or asked.startswith("每")
    kinds = (QuantityKind.FREQUENCY,) if often else (QuantityKind.DURATION, QuantityKind.FREQUENCY)
    ranges: list[Range] = [(f.start, f.end) for f in reading.quantities if f.kind in kinds]
    if not ranges:
        ranges = [m.span() for m in _EACH.finditer(reading.text)]
    chosen = reading.best(ranges)
    return reading.text[slice(*chosen)].strip() if chosen else None
