"""What benchmarks measure with: two clocks, percentiles, and drawings that are the same every time."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TypeVar

Row = TypeVar("Row")


def spent(do: Callable[[], object], clock: Callable[[], float] = time.process_time) -> float:
    """Seconds of computing, or of another clock."""
    began = clock()
    do()
    return clock() - began


async def waited(work: Awaitable[object]) -> float:
    """Seconds until something has happened."""
    began = time.perf_counter()
    await work
    return time.perf_counter() - began


@contextmanager
def timed(times: list[float]) -> Iterator[None]:
    """Add the seconds that the block takes."""
    began = time.perf_counter()
    yield
    times.append(time.perf_counter() - began)


def at(times: Sequence[float], percent: float) -> float:
    """A percentile, in milliseconds."""
    return 1000 * sorted(times)[min(len(times) - 1, int(len(times) * percent / 100))]


def percentiles(times: Sequence[float], *percents: float, digits: int = 0) -> str:
    return ", ".join(f"p{percent:g} {at(times, percent):.{digits}f} ms" for percent in percents)


def drawn(rows: Sequence[Row], most: int | None, seed: int = 1) -> Sequence[Row]:
    """A random sample."""
    return Random(seed).sample(rows, min(most, len(rows))) if most else rows


@contextmanager
def folder() -> Iterator[Path]:
    """An empty folder, gone at the end."""
    with TemporaryDirectory(prefix="chuchu-bench-") as name:
        yield Path(name)
