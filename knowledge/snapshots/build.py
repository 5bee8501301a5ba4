"""Build a snapshot of the articles folder in an empty folder, redoing only what was touched."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from knowledge.documents.folder import Source, find_sources, read_sources
from knowledge.errors import NoArticles
from knowledge.index.build import build_index, update_index
from knowledge.model import Repaired, Skipped
from knowledge.repair.document import repair_document
from knowledge.snapshots import manifest
from knowledge.snapshots.comparison import Comparison
from knowledge.snapshots.difference import Difference
from knowledge.snapshots.durable import room_needed
from knowledge.snapshots.manifest import Manifest
from knowledge.snapshots.records import Record, listing, read_records, recipe, total, write_records

INDEX = "index"


Progress = Callable[[str, int, int], None]
"""Told the stage, and how many files of how many are through it."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to build: the articles folder, and the stored version whose unchanged files need not be redone."""

    articles: Path
    base: Path | None = None


@dataclass(frozen=True, slots=True)
class Built:
    """A sealed snapshot. `redone` and `kept` count files; `difference` is None where everything was redone."""

    manifest: Manifest
    difference: Difference | None
    redone: int
    kept: int


def unheard(stage: str, done: int, of: int) -> None:
    """Hear how a build goes, and say nothing."""


@dataclass(slots=True)
class _Plan:
    kept: list[Record] = field(default_factory=list)
    redone: list[tuple[Source, str]] = field(default_factory=list)
    gone: list[Record] = field(default_factory=list)


def find(articles: Path) -> list[Source]:
    """List the articles folder.

    Raises:
        NoArticles: it is missing or no folder.
    """
    if not articles.is_dir():
        what = "不是文件夹" if articles.exists() else "不存在"
        raise NoArticles(f"文章文件夹 {articles} {what}；请建立它，或用 CHUCHU_ARTICLES 指定")
    return list(find_sources(articles))


def build(order: Order, folder: Path, progress: Progress = unheard) -> Built:
    """Build and seal the snapshot of `order.articles` in the empty `folder`.

    Raises:
        NoArticles: the articles folder is missing or no folder.
        NoRoom: the disk is full or closed.
    """
    with room_needed(folder):
        sources = find(order.articles)
        mixture = recipe()
        base = order.base if order.base and manifest.read(order.base).recipe == mixture else None
        plan = _plan(sources, read_records(base) if base else {})
        gone = {name for record in plan.gone for name in record.documents}
        records: list[Record] = []
        repaired = _repaired(plan, records, progress)
        difference = None
        if base:
            with Comparison.with_version(base / INDEX, base.name) as comparison:
                update_index(folder / INDEX, base / INDEX, gone, comparison.passing(repaired))
                difference = comparison.finish(gone)
        else:
            build_index(folder / INDEX, repaired)
        progress("落盘", len(plan.redone), len(plan.redone))
        records = sorted(plan.kept + records, key=lambda record: record.name)
        write_records(folder, records)
        skipped = tuple(skipped for record in records for skipped in record.skipped)
        unsealed = Manifest(listing(order.articles, sources), mixture, time.time(), total(records), skipped)
        sealed = manifest.seal(folder, unsealed)
    return Built(sealed, difference, len(plan.redone), len(plan.kept))


def _plan(sources: Sequence[Source], known: dict[str, Record]) -> _Plan:
    plan = _Plan()
    for source in sources:
        record = known.pop(source.name, None)
        if record and (record.size, record.stamp) == (source.size, source.stamp):
            plan.kept.append(record)
            continue
        digest = _digest(source.path)
        if record and record.sha256 == digest:
            plan.kept.append(replace(record, size=source.size, stamp=source.stamp))
            continue
        plan.redone.append((source, digest))
        if record:
            plan.gone.append(record)
    plan.gone.extend(known.values())
    return plan


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""  # reading it below says why, as a skipped file


def _repaired(plan: _Plan, records: list[Record], progress: Progress) -> Iterator[Repaired]:
    """Repair what is to be redone, one document at a time, writing the records down on the way."""
    for done, (source, digest) in enumerate(plan.redone):
        progress("修复", done, len(plan.redone))
        row = Record(source.name, source.size, source.stamp, digest)
        for read in read_sources(source):
            if isinstance(read, Skipped):
                row = replace(row, skipped=(*row.skipped, read))
                continue
            repaired = repair_document(read[0])
            row = replace(
                row,
                documents=(*row.documents, read[0].name),
                articles=row.articles + len(repaired.articles),
                facts=row.facts + len(repaired.facts),
                doubts=row.doubts + sum(entry.doubt for entry in repaired.log),
            )
            yield repaired
        records.append(row)
    progress("修复", len(plan.redone), len(plan.redone))
