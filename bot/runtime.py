"""How the process lives: clock, background and periodic work, backing off, child processes, its end, its memory."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys
import threading
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime
from typing import TypeVar

from bot.errors import WRONG_SETTINGS

log = logging.getLogger(__name__)

# What a child sees of our environment: no token, no address; and pypinyin without its phrases, which nobody
# needs here and which take .4 s to load (pypinyin/constants.py); and OpenBLAS without threads, which do not fork.
CHILD_ENVIRONMENT = {"PYPINYIN_NO_PHRASES": "true", "PYTHONUTF8": "1", "OPENBLAS_NUM_THREADS": "1"}

KEYS_KEPT = 1024

T = TypeVar("T")


def now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def background(*work: Coroutine[object, object, object]) -> AsyncIterator[None]:
    """Run work beside the block, and end it with the block; what it raises meanwhile is logged."""
    tasks = [asyncio.create_task(_logged(one), name=_name(one)) for one in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for one in work:
            one.close()  # what was cancelled before its first step was never awaited


async def _logged(work: Coroutine[object, object, object]) -> None:
    try:
        await work
    except Exception:
        log.exception("%s broke", _name(work))


def _name(work: object) -> str:
    return str(getattr(work, "__qualname__", work))


async def restarting(work: Callable[[], Awaitable[object]]) -> None:
    """Do work that has no end; where it breaks or ends it is begun again after a second, loudly if it broke."""
    while True:
        try:
            await work()
        except Exception:
            log.exception("%s broke; beginning again", _name(work))
        await asyncio.sleep(1.0)


async def periodic(
    seconds: float,
    work: Callable[[], Awaitable[object]],
    *failing: type[Exception],
    what: str,
    first: float = 0.0,
) -> None:
    """Do something after `first` seconds and then every so often; where it fails by `failing`, `what` is a warning."""
    await asyncio.sleep(first)
    while True:
        try:
            await work()
        except failing as error:
            log.warning("%s (%s); trying again in %.0f s", what, error, seconds)
        except Exception:
            log.exception("%s; trying again in %.0f s", what, seconds)
        await asyncio.sleep(seconds)


async def waited(event: asyncio.Event, seconds: float) -> bool:
    """Wait for an event, but only so long; tell whether it came. No cancellation is swallowed (`wait_for` before Python 3.12)."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()


@asynccontextmanager
async def in_thread(manager: AbstractContextManager[T]) -> AsyncIterator[T]:
    """Enter and leave a manager that works on the disk, without holding up the loop."""
    entered = await asyncio.to_thread(manager.__enter__)
    try:
        yield entered
    finally:
        await asyncio.to_thread(manager.__exit__, None, None, None)


def backoff(failures: int, first: float, longest: float) -> float:
    """Return the seconds to wait after so many failures: twice as long each time, up to the longest."""
    return float(min(longest, first * 2.0 ** min(failures, 30)))


class Seldom:
    """Lets something happen for each key once in so many seconds, which `clock` counts."""

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self._seconds = seconds
        self._clock = clock
        self._last: dict[str, float] = {}

    def may(self, key: str) -> bool:
        """Tell whether it may happen now; then it has."""
        now = self._clock()
        if now - self._last.get(key, float("-inf")) < self._seconds:
            return False
        if len(self._last) >= KEYS_KEPT:
            self._last = {known: at for known, at in self._last.items() if now - at < self._seconds}
        self._last[key] = now
        return True


async def start_child(*arguments: str, limit: int = 2**16, stderr: int | None = None) -> Process:
    """Start a Python of ours, in a group of its own that ends with all its forks; `limit` is a line's bytes."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=stderr,
        limit=limit,
        env=CHILD_ENVIRONMENT,
        start_new_session=True,
    )


async def kill_child(child: Process) -> None:
    """End a child and its forks, and wait for it."""
    if child.returncode is None:
        with suppress(ProcessLookupError):  # it died by itself, an instant ago
            os.killpg(child.pid, signal.SIGKILL)
        await child.wait()


async def run_child(*arguments: str, given: bytes, seconds: float) -> tuple[int, bytes, bytes]:
    """Run a Python of ours to its end; return its exit code, what it wrote, and what it complained of.

    Raises:
        TimeoutError: it took too long, and was killed.
    """
    child = await start_child(*arguments, stderr=asyncio.subprocess.PIPE)
    try:
        async with asyncio.timeout(seconds):
            written, complaint = await child.communicate(given)
    finally:
        await kill_child(child)
    assert child.returncode is not None
    return child.returncode, written, complaint


async def child_output(what: str, *arguments: str, given: bytes, seconds: float) -> bytes | None:
    """What a Python of ours writes; None where it failed or took too long, of which the log tells: `what` did."""
    try:
        code, written, complaint = await run_child(*arguments, given=given, seconds=seconds)
    except TimeoutError:
        log.warning("%s took more than %.0f s", what, seconds)
        return None
    if code or not written:
        log.warning("%s failed: %s", what, complaint.decode("utf-8", "replace")[-400:])
        return None
    return written


# Who runs services kills after ten seconds (Docker's default); the parts share what is less than that.
STOP_SECONDS = 9.0


class Shutdown:
    """A request to stop; from then on everything has `seconds` together, and what hangs is cut off."""

    def __init__(self, seconds: float = STOP_SECONDS) -> None:
        self._seconds = seconds
        self._asked = asyncio.Event()
        self.reason: str | None = None

    def ask(self, reason: str | None = None) -> None:
        """Stop; `reason` tells which setting makes it useless to go on, if that is why."""
        if self._asked.is_set():
            return
        self.reason = reason
        self._asked.set()
        # A thread of its own: a lookup that hangs must not keep the interpreter from ending either.
        last = threading.Timer(self._seconds, _cut_off, (self._seconds, reason))
        last.daemon = True
        last.start()

    async def asked(self) -> None:
        """Wait until somebody asks."""
        await self._asked.wait()


def _cut_off(seconds: float, reason: str | None) -> None:
    log.error("not everything stopped within %.0f s; ending without it, what is stored is kept", seconds)
    if reason:
        log.error("%s", reason)
    os._exit(WRONG_SETTINGS if reason else 0)


SWITCH_SECONDS = 0.0005
_ARENA_MAX = -8  # of malloc.h
_HEAPS = 2


@contextmanager
def loading() -> Iterator[None]:
    """Collect no garbage inside the block, nor ever what was made in it (Python's manual of `gc.freeze`).

    A hundred thousand objects come to stay then, and looking among them for garbage finds none.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def multiply_on_one_thread() -> None:
    """Let OpenBLAS start no threads: they only spin beside matrices as small as ours. Call it before numpy is loaded."""
    os.putenv("OPENBLAS_NUM_THREADS", "1")


def share_heaps() -> None:
    """Let all threads share two heaps, not eight for each core: every heap keeps holes (mallopt(3); glibc only).

    Call it before threads start.
    """
    if mallopt := _of_libc("mallopt"):
        mallopt(_ARENA_MAX, _HEAPS)


def switch_often() -> None:
    """Let the loop have its turn within half a millisecond while lookups run in threads (five are Python's default).

    A request waits for the loop some three times; at 200 a second the 99th hundredth of them waited for nothing else.
    """
    sys.setswitchinterval(SWITCH_SECONDS)


def release_memory() -> None:
    """Return free pages to the system (malloc_trim(3); glibc only)."""
    if trim := _of_libc("malloc_trim"):
        trim(0)


def _of_libc(name: str) -> Callable[..., object] | None:
    import ctypes  # which a command that only asks does without

    found: Callable[..., object] | None = getattr(ctypes.CDLL(None), name, None)
    return found
