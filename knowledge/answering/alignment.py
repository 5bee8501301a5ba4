"""Where each thing that a question binds is borne out: in the fact or in what it inherits, or else contradicted.

Aligned, not counted: for each constraint the place that fills it is sought and compared. A time, an ordinal, a code, a
figure, a measured dimension or an opposite with another value forbids the fact; what is only absent is doubted, the
more the rarer its kind is told in other words (`doubt`, learned from questions of which one word was changed).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from knowledge.answering.constraints import (
    SUPERLATIVE,
    TIERS,
    TURN,
    TURNS,
    Constraint,
    SlotKind,
    asked_dimension,
    codes,
    compared_at,
    constraints,
    dimension_words,
    each_otherwise,
    numbered_otherwise,
    other_dimensions,
    period_in_words,
    tells_of_the_answer,
)
from knowledge.answering.owners import (
    code_before,
    dates_a_deed,
    is_named_later,
    is_told_beside,
    other_name,
    other_owner,
    other_partner,
)
from knowledge.answering.rewordings import EACH, is_reworded
from knowledge.answering.whole import is_told_in, what_is_counted
from knowledge.answering.window import HELD, Passage, holds_part, tight
from knowledge.query.aliases import expands, stands_as_name
from knowledge.query.analysis import Query
from knowledge.query.question import FEW_WORDS, NAMES, NUMBERS, QuestionType, is_kind_of_place
from knowledge.text.analyzer import Analyzer
from knowledge.text.periods import Period, Relation, is_compared_with, periods

LEVELS = ("sentence", "heads", "near", "part", "part_near", "alike", "absent")
"""How a word is borne out, best first: whole in the fact, in its heads, in a neighbour; half of it; a character of it
in a word of its kind; not at all."""
_UNSAID = (5, 6)
_NAMED_BEFORE = FEW_WORDS - {QuestionType.WHICH}
"""Kinds whose answer stands behind the name of what it is told of; what and why may be told first."""
_OF_A_DEED = frozenset({QuestionType.WHO, QuestionType.ORGANISATION, QuestionType.PLACE, QuestionType.TIME})
_OF_DOERS = frozenset({QuestionType.WHO, QuestionType.ORGANISATION})
_ROWS = ("一二三四五六七八九十首末0123456789", "东南西北中", TIERS)
"""Characters of which one in the place of another makes another thing: 一中 and 二中, 竹山镇 and 竹山乡."""
_NUMERALS = "一二三四五六七八九十百"
_OTHERING = ("副", "非")
_NOT_YET = ("提名", "候选")
_DENYING = re.compile(
    r"(?:(?:尚未|从未|并未|未能|没有|未(?![来必成])|没)[\u4e00-\u9fff]{0,2}|不再|不会|不得|(?<![得了])不)$"
)
_FIRST = re.compile(r"率先|第一|首[次个家批例座条所位]|最[先早]")
"""What was before all others."""
_FOREMOST = re.compile(r"最|第一|首|率先|冠|之首|领先|居前")
_NAMING = frozenset({SlotKind.PERSON, SlotKind.PLACE, SlotKind.NAME})
_COMPARABLE = frozenset({SlotKind.PERSON, SlotKind.PLACE, SlotKind.NAME, SlotKind.THING})


@dataclass(frozen=True, slots=True)
class Alignment:
    """One constraint and what bears it out: `printed` is what stands in its place where that is another value."""

    constraint: Constraint
    relation: Relation
    level: int
    printed: str = ""
    hard: bool = False
    doubt: float = 0.0


@dataclass(frozen=True)
class Doubts:
    """Learned: the logit that a word is unsupported, by kind of constraint and level, and what else counts.

    `hollow` are words of questions that what answers mostly does without: 去 of 五年级去哪里研学.
    """

    table: Mapping[str, Sequence[float]]
    rarity: float
    unknown: float
    single: float
    opposites: Mapping[str, str]
    hollow: Sequence[str] = ()


class Aligner:
    """Aligns one query with passages; `rarity` tells of a word 0 (everywhere) to 1 (nowhere in the corpus)."""

    def __init__(self, query: Query, doubts: Doubts, rarity: Callable[[str], float]) -> None:
        self.query = query
        self.bound = constraints(query)
        self._doubts = doubts
        self._rarity = {one.start: rarity(one.text) for one in self.bound}
        self.of_answer = {one for one in self.bound if tells_of_the_answer(query, one)}
        self.hollow = {one for one in self.bound if self._is_hollow(one)}
        self._headed = {
            word.start: head.text[0]
            for word, head in pairwise(query.words)
            if word.tag in ("s", "b") and word.start + len(word.text) == head.start
        }
        self._dimension = asked_dimension(query)
        self._is_owned = query.type in _NAMED_BEFORE

    def align(self, passage: Passage) -> tuple[Alignment, ...]:
        """Return how each constraint stands in the passage, in the query's order; what need not be there only where it is."""
        near = self._near(passage)
        aligned = tuple(self._doubted(self._aligned(one, passage, near)) for one in self.bound)
        bearing = [one for one in aligned if one.constraint not in self.of_answer or one.level <= 2]
        told = [o for o in bearing if o.constraint not in self.hollow or o.level not in _UNSAID or o.hard]
        if any(one.constraint.kind not in _NAMING for one in told):
            bearing = told  # beside a name alone such a word is what is asked: 陈立从事什么职业
        return tuple(bearing) or aligned

    def _is_hollow(self, one: Constraint) -> bool:
        """Tell whether a fact may do without a verb or quality; 做 of 做什么 is all that is asked."""
        told = one.kind in (SlotKind.DEED, SlotKind.QUALITY) and one.text in self._doubts.hollow
        if not told or self.query.type is QuestionType.WHAT:
            return told and not self._is_asked(one)
        of_deed = self.query.type in _OF_A_DEED and len(one.text) > 1
        behind = next((each for each in self.bound if each.start >= self.query.question.end), None)
        return not of_deed or one != behind  # 在哪里去世 asks of 去世, whatever else is told of him

    def features(self, alignment: Alignment) -> tuple[str, int, float, float, float]:
        """Return what the doubt of one alignment is made of: kind, level, rarity, unknown, single."""
        one = alignment.constraint
        rare = self._rarity[one.start]
        return one.kind.value, alignment.level, rare, float(rare >= 1.0), float(one.end - one.start == 1)

    def _doubted(self, alignment: Alignment) -> Alignment:
        kind, level, rare, unknown, single = self.features(alignment)
        d = self._doubts
        logit = d.table[kind][level]
        if level >= 2:
            logit += d.rarity * rare + d.unknown * unknown + d.single * single
        return replace(alignment, doubt=logit)

    def _is_asked(self, one: Constraint) -> bool:
        """Whether a constraint stands right beside the question word."""
        question = self.query.question
        # 学费 of 学费一年多少 stands beside it
        before = [c for c in self.bound if c.end <= question.start and not EACH.fullmatch(c.text)]
        after = [c for c in self.bound if c.start >= question.end]
        return question.start != question.end and one in (*before[-1:], *after[:1])

    def _aligned(self, one: Constraint, passage: Passage, near: tuple[str, str]) -> Alignment:
        if one.kind is SlotKind.PERIOD and one.period is not None:
            return self._timed(one, one.period, passage)
        if one.kind is SlotKind.CODE:
            return self._coded(one, passage)
        if one.kind is SlotKind.FIGURE:
            return self._counted(one, passage)
        if (turn := TURN.fullmatch(one.text)) and one.key:
            return _turned(one, turn, passage)
        word = tight(one.text)
        if one.kind is SlotKind.DIMENSION or (
            self._dimension and word in dimension_words(self._dimension)[:2] and self._is_asked(one)
        ):
            return self._measured(one, passage)
        if other := self._prefixed(one, word, passage):
            return Alignment(one, Relation.OTHER, 6, other, hard=True)
        if self.query.type in NUMBERS and self._is_asked(one) and passage.holds_within_another(word):
            return Alignment(one, Relation.OTHER, 3, hard=True)  # 出口多少 is not told by 进出口
        level = self._level(one, word, passage, near)
        if self._is_owned and (owner := other_owner(one, word, level, passage)):
            return Alignment(one, Relation.OTHER, level, owner, hard=True)
        if other := other_partner(one, passage, self.query.text):
            return Alignment(one, Relation.OTHER, level, other, hard=True)
        if self._is_owned and level in (2, 4) and self._is_anothers(one, word, level, passage):
            return Alignment(one, Relation.OTHER, level, hard=True)
        if level == 0 and (other := self._denied(one, word, passage) or self._compared(one, word, passage)):
            return Alignment(one, Relation.OTHER, 6, other, hard=True)
        if level == 0 and self._only_describes(one, passage):
            return Alignment(one, Relation.SAME, LEVELS.index("part"))
        numbered = numbered_otherwise(word, passage.tight) if level in (1, 2, 4) else ""
        if other := numbered or self._of_other_name(one, level, passage):
            return Alignment(one, Relation.OTHER, level, other, hard=True)
        if level <= 2:
            return Alignment(one, Relation.SAME, level)
        if SUPERLATIVE.fullmatch(word):
            told = f"{passage.tight} {passage.heads}"
            if not _FOREMOST.search(told):  # what is the most is quoted, never worked out
                return Alignment(one, Relation.OTHER, 6, hard=True)
            if word[-1] in "先早" and _FIRST.search(told):
                return Alignment(one, Relation.SAME, 0)
        if replaced := self._replaced(one, word, passage) or each_otherwise(word, passage.tight):
            return Alignment(one, Relation.OTHER, level, replaced, hard=True)
        return Alignment(one, Relation.ABSENT if level == 6 else Relation.SAME, level)

    def _is_anothers(self, one: Constraint, word: str, level: int, passage: Passage) -> bool:
        """Tell whether a sentence beside this one is about a word, or says itself what is asked of it."""
        if one.kind is SlotKind.DEED:  # who did what a sentence beside tells stands there, and when
            told = self.query.type in _OF_DOERS or (
                self.query.type is QuestionType.TIME and dates_a_deed(passage)
            )
            return told and len(word) > 1 and self._is_asked(one)
        if level == 4 and is_named_later(one, word, passage):
            return True
        return self._is_asked(one) and is_told_beside(one, word, passage, self.query.type in NUMBERS)

    def _timed(self, one: Constraint, asked: Period, passage: Passage) -> Alignment:
        inherited = passage.inherited
        told = [
            (span.period.within(inherited), span)
            for span in passage.periods
            if span.period.clock is None and not is_compared_with(span, passage.folded)
        ]
        if any(passage.folded[span.start : span.end] == one.text for _, span in told):
            return Alignment(one, Relation.SAME, 0)
        relations = [asked.related(period) for period, _ in told]
        for relation in HELD:
            if relation in relations:
                return Alignment(one, relation, 0)
        if not told:
            relation = asked.related(inherited)
            if relation in HELD:
                return Alignment(one, relation, 1)
            if relation is Relation.OTHER:
                return Alignment(one, relation, 6, period_in_words(inherited), hard=True)
        absent = Relation.ABSENT in relations
        if told and not absent:  # of all that are other the likest: 上半年 beside 下半年, not another year
            _, other = max(told, key=lambda each: asked.alike(each[0]))
            return Alignment(one, Relation.OTHER, 6, passage.text[other.start : other.end], hard=True)
        return Alignment(one, Relation.ABSENT, 4 if absent else 6)

    def _coded(self, one: Constraint, passage: Passage) -> Alignment:
        if longer := self._longer_code(one, passage.folded):
            return Alignment(one, Relation.OTHER, 6, longer, hard=True)
        for level, text in ((0, passage.folded), (1, passage.heads)):
            for _, _, key in codes(text):
                if key == one.key or (one.key.isdecimal() and key.isdecimal() and key.endswith(one.key)):
                    return Alignment(one, Relation.SAME, level)
            written = "[ ./+#_-]?".join(map(re.escape, one.key))  # vivo Z3 of vivoZ3
            if re.search(rf"(?<![a-z0-9]){written}(?![a-z0-9+])", text):
                return Alignment(one, Relation.SAME, level)
        told = codes(passage.folded)
        before = code_before(passage) if self._is_owned and not told else {}
        if one.key in before:
            return Alignment(one, Relation.SAME, 2)
        prefix = one.key[:2].rstrip("0123456789")
        near = (passage.text[s:e] for s, e, key in told if key.startswith(prefix) and len(key) > 2)
        return Alignment(one, Relation.OTHER, 6, next(iter((*before.values(), *near)), ""), hard=True)

    def _longer_code(self, one: Constraint, text: str) -> str:
        """Return what a text has of a code only with a Latin word behind it that the query has not: S20 Ultra is no S20."""
        longer = rf"(?<![a-z0-9]){re.escape(one.text)}(?![a-z0-9+])(?: ?[a-z]{{2,}}(?![a-z0-9]))?"
        found, asked = re.findall(longer, text), self.query.text
        return found[0] if found and all(each != one.text and each not in asked for each in found) else ""

    def _counted(self, one: Constraint, passage: Passage) -> Alignment:
        asked = next(figure for figure in self.query.quantities if figure.start == one.start)
        told = passage.figures
        counted = what_is_counted(asked, self.query.text)
        for level, text in ((0, passage.folded), (1, passage.heads), (2, passage.near)):
            if level == 2 and any(what_is_counted(other, passage.folded) == counted != "" for other in told):
                break  # a sentence of K12路 beside one of 58路
            if one.text in text and not re.search(
                rf"[\d.]{re.escape(one.text)}|{re.escape(one.text)}:?\d", text
            ):
                return Alignment(one, Relation.SAME, level)
            if any(is_told_in(text, asked, figure) for figure in passage.language.quantities(text)):
                return Alignment(one, Relation.SAME, level)
        same_number = (other for other in told if set(asked.keys) & set(other.keys))
        return Alignment(one, Relation.OTHER, 6, next((other.text for other in same_number), ""), hard=True)

    def _measured(self, one: Constraint, passage: Passage) -> Alignment:
        """Another dimension in the fact contradicts; with none at all 多长 may still be told by 1860米."""
        own = dimension_words(self._dimension)
        if any(word in passage.tight for word in own):
            return Alignment(one, Relation.SAME, 0)
        others = (word for word in other_dimensions(self._dimension) if len(word) > 1)
        if other := next((word for word in others if word in passage.tight), ""):
            return Alignment(one, Relation.OTHER, 6, other, hard=True)
        return Alignment(one, Relation.ABSENT, 6, hard=one.kind is not SlotKind.DIMENSION)

    def _near(self, passage: Passage) -> tuple[str, str]:
        """What stands before and after, without what tells of another time than the one asked for: it bears nothing out."""
        asked = [one.period for one in self.bound if one.period]

        def is_of_another(text: str) -> bool:
            if not asked or not passage.periods:
                return False
            told = [span.period for span in periods(passage.language.fold(text)) if span.period.clock is None]
            return bool(told) and all(
                one.related(period.within(passage.inherited)) is Relation.OTHER
                for one in asked
                for period in told
            )

        def joined(texts: Sequence[str]) -> str:
            return " ".join(tight(passage.language.fold(text)) for text in texts if not is_of_another(text))

        return joined(passage.around.before), joined(passage.around.after)

    def _level(self, one: Constraint, word: str, passage: Passage, near: tuple[str, str]) -> int:
        before, after = near
        if self.query.type not in _NAMED_BEFORE:
            before = f"{before} {after}"
        if one.start == self.query.question.end and self._has_one(one.text, passage):
            return 0
        forms = (word, *(o for e in self.query.expansions if e.word == one.text for o in e.others))
        known = passage.language.knows(word) and one.kind is not SlotKind.NAME
        may_be_short = not known and one.kind is not SlotKind.DEED and len(word) > 2  # 国开行
        here = passage.folded if word.isascii() else passage.tight
        if self.query.type is not QuestionType.NONE:
            here = f"{passage.label} {here}"
        head = self._headed.get(one.start, "")  # 海外订单 around tells no 海外收入
        for level, text in ((0, here), (1, passage.heads), (2, before)):
            if level and head and f"{word}{head}" not in text:
                continue
            if may_be_short and expands(word, text):
                return level
            if any(self._stands(one, form, text, passage.language) for form in forms):
                return 3 if level in (0, 2) and passage.holds_within_another(word) else level
        opened = one.kind is SlotKind.DEED and len(word) == 2 and passage.holds_opened(word)
        if opened or is_reworded(one, self.query, passage):
            return 0
        if len(word) > 1:
            half = (len(word) + 1) // 2
            if len(word) > 2 and holds_part(word, passage.tight, max(2, half)):
                return 3
            if len(word) > 2 and holds_part(word, f"{passage.heads} {before} {after}", max(2, half)):
                return 4
            if any(self._stands(one, form, after, passage.language) for form in forms):
                return 4  # what is named later owns nothing here
            if passage.holds_alike(word, one.kind is SlotKind.DEED):
                return 5
        return 6

    def _has_one(self, noun: str, passage: Passage) -> bool:
        """Whether the fact names one of what is asked for by its kind: 石塘镇 of 哪些乡镇, 越南 of 哪些国家."""
        if self.query.type not in (QuestionType.LIST, QuestionType.WHICH) or not is_kind_of_place(noun):
            return False
        others = (token for token in passage.tokens if token.text not in self.query.text)
        return any(
            t.tag[:2] == "ns" or (len(t.text) > 1 and t.text[-1] in {*noun} & {*TIERS}) for t in others
        )

    def _replaced(self, one: Constraint, word: str, passage: Passage) -> str:
        """What stands in the window where one numeral or opposite of the word, with what is beside it, is another."""
        text = self.query.text
        for at, char in enumerate(text[one.start : one.end], one.start):
            others = next((row for row in _ROWS if char in row), "")
            others += self._doubts.opposites.get(char, "")
            left = text[max(one.start, at - 2) : at]
            right = text[at + 1 : min(one.end, at + 3)]
            if not left and not right:
                left = next((o.text for o in self.bound if o.end == at), text[max(0, at - 1) : at])
                right = "" if len(left) > 1 else text[at + 1 : at + 3]  # 竹山|镇 is one name
                if len(left) < 2 and (len(right) < 2 or not right.isalpha()):
                    continue
            if char in TIERS and not right and len(left) < 2:
                continue  # 城区 may be 城市
            if any(len(part) == 2 and part in passage.tight for part in (left[-1:] + char, char + right[:1])):
                continue  # 末班 of 末班车 stands there
            for other in others.replace(char, ""):
                for zone in (passage.tight, passage.heads, passage.near):
                    if f"{left}{other}{right}" in zone and f"{left}{char}{right}" not in zone:
                        return f"{left}{other}{right}"
        return ""

    def _stands(self, one: Constraint, form: str, text: str, language: Analyzer) -> bool:
        """Whether a word stands in a text as itself: 副院长 holds no 院长 unless the query has 副 too."""
        if len(form) == 1 and form.isascii():  # rift s is no rift 2
            return form in re.split(r"[^a-z0-9]+", text)
        if len(form) == 1 != len(one.text):
            return stands_as_name(form, text, language)
        if form[0] == "第" != form and form[-1] in _NUMERALS:  # 第二十四次 is no 第二
            return re.search(rf"{re.escape(form)}(?![\d{_NUMERALS}])", text) is not None
        if len(form) < 2 or self.query.text[: one.start].endswith(_OTHERING):
            return form in text
        for mark in _OTHERING:
            text = text.replace(f"{mark}{form}", " ")
        for mark in _NOT_YET:
            text = text.replace(f"{form}{mark}", " ")
        return form in text

    def _denied(self, one: Constraint, word: str, passage: Passage) -> str:
        """The verb as printed where it is denied of all that the fact says and not in the question, or the reverse."""
        if one.kind is not SlotKind.DEED or self.query.type is QuestionType.YES_NO:
            return ""
        asked = _DENYING.search(self.query.text[: one.start]) is not None
        told = [passage.tight[: match.start()] for match in re.finditer(re.escape(word), passage.tight)]
        denied = [_DENYING.search(before) for before in told]
        if not denied or any((one is not None) is asked for one in denied):
            return ""
        return f"{denied[0].group() if denied[0] else ''}{word}"  # 尚未建成, 未安全转移

    def _only_describes(self, one: Constraint, passage: Passage) -> bool:
        """Tell whether the office that is asked about only describes other things: 编剧 of 编剧环节 for 编剧是谁."""
        question, text = self.query.question, self.query.text
        is_office = question.type is QuestionType.WHO and text[question.start] in "是为叫"
        if not is_office or not self._is_asked(one):
            return False
        after = [following for token, following in pairwise(passage.tokens) if token.text == one.text]
        return bool(after) and all(
            ((token.tag[:1] == "n" and token.tag[:2] != "nr") or token.tag == "vn")
            and passage.language.knows(token.text)
            for token in after
        )

    def _compared(self, one: Constraint, word: str, passage: Passage) -> str:
        """What the word is only compared with: a figure in 远超乙公司、丙公司 is told of neither."""
        is_told = one.kind in _COMPARABLE and len(word) > 1 and self.query.type in FEW_WORDS
        if not is_told or compared_at(self.query.text, one.start, one.end):
            return ""
        text = passage.tight
        compared = [compared_at(text, *match.span()) for match in re.finditer(re.escape(word), text)]
        return compared[0] if compared and all(compared) else ""

    def _of_other_name(self, one: Constraint, level: int, passage: Passage) -> str:
        """The name that the fact has with another word before its head, where it knows nothing of the asked one."""
        if level in (0, 1):
            return ""
        head = next((o.text for o in self.bound if o.start == one.end and o.kind is not SlotKind.DEED), "")
        least = 2 if level == 2 and self.query.type in NAMES and not head.isdecimal() else 1
        return other_name(one, head, passage, self.query.text, least)

    def _prefixed(self, one: Constraint, word: str, passage: Passage) -> str:
        """The word with 副 or 非 before it where the window knows only that."""
        at, zones = passage.tight.find(word), (passage.tight, passage.heads, passage.near)
        if any(self._stands(one, word, text, passage.language) for text in zones):
            return ""
        return passage.tight[at - 1 : at + len(word)] if at > 0 else ""


def _turned(one: Constraint, asked: re.Match[str], passage: Passage) -> Alignment:
    """A report tells of this time where it says nothing else; of another time only where it names that one."""
    told = [turn for turn in TURN.finditer(passage.folded) if turn["of"] == asked["of"]]
    if any(TURNS[turn["turn"]] == TURNS[asked["turn"]] for turn in told):
        return Alignment(one, Relation.SAME, 0)
    if told:
        return Alignment(one, Relation.OTHER, 6, told[0].group(), hard=True)
    return Alignment(one, *((Relation.SAME, 0) if TURNS[asked["turn"]] == 0 else (Relation.ABSENT, 6)))
