"""What a snapshot remembers of every file it was built from, so that unchanged files are not redone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import astuple, dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from knowledge import documents, index, repair, text
from knowledge.documents.walk import RESERVED_NAMES, Source, find_sources
from knowledge.errors import BrokenInstallation, NoArticles
from knowledge.model import Skipped
from knowledge.snapshots.libraries import libraries_digest
from knowledge.snapshots.manifest import Totals

NAME = "sources.json"
JUDGES = ("tantivy", "rjieba", "opencc", "pypinyin", "pypdfium2", "python-docx", "lxml", "jieba", "cn2an")
"""Libraries of which another version may read a file, or cut its words, differently."""

RECOGNISER = "rapidocr"
"""An extra: what it reads was skipped where it was not installed."""


@dataclass(frozen=True, slots=True)
class SourceState:
    """One file of the articles folder and what became of it; `sha256` covers its sidecar too."""

    name: str
    size: int
    stamp: int
    sha256: str
    documents: tuple[str, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    articles: int = 0
    facts: int = 0
    doubts: int = 0

    @property
    def passing(self) -> bool:
        """Whether another try may read what this one could not, though the file is the same."""
        return any(skipped.passing for skipped in self.skipped)


def write_states(folder: Path, records: Iterable[SourceState]) -> None:
    """Write the records of a snapshot being built."""
    (folder / NAME).write_text(json.dumps([_row(record) for record in records]), encoding="ascii")


def read_states(folder: Path) -> dict[str, SourceState]:
    """Read the records of a stored snapshot, by file name."""
    rows = json.loads((folder / NAME).read_bytes())
    return {row[0]: _state(*row) for row in rows}


def _row(record: SourceState) -> list[object]:
    skipped = [[*astuple(one)] for one in record.skipped]
    told = [record.name, record.size, record.stamp, record.sha256, record.documents]
    return [*told, skipped, record.articles, record.facts, record.doubts]


def _state(
    name: str,
    size: int,
    stamp: int,
    sha256: str,
    documents: list[str],
    skipped: list[tuple[str, str, str, int | None, bool]],
    *counts: int,
) -> SourceState:
    told = tuple(Skipped(*one) for one in skipped)
    return SourceState(name, size, stamp, sha256, tuple(documents), told, *counts)


def total(records: Iterable[SourceState]) -> Totals:
    """Add the records up."""
    rows = list(records)
    return Totals(
        documents=sum(len(row.documents) for row in rows),
        articles=sum(row.articles for row in rows),
        facts=sum(row.facts for row in rows),
        doubts=sum(row.doubts for row in rows),
        skipped=sum(len(row.skipped) for row in rows),
    )


def folder_fingerprint(articles: Path, sources: Iterable[Source]) -> str:
    """Digest names, sizes and times of a folder's files, its aliases and the libraries' names: equal means that nothing was touched."""
    digest = hashlib.sha256()
    for source in sources:
        name = source.name.encode("utf-8", "surrogateescape")
        digest.update(b"%d %d %d " % (len(name), source.size, source.stamp) + name)
    for beside in RESERVED_NAMES:
        digest.update(_content(articles / beside))
    digest.update(libraries_digest(articles))
    return digest.hexdigest()


def build_fingerprint() -> str:
    """Digest what decides a snapshot's content besides the folder: the rooms' declared versions, and the libraries'.

    Raises:
        BrokenInstallation: the version of a library cannot be read.
    """
    digest = hashlib.sha256()
    for name, version in sorted(room_versions().items()):
        digest.update(f"{name} {version}\0".encode())
    for name in JUDGES:
        digest.update(f"{name} {_version(name)}\0".encode())
    if find_spec(RECOGNISER):
        digest.update(f"{RECOGNISER} {_version(RECOGNISER)}\0".encode())
    return digest.hexdigest()


def room_versions() -> dict[str, int]:
    """The version that each room declares whose work is in a snapshot."""
    return {room.__name__: room.VERSION for room in (documents, index, repair, text)}


def _version(library: str) -> str:
    """The version of a library; `importlib.metadata` has none where it may not open the file that says it."""
    with suppress(metadata.PackageNotFoundError):
        if version := metadata.version(library):
            return version
    raise BrokenInstallation(f"读不到 {library} 的版本；请检查它的权限，或重新安装")


def _content(path: Path) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest() if path.is_file() else b"absent"


def changed_files(articles: Path, version: Path) -> list[str]:
    """The names of files that are new, gone, or not as they were when the stored `version` was built."""
    try:
        before = {record.name: (record.size, record.stamp) for record in read_states(version).values()}
    except OSError:
        return []  # a temporary version keeps no records
    try:
        now = {source.name: (source.size, source.stamp) for source in find_sources(articles)}
    except NoArticles:
        now = {}
    return sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))
