"""What a snapshot remembers of every file it was built from, so that unchanged files are not redone."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import astuple, dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from knowledge import documents, index, repair, text
from knowledge.documents.folder import RESERVED_NAMES, Source, find_sources
from knowledge.errors import BrokenInstallation, NoArticles
from knowledge.model import Skipped
from knowledge.snapshots.beside import libraries_digest
from knowledge.snapshots.manifest import Totals

NAME = "sources.json"
JUDGES = ("tantivy", "rjieba", "opencc", "pypinyin", "pypdfium2", "python-docx", "lxml", "jieba", "cn2an")
"""Libraries of which another version may read a file, or cut its words, differently."""

SHA256 = 64  # hexadecimal digits


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
    if find_spec(documents.RECOGNISER):
        digest.update(f"{documents.RECOGNISER} {_version(documents.RECOGNISER)}\0".encode())
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


def source_digest(source: Source) -> str:
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


def only_sidecar_differs(before: str, after: str) -> bool:
    """Tell by two digests whether a file is the same and what is stated beside it is not."""
    return before[:SHA256] == after[:SHA256] != "" and before != after


@dataclass(frozen=True, slots=True)
class FolderChanges:
    """The names of files that are not as they were, or not there, of `before` files; falsy where there are none."""

    names: tuple[str, ...] = ()
    gone: int = 0
    before: int = 0

    def __bool__(self) -> bool:
        return bool(self.names)

    @property
    def empties(self) -> bool:
        """Whether more than half of the files are gone, which rather is a mistake than an edit."""
        return 2 * self.gone > self.before


def folder_changes(articles: Path, version: Path) -> FolderChanges:
    """What is new, gone, or of another content than when the stored `version` was built."""
    try:
        before = read_states(version)
    except OSError:
        return FolderChanges()  # a temporary version keeps no records
    try:
        now = {source.name: source for source in find_sources(articles)}
    except NoArticles:
        now = {}
    names = sorted(name for name in before.keys() | now.keys() if _differs(before.get(name), now.get(name)))
    return FolderChanges(tuple(names), len(before.keys() - now.keys()), len(before))


def _differs(state: SourceState | None, source: Source | None) -> bool:
    if state is None or source is None:
        return True
    if (state.size, state.stamp) == (source.size, source.stamp):
        return False
    # Copied to another machine or put back from a backup a file has other times, and is the same.
    return state.size != source.size or not state.sha256 or state.sha256 != source_digest(source)
