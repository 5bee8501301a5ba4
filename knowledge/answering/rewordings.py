"""What a sentence says of a word of the question without having it (起 for 开始, 增长 for 涨), and the question in its words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from knowledge.answering.constraints import Constraint
from knowledge.answering.reader import WindowReading
from knowledge.answering.whole import stretches
from knowledge.answering.window import Passage, Place, tight
from knowledge.query.aliases import expands
from knowledge.query.analysis import Query
from knowledge.query.question import QuestionType

_RISES = re.compile(r"增长|增加|增多|增收|上升|攀升|提高|提升|上涨|上调|扩大|[增涨]|(?<!每)升")
_FALLS = re.compile(r"下降|下滑|下跌|下调|减少|减轻|降低|回落|缩[小减短]|收窄|压缩|[降跌减]")
"""Verbs of change, by where they lead."""
_CHANGES = re.compile(rf"{_RISES.pattern}|{_FALLS.pattern}")
_CHANGED_BY = re.compile(rf"(?:{_CHANGES.pattern})了?$")
_DIFFERS_BY = re.compile(r"[比较][^,，。;；\d]{1,10}[多少高低]了?$")
_ASKS_CHANGE = re.compile(rf"{_CHANGES.pattern}|比|差|[多少]了|多出")
LONGEST_COMPARISON = 16
SCORE = re.compile(r"(?<![\d.])\d{1,3}\s?[比:：–—-]\s?\d{1,3}(?![\d.])")
EACH = re.compile(r"一(?P<of>[\u4e00-\u9fff]{1,2})")
_HOURS = re.compile(r"(?:开门|关门|营业|开放|闭馆|开馆|打烊|上班|下班|办公)")
_RANGE_OF_HOURS = re.compile(r"\d{1,2}(?::\d\d|[时点])\D{0,4}[至到~—–-]+\D{0,4}\d{1,2}(?::\d\d|[时点])")
_CALLS = re.compile(r"(?:联系)?电话|热线(?:电话)?")
_DAILY = re.compile("每[天日]")
_BEGINS = re.compile(r"[日号时点分年月午晚]\s?(?:正式)?起|时间[:为是]")
_EDGES = re.compile("开始|截止|结束")


def is_reworded(one: Constraint, query: Query, passage: Passage) -> bool:
    """Tell whether the fact itself says a word in other words, by grammar alone.

    A time with 起 begins something, and a stretch of time begins and ends it, 一期 is each 期, two numbers with 比 are a score,
    and a change may be told by any verb of its direction: what is asked to have risen (涨了多少) may have grown (增长21.3%),
    but not in a fact where something falls.
    """
    if _EDGES.fullmatch(one.text) and query.type is QuestionType.TIME:
        begins = one.text == "开始" and _BEGINS.search(passage.folded)
        return bool(begins or stretches(passage))
    if each := EACH.fullmatch(one.text):
        return query.type is QuestionType.AMOUNT and f"每{each['of']}" in passage.folded
    if _HOURS.fullmatch(one.text):  # 9:00至21:00开放 tells when it opens and shuts
        hours = _HOURS.search(passage.folded) and _RANGE_OF_HOURS.search(passage.folded)
        return query.type is QuestionType.TIME and hours is not None
    for asked, told in ((re.compile("比分"), SCORE), (_CALLS, _CALLS), (_DAILY, _DAILY)):
        if asked.fullmatch(one.text):
            return told.search(passage.folded) is not None
    if query.type is not QuestionType.CHANGE:
        return False
    for there, back in ((_RISES, _FALLS), (_FALLS, _RISES)):
        if there.fullmatch(one.text):
            return there.search(passage.tight) is not None and back.search(passage.tight) is None
    return False


def told_changes(passage: Passage, query: Query) -> tuple[list[Place], list[Place]]:
    """Return where figures say by how much something changed, behind its verb: as is asked, and where no such change is asked.

    下调0.14元 is no price, 减少了140人 no number of people, and 下降1.3% tells no 上涨了多少.
    """
    ways = [verb for verb in (_RISES, _FALLS) if verb.search(query.text)] or [_CHANGES]
    asks = query.type is QuestionType.CHANGE or _ASKS_CHANGE.search(query.text)
    asked: list[Place] = []
    other: list[Place] = []
    for one in passage.figures:
        before = passage.folded[max(0, one.start - LONGEST_COMPARISON) : one.start]
        list_of = next((told for told in (asked, other) if told and told[-1][1] == one.start - 1), None)
        if list_of is not None and before[-1] in "和、与":  # 下滑4.5个和3.2个百分点
            list_of.append((one.start, one.end))
        elif _CHANGED_BY.search(before[-6:]) or _DIFFERS_BY.search(before):
            verb = re.search(rf"(?:{'|'.join(way.pattern for way in ways)}|[多少高低])了?$", before)
            (asked if asks and verb else other).append((one.start, one.end))
    return asked, other


_WHEN = re.compile(r"几月几?[日号]|几[日号]|(?:星期|周|礼拜)几")
_AGE = re.compile(r"多大(?:的?年纪|岁数|年龄|了)?|几岁了?")
_CALLED = re.compile(r"叫做?(?:什么|啥)(?:名字)?")
_HOLLOW = re.compile(r"现在|目前|如今|眼下|具体|到底|究竟|大[约概]|[一总]共|来着$")
_LEAD = re.compile(r"(?:需?要|总共|一共|共)?[花用]了?(?=多少钱)")
"""What the reader hardly knows: of 40 questions each its logit of an answer fell by 2.7 with 几号 for 什么时候, by 1.9
with 今年, 1.8 with 来着, .5 to 1 with 现在, 大约 and 一共, .3 to 1.2 with 具体, and .2 to .7 with 到底 beside them."""


@dataclass(frozen=True, slots=True)
class Wording:
    """A question in a sentence's own words; `places` tells of each character which of the query's it stands for.

    `known` are the words of the query that the sentence has in other words: no doubt about them counts.
    """

    text: str
    places: tuple[tuple[int, int], ...]
    known: tuple[tuple[int, int], ...]

    def restored(self, reading: WindowReading) -> WindowReading:
        """Return a reading of this wording with its doubts at the words of the query."""
        doubts = tuple(
            replace(one, start=self.places[one.start][0], end=self.places[one.end - 1][1])
            for one in reading.doubts
        )
        return replace(reading, doubts=doubts)


def in_words_of(
    passage: Passage, query: Query, bound: Sequence[Constraint], held: Sequence[Constraint]
) -> Wording:
    """Return the question as it would be asked of a passage that is printed: a reader knows no other words for a thing.

    `held` are times that hold for the passage and words that nothing need say, whether or not it says them.
    """
    text, places, at = "", [], 0
    unsaid = [(one.start, one.end, "") for one in held if one.text not in passage.folded]
    told = [*_told_otherwise(passage, query, bound), *unsaid]
    for start, end, new in sorted([*_asked_otherwise(passage, query), *told]):
        if start < at:
            continue
        text += query.text[at:start] + new
        places += [*((n, n + 1) for n in range(at, start)), *((start, end) for _ in new)]
        at = end
    text, places = text + query.text[at:], [*places, *((n, n + 1) for n in range(at, len(query.text)))]
    if not text.strip():  # 现在 alone
        text, places = query.text, [(n, n + 1) for n in range(len(query.text))]
    return Wording(text, tuple(places), tuple((start, end) for start, end, _ in told))


Said = tuple[int, int, str]
"""Where something stands in the query, and what takes its place."""


def asks_for_a_name(query: Query) -> bool:
    """Tell whether what something is called is asked: 船长叫什么名字."""
    return _CALLED.search(query.text) is not None


def _asked_otherwise(passage: Passage, query: Query) -> Iterator[Said]:
    """Question words that print has others for, and what is said only when one speaks."""
    text, asked = query.text, query.type
    if asked is QuestionType.TIME and (when := _WHEN.search(text)):
        yield *when.span(), "什么时候"
    if asked is QuestionType.WHO and (called := _CALLED.search(text)):
        yield *called.span(), "是谁"
    if (age := _AGE.search(text)) and any(figure.unit == "岁" for figure in passage.figures):
        yield *age.span(), "多少岁"
    tokens = passage.language.tokens(text)
    for match in (*_HOLLOW.finditer(text), *_LEAD.finditer(text)):
        cut = (t for t in tokens for at in match.span() if t.start < at < t.start + len(t.text))
        if not any(passage.language.knows(token.text) for token in cut):  # 出现在
            yield *match.span(), ""


def _told_otherwise(passage: Passage, query: Query, bound: Sequence[Constraint]) -> Iterator[Said]:
    """Words that the passage has in other words: 开始 where 起 says it, its own verb of change, the full name of a short one."""
    for one in bound:
        if is_reworded(one, query, passage):
            yield one.start, one.end, _reworded(one, query, passage)
        elif tight(one.text) not in passage.tight and (full := expands(tight(one.text), passage.tight)):
            words = ((t.start, t.start + len(t.text)) for t in passage.language.tokens(passage.tight))
            end = next((end for start, end in words if start < full[1] <= end), full[1])  # 全体|会议
            yield one.start, one.end, passage.tight[full[0] : end]


def _reworded(one: Constraint, query: Query, passage: Passage) -> str:
    """Return what says a word in other words, where it takes the word's place: 每期 for 一期, 增长 for 涨."""
    if _EDGES.fullmatch(one.text):
        return ""
    if each := EACH.fullmatch(one.text):
        return f"每{each['of']}"
    if _CALLS.fullmatch(one.text) and (call := _CALLS.search(passage.folded)):
        return call.group()
    if query.type is not QuestionType.CHANGE:
        return one.text
    verb = (_RISES if _RISES.fullmatch(one.text) else _FALLS).search(passage.tight)
    return verb.group() if verb else one.text
