"""One fact read for one question: how it is borne out, the short answer in it, and the evidence for a claim."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from itertools import pairwise
from types import MappingProxyType

import numpy as np

from knowledge.answering.alignment import LEVELS, Aligner, Alignment
from knowledge.answering.candidates import Candidate, CandidateKind, candidates
from knowledge.answering.constraints import TIERS, asked_edge, asked_person, content_runs
from knowledge.answering.deeds import is_late, is_told_of_another
from knowledge.answering.fits import (
    SURE_SHARE,
    TOLD_BY_FIGURES,
    ShortAnswer,
    count_others,
    has_its_like,
    is_of_another_kind,
    is_one_of_several,
    value_behind,
)
from knowledge.answering.owners import is_proper, is_reversed, told_of_another
from knowledge.answering.pruning import still_standing
from knowledge.answering.reader import WindowReading
from knowledge.answering.rewordings import Wording, in_words_of
from knowledge.answering.rivals import Rival, least_rivalled, rivals
from knowledge.answering.scorer import (
    COLUMN,
    AnswerModel,
    feature_rows,
    logit,
    softmax,
)
from knowledge.answering.whole import (
    balanced,
    counted_span,
    is_unpaired,
    whole_list,
    whole_place,
)
from knowledge.answering.window import CLAUSE_END, HELD, Passage, Place, part_of, tight
from knowledge.query.analysis import Query
from knowledge.query.question import FEW_WORDS, NAMES, NUMBERS, QuestionType, is_kind_of_place
from knowledge.text.periods import Period

MOST_DOUBTED = 6.0
AGREED = 0.5
"""The reader's share of a short answer from which on it need not look like what is asked for: 责任主体是谁, a 单位."""
NEAR_FROM = 0.5
"""Share of what is bound that stands in a fact, from which on it is near to what was asked."""
TOLD_OF_KEY_WORDS = frozenset({CandidateKind.COUNT, CandidateKind.PERCENT, CandidateKind.VALUE})
"""What several key words may ask for without a question word: a figure, or what a name and a colon lead to."""
ALL_BUT = 0.6
"""Share of a printed question that one typed without its address and particles has."""
BORNE_HERE = frozenset({0, 3, 5})
"""Levels of alignment at which something of a word stands in the fact itself."""
NOTHING_OF_IT = 0.85
"""The reader's doubt of a word from which on it finds nothing of it."""
UNREADABLE = -2.0
"""The reader's logit of an answer below which a fact has none that only a name leads to."""
MOST_TOLD = 6.0
"""Logits of the reader beyond which nothing more is told."""


class FactReading:
    """A fact with what surrounds it, aligned with the aligner's query; what is found out once is kept."""

    def __init__(
        self,
        aligner: Aligner,
        passage: Passage,
        model: AnswerModel,
        ranked: Mapping[str, float] = MappingProxyType({}),
        read: WindowReading | None = None,
        by_words: FactReading | None = None,
    ) -> None:
        """`ranked` is the evidence that the search itself has of the fact, `by_words` its reading without the reader."""
        self.query = aligner.query
        self.passage = passage
        self.aligned = aligner.align(passage)
        bearing = {one.constraint for one in self.aligned}
        self._hollow = aligner.hollow - bearing
        self._unbound = [(one.start, one.end) for one in (aligner.of_answer | self._hollow) - bearing]
        self._model = model
        self._ranked = ranked
        self._read = read
        self.by_words: FactReading = by_words or self

    @cached_property
    def contradicting(self) -> tuple[Alignment, ...]:
        """What the fact has another value of: such a fact answers nothing."""
        return tuple(one for one in self.aligned if one.hard)

    @cached_property
    def answers(self) -> tuple[ShortAnswer, ...]:
        """The short answers, best first; a bare figure's is what it counts."""
        kind = self.query.type
        if kind is QuestionType.FIGURE:
            span = counted_span(self.query.quantities, self.passage)
            said = self.passage.text[slice(*span)].strip() if span else ""
            return (ShortAnswer(said, SURE_SHARE, SURE_SHARE, CandidateKind.COUNT, span),) if span else ()
        if self.query.is_one_word and (
            (behind := tuple(value_behind(self.query.text, self.passage, self._proposed)))
            or self.query.in_full is self.query
        ):
            return behind
        told = tuple(self._told_best(self.query.in_full))
        if self.query.is_one_word and told and has_its_like(self.passage, told[0]):
            return ()  # 总投资 of 一期总投资2亿元，二期3亿元
        return told

    def _told_best(self, query: Query) -> Iterator[ShortAnswer]:
        """Yield the spans that may answer, best first, none within one before."""
        kind, noun = query.type, query.question.noun
        read = {(s.start, s.end): s.probability for s in self._read.spans} if self._read else {}
        proposed = candidates(self.passage, kind, tuple(read), noun) if read else self._proposed
        if not proposed:
            return
        rows = feature_rows(query, self.passage, self.aligned, proposed, read)
        shares = softmax(self._model.net.scores(rows))
        if read:
            told = np.array([read.get((one.start, one.end), 0.0) for one in proposed])
            shares = (shares + told) / (shares + told).sum()
        if kind is QuestionType.AMOUNT and (other := count_others(query, self.passage, proposed)).any():
            rows[other, COLUMN["unit_other"]] = 1.0
            shares = np.where(other, 0.0, shares) / shares[~other].sum() if not other.all() else shares
        shares = still_standing(query, self.passage, proposed, rows, shares)
        person = kind is QuestionType.WHO and proposed[int(shares.argmax())].kind is CandidateKind.PERSON
        if person or kind in TOLD_BY_FIGURES:
            shares = least_rivalled(self.aligned, self.passage, proposed, shares)
        order = np.argsort(-shares, kind="stable")[:8].tolist()
        asked = query.text[query.question.start : query.question.end]
        said: list[str] = []
        for at in order:
            one = proposed[at]
            if kind is QuestionType.LIST or asked_person(query):  # 市委副书记、市长
                ends = [each for each in proposed if kind is QuestionType.LIST or each.end == one.end]
                one = whole_list(self.passage, one, ends)
            whole = whole_place(self.passage, one, noun, asked, asked_edge(query))
            text = balanced(self.passage.text[slice(*whole)])
            if not text or any(text in other for other in said):
                continue
            said.append(text)
            rest = [float(shares[n]) for n in order if n != at and not _overlap(proposed[n], one)]
            share = float(sum(shares[n] for n in order if _overlap(proposed[n], one)))
            place = (one.start, one.end)
            yield ShortAnswer(
                text,
                share,
                share - max(rest, default=0.0),
                one.kind,
                place,
                _agreed(one, read),
                close=float(rows[at, COLUMN["closeness"]]),
                unit_other=float(rows[at, COLUMN["money_wrong" if noun == "钱" else "unit_other"]]),
            )

    @cached_property
    def in_its_words(self) -> Wording:
        """The question as a reader is asked it of this fact."""
        told = [one.constraint for one in self.aligned]
        times = (one.constraint for one in self.aligned if one.constraint.period and one.relation in HELD)
        return in_words_of(self.passage, self.query, told, (*times, *self._hollow))

    @property
    def only_asks(self) -> bool:
        """Tell whether the fact only asks what was asked, or heads what says it: 客户：多久发货 answers nobody."""
        leads = self.passage.asks or self.passage.only_heads
        return leads and self.query.type not in (QuestionType.NONE, QuestionType.FIGURE)

    @cached_property
    def is_barred(self) -> bool:
        """Tell whether it cannot answer: it contradicts, only asks too, has no such figure as is asked for, or tells of another."""
        kind = self.query.type
        misfits = kind in NUMBERS and (self.answer is None or self._misfit > 0)
        agreed = self.answer is not None and self.answer.agreed >= AGREED
        misfits |= kind in FEW_WORDS and self.is_read and self.is_of_another_kind and not agreed
        named = kind is QuestionType.PLACE and is_kind_of_place(self.query.question.noun)
        bare = named and all(is_proper(one.constraint, self.passage) for one in self.aligned)
        misfits |= bare and self._misfit > 0  # 威尔逊是哪个国家的: his name alone tells no country
        unread = (
            self._binds_a_name_alone and self._read is not None and _logit(self._read.answerable) < UNREADABLE
        )
        return self._is_out or misfits or self._is_of_another or self._lacks_a_name or unread

    @property
    def _binds_a_name_alone(self) -> bool:
        """Tell whether a name is asked for that nothing but a name binds: any fact that has 马莉 holds all of 马莉是什么职业."""
        alone = all(is_proper(one.constraint, self.passage) for one in self.aligned)
        return alone and self.query.type in NAMES and not asked_person(self.query)

    @cached_property
    def _is_out(self) -> bool:
        """Tell whether it cannot answer whatever its short answers are."""
        bound = [one.constraint for one in self.aligned]
        return bool(self.contradicting) or self.only_asks or is_reversed(self.query, bound, self.passage)

    @cached_property
    def other_subject(self) -> tuple[str, str] | None:
        """Who was asked about and whom the best short answer is told of, where that is another."""
        if self._is_out or self.answer is None or self.query.type not in FEW_WORDS:
            return None
        bound = [one.constraint for one in self.aligned]
        return told_of_another(self.query, bound, self.passage, self.answer.place)

    @property
    def _is_of_another(self) -> bool:
        """Tell whether its value is told of another; of a part of the asked place (镇 of 县) it is only not said."""
        ends = {name[-1] for name in self.other_subject or ()}
        return len(ends) == 1 or not ends <= set(TIERS)

    @property
    def _lacks_a_name(self) -> bool:
        """Tell whether a name stands in a sentence beside alone, and the reader finds nothing of it in this one.

        So may what somebody or something is, where that is asked: 主教练 of 甲队主教练是谁.
        """
        if self._read is None or self.query.type not in FEW_WORDS:
            return False
        beside = (one.constraint for one in self.aligned if LEVELS[one.level] in ("near", "part_near"))
        asked = self.query.question.start if self.query.type in NAMES else -1
        names = (one for one in beside if is_proper(one, self.passage) or one.end == asked)
        return any(self._read.doubt_of(one.start, one.end) >= NOTHING_OF_IT for one in names)

    @property
    def cannot_be_claimed(self) -> bool:
        """Tell whether it is barred, or holds nothing itself of all that is asked: its neighbours alone speak of it.

        Key words may stand in its titles alone, all that is asked in the question to which it replies.
        """
        question, levels = self.query.question, {one.level for one in self.aligned}
        asked = self.query.text[question.start : question.end]
        named = any(word and word in self.passage.tight for word in (asked, question.noun))  # 电话：
        apart = bool(levels) and levels.isdisjoint(BORNE_HERE) and not (named or self.replies)
        return self.is_barred or (apart and self.query.type is not QuestionType.NONE)

    @property
    def replies(self) -> bool:
        """Tell whether it replies to the very question, as another speaker or a heading asks it in print."""
        typed, asked = tight(self.query.text).rstrip("?"), self.passage.replies_to
        is_it = typed in asked and len(typed) >= ALL_BUT * len(asked)
        return is_it and self.query.type is not QuestionType.NONE

    @property
    def is_near(self) -> bool:
        """Tell whether it contradicts in one thing and holds at least half of the rest: what differs is worth saying."""
        return bool(self.contradicting or self.other_subject) and self.evidence["here"] >= NEAR_FROM

    @property
    def _is_part_of_a_name(self) -> bool:
        """Tell whether the best short answer is a run of nouns that another goes on with."""
        if self.answer is None or self.answer.kind is not CandidateKind.NOUNS:
            return False
        end = self.answer.place[1]
        return any(t.start == end and t.tag[:1] == "n" and t.tag[:2] != "nr" for t in self.passage.tokens)

    @property
    def may_be_said(self) -> bool:
        """Tell whether its best short answer is such a thing as was asked for, and told of whom was asked about."""
        if self.answer is None or self.other_subject is not None or self.is_of_another_kind:
            return False
        noun = self.query.question.noun
        if not (noun and self.answer.text.endswith(noun)) and self._is_part_of_a_name:
            return False  # 非洲女性 of 非洲女性议员研讨班
        asked = self.query.in_full.type
        several = asked is QuestionType.NONE and not self.query.is_one_word
        if several and self.answer.kind not in TOLD_OF_KEY_WORDS:
            return False  # 第三十一天 of 小温失联的第三十一天
        if asked is not self.query.type and not self._stands_by_its_measure:
            return False
        if asked in NUMBERS and any(
            one.constraint.period and self._tells_a_part(one.constraint.period) for one in self.aligned
        ):
            return False
        if any(one.here and not one.deed for one in self.rivals):
            return False  # another stands beside it, and what was asked for elsewhere in the sentence
        if is_told_of_another(self.query, self.aligned, self.passage, self.answer.place):
            return False
        if is_one_of_several(self.passage, self.answer) or is_unpaired(self.passage, self.answer.place):
            return False
        return not self._is_late

    @property
    def _stands_by_its_measure(self) -> bool:
        """Tell whether the last of the key words, what is measured, stands in the clause of the best short answer."""
        start, end = part_of(self.passage.folded, self.answer.place, CLAUSE_END) if self.answer else (0, 0)
        return bool(self.query.words) and self.query.words[-1].text in self.passage.folded[start:end]

    def _tells_a_part(self, asked: Period) -> bool:
        """Tell whether the fact tells only of a part of the year that is asked for: 2024年第一季度 for 2024年."""
        told = [one.period for one in self.passage.spans_of(asked)]
        return not asked.is_part_of_a_year and bool(told) and all(one.is_part_of_a_year for one in told)

    @property
    def is_read(self) -> bool:
        """Tell whether a reader has read it."""
        return self._read is not None

    @cached_property
    def is_of_another_kind(self) -> bool:
        """Tell whether the best short answer is no such thing as was asked for: a date for how many, a clause for who."""
        return self.answer is not None and is_of_another_kind(
            self.query.in_full, self.passage, self.answer, self._proposed
        )

    @cached_property
    def _proposed(self) -> tuple[Candidate, ...]:
        """What grammar proposes, whatever the reader does."""
        query = self.query.in_full
        return tuple(candidates(self.passage, query.type, (), query.question.noun))

    @property
    def _misfit(self) -> float:
        """1 where the best short answer is of another kind than asked, or has another unit."""
        return float(self.is_of_another_kind or (self.answer is not None and self.answer.unit_other > 0))

    @property
    def answer(self) -> ShortAnswer | None:
        """The best short answer."""
        return self.answers[0] if self.answers else None

    @property
    def _apart(self) -> float:
        """Which share of the query's pairs of characters stands nowhere around."""
        runs = content_runs(self.query, self.passage.language, self._unbound)
        whole = f"{self.passage.tight} {self.passage.heads} {self.passage.near}"
        pairs = [a + b for run in runs for a, b in pairwise(tight(run))]
        return sum(pair not in whole for pair in pairs) / max(1, len(pairs))

    @cached_property
    def evidence(self) -> dict[str, float]:
        """Named evidence that the fact answers the question, for the learned decisions."""
        doubts = [min(MOST_DOUBTED, max(-MOST_DOUBTED, one.doubt)) for one in self.aligned]
        kind = self.query.type
        answer = None if self._is_out else self.answer
        levels = [one.level for one in self.aligned]
        few, keyword = float(kind in FEW_WORDS), float(kind is QuestionType.NONE)
        best = answer.share if answer else 0.0
        found = {
            "apart": self._apart,
            "unit_other": 0.0 if self._is_out else self._misfit,
            "doubt": max(doubts, default=-3.0),
            "doubts": float(np.log1p(np.exp(doubts)).sum()) if doubts else 0.0,
            "here": sum(level == 0 for level in levels) / max(1, len(levels)),
            "absent": sum(level > 4 for level in levels) / max(1, len(levels)),
            "keyword": keyword,
            "number": float(kind in NUMBERS),
            "name": float(kind in NAMES),
            "time": float(kind in (QuestionType.TIME, QuestionType.DURATION)),
            "told": float(kind in (QuestionType.WHY, QuestionType.HOW, QuestionType.WHAT)),
            "share": best,
            "held": sum(level <= 1 for level in levels) / max(1, len(levels)),
            "all_held": float(all(level <= 2 for level in levels)),
            "close": few * (answer.close if answer else 0.0),
            "few_share": few * best,
            "few_none": few * float(answer is None),
            "lead": answer.lead if answer else 0.0,
        }
        beside = () if keyword else self.rivals  # key words need no one clause
        found["rival"] = float(sum(not one.deed for one in beside))
        found["rival_deed"] = float(sum(one.deed for one in beside))
        found["late"] = float(answer is not None and self._is_late)
        return found | self._of_reader() | dict(self._ranked)

    @cached_property
    def rivals(self) -> tuple[Rival, ...]:
        """What stands beside the answer in the place of what was asked for."""
        asks = self.query.in_full.type is not QuestionType.NONE and not self._is_out
        return rivals(self.aligned, self.passage, self.answer.place) if asks and self.answer else ()

    @property
    def _is_late(self) -> bool:
        """Tell whether a time asked for is told only behind the best short answer."""
        return self.answer is not None and is_late(self.aligned, self.passage, self.answer.place)

    def _of_reader(self) -> dict[str, float]:
        """What the reader makes of it: doubts and answerable as logits."""
        if self._read is None:
            return {}
        passed = [*self._unbound, *self.in_its_words.known]
        told = (d for d in self._read.doubts if not any(s < d.end and d.start < e for s, e in passed))
        read = replace(self._read, doubts=tuple(told))
        answer = None if self._is_out else self.answer
        words = [read.doubt_of(one.constraint.start, one.constraint.end) for one in self.aligned]
        return {
            "read_doubts": float(min(4.0, sum(words))),
            "read_answerable": _logit(read.answerable),
            "read_agreed": answer.agreed if answer else 0.0,
        }


def _logit(chance: float) -> float:
    return min(MOST_TOLD, max(-MOST_TOLD, logit(chance)))


def _overlap(one: Candidate, other: Candidate) -> bool:
    return one.start < other.end and other.start < one.end


def _agreed(one: Candidate, read: dict[Place, float]) -> float:
    """How much of the reader's mass lies on spans that overlap a candidate."""
    return sum(share for (start, end), share in read.items() if start < one.end and one.start < end)
