"""A SQLite file in a thread of its own: whatever waits is committed together, each for itself only where one fails."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TypeVar

from bot.inbox import InboxError

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]
BATCH = 512
BUSY_SECONDS = 1.0


@dataclass(slots=True)
class _Job:
    work: Work[Any]
    future: asyncio.Future[Any]
    writes: bool = True
    alone: bool = False
    result: Any = None
    error: Exception | None = None


class WriterThread:
    """One connection in one thread: WAL, every commit on the disk before it is reported.

    `run` may be called only on the event loop that was running at `open`.
    """

    def __init__(self, path: Path, prepare: Callable[[sqlite3.Connection], None]) -> None:
        """`prepare` brings the file's tables up to date."""
        self._path = path
        self._prepare = prepare
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    async def open(self) -> None:
        """Open or create the file.

        Raises:
            sqlite3.DatabaseError: the file is no database, or damaged.
        """
        self._loop = asyncio.get_running_loop()
        self._connection = await asyncio.to_thread(self._connect)
        self._thread = threading.Thread(target=self._serve, name=self._path.name)
        self._thread.start()

    async def close(self) -> None:
        """Commit what waits and close the file."""
        if self._thread is None:
            return
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)
        self._connection.close()
        self._thread = None

    async def run(self, work: Work[T]) -> T:
        """Run `work` in the next transaction; return when that is committed.

        Raises:
            InboxError: nothing of `work` is stored.
        """
        result: T = await self._done(_Job(work, self._loop.create_future()))
        return result

    async def read(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Return what a query finds among the committed, without waiting for what others write meanwhile.

        Raises:
            InboxError: it cannot be read.
        """
        job = _Job(lambda db: db.execute(query, values).fetchall(), self._loop.create_future(), writes=False)
        found: list[tuple[Any, ...]] = await self._done(job)
        return found

    async def vacuum(self) -> None:
        """Write the file anew, so that nothing is left in it of what was deleted."""
        await self._done(_Job(_rewrite, self._loop.create_future(), alone=True))

    async def _done(self, job: _Job) -> Any:
        self._jobs.put(job)
        try:
            return await job.future
        except sqlite3.Error as error:
            raise InboxError(f"{self._path.name}: {error}") from error

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            if connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                raise sqlite3.DatabaseError("quick_check failed")
            self._prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _serve(self) -> None:
        ending = False
        while not ending:
            waiting = [self._jobs.get()]
            while len(waiting) < BATCH and not self._jobs.empty():
                waiting.append(self._jobs.get())
            jobs = [job for job in waiting if job is not None]
            ending = len(jobs) < len(waiting)
            reading = [job for job in jobs if not job.writes]
            for job in reading:
                self._do(job)
            if reading:
                self._loop.call_soon_threadsafe(_settle, reading)
            jobs = [job for job in jobs if job.writes]
            together = [job for job in jobs if not job.alone]
            if together and not self._commit(together) and len(together) > 1:
                for job in together:  # one bad apple: each for itself
                    self._commit([job])
            for job in jobs:
                if job.alone:
                    self._do(job)
            if jobs:
                self._loop.call_soon_threadsafe(_settle, jobs)

    def _do(self, job: _Job) -> None:
        """Do what cannot be done in a transaction."""
        try:
            job.result = job.work(self._connection)
        except Exception as error:
            job.error = error

    def _commit(self, jobs: list[_Job]) -> bool:
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            for job in jobs:
                job.result = job.work(connection)
            connection.execute("COMMIT")
        except Exception as error:
            with suppress(sqlite3.Error):  # the next BEGIN fails, and tries again to roll back
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
            for job in jobs:
                job.error = error
            return False
        for job in jobs:
            job.error = None
        return True


def _rewrite(db: sqlite3.Connection) -> None:
    db.execute("VACUUM")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _settle(jobs: list[_Job]) -> None:
    for job in jobs:
        if job.future.done():
            continue
        if job.error is None:
            job.future.set_result(job.result)
        else:
            job.future.set_exception(job.error)
