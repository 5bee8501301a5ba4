"""What a question binds: times, ordinals, codes, figures, names, deeds and things, each a place in the query."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from knowledge.query.analysis import Query
from knowledge.query.question import QuestionType
from knowledge.text.analyzer import STOP_WORDS, SURNAMES, Analyzer, Token
from knowledge.text.numbers import Quantity, QuantityKind, alike, quantities
from knowledge.text.periods import Period, is_compared_with, periods


class SlotKind(StrEnum):
    """What a word of a question binds."""

    PERIOD = "period"
    CODE = "code"
    FIGURE = "figure"
    DIMENSION = "dimension"
    PERSON = "person"
    PLACE = "place"
    NAME = "name"
    DEED = "deed"
    QUALITY = "quality"
    THING = "thing"


@dataclass(frozen=True, slots=True)
class Constraint:
    """One bound word at `start:end` of the query's text; `period` where it is a time, `key` where it compares whole."""

    kind: SlotKind
    start: int
    end: int
    text: str
    period: Period | None = None
    key: str = ""


_CODE = re.compile(
    r"(?<![a-z0-9])(?=[a-z0-9./+#_-]*\d)[a-z][a-z0-9]*(?:[-./_+#]?[a-z0-9]+)*\+*(?![a-z0-9])|(?<![\d.])\d[\d-]{5,}\d(?![\d.%])|\d+(?:\.\d+){2,}"
    r"|(?<![a-z0-9])[a-z][a-z0-9]*\+? \d+(?:\.\d+)?(?![\d.,%:/-])"
)
SUPERLATIVE = re.compile(r"最[多少高低大小长短早晚快慢好差远近深宽重贵先佳强]")
"""What is the most of its kind: quoted where it is printed, never worked out."""
TURN = re.compile(r"(?P<turn>[本这此今上下])[一个]?(?P<of>届|期|次|轮|[学赛雪]?季(?!度)|学期|星期|周|月)")
"""One of what comes again, as counted from the one that is told of: 上届, 本月."""
TURNS = {"本": 0, "这": 0, "此": 0, "今": 0, "上": -1, "下": 1}
_COMPARING = re.compile(
    r"(?:[超高低多少大小优劣快慢强逊]过?于|超过|远超|超越|反超|赶超|不及|不如|仅次于|落后|领先|(?<![对占同环百相可])比)了?"
    r"(?:[\u4e00-\u9fffa-z0-9]{1,10}[、和及与])*$"
)
"""What leads to the lesser side of a comparison, or to several of them."""
_TIMES_AS_MUCH = re.compile(r"的(?:\d[\d.～~–-]*|[一二两三四五六七八九十百几多少]+)倍")
_OWN_FIGURE = re.compile(r"的?[(（]?\d[\d.,]*(?![\d.,～~–-]*倍)")
"""仅次于江州市的35%: the figure is that of what is compared with."""
OFFICE = re.compile(
    r"(?:书记|[市省区县镇局院部处科校厅会]长|主任|主席|委员|经理|总裁|教授|医生|代表|记者|队长|总理|总统|先生|女士|老师|同学|董事长|居民|村民)$"
)
_OF_OFFICE = frozenset({"职务", "职位", "身份", "官职", "担任"})
_ASKS_WHO_ONE_IS = re.compile("是谁|谁是|是(?:什么|何)人")
ASKS_FOR_WORK = re.compile("[做干](?:什么|啥)的")
_NAME_IN_PARTS = re.compile(
    rf"[{''.join(sorted(SURNAMES))}][\u4e00-\u9fff]{{1,2}}(?<![长任记理员授师裁席士人手])"
)
_NUMBERED = re.compile(r"第?(?:[一二三四五六七八九十百]+[期批届号级代轮]|\d+[期批届级代轮])")
_EACH = re.compile("每[年月天日周季]")
_BARE_YEAR = re.compile(r"(?<!\S)(?:19|20)\d\d(?!\S)")
_ASKED_MEASURES = (
    (
        "元",
        re.compile(
            r"(?:(?<![名份])额|(?<!评)价格?|费用?|(?<!条)款|[资奖租押现佣]金|税收|工资|[月年]薪|收入|投资|成本|产值|利润|营收|GDP|门票|钱)$"
        ),
    ),
    ("人", re.compile(r"人[数口]$")),
    ("平方米", re.compile(r"面积$")),
)
"""Measures of what is asked for without a measure word, by how it ends: 销售额是多少 asks for money."""
TIERS = "省市区县镇乡村"
"""What parts of the state are called."""
MONEY = re.compile(r"元|角|英镑|币|卢布")
_MARKS = re.compile(r"[-_/. ]")
_JOINING = frozenset({"c", "p"})
"""Parts of speech that bind nothing: 以及, 由于."""
_TAGS = {"nr": SlotKind.PERSON, "ns": SlotKind.PLACE, "nt": SlotKind.NAME, "nz": SlotKind.NAME}
_DIMENSIONS = {
    "长": "长度|全长|总长|长|里程|公里",
    "宽": "宽度|宽",
    "高": "高度|海拔|高|身高|净空",
    "深": "深度|深|水深",
    "厚": "厚度|厚",
    "重": "重量|重|净重|体重|载重",
    "大": "面积|大|占地|建筑面积|岁|平方米|亩|公顷|平方公里|尺寸|英寸",
    "快": "速度|时速|快|公里|每秒",
    "远": "距离|远|相距|公里|米",
    "粗": "直径|粗",
}
"""What each measured adjective of Chinese is also called; a measure of another row contradicts."""
_OF_NO_LENGTH = re.compile(
    r"(?:率|价格?|额|费用?|[温热速]度|气温|比[例重]|[收投]入|成本|[薪工]资|利润)(?:有|是|达)?$"
)
_ASKED_DIMENSION = re.compile(
    r"多(?P<much>[长宽高深厚重大快远粗])(?!时间|期)|(?P<bare>[长宽高深厚重])(?:度)?(?:是|为|达|约)?(?:多少|几)"
)


def constraints(query: Query) -> tuple[Constraint, ...]:
    """Return what a query binds, in order; every content word is in one of them."""
    text = query.text
    found = [
        Constraint(SlotKind.PERIOD, span.start, span.end, text[span.start : span.end], span.period)
        for span in periods(text)
        if span.period.clock is None and not _asked(query, span.start) and not is_compared_with(span, text)
    ]
    if query.type is QuestionType.NONE:  # among key words a bare year is a time: 临港 2023
        found += [
            Constraint(SlotKind.PERIOD, *match.span(), match.group(), Period(year=int(match.group())))
            for match in _BARE_YEAR.finditer(text)
            if _free(found, *match.span())
        ]
    found += [
        Constraint(SlotKind.QUALITY, *match.span(), match.group(), key=match.groupdict().get("of", ""))
        for match in (*TURN.finditer(text), *SUPERLATIVE.finditer(text))
        if _free(found, *match.span()) and not _asked(query, match.start())
    ]
    for match in _coded(text, query.quantities):
        if _free(found, *match.span()) and (not match.group().isdecimal() or len(match.group()) > 6):
            code = match.group()
            found.append(Constraint(SlotKind.CODE, *match.span(), code, key=_code_key(code)))
    for figure in query.quantities:
        if (
            figure.kind not in (QuantityKind.DATE, QuantityKind.ORDINAL)
            and any(c.isdecimal() for c in figure.text)
            and _free(found, figure.start, figure.end)
        ):
            found.append(
                Constraint(SlotKind.FIGURE, figure.start, figure.end, figure.text, key=" ".join(figure.keys))
            )
    if (dimension := asked_dimension(query)) and (much := _ASKED_DIMENSION.search(text)) and much["much"]:
        found.append(Constraint(SlotKind.DIMENSION, *much.span("much"), dimension))
    for word in query.words:
        end = word.start + len(word.text)
        if word.tag not in _JOINING and _free(found, word.start, end):
            found.append(Constraint(_kind(word), word.start, end, word.text))
    return tuple(sorted(found, key=lambda one: one.start))


_KINDS_OF_NAMES = frozenset({QuestionType.WHICH, QuestionType.ORGANISATION, QuestionType.PLACE})


def tells_of_the_answer(query: Query, one: Constraint) -> bool:
    """Tell whether a word only says what kind of thing answers, which no fact must hold: 派别 of 哪个派别."""
    asked = query.question
    return asked.end <= one.start < asked.end + len(asked.noun) and query.type in _KINDS_OF_NAMES


def asked_dimension(query: Query) -> str:
    """Return the dimension that is asked for (宽多少米: 宽), or nothing."""
    match = _ASKED_DIMENSION.search(query.text)
    if match and _OF_NO_LENGTH.search(query.text[: match.start()]):
        return ""  # 投票率有多高
    if match is None or match["much"]:
        return match["much"] if match else ""
    at = match.start("bare")
    word = next((word for word in query.words if word.start <= at < word.start + len(word.text)), None)
    is_one = word is None or len(word.text) == 1 or word.text in dimension_words(match["bare"])
    return match["bare"] if is_one else ""  # 增长多少 asks for no length


def asked_word(query: Query) -> str:
    """The word right beside the question word: 亚军 of 亚军是谁, 承建 of 谁承建."""
    before = [word.text for word in query.words if word.start + len(word.text) <= query.question.start]
    return (before[-1:] or [asked_deed(query)])[0]


def asked_deed(query: Query) -> str:
    """The word right behind the question word, or nothing: 竣工 of 一期什么时候竣工."""
    return next((word.text for word in query.words if word.start >= query.question.end), "")


def asked_measure(query: Query) -> str:
    """Return the measure that an amount is asked in where the question names none (成交额多少: 元), or nothing."""
    asked = query.question
    if asked.type is not QuestionType.AMOUNT or asked.unit:
        return ""
    told = (asked.noun,) if asked.noun else (query.text[: asked.start], query.text[asked.start : asked.end])
    return next(filter(None, map(measure_of, told)), "")


def measure_of(word: str) -> str:
    """Return the measure of what a word names by how it ends (总投资: 元), or nothing."""
    return next((measure for measure, ends in _ASKED_MEASURES if ends.search(word)), "")


_PARTS_OF_TIME = (
    (re.compile("(?:周|星期|礼拜)几"), re.compile("周|星期|礼拜|每[日天]")),
    (re.compile("几[号日]|哪一?天"), re.compile(r"[号日]|\d[-/.]\d|[今昨明当]天|[周期]")),
    (re.compile("几月|哪个?月"), re.compile(r"月|\d[-/.]\d")),
    (re.compile("[哪何]一?年"), re.compile(r"年|\d{4}")),
)


def asks_for_hour(query: Query) -> bool:
    """Tell whether an hour is asked for, which neither a length of time nor a day answers: 几点."""
    asked = query.text[query.question.start : query.question.end]
    return query.type is QuestionType.TIME and "几点" in asked


def asked_person(query: Query) -> str:
    """Whose name or office is all that is asked: 龚正 of 龚正是谁 and 龚正担任什么职务, or nothing.

    A name that no dictionary has is one however it is cut: 费|宏亮.
    """
    asked = query.question
    names = [word.text for word in query.words if word.tag[:2] == "nr" and not _is_office(word.text)]
    only = len(names) == 1 and all(word.text in _OF_OFFICE or word.tag[:2] == "nr" for word in query.words)
    asks = asked.noun in _OF_OFFICE or ASKS_FOR_WORK.search(query.text) is not None
    asks |= query.type is QuestionType.WHO and _ASKS_WHO_ONE_IS.search(query.text) is not None
    rest = (query.text[: asked.start] + query.text[asked.end :]).strip("? ")
    if asks and not only and len(query.words) > 1 and _NAME_IN_PARTS.fullmatch(rest):
        return rest
    return names[0] if asks and only else ""


def numbered_otherwise(word: str, told: str) -> str:
    """Return what a text has of the sort that a numbered word is, where it has not that word: 二期 for 一期."""
    numbered = _NUMBERED.findall(told) if _NUMBERED.fullmatch(word) else []
    found = [one for one in numbered if one[-1] == word[-1]]
    return found[0] if found and word not in found else ""


def _is_office(word: str) -> bool:
    """Tell whether a dictionary's person is an office, a rank or an army: 德国总理 and 亚军, no 周总理."""
    return word[0] not in SURNAMES and (word[-1] == "军" or OFFICE.search(word) is not None)


_ENDS = re.compile("截止|结束|为止|到期")


def each_otherwise(word: str, told: str) -> str:
    """Return of each of what else a text tells than a word says: 每年 for 每月; 每日 is 每天."""
    found = _EACH.findall(told) if _EACH.fullmatch(word) else []
    asked, *days = (each.replace("日", "天") for each in (word, *found))
    return found[0] if found and asked not in days else ""


def asked_edge(query: Query) -> str:
    """Return which end of a stretch of time is asked for: 到 (到几点, 什么时候截止), 从 (从哪天, 几点开始), or nothing."""
    if query.type is not QuestionType.TIME:
        return ""
    led, told = query.text[query.question.start], query.text[query.question.end :]
    if led in "到至" or _ENDS.search(told):
        return "到"
    return "从" if led in "从自" or "开始" in told else ""


def asked_part_of_time(query: Query) -> re.Pattern[str] | None:
    """Return what a time that is asked for has in it, where the question names that: 周几, 哪年, 几月, 几号."""
    asked = query.text[query.question.start : query.question.end]
    return next(
        (told for asks, told in _PARTS_OF_TIME if query.type is QuestionType.TIME and asks.search(asked)),
        None,
    )


def is_of_measure(measure: str, unit: str) -> bool:
    """Tell whether a figure of some unit may be of a measure; one without a unit may be of any."""
    return not unit or (bool(MONEY.search(unit)) if measure == "元" else alike(measure, unit))


def is_of_dimension(dimension: str, unit: str) -> bool:
    """Tell whether a figure of some unit may be of a dimension: 12岁 is no weight; one without a unit may be of any."""
    measure = "公斤" if dimension == "重" else "米" if dimension in "宽深厚粗" else ""
    return not unit or not measure or alike(measure, unit)


def dimension_words(dimension: str) -> tuple[str, ...]:
    """Return what a dimension is called in print."""
    return tuple(_DIMENSIONS[dimension].split("|"))


def other_dimensions(dimension: str) -> tuple[str, ...]:
    """Return the names of the other dimensions that share no name with this one."""
    own = dimension_words(dimension)
    others = (dimension_words(other) for other in _DIMENSIONS if other != dimension)
    return tuple(word for words in others for word in words if word not in own)


def content_runs(query: Query, language: Analyzer, unbound: Sequence[tuple[int, int]]) -> list[str]:
    """Return the unbroken runs of a query's text without question words, stop words, marks and what is `unbound`."""
    empty = (
        (token.start, token.start + len(token.text))
        for token in language.tokens(query.text)
        if token.text in STOP_WORDS or token.tag in _JOINING or not any(c.isalnum() for c in token.text)
    )
    kept = [True] * len(query.text)
    for start, end in ((query.question.start, query.question.end), *unbound, *empty):
        kept[start:end] = [False] * (end - start)
    return "".join(c if keep else " " for c, keep in zip(query.text, kept, strict=True)).split()


def period_in_words(period: Period) -> str:
    """Return a time in words, as far as it is told."""
    months = period.months or (None, None)
    parts = (
        (period.year, "{}年"),
        (period.half, "{}半年"),
        (period.quarter, "第{}季度"),
        (months[0], "{}"),
        (months[1], "至{}月"),
        (period.month, "{}月"),
        (period.day, "{}日"),
    )
    told = "".join(
        form.format({1: "上", 2: "下"}[value] if "半年" in form else value) for value, form in parts if value
    )
    return told or {0: "今年", -1: "去年", -2: "前年", 1: "明年"}.get(period.relative or 0, "")


def compared_at(text: str, start: int, end: int) -> str:
    """Return the words that make what stands at a place of a text the lesser side of a comparison, or nothing."""
    if _OWN_FIGURE.match(text, end):
        return ""
    led, times = _COMPARING.search(text[:start]), _TIMES_AS_MUCH.match(text, end)
    told = slice(led.start() if led else start, times.end() if times else end)
    return text[told] if led or times else ""


def codes(folded: str) -> tuple[tuple[int, int, str], ...]:
    """Return the codes and long numbers of a folded text: start, end, the key that compares them whole."""
    return tuple((*match.span(), _code_key(match.group())) for match in _coded(folded))


def _coded(text: str, figures: Sequence[Quantity] | None = None) -> Iterator[re.Match[str]]:
    """The codes of a text; behind a name and a blank only a bare number is part of one: os 10, not os 10人."""
    for match in _CODE.finditer(text):
        if " " in match.group():
            figures = quantities(text) if figures is None else figures
            if any(one.unit for one in figures if match.start() < one.start < match.end()):
                continue
        yield match


def _code_key(code: str) -> str:
    """Return a code as it compares: 6279-8888 is 62798888, gb/t-7714 is gbt7714."""
    return _MARKS.sub("", code)


def _kind(word: Token) -> SlotKind:
    if word.tag[:2] in _TAGS:
        return _TAGS[word.tag[:2]]
    if word.tag[:1] == "v" and word.tag != "vn":
        return SlotKind.DEED
    return SlotKind.QUALITY if word.tag[:1] in ("a", "d", "b", "f", "t") else SlotKind.THING


def _asked(query: Query, at: int) -> bool:
    return query.question.start <= at < query.question.end


def _free(found: list[Constraint], start: int, end: int) -> bool:
    return not any(one.start < end and start < one.end for one in found)
