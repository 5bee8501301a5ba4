"""The inbox in a file of its own, for a single process: one thread, and whatever waits is committed together."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TypeVar

from bot.errors import CannotStore, InboxError, LeaseLost
from bot.inbox import (
    ClaimedUpdate,
    Inbox,
    Inboxes,
    NewUpdate,
    QueuedUpdate,
    UpdateConsumer,
    UpdateStatus,
)
from bot.state.database import FileHeader, file_header

log = logging.getLogger(__name__)

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


HEADER = FileHeader(0x63686962, 2)  # "chib"; the version grows with the tables
SCHEMA = f"""
CREATE TABLE IF NOT EXISTS updates (
    number INTEGER PRIMARY KEY, platform TEXT NOT NULL, id TEXT NOT NULL, queue TEXT, kind TEXT NOT NULL, body BLOB,
    received REAL NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, status TEXT, reason TEXT, ended REAL,
    UNIQUE (platform, id));
CREATE INDEX IF NOT EXISTS updates_waiting ON updates (platform, number) WHERE status IS NULL;
CREATE INDEX IF NOT EXISTS updates_by_end ON updates (ended) WHERE ended IS NOT NULL;
CREATE TABLE IF NOT EXISTS closed_chats (
    platform TEXT NOT NULL, chat TEXT NOT NULL, why TEXT NOT NULL, since REAL NOT NULL,
    PRIMARY KEY (platform, chat)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS answers (
    platform TEXT NOT NULL, chat TEXT NOT NULL, message TEXT NOT NULL, reply TEXT NOT NULL, at REAL NOT NULL,
    PRIMARY KEY (platform, chat, message)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS positions (platform TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
PRAGMA application_id = {HEADER.application};
PRAGMA user_version = {HEADER.version};
"""
# Version 0.1 knew one platform, whose ids were its order. Its file becomes today's in one transaction, or stays as it is.
FROM_FIRST = """
INSERT INTO updates SELECT id, {platform}, id, lane, kind, body, received, attempts, ending, reason, ended FROM updates_1;
INSERT INTO closed_chats SELECT {platform}, id, closed, since FROM chats WHERE closed NOT NULL;
INSERT INTO answers SELECT {platform}, chat, message, reply, at FROM replies;
DROP TABLE updates_1; DROP TABLE chats; DROP TABLE replies;
"""
FIRST_INDEXES = "DROP INDEX IF EXISTS updates_pending; DROP INDEX IF EXISTS updates_ended;"
READ = "SELECT number, id, kind, body, received, attempts FROM updates WHERE number = %s AND status IS NULL"
COUNT = (
    "UPDATE updates SET attempts = attempts + 1 WHERE number = %s AND status IS NULL"
    " RETURNING number, id, kind, body, received, attempts"
)
INSERT = (
    "INSERT OR IGNORE INTO updates (platform, id, queue, kind, body, received, attempts)"
    " VALUES (?, ?, ?, ?, ?, ?, 1) RETURNING number"
)
END = (
    "UPDATE updates SET status = ?, reason = ?, ended = ?, body = NULL, queue = NULL"
    " WHERE number = ? AND status IS NULL"
)


def _prepare(db: sqlite3.Connection, first_platform: str) -> None:
    """Bring the tables up to date; also those of a file that was begun before it had a mark."""
    if not db.execute("SELECT 1 FROM pragma_table_info('updates') WHERE name = 'lane'").fetchone():
        db.executescript(SCHEMA)
        return
    before = f"ALTER TABLE updates RENAME TO updates_1; {FIRST_INDEXES}"
    (platform,) = db.execute("SELECT quote(?)", (first_platform,)).fetchone()
    db.executescript(f"BEGIN IMMEDIATE; {before} {SCHEMA} {FROM_FIRST.format(platform=platform)} COMMIT;")


class SqliteInbox(Inbox):
    """A platform's own part of the file."""

    def __init__(self, database: WriterThread, platform: str, clock: Callable[[], float]) -> None:
        super().__init__(platform, clock)
        self._database = database
        self._consumer: UpdateConsumer | None = None

    @asynccontextmanager
    async def delivering(self, consumer: UpdateConsumer) -> AsyncIterator[None]:
        """Hand over what waits, then what is stored."""
        consumer.add(await self.queued())
        self._consumer = consumer
        try:
            yield
        finally:
            self._consumer = None

    async def held(self) -> None:
        """Return at once: nobody else has this file."""

    async def store(self, updates: Sequence[NewUpdate], position: str | None = None) -> int:
        """Commit updates, their first attempts counted."""
        now = self._clock()

        def work(db: sqlite3.Connection) -> list[QueuedUpdate]:
            new = []
            for u in updates:
                row = db.execute(INSERT, (self._platform, u.id, u.queue, u.kind, u.body, now)).fetchone()
                if row:
                    new.append(QueuedUpdate(row[0], u.queue, u.kind, counted=True))
            if position is not None:
                db.execute("INSERT OR REPLACE INTO positions VALUES (?, ?)", (self._platform, position))
            return new

        new = await self._database.run(work)
        if self._consumer is not None:
            self._consumer.add(new)
        return len(new)

    async def claim(self, queued: QueuedUpdate) -> ClaimedUpdate | None:
        """Count what is not counted yet."""
        rows = await self._ask(READ if queued.counted else COUNT, queued.number)
        return ClaimedUpdate(*rows[0]) if rows else None

    async def end(
        self,
        number: int,
        status: UpdateStatus,
        reason: str | None = None,
        reply: tuple[str, str, str] | None = None,
    ) -> None:
        now = self._clock()

        def work(db: sqlite3.Connection) -> bool:
            if not db.execute(END, (status, reason, now, number)).rowcount:
                return False
            if reply and reply[0] not in self._forgotten:
                row = (self._platform, *reply, now)
                db.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?)", row)
            return True

        if not await self._database.run(work):
            raise LeaseLost(f"update {number} has ended already")
        if reply and reply[0] in self._forgotten:
            self._forgotten.discard(reply[0])
            await self._database.vacuum()

    async def _ask(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        query = statement.replace("{inbox}", "").replace("%s", "?")
        if query.startswith("SELECT"):
            return await self._database.read(query, values)
        return await self._database.run(lambda db: db.execute(query, values).fetchall())


@asynccontextmanager
async def open_inboxes(path: Path, clock: Callable[[], float], first_platform: str) -> AsyncIterator[Inboxes]:
    """Open the file; what is damaged is moved aside, never deleted, and a new one begun.

    `first_platform` is whose updates a file of version 0.1 holds, which knew one only.

    Raises:
        CannotStore: the file cannot be written, or is not ours to write: without it an update could be lost.
    """
    await asyncio.to_thread(_check_header, path, clock)
    prepare = partial(_prepare, first_platform=first_platform)
    database = WriterThread(path, prepare)
    try:
        await database.open()
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise CannotStore(
                f"收件箱 {path} 不能写入（{error}）；请检查磁盘空间和权限，或用 CHUCHU_DATA 换一个文件夹"
            ) from error
        _move_aside(path, ("", "-wal", "-shm"), str(error), clock)
        database = WriterThread(path, prepare)
        await database.open()
    try:
        yield Inboxes(lambda platform: SqliteInbox(database, platform, clock))
    finally:
        await database.close()


def read_statuses(path: Path, platform: str) -> dict[str, tuple[UpdateStatus | None, str | None]]:
    """Return each update's status and its reason, from an inbox that may be open elsewhere; none where none is begun."""
    if not path.exists():
        return {}
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
        if not db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'updates'").fetchone():
            return {}
        query = "SELECT id, status, reason FROM updates WHERE platform = ? ORDER BY number"
        rows = db.execute(query, (platform,)).fetchall()
    return {update: (UpdateStatus(status) if status else None, reason) for update, status, reason in rows}


def _check_header(path: Path, clock: Callable[[], float]) -> None:
    """See that the file is ours to write; another file's log beside it goes aside before SQLite takes it in."""
    header = file_header(path)
    if header and header.application not in (0, HEADER.application):
        _move_aside(path, ("-wal", "-shm"), "the log beside it is another file's", clock)
        header = file_header(path)
    if header and header.application not in (0, HEADER.application):
        raise CannotStore(f"{path} 不是收件箱；请移开它，或用 CHUCHU_DATA 换一个文件夹")
    if header and header.version > HEADER.version:
        raise CannotStore(f"收件箱 {path} 来自更新的程序版本；请升级程序，或用 CHUCHU_DATA 换一个文件夹")


def _move_aside(path: Path, tails: Sequence[str], why: str, clock: Callable[[], float]) -> None:
    aside = path.with_name(f"{path.name}.damaged-{int(clock())}")
    log.error("inbox %s is damaged (%s); moved to %s", path, why, aside.name)
    for tail in tails:
        damaged = path.with_name(path.name + tail)
        if damaged.exists():
            damaged.rename(aside.with_name(aside.name + tail))
