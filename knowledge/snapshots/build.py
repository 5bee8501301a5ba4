"""Build a snapshot of the articles folder in an empty folder, redoing only what was touched."""

from __future__ import annotations

import hashlib
import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

from knowledge.documents.folder import Read, Source, find_sources, read_sources
from knowledge.errors import NothingChanged, SnapshotDamaged
from knowledge.index.index import IndexedDocument, build_index, update_index
from knowledge.model import Document, ParsedDocument, Skipped
from knowledge.repair.verification import keep_verified
from knowledge.snapshots import manifest
from knowledge.snapshots.difference import Comparison
from knowledge.snapshots.files import explain_io_errors
from knowledge.snapshots.manifest import Manifest
from knowledge.snapshots.repository import INDEX
from knowledge.snapshots.request import BuildRequest, BuildResult, Progress, no_progress
from knowledge.snapshots.sources import (
    SourceState,
    build_fingerprint,
    folder_fingerprint,
    read_states,
    total,
    write_states,
)
from knowledge.snapshots.word_lists import copy_aliases

RepairOne: TypeAlias = "Callable[[Read], tuple[ParsedDocument, bytes] | Skipped]"

_REMEDY = "其余文件照常；请把这个文件和日志里的出错记录交给开发者"


def _repair(document: Document) -> ParsedDocument:
    from knowledge.repair.document import repair_document  # .1 s of patterns, which a question need not pay

    return repair_document(document)


def repair_or_skip(
    read: Read, repair: Callable[[Document], ParsedDocument] = _repair
) -> tuple[ParsedDocument, bytes] | Skipped:
    """Repair a document and keep what it proves; one that repair fails on is skipped, the traceback logged."""
    if isinstance(read, Skipped):
        return read
    document, data = read
    try:
        return keep_verified(repair(document)), data
    except MemoryError:
        raise  # no fault of the document: the next try may succeed
    except Exception as error:
        logging.getLogger(__name__).exception("repair failed on %s", document.name)
        return Skipped(document.name, f"整理这个文件时出错（{type(error).__name__}）", _REMEDY)


AGAIN = "-again"  # no folder's listing ends so: a passing fault is tried again though nothing was touched


@dataclass(slots=True)
class _Plan:
    kept: list[SourceState] = field(default_factory=list)
    redone: list[tuple[Source, str]] = field(default_factory=list)
    gone: list[SourceState] = field(default_factory=list)


def build(
    order: BuildRequest,
    folder: Path,
    progress: Progress = no_progress,
    mixture: str | None = None,
    repair: RepairOne = repair_or_skip,
) -> BuildResult:
    """Build and seal the snapshot of `order.articles` in the empty `folder`.

    `mixture` is this program's `build_fingerprint()`, for who knows it already.

    Raises:
        NoArticles: the articles folder is missing or no folder.
        Untouched: there is nothing to build.
        NoRoom: the disk is full or closed.
    """
    with explain_io_errors(folder):
        sources = list(find_sources(order.articles))
        seen, mixture = folder_fingerprint(order.articles, sources), mixture or build_fingerprint()
        told = _usable(order.base, mixture)
        if order.if_changed and told and told.folder_fingerprint == seen:
            raise NothingChanged(f"{order.articles} 没有变化")
        base = order.base if told else None
        plan = _plan(sources, read_states(base) if base else {})
        gone = {name for record in plan.gone for name in record.documents}
        records: list[SourceState] = []
        repaired = _repaired(plan, records, progress, repair)
        difference = None
        if base:
            with Comparison.with_index(base / INDEX) as comparison:
                update_index(folder / INDEX, base / INDEX, gone, comparison.passing(repaired))
                difference = comparison.finish(gone)
        else:
            build_index(folder / INDEX, repaired)
        progress("落盘", len(plan.redone), len(plan.redone))
        records = sorted(plan.kept + records, key=lambda record: record.name)
        write_states(folder, records)
        skipped = tuple(skipped for record in records for skipped in record.skipped)
        skipped += copy_aliases(order.articles, folder)
        if any(record.passing for record in records):
            seen += AGAIN
        unsealed = Manifest(seen, mixture, time.time(), total(records), skipped)
        sealed = manifest.seal(folder, unsealed)
    return BuildResult(sealed, difference, len(plan.redone), len(plan.kept))


def _usable(base: Path | None, mixture: str) -> Manifest | None:
    """The manifest of a base that is whole and made by this very program: damage must not be built upon."""
    try:
        told = manifest.read(base) if base else None
        return manifest.verify(base) if base and told and told.build_fingerprint == mixture else None
    except SnapshotDamaged:
        return None


def _plan(sources: Sequence[Source], known: dict[str, SourceState]) -> _Plan:
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


def _repaired(
    plan: _Plan, records: list[SourceState], progress: Progress, repair: RepairOne
) -> Iterator[IndexedDocument]:
    """Repair what is to be redone, one document at a time, writing the records down on the way."""
    for done, (source, digest) in enumerate(plan.redone):
        progress("修复", done, len(plan.redone))
        row = SourceState(source.name, source.size, source.stamp, digest)
        for read in read_sources(source):
            one = repair(read)
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
