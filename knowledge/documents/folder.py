"""Read a folder of articles."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from knowledge.errors import UnreadableFile
from knowledge.model import Document, Skipped


@dataclass(frozen=True, slots=True)
class Source:
    """A file found in the folder, not yet read; `stamp` changes whenever the file may have changed."""

    name: str
    path: Path
    size: int
    stamp: int


def find_sources(folder: Path) -> Iterator[Source]:
    """List the files of `folder` in name order without opening them."""
    for path in sorted(folder.rglob("*.txt")):
        stat = path.stat()
        yield Source(path.relative_to(folder).as_posix(), path, stat.st_size, stat.st_mtime_ns)


def read_sources(source: Source) -> Iterator[tuple[Document, bytes] | Skipped]:
    """Read one file into its documents (an archive holds several) beside their bytes."""
    data = source.path.read_bytes()
    try:
        yield read_document(source.name, data), data
    except UnreadableFile as error:
        yield Skipped(error.name, error.reason, error.remedy, error.offset)


def read_document(name: str, data: bytes) -> Document:
    """Turn bytes into a document, whatever the format.

    Raises:
        UnreadableFile: the bytes are no text, or a format we do not read.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableFile(name, "不是 UTF-8", "另存为 UTF-8 后再放入", error.start) from error
    return Document(
        name, hashlib.sha256(data).hexdigest(), len(data), "text", "utf-8", tuple(text.splitlines())
    )
