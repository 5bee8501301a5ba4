"""One changed word is refused; the same words unchanged stay found."""

from __future__ import annotations

from knowledge.snapshot import Snapshot
from tests.gold.near_misses import documents, score
from tests.support.reading import patient_reader


def test_most_near_misses_are_refused_while_what_is_answerable_is_found() -> None:
    snapshot = Snapshot.of("invented", documents(), reader=patient_reader)
    try:
        figures = score(snapshot.ask)
    finally:
        snapshot.close()
    report = "\n".join(figures.wrong)
    assert figures.found >= 0.9 * figures.answerable, report
    assert figures.right >= 0.9 * figures.said, report
    assert figures.refused >= 0.97 * figures.near_misses, report
