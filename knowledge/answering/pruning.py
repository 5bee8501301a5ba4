"""Which proposed spans give way to others of the same fact, by grammar alone: 过去需20分钟 to 如今只需8分钟."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from knowledge.answering.candidates import HOUR, OF_TIME, Candidate, CandidateKind
from knowledge.answering.constraints import (
    asked_deed,
    asked_dimension,
    asked_edge,
    asked_part_of_time,
    asked_person,
    asked_word,
    asks_for_hour,
)
from knowledge.answering.deeds import ADDED, OF_ALL, asks_how_many_there_are
from knowledge.answering.fits import (
    LASTING,
    MEASURED,
    SAYING,
    TOLD_BY_FIGURES,
    are_such_bodies,
    is_held_by,
    only_lasts,
)
from knowledge.answering.owners import asked_doers
from knowledge.answering.rewordings import told_changes
from knowledge.answering.scorer import COLUMN, Array, clause_numbers
from knowledge.answering.whole import (
    asks_for_place_in_order,
    is_in_asked_order,
    of_asked_pair,
    of_named_item,
    outside_parts,
    paired,
)
from knowledge.answering.window import CELL_END, CLAUSE_END, SENTENCE_PART, Passage, Place, part_of
from knowledge.query.analysis import Query
from knowledge.query.question import FEW_WORDS, NAMES, NUMBERS, QuestionType, is_kind_of_place
from knowledge.text.analyzer import SURNAMES
from knowledge.text.numbers import alike

_REASON = re.compile(
    r"因为|由于|源于|得益于|归功于|归因于|为了|旨在|目的是|原因[是在]于?|(?<![原起成病诱基])因(?![此而素子果])"
)
_BEFORE_CHANGE = re.compile(r"(?:由|从|自)[^,，。;；]{0,8}$")
_CHANGE = re.compile(
    r"[^,，。;；\d]{0,3}?(?:缩短|压缩|精简|缩减|减少|降低|下降|下调|增加|增长|提高|提升|上升|上调|扩大|扩充|调整"
    r"|延[长迟后]?|推[迟后]|提前|[增降减跌涨升改变调])了?[至到为成]"
)
_LABELLED = re.compile(
    r"(?:^|[|,;。. …])\s*(?P<label>[^|,;。:\s]{2,12})\s*[:：]\s*(?P<value>[^|,;。\s]{1,30})"
)
_LED_BY_NAME = re.compile(rf"\s[{''.join(sorted(SURNAMES))}]")
_AROUND_LABEL = re.compile(r"^(?:\d+|[一二三四五六七八九十]+)[、.]|\([^()]*\)|\s")
"""What a label has besides its words: a number before it, the unit of its column."""
TOGETHER = 0.6
"""Share of the question in one clause from which on a time in a clause that holds nothing of it gives way."""
_TIMES = OF_TIME | {CandidateKind.DURATION}
_OUTDATED = re.compile("过去|以前|以往|从前|原来|原先|此前")
_NOW = re.compile("如今|现在|目前|而今|眼下|今后")
_FORMER = re.compile(r"原|以前|之前|过去|此前|从前|本来|曾|[从由自](?:多少|几|百分)")


def still_standing(
    query: Query, passage: Passage, proposed: Sequence[Candidate], rows: Array, shares: Array
) -> Array:
    """Return the shares without what gives way; a reason that would leave nothing counts for nothing."""
    for kept in _kept(query, passage, proposed, rows):
        left = np.where(kept, shares, 0.0)
        if (total := float(left.sum())) > 0:
            shares = left / total
    return shares


def _kept(
    query: Query, passage: Passage, proposed: Sequence[Candidate], rows: Array
) -> Iterator[npt.NDArray[np.bool_]]:
    may = np.array([query.type not in NUMBERS or one.kind not in OF_TIME for one in proposed])
    for same, other in (("period_same", "period_other"), ("dimension_near", "dimension_other")):
        if rows[may, COLUMN[same]].any():
            yield rows[:, COLUMN[other]] <= 0
    if query.type in (QuestionType.CHANGE, QuestionType.AMOUNT):
        by, amiss = told_changes(passage, query)
        if query.type is QuestionType.CHANGE:
            yield np.array([_overlaps(one, by) for one in proposed])
        yield np.array([not _overlaps(one, amiss) for one in proposed])
    for pairs in paired(passage):
        yield of_asked_pair(query, pairs, proposed)
    yield of_named_item(query, passage, proposed)
    if (unit := query.question.unit) and unit != "个":
        ends = {f.end for f in passage.figures if f.unit not in ("", "个") and alike(unit, f.unit)}
        yield np.array([one.end in ends for one in proposed])
    if asked_dimension(query):
        yield np.array([one.kind in MEASURED for one in proposed])  # 第一次 tells no 多大
    if query.type in FEW_WORDS:
        yield _in_fullest(query, passage, proposed)
    if query.type is QuestionType.WHY:
        led = {match.end() for match in _REASON.finditer(passage.folded)}
        yield np.array([one.start in led for one in proposed])
    if query.type in TOLD_BY_FIGURES and not _FORMER.search(query.text):
        yield np.array([not _is_former(one, passage.folded) for one in proposed])
    if query.type is QuestionType.WHO:
        names = [(one.start, one.end) for one in proposed if one.kind is CandidateKind.PERSON]
        yield np.array(
            [one.kind is not CandidateKind.NOUNS or not _has(names, one, passage) for one in proposed]
        )
    each = re.finditer(r"每(?P<of>[\u4e00-\u9fff]{1,2})", query.text)
    for told in (f"每{one['of'][:size]}" for one in each for size in (2, 1)):
        if (there := _in_clause_of(told, passage, proposed)).any():
            yield there  # 每户多少 is not told by the sum
    if "每" not in query.text and OF_ALL.search(query.text):  # 总共多少 is not told by what each has
        yield ~_in_clause_of("每", passage, proposed)
        yield _in_clause_of("总", passage, proposed)
    if asks_how_many_there_are(query):
        parts = (part_of(passage.folded, one[:2], CELL_END) for one in proposed)
        yield np.array([ADDED.search(passage.folded, *part) is None for part in parts])
    yield outside_parts(query, passage, proposed)
    if name := asked_person(query):
        yield np.array([is_held_by(name, passage, one.start, one.end) for one in proposed])
    labelled = _labelled(query, passage)
    if "|" in passage.folded:  # what heads a column is in no cell
        heads = [match.span("label") for match in _LABELLED.finditer(passage.folded)]
        yield np.array([not _overlaps(one, heads) for one in proposed])
    if doers := asked_doers(query, passage):
        yield _names_one_of(doers, passage, proposed)
    if query.type is QuestionType.WHO and not labelled and not doers:
        persons = np.array([one.kind is CandidateKind.PERSON for one in proposed])
        there = _in_clause_of(asked_word(query), passage, proposed)
        if (persons & there & (rows[:, COLUMN["in_question"]] <= 0)).any():
            yield there
    if asks_for_place_in_order(query):
        yield np.array([is_in_asked_order(query, passage, one) for one in proposed])
    noun = query.question.noun
    said = [passage.folded[one.start : one.end] for one in proposed]
    yield are_such_bodies(query, passage, said)
    if query.type is QuestionType.PLACE and is_kind_of_place(noun) and noun[0] != "国":
        # 哪个区 is told by what is called 区
        yield np.array([text.endswith(noun) and text != noun for text in said])
    if query.type is QuestionType.SHARE and "占" in query.text:  # a rate may be another's: 死亡率
        yield np.array([one.kind is CandidateKind.PERCENT for one in proposed])
    if query.type is QuestionType.DURATION and any(one.kind is CandidateKind.DURATION for one in proposed):
        yield np.array([one.kind in LASTING for one in proposed])
    if labelled:
        yield np.array([(one.start, one.end) in labelled for one in proposed])
    if part := asked_part_of_time(query):
        yield np.array([part.search(passage.folded, one.start, one.end) is not None for one in proposed])
    if asks_for_hour(query):
        yield np.array([tells_an_hour(one, passage.folded) for one in proposed])
    if asked_edge(query) == "到" and (asked_deed(query) or "?") not in passage.folded:
        yield np.array([passage.folded[: one.start].endswith(tuple("至到~—–-")) for one in proposed])
    if query.type in (QuestionType.TIME, QuestionType.DURATION):
        together = rows[:, COLUMN["same_clause"]]
        times = np.array([one.kind in _TIMES or passage.folded[one.end - 1] == "岁" for one in proposed])
        deed = asked_deed(query) if query.type is QuestionType.TIME else ""
        there = _in_clause_of(deed, passage, proposed)
        if (times & there & (rows[:, COLUMN["in_question"]] <= 0)).any():
            yield there | ~times  # 3月开工，9月竣工
        if query.type is QuestionType.TIME:
            yield np.array([not only_lasts(passage, one) for one in proposed])
        if not SAYING.search(query.text):
            yield np.array([not SAYING.match(passage.folded, one.end) for one in proposed])
        clauses = clause_numbers(passage.folded)[[one.start for one in proposed]]
        naming = np.array([_names_what_follows(query, passage, one) for one in proposed])
        yield ~naming | ~np.isin(clauses, clauses[times & ~naming])
        if together[times].max(initial=0.0) >= TOGETHER:
            yield (together > 0) | ~times


def _in_fullest(query: Query, passage: Passage, proposed: Sequence[Candidate]) -> npt.NDArray[np.bool_]:
    """Tell of each span whether no other part between semicolons has all of the query that its own has, and more.

    甲组得3分，增长2%；乙组得5分，增长4%: 4% is of 乙组, though its clause does not name it.
    """
    begins = [0, *(mark.end() for mark in SENTENCE_PART.finditer(passage.folded))]
    parts = [passage.folded[start:end] for start, end in pairwise((*begins, len(passage.folded)))]
    asked = range(query.question.start, query.question.end + len(query.question.noun))
    words = [word.text for word in query.words if word.start not in asked]  # 哪个学校 names none
    held = [frozenset(word for word in words if word in part) for part in parts]
    fullest = [not any(own < other for other in held) for own in held]
    return np.array([fullest[bisect_right(begins, one.start) - 1] for one in proposed])


def _has(names: Sequence[Place], one: Candidate, passage: Passage) -> bool:
    """Whether a run of nouns is a person's name with words of the dictionary beside it: 李文海主持会议."""
    knows = passage.language.knows
    for start, end in names:
        if one.start <= start and end <= one.end:
            beside = [
                token.text
                for token in passage.tokens
                if one.start <= token.start < start or end <= token.start < one.end
            ]
            if all(len(word) > 1 and knows(word) for word in beside):
                return True
    return False


def _labelled(query: Query, passage: Passage) -> set[Place]:
    """Where the values stand whose label is what the query says: 37万 of 人口：37万 for 西区人口多少, 去年同期（元）：110.

    Of a label that a further word follows something else is asked: 青河股份中标多少.
    """
    folded = passage.folded
    labelled = [
        (_AROUND_LABEL.sub("", match["label"]), match.span("value"))
        for match in _LABELLED.finditer(folded)
        if not (query.type is QuestionType.WHO and _LED_BY_NAME.match(folded, match.end()))  # 一中 李明
    ]
    told = [(label, place) for label, place in labelled if len(label) > 1 and _ends_with(query, label)]
    if query.type in NAMES and not told:  # 红榜第一名：李明 for 红榜第一是谁
        words = [word.text for word in query.words]
        told = [(label, place) for label, place in labelled if words and all(w in label for w in words)]
    longest = max((len(label) for label, _ in told), default=0)
    return {place for label, place in told if len(label) == longest}


def _ends_with(query: Query, label: str) -> bool:
    """Tell whether a label is in the query, and no word between it and the question word."""
    places = range(query.text.find(label) + len(label), query.question.start)
    return label in query.text and not any(
        word.start in places and len(word.text) > 1 for word in query.words
    )


def _names_what_follows(query: Query, passage: Passage, one: Candidate) -> bool:
    """Tell whether a span is a year that only names what was asked about: 2023年年报."""
    nouns = tuple(word.text for word in query.words if word.tag == "n")
    return passage.folded.startswith("年", one.end - 1) and passage.folded.startswith(nouns, one.end)


def _names_one_of(
    doers: Sequence[str], passage: Passage, proposed: Sequence[Candidate]
) -> npt.NDArray[np.bool_]:
    """Tell of each span whether it is of one of whom a deed is told, and takes no verb along: 王某 of 王某|撞倒李某."""
    there = [place for doer in doers for place in _stands(doer, passage)]
    deeds = [(t.start, t.start + len(t.text)) for t in passage.tokens if t.tag in ("v", "p")]
    apart = [(s, e) for s, e in deeds if not any(start <= s < end for start, end in there)]
    return np.array(
        [
            any(one.start < end and start < one.end for start, end in there)
            and not any(one.start <= start and end <= one.end for start, end in apart)
            for one in proposed
        ]
    )


def _overlaps(one: Candidate, places: Sequence[Place]) -> bool:
    return any(one.start < end and start < one.end for start, end in places)


def _stands(text: str, passage: Passage) -> list[Place]:
    return [match.span() for match in re.finditer(re.escape(text), passage.folded)]


def _in_clause_of(word: str, passage: Passage, proposed: Sequence[Candidate]) -> npt.NDArray[np.bool_]:
    """Tell of each span whether it stands in a clause that has a word."""
    clauses = clause_numbers(passage.folded)
    told = {int(clauses[start]) for start, _ in _stands(word, passage)} if word else set()
    return np.array([int(clauses[one.start]) in told for one in proposed])


def tells_an_hour(one: Candidate, folded: str) -> bool:
    """Tell whether a span is a moment with an hour in it: a day of the week or a number of a street is none."""
    return one.kind is CandidateKind.CLOCK and HOUR.search(folded, one.start, one.end) is not None


def _is_former(one: Candidate, folded: str) -> bool:
    """Whether a figure is what another replaced: 由50分钟 of 由50分钟缩短至18分钟, 过去需20分钟，如今只需8分钟."""
    start, end = part_of(folded, (one.start, one.end), CLAUSE_END)
    outdated = _OUTDATED.match(folded, start, one.start) and _NOW.search(folded, end)
    led = _BEFORE_CHANGE.search(folded[max(0, one.start - 12) : one.start])
    return bool(outdated or (led and _CHANGE.match(folded, one.end)))
