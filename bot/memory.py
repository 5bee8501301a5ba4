"""Memory of a process that runs for months: what is never looked through again, and what goes back to the system."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

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
