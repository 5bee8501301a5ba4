"""The articles as they are now, found by meaning too, for a command that answers."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from bot.config import Settings
from bot.offline import open_snapshot
from bot.texts.phrases import ConsolePhrases
from knowledge.embedding.meanings import Semantics
from knowledge.embedding.models import chosen_embeddings
from knowledge.embedding.worker import NICE, embed_aside
from knowledge.snapshot import Snapshot
from knowledge.snapshots.request import Progress

AWAITED = 2_000
"""Facts that a list of questions waits for, not longer than PATIENCE."""
PATIENCE = 60.0  # seconds; 240 facts take half a minute of one core


@contextmanager
def open_with_meaning(
    settings: Settings, said: ConsolePhrases, many: bool, progress: Progress
) -> Iterator[Snapshot]:
    """Open the snapshot of the articles folder with the vectors there are, and see that the others are made.

    One question never waits for that: a process makes them when the answer is out, and the next question has them.
    A list of questions comes from a program that wants the same answers each time: it waits as long as a small
    library takes, and goes on with what there is.

    Raises:
        NoArticles: the folder is missing or holds nothing readable.
    """
    indexes: list[Path] = []
    with Semantics(settings.data, chosen_embeddings(settings.embeddings)) as semantics:
        with open_snapshot(settings, semantics.over_index, indexes.append, progress) as snapshot:
            missing = _missing(snapshot)
            wait = many and missing <= AWAITED
            if missing and wait:
                print(said.embedding.format(missing), file=sys.stderr)
                _embed(indexes, semantics, PATIENCE)
                _missing(snapshot)  # takes up what is there now
            yield snapshot
        if missing and not wait:
            _embed(indexes, semantics)


def _missing(snapshot: Snapshot) -> int:
    coverage = snapshot.coverage
    return coverage.facts - coverage.embedded if coverage else 0


def _embed(indexes: Sequence[Path], semantics: Semantics, patience: float | None = None) -> None:
    """Start a process that embeds; who has patience lets it take its share of the machine."""
    for index in indexes:
        niceness = NICE if patience is None else 0
        worker = embed_aside(semantics.folder, index, semantics.embeddings, niceness)
        if patience is not None:
            with suppress(subprocess.TimeoutExpired):
                worker.wait(patience)
