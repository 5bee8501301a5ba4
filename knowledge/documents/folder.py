"""The seam towards the rest: what is in a folder of articles, and its files, or an upload, as documents or skipped."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from knowledge.documents import limits
from knowledge.documents.files import FORBIDDEN, Archive, Member, open_archive, permit, read_steady
from knowledge.documents.formats import (
    ARCHIVE,
    byte_limit,
    extract_document,
    is_readable,
    suffix_of,
    unknown_format,
)
from knowledge.documents.sidecar import ORPHAN, SUFFIX, read_sidecar, sidecar_names
from knowledge.errors import EXHAUSTED, MissingFolder, UnreadableFile
from knowledge.model import Document, Metadata, Skipped

if TYPE_CHECKING:
    from knowledge.documents.ocr import TextRecogniser

ALIASES: Final = ("aliases.txt", "别名.txt")
DICTIONARIES: Final = ("dictionary.txt", "词典.txt")
LIBRARIES: Final = ("库.toml", "library.toml")
"""What a sub-folder is called as a library."""
RESERVED_NAMES: Final = (*ALIASES, *DICTIONARIES)
"""Files beside the articles that are no articles: other parts read them."""

_SYSTEM_NAMES: Final = frozenset({"thumbs.db", "desktop.ini", "__macosx"})


@dataclass(frozen=True, slots=True)
class Source:
    """A file found in the folder, not yet read; `stamp` changes whenever it or its sidecar may have changed.

    `fault` says why it cannot be read, where that is known without opening it.
    """

    name: str
    path: Path
    size: int
    stamp: int
    sidecar: Path | None = None
    fault: Skipped | None = None


def find_sources(folder: Path) -> Iterator[Source]:
    """List the files of `folder` in name order; what cannot be an article comes with its fault.

    Raises:
        MissingFolder: `folder` is missing or no folder.
        OSError: the machine has no descriptor or memory left.
    """
    if not folder.exists():
        raise MissingFolder(f"文章文件夹 {folder} 不存在；请建好它，或另外指明一个文件夹")
    if not folder.is_dir():
        raise MissingFolder(f"文章文件夹 {folder} 不是文件夹；请建好它，或另外指明一个文件夹")
    root = Path(os.path.realpath(folder))
    for count, source in enumerate(_Walk(root).directory(root, "", 0)):
        if count == limits.FOLDER_FILES:
            reason = f"文件夹里超过 {limits.FOLDER_FILES} 个文件，从这里起没有读"
            yield _faulty(source.name, source.path, reason, "分成几个文件夹")
            return
        yield source


def is_ignored(name: str) -> bool:
    """Tell whether a file or folder of that name is none of ours: hidden, reserved, or a system's or editor's."""
    return (
        name.startswith((".", "~$")) or name.lower() in _SYSTEM_NAMES or name in (*RESERVED_NAMES, *LIBRARIES)
    )


class _Walk:
    """One walk; remembers which files were met, so that a file linked twice is read once."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._met: dict[tuple[int, int], str] = {}

    def directory(self, directory: Path, prefix: str, depth: int) -> Iterator[Source]:
        try:
            with os.scandir(directory) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            if error.errno in EXHAUSTED:
                raise
            yield _faulty(prefix or ".", directory, f"打不开文件夹（{error.strerror}）", "检查文件夹的权限")
            return
        names = {entry.name for entry in entries}
        stems = names | {PurePosixPath(name).stem for name in names if is_readable(name)}
        for entry in entries:
            if is_ignored(entry.name):
                continue
            if entry.name.endswith(SUFFIX) and entry.name[: -len(SUFFIX)] in stems:
                continue
            yield from self._entry(entry, prefix, depth, names)

    def _entry(self, entry: os.DirEntry[str], prefix: str, depth: int, names: set[str]) -> Iterator[Source]:
        path, name = Path(entry.path), prefix + _shown(entry.name)
        if name != prefix + entry.name:
            yield _faulty(name, path, "文件名不是 UTF-8", "改成 UTF-8 的文件名")
            return
        try:
            if entry.is_dir(follow_symlinks=False):
                if depth >= limits.FOLDER_DEPTH:
                    yield _faulty(name, path, f"文件夹套了 {depth} 层以上，没有再往里读", "减少层数")
                else:
                    yield from self.directory(path, name + "/", depth + 1)
                return
            yield self._file(entry, path, name, names)
        except OSError as error:
            yield _faulty(name, path, f"打不开（{error.strerror}）", "检查文件和权限")

    def _file(self, entry: os.DirEntry[str], path: Path, name: str, names: set[str]) -> Source:
        status = entry.stat(follow_symlinks=False)
        if stat.S_ISLNK(status.st_mode):
            path = Path(os.path.realpath(path))
            if not path.is_relative_to(self._root):
                return _faulty(name, path, "符号链接指向文件夹之外", "把文件本身放进来")
            status = path.stat(follow_symlinks=False)
            if stat.S_ISLNK(status.st_mode):
                return _faulty(name, path, "符号链接绕成了圈", "删去它")
            if stat.S_ISDIR(status.st_mode):
                return _faulty(name, path, "符号链接指向文件夹", "把文件夹本身放进来")
        if not stat.S_ISREG(status.st_mode):
            return _faulty(name, path, "不是普通文件（管道、设备或套接字）", "移出文章文件夹")
        if entry.name.lower().endswith(SUFFIX):
            return _faulty(name, path, *ORPHAN)
        if not is_readable(entry.name):
            unknown = unknown_format(name)
            return _faulty(name, path, unknown.reason, unknown.remedy)
        if not os.access(path, os.R_OK):
            return _faulty(name, path, FORBIDDEN, permit(path))
        first = self._met.setdefault((status.st_dev, status.st_ino), name)
        if first != name:
            return _faulty(name, path, f"与 {first} 是同一个文件", "留下一个")
        beside = next((Path(entry.path).with_name(n) for n in sidecar_names(entry.name) if n in names), None)
        return Source(name, path, status.st_size, _stamp(status, beside), beside)


def _faulty(name: str, path: Path, reason: str, remedy: str) -> Source:
    return Source(name, path, 0, _digest(f"{name}\0{reason}"), fault=Skipped(name, reason, remedy))


def _digest(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


def _stamp(status: os.stat_result, sidecar: Path | None) -> int:
    """63 bits of what a change of the file or of its sidecar changes."""
    times = [status.st_size, status.st_mtime_ns, status.st_ctime_ns]
    if sidecar is not None:
        try:
            beside = sidecar.stat(follow_symlinks=False)
            times += [beside.st_size, beside.st_mtime_ns, beside.st_ctime_ns]
        except OSError:  # gone since it was listed: reading will say so
            times.append(-1)
    return _digest(repr(times))


def _shown(name: str) -> str:
    """The name with bytes that are no UTF-8 written as `\\xff`."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


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
    own, fault = None, None
    if beside:
        own, fault = _stated(f"{archive.name}!/{beside.path}", lambda: archive.read(beside))
    yield from read_bytes(name, data, own or sidecar, recogniser)
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
    path, name = source.sidecar, PurePosixPath(source.name).with_name(source.sidecar.name).as_posix()
    return _stated(name, lambda: read_steady(name, path, limits.SIDECAR_BYTES))


def _stated(name: str, read: Callable[[], bytes]) -> tuple[Metadata | None, Skipped | None]:
    try:
        return read_sidecar(name, read()), None
    except UnreadableFile as error:
        return None, _skipped(error)


def _skipped(error: UnreadableFile) -> Skipped:
    return Skipped(error.name, error.reason, error.remedy, error.offset, error.passing)
