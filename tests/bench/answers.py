"""Answers on data that fitted nothing: `python -m tests.bench answers FILE.json … [--sample N]`.

First the gold questions on the seeds and the invented news of `tests/gold`; then, for each SQuAD-style file or folder of news scripts: the short answer given
the right fact, then over the whole corpus; claims on questions as asked, on near misses (a word changed, or taken from
another clause) and on questions whose article was removed; reliability of `confidence` in ten bins. All with the neural
reader and without. Opposites for the near misses come from `--opposites FILE …`. 0.1's figures are those recorded when it
was judged.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np

from knowledge.answering.alignment import Aligner
from knowledge.answering.extractor import FactReading
from knowledge.answering.reader import NeuralReader
from knowledge.model import Answer
from knowledge.query.aliases import Aliases
from knowledge.query.analysis import Query, analyse
from knowledge.search.ask import Answering, ask, examine_wordings
from knowledge.search.decision import window
from knowledge.snapshot import Snapshot, answer_model, shipped_reader
from knowledge.text.analyzer import Analyzer, ChineseAnalyzer
from knowledge.training.decisions import Case, PatientReader, cases
from knowledge.training.fitting import opened, passages_of
from knowledge.training.near_misses import Changer, read_opposites
from knowledge.training.question_sets import AskedQuestion, QuestionSet, exact, f1, is_right, load, normal
from tests.bench.measured import drawn
from tests.gold import near_misses, questions
from tests.gold.sentences import repaired

BEFORE = "0.1: gold fact EM/F1 CMRC dev .19/.29, DRCD dev .25/.35; of fourteen near misses thirteen answered"
KEPT, PATIENCE = 0.7, 1e9


@dataclass(frozen=True, slots=True)
class Told:
    """A case, what was answered, and the best short answer of the first fact, said or not."""

    case: Case
    answer: Answer
    proposed: str

    @property
    def said(self) -> str:
        return self.answer.answer or ""

    def is_exact(self, said: str) -> bool:
        return exact(said, self.case.asked.answers)

    def first_is_right(self) -> bool:
        first = next(iter((*self.answer.hits, *self.answer.related)), None)
        if first is None or self.case.is_changed:
            return False
        return any(normal(answer) in normal(first.fact.text) for answer in self.case.asked.answers)


def main(arguments: Sequence[str]) -> None:
    """Measure without the reader and, where it is there, with it."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench answers")
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--sample", type=int, default=500)
    parser.add_argument("--opposites", nargs="*", type=Path, default=[])
    options = parser.parse_args(arguments)
    print(f"  {BEFORE}")
    language, opposites = ChineseAnalyzer(), read_opposites(options.opposites)
    for name, reader in _readers():
        print(f" {name}:")
        made_here(reader)
        told: list[tuple[float, bool]] = []
        for path in options.files:
            given_the_fact(load(path), options.sample, language, reader)
            told += over_the_corpus(path, options.sample, opposites, language, reader)
        if len(options.files) > 1:
            print("all files together:")
            reliability(told)
    if not options.files:
        print("  no data set named: make bench ARGS='answers FILE.json … --opposites FILE …'")


def _readers() -> Iterator[tuple[str, NeuralReader | None]]:
    yield "without the reader", None
    if reader := shipped_reader():
        yield "with the reader", PatientReader(reader)


def made_here(reader: NeuralReader | None) -> None:
    """Print what the gold questions come to, and what went wrong; then of invented news, what is kept back last."""
    with closing(Snapshot.of("seeds", repaired(), reader=lambda: reader)) as snapshot:
        gold = questions.score(questions.load(), snapshot.ask)
    found = f"hit@1 {gold.hit1:.3f}  hit@3 {gold.hit3:.3f}  abstain {gold.abstain:.3f}"
    print(f"{found}  answer {gold.answer:.3f}  short {gold.short:.3f}")
    print("\n".join(f"  {wrong}" for wrong in gold.wrong))
    for file in (near_misses.FILE, near_misses.KEPT_BACK):
        with closing(Snapshot.of("invented", near_misses.documents(file), reader=lambda: reader)) as snapshot:
            of = near_misses.score(snapshot.ask, file)
        print(
            f"{file.stem}: {of.found} of {of.answerable} found, {of.refused} of {of.near_misses} near misses "
            f"refused, {of.right} of {of.said} short answers right"
        )


def given_the_fact(data: QuestionSet, sample: int, language: Analyzer, reader: NeuralReader | None) -> None:
    """Print exact match and F1 of the short answer where the right fact is given."""
    passages, model = passages_of(data, language), answer_model()
    matches, overlaps = [], []
    for one in _answerable(data, sample):
        if one.fact is None:
            continue
        query, passage = analyse(one.text, Aliases(), language), passages[one.fact.id]
        aligner = Aligner(query, model.doubts, lambda word: 0.5)
        wording = FactReading(aligner, passage, model).in_its_words
        seen = window(passage, wording.text)
        told = next(reader.read(query.text, [seen], seconds=PATIENCE)) if reader else None
        read = wording.restored(told) if told else None
        said = FactReading(aligner, passage, model, read=read).answer
        matches.append(said is not None and exact(said.text, one.answers))
        overlaps.append(max(f1(said.text, answer) for answer in one.answers) if said else 0.0)
    figures = f"EM {np.mean(matches):.3f} F1 {np.mean(overlaps):.3f}"
    print(f"{data.name}: {len(matches)} questions with the right fact: {figures}")


def over_the_corpus(
    path: Path, sample: int, opposites: dict[str, list[str]], language: Analyzer, reader: NeuralReader | None
) -> list[tuple[float, bool]]:
    """Print what is claimed of all facts, and return each confidence beside whether the first fact is right."""
    random, kept = Random(7), dict[int, bool]()
    data = load(path, lambda number: kept.setdefault(number, random.random() < KEPT))
    facts = (fact.text for one in data.articles.values() for fact in one.facts)
    changer, passages = Changer(facts, opposites, language), passages_of(data, language)
    with opened(data) as index:
        rest = (index, language, 10, lambda: 0.0, Answering(answer_model(), reader))

        def read(text: str) -> Query:
            return analyse(text, Aliases(), language)

        def proposed(text: str) -> str:
            examined = examine_wordings(read(text), read, *rest)
            best = examined.readings[0].answer if examined else None
            return best.text if best else ""

        told = [
            Told(case, ask(case.text, read, *rest), proposed(case.text) if case.sort == "there" else "")
            for one in _answerable(data, sample)
            for case in cases(
                one, passages[one.fact.id] if one.fact else None, path.is_dir(), changer, language, random
            )
        ]
    by_sort = {
        sort: [one for one in told if one.case.sort == sort]
        for sort in ("there", "near", "crossed", "removed")
    }
    there = by_sort["there"]
    right = [one for one in there if one.said and is_right(one.said, one.case.asked.answers)]
    best = np.mean([one.is_exact(one.proposed) for one in there])
    uttered = np.mean([one.is_exact(one.said) for one in there])
    print(
        f"  whole corpus, {len(there)} asked: EM of the first fact's best answer {best:.3f}, of what is said "
        f"{uttered:.3f}; said {sum(bool(one.said) for one in told)}, right {len(right)}"
    )
    again = [one for one in by_sort["crossed"] if one.answer.found]
    same = sum(one.is_exact(one.said) for one in again)
    print(f"  of {len(again)} crossed ones claimed {same} say the answer of the unchanged question")
    for sort, some in by_sort.items():
        print(f"  {sort}: {sum(one.answer.found for one in some)} of {len(some)} claimed")
    trusted = [(one.answer.confidence, one.first_is_right()) for one in told]
    reliability(trusted)
    return trusted


def reliability(pairs: Sequence[tuple[float, bool]]) -> None:
    """Print ten bins of confidence beside the share that is right."""
    for low in range(10):
        if inside := [pair for pair in pairs if low <= min(9.99, 10 * pair[0]) < low + 1]:
            mean, share = np.mean(inside, axis=0)
            bin_ = f"confidence {low / 10:.1f}–{low / 10 + 0.1:.1f}"
            print(f"  {bin_}: {len(inside):5}  mean {mean:.3f}  right {share:.3f}")


def _answerable(data: QuestionSet, sample: int) -> Sequence[AskedQuestion]:
    return drawn([one for one in data.asked if one.answerable], sample, seed=2)
