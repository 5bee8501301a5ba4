"""Several processes over one PostgreSQL, as one of them sees it: its lease, the inboxes, who leads, how fast all speak."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import psycopg

from bot.errors import CannotStore
from bot.sharing import INBOX, Limits, Rates
from bot.state.blobs import ObjectBlobs, PostgresBlobs
from bot.state.leaders import Leaders
from bot.state.postgres import Signals
from bot.state.postgres_inbox import PostgresInbox
from bot.state.postgres_writer import PostgresWriter
from bot.state.published import PublishedVersions
from bot.state.replica import Lease, Replica
from bot.state.shared_limits import SharedLimits
from knowledge.snapshots.repository import SnapshotRepository


class PostgresInboxes:
    """The inboxes of all platforms in one database."""

    def __init__(
        self, writer: PostgresWriter, replica: Replica, signals: Signals, clock: Callable[[], float]
    ) -> None:
        self._writer = writer
        self._replica = replica
        self._signals = signals
        self._clock = clock
        self._inboxes: dict[str, PostgresInbox] = {}
        signals.subscribe(INBOX, self._call)
        replica.on_lost(self._lose)

    def of(self, platform: str) -> PostgresInbox:
        """Return a platform's own."""
        if platform not in self._inboxes:
            self._inboxes[platform] = PostgresInbox(self._writer, self._replica, platform, self._clock)
        return self._inboxes[platform]

    def _call(self, payload: str) -> None:
        for inbox in self._inboxes.values():
            inbox.call(payload)

    def _lose(self) -> None:
        for inbox in self._inboxes.values():
            inbox.lose()


@dataclass(frozen=True, slots=True)
class Cluster:
    """A `bot.sharing.Sharing`, with the inboxes that belong to it."""

    url: str
    replica: Replica
    signals: Signals
    inboxes: PostgresInboxes
    leaders: Leaders
    writer: PostgresWriter

    async def lead(self, name: str, work: Callable[[], Awaitable[object]]) -> None:
        """Do work whenever it is ours to do, and break it off when it is not any more; until cancelled."""
        await self.leaders.lead(name, work)

    def leads(self, name: str) -> bool:
        """Tell whether it is ours to do now."""
        return self.leaders.leads(name)

    def leaderless(self, name: str) -> str | None:
        """Say that nobody has done it for too long, or None."""
        return self.leaders.leaderless(name)

    def limits(self, platform: str, rates: Rates) -> Limits | None:
        """Return limits that hold over all processes."""
        return SharedLimits(self.writer, platform, rates)

    def subscribe(self, channel: str, call: Callable[[str], None]) -> None:
        """Have `call` called when any process has changed something, by its name; with "" when that may be."""
        self.signals.subscribe(channel, call)

    def versions(self, own: SnapshotRepository, store: str | None) -> PublishedVersions:
        """Return the versions that all replicas share; `store` is an object store's address, else they are here."""
        blobs = ObjectBlobs(store) if store else PostgresBlobs(self.url)
        return PublishedVersions(self.url, blobs, own, self.replica)


@asynccontextmanager
async def open_cluster(
    url: str, clock: Callable[[], float] = time.time, lease: Lease | None = None, program: str = ""
) -> AsyncIterator[Cluster]:
    """Be a replica while the block runs, in a database that is brought up to date.

    Raises:
        CannotStore: the database cannot be reached.
    """
    replica, signals, writer = Replica(url, lease or Lease(), program), Signals(url), PostgresWriter(url)
    inboxes = PostgresInboxes(writer, replica, signals, clock)
    try:
        async with writer.serving(), replica.living(), signals.listening():
            yield Cluster(url, replica, signals, inboxes, Leaders(url, replica), writer)
    except psycopg.Error as error:
        raise CannotStore(
            f"CHUCHU_DATABASE 指的 PostgreSQL 连不上（{error}）；请检查地址、密码和网络"
        ) from error
