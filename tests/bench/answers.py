"""Answers on data that fitted nothing: `python -m tests.bench answers FILE.json … [--sample N]`.

For each SQuAD-style file: the short answer given the right fact, then over the whole corpus; claims on questions as asked,
on near misses (one word changed) and on questions whose article was removed; reliability of `confidence` in ten bins.
Opposites for the near misses come from `--opposites FILE …`. 0.1's figures are those recorded when it was judged.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np

from knowledge.answering.alignment import Aligner
from knowledge.answering.extractor import FactReading
from knowledge.answering.window import Passage
from knowledge.model import Answer
from knowledge.query.aliases import Aliases
from knowledge.query.analysis import analyse
from knowledge.snapshot import Snapshot, answer_model
from knowledge.text.analyzer import Analyzer, ChineseAnalyzer
from knowledge.training.measures import exact, f1, is_right, normal
from knowledge.training.near_misses import Changer, read_opposites
from knowledge.training.squad import Asked, QuestionSet, load

BEFORE = "0.1: gold fact EM/F1 CMRC dev .19/.29, DRCD dev .25/.35; of fourteen near misses thirteen answered"
KEPT = 0.7


@dataclass(frozen=True, slots=True)
class Case:
    """A question as asked, what sort it is, and what was answered."""

    asked: Asked
    sort: str
    answer: Answer


def main(arguments: Sequence[str]) -> None:
    """Measure every data set named."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench answers")
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--sample", type=int, default=500)
    parser.add_argument("--opposites", nargs="*", type=Path, default=[])
    options = parser.parse_args(arguments)
    if not options.files:
        print("  no data set named: make bench ARGS='answers FILE.json … --opposites FILE …'")
        return
    print(f"  {BEFORE}")
    language = ChineseAnalyzer()
    opposites = read_opposites(options.opposites)
    for path in options.files:
        given_the_fact(load(path), options.sample, language)
        over_the_corpus(path, options.sample, opposites, language)


def given_the_fact(data: QuestionSet, sample: int, language: Analyzer) -> None:
    """Print exact match and F1 of the short answer where the right fact is given."""
    passages = dict(_passages(data, language))
    asked = [one for one in _drawn(data, sample) if one.fact is not None]
    matches, overlaps = [], []
    for one in asked:
        query = analyse(one.text, Aliases(), language)
        aligner = Aligner(query, answer_model().doubts, lambda word: 0.5)
        assert one.fact is not None
        said = FactReading(query, aligner, passages[one.fact.id], answer_model()).answer
        matches.append(said is not None and exact(said.text, one.answers))
        overlaps.append(max(f1(said.text, answer) for answer in one.answers) if said else 0.0)
    print(
        f"{data.name}: {len(asked)} questions with the right fact: EM {np.mean(matches):.3f} F1 {np.mean(overlaps):.3f}"
    )


def over_the_corpus(path: Path, sample: int, opposites: dict[str, list[str]], language: Analyzer) -> None:
    """Print what is claimed of all facts, and how far `confidence` may be trusted."""
    random = Random(7)
    kept: dict[int, bool] = {}
    data = load(path, lambda number: kept.setdefault(number, random.random() < KEPT))
    changer = Changer(
        (fact.text for one in data.articles.values() for fact in one.facts), opposites, language
    )
    with_snapshot = Snapshot.of(data.name, data.articles.values())
    try:
        cases = list(_cases(data, sample, changer, with_snapshot, language, random))
    finally:
        with_snapshot.close()
    there = [case for case in cases if case.sort == "there"]
    said = [case for case in cases if case.answer.answer]
    right = [
        case
        for case in said
        if case.sort == "there" and is_right(case.answer.answer or "", case.asked.answers)
    ]
    matched = [exact(case.answer.answer or "", case.asked.answers) for case in there]
    print(f"  whole corpus: EM {np.mean(matched):.3f} of {len(there)}; said {len(said)}, right {len(right)}")
    for sort in ("there", "near miss", "removed"):
        chosen = [case.answer.found for case in cases if case.sort == sort]
        print(f"  {sort}: {sum(chosen)} of {len(chosen)} claimed")
    reliability([(case.answer.confidence, _first_is_right(case)) for case in cases])


def reliability(pairs: Sequence[tuple[float, bool]]) -> None:
    """Print ten bins of confidence beside the share that is right."""
    for low in range(10):
        inside = [(c, right) for c, right in pairs if low <= min(9.99, 10 * c) < low + 1]
        if inside:
            mean, share = np.mean([c for c, _ in inside]), np.mean([right for _, right in inside])
            print(
                f"  confidence {low / 10:.1f}–{low / 10 + 0.1:.1f}: {len(inside):5}  mean {mean:.3f}  right {share:.3f}"
            )


def _cases(
    data: QuestionSet, sample: int, changer: Changer, snapshot: Snapshot, language: Analyzer, random: Random
) -> Iterator[Case]:
    passages = dict(_passages(data, language))
    for one in _drawn(data, sample):
        yield Case(one, "there" if one.fact is not None else "removed", snapshot.ask(one.text))
        if one.fact is None:
            continue
        passage = passages[one.fact.id]
        miss = changer.change(one.text, passage.folded + passage.heads + passage.near, random)
        if miss:
            yield Case(one, "near miss", snapshot.ask(miss.text))


def _first_is_right(case: Case) -> bool:
    first = next(iter((*case.answer.hits, *case.answer.related)), None)
    if first is None or case.sort == "near miss":
        return False
    return any(normal(answer) in normal(first.fact.text) for answer in case.asked.answers)


def _passages(data: QuestionSet, language: Analyzer) -> Iterator[tuple[str, Passage]]:
    for one in data.articles.values():
        facts = one.facts
        for at, fact in enumerate(facts):
            yield fact.id, Passage.of(fact, facts[max(0, at - 2) : at], facts[at + 1 : at + 2], language)


def _drawn(data: QuestionSet, sample: int) -> list[Asked]:
    asked = [one for one in data.asked if one.answerable]
    return Random(2).sample(asked, min(sample, len(asked)))
