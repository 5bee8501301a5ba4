"""The gold questions on the seeds: `python -m tests.bench seeds`."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from knowledge.snapshots.opening import cached_snapshot
from tests.gold.questions import load, score

SEEDS = Path(__file__).parents[2] / "seeds"
ROUNDS = 5


def main(arguments: Sequence[str]) -> None:
    """Print the scores, what went wrong, and the CPU time of a lookup."""
    questions = load()
    with tempfile.TemporaryDirectory() as data, cached_snapshot(SEEDS, Path(data)) as snapshot:
        scores = score(questions, snapshot.ask)
        times = []
        for question in questions * ROUNDS:
            began = time.process_time()
            snapshot.ask(question.query)
            times.append(time.process_time() - began)
    print(
        f"hit@1 {scores.hit1:.3f}  hit@3 {scores.hit3:.3f}  abstain {scores.abstain:.3f}  "
        f"answer {scores.answer:.3f}  short {scores.short:.3f}"
    )
    print("\n".join(f"  {wrong}" for wrong in scores.wrong))
    print(f"CPU a lookup: p50 {1000 * sorted(times)[len(times) // 2]:.2f} ms")
