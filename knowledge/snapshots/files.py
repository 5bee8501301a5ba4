"""Files that several processes share: writing that has happened or has not, and locks that die with their holder."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from knowledge.errors import EXHAUSTED, FULL, FolderInUse, StorageUnavailable


@contextmanager
def explain_io_errors(folder: Path) -> Iterator[None]:
    """Turn what is said about a full or closed disk, or a machine at its end, into a sentence that says what to do.

    Raises:
        StorageUnavailable: instead of the error, which stays its cause.
    """
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        if _is_full(error):
            raise StorageUnavailable(f"{folder} 所在的磁盘已满；请腾出空间后再试") from error
        if isinstance(error, OSError) and error.errno in EXHAUSTED:
            raise StorageUnavailable(
                f"打不开更多文件或没有内存了（{error.strerror}）；请放宽 ulimit -n，或关掉别的程序后再试"
            ) from error
        if isinstance(error, OSError):
            raise StorageUnavailable(
                f"{folder} 不能写入（{error.strerror}）；请检查权限，或是否只读挂载"
            ) from error
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in _NOT_WRITABLE:
            raise StorageUnavailable(f"{folder} 不能写入（{error}）；请检查权限，或是否只读挂载") from error
        raise


_NOT_WRITABLE: Final = frozenset({sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM})


def _is_full(error: OSError | sqlite3.Error) -> bool:
    """Tell a full disk by what the system and SQLite say."""
    if isinstance(error, OSError):
        return error.errno in FULL
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)


@contextmanager
def spare_folder() -> Iterator[Path]:
    """Lend a folder outside the data, gone at the end.

    Raises:
        StorageUnavailable: there is nowhere to put it.
    """
    try:
        lent = tempfile.TemporaryDirectory(prefix="chuchu-")
    except OSError as error:
        raise StorageUnavailable("没有能写的临时文件夹；请让 /tmp 能写，或用 TMPDIR 另指一个") from error
    with lent as folder:
        yield Path(folder)


def empty(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def sync_path(path: Path) -> None:
    """Wait until a file's content, or a folder's list of names, is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def walk_tree(folder: Path, but: str = "") -> Iterator[Path]:
    """Every file and folder below `folder`, each folder before what it holds, and nothing of those named `but`.

    `Path.rglob` passes over a folder that it may not list; what is sealed, synced or compared must not.

    Raises:
        OSError: a folder cannot be listed.
    """
    for path in sorted(folder.iterdir()):
        if path.name != but:
            yield path
            if path.is_dir():
                yield from walk_tree(path, but)


def sync_tree(folder: Path) -> None:
    """Wait until everything below `folder` is on the disk, files before the folders that name them."""
    for path in reversed(list(walk_tree(folder))):
        sync_path(path)
    sync_path(folder)


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_durably(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Replace a file in one step; whoever reads meets the old content or the new, never a part."""
    aside = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    sync_path(path.parent)


NAME = "run.lock"
TRIES, PAUSE = 5, 0.04  # seconds


@dataclass(frozen=True, slots=True)
class Holder:
    """Who serves from a data folder; `admin` is host:port of its admin door, once that is open."""

    pid: int
    admin: str | None = None


class InstanceLock:
    """The right to serve from a data folder, held until the `single_instance` that gave it ends."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def tell(self, admin: str | None = None) -> None:
        """Write down who holds the folder, for those who come second."""
        text = json.dumps({"pid": os.getpid(), "admin": admin}).encode()
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, text, 0)


@contextmanager
def single_instance(data: Path) -> Iterator[InstanceLock]:
    """Hold the data folder for one serving process.

    Raises:
        FolderInUse: another process holds it.
    """
    descriptor = os.open(data / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        for _ in range(TRIES):
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                time.sleep(PAUSE)  # `lock_holder` of another process holds the lock for an instant
        else:
            holder = _read(data)
            raise FolderInUse(str(data), holder.pid if holder else None)
        guard = InstanceLock(descriptor)
        guard.tell()
        yield guard
    finally:
        os.close(descriptor)


def lock_holder(data: Path) -> Holder | None:
    """Tell who serves from a data folder now, without disturbing; None if nobody does."""
    try:
        descriptor = os.open(data / NAME, os.O_RDONLY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(data)
    finally:
        os.close(descriptor)
    return None


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Wait for, then hold, a lock of that name among processes."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Keep others from clearing away what this file belongs to, for as long as it is read."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


def in_use(path: Path) -> bool:
    """Tell whether somebody, in this process or another, is `reading` the file."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _read(data: Path) -> Holder | None:
    try:
        told = json.loads((data / NAME).read_bytes())
        return Holder(int(told["pid"]), told["admin"])
    except (OSError, ValueError, KeyError, TypeError):
        return None  # the first is between taking the lock and writing its name
