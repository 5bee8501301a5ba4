"""Make `knowledge/models/answers.json`: doubts of words, the scorer of short answers, the decisions.

    make models ARGS="answers SQUAD.json … NEWS_FOLDER … --opposites FILE … --synonyms FILE …"

Each data set is SQuAD-style JSON or a folder of news scripts (`squad`, `news`). Near misses are generated: one word of a
question changed to one that neither it nor the window holds. A quarter of the articles, is kept back for
the thresholds and the figures that the card states.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from knowledge.answering.extractor import CONTRADICTED, FactReading
from knowledge.answering.scorer import AnswerModel, Logistic, question_group, read_model, softmax
from knowledge.index.index import Index
from knowledge.query.aliases import Aliases
from knowledge.query.analysis import Query, analyse
from knowledge.search.ask import Answering, examine
from knowledge.search.decision import similarity
from knowledge.text.analyzer import Analyzer, ChineseAnalyzer
from knowledge.training.fitting import Array, descend, logistic
from knowledge.training.measures import is_right, normal
from knowledge.training.near_misses import Changer, NearMiss, opposite_characters, read_opposites
from knowledge.training.spans import drawn, fit_doubts, fit_net, is_kept_back, opened, passages_of
from knowledge.training.squad import Asked, load

NEWS_COUNTS = 3
"""Times that a question of news counts as one of an encyclopedia does: news is what is asked of."""
WRONG_AT_MOST = 0.01
RIGHT_AT_LEAST = 0.95
OUTPUT = Path(__file__).parents[1] / "models" / "answers.json"
EVIDENCE = (
    "doubt", "second_doubt", "doubts", "name_doubt", "deed_doubt", "here", "absent", "nowhere", "number", "name",
    "time", "told", "few_share", "few_none", "lead", "similar", "all_here", "all_held", "together", "close",
    "missing", "apart", "unit_other",
)  # fmt: skip
RISING = frozenset(
    {"similar", "share", "few_share", "lead", "here", "all_here", "all_held", "together", "close"}
)
FALLING = frozenset(
    {
        "doubt",
        "second_doubt",
        "doubts",
        "name_doubt",
        "deed_doubt",
        "absent",
        "nowhere",
        "few_none",
        "missing",
        "apart",
    }
    | {"unit_other"}
)
ORDER = ("score", "doubts", "few_share", "here", "lead", "missing", "apart", "unit_other")
DRAFT_ORDER = {"score": 1.0, "doubts": -1.0, "few_share": 2.0}
EVIDENCE_OF_SAID = (
    "share",
    "lead",
    "found",
    "number",
    "name",
    "time",
    "told",
    "keyword",
    "doubt",
    "doubts",
    "here",
)
READ = ("read_doubt", "read_answerable", "read_agreed")


@dataclass(frozen=True, slots=True)
class Case:
    """One question as asked of a corpus: is its answer there (`there`), and which words were changed."""

    asked: Asked
    text: str
    there: bool
    changed: NearMiss | None = None
    kept_back: bool = False
    generated: bool = False

    @property
    def sort(self) -> str:
        """What kind of case it is."""
        return "near miss" if self.changed else "there" if self.there else "removed"


@dataclass(frozen=True, slots=True)
class Read:
    """One fact read for a case: evidence (with the ranking's `score`), and what is right about it."""

    group: str
    evidence: dict[str, float]
    contradicted: bool
    right: bool
    said: str | None
    said_right: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the search made of a case: the leading facts, and the first of them."""

    case: Case
    reads: tuple[Read, ...]
    first: Read


def main(arguments: Sequence[str]) -> None:
    """Fit everything and write the model file."""
    parser = argparse.ArgumentParser(prog="python -m knowledge.training answers")
    parser.add_argument("sets", nargs="+", type=Path)
    parser.add_argument("--opposites", nargs="*", type=Path, default=[])
    parser.add_argument("--synonyms", nargs="*", type=Path, default=[])
    parser.add_argument("--most", type=int, default=6500, help="questions of each set")
    parser.add_argument(
        "--decided", type=int, default=1200, help="questions of each set asked of the whole search"
    )
    parser.add_argument(
        "--net", type=Path, help="take doubts and scorer from this model file, fit the decisions only"
    )
    parser.add_argument("--output", type=Path, default=OUTPUT)
    options = parser.parse_args(arguments)
    if not any(path.is_dir() for path in options.sets):
        parser.error("no folder of news scripts among the sets: thresholds are set on news")
    language = ChineseAnalyzer()
    opposites = read_opposites(options.opposites)
    sets = [load(path) for path in options.sets]
    changer = Changer(
        (fact.text for one in sets for parsed in one.articles.values() for fact in parsed.facts),
        opposites,
        language,
    )
    if options.net:
        base = read_model(options.net)
        doubts, net = base.doubts, base.net
    else:
        doubts = fit_doubts(
            sets, changer, opposite_characters(opposites, options.synonyms), options.most, language
        )
        net = fit_net(sets, doubts, options.most, language)
    nothing = Logistic({}, 0.0)
    draft = AnswerModel(doubts, net, DRAFT_ORDER, {}, nothing, 0.5, 0.5)
    outcomes = [
        outcome
        for path in options.sets
        for outcome in asked_of_search(path, changer, Answering(draft), options.decided, language)
    ]
    model = decide(draft, outcomes)
    write(model, options.output)
    report(model, outcomes)


def asked_of_search(
    path: Path, changer: Changer, answering: Answering, most: int, language: Analyzer
) -> Iterator[Outcome]:
    """Ask a set's questions, near misses of them and those of removed articles of the whole search."""
    random = Random(5)
    kept: dict[int, bool] = {}
    share = 0.2 if path.is_dir() else 0.7
    one = load(path, lambda number: kept.setdefault(number, random.random() < share))
    passages = passages_of(one, language)
    answerable = [asked for asked in drawn(one, len(one.asked)) if asked.answerable]
    there = [asked for asked in answerable if asked.fact is not None][: most * 3 // 4]
    chosen = [*there, *[asked for asked in answerable if asked.fact is None][: most // 4]]

    def read(text: str) -> Query:
        return analyse(text, Aliases(), language)

    with opened(one) as index:
        for asked in chosen:
            cases = [
                Case(asked, asked.text, asked.fact is not None, None, is_kept_back(asked), path.is_dir())
            ]
            if asked.fact is not None:
                passage = passages[asked.fact.id]
                miss = changer.change(asked.text, passage.folded + passage.heads + passage.near, random)
                if miss and asked.text not in asked.answers:  # a word alone is there or not
                    cases.append(Case(asked, miss.text, False, miss, is_kept_back(asked), path.is_dir()))
            for case in cases:
                outcome = _outcome(case, read, index, answering, language)
                if outcome:
                    yield outcome


def _outcome(case: Case, read: Any, index: Index, answering: Answering, language: Analyzer) -> Outcome | None:
    query = read(case.text)
    if query.is_empty:
        return None
    examined = examine(query, read, index, language, 10, time.monotonic, answering)
    if examined is None:
        return None
    alike = similarity(examined.features)
    reads = tuple(
        _read(case, reading, reading.evidence | {"similar": alike, "score": score})
        for reading, score in zip(examined.readings, examined.ranks, strict=True)
    )
    return Outcome(case, reads, reads[0])


def _read(case: Case, reading: FactReading, evidence: dict[str, float]) -> Read:
    answers = case.asked.answers
    text = normal(reading.passage.text)
    if case.text in answers or (
        case.changed and case.asked.text in answers
    ):  # a word alone: the fact that holds it is right
        right = normal(case.text) in text
    else:
        right = case.changed is None and any(normal(answer) in text for answer in answers)
    said = reading.answer.text if reading.answer else None
    told = right and said is not None and is_right(said, answers)
    return Read(question_group(reading.query.type), evidence, bool(reading.contradicting), right, said, told)


def fit_order(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """Fit what puts the right one of the leading facts first: a linear model of listwise softmax loss."""
    lists: list[tuple[Array, Array]] = []
    for outcome in outcomes:
        right = np.array([float(read.right) for read in outcome.reads])
        if outcome.case.sort == "there" and 0 < right.sum() < len(right):
            rows = np.array([[read.evidence[name] for name in ORDER] for read in outcome.reads])
            lists.append((rows, right / right.sum()))

    def gradient(weights: Array) -> Array:
        slope = 0.001 * weights
        for rows, worth in lists:
            slope = slope + rows.T @ (softmax(rows @ weights) - worth) / len(lists)
        return slope

    weights = descend(gradient, np.zeros(len(ORDER)), steps=300)
    return {name: round(float(weight), 3) for name, weight in zip(ORDER, weights, strict=True)}


def in_order(outcome: Outcome, weights: dict[str, float]) -> Outcome:
    """Return an outcome with the first fact that the weights put first."""

    def merit(read: Read) -> float:
        return sum(w * read.evidence[name] for name, w in weights.items()) - CONTRADICTED * read.contradicted

    return replace(outcome, first=max(outcome.reads, key=merit))


def decide(draft: AnswerModel, outcomes: Sequence[Outcome]) -> AnswerModel:
    """Fit both decisions and set their thresholds on the questions kept back."""
    outcomes = [outcome for outcome in outcomes if not _is_unsure(outcome)]
    order = fit_order([o for o in outcomes if not o.case.kept_back])
    outcomes = [in_order(outcome, order) for outcome in outcomes]
    names = (*EVIDENCE, *(READ if any("read" in o.first.evidence for o in outcomes) else ()))
    fitted = [o.first for o in outcomes if not o.first.contradicted and not o.case.kept_back]
    fitted += [
        o.first
        for o in outcomes
        if o.case.generated and not o.first.contradicted and not o.case.kept_back
        for _ in range(NEWS_COUNTS - 1)
    ]
    groups = {group: [read for read in fitted if read.group == group] for group in ("few", "told", "words")}
    found = {group: _fit(reads, names, [read.right for read in reads]) for group, reads in groups.items()}
    claims = [_with_found(read, found) for read in fitted if read.said is not None and read.right]
    said = _fit(claims, EVIDENCE_OF_SAID, [read.said_right for read in claims])
    kept = [o for o in outcomes if o.case.kept_back]
    back = [_with_found(o.first, found) for o in kept if not o.first.contradicted and o.case.generated]
    found_from = _claimed_at_most(
        [
            0.0 if o.first.contradicted else found[o.first.group].of(o.first.evidence)
            for o in kept
            if o.case.generated and o.case.sort != "there" and not o.first.right
        ],
        WRONG_AT_MOST,
    )
    sure = [read for read in back if read.evidence["found"] >= found_from and read.said is not None]
    said_from = _threshold([(said.of(read.evidence), read.said_right) for read in sure], 1 - RIGHT_AT_LEAST)
    return replace(draft, order=order, found=found, said=said, found_from=found_from, said_from=said_from)


def _is_unsure(outcome: Outcome) -> bool:
    """Whether nobody can say what is right: another report answers a generated question too, or no one sentence does."""
    case = outcome.case
    if case.changed is not None or outcome.first.right:
        return False
    fact = case.asked.fact
    apart = fact is not None and not any(normal(a) in normal(fact.text) for a in case.asked.answers)
    return case.generated or apart


def _with_found(read: Read, found: dict[str, Logistic]) -> Read:
    return replace(read, evidence=read.evidence | {"found": found[read.group].of(read.evidence)})


def _fit(reads: Sequence[Read], names: Sequence[str], right: Sequence[bool]) -> Logistic:
    rows = np.array([[read.evidence.get(name, 0.0) for name in names] for read in reads])
    signs = np.array([-1.0 if name in FALLING else 1.0 for name in names])
    least = np.array([0.0 if name in FALLING or name in RISING else -9.0 for name in names])
    weights, bias = logistic(rows * signs, np.array(right, dtype=np.float64), penalty=1e-3, least=least)
    return Logistic(
        {n: round(float(w * s), 4) for n, w, s in zip(names, weights, signs, strict=True)}, round(bias, 4)
    )


def _claimed_at_most(chances: Sequence[float], share: float) -> float:
    """Return the chance above which at most that share of the questions that must be refused lies."""
    allowed = min(int(share * len(chances)), len(chances) - 1)
    return round(sorted(chances, reverse=True)[allowed] + 1e-4, 4)


def _threshold(claims: Sequence[tuple[float, bool]], wrong: float) -> float:
    """Return the least chance from which on at most that share of the claims is wrong."""
    pairs = sorted(claims, reverse=True)
    best, errors = 1.0, 0
    for count, (chance, good) in enumerate(pairs, 1):
        errors += not good
        if errors <= wrong * count:
            best = chance
    return round(best, 4)


def report(model: AnswerModel, outcomes: Sequence[Outcome]) -> None:
    """Print what the questions kept back show: claims, refusals, reliability in ten bins."""
    back = [in_order(o, model.order) for o in outcomes if o.case.kept_back and not _is_unsure(o)]
    chances = [
        0.02 if o.first.contradicted else model.found[o.first.group].of(o.first.evidence) for o in back
    ]
    claimed = [c >= model.found_from for c in chances]
    for name in ("there", "near miss", "removed"):
        chosen = [c for c, o in zip(claimed, back, strict=True) if o.case.sort == name]
        print(f"  {name}: {len(chosen)} asked, {sum(chosen)} claimed")
    claims = [_with_found(o.first, model.found) for c, o in zip(claimed, back, strict=True) if c]
    print(
        f"  found from {model.found_from}: {sum(read.right for read in claims)} of {len(claims)} claims right"
    )
    said = [
        read for read in claims if read.said is not None and model.said.of(read.evidence) >= model.said_from
    ]
    print(
        f"  said from {model.said_from}: {sum(read.said_right for read in said)} of {len(said)} short answers right"
    )
    for low in range(10):
        inside = [
            (c, o.first.right)
            for c, o in zip(chances, back, strict=True)
            if low <= min(9.99, 10 * c) < low + 1
        ]
        if inside:
            mean, share = np.mean([c for c, _ in inside]), np.mean([r for _, r in inside])
            print(f"  confidence {low / 10:.1f}: {len(inside):5} answers, mean {mean:.3f}, right {share:.3f}")


def write(model: AnswerModel, path: Path) -> None:
    """Write a model file."""
    doubts = model.doubts
    row = {
        "doubts": {
            "table": doubts.table, "rarity": doubts.rarity, "unknown": doubts.unknown, "sibling": doubts.sibling,
            "asked": doubts.asked, "single": doubts.single, "opposites": doubts.opposites,
        },
        "net": {
            "inner": [round(float(x), 4) for x in model.net.inner.ravel()],
            "inner_bias": [round(float(x), 4) for x in model.net.inner_bias],
            "outer": [round(float(x), 4) for x in model.net.outer],
        },
        "order": model.order,
        "found": {g: {"weights": one.weights, "bias": one.bias} for g, one in model.found.items()},
        "said": {"weights": model.said.weights, "bias": model.said.bias},
        "found_from": model.found_from,
        "said_from": model.said_from,
    }  # fmt: skip
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
