"""The small reader on what its training did not see: `make bench ARGS="reader ROOT"`, ROOT holding the git mirrors.

Spans given the right sentence, the right sentence of a passage, near misses by kind, unanswerable questions, speed.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from knowledge.answering.reader import NeuralReader, Window, WindowReading
from knowledge.models.reader import open_reader
from knowledge.training.question_sets import exact, f1
from knowledge.training.reader import sources
from knowledge.training.reader.examples import ExampleMaker, ReadingExample
from knowledge.training.reader.questions import from_news
from knowledge.training.reader.sources import ReaderSet
from knowledge.training.reader.words import WordKinds
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
_Score = Callable[[WindowReading], float]
SCORES: dict[str, _Score] = {
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
    root = Path(arguments[0])
    _print_speed(reader, sources.cmrc_dev(root))
    for found in (sources.cmrc_dev(root), sources.drcd_dev(root)):
        _print_spans(reader, found)
    _print_near_misses(reader, root)
    _print_unanswerable(reader, sources.chinese_squad(root))
    return 0


def _print_spans(reader: NeuralReader, found: ReaderSet) -> None:
    drawn = random.Random(3).sample([a for a in found.asked if a.sentence is not None], QUESTIONS)
    maker = ExampleMaker([found], WordKinds())
    ours: list[tuple[float, float]] = []
    whole: list[tuple[float, float]] = []
    right = 0
    for asked in drawn:
        assert asked.sentence is not None
        window = maker.window(0, asked.passage, asked.sentence)
        ours.append(_scored(_said(_one(reader, asked.text, window), window), asked.answers))
        if len(whole) >= PASSAGES:
            continue
        windows = [
            maker.window(0, asked.passage, n) for n in range(len(found.passages[asked.passage].sentences))
        ]
        readings = [_one(reader, asked.text, one) for one in windows]
        best = max(range(len(windows)), key=lambda n: readings[n].answerable)
        right += best == asked.sentence
        whole.append(_scored(_said(readings[best], windows[best]), asked.answers))
    for name, scores in (("gold sentence", ours), ("whole passage", whole)):
        exact, overlap = np.mean(scores, axis=0)
        print(f"{found.name:14} {name:22} EM {exact:.3f}  F1 {overlap:.3f}")
    print(f"{found.name:14} right sentence of the passage {right / len(whole):.3f} of {len(whole)}")


def _print_near_misses(reader: NeuralReader, root: Path) -> None:
    """Set the bars on one half of the questions, then count what they refuse of the other."""
    rng = random.Random(11)
    passages = sources.news(root, TRAINED_PASSAGES + NEW_PASSAGES)[TRAINED_PASSAGES:]
    new = [sources.cmrc_dev(root), sources.drcd_dev(root), from_news(passages, QUESTIONS * 2, rng)]
    maker = ExampleMaker(new, WordKinds.read(root, [p for one in new for p in one.passages]))
    halves: tuple[list[tuple[ReadingExample, WindowReading]], ...] = ([], [])
    for number, one in enumerate(new):
        pool = [asked for asked in one.asked if asked.sentence is not None]
        for turn, asked in enumerate(rng.sample(pool, min(QUESTIONS, len(pool)))):
            for example in maker.group(number, asked, rng, plain=True):
                halves[turn % 2].append((example, _one(reader, example.question, example.window)))
    for name, score in SCORES.items():
        bar = float(np.quantile([score(r) for e, r in halves[0] if e.kind == "answer"], 1 - KEPT))
        true = [score(r) for e, r in halves[1] if e.kind == "answer"]
        kept = float(np.mean(np.array(true) >= bar))
        print(f"near misses by {name}: bar {bar:.3f} keeps {kept:.3f} of {len(true)} answerable questions")
        by_kind: dict[str, list[float]] = {}
        for example, reading in halves[1]:
            by_kind.setdefault(example.kind, []).append(score(reading))
        by_kind["all near misses"] = [
            s for kind, found in by_kind.items() if kind.startswith("near") for s in found
        ]
        for kind, found in sorted(by_kind.items()):
            if kind != "answer" and len(found) >= 8:
                refused = float(np.mean(np.array(found) < bar))
                print(f"    {kind:16} n {len(found):4} AUC {_auc(true, found):.3f} refused {refused:.3f}")


def _print_unanswerable(reader: NeuralReader, found: ReaderSet) -> None:
    maker = ExampleMaker([found], WordKinds())
    rng = random.Random(5)
    scores: dict[bool, list[float]] = {True: [], False: []}
    for answered in (True, False):
        pool = [a for a in found.asked if (a.sentence is not None) == answered]
        for asked in rng.sample(pool, QUESTIONS // 2):
            sentences = range(len(found.passages[asked.passage].sentences))
            readings = [_one(reader, asked.text, maker.window(0, asked.passage, n)) for n in sentences]
            scores[answered].append(max(r.answerable * (1 - r.doubt) for r in readings))
    print(
        f"{found.name:14} answerable against unanswerable questions of a passage: AUC {_auc(scores[True], scores[False]):.3f}"
    )


def _print_speed(reader: NeuralReader, found: ReaderSet) -> None:
    maker = ExampleMaker([found], WordKinds())
    drawn = random.Random(3).sample(found.asked, 120)
    spent: list[float] = []
    for asked in drawn:
        assert asked.sentence is not None
        window = maker.window(0, asked.passage, asked.sentence)
        begun = time.process_time()
        _one(reader, asked.text, window)
        spent.append(1000 * (time.process_time() - begun))
    half, late = np.percentile(spent[10:], [50, 99])
    print(f"speed: a pair {half:.1f} ms CPU at p50, {late:.1f} at p99, of {len(spent) - 10}")


def _one(reader: NeuralReader, question: str, window: Window) -> WindowReading:
    (reading,) = reader.read(question, [window], seconds=_PATIENCE)
    assert reading is not None
    return reading


def _said(reading: WindowReading, window: Window) -> str:
    return window.sentence[reading.spans[0].start : reading.spans[0].end] if reading.spans else ""


def _scored(said: str, answers: Sequence[str]) -> tuple[float, float]:
    """Return exact match and F1, best over the accepted answers."""
    return float(exact(said, answers)), max(f1(said, answer) for answer in answers)


def _auc(better: Sequence[float], worse: Sequence[float]) -> float:
    return auc(np.array([*better, *worse]), np.arange(len(better) + len(worse)) < len(better))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
