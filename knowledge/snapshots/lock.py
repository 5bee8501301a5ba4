"""Locks between processes; the system lets go of them when their holder dies, however it dies."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from knowledge.errors import FolderInUse

NAME = "run.lock"
TRIES, PAUSE = 5, 0.04  # seconds


@dataclass(frozen=True, slots=True)
class Holder:
    """Who serves from a data folder; `admin` is host:port of its admin door, once that is open."""

    pid: int
    admin: str | None = None


class Guard:
    """The right to serve from a data folder, held until the `sole_run` that gave it ends."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def tell(self, admin: str | None = None) -> None:
        """Write down who holds the folder, for those who come second."""
        text = json.dumps({"pid": os.getpid(), "admin": admin}).encode()
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, text, 0)


@contextmanager
def sole_run(data: Path) -> Iterator[Guard]:
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
                time.sleep(PAUSE)  # `who_runs` of another process holds the lock for an instant
        else:
            holder = _read(data)
            raise FolderInUse(str(data), holder.pid if holder else None)
        guard = Guard(descriptor)
        guard.tell()
        yield guard
    finally:
        os.close(descriptor)


def who_runs(data: Path) -> Holder | None:
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
