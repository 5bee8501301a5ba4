"""Who of several processes does what only one may do: PostgreSQL's session locks, each on a connection of its own.

A lock says who should lead, not who does: a frozen process keeps it. So whoever waits looks whether the holder's
replica still has a lease, and ends the session of one that has none; it finds out as soon as it wakes.
"""

from __future__ import annotations

import asyncio
import logging
import time
import zlib
from collections.abc import Awaitable, Callable

import psycopg

from bot.state.postgres import Connection, connect
from bot.state.replica import Replica

log = logging.getLogger(__name__)

SPACE = 7_241_501  # the first of two numbers of our locks; any number of our own
TRY_SECONDS, CHECK_SECONDS, ANSWER_SECONDS = 0.5, 1.0, 2.0
PATIENCE_SECONDS = 30.0
TAKE = "SELECT pg_try_advisory_lock(%s, %s)"
WIN = """
INSERT INTO leaders AS l (name, epoch, replica, session) VALUES (%s, 1, %s, pg_backend_pid())
ON CONFLICT (name) DO UPDATE
SET epoch = l.epoch + 1, replica = excluded.replica, session = excluded.session, at = clock_timestamp()
RETURNING epoch
"""
ELSEWHERE = """
SELECT l.session, EXISTS (SELECT FROM replicas r WHERE r.id = l.replica AND r.until > clock_timestamp())
FROM leaders l WHERE l.name = %s
"""


class Leaders:
    """Leads what it can get; `clock` counts seconds, also while the process is frozen."""

    def __init__(self, url: str, replica: Replica, clock: Callable[[], float] = time.monotonic) -> None:
        self._url = url
        self._replica = replica
        self._clock = clock
        self._epochs: dict[str, int] = {}
        self._seen: dict[str, float] = {}
        self._wanted: dict[str, int] = {}
        self._campaigns: dict[str, asyncio.Task[None]] = {}
        self._changed = asyncio.Condition()

    def leads(self, name: str) -> bool:
        """Tell whether it is ours to do now."""
        return name in self._epochs

    def epoch(self, name: str) -> int | None:
        """Return how often leaders have changed by our turn, None if it is not our turn."""
        return self._epochs.get(name)

    def leaderless(self, name: str) -> str | None:
        """Say that nobody has done it for too long, or None."""
        seen = self._seen.get(name)
        if seen is None or self._clock() - seen <= PATIENCE_SECONDS:
            return None
        return f"nobody has led {name} for {self._clock() - seen:.0f} s"

    async def lead(self, name: str, work: Callable[[], Awaitable[object]]) -> None:
        """Do work whenever it is ours to do, and break it off when it is not any more; until cancelled."""
        self._wanted[name] = self._wanted.get(name, 0) + 1
        if name not in self._campaigns:
            self._seen[name] = self._clock()
            self._campaigns[name] = asyncio.create_task(self._campaign(name), name=f"leading {name}")
        try:
            while True:
                await self._until(lambda: name in self._epochs)
                task = asyncio.ensure_future(work())
                lost = asyncio.ensure_future(self._until(lambda: name not in self._epochs))
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
        won = await (await connection.execute(WIN, (name, self._replica.id))).fetchone()
        await self._set(name, int(won[0]) if won else 0)
        log.info("leading %s", name)
        try:
            while True:
                async with asyncio.timeout(ANSWER_SECONDS):
                    await connection.execute("SELECT 1")
                self._seen[name] = self._clock()
                await asyncio.sleep(CHECK_SECONDS)
        finally:
            await self._set(name, None)
            log.info("no longer leading %s", name)

    async def _set(self, name: str, epoch: int | None) -> None:
        if epoch is None:
            self._epochs.pop(name, None)
        else:
            self._epochs[name] = epoch
        async with self._changed:
            self._changed.notify_all()

    async def _until(self, so: Callable[[], bool]) -> None:
        async with self._changed:
            await self._changed.wait_for(so)


async def _cancelled(*tasks: asyncio.Future[object] | asyncio.Task[None]) -> None:
    """Cancel tasks and wait for their end."""
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


def lock_key(name: str) -> int:
    """The second number of a lock, of PostgreSQL's type integer."""
    return zlib.crc32(name.encode()) - 2**31
