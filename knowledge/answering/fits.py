"""Which spans are such a thing as was asked for: of a kind that may answer, and counting that very thing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from knowledge.answering.candidates import HOUR, OF_TIME, Candidate, CandidateKind, numbered_nouns
from knowledge.answering.constraints import (
    ASKS_FOR_WORK,
    OFFICE,
    asked_deed,
    asked_dimension,
    asked_measure,
    asked_part_of_time,
    asked_person,
    asks_for_hour,
    is_of_dimension,
    is_of_measure,
    measure_of,
)
from knowledge.answering.rewordings import SCORE, asks_for_a_name, told_changes
from knowledge.answering.whole import asks_for_place_in_order, is_in_asked_order, nouns_after
from knowledge.answering.window import CLAUSE_END, Passage, Place, part_of
from knowledge.query.analysis import Query
from knowledge.query.question import NUMBERS, QuestionType
from knowledge.text.analyzer import NAME_TAGS, Token
from knowledge.text.numbers import Quantity, QuantityKind, alike

_COUNTS = frozenset({CandidateKind.COUNT, CandidateKind.BARE, CandidateKind.PERCENT, CandidateKind.ORDINAL})
LASTING = frozenset({CandidateKind.DURATION, CandidateKind.FREQUENCY})
TOLD = frozenset({CandidateKind.VALUE, CandidateKind.READ})
_NAMED_THINGS = frozenset(CandidateKind) - _COUNTS - OF_TIME - LASTING
MEASURED = frozenset({CandidateKind.COUNT, CandidateKind.BARE}) | TOLD
"""多长 and 多宽 are told by no duration."""
FITTING = {
    QuestionType.DURATION: LASTING | TOLD | {CandidateKind.CLOCK},
    QuestionType.TIME: OF_TIME | LASTING | TOLD | {CandidateKind.BARE},
    QuestionType.WHO: _NAMED_THINGS - {CandidateKind.PLACE, CandidateKind.CLAUSE},
    QuestionType.PLACE: _NAMED_THINGS - {CandidateKind.PERSON, CandidateKind.CLAUSE},
    QuestionType.ORGANISATION: _NAMED_THINGS - {CandidateKind.PERSON, CandidateKind.CLAUSE},
    QuestionType.AMOUNT: frozenset(CandidateKind) - _NAMED_THINGS - {CandidateKind.DATE} | TOLD,
    QuestionType.LIST: _NAMED_THINGS,
    QuestionType.SHARE: frozenset({CandidateKind.PERCENT}) | TOLD,
    QuestionType.WHY: _NAMED_THINGS - {CandidateKind.PERSON, CandidateKind.PLACE, CandidateKind.BODY},
}
"""Kinds of spans that may answer a kind of question at all; without a row all may."""
TOLD_BY_FIGURES = NUMBERS | {QuestionType.DURATION, QuestionType.TIME}
"""Kinds that a figure or a moment answers."""
_HOLDS = re.compile("(?:是|为|[担现]?任|当选)$")
_IS_WHO = re.compile(r"是谁|叫(?:什么|啥)")
_OF_ANY_KIND = frozenset({CandidateKind.NOUNS, CandidateKind.QUOTED, CandidateKind.READ, CandidateKind.ITEM})
_OF_TIME = re.compile(
    r"^(?!.*第[^第]{1,4}[日天]$).*(?:[时年月日号期末初代岁际][间候代刻]?|[春夏秋冬][天季])$"
)
_REACHED = re.compile("[第每满达到]$")
_SINCE = re.compile("[前后内之起]|以[前后内]")
"""What makes a length of time a moment: 满15岁, 三天后."""
SAYING = re.compile("(?:发表)?(?:说|称|讲话|表示|透露|指出|报道|消息|电(?![^,，。]))")
"""What tells of a time before it when something was said, not when it was: 某人21日说."""
_OF_SCORE = re.compile("比[分数]|几比几")
_TEAM = re.compile(r"(?:队|[男女][篮足排]|俱乐部)$")
_OF_BODIES = frozenset({QuestionType.ORGANISATION, QuestionType.WHICH})
_BODIES = tuple(
    re.compile(rf"(?:{ends})$")
    for ends in (
        "公司|集团|企业|[^ ]厂|商店",
        "医院|卫生院|诊所",
        "大学|学院|高校|中学|小学|学校|附中",
        "银行",
        "部门|部委|[部委局厅办署处科]",
        "队|[男女][篮足排]|俱乐部",
        "法院|检察院",
        "[协学]会|联合会",
    )
)
"""What bodies of one sort end in: none is a body of another sort."""
SURE_SHARE = 0.9
"""The share of what no other span is as likely as."""
_VALUES = frozenset(CandidateKind) - _NAMED_THINGS | {CandidateKind.QUOTED, CandidateKind.VALUE}
_JOINING = frozenset("nvjsb")
NOMINAL = frozenset("nbtsfja")


@dataclass(frozen=True, slots=True)
class ShortAnswer:
    """A span of the fact, the scorer's share for it, and by how much it leads the next other one.

    `agreed` is the reader's mass on it; `close` tells how near the words of the question stand.
    """

    text: str
    share: float
    lead: float
    kind: CandidateKind
    place: Place
    agreed: float = 0.0
    close: float = 1.0
    unit_other: float = 0.0


def is_held_by(name: str, passage: Passage, start: int, end: int) -> bool:
    """Tell whether a span says who someone is: a noun right before the name, or behind it and 是, 任; 甲勉励他努力学习 does not."""
    last = next((token.tag for token in passage.tokens if token.start + len(token.text) == end), "")
    if last[:1] not in ("n", "b") or last[:2] in ("nr", "ns"):  # 首夺|平衡木, 多哈|卡塔尔
        return False
    held = _HOLDS.sub("", passage.folded[:start])
    behind = passage.folded[end:].lstrip()
    person = next((t.text for t in passage.tokens if t.start >= end and t.tag[:2] == "nr"), "·")
    whole = re.match(rf"(?:{re.escape(person)}[^\W\d_]*[·•・])?{re.escape(name)}", behind)
    leads = name != "" and whole is not None  # 会长 陈立, 院长 费迪南德·杜登
    return leads or (len(held) < start and held.endswith(name))


def is_of_another_kind(
    query: Query, passage: Passage, answer: ShortAnswer, proposed: Sequence[Candidate]
) -> bool:
    """Tell whether a short answer is no such thing as was asked for; `proposed` are the spans that grammar proposes."""
    kind, noun = query.type, query.question.noun
    called = kind is QuestionType.WHICH and asks_for_a_name(query)
    quoted = answer.kind is CandidateKind.QUOTED  # “远航9号”
    if (called or kind is QuestionType.WHO) and not quoted and any(map(str.isdecimal, answer.text)):
        return True  # no person and no body has a date in it
    if (name := asked_person(query)) or ASKS_FOR_WORK.search(query.text):
        return not is_held_by(name, passage, *answer.place)
    if kind is QuestionType.WHO and (who := _IS_WHO.search(query.text)):
        body = answer.kind is CandidateKind.BODY or _sort_of_body(answer.text) >= 0
        if _is_no_name(passage, answer) or (body and OFFICE.search(query.text[: who.start()])):
            return True  # no group is 校长
    if kind is QuestionType.WHICH and noun and (answer.text[-1] in "名人位" or _only_heads(passage, answer)):
        return True  # 1名 tells no 驾照
    if kind in _OF_BODIES and _is_no_such_body(noun, passage, answer):
        return True
    if kind is QuestionType.PLACE and (
        _TEAM.search(answer.text) or (not noun and _is_cut_off(passage, answer, query.text))
    ):
        return True  # a team is nowhere
    start, end = answer.place
    deed = asked_deed(query) if kind is QuestionType.PLACE else ""
    if deed and passage.folded[:start].endswith(deed) and _is_no_name(passage, answer):
        return True  # 启动|仪式
    if kind is QuestionType.LIST and noun:
        first, last = part_of(passage.folded, answer.place, CLAUSE_END)
        items = passage.folded[first:last].split("、")
        others = sum(noun in item for item in items) - 1  # 甲队22分、乙队19分
        return "、" not in answer.text and (others > 0 or not answer.text.endswith(noun))
    if noun[:1] == "国" and kind is QuestionType.PLACE:
        return not any(t.tag[:2] == "ns" and start <= t.start < end for t in passage.tokens)
    if (part := asked_part_of_time(query)) and not part.search(passage.folded, *answer.place):
        return True
    if kind in (QuestionType.AMOUNT, QuestionType.CHANGE):
        asked, other = told_changes(passage, query)
        among = any(first < end and start < last for first, last in other)
        as_asked = any(first < end and start < last for first, last in asked)
        if among or (kind is QuestionType.CHANGE and (asked or other) and not as_asked):
            return True
    within = [one for one in proposed if start <= one.start and one.end <= end]
    lasts = next((one for one in within if one.kind in LASTING and answer.kind not in OF_TIME), None)
    if kind is QuestionType.TIME and SAYING.match(passage.folded, end) and not SAYING.search(query.text):
        return True
    if kind is QuestionType.TIME and lasts is not None and only_lasts(passage, lasts):
        return True  # 出狱的一天, 十年来
    if kind is QuestionType.TIME and (answer.kind in OF_TIME or _OF_TIME.search(answer.text)):
        return asks_for_hour(query) and (lasts is not None or not HOUR.search(answer.text))
    if asks_for_place_in_order(query):
        return not any(is_in_asked_order(query, passage, one) for one in within)
    if kind is QuestionType.WHO and answer.kind is CandidateKind.PLACE and (does := asked_deed(query)):
        return not (
            passage.folded[:start].endswith("由") and passage.folded.startswith(does, end)
        )  # 由青山乡承办
    fitting = MEASURED if asked_dimension(query) else FITTING.get(kind)
    if fitting is not None and kind in TOLD_BY_FIGURES and answer.kind in TOLD:
        # 第三水厂 tells no year, 31路 no duration, “天网2026” no time
        whole = [one for one in within if one.kind is not CandidateKind.BARE or kind is not QuestionType.TIME]
        return all(one.kind not in fitting - TOLD for one in whole)
    return fitting is not None and answer.kind not in fitting


def only_lasts(passage: Passage, one: Candidate) -> bool:
    """Tell whether a length of time makes no moment."""
    reached = _REACHED.search(passage.folded[: one.start]) or _SINCE.match(passage.folded, one.end)
    return one.kind in LASTING and not reached


def _is_no_name(passage: Passage, answer: ShortAnswer) -> bool:
    """Tell whether a span that may be anything is made of common words alone: 小巴 for 司机叫什么."""
    start, end = answer.place
    within = (t for t in passage.tokens if start < t.start + len(t.text) and t.start < end)
    return answer.kind in _OF_ANY_KIND and all(
        t.tag[:2] not in NAME_TAGS and passage.language.knows(t.text) for t in within if t.text.isalpha()
    )


def _only_heads(passage: Passage, answer: ShortAnswer) -> bool:
    """Tell whether it is the common end of a longer phrase that tells more: 客运航线 of 东港至西岛的客运航线."""
    before = next((t for t in passage.tokens if t.start + len(t.text) == answer.place[0]), None)
    return before is not None and (before.text == "的" or before.tag in "mq") and _is_no_name(passage, answer)


def _is_no_such_body(noun: str, passage: Passage, answer: ShortAnswer) -> bool:
    """Tell whether a body is of another sort than the asked one (哪家医院: 某公司), or only a place in its name."""
    asked, said = map(_sort_of_body, (noun, answer.text))
    other = answer.kind is CandidateKind.PERSON or (said >= 0 and asked != said)
    return asked >= 0 and (other or _is_cut_off(passage, answer))


def _sort_of_body(name: str) -> int:
    return next((at for at, ends in enumerate(_BODIES) if ends.search(name)), -1)


def are_such_bodies(query: Query, passage: Passage, said: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Tell of each text whether it is called as a body of the asked sort is: 学军中学, no 学军 and no 分公司, for 哪个学校."""
    asked = _sort_of_body(query.question.noun) if query.type in _OF_BODIES else -1
    common = {t.text for t in passage.tokens if t.tag[:2] not in NAME_TAGS and passage.language.knows(t.text)}
    return np.array([asked == _sort_of_body(text) != -1 and text not in common for text in said])


def _is_cut_off(passage: Passage, answer: ShortAnswer, asked: str = "") -> bool:
    """Tell whether it is a place that a longer name only begins with: 深圳 of 深圳男篮.

    Not 柳江 of 柳江牧民 for 哪里的牧民, nor 延安 of 在延安首演 for 首演在哪里.
    """
    start, end = answer.place
    after = next((t for t in passage.tokens if t.start == end and t.tag[:1] == "n"), None)
    if answer.kind is not CandidateKind.PLACE or after is None:
        return False
    led = passage.folded[:start].endswith(("在", "于"))
    return f"的{after.text}" not in asked and not (led and after.text in asked)


def is_one_of_several(passage: Passage, answer: ShortAnswer) -> bool:
    """Tell whether a short answer is a figure of a row whose heads are lost: of 15元 22元 10元 none tells a price."""
    start, end = answer.place
    units = {figure.unit for figure in passage.figures if figure.end == end} - {""}
    return any(
        other.unit in units and first <= last and not passage.folded[first:last].strip()
        for other in passage.figures
        for first, last in ((other.end, start), (end, other.start))
    )


def has_its_like(passage: Passage, answer: ShortAnswer) -> bool:
    """Tell whether another figure of the same unit stands in the fact."""
    start, end = answer.place
    units = {figure.unit for figure in passage.figures if start < figure.end <= end}
    return any(one.unit in units and not start < one.end <= end for one in passage.figures)


def value_behind(asked: str, passage: Passage, proposed: Sequence[Candidate]) -> Iterator[ShortAnswer]:
    """Yield what stands behind the end of a key phrase as its value: 97.3% of 完赛率为97.3% for 马拉松完赛率.

    A figure without 为 or a colon between is its value only where it is a share, or the only one of the measure that the phrase
    names: 总投资213亿元.
    """
    measure = measure_of(asked) if asked in passage.folded else ""
    measured = [f.end for f in passage.figures if measure and f.unit and is_of_measure(measure, f.unit)]
    tails = (asked[at:] for at in range(len(asked) - 1))
    tail = next((tail for tail in tails if tail in passage.folded), "")
    for match in (
        re.finditer(rf"{re.escape(tail)}(?P<link>为|是|达到?|约|:|)[\"“]?", passage.folded) if tail else ()
    ):
        there = [one for one in proposed if one.start == match.end() and one.kind in _VALUES]
        best = max(there, key=lambda one: one.end, default=None)
        if best and (match["link"] or best.kind is CandidateKind.PERCENT or [best.end] == measured):
            place = (best.start, best.end)
            yield ShortAnswer(passage.text[slice(*place)], SURE_SHARE, SURE_SHARE, best.kind, place)
            return


def joined_words(tokens: Sequence[Token]) -> list[Token]:
    """Return the words with a lone last character given back to what it ends: 门诊|楼 is 门诊楼, 县|道 县道."""
    found: list[Token] = []
    for at, token in enumerate(tokens):
        last = found[-1] if found else None
        ends = len(token.text) == 1 and token.tag[:1] == "n"
        begins = ends and at + 1 < len(tokens) and _is_lone_noun(tokens[at + 1], token.start + 1)
        if (
            ends
            and last is not None
            and last.start + len(last.text) == token.start
            and last.tag[:1] in _JOINING
            and (last.tag[:1] == "n" if len(last.text) == 1 else not begins)
        ):
            found[-1] = Token(last.text + token.text, last.tag if last.tag in NAME_TAGS else "n", last.start)
        else:
            found.append(token)
    return found


def _is_lone_noun(token: Token, start: int) -> bool:
    return token.start == start and len(token.text) == 1 and token.tag[:1] == "n"


def count_others(query: Query, passage: Passage, proposed: Sequence[Candidate]) -> npt.NDArray[np.bool_]:
    """Tell of each candidate whether it is a figure of something else than is asked for.

    It is of another measure (persons, where money is asked for), no score of two, or it counts another thing while there is a figure of
    the very thing: 19座 of 设19座车站，其中4座换乘站 for 几座换乘站.
    """
    if asks_for_place_in_order(query):
        return np.zeros(len(proposed), dtype=np.bool_)
    if _OF_SCORE.search(query.text):
        return np.array([not SCORE.search(passage.folded, one.start, one.end) for one in proposed])
    figures = {figure.end: figure for figure in passage.figures}
    told = [figures.get(one.end) or _only_within(one, passage) for one in proposed]
    measure, noun = asked_measure(query), query.question.noun
    if measure:
        return np.array([not is_of_measure(measure, one.unit if one else "") for one in told])
    if numbered := {*numbered_nouns(passage, noun)}:
        return np.array([(one.start, one.end) not in numbered for one in proposed])
    words = joined_words(passage.tokens) if noun else []
    counted = {end: _counted(figure, passage, words) for end, figure in figures.items()}
    counting = [end for end, one in figures.items() if one.kind is not QuantityKind.ORDINAL]  # 第4届书展
    wanted = [end for end in counting if noun and any(noun in thing for thing in counted[end])]
    first = min(wanted, default=0)

    dimension = asked_dimension(query)

    def is_of_other(one: Quantity) -> bool:
        lasts = one.kind is QuantityKind.DURATION and one.unit != "岁"
        if dimension and not is_of_dimension(dimension, one.unit):
            return True
        if dimension and ((one.text[0] == "一" and alike("个", one.unit)) or (dimension == "大" and lasts)):
            return True  # 一名木匠 tells no age
        after, before = counted[one.end]
        if noun and lasts:
            return True  # 写了四年 for how many drafts
        if noun and len(after) > 1 and after in query.text and after[:1] not in noun and noun not in after:
            return True  # 81个集团 for how many doctors a 集团 has
        # Behind the figure asked for come its parts: 新增学位3600个，其中城区2400个.
        thing = after or (before if one.end < first else "")
        return bool(first and thing) and noun not in after + before

    return np.array([one is not None and is_of_other(one) for one in told])


def _only_within(one: Candidate, passage: Passage) -> Quantity | None:
    """The figure that a reader's span is around: 一名 of 是一名木匠."""
    inside = [f for f in passage.figures if one.start <= f.start and f.end <= one.end]
    return inside[0] if len(inside) == 1 and one.kind is CandidateKind.READ else None


def _counted(figure: Quantity, passage: Passage, words: Sequence[Token]) -> tuple[str, str]:
    """What a figure counts: the nouns right after it, and those right before it or before its verb (车站有19座)."""
    before = ""
    start = figure.start
    for word in reversed(words):
        if word.start + len(word.text) != start:
            continue
        if word.tag[:1] in NOMINAL or word.tag == "vn":
            before = word.text + before
        elif before or len(word.text) > 1 or not word.text.isalnum():
            break
        start = word.start
    return passage.folded[figure.end : nouns_after(passage, figure)], before
