"""Writing that is on the disk when the call returns, or has not happened."""

from __future__ import annotations

import errno
import os
import secrets
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from knowledge.errors import EXHAUSTED, StorageUnavailable

FULL = frozenset({errno.EFBIG, errno.ENOSPC, errno.EDQUOT})


@contextmanager
def room_needed(folder: Path) -> Iterator[None]:
    """Turn what is said about a full or closed disk, or a machine at its end, into a sentence that says what to do.

    Raises:
        NoRoom: instead of the error, which stays its cause.
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
        raise


def _is_full(error: OSError | sqlite3.Error) -> bool:
    """Tell a full disk by what the system and SQLite say."""
    if isinstance(error, OSError):
        return error.errno in FULL
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)


@contextmanager
def spare_folder() -> Iterator[Path]:
    """Lend a folder outside the data, gone at the end.

    Raises:
        NoRoom: there is nowhere to put it.
    """
    try:
        lent = tempfile.TemporaryDirectory(prefix="chuchu-")
    except OSError as error:
        raise StorageUnavailable("没有能写的临时文件夹；请让 /tmp 能写，或用 TMPDIR 另指一个") from error
    with lent as folder:
        yield Path(folder)


def sync_path(path: Path) -> None:
    """Wait until a file's content, or a folder's list of names, is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def below(folder: Path, but: str = "") -> Iterator[Path]:
    """Every file and folder below `folder`, each folder before what it holds, and nothing of those named `but`.

    `Path.rglob` passes over a folder that it may not list; what is sealed, synced or compared must not.

    Raises:
        OSError: a folder cannot be listed.
    """
    for path in sorted(folder.iterdir()):
        if path.name != but:
            yield path
            if path.is_dir():
                yield from below(path, but)


def sync_tree(folder: Path) -> None:
    """Wait until everything below `folder` is on the disk, files before the folders that name them."""
    for path in reversed(list(below(folder))):
        sync_path(path)
    sync_path(folder)


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
