"""Answers on data that fitted nothing: `python -m tests.bench answers FILE.json … [--sample N]`.

First the gold questions on the seeds and the invented news of `tests/gold`; then, for each SQuAD-style file or folder of news scripts: the short answer given
the right fact, then over the whole corpus; claims on questions as asked, on near misses (a word changed, or taken from
another clause) and on questions whose article was removed; reliability of `confidence` in ten bins. All with the neural
reader and without. Opposites for the near misses come from `--opposites FILE …`. 0.1's figures are those recorded when it
was judged.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
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
from tests.gold import near_misses, questions
from tests.gold.sentences import repaired

BEFORE = "0.1: gold fact EM/F1 CMRC dev .19/.29, DRCD dev .25/.35; of fourteen near misses thirteen answered"
KEPT = 0.7
PATIENCE = 1e9
Readers = Callable[[], NeuralReader | None]


@dataclass(frozen=True, slots=True)
class Told:
    """A case, what was answered, and the best short answer of the first fact, said or not."""

    case: Case
    answer: Answer
    proposed: str


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench answers")
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--sample", type=int, default=500)
    parser.add_argument("--opposites", nargs="*", type=Path, default=[])
    options = parser.parse_args(arguments)
    print(f"  {BEFORE}")
    language = ChineseAnalyzer()
    opposites = read_opposites(options.opposites)
    for name, readers in _readers():
        print(f" {name}:")
        seeds(readers)
        invented(readers)
        told: list[tuple[float, bool]] = []
        for path in options.files:
            given_the_fact(load(path), options.sample, language, readers)
            told += over_the_corpus(path, options.sample, opposites, language, readers)
        if len(options.files) > 1:
            print("all files together:")
            reliability(told)
    if not options.files:
        print("  no data set named: make bench ARGS='answers FILE.json … --opposites FILE …'")


def _readers() -> Iterator[tuple[str, Readers]]:
    yield "without the reader", lambda: None
    if reader := shipped_reader():
        patient = PatientReader(reader)
        yield "with the reader", lambda: patient


def seeds(readers: Readers) -> None:
    """Print what the gold questions come to, and what went wrong."""
    with closing(Snapshot.of("seeds", repaired(), reader=readers)) as snapshot:
        scores = questions.score(questions.load(), snapshot.ask)
    print(
        f"hit@1 {scores.hit1:.3f}  hit@3 {scores.hit3:.3f}  abstain {scores.abstain:.3f}  "
        f"answer {scores.answer:.3f}  short {scores.short:.3f}"
    )
    print("\n".join(f"  {wrong}" for wrong in scores.wrong))


def invented(readers: Readers) -> None:
    """Print what the questions of invented news come to, those kept back last."""
    for file in (near_misses.FILE, near_misses.KEPT_BACK):
        with closing(Snapshot.of("invented", near_misses.documents(file), reader=readers)) as snapshot:
            found = near_misses.score(snapshot.ask, file)
        _tell(file.stem, found)


def _tell(name: str, found: near_misses.Figures) -> None:
    print(
        f"{name}: {found.found} of {found.answerable} found, {found.refused} of {found.near_misses} near misses "
        f"refused, {found.right} of {found.said} short answers right"
    )


def given_the_fact(data: QuestionSet, sample: int, language: Analyzer, readers: Readers) -> None:
    """Print exact match and F1 of the short answer where the right fact is given."""
    passages, reader, model = passages_of(data, language), readers(), answer_model()
    asked = [one for one in _drawn(data, sample) if one.fact is not None]
    matches, overlaps = [], []
    for one in asked:
        query = analyse(one.text, Aliases(), language)
        aligner = Aligner(query, model.doubts, lambda word: 0.5)
        assert one.fact is not None
        passage = passages[one.fact.id]
        wording = FactReading(aligner, passage, model).in_its_words
        seen = window(passage, wording.text)
        told = next(reader.read(query.text, [seen], seconds=PATIENCE)) if reader else None
        read = wording.restored(told) if told else None
        said = FactReading(aligner, passage, model, read=read).answer
        matches.append(said is not None and exact(said.text, one.answers))
        overlaps.append(max(f1(said.text, answer) for answer in one.answers) if said else 0.0)
    print(
        f"{data.name}: {len(asked)} questions with the right fact: EM {np.mean(matches):.3f} F1 {np.mean(overlaps):.3f}"
    )


def over_the_corpus(
    path: Path, sample: int, opposites: dict[str, list[str]], language: Analyzer, readers: Readers
) -> list[tuple[float, bool]]:
    """Print what is claimed of all facts, and return each confidence beside whether the first fact is right."""
    random = Random(7)
    kept: dict[int, bool] = {}
    data = load(path, lambda number: kept.setdefault(number, random.random() < KEPT))
    changer = Changer(
        (fact.text for one in data.articles.values() for fact in one.facts), opposites, language
    )
    passages = passages_of(data, language)
    with opened(data) as index:
        answering = Answering(answer_model(), readers())

        def read(text: str) -> Query:
            return analyse(text, Aliases(), language)

        def proposed(text: str) -> str:
            examined = examine_wordings(read(text), read, index, language, 10, lambda: 0.0, answering)
            best = examined.readings[0].answer if examined else None
            return best.text if best else ""

        told = [
            Told(
                case,
                ask(case.text, read, index, language, 10, lambda: 0.0, answering),
                proposed(case.text) if case.sort == "there" else "",
            )
            for one in _drawn(data, sample)
            for case in cases(
                one, passages[one.fact.id] if one.fact else None, path.is_dir(), changer, language, random
            )
        ]
    there = [one for one in told if one.case.sort == "there"]
    said = [one for one in told if one.answer.answer]
    right = [
        one
        for one in said
        if one.case.sort == "there" and is_right(one.answer.answer or "", one.case.asked.answers)
    ]
    best = np.mean([exact(one.proposed, one.case.asked.answers) for one in there])
    uttered = np.mean([exact(one.answer.answer or "", one.case.asked.answers) for one in there])
    print(
        f"  whole corpus, {len(there)} asked: EM of the first fact's best answer {best:.3f}, of what is said "
        f"{uttered:.3f}; said {len(said)}, right {len(right)}"
    )
    again = [one for one in told if one.case.sort == "crossed" and one.answer.found]
    same = sum(exact(one.answer.answer or "", one.case.asked.answers) for one in again)
    print(f"  of {len(again)} crossed ones claimed {same} say the answer of the unchanged question")
    for sort in ("there", "near", "crossed", "removed"):
        chosen = [one.answer.found for one in told if one.case.sort == sort]
        print(f"  {sort}: {sum(chosen)} of {len(chosen)} claimed")
    trusted = [(one.answer.confidence, _first_is_right(one)) for one in told]
    reliability(trusted)
    return trusted


def reliability(pairs: Sequence[tuple[float, bool]]) -> None:
    """Print ten bins of confidence beside the share that is right."""
    for low in range(10):
        inside = [(c, right) for c, right in pairs if low <= min(9.99, 10 * c) < low + 1]
        if inside:
            mean, share = np.mean([c for c, _ in inside]), np.mean([right for _, right in inside])
            print(
                f"  confidence {low / 10:.1f}–{low / 10 + 0.1:.1f}: {len(inside):5}  mean {mean:.3f}  right {share:.3f}"
            )


def _first_is_right(told: Told) -> bool:
    first = next(iter((*told.answer.hits, *told.answer.related)), None)
    if first is None or told.case.is_changed:
        return False
    return any(normal(answer) in normal(first.fact.text) for answer in told.case.asked.answers)


def _drawn(data: QuestionSet, sample: int) -> list[AskedQuestion]:
    asked = [one for one in data.asked if one.answerable]
    return Random(2).sample(asked, min(sample, len(asked)))
