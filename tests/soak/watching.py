"""What a running bot takes of its machine, second by second, and how soon it answers."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from statistics import median

import aiohttp
import psutil

from tests.support.server import at_once

MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Sample:
    """One moment: bytes of memory, threads, descriptors, tasks, and seconds that `/healthz` took."""

    memory: int
    threads: int
    descriptors: int
    tasks: int
    health: float


def thirds(row: Sequence[float]) -> tuple[Sequence[float], ...]:
    """A row in three parts of one size."""
    size = len(row) // 3
    return row[:size], row[size : 2 * size], row[2 * size : 3 * size]


def p99(row: Sequence[float]) -> float:
    return sorted(row)[len(row) * 99 // 100]


def usual_p99(row: Sequence[float]) -> float:
    """The median of the 99th percentiles of eight parts, in order: one hiccup of the disk is in one part only."""
    size = len(row) // 8
    return median(p99(row[at : at + size]) for at in range(0, 8 * size, size))


def is_steady(samples: Sequence[Sample], **more: float) -> bool:
    """Print figures by thirds, and tell whether none has more than so much more in the last one than in the middle."""
    found = {
        name: [median(part) for part in thirds([getattr(one, name) for one in samples])] for name in more
    }
    for name, parts in found.items():
        print(f"{name}, by thirds: {', '.join(f'{part:,.0f}' for part in parts)}")
    return all(found[name][2] <= found[name][1] + most for name, most in more.items())


@asynccontextmanager
async def watching(
    pid: int, page: str, door: str, token: str, every: float = 1.0
) -> AsyncIterator[list[Sample]]:
    """Look at a process every so often while the block runs."""
    samples, process = list[Sample](), psutil.Process(pid)
    clock = asyncio.get_running_loop().time

    async def look(http: aiohttp.ClientSession) -> None:
        while True:
            await asyncio.sleep(every)
            began = clock()
            async with http.get(f"{page}/healthz") as answer:
                await answer.read()
            health = clock() - began
            async with http.get(f"{door}/metrics", headers={"Authorization": f"Bearer {token}"}) as answer:
                told = await answer.text()
            tasks = re.search(r"^chuchu_tasks ([\d.]+)$", told, re.MULTILINE)
            assert tasks, told
            used = process.memory_info().rss, process.num_threads(), process.num_fds()
            samples.append(Sample(*used, int(float(tasks[1])), health))

    async with aiohttp.ClientSession() as http, at_once(asyncio.create_task(look(http))):
        yield samples
