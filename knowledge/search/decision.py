"""Found, or not found: the leading facts read for the query, and how likely the first of them answers it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.answering.alignment import Aligner
from knowledge.answering.constraints import SlotKind
from knowledge.answering.extractor import FactReading, best_first
from knowledge.answering.reader import Reader, Window, WindowReading
from knowledge.answering.scorer import AnswerModel, question_group
from knowledge.answering.window import Passage
from knowledge.model import Difference
from knowledge.query.analysis import Query
from knowledge.query.question import QuestionType
from knowledge.search.corpus import Array
from knowledge.search.lexicon import Lexicon
from knowledge.search.units import idf
from knowledge.search.weights import MOST_SIMILAR, SIMILARITY_BIAS, similarity_weights

READ = 4
"""Facts read for a query: a reading costs about a millisecond."""
READ_BY_NET = 3
SECONDS_OF_NET = 0.06
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
        self, query: Query, lexicon: Lexicon, model: AnswerModel, reader: Reader | None = None
    ) -> None:
        self._query = query
        self._model = model
        self._reader = reader
        nowhere = float(idf(0, lexicon.size))

        def rarity(word: str) -> float:
            return float(idf(lexicon.frequency(word), lexicon.size)) / nowhere

        self._aligner = Aligner(query, model.doubts, rarity)

    def read(self, passages: Sequence[Passage]) -> list[FactReading]:
        """Return the passages read, by the neural reader too where there is one."""
        told: list[WindowReading | None] = [None] * len(passages)
        if self._reader is not None and passages:
            windows = [_window(passage) for passage in passages[:READ_BY_NET]]
            told[: len(windows)] = self._reader.read(self._query.text, windows, seconds=SECONDS_OF_NET)
        pairs = zip(passages, told, strict=True)
        return [
            FactReading(self._query, self._aligner, passage, self._model, read) for passage, read in pairs
        ]

    def order(self, readings: Sequence[FactReading], scores: Sequence[float]) -> list[int]:
        """Return the order of the readings, best first; of equally good answers of different dates the newest first."""
        order = best_first(readings, scores, self._model.order)
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
        least = readings[0].evidence["doubts"] + AS_WELL
        return [
            at
            for at, reading in enumerate(readings)
            if not reading.contradicting and reading.evidence["doubts"] <= least
        ]

    def items(self, readings: Sequence[FactReading]) -> tuple[str, ...]:
        """Return the things that a list names, each once: those that end in the noun asked for."""
        noun = self._query.question.noun
        named = (
            next((a.text for a in reading.answers if noun and a.text.endswith(noun) and a.text != noun), None)
            for reading in readings
        )
        return tuple(dict.fromkeys(item for item in named if item))

    def decide(self, reading: FactReading, features: Array) -> Verdict:
        """Decide about the first fact by its reading and its row of ranking features."""
        evidence = reading.evidence | {"similar": similarity(features)}
        chance = self._model.found[question_group(self._query.type)].of(evidence)
        if reading.contradicting:
            return Verdict(False, min(chance, 0.05), differences=differences(reading))
        if chance < self._model.found_from:
            return Verdict(False, chance)
        answer = reading.answer
        if answer is None:
            return Verdict(True, chance)
        sure = self._model.said.of(evidence | {"found": chance}) >= self._model.said_from
        counted = self._query.type is QuestionType.FIGURE  # what stands beside the very figure is no guess
        return Verdict(True, chance, answer.text, (sure and not reading.is_of_another_kind) or counted)


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
    """Year, month and day of the report; 0 for what is not told."""
    told = reading.passage.inherited
    return (told.year or 0, told.month or 0, told.day or 0)


def differences(reading: FactReading) -> tuple[Difference, ...]:
    """Return what a fact has another value of, as asked and as printed."""
    found = reading.contradicting
    return tuple(Difference(one.constraint.kind.value, one.constraint.text, one.printed) for one in found)


def similarity(features: Array) -> float:
    """Return a logit of “the corpus holds an answer” from one fact's row of features."""
    similar = float(features @ similarity_weights()) + SIMILARITY_BIAS
    return min(max(similar, -MOST_SIMILAR), MOST_SIMILAR)


def _window(passage: Passage) -> Window:
    around = passage.around
    heads = " ".join(around.heads)
    return Window(passage.text, (around.before or ("",))[-1], (around.after or ("",))[0], heads)
