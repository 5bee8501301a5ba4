"""`python -m tests.bench inbox [versions] [s3://bucket/prefix]`: SQLite and PostgreSQL, and a version's way to three bots.

First the inbox on both, side by side; then how soon a version of 200 MB serves everywhere, by each way there is, an
object store's where one is named. `versions` is that alone.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import count
from pathlib import Path

from bot.inbox import Inbox, NewUpdate, QueuedUpdate, UpdateStatus
from bot.state.cluster import open_cluster
from bot.state.sqlite_inbox import open_inboxes
from knowledge.index.index import build_index
from knowledge.snapshots.manifest import Manifest, Totals, seal
from knowledge.snapshots.repository import INDEX, SnapshotRepository
from tests.bench.grown import as_repaired, grown, stock_of_seeds
from tests.faults.replicas import DURABLE, replicas
from tests.support.postgres import Server, migrated_server

BODY = b"x" * 440
LONE, MANY, CHATS = 1_000, 20_000, 50
FACTS = 300_000  # 200 MB


class Sink:
    """Takes what it is given, and does nothing with it."""

    def add(self, updates: Iterable[QueuedUpdate]) -> None:
        pass

    def drop(self, queues: Iterable[str]) -> None:
        raise AssertionError(f"lost {list(queues)}")


class Worker(Sink):
    """Claims and ends what it is given, `at_once` at a time, as the scheduler's places do."""

    def __init__(self, inbox: Inbox, at_once: int = 64) -> None:
        self._inbox = inbox
        self._waiting: asyncio.Queue[QueuedUpdate] = asyncio.Queue()
        self._at_once = at_once
        self.ended: list[tuple[str, int]] = []
        self._heads: dict[str, asyncio.Lock] = {}

    def add(self, updates: Iterable[QueuedUpdate]) -> None:
        for update in updates:
            self._waiting.put_nowait(update)

    async def work(self) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(self._at_once):
                group.create_task(self._one())

    async def _one(self) -> None:
        while True:
            update = await self._waiting.get()
            async with self._heads.setdefault(update.queue, asyncio.Lock()):
                if await self._inbox.claim(update):
                    await self._inbox.end(update.number, UpdateStatus.ANSWERED)
                    self.ended.append((update.queue, update.number))


def updates(count: int, first: int, chats: int = CHATS) -> list[NewUpdate]:
    return [NewUpdate(str(first + n), str(n % chats), "message", BODY) for n in range(count)]


def median(times: list[float]) -> float:
    return sorted(times)[len(times) // 2] * 1000


async def alone(sqlite: Inbox, postgres: Inbox) -> None:
    """Print what a lone update costs to store and line up on either, in turns, so that both meet the same machine."""
    times: dict[str, list[float]] = {"SQLite": [], "PostgreSQL": []}
    async with sqlite.delivering(Sink()), postgres.delivering(Sink()):
        for update in updates(LONE, 0):
            for name, inbox in (("SQLite", sqlite), ("PostgreSQL", postgres)):
                began = time.perf_counter()
                await inbox.store([update])
                times[name].append(time.perf_counter() - began)
    for name, taken in times.items():
        print(f"{name}: stored one by one, p50 {median(taken):.2f} ms")
    print(f"PostgreSQL / SQLite: {median(times['PostgreSQL']) / median(times['SQLite']):.2f}")


async def measure(name: str, inboxes: list[Inbox]) -> None:
    """Print what one engine does: stored in hundreds, and drained by all."""
    inbox = inboxes[0]
    began = time.perf_counter()
    for first in range(0, MANY, 100):
        await inbox.store(updates(100, first))
    print(f"{name}: stored in hundreds, {MANY / (time.perf_counter() - began):,.0f}/s")
    workers = [Worker(each) for each in inboxes]
    began = time.perf_counter()
    async with AsyncExitStack() as stack:
        tasks = [asyncio.create_task(worker.work()) for worker in workers]
        for each, worker in zip(inboxes, workers, strict=True):
            await stack.enter_async_context(each.delivering(worker))
        while sum(len(worker.ended) for worker in workers) < MANY:
            await asyncio.sleep(0.01)
        took = time.perf_counter() - began
        lone = []
        for number in range(200):
            began = time.perf_counter()
            done = sum(len(worker.ended) for worker in workers)
            await inbox.store(updates(1, 10**6 + number))
            while sum(len(worker.ended) for worker in workers) == done:
                await asyncio.sleep(0)
            lone.append(time.perf_counter() - began)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    wrong = 0
    for worker in workers:
        last: dict[str, int] = {}
        for queue, number in worker.ended:
            wrong += number < last.get(queue, 0)
            last[queue] = number
    print(f"{name}: drained by {len(inboxes)}, {MANY / took:,.0f}/s, {wrong} out of order")
    print(f"{name}: a lone update from store to end, p50 {median(lone):.2f} ms")


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
    settings = {"CHUCHU_SNAPSHOTS": store} if store else {}
    async with replicas(folder, server, 0) as running:
        for number in range(3):
            await running.start(number, **settings)
        address = server.address(running.database)
        async with open_cluster(address) as cluster:
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
            print(
                f"{name}: {size / 1e6:.0f} MB sent in {sent:.2f} s, served by three bots after"
                f" {time.perf_counter() - began:.2f} s; load {os.getloadavg()[0]:.1f}",
                flush=True,
            )


@asynccontextmanager
async def three(address: str) -> AsyncIterator[list[Inbox]]:
    async with AsyncExitStack() as stack:
        clusters = [await stack.enter_async_context(open_cluster(address)) for _ in range(3)]
        yield [cluster.inboxes.of("bench") for cluster in clusters]


async def _run(server: Server, folder: Path) -> None:
    async with open_inboxes(folder / "inbox.sqlite", time.time, "bench") as inboxes:
        sqlite = inboxes.of("bench")
        async with open_cluster(server.address(server.make("migrated"))) as cluster:
            await alone(sqlite, cluster.inboxes.of("bench"))
        await measure("SQLite", [inboxes.of("another")])
    async with three(server.address(server.make("migrated"))) as all_three:
        await measure("PostgreSQL", all_three)


async def _versions(server: Server, folder: Path, store: str | None) -> None:
    version = large(folder / "version")
    (folder / "objects").mkdir()
    await published("PostgreSQL", server, None, version, folder / "through-postgres")
    await published(
        "a shared folder", server, (folder / "objects").as_uri(), version, folder / "through-folder"
    )
    if store:
        await published("object store", server, store, version, folder / "through-objects")


def main(arguments: Sequence[str]) -> None:
    only, store = "versions" in arguments, next((one for one in arguments if "://" in one), None)
    with migrated_server(DURABLE) as server, tempfile.TemporaryDirectory() as folder:
        if not only:
            asyncio.run(_run(server, Path(folder)))
        asyncio.run(_versions(server, Path(folder), store))


if __name__ == "__main__":
    main(())
