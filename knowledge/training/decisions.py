"""Fit what orders the leading facts, what claims and what may be said, on what the search makes of questions.

Asked are questions, near misses of them, and questions whose article was removed; thresholds are set on what was not seen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import numpy as np

from knowledge.answering.extractor import FactReading
from knowledge.answering.reader import NeuralReader, Window, WindowReading
from knowledge.answering.scorer import Decisions, Logistic, logit, question_group, softmax
from knowledge.answering.window import Passage
from knowledge.index.index import Index
from knowledge.query.aliases import Aliases
from knowledge.query.analysis import Query, analyse
from knowledge.search.ask import Answering, examine_wordings
from knowledge.search.decision import BARRED_CHANCE, BARRED_COST
from knowledge.text.analyzer import Analyzer
from knowledge.training.fitting import (
    KEPT_BACK,
    Array,
    added,
    descend,
    drawn,
    logistic,
    opened,
    passages_of,
)
from knowledge.training.near_misses import Changer, crossed
from knowledge.training.question_sets import AskedQuestion, QuestionSet, is_right, load, normal
from knowledge.training.reader.sources import KEPT_APART

KEPT_ARTICLES = 0.7
"""Share of an encyclopedia's articles that are there; the questions of the others must be refused."""
KEPT_NEWS = 0.85


@dataclass(frozen=True, slots=True)
class Case:
    """One question as asked of a corpus; `sort` is there, removed, crossed, or near: one word changed."""

    asked: AskedQuestion
    text: str
    sort: str
    generated: bool
    changed: str = ""

    @property
    def is_changed(self) -> bool:
        """Tell whether another thing is asked than the article answers."""
        return self.sort in ("near", "crossed")


@dataclass(frozen=True, slots=True)
class JudgedFact:
    """One fact read for a case: evidence, whether it is barred from answering, and what is right about it.

    `by_words` is the same fact read without the reader, where that has read it.
    """

    group: str
    evidence: dict[str, float]
    barred: bool
    right: bool
    said: str | None
    said_right: bool
    may_be_said: bool
    by_words: JudgedFact | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the search made of a case: the leading facts, and the first of them."""

    case: Case
    reads: tuple[JudgedFact, ...]
    first: JudgedFact

    @property
    def by_words(self) -> Outcome:
        """The same without what the reader said."""
        reads = tuple(read.by_words or read for read in self.reads)
        return Outcome(self.case, reads, reads[0])


class PatientReader:
    """A reader without haste: what a slow machine leaves unread would be missing from what is learned."""

    def __init__(self, reader: NeuralReader) -> None:
        self._reader = reader

    def read(
        self, question: str, windows: Sequence[Window], *, seconds: float
    ) -> Iterator[WindowReading | None]:
        """Read without end of time."""
        return self._reader.read(question, windows, seconds=1e9)


def with_articles_removed(path: Path) -> QuestionSet:
    """Read a set without some of its articles: their questions must be refused."""
    random = Random(5)
    kept: dict[int, bool] = {}
    share = KEPT_NEWS if path.is_dir() else KEPT_ARTICLES
    return load(path, lambda number: kept.setdefault(number, random.random() < share))


def asked_of_search(
    one: QuestionSet, changer: Changer, answering: Answering, most: int, language: Analyzer, *, apart: bool
) -> Iterator[Outcome]:
    """Ask a set's questions, what near misses they have, and those of removed articles.

    `apart` asks only of the passages that were kept from the reader, of a set that it was trained on.
    """
    random = Random(5)
    passages = passages_of(one, language)
    answerable = [
        asked
        for asked in drawn(one.asked, len(one.asked))
        if asked.answerable and (not apart or asked.passage % KEPT_APART == 0)
    ]
    there = [asked for asked in answerable if asked.fact is not None][: most * 4 // 5]
    chosen = [*there, *[asked for asked in answerable if asked.fact is None][: most // 5]]

    def read(text: str) -> Query:
        return analyse(text, Aliases(), language)

    with opened(one) as index:
        for asked in chosen:
            around = passages[asked.fact.id] if asked.fact else None
            for case in cases(asked, around, one.is_made, changer, language, random):
                if outcome := _outcome(case, read, index, answering, language):
                    yield outcome


def cases(
    asked: AskedQuestion,
    around: Passage | None,
    made: bool,
    changer: Changer,
    language: Analyzer,
    random: Random,
) -> Iterator[Case]:
    """Return a question as it is and what near misses of it there are; `around` is the fact that answers, if any does."""
    yield Case(asked, asked.text, "there" if around else "removed", made)
    if around is None or asked.text in asked.answers:
        return  # a word alone is there or not
    window = around.folded + around.heads + around.near
    if miss := changer.change(asked.text, window, random):
        yield Case(asked, miss.text, "near", made, miss.kind)
    answer = next((re.search(re.escape(language.fold(a)), around.folded) for a in asked.answers), None)
    if answer is None:
        return
    question = language.fold(asked.text)
    if " " in question:
        return  # key words need not stand in one clause
    if other := crossed(question, around.folded, answer.span(), around.near, language.tokens, random):
        yield Case(asked, other.applied(question), "crossed", made, f"{other.old}/{other.new}")


def _outcome(
    case: Case, read: Callable[[str], Query], index: Index, answering: Answering, language: Analyzer
) -> Outcome | None:
    query = read(case.text)
    if query.is_empty:
        return None
    examined = examine_wordings(query, read, index, language, 10, lambda: 0.0, answering)
    if examined is None:
        return None
    reads = tuple(_read(case, reading) for reading in examined.readings)
    return Outcome(case, reads, reads[0])


def _read(case: Case, reading: FactReading) -> JudgedFact:
    answers = case.asked.answers
    text = normal(reading.passage.text)
    if case.text in answers:  # a word alone: the fact that holds it is right
        right = normal(case.text) in text
    else:
        right = not case.is_changed and any(normal(answer) in text for answer in answers)
    said = reading.answer.text if reading.answer else None
    told = right and said is not None and is_right(said, answers)
    by_words = _read(case, reading.by_words) if reading.is_read else None
    barred, may_be_said = reading.cannot_be_claimed, reading.may_be_said
    group = question_group(reading.query.type)
    return JudgedFact(group, reading.evidence, barred, right, said, told, may_be_said, by_words)


GROUPS = ("few", "told", "words")
SHRUNK = 1e-2
"""Penalty of a decision's weights: evidence that goes together shares them, so that none is left out."""
SMOOTHED = 1e-3
"""Penalty of the two numbers a group that make chances of what is told."""
WRONG_AT_MOST = 0.01
"""Share of the questions that must be refused above the threshold."""
_RISING = (
    "similar", "few_share", "lead", "here", "held", "all_held", "close", "read_answerable", "read_agreed",
)  # fmt: skip
_FALLING = (
    "doubt", "doubts", "absent", "few_none", "apart", "unit_other", "rival", "rival_deed", "late",
    "read_doubts",
)  # fmt: skip
_FREE = ("number", "name", "time", "told")
_ORDER = (
    "score", "doubts", "few_share", "here", "held", "all_held", "lead", "apart", "unit_other", "rival",
    "rival_deed", "late",
)  # fmt: skip
_OF_SAID = (
    "share", "lead", "found", "number", "name", "time", "told", "keyword", "doubt", "doubts", "here",
    "rival",
)  # fmt: skip
_READ_ORDER = ("read_answerable", "read_doubts")
_READ_SAID = ("read_agreed", "read_answerable")


@dataclass(frozen=True, slots=True)
class Judged:
    """An outcome with the chances that decisions give it which were fitted without its article."""

    outcome: Outcome
    told: dict[str, float]
    found: float

    @property
    def first(self) -> JudgedFact:
        """The fact that would be claimed."""
        return self.outcome.first


def decide(
    outcomes: Sequence[Outcome], alone: Decisions | None = None, kept: Decisions | None = None
) -> tuple[Decisions, list[Judged]]:
    """Fit all decisions, and set their thresholds on what was judged by decisions that had not seen it.

    `alone` are the decisions by words, beside which those with a reader are fitted. Of `kept` ones all stays but how
    much a reader that is sure adds. The articles are parted in four
    (cross-fitting): each part is judged by what was fitted on the other three, and what is returned was fitted on all.
    """
    outcomes = [outcome for outcome in outcomes if not is_unsure(outcome)]
    raw: list[Judged] = []
    for part in range(KEPT_BACK):
        learnt = [o for o in outcomes if o.case.asked.article % KEPT_BACK != part]
        fitted = kept or _fitted(learnt, with_reader=alone is not None)
        others = [_judged(o, fitted, alone) for o in outcomes if o.case.asked.article % KEPT_BACK == part]
        raw += [one for one in others if not is_unsure(one.outcome)]
    judged = []
    for part in range(KEPT_BACK):
        borne_out = _borne_out(
            [one for one in raw if one.outcome.case.asked.article % KEPT_BACK != part], kept
        )
        judged += [
            one
            if one.first.barred or not one.told
            else replace(one, found=borne_out[one.first.group].of(one.told))
            for one in raw
            if one.outcome.case.asked.article % KEPT_BACK == part
        ]
    if kept:
        return replace(kept, borne_out=_borne_out(raw, kept)), judged
    must_not = [
        one.found for one in judged if one.outcome.case.sort in ("near", "removed") and not one.first.right
    ]
    whole = _fitted(outcomes, with_reader=alone is not None)
    found_from = _claimed_at_most(must_not, WRONG_AT_MOST)
    return replace(whole, found_from=found_from, borne_out=_borne_out(raw)), judged


def judged_by(
    outcomes: Sequence[Outcome], decisions: Decisions, alone: Decisions | None = None
) -> list[Judged]:
    """Judge outcomes by decisions that were made before, as they serve; of articles that these never saw, best."""
    judged = [_judged(outcome, decisions, alone) for outcome in outcomes]
    return [
        one
        if one.first.barred or not one.told
        else replace(one, found=decisions.borne_out[one.first.group].of(one.told))
        for one in judged
        if not is_unsure(one.outcome)
    ]


def _fitted(outcomes: Sequence[Outcome], *, with_reader: bool) -> Decisions:
    order = _fit_order(outcomes, (*_ORDER, *(_READ_ORDER if with_reader else ())))
    names = tuple(
        name for name in (*_RISING, *_FALLING, *_FREE) if with_reader or not name.startswith("read_")
    )
    firsts = [in_order(outcome, order).first for outcome in outcomes]
    fitted = [read for read in firsts if not read.barred]
    groups = {group: [read for read in fitted if read.group == group] for group in GROUPS}
    found = {group: _fit(reads, names, [read.right for read in reads]) for group, reads in groups.items()}
    claims = [_with_found(read, found) for read in fitted if read.said is not None and read.right]
    said_names = (*_OF_SAID, *(_READ_SAID if with_reader else ()))
    said = _fit(claims, said_names, [read.said_right for read in claims])
    return Decisions(order, found, said, 1.0, 1.0, {})


def _judged(outcome: Outcome, decisions: Decisions, alone: Decisions | None) -> Judged:
    outcome = in_order(outcome, decisions.order)
    read = outcome.first
    beside = alone.chance(read.group, read.by_words.evidence) if alone and read.by_words else None
    if alone and not read.by_words and not read.barred:  # serves as it was judged by words
        return Judged(outcome, {}, alone.chance(read.group, read.evidence))
    return Judged(outcome, decisions.told(read.group, read.evidence, beside), BARRED_CHANCE)


def in_order(outcome: Outcome, weights: dict[str, float]) -> Outcome:
    """Return an outcome with the first fact that the weights put first."""

    def merit(read: JudgedFact) -> float:
        return (
            sum(w * read.evidence.get(name, 0.0) for name, w in weights.items()) - BARRED_COST * read.barred
        )

    read_by_net = [read for read in outcome.reads if read.by_words]
    return replace(outcome, first=max(read_by_net or outcome.reads, key=merit))


def is_unsure(outcome: Outcome) -> bool:
    """Whether nobody can say what is right: another report answers a generated question too, or no one sentence does.

    A word of another clause may well be answered by another sentence.
    """
    case, fact = outcome.case, outcome.case.asked.fact
    if case.sort == "crossed" and fact is not None:
        return outcome.first.said is None or not is_right(outcome.first.said, case.asked.answers)
    if case.is_changed or outcome.first.right:
        return False
    apart = fact is not None and not any(normal(a) in normal(fact.text) for a in case.asked.answers)
    return case.generated or apart


def _borne_out(judged: Sequence[Judged], kept: Decisions | None = None) -> dict[str, Logistic]:
    """Return for each group what makes a chance of what is told (Wolpert 1992): few numbers, and no two chances one."""
    found: dict[str, Logistic] = {}
    for group in GROUPS:
        of_group = [one for one in judged if one.first.group == group and not one.first.barred and one.told]
        if kept:
            found[group] = _heard(of_group, kept.borne_out[group])
            continue
        names = list(of_group[0].told)
        rows = np.array([[one.told[name] for name in names] for one in of_group])
        right = np.array([float(one.first.right) for one in of_group])
        weights, bias = logistic(rows, right, penalty=SMOOTHED, least=np.zeros(len(names)))
        told = {name: round(float(weight), 4) for name, weight in zip(names, weights, strict=True)}
        found[group] = Logistic(told, round(bias, 4))
    return found


def _heard(judged: Sequence[Judged], kept: Logistic) -> Logistic:
    """Return what made chances with a weight for the reader that is sure, fitted beside it."""
    if not judged or "sure" not in judged[0].told:
        return kept
    told = np.array([logit(kept.of({"told": one.told["told"]})) for one in judged])
    sure = np.array([one.told["sure"] for one in judged])
    right = np.array([float(one.first.right) for one in judged])

    weight = added(told, sure, right, SHRUNK)
    return replace(kept, weights=kept.weights | {"sure": round(max(0.0, weight), 2)})


def _fit_order(outcomes: Sequence[Outcome], names: Sequence[str]) -> dict[str, float]:
    """Fit what puts the right one of the leading facts first: a linear model of listwise softmax loss."""
    signs, least = _signed(names)
    lists: list[tuple[Array, Array]] = []
    for outcome in outcomes:
        reads = [read for read in outcome.reads if read.by_words] or list(outcome.reads)
        right = np.array([float(read.right) for read in reads])
        if outcome.case.sort == "there" and 0 < right.sum() < len(right):
            rows = np.array([[read.evidence.get(name, 0.0) for name in names] for read in reads])
            lists.append((rows * signs, right / right.sum()))

    def gradient(weights: Array) -> Array:
        slope = 0.001 * weights
        for rows, worth in lists:
            slope = slope + rows.T @ (softmax(rows @ weights) - worth) / len(lists)
        return slope

    weights = descend(gradient, np.zeros(len(names)), steps=300, least=least) * signs
    return {name: round(float(weight), 3) for name, weight in zip(names, weights, strict=True)}


def _signed(names: Sequence[str]) -> tuple[Array, Array]:
    """Return for evidence, turned so that its weight is to rise, the signs that turn it and the least weights."""
    signs = np.array([-1.0 if name in _FALLING else 1.0 for name in names])
    return signs, np.array([0.0 if name in _FALLING or name in _RISING else -9.0 for name in names])


def _with_found(read: JudgedFact, found: dict[str, Logistic]) -> JudgedFact:
    return replace(read, evidence=read.evidence | {"found": found[read.group].of(read.evidence)})


def _fit(reads: Sequence[JudgedFact], names: Sequence[str], right: Sequence[bool]) -> Logistic:
    rows = np.array([[read.evidence.get(name, 0.0) for name in names] for read in reads])
    signs, least = _signed(names)
    weights, bias = logistic(rows * signs, np.array(right, dtype=np.float64), penalty=SHRUNK, least=least)
    return Logistic(
        {n: round(float(w * s), 4) for n, w, s in zip(names, weights, signs, strict=True)}, round(bias, 4)
    )


def _claimed_at_most(chances: Sequence[float], share: float) -> float:
    """Return the chance above which at most that share of the questions that must be refused lies."""
    allowed = min(round(share * len(chances)), len(chances) - 1)
    return round(sorted(chances, reverse=True)[allowed] + 1e-4, 4)
