"""This process among those that share a PostgreSQL: a lease that it renews, and what becomes of the dead.

A lease is a row of `replicas`. Whoever finds one that has run out deletes it, and what it held is free in the same
transaction; so the frozen one that comes back finds no row, and knows that it holds nothing any more. By its own clock
it keeps silent before that: from `Lease.silent` seconds after the beginning of its last good renewal on. A process that
was killed has no session any more: it is not waited for so long, only as long as one that lives needs to connect anew.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import psycopg

from bot.inbox import LeaseLost
from bot.state import postgres_statements as sql
from bot.state.postgres import Connection, connect

log = logging.getLogger(__name__)

SWEEP_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Lease:
    """How long a lease lasts, with a session and without; how often it is renewed; when its holder is silent; seconds."""

    seconds: float = 10.0
    gone: float = 2.5
    renew: float = 1.0
    silent: float = 7.0


class Replica:
    """One process's lease; `clock` counts seconds, also while the process is frozen, and never goes back."""

    def __init__(
        self, url: str, lease: Lease, program: str = "", clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._url = url
        self._lease = lease
        self._program = program
        self._clock = clock
        self._renewed = self._swept = float("-inf")
        self._entered = False
        self._turn = asyncio.Condition()
        self._lost: list[Callable[[], None]] = []
        self.id = _new_id()
        self.live = 1

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
        task = asyncio.create_task(self._live(first), name="replica")
        try:
            await first
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            try:
                async with await connect(self._url) as connection:
                    await self._tell(connection, sql.LEAVE, (self.id, self.id))
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
        if not await (await connection.execute(sql.RENEW, (lasts, self.id))).fetchone():
            if self._entered:
                log.warning("replica %s was taken for dead: what it held is others' now", self.id)
                self.id = _new_id()
                for call in self._lost:
                    call()
            await connection.execute(sql.ENTER, (self.id, self._program, lasts))
        self._renewed, self._entered = began, True
        async with self._turn:
            self._turn.notify_all()
        await self._tell(connection, sql.REAP, (self._lease.gone,))
        if began - self._swept > SWEEP_SECONDS:
            self._swept = began
            await self._tell(connection, sql.SWEEP, ())
        row = await (await connection.execute(sql.LIVE)).fetchone()
        self.live = int(row[0]) if row else 1

    async def _tell(self, connection: Connection, statement: str, values: tuple[object, ...]) -> None:
        """Free lanes, and tell everybody whose turn it may be."""
        freed = await (await connection.execute(statement, values)).fetchall()
        for platform in {platform for (platform,) in freed}:
            await connection.execute(sql.TELL, (f"{platform} *",))


def _new_id() -> str:
    return secrets.token_hex(6)
