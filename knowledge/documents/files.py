"""Bytes within limits: files of the machine, read whole, never through a link, a pipe or while being written; zip archives.

Members of an archive are refused by the name of the rule they break. What can be made again is kept up to a limit.
"""

from __future__ import annotations

import io
import logging
import os
import re
import stat
import struct
import time
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from knowledge.documents import limits
from knowledge.errors import EXHAUSTED, UnreadableFile

_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_TICK: Final = 0.02
"""Seconds within which two writes may leave the same time stamp (a kernel tick is at most 10 ms)."""
FORBIDDEN: Final = "没有读取权限"


def permit(path: Path) -> str:
    """Say how a file becomes readable."""
    return f"执行 chmod a+r {path.name!r} 后重新载入"


def read_steady(name: str, path: Path, limit: int) -> bytes:
    """Return the bytes of a file that stayed the same from before the read until after it.

    Raises:
        UnreadableFile: gone, not permitted, no regular file, larger than `limit`, or still being written.
        OSError: the machine has no descriptor or memory left, which is no fault of the file.
    """
    for _ in range(2):
        try:
            data = _read_once(name, path, limit)
        except FileNotFoundError as error:
            raise UnreadableFile(name, "文件在读取前被移走了", "放回后重新载入") from error
        except PermissionError as error:
            # if it is, that was a mishap; else the stamp changes with the permission
            allowed = os.access(path, os.R_OK)
            raise UnreadableFile(name, FORBIDDEN, permit(path), passing=allowed) from error
        except OSError as error:
            if error.errno in EXHAUSTED:
                raise
            raise UnreadableFile(
                name, f"读不出来（{error.strerror}）", "检查文件和磁盘", passing=True
            ) from error
        if data is not None:
            return data
        time.sleep(_TICK)
    raise UnreadableFile(name, "读取时文件正在改变", "等它写完后重新载入", passing=True)


def _read_once(name: str, path: Path, limit: int) -> bytes | None:
    """Return the bytes, or None if the file changed meanwhile or too lately to tell."""
    with open(os.open(path, _FLAGS), "rb") as file:  # noqa: PTH123 (Path.open follows links)
        before = os.fstat(file.fileno())
        if not stat.S_ISREG(before.st_mode):
            raise UnreadableFile(name, "不是普通文件（管道、设备或套接字）", "移出文章文件夹")
        if before.st_size > limit:
            reason = f"有 {before.st_size} 字节，超过 {limit >> 20} MB 的上限"
            raise UnreadableFile(name, reason, "拆成几个文件", limit)
        data = file.read(limit + 1)
        after = os.fstat(file.fileno())
    same = before.st_size == after.st_size == len(data) and before.st_mtime_ns == after.st_mtime_ns
    fresh = 0 <= time.time() - after.st_mtime < _TICK
    return data if same and not fresh else None


def read_kept(path: Path) -> bytes | None:
    """Read a file that `keep` wrote, None where it is not there, and remember that it was used."""
    try:
        data = path.read_bytes()
        os.utime(path)
    except OSError:
        return None
    return data


def keep(path: Path, data: bytes, limit: int) -> None:
    """Write a file that can be made again, and take those of its kind away that were longest unused beyond `limit` bytes.

    A disk that is full keeps none, which costs only time.
    """
    part = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(data)
        part.replace(path)
        found = [(one.stat(), one) for one in path.parent.glob(f"*{path.suffix}")]
        size = 0
        for status, one in sorted(found, key=lambda each: each[0].st_mtime, reverse=True):
            size += status.st_size
            if size > limit and one != path:
                one.unlink(missing_ok=True)
    except OSError as error:
        logging.getLogger(__name__).warning("%s is not kept: %s", path.name, error)
        with suppress(OSError):
            part.unlink()


_REMEDY: Final = "重新打包后再放入"
_END: Final = struct.Struct("<4s4H2LH")
_END_SIGN: Final = b"PK\x05\x06"
_BROKEN: Final = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,
    RuntimeError,
)
_UTF8_FLAG: Final = 0x800
_ENCRYPTED_FLAG: Final = 0x1
_NESTED: Final = (".zip", ".7z", ".rar", ".gz", ".bz2", ".xz", ".tar", ".tgz", ".jar", ".zst")


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive: its path as a person reads it, and why it is refused, if it is."""

    path: str
    info: zipfile.ZipInfo
    refusal: UnreadableFile | None = None


class Archive:
    """An open archive: lists and reads members, at most one expanded at a time."""

    def __init__(self, name: str, package: zipfile.ZipFile) -> None:
        self.name = name
        self._package = package

    def members(self) -> Iterator[Member]:
        """Every file in name order, with those that break a rule marked."""
        taken: set[str] = set()
        named = sorted(((_path(info), info) for info in self._package.infolist()), key=lambda pair: pair[0])
        for path, info in named:
            if path.endswith("/"):
                continue
            broken = _broken_rule(path, info) or _twin(path, taken)
            shown = path.replace("\0", "\ufffd")
            refusal = UnreadableFile(f"{self.name}!/{shown}", *broken) if broken else None
            yield Member(shown, info, refusal)

    def read(self, member: Member) -> bytes:
        """Expand one member.

        Raises:
            UnreadableFile: refused by a rule, or damaged.
        """
        if member.refusal:
            raise member.refusal
        name = f"{self.name}!/{member.path}"
        try:
            with self._package.open(member.info) as file:
                data = file.read(limits.MEMBER_BYTES + 1)
        except _BROKEN as error:
            raise UnreadableFile(
                name, f"压缩包里的这个文件已损坏（{type(error).__name__}）", _REMEDY
            ) from error
        if len(data) != member.info.file_size:
            raise UnreadableFile(name, "声明的大小与内容不符", _REMEDY)
        return data


@contextmanager
def open_archive(name: str, data: bytes) -> Iterator[Archive]:
    """Open a .zip file for the time of a `with` block.

    Raises:
        UnreadableFile: damaged, too many entries, or too large when expanded.
    """
    _check_directory(name, data)
    try:
        package = zipfile.ZipFile(io.BytesIO(data))
    except _BROKEN as error:
        raise UnreadableFile(name, "压缩包已损坏", _REMEDY) from error
    with package:
        expanded = sum(info.file_size for info in package.infolist())
        if expanded > limits.ARCHIVE_EXPANDED_BYTES:
            reason = f"解开后共 {expanded >> 20} MB，超过 {limits.ARCHIVE_EXPANDED_BYTES >> 20} MB 的上限"
            raise UnreadableFile(name, reason, "拆成几个压缩包")
        yield Archive(name, package)


def _check_directory(name: str, data: bytes) -> None:
    """Look at the archive's own count before zipfile builds an object for every entry."""
    at = data.rfind(_END_SIGN)
    if at < 0 or len(data) < at + _END.size:
        raise UnreadableFile(name, "不是 .zip，或压缩包不完整", _REMEDY)
    _, _, _, _, entries, size, start, _ = _END.unpack_from(data, at)
    if entries == 0xFFFF or 0xFFFFFFFF in (size, start):
        raise UnreadableFile(name, "是 ZIP64 大压缩包", "拆成几个压缩包")
    if entries > limits.ARCHIVE_ENTRIES:
        reason = f"压缩包里有 {entries} 项，超过 {limits.ARCHIVE_ENTRIES} 项的上限"
        raise UnreadableFile(name, reason, "拆成几个压缩包")
    if size > limits.ARCHIVE_DIRECTORY_BYTES:
        reason = f"压缩包的目录超过 {limits.ARCHIVE_DIRECTORY_BYTES >> 20} MB 的上限"
        raise UnreadableFile(name, reason, "拆成几个压缩包")


def _path(info: zipfile.ZipInfo) -> str:
    """Return the member's path; without the UTF-8 flag most Chinese tools wrote UTF-8 or GBK, not cp437."""
    raw = info.orig_filename
    if info.flag_bits & _UTF8_FLAG or raw.isascii():
        return raw
    try:
        stored = raw.encode("cp437")
    except UnicodeEncodeError:
        return raw
    for codec in ("utf-8", "gb18030"):
        try:
            return stored.decode(codec)
        except UnicodeDecodeError:
            continue
    return raw


def _broken_rule(path: str, info: zipfile.ZipInfo) -> tuple[str, str] | None:
    kind = stat.S_IFMT(info.external_attr >> 16)
    ratio = info.file_size / max(1, info.compress_size)
    parts = path.split("/")
    rules = (
        (not path, "压缩包里的文件没有名字"),
        (path.startswith("/") or re.match(r"[A-Za-z]:", path), "压缩包里的路径是绝对路径"),
        ({".", ".."} & set(parts), "压缩包里的路径含“.”或“..”"),
        ("\\" in path, "压缩包里的路径含反斜杠"),
        (re.search(r"[\x00-\x1f\x7f\ud800-\udfff]", path), "压缩包里的文件名含控制字符"),
        (len(path) > 1000, "压缩包里的文件名太长"),
        (info.flag_bits & _ENCRYPTED_FLAG, "压缩包里的文件加了密"),
        (kind not in (0, stat.S_IFREG), "压缩包里的符号链接或设备"),
        (path.lower().endswith(_NESTED), "压缩包里又有压缩包"),
        (info.file_size > limits.MEMBER_BYTES, f"解开后超过 {limits.MEMBER_BYTES >> 20} MB"),
        (
            ratio > limits.MEMBER_RATIO and info.file_size > limits.MEMBER_RATIO_FROM,
            f"压缩比超过 {limits.MEMBER_RATIO}，像压缩炸弹",
        ),
    )
    return next(((reason, _REMEDY) for broken, reason in rules if broken), None)


def _twin(path: str, taken: set[str]) -> tuple[str, str] | None:
    """Refuse a name that some systems could not tell from one before it."""
    key = unicodedata.normalize("NFC", path).casefold()
    if key in taken:
        return "压缩包里有同名文件（不计大小写）", "改名后重新打包"
    taken.add(key)
    return None
