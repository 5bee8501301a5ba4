"""`python -m tests.bench inbox [versions] [s3://bucket/prefix]`: SQLite and PostgreSQL, and a version's way to three bots.

First the inbox on both, side by side; then how soon a version of 200 MB serves everywhere, by each way there is, an
object store's where one is named. `versions` is that alone.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import count, pairwise
from pathlib import Path

from bot.inbox import Inbox, NewUpdate, QueuedUpdate, UpdateStatus
from bot.state.cluster import open_cluster
from bot.state.sqlite_inbox import open_inboxes
from knowledge.index.index import build_index
from knowledge.snapshots.manifest import Manifest, Totals, seal
from knowledge.snapshots.repository import INDEX, SnapshotRepository
from tests.bench.grown import as_repaired, grown, stock_of_seeds
from tests.bench.measured import at, timed, waited
from tests.bench.measured import folder as new_folder
from tests.faults.replicas import DURABLE, replicas
from tests.support.inbox import Collected
from tests.support.postgres import Server, migrated_server

BODY = b"x" * 440
LONE, MANY, CHATS, AT_ONCE = 1_000, 20_000, 50, 64
FACTS = 300_000  # 200 MB


class Worker:
    """Claims and ends what it is given, so many at a time, as the scheduler's places do."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._waiting: asyncio.Queue[QueuedUpdate] = asyncio.Queue()
        self.ended: list[tuple[str, int]] = []
        self._heads: dict[str, asyncio.Lock] = {}

    def add(self, updates: Iterable[QueuedUpdate]) -> None:
        for update in updates:
            self._waiting.put_nowait(update)

    def drop(self, queues: Iterable[str]) -> None:
        raise AssertionError(f"lost {list(queues)}")

    async def work(self) -> None:
        await asyncio.gather(*(self._one() for _ in range(AT_ONCE)))

    async def _one(self) -> None:
        while True:
            update = await self._waiting.get()
            async with self._heads.setdefault(update.queue, asyncio.Lock()):
                if await self._inbox.claim(update):
                    await self._inbox.end(update.number, UpdateStatus.ANSWERED)
                    self.ended.append((update.queue, update.number))


def updates(count: int, first: int) -> list[NewUpdate]:
    return [NewUpdate(str(first + n), str(n % CHATS), "message", BODY) for n in range(count)]


async def alone(sqlite: Inbox, postgres: Inbox) -> None:
    """Print what a lone update costs to store and line up on either, in turns, so that both meet the same machine."""
    times: dict[str, list[float]] = {"SQLite": [], "PostgreSQL": []}
    async with sqlite.delivering(Collected()), postgres.delivering(Collected()):
        for update in updates(LONE, 0):
            for name, inbox in (("SQLite", sqlite), ("PostgreSQL", postgres)):
                with timed(times[name]):
                    await inbox.store([update])
    for name, taken in times.items():
        print(f"{name}: stored one by one, p50 {at(taken, 50):.2f} ms")
    print(f"PostgreSQL / SQLite: {at(times['PostgreSQL'], 50) / at(times['SQLite'], 50):.2f}")


async def measure(name: str, inboxes: list[Inbox]) -> None:
    """Print what one engine does: stored in hundreds, and drained by all."""
    inbox, workers = inboxes[0], [Worker(each) for each in inboxes]
    lone: list[float] = []

    async def stored() -> None:
        for first in range(0, MANY, 100):
            await inbox.store(updates(100, first))

    async def ended(number: int, pause: float = 0) -> None:
        while sum(len(worker.ended) for worker in workers) < number:
            await asyncio.sleep(pause)

    print(f"{name}: stored in hundreds, {MANY / await waited(stored()):,.0f}/s")
    async with AsyncExitStack() as stack:
        tasks = [asyncio.create_task(worker.work()) for worker in workers]
        began = time.perf_counter()
        for each, worker in zip(inboxes, workers, strict=True):
            await stack.enter_async_context(each.delivering(worker))
        await ended(MANY, 0.01)
        took = time.perf_counter() - began
        for number in range(200):
            with timed(lone):
                await inbox.store(updates(1, 10**6 + number))
                await ended(MANY + number + 1)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    wrong = 0
    for worker in workers:
        for chat in {queue for queue, _ in worker.ended}:
            wrong += sum(
                b < a for a, b in pairwise(number for queue, number in worker.ended if queue == chat)
            )
    print(f"{name}: drained by {len(inboxes)}, {MANY / took:,.0f}/s, {wrong} out of order")
    print(f"{name}: a lone update from store to end, p50 {at(lone, 50):.2f} ms")


def large(folder: Path) -> Path:
    """A version of 200 MB in a new folder, sealed."""
    folder.mkdir()
    articles = map(as_repaired, count(), grown(stock_of_seeds(), FACTS))
    build_index(folder / INDEX, ((one, b"") for one in articles))
    seal(folder, Manifest("folder", "build", 1e9, Totals()))
    return folder


async def published(name: str, server: Server, store: str | None, version: Path, folder: Path) -> None:
    """Print how long a version needs from its builder to three real bots that serve it."""
    folder.mkdir()
    async with replicas(folder, server, 0) as running:
        for number in range(3):
            await running.start(number, **({"CHUCHU_SNAPSHOTS": store} if store else {}))
        async with open_cluster(server.address(running.database)) as cluster:
            own = SnapshotRepository(folder / "builder")
            mine = cluster.versions(own, store)
            first = await mine.current()
            assert first
            await mine.fetch(first)
            with own.staging() as building:
                shutil.copytree(version, building, dirs_exist_ok=True)
                own.publish(building)
            (newest,) = {*own.names()} - {first}
            size = sum(path.stat().st_size for path in version.rglob("*") if path.is_file())
            began = time.perf_counter()
            async with mine.changing():
                await mine.publish(newest)
            sent = time.perf_counter() - began
            serving = f"SELECT 1 FROM replicas WHERE serving = '{newest}'"
            while len(await asyncio.to_thread(running.sql, serving)) < len(running.bots):
                await asyncio.sleep(0.02)
            served = f"served by three bots after {time.perf_counter() - began:.2f} s"
            load = f"load {os.getloadavg()[0]:.1f}"
            print(f"{name}: {size / 1e6:.0f} MB sent in {sent:.2f} s, {served}; {load}", flush=True)


@asynccontextmanager
async def in_postgres(server: Server, count: int) -> AsyncIterator[list[Inbox]]:
    """An inbox as so many processes see it."""
    address = server.address(server.make("migrated"))
    async with AsyncExitStack() as stack:
        clusters = [await stack.enter_async_context(open_cluster(address)) for _ in range(count)]
        yield [cluster.inboxes.of("bench") for cluster in clusters]


async def _inboxes(server: Server, folder: Path) -> None:
    async with open_inboxes(folder / "inbox.sqlite", time.time, "bench") as inboxes:
        async with in_postgres(server, 1) as postgres:
            await alone(inboxes.of("bench"), *postgres)
        await measure("SQLite", [inboxes.of("another")])
    async with in_postgres(server, 3) as all_three:
        await measure("PostgreSQL", all_three)


async def _versions(server: Server, folder: Path, store: str | None) -> None:
    version, objects = large(folder / "version"), folder / "objects"
    objects.mkdir()
    ways = {
        "PostgreSQL": None,
        "a shared folder": objects.as_uri(),
        **({"object store": store} if store else {}),
    }
    for number, (name, way) in enumerate(ways.items()):
        await published(name, server, way, version, folder / str(number))


def main(arguments: Sequence[str]) -> None:
    store = next((one for one in arguments if "://" in one), None)
    with migrated_server(DURABLE) as server, new_folder() as folder:
        if "versions" not in arguments:
            asyncio.run(_inboxes(server, folder))
        asyncio.run(_versions(server, folder, store))
