"""The seam towards the rest: files of a folder, or an upload, become documents or are skipped with a reason."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from knowledge.documents import limits
from knowledge.documents.archive import Archive, Member, open_archive
from knowledge.documents.formats import (
    ARCHIVE,
    byte_limit,
    extract_document,
    is_readable,
    suffix_of,
    unknown_format,
)
from knowledge.documents.sidecar import ORPHAN, SUFFIX, read_sidecar, sidecar_names
from knowledge.documents.steady import read_steady
from knowledge.documents.walk import RESERVED_NAMES, Source, find_sources, is_ignored, source_of
from knowledge.errors import UnreadableFile
from knowledge.model import Document, Metadata, Skipped

if TYPE_CHECKING:
    from knowledge.documents.ocr import TextRecogniser

__all__ = [
    "RESERVED_NAMES",
    "Read",
    "Source",
    "find_sources",
    "read_bytes",
    "read_document",
    "read_sources",
    "source_of",
]

Read = tuple[Document, bytes] | Skipped
"""A document beside the bytes it was read from, or what could not be read."""


def read_sources(source: Source, recogniser: TextRecogniser | None = None) -> Iterator[Read]:
    """Read one file into its documents (an archive holds several) beside their bytes; `recogniser` reads its images.

    A sidecar that is wrong is skipped on its own; the article is read without it.
    """
    if source.fault is not None:
        yield source.fault
        return
    try:
        data = read_steady(source.name, source.path, byte_limit(source.name))
    except UnreadableFile as error:
        yield _skipped(error)
        return
    sidecar, fault = _sidecar_beside(source)
    yield from read_bytes(source.name, data, sidecar, recogniser)
    if fault is not None:
        yield fault


def read_bytes(
    name: str, data: bytes, sidecar: Metadata | None = None, recogniser: TextRecogniser | None = None
) -> Iterator[Read]:
    """Read an upload, or the bytes of one file: one document, or those of an archive."""
    try:
        if suffix_of(name) == ARCHIVE:
            yield from _read_archive(name, data, sidecar, recogniser)
            return
        document, missing = extract_document(name, data, sidecar, recogniser)
    except UnreadableFile as error:
        yield _skipped(error)
        return
    yield document, data
    yield from missing


def read_document(name: str, data: bytes) -> Document:
    """Turn bytes into a document, whatever the format.

    Raises:
        UnreadableFile: the bytes are no article, or of a format we do not read; an archive has several.
    """
    return extract_document(name, data)[0]


def _read_archive(
    name: str, data: bytes, sidecar: Metadata | None, recogniser: TextRecogniser | None
) -> Iterator[Read]:
    if len(data) > limits.ARCHIVE_BYTES:
        raise UnreadableFile(name, f"压缩包超过 {limits.ARCHIVE_BYTES >> 20} MB", "拆成几个压缩包")
    with open_archive(name, data) as archive:
        members = {m.path: m for m in archive.members() if not _is_hidden(m.path)}
        if not members:
            raise UnreadableFile(name, "压缩包里没有文件", "放入有文章的压缩包，或删去它")
        orphans = {path for path in members if suffix_of(path) == SUFFIX}
        for path in sorted(members.keys() - orphans):
            beside = next((members[near] for near in _beside(path) if near in members), None)
            if beside:
                orphans.discard(beside.path)
            yield from _read_member(archive, members[path], beside, sidecar, recogniser)
        for path in sorted(orphans):
            yield Skipped(f"{name}!/{path}", *ORPHAN)


def _read_member(
    archive: Archive,
    member: Member,
    beside: Member | None,
    sidecar: Metadata | None,
    recogniser: TextRecogniser | None,
) -> Iterator[Read]:
    """Read one member; its own sidecar goes before that of the whole archive."""
    name = f"{archive.name}!/{member.path}"
    try:
        if not is_readable(member.path):
            raise member.refusal or unknown_format(name)
        data = archive.read(member)
    except UnreadableFile as error:
        yield _skipped(error)
        return
    fault = None
    if beside:
        try:
            sidecar = read_sidecar(f"{archive.name}!/{beside.path}", archive.read(beside))
        except UnreadableFile as error:
            fault = _skipped(error)
    yield from read_bytes(name, data, sidecar, recogniser)
    if fault:
        yield fault


def _is_hidden(path: str) -> bool:
    return any(is_ignored(part) for part in path.split("/") if part not in (".", ".."))


def _beside(path: str) -> Iterator[str]:
    """Where the sidecar of a member may stand; a member called `.` or nothing has none."""
    if not PurePosixPath(path).name:
        return
    for name in sidecar_names(path):
        yield PurePosixPath(path).with_name(name).as_posix()


def _sidecar_beside(source: Source) -> tuple[Metadata | None, Skipped | None]:
    if source.sidecar is None:
        return None, None
    name = PurePosixPath(source.name).with_name(source.sidecar.name).as_posix()
    try:
        return read_sidecar(name, read_steady(name, source.sidecar, limits.SIDECAR_BYTES)), None
    except UnreadableFile as error:
        return None, _skipped(error)


def _skipped(error: UnreadableFile) -> Skipped:
    return Skipped(error.name, error.reason, error.remedy, error.offset, error.passing)
