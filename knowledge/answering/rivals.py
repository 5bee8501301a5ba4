"""What stands against a short answer: a rival in its clause.

门诊楼多少层 of 门诊楼面积3万平方米，住院楼22层: both words stand in the sentence, but 22层 is said of 住院楼."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from knowledge.answering.alignment import Alignment
from knowledge.answering.candidates import Candidate
from knowledge.answering.constraints import (
    TIERS,
    SlotKind,
)
from knowledge.answering.deeds import OF_ALL
from knowledge.answering.fits import (
    NOMINAL,
    joined_words,
)
from knowledge.answering.owners import TAGS_OF_NAMES
from knowledge.answering.scorer import Array
from knowledge.answering.window import ITEM_END, Passage, Place, part_of
from knowledge.query.aliases import expands
from knowledge.text.analyzer import NAME_TAGS, Token

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
        if not levels <= _ELSEWHERE or stem in own or stem not in elsewhere or expands(stem, own):
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
    return OF_ALL.fullmatch(verb.text) is None and any(
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
