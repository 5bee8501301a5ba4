"""Files of the machine: read whole, never through a link, a pipe or while being written; and kept up to a limit."""

from __future__ import annotations

import logging
import os
import stat
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from knowledge.errors import EXHAUSTED, UnreadableFile

_FLAGS: Final = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
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
            allowed = os.access(
                path, os.R_OK
            )  # then it was a mishap; else the stamp changes with the permission
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
    same = (
        (before.st_size, before.st_mtime_ns)
        == (after.st_size, after.st_mtime_ns)
        == (len(data), after.st_mtime_ns)
    )
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
