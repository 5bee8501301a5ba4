"""One changed word is refused; the same words unchanged stay found; several things are each told."""

from __future__ import annotations

from contextlib import closing

from knowledge.snapshot import Snapshot
from tests.gold.near_misses import FILE, KEPT_BACK, documents, score, score_several
from tests.support.reading import patient_reader


def test_most_near_misses_are_refused_while_what_is_answerable_is_found() -> None:
    with closing(Snapshot.of("invented", documents(), reader=patient_reader)) as snapshot:
        figures = score(snapshot.ask)
    report = "\n".join(figures.wrong)
    assert figures.found >= 0.9 * figures.answerable, report
    assert figures.right >= 0.9 * figures.said, report
    assert figures.refused >= 0.97 * figures.near_misses, report


def test_most_lists_and_comparisons_are_right() -> None:
    articles = [*documents(FILE), *documents(KEPT_BACK)]
    with closing(Snapshot.of("several", articles, reader=patient_reader)) as snapshot:
        right, wrong = score_several(snapshot.ask)
    assert right >= 16, "\n".join(wrong)
