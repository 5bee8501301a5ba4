"""This process among those that share a PostgreSQL: a lease that it renews, what becomes of the dead, and who leads.

A lease is a row of `replicas`. Whoever finds one that has run out deletes it, and what it held is free in the same
transaction; so the frozen one that comes back finds no row, and knows that it holds nothing any more. By its own clock
it keeps silent before that: from `Lease.silent` seconds after the beginning of its last good renewal on. A process that
was killed has no session any more: it is not waited for so long, only as long as one that lives needs to connect anew.

What only one process may do is led by who has a session lock, on a connection of its own. A lock says who should lead,
not who does: a frozen process keeps it. So whoever waits looks whether the holder's replica still has a lease, and ends
the session of one that has none; it finds out as soon as it wakes.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import psycopg

from bot.errors import LeaseLost
from bot.runtime import background
from bot.state.postgres import TELL, Connection, connect

log = logging.getLogger(__name__)

SWEEP_SECONDS = 5.0
RENEW = (
    "UPDATE replicas SET until = clock_timestamp() + make_interval(secs => %s), renewed = clock_timestamp(),"
    " session = pg_backend_pid() WHERE id = %s RETURNING id"
)
ENTER = (
    "INSERT INTO replicas (id, until, renewed, session) VALUES"
    " (%s, clock_timestamp() + make_interval(secs => %s), clock_timestamp(), pg_backend_pid())"
)
# Lanes are locked in one order wherever several are locked at once, so that nobody waits in a ring.
_FREE_ALL = """,
locked AS (SELECT l.platform, l.queue FROM inbox_lanes l WHERE {} ORDER BY l.platform, l.queue FOR UPDATE)
UPDATE inbox_lanes l SET owner = NULL, since = clock_timestamp() FROM locked
WHERE l.platform = locked.platform AND l.queue = locked.queue RETURNING l.platform
"""
REAP = """
WITH dead AS (
    DELETE FROM replicas r WHERE r.until < clock_timestamp()
    OR r.renewed < clock_timestamp() - make_interval(secs => %s)
        AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.pid = r.session)
    RETURNING id)""" + _FREE_ALL.format("l.owner IN (SELECT id FROM dead)")
# What was taken in the name of a replica that had been taken for dead a moment before.
SWEEP = "WITH live AS (SELECT id FROM replicas)" + _FREE_ALL.format(
    "l.owner IS NOT NULL AND l.owner NOT IN (SELECT id FROM live)"
)
LEAVE = "WITH gone AS (DELETE FROM replicas WHERE id = %s)" + _FREE_ALL.format("l.owner = %s")
SPACE = 7_241_501  # the first of two numbers of our locks; any number of our own
TRY_SECONDS, CHECK_SECONDS, ANSWER_SECONDS = 0.5, 1.0, 2.0
PATIENCE_SECONDS = 30.0
TAKE = "SELECT pg_try_advisory_lock(%s, %s)"
WIN = """
INSERT INTO leaders AS l (name, epoch, replica, session) VALUES (%s, 1, %s, pg_backend_pid())
ON CONFLICT (name) DO UPDATE
SET epoch = l.epoch + 1, replica = excluded.replica, session = excluded.session, at = clock_timestamp()
"""
ELSEWHERE = """
SELECT l.session, EXISTS (SELECT FROM replicas r WHERE r.id = l.replica AND r.until > clock_timestamp())
FROM leaders l WHERE l.name = %s
"""


@dataclass(frozen=True, slots=True)
class Lease:
    """How long a lease lasts, with a session and without; how often it is renewed; when its holder is silent; seconds."""

    seconds: float = 10.0
    gone: float = 2.5
    renew: float = 1.0
    silent: float = 7.0


class Replica:
    """One process's lease."""

    def __init__(self, url: str, lease: Lease) -> None:
        self._url = url
        self._lease = lease
        self._clock = time.monotonic  # which goes on while the process is frozen
        self._renewed = self._swept = float("-inf")
        self._entered = False
        self._turn = asyncio.Condition()
        self._lost: list[Callable[[], None]] = []
        self.id = _new_id()

    def on_lost(self, call: Callable[[], None]) -> None:
        """Have `call` called when all that was held is lost; the next lease is another replica's."""
        self._lost.append(call)

    @property
    def certain(self) -> bool:
        """Whether the lease holds for sure."""
        return self._clock() - self._renewed < self._lease.silent

    async def held(self, holder: str) -> None:
        """Return when it is certain that the lease of `holder` holds.

        Raises:
            LeaseLost: it does not.
        """
        while holder == self.id and not self.certain:
            async with self._turn:
                await self._turn.wait()
        if holder != self.id:
            raise LeaseLost(f"the lease of replica {holder} has run out")

    @asynccontextmanager
    async def living(self) -> AsyncIterator[None]:
        """Hold a lease while the block runs, and give everything back at its end."""
        first = asyncio.get_running_loop().create_future()
        try:
            async with background(self._live(first)):
                await first
                yield
        finally:
            try:
                async with await connect(self._url) as connection:
                    await self._tell(connection, LEAVE, (self.id, self.id))
            except psycopg.Error as error:
                log.warning("replica %s could not leave (%s): its lease runs out by itself", self.id, error)

    async def _live(self, first: asyncio.Future[None]) -> None:
        failing = False
        while True:
            try:
                async with await connect(self._url) as connection:
                    while True:
                        async with asyncio.timeout(self._lease.silent / 2):
                            await self._renew(connection)
                        failing = False
                        if not first.done():
                            first.set_result(None)
                        await asyncio.sleep(self._lease.renew)
            except (psycopg.Error, OSError, TimeoutError) as error:
                if not first.done():
                    first.set_exception(error)
                    return
                self._renewed = float("-inf")  # without a session we are soon taken for dead
                log.log(logging.DEBUG if failing else logging.ERROR, "the lease is not renewed: %s", error)
                failing = True
                await asyncio.sleep(min(0.2, self._lease.renew))

    async def _renew(self, connection: Connection) -> None:
        began = self._clock()
        lasts = self._lease.seconds
        if not await (await connection.execute(RENEW, (lasts, self.id))).fetchone():
            if self._entered:
                log.warning("replica %s was taken for dead: what it held is others' now", self.id)
                self.id = _new_id()
                for call in self._lost:
                    call()
                self._swept = float("-inf")  # what is free now waits for nobody
            await connection.execute(ENTER, (self.id, lasts))
        self._renewed, self._entered = began, True
        async with self._turn:
            self._turn.notify_all()
        await self._tell(connection, REAP, (self._lease.gone,))
        if began - self._swept > SWEEP_SECONDS:
            self._swept = began
            await self._tell(connection, SWEEP, ())

    async def _tell(self, connection: Connection, statement: str, values: tuple[object, ...]) -> None:
        """Free lanes, and tell everybody whose turn it may be."""
        freed = await (await connection.execute(statement, values)).fetchall()
        for platform in {platform for (platform,) in freed}:
            await connection.execute(TELL, (f"{platform} *",))


class Leaders:
    """Leads what it can get; `clock` counts seconds, also while the process is frozen."""

    def __init__(self, url: str, replica: Replica, clock: Callable[[], float] = time.monotonic) -> None:
        self._url = url
        self._replica = replica
        self._clock = clock
        self._led: set[str] = set()
        self._seen: dict[str, float] = {}
        self._wanted: dict[str, int] = {}
        self._campaigns: dict[str, asyncio.Task[None]] = {}
        self._changed = asyncio.Condition()

    def leads(self, name: str) -> bool:
        return name in self._led

    def leaderless(self, name: str) -> str | None:
        seen = self._seen.get(name)
        if seen is None or self._clock() - seen <= PATIENCE_SECONDS:
            return None
        return f"nobody has led {name} for {self._clock() - seen:.0f} s"

    async def lead(self, name: str, work: Callable[[], Awaitable[object]]) -> None:
        self._wanted[name] = self._wanted.get(name, 0) + 1
        if name not in self._campaigns:
            self._seen[name] = self._clock()
            self._campaigns[name] = asyncio.create_task(self._campaign(name), name=f"leading {name}")
        try:
            while True:
                await self._until(lambda: name in self._led)
                task = asyncio.ensure_future(work())
                lost = asyncio.ensure_future(self._until(lambda: name not in self._led))
                try:
                    await asyncio.wait({task, lost}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    await _cancelled(task, lost)
                if not task.cancelled():
                    task.result()
        finally:
            self._wanted[name] -= 1
            if not self._wanted[name]:
                await _cancelled(self._campaigns.pop(name))

    async def _campaign(self, name: str) -> None:
        failing = False
        while True:
            try:
                async with await connect(self._url) as connection:
                    failing = False
                    await self._wait(connection, name)
                    await self._hold(connection, name)
            except (psycopg.Error, OSError, TimeoutError) as error:
                log.log(logging.DEBUG if failing else logging.WARNING, "leading %s: %s", name, error)
                failing = True
            await asyncio.sleep(TRY_SECONDS)

    async def _wait(self, connection: Connection, name: str) -> None:
        """Return when the lock is ours."""
        while True:
            async with asyncio.timeout(ANSWER_SECONDS):
                taken = await connection.execute(TAKE, (SPACE, lock_key(name)))
                if (row := await taken.fetchone()) and row[0]:
                    return
                holder = await (await connection.execute(ELSEWHERE, (name,))).fetchone()
                if holder and holder[1]:
                    self._seen[name] = self._clock()
                elif holder:
                    log.warning("who leads %s has lost its lease; its session is ended", name)
                    await connection.execute("SELECT pg_terminate_backend(%s)", (holder[0],))
            await asyncio.sleep(TRY_SECONDS)

    async def _hold(self, connection: Connection, name: str) -> None:
        """Lead as long as the session answers."""
        await connection.execute(WIN, (name, self._replica.id))
        self._seen[name] = self._clock()
        try:
            self._led.add(name)
            await self._tell_waiting()
            log.info("leading %s", name)
            while True:
                async with asyncio.timeout(ANSWER_SECONDS):
                    await connection.execute("SELECT 1")
                self._seen[name] = self._clock()
                await asyncio.sleep(CHECK_SECONDS)
        finally:
            self._led.discard(name)
            await self._tell_waiting()
            log.info("no longer leading %s", name)

    async def _tell_waiting(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def _until(self, so: Callable[[], bool]) -> None:
        async with self._changed:
            await self._changed.wait_for(so)


def _new_id() -> str:
    return secrets.token_hex(6)


async def _cancelled(*tasks: asyncio.Future[object] | asyncio.Task[None]) -> None:
    """Cancel tasks and wait for their end."""
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


def lock_key(name: str) -> int:
    """The second number of a lock, of PostgreSQL's type integer."""
    return zlib.crc32(name.encode()) - 2**31
