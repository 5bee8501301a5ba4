"""Whether a span is told of the very deed, time and part that a question asks about, or of another."""

from __future__ import annotations

import re
from collections.abc import Sequence

from knowledge.answering.alignment import LEVELS, Alignment
from knowledge.answering.constraints import TURN, TURNS, SlotKind, asked_deed, asked_word
from knowledge.answering.owners import runs_of
from knowledge.answering.window import CELL_END, CLAUSE_END, HELD, ITEM_END, Passage, Place, part_of
from knowledge.query.analysis import Query
from knowledge.query.question import NAMES, NUMBERS, QuestionType
from knowledge.text.periods import is_compared_with

OF_ALL = re.compile("一共|总共|累计|[共合总]计")
_OF_A_PART = re.compile("当[年月日天晚]|[单首][日周月年]|其中")
ADDED = re.compile("新[开增建设辟添]|[再又][建开增添]|增[设开]")
"""What comes to what there is: 再建8间 tells no number of all."""
_AGAIN = frozenset({"届", "期", "轮", "赛季", "雪季", "季", "学期"})


def is_told_of_another(query: Query, aligned: Sequence[Alignment], passage: Passage, place: Place) -> bool:
    """Tell whether a span is told of another deed, time or part than is asked, or before what is asked about is named."""
    if (
        _dates_another_deed(query, passage, place)
        or _places_another_deed(query, passage, place)
        or _tells_another_turn(query, passage, place)
        or _is_told_in_heads(query, aligned)
    ):
        return True
    return query.type in NUMBERS and (
        _tells_when(query, aligned, passage, place)
        or _counts_another_deed(query, aligned, passage, place)
        or _is_named_behind(aligned, passage, place)
        or _has_another_figure(aligned, passage, place)
    )


def _has_another_figure(aligned: Sequence[Alignment], passage: Passage, place: Place) -> bool:
    """Tell whether a word of the query stands only in a later clause that has a figure of that measure: 补助6元，骨干提高到9元."""
    _, end = part_of(passage.folded, place, CELL_END)
    units = {figure.unit for figure in passage.figures if place[0] <= figure.start < place[1]}
    for other in passage.figures:
        if other.start >= end and other.unit in units:
            first, last = part_of(passage.folded, (other.start, other.end), CELL_END)
            own, apart = passage.folded[first:last], passage.folded[:first] + passage.folded[last:]
            words = (one.constraint.text for one in aligned if one.level == 0)
            told = [word for word in words if word in own and word not in apart]
            if told and (other.start == first or own.startswith(tuple(told))):
                return True
    return False


def _dates_another_deed(query: Query, passage: Passage, place: Place) -> bool:
    """Tell whether a time is told of another deed: 退休 stands in another clause than 今年, and that one has its own verb or who."""
    deed = (asked_deed(query) or asked_word(query)) if query.type is QuestionType.TIME else ""
    start, end = part_of(passage.folded, place, CELL_END)
    if not deed or deed not in passage.folded:
        return False
    if deed in passage.folded[start:end]:
        return False
    if re.search(rf"[,，;；].*{re.escape(deed)}(?:之|以)?[后前]", passage.folded[end + 1 :]):
        return True  # 2019年，考入大学，毕业后留校
    apart = (t for t in passage.tokens if start <= t.start < end and not place[0] <= t.start < place[1])
    return any(token.tag == "r" or (token.tag == "v" and len(token.text) > 1) for token in apart)


def _is_told_in_heads(query: Query, aligned: Sequence[Alignment]) -> bool:
    """Tell whether the deed beside the question word stands in the heads alone: there stands whose name answers."""
    question = query.question
    before = [one for one in aligned if one.constraint.end <= question.start][-1:]
    after = [one for one in aligned if one.constraint.start >= question.end][:1]
    deeds = (one for one in after or before if one.constraint.kind is SlotKind.DEED)
    return query.type in NAMES and any(LEVELS[one.level] == "heads" for one in deeds)


def _counts_another_deed(query: Query, aligned: Sequence[Alignment], passage: Passage, place: Place) -> bool:
    """Tell whether what is counted does another thing than is asked, which the sentence lacks: 5000人被疏散 for 多少人死亡.

    Not 2人烧伤 for 几人受伤: the words share a part.
    """
    after = next((one for one in aligned if one.constraint.start >= query.question.end), None)
    if after is None or after.constraint.kind is not SlotKind.DEED or LEVELS[after.level] == "sentence":
        return False
    _, end = part_of(passage.folded, place, CLAUSE_END)
    behind = (t for t in passage.tokens if place[1] <= t.start < end and t.tag[:1] not in "dpu")  # 已被
    does = next(behind, None)
    return (
        does is not None
        and does.tag[:1] == "v"
        and len(does.text) > 1
        and not set(does.text) & set(after.constraint.text)
    )


def _places_another_deed(query: Query, passage: Passage, place: Place) -> bool:
    """Tell whether a place is where another deed is done, and the asked one stands before it: 这项工作在美国流行 for 在哪里工作."""
    deed = asked_deed(query) if query.type is QuestionType.PLACE else ""
    start, end = part_of(passage.folded, place, CLAUSE_END)
    if not deed or deed not in passage.folded[start : place[0]] or deed in passage.folded[place[1] : end]:
        return False
    behind = (t.tag for t in passage.tokens if place[1] <= t.start < end and t.tag[:1] not in "dtfu")
    return next(behind, "")[:1] == "v"


def _tells_when(query: Query, aligned: Sequence[Alignment], passage: Passage, place: Place) -> bool:
    """Tell whether an age only says when another deed was done: 22岁从父亲手里接过铺子 tells no 多大."""
    start, end = part_of(passage.folded, place, CELL_END)
    behind = next((t for t in passage.tokens if t.start == place[1] < end), None)
    deeds = [one.constraint.text for one in aligned if one.constraint.kind is SlotKind.DEED]
    return (
        passage.folded[place[1] - 1] == "岁"
        and behind is not None
        and behind.tag in ("v", "p")
        and not any(deed in passage.folded[start:end] for deed in deeds)
        and behind.text not in query.text
    )


def _is_named_behind(aligned: Sequence[Alignment], passage: Passage, place: Place) -> bool:
    """Tell whether all that is asked about is named only behind a figure's clause: of what follows nothing is told there.

    支援学校21所，培训2.1万人次，其中一中是省示范学校 tells no number of 一中.
    """
    _, end = part_of(passage.folded, place, CELL_END)
    told = [one for one in aligned if one.constraint.kind is not SlotKind.DEED]
    here = (one.constraint for one in told if one.level == 0 and one.constraint.period is None)
    named = [one.text for one in here if one.text in passage.folded]
    around = any(one.level in (1, 2, 4) for one in told)
    runs = (
        "".join(one.text for one in run) for run in runs_of([one.constraint for one in told]) if len(run) > 1
    )
    behind = any(whole in passage.folded and whole not in passage.folded[:end] for whole in runs)
    none_before = bool(named) and not any(word in passage.folded[:end] for word in named)
    headed = any(word in passage.language.fold(head) for head in passage.around.heads for word in named)
    return not around and not headed and (behind or none_before)


def asks_how_many_there_are(query: Query) -> bool:
    """Tell whether all that there is of something is asked for, not what was or will be added."""
    asked = query.text[query.question.start : query.question.end]
    there_are = asked.startswith(("有", "共", "一共", "总共"))
    return query.type is QuestionType.AMOUNT and there_are and ADDED.search(query.text) is None


def _tells_another_turn(query: Query, passage: Passage, place: Place) -> bool:
    """Tell whether a value is of the next or the last of what comes again, or of a part: 下届在贵阳, 当年卖出1.8万副 for 一共."""
    start, end = part_of(passage.folded, place, CELL_END)
    if OF_ALL.search(query.text) and _OF_A_PART.search(passage.folded, start, end):
        return True
    if asks_how_many_there_are(query) and ADDED.search(passage.folded, start, end):
        return True
    starts = {token.start for token in passage.tokens}
    compared = re.compile("[比较与和同]$"), re.compile("[^,，]{0,2}相?比")
    turns = (
        one
        for one in TURN.finditer(passage.folded, 0, end)
        if one["of"] in _AGAIN
        and one.start() in starts  # 加上|一期
        and not compared[0].search(passage.folded, 0, one.start())
        and not compared[1].match(passage.folded, one.end())
    )
    told = {TURNS[one["turn"]] for one in turns if not place[0] <= one.start() < place[1]}
    return bool(told) and 0 not in told and not TURN.search(query.text)


def is_late(aligned: Sequence[Alignment], passage: Passage, place: Place) -> bool:
    """Tell whether a time asked for is told only behind the part that answers: it is said of what follows.

    总投资3.2亿元，2023年9月开工 tells no investment of 2023.
    """
    _, end = part_of(passage.folded, place, ITEM_END)
    for one in aligned:
        period = one.constraint.period
        if period is None or one.relation not in HELD or period.related(passage.inherited) in HELD:
            continue
        held = [s for s in passage.spans_of(period) if not is_compared_with(s, passage.folded)]
        if held and all(span.start >= end for span in held):
            return True
    return False
