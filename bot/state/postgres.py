"""PostgreSQL as the inbox, the leaders and the snapshots speak to it: psycopg on the event loop, and notifications."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import AsyncConnection
from psycopg.conninfo import make_conninfo
from sqlalchemy.engine import make_url

from bot.errors import InboxError
from bot.runtime import background, backoff
from bot.sharing import CHANNELS, INBOX
from bot.state.database import KEEPALIVE

log = logging.getLogger(__name__)

Connection = AsyncConnection[tuple[Any, ...]]
# A frozen process would else keep its transaction for ever.
SETTINGS: dict[str, str | int] = {
    **KEEPALIVE,
    "tcp_user_timeout": 20_000,
    "options": "-c statement_timeout=10s -c idle_in_transaction_session_timeout=3s"
    " -c tcp_keepalives_idle=10 -c tcp_keepalives_interval=3 -c tcp_keepalives_count=3",
}
TELL = f"SELECT pg_notify('{INBOX}', %s)"
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 1.0


async def connect(url: str) -> Connection:
    """Connect to the database at a SQLAlchemy address; each statement is a transaction of its own.

    Raises:
        psycopg.Error: it cannot be reached.
    """
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    # A statement is planned for what it is asked: arrays of one and of five hundred want different plans.
    told = make_conninfo(address, **SETTINGS)
    return await AsyncConnection.connect(told, autocommit=True, prepare_threshold=5)


class Signals:
    """Calls by name from every process on the database; one that was away is called as if all had been."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._heard: dict[str, list[Callable[[str], None]]] = {}

    def subscribe(self, channel: str, call: Callable[[str], None]) -> None:
        """Have `call` called with what is said on a channel; with "" when something may have been missed."""
        self._heard.setdefault(channel, []).append(call)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Listen while the block runs."""
        async with background(self._listen()):
            yield

    async def _listen(self) -> None:
        failures = 0
        while True:
            try:
                async with await connect(self._url) as connection:
                    for channel in CHANNELS:
                        await connection.execute(f"LISTEN {channel}".encode())
                    failures = 0
                    self._call_all()
                    async for notice in connection.notifies():
                        for call in self._heard.get(notice.channel, ()):
                            call(notice.payload)
            except (psycopg.Error, OSError) as error:
                log.log(logging.DEBUG if failures else logging.WARNING, "signals: %s", error)
            await asyncio.sleep(backoff(failures, FIRST_PAUSE, LONGEST_PAUSE))
            failures += 1

    def _call_all(self) -> None:
        for calls in self._heard.values():
            for call in calls:
                call("")


BATCH = 512
RunBatch = Callable[[Connection, Sequence[Any]], Awaitable[Sequence[Any]]]
"""Does all work of a kind in one statement, and so in one commit; returns what came of each piece."""


@dataclass(slots=True)
class _Job:
    run: RunBatch
    work: object
    future: asyncio.Future[Any] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class PostgresWriter:
    """Does work in batches, each committed before it is reported; what fails together is tried alone."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._jobs: asyncio.Queue[_Job] = asyncio.Queue()

    async def do(self, run: RunBatch, work: object) -> Any:
        """Do a piece of work with whatever else of its kind waits; return what came of it.

        Raises:
            InboxError: nothing of it is stored, or the connection broke and nobody knows: it may be done again.
        """
        job = _Job(run, work)
        self._jobs.put_nowait(job)
        try:
            return await job.future
        except psycopg.Error as error:
            raise InboxError(f"PostgreSQL: {type(error).__name__}: {error}".strip()) from error

    async def ask(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Run a statement that shares nothing with others; return what it finds.

        Raises:
            InboxError: it was not run, or the connection broke and nobody knows.
        """
        found: list[tuple[Any, ...]] = await self.do(_each, (statement, values))
        return found

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Work while the block runs.

        Raises:
            psycopg.Error: the database cannot be reached at all.
        """
        async with await connect(self._url) as connection, background(self._serve(connection)):
            try:
                yield
            finally:
                await self._jobs.join()

    async def _serve(self, connection: Connection) -> None:
        while True:
            jobs = [await self._jobs.get()]
            while len(jobs) < BATCH and not self._jobs.empty():
                jobs.append(self._jobs.get_nowait())
            kinds: dict[RunBatch, list[_Job]] = {}
            for job in jobs:
                kinds.setdefault(job.run, []).append(job)
            for run, together in kinds.items():
                if connection.closed:
                    connection = await self._again(connection)
                if not await self._done(connection, run, together) and len(together) > 1:
                    for job in together:  # one bad apple: each for itself
                        await self._done(connection, run, [job])
                for job in together:
                    if not job.future.done():
                        job.future.set_exception(psycopg.OperationalError("the connection broke"))
                    self._jobs.task_done()

    async def _done(self, connection: Connection, run: RunBatch, jobs: Sequence[_Job]) -> bool:
        """Do jobs; settle them unless several failed together."""
        jobs = [job for job in jobs if not job.future.done()]
        if connection.closed:
            return True
        try:
            results = await run(connection, [job.work for job in jobs])
        except Exception as error:
            if len(jobs) > 1 and not connection.closed:
                return False
            for job in jobs:
                if not job.future.done():
                    job.future.set_exception(error)
            return True
        for job, result in zip(jobs, results, strict=True):
            if not job.future.done():
                job.future.set_result(result)
        return True

    async def _again(self, connection: Connection) -> Connection:
        """Connect anew; where that fails, what waits fails with the old one."""
        try:
            return await connect(self._url)
        except (psycopg.Error, OSError) as error:
            log.debug("inbox: %s", error)
            await asyncio.sleep(0.1)
            return connection


async def _each(connection: Connection, asked: Sequence[tuple[str, Sequence[object]]]) -> list[list[Any]]:
    """Statements that share nothing, one after another in one round trip."""
    async with connection.pipeline():
        cursors = [await connection.execute(statement.encode(), values) for statement, values in asked]
    return [await cursor.fetchall() if cursor.description else [] for cursor in cursors]
