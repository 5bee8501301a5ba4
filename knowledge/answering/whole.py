"""What is said is whole: a figure with what it counts, a moment, an address, a name, an enumeration; none is cut."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np
import numpy.typing as npt

from knowledge.answering.candidates import JOINED, OF_TIME, PART_OF_TIME, WEEKLY, Candidate, CandidateKind
from knowledge.answering.window import CELL_END, CLAUSE_END, ITEM_END, Passage, Place, part_of
from knowledge.query.analysis import Query
from knowledge.text.analyzer import NAME_TAGS, Token
from knowledge.text.numbers import Quantity, QuantityKind, alike, comparable

_COMFORTABLE = 20
_SHORT = 15
_PAIRS = ("“”", "《》", "「」", "『』", "（）", "()")
_CLOSERS = '”"’》」』'
_OF_A_YEAR = re.compile(r"年(?![底初末月])")
_RANGE = re.compile(r"(?:(?<=[日号月年时点分半])-|[至到~—–]+)(?=[\d周星上下中晚早凌傍])")
_WORDS = frozenset({CandidateKind.NOUNS, CandidateKind.NAME})
_NAMED = _WORDS | {CandidateKind.READ}
_OF_RUNS = _WORDS | {CandidateKind.ITEM, CandidateKind.PERSON, CandidateKind.PLACE, CandidateKind.BODY}


def counted_span(wanted: Sequence[Quantity], passage: Passage) -> Place | None:
    """Return where one of the figures stands, in whatever writing, with what it counts, after it or else before it."""
    quantities = passage.figures
    figure = next((told for told in quantities if any(is_same(one, told) for one in wanted)), None)
    if figure is None:
        return None
    end = nouns_after(passage, figure)
    if end > figure.end:
        return figure.start, end
    start, _ = part_of(passage.folded, (figure.start, figure.end), ITEM_END)
    before = (t.start for t in passage.tokens if start <= t.start < figure.start and t.tag != "p")
    start = next(before, figure.start)  # 3项 of 对3项
    return (start, figure.end) if figure.end - start <= _SHORT else (figure.start, figure.end)


def is_same(asked: Quantity, told: Quantity) -> bool:
    """Tell whether two figures are one: the same number, and no measures that count different things."""
    return bool(set(asked.keys) & set(told.keys)) and comparable(asked.unit, told.unit)


def is_told_in(text: str, asked: Quantity, figure: Quantity) -> bool:
    """Tell whether a figure of a text is the asked one: 64kb is not 64层, and 6:10 is no 6."""
    after, before = text[figure.end : figure.end + 2], text[max(0, figure.start - 2) : figure.start]
    clock = (after[:1] == ":" and after[1:].isdecimal()) or (before[1:] == ":" and before[:1].isdecimal())
    latin = asked.unit and not figure.unit and after[:1].isascii() and after[:1].isalpha()
    return is_same(asked, figure) and not clock and not latin


def what_is_counted(figure: Quantity, text: str) -> str:
    """Return the measure of a figure, or the character that stands for one: 路 of 58路."""
    return figure.unit or text[figure.end : figure.end + 1].strip()


def nouns_after(passage: Passage, figure: Quantity) -> int:
    """Return where the nouns right after a figure end; the figure's own end where none follow."""
    if figure.kind is QuantityKind.PERCENT:
        return figure.end
    end = after = figure.end
    while after < len(passage.text) and passage.text[after] in _CLOSERS + " ":
        after += 1
    held: Token | None = None
    for token in passage.tokens:
        if token.start + len(token.text) <= after:
            continue
        noun = token.tag[:1] in "njlbs" or token.tag in ("vn", "eng", "i")
        leads = (
            end == figure.end
            and held is None
            and token.text[0].isalnum()
            and token.tag in ("v", "a", "d", "t", "f", "zg")
        )
        if not (noun or leads) or token.start + len(token.text) - figure.start > _COMFORTABLE:
            break
        if leads and not noun:
            held = token
        else:
            end = token.start + len(token.text)
    return end


def whole_place(passage: Passage, one: Candidate, noun: str, words: str, edge: str) -> Place:
    """Return a candidate's place with the 近 or 约 of the figure it is: what is about is not said as exact.

    What 个, or a figure without a measure, counts is said with it where it is the noun asked for (6个班, 30手), and so
    is the noun that a name ends with: 全面屏手势. No moment is cut, unless the question's `words` ask for the year alone,
    or for one `edge` of a time: 18时 of 8时至18时 for 到几点.
    """
    if one.kind in OF_TIME and not _OF_A_YEAR.search(words):
        around = (place for place in whole_moments(passage) if place[0] <= one.start and one.end <= place[1])
        start, end = next(around, (one.start, one.end))
        parted = _RANGE.search(passage.folded, start, end)
        if parted and edge == "到":
            return parted.end(), end
        return (start, parted.start()) if parted and edge else (start, end)
    whole = (f.start for f in passage.figures if f.start < one.start < f.end == one.end)
    counted = one.kind is CandidateKind.BARE or passage.folded[: one.end].endswith("个")
    named = one.kind in _NAMED and any(
        t.start == one.end and t.text == noun and t.tag[:1] == "n" for t in passage.tokens
    )
    told = bool(noun) and passage.folded.startswith(noun, one.end) and (counted or named)
    return next(whole, one.start), one.end + (len(noun) if told else 0)


def stretches(passage: Passage) -> list[Place]:
    """Return where moments go from one to another: 5月6日至5月10日."""
    return [place for place in whole_moments(passage) if _RANGE.search(passage.folded, *place)]


def whole_moments(passage: Passage) -> list[Place]:
    """Return where moments stand, those that touch as one: 7月8日|22时30分, 2026年|年底, 周二至周日|9:00至17:30."""
    folded = passage.folded
    places = sorted(
        [
            *((f.start, f.end) for f in passage.figures if f.kind is QuantityKind.DATE),
            *((span.start, span.end) for span in passage.periods),
            *(match.span() for match in WEEKLY.finditer(folded)),
        ]
    )
    found: list[Place] = []
    for start, end in places:
        if part := PART_OF_TIME.match(folded, end):
            end = part.end()
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found


def whole_list(passage: Passage, one: Candidate, proposed: Sequence[Candidate]) -> Candidate:
    """Return the longest enumeration that a candidate is an item of: 喀山、伊热夫斯克和萨拉托夫机场; else itself."""
    around = [
        other
        for other in proposed
        if other.kind in _OF_RUNS
        and other.start <= one.start
        and one.end <= other.end
        and (other.start == one.start or JOINED.search(passage.folded, other.start, one.start))
        and (other.end == one.end or JOINED.search(passage.folded, one.end, other.end))
    ]
    return max(around, key=lambda other: other.end - other.start, default=one)


def balanced(said: str) -> str:
    """Return a span without what a cut left of a quotation: 牢记使命”主题教育 becomes 主题教育, “四联 becomes 四联."""
    for pair in _PAIRS:
        opening, closing = pair[0], pair[1]
        first = said.find(closing)
        if first >= 0 and opening not in said[:first]:
            said = said[first + 1 :] or said[:first]
        last = said.rfind(opening)
        if last >= 0 and closing not in said[last:]:
            said = said[:last] if last > len(said) // 2 else said[last + 1 :]
    return said.strip()


def asks_for_place_in_order(query: Query) -> bool:
    """Tell whether a place in an order is asked for, which no count answers: 第几座."""
    return "第几" in query.text[query.question.start : query.question.end]


def is_in_asked_order(query: Query, passage: Passage, one: Candidate) -> bool:
    """Tell whether a span is a place in the order that is asked for: 第八轮 tells no 排名第几."""
    unit = next((figure.unit for figure in passage.figures if figure.end == one.end), "")
    asked, noun = query.question.unit, query.question.noun
    if one.kind is not CandidateKind.ORDINAL:
        return False
    if asked or noun:
        return (unit or noun[:1]) == (asked or noun[:1]) or passage.folded.startswith(asked or noun, one.end)
    return unit in ("", "名", "位")


def of_named_item(query: Query, passage: Passage, proposed: Sequence[Candidate]) -> npt.NDArray[np.bool_]:
    """Tell of each span whether it is the figure of an item that is a name of the query and nothing else: 共14家，其中甲市3家."""
    names = tuple(word.text for word in query.words if word.tag[:2] in NAME_TAGS and len(word.text) > 1)
    ends: set[int] = set()
    for figure in passage.figures if names and query.question.unit else ():
        start, _ = part_of(passage.folded, (figure.start, figure.end), ITEM_END)
        start += 2 * passage.folded.startswith("其中", start)
        led = [token.tag for token in passage.tokens if start <= token.start < figure.start]
        named = passage.folded.startswith(names, start) and all(tag[:1] in "nsjb" for tag in led)
        if named and alike(query.question.unit, figure.unit):
            ends.add(figure.end)
    return np.array([one.end in ends for one in proposed])


_RESPECTIVELY = re.compile(r"分别|依次|各为")


def paired(passage: Passage) -> list[list[tuple[str, Place]]]:
    """Return what 分别 joins, the n-th item with the n-th figure: 甲市、乙市分别增长3%和5%."""
    folded, found = passage.folded, []
    for match in _RESPECTIVELY.finditer(folded):
        values: list[Place] = []
        for figure in passage.figures:
            between = folded[values[-1][1] : figure.start] if values else ""
            if figure.start >= match.end() and (not values or re.fullmatch(r"[、,，和与及以]{1,2}", between)):
                values.append((figure.start, figure.end))
        lists = (items for items in _lists_before(folded[: match.start()]) if len(items) == len(values))
        found += [list(zip(items, values, strict=True)) for items in islice(lists, 1)]
    return found


def _lists_before(text: str) -> Iterator[list[str]]:
    """The items of the last clause and of the one before it, where there are several: 甲、乙居前两位，分别出口."""
    clauses = reversed(CLAUSE_END.split(text)[-2:])
    return (items for clause in clauses if len(items := JOINED.split(clause)) > 1)


def is_unpaired(passage: Passage, place: Place) -> bool:
    """Tell whether 分别 gives a span to one of several that no order tells: 前身分别是甲年成立的某校、某馆和乙年成立的某所."""
    folded = passage.folded
    start, _ = part_of(folded, place, CLAUSE_END)
    joins = (match.start() for match in _RESPECTIVELY.finditer(folded, start, place[0]))
    values = [value for pairs in paired(passage) for _, value in pairs]
    told = any(first < place[1] and place[0] < last for first, last in values)
    return not told and any(any(_lists_before(folded[:at])) for at in joins)


def of_asked_pair(
    query: Query, pairs: Sequence[tuple[str, Place]], proposed: Sequence[Candidate]
) -> npt.NDArray[np.bool_]:
    """Tell of each span whether it is no figure of another item than the one that the query names."""
    words = [word.text for word in query.words if len(word.text) > 1]
    named = [
        any(word in item and sum(word in other for other, _ in pairs) == 1 for word in words)
        for item, _ in pairs
    ]
    named[-1] &= not any(named[:-1])  # what ends the last is told of all: 甲、乙和丙用电量
    others = [place for (_, place), own in zip(pairs, named, strict=True) if sum(named) == 1 and not own]
    return np.array([not any(s < c.end and c.start < e for s, e in others) for c in proposed])


def outside_parts(query: Query, passage: Passage, proposed: Sequence[Candidate]) -> npt.NDArray[np.bool_]:
    """Tell of each span whether it is no figure behind 其中 of what the whole has a figure of: 收3亿元，其中甲市收2亿元."""
    folded = passage.folded
    at = folded.find("其中")
    words = [word.text for word in query.words]
    things = tuple(word.text for word in query.words if word.tag[:1] not in "vdt")
    named = at < 0 or any(word in folded[at:] and word not in folded[:at] for word in words)
    of_all = [
        {word for word in words if word in folded[part_of(folded, (f.start, f.end), CELL_END)[0] : f.start]}
        for f in passage.figures
        if f.end <= at
    ]

    def is_whole(one: Candidate) -> bool:
        start, end = part_of(folded, one[:2], CELL_END)
        own = {word for word in words if word in folded[start:end]}
        begun = folded[start:end].removeprefix("其中").startswith(things)
        return one.start < at or begun or not any(other and own <= other for other in of_all)

    return np.array([named or is_whole(one) for one in proposed])
