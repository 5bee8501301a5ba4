"""Build a snapshot of the articles folder in an empty folder, redoing only what was touched."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from knowledge.documents.folder import Source, find_sources, read_sources
from knowledge.errors import NothingChanged, SnapshotDamaged
from knowledge.index.build import Kept, build_index, update_index
from knowledge.model import Skipped
from knowledge.snapshots import manifest
from knowledge.snapshots.aliases import copy_aliases
from knowledge.snapshots.comparison import Comparison
from knowledge.snapshots.durable import room_needed
from knowledge.snapshots.manifest import Manifest
from knowledge.snapshots.mending import Mend, mend
from knowledge.snapshots.order import INDEX, Built, Order, Progress, unheard
from knowledge.snapshots.records import Record, listing, read_records, recipe, total, write_records

AGAIN = "-again"  # no folder's listing ends so: a passing fault is tried again though nothing was touched


@dataclass(slots=True)
class _Plan:
    kept: list[Record] = field(default_factory=list)
    redone: list[tuple[Source, str]] = field(default_factory=list)
    gone: list[Record] = field(default_factory=list)


def build(
    order: Order,
    folder: Path,
    progress: Progress = unheard,
    mixture: str | None = None,
    mender: Mend = mend,
) -> Built:
    """Build and seal the snapshot of `order.articles` in the empty `folder`.

    `mixture` is this program's `recipe()`, for who knows it already.

    Raises:
        NoArticles: the articles folder is missing or no folder.
        Untouched: there is nothing to build.
        NoRoom: the disk is full or closed.
    """
    with room_needed(folder):
        sources = list(find_sources(order.articles))
        seen, mixture = listing(order.articles, sources), mixture or recipe()
        told = _usable(order.base, mixture)
        if order.if_touched and told and told.listing == seen:
            raise NothingChanged(f"{order.articles} 没有变化")
        base = order.base if told else None
        plan = _plan(sources, read_records(base) if base else {})
        gone = {name for record in plan.gone for name in record.documents}
        records: list[Record] = []
        repaired = _repaired(plan, records, progress, mender)
        difference = None
        if base:
            with Comparison.with_index(base / INDEX) as comparison:
                update_index(folder / INDEX, base / INDEX, gone, comparison.passing(repaired))
                difference = comparison.finish(gone)
        else:
            build_index(folder / INDEX, repaired)
        progress("落盘", len(plan.redone), len(plan.redone))
        records = sorted(plan.kept + records, key=lambda record: record.name)
        write_records(folder, records)
        skipped = tuple(skipped for record in records for skipped in record.skipped)
        skipped += copy_aliases(order.articles, folder)
        if any(record.passing for record in records):
            seen += AGAIN
        unsealed = Manifest(seen, mixture, time.time(), total(records), skipped)
        sealed = manifest.seal(folder, unsealed)
    return Built(sealed, difference, len(plan.redone), len(plan.kept))


def _usable(base: Path | None, mixture: str) -> Manifest | None:
    """The manifest of a base that is whole and made by this very program: damage must not be built upon."""
    try:
        told = manifest.read(base) if base else None
        return manifest.verify(base) if base and told and told.recipe == mixture else None
    except SnapshotDamaged:
        return None


def _plan(sources: Sequence[Source], known: dict[str, Record]) -> _Plan:
    plan = _Plan()
    for source in sources:
        record = known.pop(source.name, None)
        if record and not record.passing and (record.size, record.stamp) == (source.size, source.stamp):
            plan.kept.append(record)
            continue
        digest = _digest(source)
        if record and not record.passing and digest and record.sha256 == digest:
            plan.kept.append(replace(record, size=source.size, stamp=source.stamp))
            continue
        plan.redone.append((source, digest))
        if record:
            plan.gone.append(record)
    plan.gone.extend(known.values())
    return plan


def _digest(source: Source) -> str:
    """Digest a file and its sidecar; empty where it cannot be read, which reading it tells in words."""
    digest = ""
    try:
        for path in (source.path, source.sidecar):
            if source.fault is None and path is not None:
                with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
                    digest += hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
    return digest


def _repaired(plan: _Plan, records: list[Record], progress: Progress, mender: Mend) -> Iterator[Kept]:
    """Repair what is to be redone, one document at a time, writing the records down on the way."""
    for done, (source, digest) in enumerate(plan.redone):
        progress("修复", done, len(plan.redone))
        row = Record(source.name, source.size, source.stamp, digest)
        for read in read_sources(source):
            one = mender(read)
            if isinstance(one, Skipped):
                row = replace(row, skipped=(*row.skipped, one))
                continue
            repaired, data = one
            row = replace(
                row,
                documents=(*row.documents, repaired.document.name),
                articles=row.articles + len(repaired.articles),
                facts=row.facts + len(repaired.facts),
                doubts=row.doubts + sum(entry.doubt for entry in repaired.log),
            )
            yield repaired, data
        records.append(row)
    progress("修复", len(plan.redone), len(plan.redone))
