"""What a snapshot remembers of every file it was built from, so that unchanged files are not redone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import astuple, dataclass
from importlib import metadata
from pathlib import Path

from knowledge.documents.walk import RESERVED_NAMES, Source
from knowledge.errors import BrokenInstallation
from knowledge.model import Skipped
from knowledge.snapshots.durable import below
from knowledge.snapshots.manifest import Figures

NAME = "sources.json"
JUDGES = ("tantivy", "rjieba", "opencc", "pypinyin", "pypdfium2", "python-docx", "lxml")
"""Libraries of which another version may read a file, or cut its words, differently."""


@dataclass(frozen=True, slots=True)
class Record:
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


def write_records(folder: Path, records: Iterable[Record]) -> None:
    """Write the records of a snapshot being built."""
    (folder / NAME).write_text(json.dumps([_row(record) for record in records]), encoding="ascii")


def read_records(folder: Path) -> dict[str, Record]:
    """Read the records of a stored snapshot, by file name."""
    rows = json.loads((folder / NAME).read_bytes())
    return {row[0]: _record(*row) for row in rows}


def _row(record: Record) -> list[object]:
    skipped = [[*astuple(one)] for one in record.skipped]
    told = [record.name, record.size, record.stamp, record.sha256, record.documents]
    return [*told, skipped, record.articles, record.facts, record.doubts]


def _record(
    name: str,
    size: int,
    stamp: int,
    sha256: str,
    documents: list[str],
    skipped: list[tuple[str, str, str, int | None, bool]],
    *counts: int,
) -> Record:
    told = tuple(Skipped(*one) for one in skipped)
    return Record(name, size, stamp, sha256, tuple(documents), told, *counts)


def total(records: Iterable[Record]) -> Figures:
    """Add the records up."""
    rows = list(records)
    return Figures(
        documents=sum(len(row.documents) for row in rows),
        articles=sum(row.articles for row in rows),
        facts=sum(row.facts for row in rows),
        doubts=sum(row.doubts for row in rows),
        skipped=sum(len(row.skipped) for row in rows),
    )


def listing(articles: Path, sources: Iterable[Source]) -> str:
    """Digest names, sizes and times of a folder's files, and its aliases: equal means that nothing was touched."""
    digest = hashlib.sha256()
    for source in sources:
        name = source.name.encode("utf-8", "surrogateescape")
        digest.update(b"%d %d %d " % (len(name), source.size, source.stamp) + name)
    for beside in RESERVED_NAMES:
        digest.update(_content(articles / beside))
    return digest.hexdigest()


def recipe() -> str:
    """Digest what decides a snapshot's content besides the folder: our code, and the libraries that read and cut.

    Raises:
        BrokenInstallation: the version of a library cannot be read.
        OSError: our code cannot.
    """
    digest = hashlib.sha256()
    room = Path(__file__).parents[1]
    for path in filter(Path.is_file, below(room, but="__pycache__")):
        digest.update(path.relative_to(room).as_posix().encode() + b"\0" + _content(path))
    for name in JUDGES:
        digest.update(f"{name} {_version(name)}\0".encode())
    return digest.hexdigest()


def _version(library: str) -> str:
    """The version of a library; `importlib.metadata` has none where it may not open the file that says it."""
    with suppress(metadata.PackageNotFoundError):
        if version := metadata.version(library):
            return version
    raise BrokenInstallation(f"读不到 {library} 的版本；请检查它的权限，或重新安装")


def _content(path: Path) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest() if path.is_file() else b"absent"
