"""The seeds answer the gold questions at least this well."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from knowledge.documents.folder import read_document
from knowledge.repair.pipeline import repair_document
from knowledge.snapshot import Snapshot
from tests.gold.questions import load, score
from tests.support.reading import patient_reader

SEEDS = Path(__file__).parents[2] / "seeds"


def test_the_gold_questions_are_answered_from_the_seeds() -> None:
    seeds = [repair_document(read_document(path.name, path.read_bytes())) for path in sorted(SEEDS.iterdir())]
    with closing(Snapshot.of("seeds", seeds, reader=patient_reader)) as snapshot:
        scores = score(load(), snapshot.ask)
    report = "\n".join(scores.wrong)
    assert scores.hit1 >= 0.88, report  # found or close: without vectors a paraphrase is neither
    assert scores.hit3 >= 0.88, report
    assert scores.claimed >= 0.89, report
    assert scores.abstain >= 0.95, report
    assert scores.answer >= 0.8, report
    assert scores.short >= 0.5, report
