"""Whether what a question binds stands where the answer stands, or another of its kind stands there instead.

门诊楼多少层 of 门诊楼面积3万平方米，住院楼22层: both words stand in the sentence, but 22层 is said of 住院楼.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from knowledge.answering.alignment import TIERS, Alignment
from knowledge.answering.candidates import Candidate
from knowledge.answering.constraints import SlotKind
from knowledge.answering.window import Passage
from knowledge.text.analyzer import Token
from knowledge.text.periods import Relation, is_compared_with

Array = npt.NDArray[np.float64]

_PART = re.compile(r"[,，;；。!！?？:：、](?!\d)|——|…|\|")
_NUMBERED = re.compile(
    r"(?:\d+|[一二三四五六七八九十]+)(?:年|月|日|号线|[期批届次季级楼层班组队轮])|[今去前明]年|[上下]半年|[上下本]月"
)
_NAMES = ("nr", "ns", "nt", "nz")
_TAGS = {SlotKind.PERSON: "nr", SlotKind.PLACE: "ns"}
_JOINING = frozenset("nvjsb")
_NOMINAL = frozenset("nbtsfja")
_ELSEWHERE = frozenset({0, 2})
"""Levels of alignment of a word that stands whole in the sentence or one beside it; a title holds for all below."""
OBJECT_WITHIN = 4
"""Characters between a verb and its object."""
_HELD = (Relation.SAME, Relation.NARROWER)


@dataclass(frozen=True, slots=True)
class Rival:
    """A word of the answer's own part of the sentence that stands in the place of one asked for.

    `here` says that what was asked for stands elsewhere in the very sentence.
    """

    asked: str
    printed: str
    deed: bool
    here: bool


def rivals(aligned: Sequence[Alignment], passage: Passage, place: tuple[int, int]) -> tuple[Rival, ...]:
    """Return what stands beside the span `place` instead of words of the question that stand elsewhere."""
    start, end = _part(passage.folded, place)
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
        around = told if levels == {2} and word.tag[:2] in _NAMES else beside
        other = _numbered(word.text, own, asked) or next(
            (
                token.text
                for token in around
                if token.text not in asked
                and is_kin(word, token)
                and (token.tag != "v" or _governs(token, bound, own, start))
            ),
            "",
        )
        if other:
            found.append(Rival(word.text, other, word.tag[:1] == "v", levels == {0}))
    return tuple(found)


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
    parts = {at: _part(passage.folded, (proposed[at].start, proposed[at].end)) for at in like}
    if len(set(parts.values())) < 2:
        return shares
    found = {at: rivals(aligned, passage, (proposed[at].start, proposed[at].end)) for at in like}
    if not all(one.here for one in found[best]):
        return shares  # no clause of this sentence speaks of it
    counts = {at: len(told) for at, told in found.items()}
    least = min(counts.values())
    kept: Array = shares.copy()
    kept[[at for at, count in counts.items() if count > least]] = 0.0
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
            found[-1] = Token(last.text + token.text, last.tag if last.tag in _NAMES else "n", last.start)
        else:
            found.append(token)
    return found


def _is_lone_noun(token: Token, start: int) -> bool:
    return token.start == start and len(token.text) == 1 and token.tag[:1] == "n"


def is_late(aligned: Sequence[Alignment], passage: Passage, place: tuple[int, int]) -> bool:
    """Tell whether a time asked for is told only behind the part that answers: it is said of what follows.

    总投资3.2亿元，2023年9月开工 tells no investment of 2023.
    """
    _, end = _part(passage.folded, place)
    for one in aligned:
        period = one.constraint.period
        if period is None or one.relation not in _HELD or period.related(passage.inherited) in _HELD:
            continue
        told = [span for span in passage.periods if not is_compared_with(span, passage.folded)]
        held = [s for s in told if period.related(s.period.within(passage.inherited)) in _HELD]
        if held and all(span.start >= end for span in held):
            return True
    return False


def is_kin(word: Token, other: Token) -> bool:
    """Tell whether two words are of one kind: parts of the state, names of one sort, verbs, nouns that share a head."""
    if len(word.text) < 2 or len(other.text) < 2:
        return False
    if word.text[-1] in TIERS and other.text[-1] in TIERS:
        return True  # 杨柳镇 and 松岗乡, 城区 and 全市
    if word.tag[:2] in _NAMES or other.tag[:2] in _NAMES:
        if word.tag[:2] == other.tag[:2]:
            return True
    elif word.tag == other.tag == "v":
        return True
    if not (word.tag[:1] in _NOMINAL and other.tag[:1] in _NOMINAL):
        return False
    if word.text[-1] == other.text[-1]:  # the head of a noun comes last: 儿科 and 皮肤科
        return not (word.text.endswith(other.text) or other.text.endswith(word.text))
    return len(word.text) == len(other.text) and word.text[0] == other.text[0]


def numbered_in(text: str) -> tuple[tuple[int, str], ...]:
    """Return the numbered things of a text (二期, 3号线, 去年) and where each begins."""
    return tuple((match.start(), match.group()) for match in _NUMBERED.finditer(text))


def _part(text: str, place: tuple[int, int]) -> tuple[int, int]:
    """The clause or item of an enumeration that holds a span."""
    marks = [(m.start(), m.end()) for m in _PART.finditer(text)]
    start = max((end for _, end in marks if end <= place[0]), default=0)
    end = min((begin for begin, _ in marks if begin >= place[1]), default=len(text))
    return start, end


def _numbered(word: str, own: str, asked: str) -> str:
    if not (match := _NUMBERED.search(word)):
        return ""
    return next(
        (said for _, said in numbered_in(own) if said[-1] == match.group()[-1] and said not in asked), ""
    )


def _token(one: Alignment, passage: Passage) -> Token:
    """The word of a constraint with its part of speech in the fact, at its place in the question."""
    bound = one.constraint
    tag = next((token.tag for token in passage.tokens if token.text == bound.text), _TAGS.get(bound.kind, ""))
    return Token(bound.text, tag or ("v" if bound.kind is SlotKind.DEED else "n"), bound.start)
