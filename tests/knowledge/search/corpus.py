"""A small corpus for the search's tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager

from knowledge.documents.folder import read_document
from knowledge.query.aliases import Aliases
from knowledge.repair.pipeline import repair_document
from knowledge.snapshot import Snapshot
from tests.support.reading import patient_reader
from tests.support.words import newspaper


@contextmanager
def snapshot(
    aliases: Aliases | None = None, articles: Mapping[str, Sequence[str]] | None = None
) -> Iterator[Snapshot]:
    repaired = [
        repair_document(read_document(name, "\n\n".join(lines).encode()))
        for name, lines in (articles or newspaper()).items()
    ]
    with closing(Snapshot.of("test", repaired, aliases=aliases, reader=patient_reader)) as opened:
        yield opened
