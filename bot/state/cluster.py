"""Several processes over one PostgreSQL, as one of them sees it: its lease, the inboxes, who leads, how fast all speak."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import psycopg

from bot.errors import CannotStore
from bot.inbox import Inboxes
from bot.sharing import Limits, Rate, Rates, Sharing
from bot.state.postgres import PostgresWriter, Signals
from bot.state.postgres_inbox import PostgresInbox
from bot.state.published import ObjectBlobs, PostgresBlobs, PublishedVersions
from bot.state.replica import Leaders, Lease, Replica
from knowledge.snapshots.repository import SnapshotRepository

OVERALL = ""
RESERVE = """
WITH now AS (SELECT extract(epoch FROM clock_timestamp())::float8 AS t),
taken AS (
    INSERT INTO pace AS p (platform, chat, next)
    SELECT %s, r.chat, now.t + r.pause FROM now, unnest(%s::text[], %s::float8[]) AS r (chat, pause) ORDER BY r.chat
    ON CONFLICT (platform, chat) DO UPDATE
    SET next = greatest(p.next, (SELECT t FROM now)) + excluded.next - (SELECT t FROM now)
    RETURNING chat, next)
SELECT taken.chat, taken.next - now.t FROM taken, now
"""
SPARE = """
WITH now AS (SELECT extract(epoch FROM clock_timestamp())::float8 AS t),
first AS (INSERT INTO pace (platform, chat) VALUES (%s, %s) ON CONFLICT DO NOTHING),
taken AS (
    UPDATE pace SET next = now.t + %s FROM now WHERE platform = %s AND chat = %s AND next <= now.t RETURNING next)
SELECT CASE WHEN EXISTS (SELECT FROM taken) THEN 0 ELSE greatest(0, p.next - now.t) END
FROM now, pace p WHERE p.platform = %s AND p.chat = %s
"""
HOLD = """
INSERT INTO pace AS p (platform, chat, held) VALUES (%s, %s, extract(epoch FROM clock_timestamp())::float8 + %s)
ON CONFLICT (platform, chat) DO UPDATE SET held = greatest(p.held, excluded.held)
"""
HELD = """
SELECT greatest(0, held - extract(epoch FROM clock_timestamp())::float8) FROM pace WHERE platform = %s AND chat = %s
"""


class SharedLimits:
    """A platform's limits over all processes.

    Every method raises InboxError where the database cannot be asked.
    """

    def __init__(self, writer: PostgresWriter, platform: str, rates: Rates) -> None:
        self._writer = writer
        self._platform = platform
        self._rates = rates

    async def reserve_overall(self) -> float:
        return await self._reserve({OVERALL: self._rates.overall})

    async def take_spare(self) -> float:
        key = (self._platform, OVERALL)
        rows = await self._writer.ask(SPARE, *key, self._rates.overall.interval, *key, *key)
        return float(rows[0][0]) if rows else self._rates.overall.interval

    async def reserve(self, chat: str, group: bool) -> float:
        rates = {f"chat {chat}": self._rates.per_chat}
        if group:
            rates[f"group {chat}"] = self._rates.per_group
        return max(await self._reserve(rates), await self.held(chat))

    async def hold(self, chat: str, seconds: float) -> None:
        await self._writer.ask(HOLD, self._platform, f"chat {chat}", seconds)

    async def held(self, chat: str) -> float:
        rows = await self._writer.ask(HELD, self._platform, f"chat {chat}")
        return float(rows[0][0]) if rows else 0.0

    async def _reserve(self, rates: dict[str, Rate]) -> float:
        pauses = [rate.interval for rate in rates.values()]
        rows = await self._writer.ask(RESERVE, self._platform, list(rates), pauses)
        # a row's next free time lies one interval behind the place that we took, and a burst may come at once
        return max(0.0, *(float(free) - rates[chat].interval * rates[chat].burst for chat, free in rows))


@dataclass(frozen=True)
class Cluster(Sharing):
    """One of several, with the inboxes that belong to it."""

    several = True

    url: str
    replica: Replica
    signals: Signals
    inboxes: Inboxes
    leaders: Leaders
    writer: PostgresWriter

    async def lead(self, name: str, work: Callable[[], Awaitable[object]]) -> None:
        await self.leaders.lead(name, work)

    def leads(self, name: str) -> bool:
        return self.leaders.leads(name)

    def leaderless(self, name: str) -> str | None:
        return self.leaders.leaderless(name)

    def limits(self, platform: str, rates: Rates) -> Limits | None:
        return SharedLimits(self.writer, platform, rates)

    def subscribe(self, channel: str, call: Callable[[str], None]) -> None:
        self.signals.subscribe(channel, call)

    def versions(self, own: SnapshotRepository, store: str | None) -> PublishedVersions:
        """Return the versions that all replicas share; `store` is an object store's address, else they are here."""
        blobs = ObjectBlobs(store) if store else PostgresBlobs(self.url)
        return PublishedVersions(self.url, blobs, own, self.replica)


@asynccontextmanager
async def open_cluster(
    url: str, clock: Callable[[], float] = time.time, lease: Lease | None = None
) -> AsyncIterator[Cluster]:
    """Be a replica while the block runs, in a database that is brought up to date.

    Raises:
        CannotStore: the database cannot be reached.
    """
    replica, signals, writer = Replica(url, lease or Lease()), Signals(url), PostgresWriter(url)
    inboxes = Inboxes(lambda platform: PostgresInbox(writer, replica, signals, platform, clock))
    try:
        async with writer.serving(), replica.living(), signals.listening():
            yield Cluster(url, replica, signals, inboxes, Leaders(url, replica), writer)
    except psycopg.Error as error:
        raise CannotStore(
            f"CHUCHU_DATABASE 指的 PostgreSQL 连不上（{error}）；请检查地址、密码和网络"
        ) from error
