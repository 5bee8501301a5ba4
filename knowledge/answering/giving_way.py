"""Which candidates give way to others of the same fact: what grammar tells without anything learned."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from knowledge.answering.candidates import Candidate, CandidateKind
from knowledge.answering.features import COLUMN, Array, clause_numbers
from knowledge.answering.window import Passage
from knowledge.query.analysis import Query
from knowledge.query.question import NUMBERS, QuestionType, is_kind_of_place

_REASON = re.compile(
    r"因为|由于|源于|得益于|归功于|归因于|为了|旨在|目的是|原因[是在]于?|(?<![原起成病诱基])因(?![此而素子果])"
)
_BEFORE_CHANGE = re.compile(r"(?:由|从|自)[^,，。;；]{0,8}$")
_CHANGE = re.compile(
    r"[^,，。;；\d]{0,3}?(?:缩短|压缩|精简|缩减|减少|降低|下降|下调|增加|增长|提高|提升|上升|上调|扩大|扩充|调整"
    r"|延长|推迟|提前|[增降减跌涨升改变])了?[至到为成]"
)
_LABELLED = re.compile(r"(?:^|[|,;。 ])\s*(?P<label>[^|,;。:\s]{2,12})\s*[:：]\s*(?P<value>[^|,;。\s]{1,30})")
_AROUND_LABEL = re.compile(r"^(?:\d+|[一二三四五六七八九十]+)[、.]|\([^()]*\)|\s")
"""What a label has besides its words: a number before it, the unit of its column."""
_ASKED_BY_LABEL = {
    QuestionType.TIME: re.compile(r"(?:时间|日期)$"),
    QuestionType.PLACE: re.compile(r"(?:地点|地址|位置)$"),
}
TOGETHER = 0.6
"""Share of the question in one clause from which on a time in a clause that holds nothing of it gives way."""
_TIMES = frozenset({CandidateKind.DATE, CandidateKind.CLOCK, CandidateKind.DURATION})
_LASTING = frozenset({CandidateKind.DURATION, CandidateKind.FREQUENCY})
_FORMER = re.compile(r"原|以前|之前|过去|此前|从前|本来|曾|[从由自](?:多少|几|百分)")


def still_standing(
    query: Query, passage: Passage, proposed: Sequence[Candidate], rows: Array, shares: Array
) -> Array:
    """Return the shares without what gives way; a reason that would leave nothing counts for nothing."""
    for kept in _kept(query, passage, proposed, rows):
        left = np.where(kept, shares, 0.0)
        if (total := float(left.sum())) > 0:
            shares = left / total
    counts = [one.kind in (CandidateKind.COUNT, CandidateKind.VALUE) for one in proposed]
    if query.type is QuestionType.AMOUNT and any(counts):
        # What it takes away stays away: a percentage that scored best leaves the others doubtful.
        shares = np.where([one.kind is CandidateKind.PERCENT for one in proposed], 0.0, shares)
    return shares


def _kept(
    query: Query, passage: Passage, proposed: Sequence[Candidate], rows: Array
) -> Iterator[npt.NDArray[np.bool_]]:
    for same, other in (("period_same", "period_other"), ("dimension_near", "dimension_other")):
        if rows[:, COLUMN[same]].any():
            yield rows[:, COLUMN[other]] <= 0
    if query.type is QuestionType.WHY:
        led = {match.end() for match in _REASON.finditer(passage.folded)}
        yield np.array([one.start in led for one in proposed])
    if query.type in NUMBERS | {QuestionType.DURATION} and not _FORMER.search(query.text):
        yield np.array([not _is_former(one, passage.folded) for one in proposed])
    if query.type is QuestionType.WHO:
        names = [(one.start, one.end) for one in proposed if one.kind is CandidateKind.PERSON]
        yield np.array(
            [one.kind is not CandidateKind.NOUNS or not _has(names, one, passage) for one in proposed]
        )
    if query.type is QuestionType.WHO and (asked := _asked_word(query)):
        clauses = clause_numbers(passage.folded)
        told = {int(clauses[match.start()]) for match in re.finditer(re.escape(asked), passage.folded)}
        persons = np.array([one.kind is CandidateKind.PERSON for one in proposed])
        there = np.array([int(clauses[one.start]) in told for one in proposed])
        if (persons & there & (rows[:, COLUMN["in_question"]] <= 0)).any():
            yield there
    noun = query.question.noun
    if query.type is QuestionType.PLACE and is_kind_of_place(noun):  # 哪个区 is told by what is called 区
        said = [passage.folded[one.start : one.end] for one in proposed]
        yield np.array([text.endswith(noun) and text != noun for text in said])
    if query.type is QuestionType.SHARE:
        yield np.array([one.kind is CandidateKind.PERCENT for one in proposed])
    if query.type is QuestionType.DURATION and any(one.kind is CandidateKind.DURATION for one in proposed):
        yield np.array([one.kind in _LASTING for one in proposed])
    if labelled := _labelled(query, passage.folded):
        yield np.array([(one.start, one.end) in labelled for one in proposed])
    together = rows[:, COLUMN["same_clause"]]
    if query.type in (QuestionType.TIME, QuestionType.DURATION):
        wanted = _LASTING if query.type is QuestionType.DURATION else _TIMES
        times = np.array([one.kind in wanted for one in proposed])
        if together[times].max(initial=0.0) >= TOGETHER:
            yield (together > 0) | ~times


def _has(names: Sequence[tuple[int, int]], one: Candidate, passage: Passage) -> bool:
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


def _labelled(query: Query, folded: str) -> set[tuple[int, int]]:
    """Where the values stand whose label is what the query says: 37万 of 人口：37万 for 西区人口多少, 去年同期（元）：110.

    时间 of 停水时间 is what 几点 asks.
    """
    asked = _ASKED_BY_LABEL.get(query.type, _AROUND_LABEL)
    labelled = [
        (asked.sub("", _AROUND_LABEL.sub("", match["label"])), match.span("value"))
        for match in _LABELLED.finditer(folded)
    ]
    told = [(label, place) for label, place in labelled if len(label) > 1 and label in query.text]
    longest = max((len(label) for label, _ in told), default=0)
    return {place for label, place in told if len(label) == longest}


def _asked_word(query: Query) -> str:
    """The word right beside the question word: 亚军 of 亚军是谁, 承建 of 谁承建."""
    before = [word.text for word in query.words if word.start + len(word.text) <= query.question.start]
    after = [word.text for word in query.words if word.start >= query.question.end]
    return (before[-1:] or after[:1] or [""])[0]


def _is_former(one: Candidate, folded: str) -> bool:
    """Whether a figure is what another replaced: 由50分钟 of 由50分钟缩短至18分钟."""
    return bool(
        _BEFORE_CHANGE.search(folded[max(0, one.start - 12) : one.start]) and _CHANGE.match(folded, one.end)
    )
