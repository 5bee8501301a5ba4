"""Figures in running text: numbers, dates, durations with their unit, in any writing, and the value of each.

`quantities` gives each with its place and value; `number_keys` the keys under which 三百五十件, 350件 and ３５０ meet;
`MEASURES` are measure words, and which of them count the same things.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import cache

DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {
    "〇": 0, "○": 0, "两": 2, "俩": 2, "仨": 3,
    "壹": 1, "贰": 2, "叁": 3, "肆": 4, "伍": 5, "陆": 6, "柒": 7, "捌": 8, "玖": 9,
}  # fmt: skip
SCALES = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000, "万": 10**4, "亿": 10**8}

_WRITTEN_ALIKE = str.maketrans("○俩仨", "零两三")

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
    if head and text[0].isdecimal() and (value := _scaled(text[:head], text[head:])) is not None:
        return value
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
    """The value of a numeral in hanzi, or in figures and hanzi (2千5百); spoken ones too (二百五, 一万二)."""
    if len(text) > 1 and all(c in DIGITS for c in text):  # 二〇二三, read digit by digit
        return Decimal("".join(str(DIGITS[c]) for c in text))
    if len(text) == 1 and text in DIGITS:
        return Decimal(DIGITS[text])
    if not all(c in DIGITS or c in SCALES or c.isdecimal() for c in text) or not text:
        return None
    said = text.translate(_WRITTEN_ALIKE)
    if said[0] in SCALES and said[0] not in "十拾":
        if any(c not in SCALES for c in said):  # 万一 is a word
            return None
        said = f"一{said}"
    if (
        len(said) > 2 and said[-2] == "亿" and said[-1] in DIGITS
    ):  # 一亿二: cn2an knows the others that are cut short
        said += "千万"
    try:
        return Decimal(_reader()(said, "smart"))
    except (ValueError, KeyError):
        return None


@cache
def _reader() -> Callable[[str, str], int]:
    """cn2an, imported where there is a numeral to read: it takes .1 s to load."""
    from cn2an import cn2an

    reader: Callable[[str, str], int] = cn2an
    return reader


class QuantityKind(StrEnum):
    """What a figure says: how many, which one, when, how long, how often."""

    COUNT = "count"
    PERCENT = "percent"
    ORDINAL = "ordinal"
    DATE = "date"
    DURATION = "duration"
    FREQUENCY = "frequency"
    BARE = "bare"


@dataclass(frozen=True, slots=True)
class Quantity:
    """One figure as it stands at `text[start:end]`, approximation and unit included (近35万名).

    `value` is None for 数百 and the like; `until` is the end of a range (3至5个). `keys` compare writings.
    """

    start: int
    end: int
    text: str
    kind: QuantityKind
    value: Decimal | None
    unit: str = ""
    approximate: str = ""
    until: Decimal | None = None
    keys: tuple[str, ...] = ()


_HANZI = "〇零一二三四五六七八九十百千万亿两俩仨壹贰叁肆伍陆柒捌玖拾佰仟"
_NUMBER = (
    r"(?:\d+[百千万](?:\d+[十百千])+|(?:\d{1,3}(?:[,，]\d{3})+(?!\d)|\d+)(?:[.．]\d+)?(?:\s?[多余]?[百千万亿]{1,2})?)"
    rf"|[几数]?[{_HANZI}]+几?(?:点[〇零一二三四五六七八九]+)?|半(?=[个小天年月日]|分)|几(?=[个十])"
)
_TIME_UNITS = "个工作日|工作日|个小时|小时|个钟头|分钟|秒钟|秒|个星期|星期|个季度|季度|个月|周年|年|周(?!岁)|天|日(?=[之以]?内)"
_UNITS = (
    "个百分点|百分点|平方公里|平方千米|平方米|立方米|立方|万千瓦时|千瓦时|千瓦|公里|千米|厘米|毫米|海里|公顷|公斤|千克|[毫微]克|毫升"
    "|cm|mm|km|kg|m(?![a-z])|公分|英尺|英里|英寸|海里|磅|[万千]?瓦|兆瓦|法郎|马克|日圆|台币|人民币|美元|欧元|日元|港元|港币|英镑|卢布|元|角"
    "|人次|场次|车次|班次|架次|辆次|件次|次数|批次|户次|家次|课时|学时|学分|人份|万千|摄氏度|[%％‰]|℃|°C"
    r"|(?<=\d)分(?![之钟别为类布析成秒期批])"
    f"|{_TIME_UNITS}"
    "|周岁|标箱|[个名位人条项件家场次篇份座所处户套栋幢间台辆架艘只头匹支枚颗棵株张块片面本册部卷封期届批轮类种款级层步门组队班岁"
    "米亩吨克斤升度倍成折号标口道笔单起宗例字句段页行站环股对双艘根副盏扇尊顶把串瓶杯桶箱包袋盒碗桌席床车列节课站点村"
    "镇乡县区市省州国校院档星代趟]"
)
_PER = re.compile(
    r"每(?:立方米|立方|平方米|平方公里|平方千米|公里|千米|小时|秒|升|千克|公斤|吨|亩|公顷)|[/／](?:[a-z]{1,2}[23²³]?(?![a-z])|"
    f"{_UNITS})"
)
"""What a measure may be told per: 微克每立方米, 元/平方米; of 3人每天 each is told apart."""
_PARTS = (
    {"年": ("月", "天"), "月": ("天",), "周": ("天",), "天": ("小时",)},
    {"小时": ("分", "秒"), "钟头": ("分",), "分": ("秒",)},
    {"元": ("角", "分"), "角": ("分",), "公里": ("米",), "米": ("厘米",), "公斤": ("克",)},
)
"""Measures, each with those that say the rest of it."""
_HALF = "(?<=[年天时周米里倍层斤亩吨])半(?![天夜年月日价数载导成])"
_AFTER = "以上|以下|以内|左右|上下|以来|之内|内"
_FORMAL = frozenset("壹贰叁肆伍陆柒捌玖拾佰仟")
_DAY = rf"(?:\d{{1,2}}|[{_HANZI}]{{1,3}})\s?[日号]"
_MONTH = rf"(?:\d{{1,2}}|[{_HANZI}]{{1,2}})\s?月(?:份|初|底|末|上旬|中旬|下旬)?"
_YEAR = r"(?:\d{4}|[〇零一二三四五六七八九]{4}|\d{2}(?=\s?年代))\s?年(?:代|度|初|底|末|上半年|下半年|春天?|夏天?|秋天?|冬天?|起)?"
_TO = r"\s?[至到~～—–-]\s?"
_BEFORE_DATE = re.compile(r"(?:今年|去年|明年|前年|当年|本月|上月|次年|今年的|同年)$")
_APPROXIMATE = re.compile(
    r"(?:(?<![最附就])近|(?<![制条签合公节预])约|大约|将近|接近|逾|(?<!赶)超过?|不足|不到|至少|最多|至多|最快|最长|上(?=[百千万亿])|满)\s?$"
)
_EACH = re.compile(
    r"(?:每(?:隔)?(?:年|月|周|天|日|季度?|旬|个月|星期|小时|学期|人|两周|半年)|一(?=[年月周天])[年月周天])(?:至少)?$"
)
_ORDINAL = re.compile(r"第\s?$")
_AFTERWARDS = re.compile(_AFTER)
_TIME_UNIT = re.compile(_TIME_UNITS)
_WITHIN = re.compile("[之以]?内")
_OF_TIME = re.compile(r"[多半]个?(?:月|小时|钟头|星期|年|天|分钟)$")
_STARTS = re.compile(rf"[\d{_HANZI}半几数]|百分之")
_WORDS_IN_ONE = frozenset("统唯专单同划均不逐")  # 统一部署 counts nothing
_SIGNS = {"¥": "元", "$": "美元", "€": "欧元", "£": "英镑"}
_REALMS = frozenset("市区县省州国校院镇乡村代点星")
_YEARLIKE = re.compile(r"\d{4}|[〇零一二三四五六七八九]{4}")


# The long patterns are compiled at the first figure: they take some milliseconds, and many a question has none.
@cache
def _figure() -> re.Pattern[str]:
    return re.compile(
        rf"(?P<percent>百分之)?(?P<number>[{_HANZI}]+分之[{_HANZI}]+|{_NUMBER})"
        rf"(?:(?P<to>\s?[至到~～—–-]\s?)(?P<until>{_NUMBER}))?"
        rf"(?P<more>多|余|来(?=[个名位人条项件家年岁]))?\s?(?P<unit>{_UNITS})?(?P<rest>[多半](?:月|个?小时|个?钟头|星期|年|天|分钟)|{_HALF}|多|余)?"
    )


@cache
def _range() -> re.Pattern[str]:
    """3.5%至3.75%, 5元以上10元以下: one figure, as 3至5个 is."""
    return re.compile(
        rf"(?P<number>{_NUMBER})\s?(?P<unit>{_UNITS})(?P<to>\s?[至到~～—–-]\s?|以上(?=[\d.,{_HANZI}]+(?P=unit)以下))"
        rf"(?P<until>{_NUMBER})\s?(?P=unit)"
        r"(?P<percent>(?!))?(?P<more>(?!))?(?P<rest>(?!))?"
    )


@cache
def _calendar() -> re.Pattern[str]:
    return re.compile(
        rf"{_YEAR}(?:\s?{_MONTH}(?:\s?{_DAY})?)?(?:{_TO}(?:{_YEAR})?(?:\s?{_MONTH})?(?:\s?{_DAY})?(?<![至到~～—–-]))?"
        rf"|(?:\d{{1,2}}|[{_HANZI}]{{1,2}}){_TO}(?:\d{{1,2}}|[{_HANZI}]{{1,2}})\s?月(?!\w?[份]来)"
        rf"|(?:{_MONTH})(?:\s?{_DAY})?(?:{_TO}(?:{_MONTH})?(?:\s?{_DAY})(?<=[日号])|{_TO}{_MONTH})?"
        rf"|(?:\d{{1,2}}|[{_HANZI}]{{1,3}}){_TO}{_DAY}|{_DAY}(?:{_TO}{_DAY})?(?:上午|下午|晚上|中午|凌晨|晚|起)?"
        r"|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}"
    )


def quantities(text: str) -> tuple[Quantity, ...]:
    """Return the figures of a text in order, disjoint; lone hanzi numerals without a unit are none (统一, 一体)."""
    found: list[Quantity] = []
    at = 0
    while start := _STARTS.search(text, at):
        figure = _date(text, start.start(), at) or _quantity(text, start.start(), at)
        if figure is None:
            at = start.start() + 1
        else:
            at = figure.end
            if found and (joined := _joined(found[-1], figure, text)):
                found[-1] = joined
            else:
                found.append(figure)
    return tuple(found)


def _joined(whole: Quantity, part: Quantity, text: str) -> Quantity | None:
    """One figure of two that stand together, the second in a smaller measure of the same: 2小时27分, 3元5角."""
    larger, smaller = (figure.unit.removeprefix("个").removesuffix("钟") for figure in (whole, part))
    if text[whole.end : part.start] not in ("", "零") or not any(
        smaller in after.get(larger, ()) for after in _PARTS
    ):
        return None
    kind = part.kind if part.kind is QuantityKind.DURATION else whole.kind
    keys = tuple(dict.fromkeys(whole.keys + part.keys))
    return replace(whole, end=part.end, text=text[whole.start : part.end], kind=kind, keys=keys)


def number_keys(found: Iterable[Quantity]) -> tuple[str, ...]:
    """Return the distinct keys of figures: `350`, `70.12%`, `2023年`, `6月27日`."""
    return tuple(dict.fromkeys(key for figure in found for key in figure.keys))


def _date(text: str, start: int, floor: int) -> Quantity | None:
    match = _calendar().match(text, start)
    if match is None or _is_duration(text, match):
        return None
    end = match.end()
    while end > start and text[end - 1] in "起 ":
        end -= 1
    before = _BEFORE_DATE.search(text, max(floor, start - 3), start)
    start = before.start() if before else start
    said = text[start:end]
    return Quantity(start, end, said, QuantityKind.DATE, None, keys=_date_keys(said))


def _is_duration(text: str, match: re.Match[str]) -> bool:
    """第3年, 十年, 第27号, 30日内 and 三月有余 are no dates; 三 before 年 would need four digits, which the pattern asks."""
    if re.fullmatch(r"\S{1,3}日", match.group()) and _WITHIN.match(text, match.end()):
        return True
    return bool(_ORDINAL.search(text, max(0, match.start() - 2), match.start())) or (
        match.group().endswith("号") and "月" not in match.group()
    )


def _date_keys(said: str) -> tuple[str, ...]:
    keys: list[str] = []
    parts = re.findall(rf"(\d+|[{_HANZI}]+)\s?([年月日号])", said)
    months = ""
    for written, unit in parts:
        value = value_of(written)
        if value is None:
            continue
        key = plain(value) + ("日" if unit == "号" else unit)
        if unit == "月":
            months = key
        keys.append(months + key if unit in "日号" and months else key)
    return tuple(dict.fromkeys(keys))


def _quantity(text: str, start: int, floor: int) -> Quantity | None:
    match = _range().match(text, start) or _figure().match(text, start)
    if match is None or match["number"] in _FORMAL:  # 队伍星夜 counts no stars
        return None
    number, unit = match["number"], match["unit"] or ""
    if match["percent"]:
        unit = "%"
    if unit in _REALMS and len(number) > 3:  # 12345市民热线 is not 12345 cities
        unit = ""
    rest = match["rest"] or ""
    if rest and not unit:
        rest = ""
    fraction = "分之" in number
    if not (unit or fraction or number[0].isdecimal()) and (len(number) < 3 or not _counts(number)):
        return None
    if number == "几" or (number[0] == "一" and text[start - 1 : start] in _WORDS_IN_ONE):
        return None
    if not unit and start > floor and (unit := _SIGNS.get(text[start - 1], "")):
        start -= 1
    end = match.end() if unit else match.end("more" if match["more"] else "number")
    value = _fraction(number) if fraction else value_of(number)
    if rest[:1] == "半" and value is not None:  # 一年半, 两个半月
        value += Decimal("0.5")
    until = value_of(match["until"]) if match["until"] else None
    if match["until"] and not unit:  # 12-15 without a unit may be anything: keep the first
        until, end = None, match.end("number")
    ordinal = _ORDINAL.search(text, max(floor, start - 2), start)
    each = _EACH.search(text, max(floor, start - 6), start)
    about = _APPROXIMATE.search(text, max(floor, start - 4), start)
    kind = _kind(unit + rest, ordinal is not None, each is not None, fraction)
    if kind is QuantityKind.FREQUENCY and each:
        start = each.start()
    elif kind is QuantityKind.ORDINAL and ordinal:
        start = ordinal.start()
    elif about:
        start = about.start()
    elif number == "半" and text[start - 1 : start] in ("大", "小"):
        start -= 1
    if unit and (per := _PER.match(text, end)):
        end = per.end()
    after = _AFTERWARDS.match(text, end)
    if after and kind is not QuantityKind.BARE:
        end = after.end()
    while end > start and text[end - 1] == " ":
        end -= 1
    return Quantity(
        start, end, text[start:end], kind, value, unit,
        approximate=(about.group().strip() if about else "") + (match["more"] or rest),
        until=until, keys=_keys(number, value, until, unit),
    )  # fmt: skip


def _fraction(number: str) -> Decimal | None:
    below, _, above = (value_of(part) for part in number.partition("分之"))
    return above / below if below and above is not None else None


def _counts(number: str) -> bool:
    """Three hanzi are a number without a unit only with a scale between digits (三百五十), not 万千百."""
    return (
        value_of(number) is not None
        and any(c in number for c in "十百千万亿")
        and number[0] in "一二三四五六七八九两"
    )


def _kind(unit: str, ordinal: bool, each: bool, fraction: bool) -> QuantityKind:
    if ordinal:
        return QuantityKind.ORDINAL
    if each and unit[:1] in ("次", "期", "场", "节", "课", "轮", "班"):
        return QuantityKind.FREQUENCY
    if fraction or unit in ("%", "％", "‰") or unit.endswith("百分点"):
        return QuantityKind.PERCENT
    if unit == "日" or (unit and (_TIME_UNIT.match(unit) or _OF_TIME.search(unit))):
        return QuantityKind.DURATION
    return QuantityKind.COUNT if unit else QuantityKind.BARE


def _keys(number: str, value: Decimal | None, until: Decimal | None, unit: str) -> tuple[str, ...]:
    if value is None:
        return ()
    sign = "%" if unit in ("%", "％") else ""
    keys = [plain(value) + sign]
    if not unit and _YEARLIKE.fullmatch(number) and 1900 <= value <= 2100:
        keys.append(keys[0] + "年")
    if until is not None:
        keys.append(plain(until) + sign)
    return tuple(keys)


MEASURES = tuple(
    """
    个 名 位 人 人次 户 家 所 项 件 条 座 处 间 套 栋 层 台 辆 架 艘 列 支 张 本 篇 份 封 场 次 批 期 届 轮 种 类
    对 双 只 头 匹 株 棵 颗 例 宗 起 箱 趟 班 组 倍 度 亩 公顷 平方米 平方公里 立方米 米 千米 公里 厘米 毫米
    吨 公斤 千克 克 元 万元 亿元 美元 欧元 千瓦 千瓦时 升 年 个月 周 天 小时 分钟 秒 岁 个百分点
    """.split()  # noqa: SIM905  a list of eighty words, one a line, would hide them
)
"""The common ones, for questions made and changed by program."""
_ALIKE = (
    frozenset({"人", "名", "位", "个", "员", "万人", "口"}),
    frozenset({"人", "人次", "万人"}),
    frozenset({"个", "项", "件", "条", "起", "宗", "例", "份", "种", "类", "款"}),
    frozenset({"家", "个", "所", "处", "座", "间"}),
    frozenset({"场", "场次", "次", "期", "届", "轮"}),
    frozenset({"米", "公里", "千米", "厘米", "毫米"}),
    frozenset({"天", "日", "个工作日", "工作日"}),
    frozenset({"度", "摄氏度", "℃", "°c"}),
    frozenset({"小时", "个小时", "个钟头", "钟头"}),
    frozenset({"月", "个月"}),
    frozenset({"周", "个星期", "星期"}),
    frozenset({"%", "％", "成"}),
    frozenset({"百分点", "个百分点"}),
    frozenset({"公斤", "千克"}),
    frozenset({"台", "辆", "部", "架", "架次", "辆次"}),
    frozenset({"列", "趟", "班", "班次", "车次"}),
    frozenset({"棵", "株"}),
    frozenset({"本", "册", "部", "卷"}),
    frozenset({"亩", "公顷", "平方米", "平方公里", "平方千米"}),
    frozenset({"吨", "公斤", "千克", "克", "斤"}),
    frozenset({"人民币", "元"}),
    frozenset({"岁", "周岁"}),
    frozenset({"套", "户", "间", "栋"}),
)
_PHYSICAL = frozenset(
    "米 千米 公里 厘米 毫米 吨 公斤 千克 克 亩 公顷 平方米 平方公里 立方米 元 美元 欧元 % ％ 岁 度 千瓦 千瓦时 升".split()  # noqa: SIM905
)
"""What 个 never stands for: it counts things, whatever their own word is."""
_SCALES = "万亿千百"


def alike(one: str, other: str) -> bool:
    """Tell whether two measure words may count the same: 名 and 人, 项 and 个, 元 and 万元."""
    bare, its = one.lstrip(_SCALES) or one, other.lstrip(_SCALES) or other
    return (
        bare == its
        or any(bare in group and its in group for group in _ALIKE)
        or ("个" in (bare, its) and not {bare, its} & _PHYSICAL)
    )


def comparable(one: str, other: str) -> bool:
    """Tell whether figures of these measures may be the same figure: a missing measure says nothing against it."""
    return not one or not other or alike(one, other)


HEADING_NUMBER = re.compile(
    r"(?:[一二三四五六七八九十]{1,3}、|[（(][一二三四五六七八九十]{1,3}[）)]|第[一二三四五六七八九十百\d]{1,4}(?:[章节编]|部分))"
)
NUMBERED_HEADING = re.compile(rf"(?:{HEADING_NUMBER.pattern})[^。；：，]{{1,30}}")
"""What a heading begins with that is numbered as official texts are."""
