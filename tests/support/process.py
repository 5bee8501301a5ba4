"""The real process, started as an operator starts it."""

from __future__ import annotations

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Collection, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile

import psutil

from tests.support.server import until
from tests.support.words import articles

ROOT = Path(__file__).parents[2]


def environment(**settings: str) -> dict[str, str]:
    """The tests' environment without settings of its own, with the given ones; by words alone over the tests' newspaper."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CHUCHU_")}
    ours = {"CHUCHU_ARTICLES": str(articles()), "CHUCHU_EMBEDDINGS": "off", "PYTHONPATH": str(ROOT)}
    return clean | ours | settings


def chuchu(
    cwd: Path, *arguments: str, stdin: bytes = b"", **settings: str
) -> subprocess.CompletedProcess[bytes]:
    """Run one command to its end, in a fork of a process that has loaded all; `cwd` keeps its data away from ours."""
    with TemporaryFile() as told, TemporaryFile() as complained:
        code = ended(cwd, arguments, told.fileno(), complained.fileno(), stdin, **settings)
        for stream in (told, complained):
            stream.seek(0)
        return subprocess.CompletedProcess(arguments, code, told.read(), complained.read())


def ended(
    cwd: Path, arguments: Sequence[str], told: int, complained: int, given: bytes, **settings: str
) -> int:
    """Run one command so, with descriptors for what it says and complains; return its exit code."""
    with TemporaryFile() as stdin:
        stdin.write(given)
        stdin.seek(0)
        order = {"cwd": str(cwd), "env": environment(**settings), "arguments": arguments}
        with _LOCK:
            return _prepared().run(json.dumps(order).encode(), [stdin.fileno(), told, complained])


class _Prepared:
    """A `tests.support.prepared`, which ends when its socket is closed with this process."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-m", "tests.support.prepared", str(theirs.fileno())]
        self._process = subprocess.Popen(command, cwd=ROOT, env=environment(), pass_fds=[theirs.fileno()])
        theirs.close()
        self._asking = ours
        self._answers = ours.makefile("rb")
        atexit.register(self._end)

    def run(self, order: bytes, streams: Sequence[int]) -> int:
        """Run a command; return its exit code. One that hangs is killed after two minutes."""
        socket.send_fds(self._asking, [order], streams)
        pid = json.loads(self._answers.readline())["pid"]
        killer = threading.Timer(120, os.kill, (pid, signal.SIGKILL))
        killer.start()
        try:
            return int(json.loads(self._answers.readline())["code"])
        finally:
            killer.cancel()

    def _end(self) -> None:
        self._answers.close()
        self._asking.close()
        self._process.kill()
        self._process.wait()


_LOCK = threading.Lock()
_prepared = cache(_Prepared)


def alive(process: psutil.Process) -> bool:
    """Whether it runs; what has ended and waits for its parent to look does not."""
    with suppress(psutil.NoSuchProcess):
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    return False


async def drivers_ended(before: Collection[threading.Thread]) -> None:
    """Wait until the threads of databases opened since then have told this loop their end."""

    def running() -> list[threading.Thread]:
        return [one for one in threading.enumerate() if "connection_worker" in one.name and one not in before]

    await until(lambda: not running())
