"""What stands against a short answer: a rival in its clause, and what grammar tells of candidates without anything learned.

门诊楼多少层 of 门诊楼面积3万平方米，住院楼22层: both words stand in the sentence, but 22层 is said of 住院楼."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from knowledge.answering.alignment import Alignment
from knowledge.answering.candidates import HOUR, OF_TIME, Candidate, CandidateKind
from knowledge.answering.constraints import (
    TIERS,
    SlotKind,
    asked_deed,
    asked_edge,
    asked_part_of_time,
    asked_person,
    asked_word,
    asks_for_hour,
)
from knowledge.answering.deeds import ADDED, OF_ALL, asks_how_many_there_are
from knowledge.answering.fits import (
    LASTING,
    NOMINAL,
    TOLD_BY_FIGURES,
    are_such_bodies,
    is_held_by,
    joined_words,
)
from knowledge.answering.owners import TAGS_OF_NAMES, asked_doers
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
from knowledge.answering.window import CELL_END, CLAUSE_END, ITEM_END, SENTENCE_PART, Passage, Place, part_of
from knowledge.query.analysis import Query
from knowledge.query.question import FEW_WORDS, NAMES, NUMBERS, QuestionType, is_kind_of_place
from knowledge.text.analyzer import NAME_TAGS, SURNAMES, Token
from knowledge.text.numbers import alike

_NUMBERED = re.compile(
    r"(?:\d+|[一二三四五六七八九十]+)(?:年|月|日|号线|[期批届次季级楼层班组队轮])|[今去前明]年|[上下]半年|[上下本]月"
)
_BESIDE = frozenset({2, 4})
"""Levels of alignment of a word that stands in a sentence before or after; a title holds for all below."""
_ELSEWHERE = frozenset({0}) | _BESIDE
OBJECT_WITHIN = 4
"""Characters between a verb and its object."""


@dataclass(frozen=True, slots=True)
class Rival:
    """A word of the answer's own part of the sentence that stands in the place of one asked for.

    `here` says that what was asked for stands elsewhere in the very sentence.
    """

    asked: str
    printed: str
    deed: bool
    here: bool


def rivals(aligned: Sequence[Alignment], passage: Passage, place: Place) -> tuple[Rival, ...]:
    """Return what stands beside the span `place` instead of words of the question that stand elsewhere."""
    start, end = _told_in(passage, place)
    own = passage.folded[start:end]
    told = [token for token in joined_words(passage.tokens) if not place[0] <= token.start < place[1]]
    beside = [token for token in told if start <= token.start < end]
    bound = [one for one in aligned if one.constraint.kind is not SlotKind.PERIOD]  # times compare as times
    asked = " ".join(one.constraint.text for one in aligned)
    elsewhere = f"{passage.folded} {passage.near}"
    found: list[Rival] = []
    for word in joined_words([_token(one, passage) for one in bound]):
        parts = [one for one in bound if word.start <= one.constraint.start < word.start + len(word.text)]
        levels = {one.level for one in parts}
        stem = parts[0].constraint.text
        if not levels <= _ELSEWHERE or stem in own or stem not in elsewhere:
            continue
        # Of a name that only the sentence beside tells, another anywhere in this one takes the place.
        around = told if levels <= _BESIDE and word.tag[:2] in NAME_TAGS else beside
        alone = all(one.constraint.start != word.start + len(word.text) for one in bound)
        kin = (
            token.text
            for token in around
            if token.text not in asked
            and (
                (is_kin(word, token) and (token.tag != "v" or _governs(token, bound, own, start)))
                or (token.start == start and alone and _end_alike(word, token))
            )
        )
        counted = _numbered(word.text, own, asked) or _counted(parts[0], passage, (start, end), place)
        other = counted or next(kin, "")
        if other:
            deed = word.tag[:1] == "v" and not other.endswith(word.text[-1])
            found.append(Rival(word.text, other, deed, levels == {0}))
    return tuple(found)


def _told_in(passage: Passage, place: Place) -> Place:
    """The item of an enumeration that a span stands in, and those before a figure that have none: 补领、换领每证20元."""
    start, end = part_of(passage.folded, place, ITEM_END)
    figures = [figure.start for figure in passage.figures]
    while passage.folded[start - 1 : start] == "、" and any(start <= at < place[1] for at in figures):
        before, _ = part_of(passage.folded, (start - 1, start - 1), ITEM_END)
        if any(before <= at < start for at in figures):
            break
        start = before
    return start, end


def least_rivalled(
    aligned: Sequence[Alignment], passage: Passage, proposed: Sequence[Candidate], shares: Array
) -> Array:
    """Return the shares without spans of the best one's kind that stand where more is said of something else.

    东陵一中为612分，东陵二中为598分: the figure of 二中 is the one that has no 一中 beside it.
    """
    best = int(np.argmax(shares))
    like = [
        at
        for at in np.argsort(-shares, kind="stable")[:MOST_RIVALLED].tolist()
        if shares[at] >= LEAST_SHARE and proposed[at].kind is proposed[best].kind
    ]
    parts = {at: part_of(passage.folded, (proposed[at].start, proposed[at].end), ITEM_END) for at in like}
    if len(set(parts.values())) < 2:
        return shares
    found = {at: rivals(aligned, passage, (proposed[at].start, proposed[at].end)) for at in like}
    if not all(one.here for one in found[best]):
        return shares  # no clause of this sentence speaks of it
    least = min(map(len, found.values()))
    kept: Array = shares.copy()
    kept[[at for at, told in found.items() if len(told) > least]] = 0.0
    kept /= kept.sum()
    return kept


MOST_RIVALLED = 6
LEAST_SHARE = 0.01


def _governs(verb: Token, bound: Sequence[Alignment], own: str, start: int) -> bool:
    """Tell whether a verb has a word of the question for its object: 改造 of 改造老旧泵站14座, where 泵站 is asked about."""
    after = verb.start + len(verb.text) - start
    return any(
        0 <= own.find(one.constraint.text, after) - after <= OBJECT_WITHIN
        for one in bound
        if one.constraint.kind is not SlotKind.DEED and len(one.constraint.text) > 1
    )


def is_kin(word: Token, other: Token) -> bool:
    """Tell whether two words are of one kind: parts of the state, names of one sort, verbs, nouns that share a head."""
    if len(word.text) < 2 or len(other.text) < 2:
        return False
    if word.text[-1] in TIERS and other.text[-1] in TIERS:
        return True  # 杨柳镇 and 松岗乡, 城区 and 全市
    if word.tag[:2] in NAME_TAGS or other.tag[:2] in NAME_TAGS:
        if word.tag[:2] == other.tag[:2]:
            return True
    elif word.tag == other.tag == "v":
        return True
    if not (word.tag[:1] in NOMINAL and other.tag[:1] in NOMINAL):
        return False
    if word.text[-1] == other.text[-1]:  # the head of a noun comes last: 儿科 and 皮肤科
        return not (word.text.endswith(other.text) or other.text.endswith(word.text))
    return len(word.text) == len(other.text) and word.text[0] == other.text[0]


def _end_alike(word: Token, other: Token) -> bool:
    """Tell whether two words of as many characters end in one, whatever they are taken for: 面试 and 笔试."""
    return (
        1 < len(word.text) == len(other.text) and word.text != other.text and word.text[-1] == other.text[-1]
    )


def numbered_in(text: str) -> tuple[tuple[int, str], ...]:
    """Return the numbered things of a text (二期, 3号线, 去年) and where each begins."""
    return tuple((match.start(), match.group()) for match in _NUMBERED.finditer(text))


def _numbered(word: str, own: str, asked: str) -> str:
    if not (match := _NUMBERED.search(word)):
        return ""
    return next(
        (said for _, said in numbered_in(own) if said[-1] == match.group()[-1] and said not in asked), ""
    )


def _counted(one: Alignment, passage: Passage, part: Place, place: Place) -> str:
    """Another figure of the measure of an asked one in a part of the sentence: 60-79岁 for 80岁."""
    if one.constraint.kind is not SlotKind.FIGURE:
        return ""
    asked = passage.language.quantities(one.constraint.text)
    beside = (
        f for f in passage.figures if part[0] <= f.start < part[1] and not place[0] <= f.start < place[1]
    )
    return next((f.text for f in beside if any(f.unit == a.unit != "" for a in asked)), "")


def _token(one: Alignment, passage: Passage) -> Token:
    """The word of a constraint with its part of speech in the fact, at its place in the question."""
    bound = one.constraint
    tag = next(
        (token.tag for token in passage.tokens if token.text == bound.text), TAGS_OF_NAMES.get(bound.kind, "")
    )
    return Token(bound.text, tag or ("v" if bound.kind is SlotKind.DEED else "n"), bound.start)


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
