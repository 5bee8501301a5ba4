"""The small reader on what its training did not see: `make bench ARGS="reader ROOT"`, ROOT holding the git mirrors.

Spans given the right sentence, the right sentence of a passage, near misses by kind, unanswerable questions, speed.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from knowledge.answering.reader import Window, WindowReading
from knowledge.models.reader import open_reader
from knowledge.training.question_sets import exact, f1
from knowledge.training.reader import sources
from knowledge.training.reader.examples import ExampleMaker
from knowledge.training.reader.questions import from_news
from knowledge.training.reader.sources import ReaderQuestion, ReaderSet
from knowledge.training.reader.words import WordKinds
from tests.bench.measured import drawn, spent
from tests.bench.quality import auc

QUESTIONS = 200
PASSAGES = 60
"""Questions whose whole passage is read: eight pairs each."""
TRAINED_PASSAGES = 9000
"""Passages of news that training read: those after them are new to the reader."""
NEW_PASSAGES = 500
KEPT = 0.95
"""Of the answerable questions of the one half: a bar is where as many stay above."""
_PATIENCE = 60.0
Read = Callable[[str, Window], WindowReading]
SCORES: dict[str, Callable[[WindowReading], float]] = {
    "answerable": lambda reading: reading.answerable,
    "no doubt": lambda reading: 1 - reading.doubt,
    "both": lambda reading: reading.answerable * (1 - reading.doubt),
}


def main(arguments: list[str]) -> int:
    """Print every table; without a root, say what is missing and pass."""
    if not arguments:
        print(
            "reader: needs the folder of the public data's mirrors (knowledge/models/reader/CARD.md names them)"
        )
        return 0
    reader = open_reader()
    if reader is None:
        print("reader: no weights, or onnxruntime is not installed (pip install chuchu[reader])")
        return 0

    def read(question: str, window: Window) -> WindowReading:
        (reading,) = reader.read(question, [window], seconds=_PATIENCE)
        assert reading is not None
        return reading

    root = Path(arguments[0])
    _print_speed(read, sources.cmrc_dev(root))
    for found in (sources.cmrc_dev(root), sources.drcd_dev(root)):
        _print_spans(read, found)
    _print_near_misses(read, root)
    _print_unanswerable(read, sources.chinese_squad(root))
    return 0


def _print_spans(read: Read, found: ReaderSet) -> None:
    asked_of = drawn([one for one in found.asked if one.sentence is not None], QUESTIONS, seed=3)
    maker = ExampleMaker([found], WordKinds())
    scores: dict[str, list[tuple[float, float]]] = {"gold sentence": [], "whole passage": []}
    right = 0
    for number, asked in enumerate(asked_of):
        assert asked.sentence is not None
        window = maker.window(0, asked.passage, asked.sentence)
        scores["gold sentence"].append(_scored(read(asked.text, window), window, asked))
        if number < PASSAGES:
            windows = _windows(maker, found, asked)
            readings = [read(asked.text, one) for one in windows]
            best = max(range(len(windows)), key=lambda n: readings[n].answerable)
            right += best == asked.sentence
            scores["whole passage"].append(_scored(readings[best], windows[best], asked))
    for name, rows in scores.items():
        matched, overlap = np.mean(rows, axis=0)
        print(f"{found.name:14} {name:22} EM {matched:.3f}  F1 {overlap:.3f}")
    passages = len(scores["whole passage"])
    print(f"{found.name:14} right sentence of the passage {right / passages:.3f} of {passages}")


def _print_near_misses(read: Read, root: Path) -> None:
    """Set the bars on one half of the questions, then count what they refuse of the other."""
    rng = random.Random(11)
    passages = sources.news(root, TRAINED_PASSAGES + NEW_PASSAGES)[TRAINED_PASSAGES:]
    new = [sources.cmrc_dev(root), sources.drcd_dev(root), from_news(passages, QUESTIONS * 2, rng)]
    maker = ExampleMaker(new, WordKinds.read(root, [p for one in new for p in one.passages]))
    halves: tuple[list[tuple[str, WindowReading]], ...] = ([], [])
    for number, one in enumerate(new):
        pool = [asked for asked in one.asked if asked.sentence is not None]
        for turn, asked in enumerate(rng.sample(pool, min(QUESTIONS, len(pool)))):
            for example in maker.group(number, asked, rng, plain=True):
                halves[turn % 2].append((example.kind, read(example.question, example.window)))
    for name, score in SCORES.items():
        bar = float(np.quantile([score(one) for kind, one in halves[0] if kind == "answer"], 1 - KEPT))
        by_kind: dict[str, list[float]] = defaultdict(list)
        for kind, reading in halves[1]:
            by_kind[kind].append(score(reading))
            if kind.startswith("near"):
                by_kind["all near misses"].append(score(reading))
        true = by_kind.pop("answer")
        kept = float(np.mean(np.array(true) >= bar))
        print(f"near misses by {name}: bar {bar:.3f} keeps {kept:.3f} of {len(true)} answerable questions")
        for kind, found in sorted(by_kind.items()):
            if len(found) >= 8:
                refused = float(np.mean(np.array(found) < bar))
                print(f"    {kind:16} n {len(found):4} AUC {_auc(true, found):.3f} refused {refused:.3f}")


def _print_unanswerable(read: Read, found: ReaderSet) -> None:
    maker, rng = ExampleMaker([found], WordKinds()), random.Random(5)
    scores: dict[bool, list[float]] = {True: [], False: []}
    for answered, rows in scores.items():
        pool = [one for one in found.asked if (one.sentence is not None) == answered]
        for asked in rng.sample(pool, QUESTIONS // 2):
            readings = [read(asked.text, window) for window in _windows(maker, found, asked)]
            rows.append(max(map(SCORES["both"], readings)))
    told = f"AUC {_auc(scores[True], scores[False]):.3f}"
    print(f"{found.name:14} answerable against unanswerable questions of a passage: {told}")


def _print_speed(read: Read, found: ReaderSet) -> None:
    maker = ExampleMaker([found], WordKinds())
    times: list[float] = []
    for asked in drawn(found.asked, 120, seed=3):
        assert asked.sentence is not None
        window = maker.window(0, asked.passage, asked.sentence)
        times.append(spent(lambda: read(asked.text, window)))  # noqa: B023  at once
    half, late = 1000 * np.percentile(times[10:], [50, 99])
    print(f"speed: a pair {half:.1f} ms CPU at p50, {late:.1f} at p99, of {len(times) - 10}")


def _windows(maker: ExampleMaker, found: ReaderSet, asked: ReaderQuestion) -> list[Window]:
    """Every sentence of a question's passage."""
    sentences = range(len(found.passages[asked.passage].sentences))
    return [maker.window(0, asked.passage, number) for number in sentences]


def _scored(reading: WindowReading, window: Window, asked: ReaderQuestion) -> tuple[float, float]:
    """Return exact match and F1, best over the accepted answers."""
    said = window.sentence[reading.spans[0].start : reading.spans[0].end] if reading.spans else ""
    return float(exact(said, asked.answers)), max(f1(said, answer) for answer in asked.answers)


def _auc(better: Sequence[float], worse: Sequence[float]) -> float:
    return auc(np.array([*better, *worse]), np.arange(len(better) + len(worse)) < len(better))
