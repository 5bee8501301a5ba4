"""Found, or not found: the leading facts read for the query, and how likely the first of them answers it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from knowledge.answering.alignment import Aligner
from knowledge.answering.constraints import SlotKind
from knowledge.answering.extractor import FactReading
from knowledge.answering.reader import NeuralReader, Window, WindowReading
from knowledge.answering.scorer import AnswerModel, question_group
from knowledge.answering.window import Passage, tight
from knowledge.model import Difference
from knowledge.query.analysis import Query
from knowledge.query.question import QuestionType
from knowledge.search.corpus import Array
from knowledge.search.ranking import MOST_SIMILAR, SIMILARITY_BIAS, similarity_weights
from knowledge.search.terms import Lexicon, idf

READ = 4
"""Facts read for a query: a reading costs about a millisecond."""
READ_BY_NET = 3
SECONDS_OF_NET = 0.1
"""After so long no further window is begun: a busy machine takes twice the 20 ms that one costs."""
UNREAD = frozenset({QuestionType.FIGURE, QuestionType.LIST})
"""A figure alone is compared whole; a list is of all that holds the words."""
SURE = 0.85
"""The chance of a fact that answers from which on no further one is read."""
REPLIED = 0.93
"""The chance of a reply to the very question: of 60 printed pairs of interviews in the news, 56 answer."""
BARRED_COST = 12.0
"""What it costs to be barred: more than any rank makes up for."""
BARRED_CHANCE = 0.1
"""Share of the facts that were barred and held an answer after all, of public questions."""
AS_WELL = 0.7
"""Logits of doubt by which a further item of a list may be borne out worse than the first."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an answer is claimed, how likely the claim is right, what is said in few words, what contradicts.

    `surely` says that the short answer may be said in large type.
    """

    found: bool
    confidence: float
    answer: str | None = None
    surely: bool = False
    differences: tuple[Difference, ...] = ()


class Judge:
    """Reads facts for one query and decides by learned evidence."""

    def __init__(
        self, query: Query, lexicon: Lexicon, model: AnswerModel, reader: NeuralReader | None = None
    ) -> None:
        self._query = query
        self._model = model
        self._reader = reader
        nowhere = float(idf(0, lexicon.size))

        def rarity(word: str) -> float:
            return float(idf(lexicon.frequency(word), lexicon.size)) / nowhere

        self._aligner = Aligner(query, model.doubts, rarity)

    def read(
        self, passages: Sequence[Passage], ranked: Sequence[Mapping[str, float]]
    ) -> tuple[list[int], list[FactReading]]:
        """Return the order of the passages, best first, and their readings in it.

        A neural reader, where there is one, looks at the first three, until it is sure of one or its time is up.
        `ranked` is what the search has of each passage.
        """
        readings = [self._reading(passage, told) for passage, told in zip(passages, ranked, strict=True)]
        order = best_first(readings, self._model.alone.order)
        leading = [at for at in order if not readings[at].is_barred][:READ_BY_NET]
        if self._reader and leading and self._leaves_doubt(readings[leading[0]]):
            asked = [readings[at].in_its_words for at in leading]
            windows = [window(passages[at], one.text) for at, one in zip(leading, asked, strict=True)]
            read: dict[int, FactReading] = {}
            told = self._reader.read(self._query.text, windows, seconds=SECONDS_OF_NET)
            for at, wording, one in zip(leading, asked, told, strict=False):
                if one is None:
                    break
                read[at] = self._reading(passages[at], ranked[at], wording.restored(one), readings[at])
                if self._is_sure(read[at]):
                    break
            readings = [read.get(at, reading) for at, reading in enumerate(readings)]
            among = best_first([readings[at] for at in read], self._model.with_reader.order)
            first = [list(read)[at] for at in among]
            order = [*first, *(at for at in order if at not in read)]
        order = self._newest_first(order, readings)
        return order, [readings[at] for at in order]

    def _leaves_doubt(self, likeliest: FactReading) -> bool:
        """Tell whether a reader could say more: not of one key word that stands in the fact as it was typed."""
        if self._query.is_one_word:
            typed = tight(self._query.text)
            return typed not in likeliest.passage.tight or self._chance(likeliest) < SURE
        return self._query.type not in UNREAD

    def _reading(
        self,
        passage: Passage,
        ranked: Mapping[str, float],
        read: WindowReading | None = None,
        by_words: FactReading | None = None,
    ) -> FactReading:
        return FactReading(self._aligner, passage, self._model, ranked, read, by_words)

    def _chance(self, reading: FactReading) -> float:
        if reading.replies:
            return REPLIED
        group = question_group(self._query.type)
        alone = self._model.alone.chance(group, reading.by_words.evidence)
        return self._model.with_reader.chance(group, reading.evidence, alone) if reading.is_read else alone

    def _is_sure(self, reading: FactReading) -> bool:
        least = max(SURE, self._model.with_reader.found_from)
        return not reading.is_barred and self._chance(reading) >= least

    def _newest_first(self, order: list[int], readings: Sequence[FactReading]) -> list[int]:
        """Put the newest of equally good answers of different dates first."""
        if any(one.constraint.kind is SlotKind.PERIOD for one in readings[order[0]].aligned):
            return order
        first = readings[order[0]]
        same = [at for at in order if _as_good(readings[at], first) and _date(readings[at])[0]]
        if first not in (readings[at] for at in same):
            return order
        newest = iter(sorted(same, key=lambda at: _date(readings[at]), reverse=True))
        return [next(newest) if at in same else at for at in order]

    def listed(self, readings: Sequence[FactReading]) -> list[int]:
        """Return which of the readings answer a question for several things: as well borne out as the first."""
        least, held = readings[0].evidence["doubts"] + AS_WELL, readings[0].evidence["held"]
        return [
            at
            for at, reading in enumerate(readings)
            if not reading.contradicting
            and reading.evidence["doubts"] <= least
            and reading.evidence["held"] >= held
        ]

    def items(self, readings: Sequence[FactReading]) -> tuple[str, ...]:
        """Return the things that a list names, each once: those that end in the noun asked for."""
        noun = self._query.question.noun
        named = (
            next((a.text for a in reading.answers if noun and a.text.endswith(noun) and a.text != noun), None)
            for reading in readings
            if not reading.is_of_another_kind
        )
        return tuple(dict.fromkeys(item for item in named if item))

    def decide(self, reading: FactReading) -> Verdict:
        """Decide about the first fact by its reading."""
        decisions = self._model.with_reader if reading.is_read else self._model.alone
        chance = self._chance(reading)
        if reading.cannot_be_claimed:
            told = differences(reading) if reading.is_near else ()
            return Verdict(False, min(chance, BARRED_CHANCE), differences=told)
        if chance < decisions.found_from:
            return Verdict(False, chance)
        answer = reading.answer
        if answer is None or self._query.type is QuestionType.YES_NO:  # the sentence says so, never a bare 是
            return Verdict(True, chance)
        sure = decisions.said.of(reading.evidence | {"found": chance}) >= decisions.said_from
        counted = self._query.type is QuestionType.FIGURE  # what stands beside the very figure is no guess
        return Verdict(True, chance, answer.text, (sure and reading.may_be_said) or counted)


def _as_good(reading: FactReading, first: FactReading) -> bool:
    return (
        not reading.contradicting
        and (reading is first or reading.passage.around.heads != first.passage.around.heads)
        and reading.evidence["here"] >= first.evidence["here"]
        and abs(reading.evidence["doubts"] - first.evidence["doubts"]) <= AS_WELL / 2
        and reading.evidence["few_share"] > 0.3
        and first.evidence["few_share"] > 0.3
    )


def _date(reading: FactReading) -> tuple[int, int, int]:
    """Year, month and day that the fact tells, or its report has; 0 for what is not told."""
    passage = reading.passage
    told = passage.periods[0].period.within(passage.inherited) if passage.periods else passage.inherited
    return (told.year or 0, told.month or 0, told.day or 0)


def differences(reading: FactReading) -> tuple[Difference, ...]:
    """Return what a fact has another value of, as asked and as printed."""
    told = [(one.constraint.kind.value, one.constraint.text, one.printed) for one in reading.contradicting]
    if reading.other_subject:
        told.append((SlotKind.NAME.value, *reading.other_subject))
    return tuple(Difference(*one) for one in told)


def similarity(features: Array) -> float:
    """Return a logit of “the corpus holds an answer” from one fact's row of features."""
    similar = float(features @ similarity_weights()) + SIMILARITY_BIAS
    return min(max(similar, -MOST_SIMILAR), MOST_SIMILAR)


def window(passage: Passage, question: str) -> Window:
    """Return a passage as a reader sees it, asked in its own words."""
    around = passage.around
    heads = " ".join(around.heads)
    return Window(passage.text, (around.before or ("",))[-1], (around.after or ("",))[0], heads, question)


def best_first(readings: Sequence[FactReading], weights: Mapping[str, float]) -> list[int]:
    """Return the order of a few facts by rank, support and answer; those that contradict the question come last."""
    merit = [
        sum(weight * one.evidence[name] for name, weight in weights.items())
        + BARRED_COST * (one.replies - one.cannot_be_claimed)
        for one in readings
    ]
    return sorted(range(len(merit)), key=lambda at: -merit[at])
