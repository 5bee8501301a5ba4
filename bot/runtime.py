"""How the process lives: its clock, its background work, its end, and the memory it gives back."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from bot.errors import WRONG_SETTINGS


def now() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


log = logging.getLogger(__name__)

# Who runs services kills after ten seconds (Docker's default); the parts share what is less than that.
STOP_SECONDS = 9.0


class Shutdown:
    """A wish to stop; from then on everything has `seconds` together, and what hangs is cut off."""

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


def share_heaps() -> None:
    """Let all threads share two heaps, not eight for each core: every heap keeps holes (mallopt(3); glibc only).

    Call it before threads start.
    """
    if mallopt := _of_libc("mallopt"):
        mallopt(_ARENA_MAX, _HEAPS)


def give_back() -> None:
    """Return free pages to the system (malloc_trim(3); glibc only)."""
    if trim := _of_libc("malloc_trim"):
        trim(0)


def _of_libc(name: str) -> Callable[..., object] | None:
    import ctypes  # which a command that only asks does without

    found: Callable[..., object] | None = getattr(ctypes.CDLL(None), name, None)
    return found
