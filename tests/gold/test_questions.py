"""The seeds answer the gold questions at least this well."""

from __future__ import annotations

from pathlib import Path

from knowledge.snapshots.opening import cached_snapshot
from tests.gold.questions import load, score

SEEDS = Path(__file__).parents[2] / "seeds"


def test_the_gold_questions_are_answered_from_the_seeds(tmp_path: Path) -> None:
    with cached_snapshot(SEEDS, tmp_path) as snapshot:
        scores = score(load(), snapshot.ask)
    report = "\n".join(scores.wrong)
    assert scores.hit1 >= 0.8, report  # found: without vectors a paraphrase is no claim
    assert scores.hit3 >= 0.82, report
    assert scores.claimed >= 0.9, report
    assert scores.abstain >= 0.95, report
    assert scores.answer >= 0.72, report
    assert scores.short >= 0.5, report
