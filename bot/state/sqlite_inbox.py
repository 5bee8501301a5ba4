"""The inbox in a file of its own: SQLite in a thread of its own, and whatever waits is committed together."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TypeVar

from bot.errors import CannotStore
from bot.state.database import FileHeader, file_header
from bot.state.inbox import (
    KEPT_SECONDS,
    ClaimedUpdate,
    ClosedChat,
    InboxError,
    NewUpdate,
    QueuedUpdate,
    UpdateStatus,
)

log = logging.getLogger(__name__)

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]
BATCH = 512
BUSY_SECONDS = 1.0
HEADER = FileHeader(0x63686962, 1)  # "chib"; the version grows with the tables
SCHEMA = f"""
CREATE TABLE IF NOT EXISTS updates (
    id INTEGER PRIMARY KEY, lane TEXT, kind TEXT NOT NULL, body BLOB, received REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, ending TEXT, reason TEXT, ended REAL);
CREATE INDEX IF NOT EXISTS updates_pending ON updates (id) WHERE ending IS NULL;
CREATE INDEX IF NOT EXISTS updates_ended ON updates (ended) WHERE ended IS NOT NULL;
CREATE TABLE IF NOT EXISTS chats (id TEXT PRIMARY KEY, closed TEXT NOT NULL, since REAL NOT NULL);
CREATE TABLE IF NOT EXISTS replies (
    chat TEXT NOT NULL, message TEXT NOT NULL, reply TEXT NOT NULL, at REAL NOT NULL,
    PRIMARY KEY (chat, message)) WITHOUT ROWID;
PRAGMA application_id = {HEADER.application};
PRAGMA user_version = {HEADER.version};
"""
READ = "SELECT id, kind, body, received, attempts FROM updates WHERE id = ? AND ending IS NULL"
COUNT = (
    "UPDATE updates SET attempts = attempts + 1 WHERE id = ? AND ending IS NULL"
    " RETURNING id, kind, body, received, attempts"
)


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

    def __init__(self, path: Path, schema: str) -> None:
        self._path = path
        self._schema = schema
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
            connection.executescript(self._schema)
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


class SqliteInbox:
    """Stored updates and which chats are closed; `clock` is the time of day in seconds."""

    def __init__(self, database: WriterThread, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock
        self._forgotten: set[str] = set()

    async def store(self, updates: Sequence[NewUpdate]) -> list[QueuedUpdate]:
        """Commit updates, their first attempts counted; return those that were not known yet.

        Raises:
            InboxError: nothing was stored.
        """
        now = self._clock()

        def work(db: sqlite3.Connection) -> list[QueuedUpdate]:
            insert = (
                "INSERT OR IGNORE INTO updates (id, lane, kind, body, received, attempts)"
                " VALUES (?, ?, ?, ?, ?, 1)"
            )
            return [
                QueuedUpdate(u.id, u.queue, u.kind, counted=True)
                for u in updates
                if db.execute(insert, (u.id, u.queue, u.kind, u.body, now)).rowcount
            ]

        return await self._database.run(work)

    async def queued(self) -> list[QueuedUpdate]:
        """Return what was stored and has not ended, in order."""
        query = "SELECT id, lane, kind, attempts > 1 FROM updates WHERE ending IS NULL ORDER BY id"
        return await self._database.run(
            lambda db: [
                QueuedUpdate(number, queue, kind, retried_after_crash=bool(retried_after_crash))
                for number, queue, kind, retried_after_crash in db.execute(query)
            ]
        )

    async def claim(self, queued: QueuedUpdate) -> ClaimedUpdate | None:
        """Return an update, its attempt counted on the disk; None if it has ended."""
        if queued.counted:
            rows = await self._database.read(READ, (queued.id,))
            return ClaimedUpdate(*rows[0]) if rows else None

        def work(db: sqlite3.Connection) -> ClaimedUpdate | None:
            row = db.execute(COUNT, (queued.id,)).fetchone()
            return ClaimedUpdate(*row) if row else None

        return await self._database.run(work)

    async def release(self, update: int) -> None:
        """Take back an attempt that was broken off on purpose."""
        await self._database.run(
            lambda db: db.execute("UPDATE updates SET attempts = attempts - 1 WHERE id = ?", (update,))
        )

    async def end(
        self,
        update: int,
        ending: UpdateStatus,
        reason: str | None = None,
        reply: tuple[str, str, str] | None = None,
    ) -> None:
        """Record how an update ended and forget its body; `reply` is (chat, message, our answer's id)."""
        now = self._clock()

        def work(db: sqlite3.Connection) -> None:
            db.execute(
                "UPDATE updates SET ending = ?, reason = ?, ended = ?, body = NULL, lane = NULL WHERE id = ?",
                (ending, reason, now, update),
            )
            if reply and reply[0] not in self._forgotten:
                db.execute("INSERT OR REPLACE INTO replies VALUES (?, ?, ?, ?)", (*reply, now))

        await self._database.run(work)
        if reply and reply[0] in self._forgotten:
            self._forgotten.discard(reply[0])
            await self._database.vacuum()

    async def quarantine(self, update: int, body: bytes, reason: str) -> None:
        """Store, as ended, something that is no update at all."""
        now = self._clock()
        row = (update, "unknown", UpdateStatus.QUARANTINED, f"{reason} ({len(body)} bytes)", now, now)
        insert = (
            "INSERT OR IGNORE INTO updates (id, kind, ending, reason, received, ended) VALUES (?,?,?,?,?,?)"
        )
        await self._database.run(lambda db: db.execute(insert, row))

    async def reply_to(self, chat: str, message: str) -> str | None:
        """Return the id of our answer to a message, or None."""
        query = "SELECT reply FROM replies WHERE chat = ? AND message = ?"

        def work(db: sqlite3.Connection) -> str | None:
            row = db.execute(query, (chat, message)).fetchone()
            return str(row[0]) if row else None

        return await self._database.run(work)

    async def closed_chats(self) -> list[ClosedChat]:
        """Return the chats that are closed."""
        rows = await self._database.read("SELECT id, closed, since FROM chats WHERE closed NOT NULL")
        return [ClosedChat(*row) for row in rows]

    async def close_chat(self, chat: ClosedChat) -> None:
        """A chat is closed."""
        insert = "INSERT OR REPLACE INTO chats (id, closed, since) VALUES (?, ?, ?)"
        row = (chat.id, chat.why, chat.since)
        await self._database.run(lambda db: db.execute(insert, row))

    async def reopen_chat(self, chat: str) -> None:
        """A chat is open again."""
        await self._database.run(lambda db: db.execute("DELETE FROM chats WHERE id = ?", (chat,)))

    async def forget(self, chat: str) -> None:
        """Remove what is kept about a private chat, now and when the request itself has ended."""
        self._forgotten.add(chat)

        def work(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM replies WHERE chat = ?", (chat,))
            db.execute("DELETE FROM chats WHERE id = ? OR id LIKE ? || '/%'", (chat, chat))

        await self._database.run(work)

    async def purge(self) -> int:
        """Delete what ended more than seven days ago; return how many updates that were."""
        before = self._clock() - KEPT_SECONDS

        def work(db: sqlite3.Connection) -> int:
            db.execute("DELETE FROM replies WHERE at < ?", (before,))
            return db.execute("DELETE FROM updates WHERE ended < ?", (before,)).rowcount

        return await self._database.run(work)

    async def status_counts(self) -> Mapping[UpdateStatus | None, int]:
        """Return how many updates there are of each status; None stands for those that have not ended."""
        rows = await self._database.read("SELECT ending, count(*) FROM updates GROUP BY ending")
        return Counter({UpdateStatus(ending) if ending else None: count for ending, count in rows})


@asynccontextmanager
async def open_inbox(path: Path, clock: Callable[[], float]) -> AsyncIterator[SqliteInbox]:
    """Open the inbox; what is damaged is moved aside, never deleted, and a new one begun.

    Raises:
        CannotStore: the file cannot be written, or is not ours to write: without it an update could be lost.
    """
    await asyncio.to_thread(_check_header, path, clock)
    database = WriterThread(path, SCHEMA)
    try:
        await database.open()
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise CannotStore(
                f"收件箱 {path} 不能写入（{error}）；请检查磁盘空间和权限，或用 CHUCHU_DATA 换一个文件夹"
            ) from error
        _move_aside(path, ("", "-wal", "-shm"), str(error), clock)
        database = WriterThread(path, SCHEMA)
        await database.open()
    try:
        yield SqliteInbox(database, clock)
    finally:
        await database.close()


def read_statuses(path: Path) -> dict[int, tuple[UpdateStatus | None, str | None]]:
    """Return each update's status and its reason, from an inbox that may be open elsewhere; none where none is begun."""
    if not path.exists():
        return {}
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
        if not db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'updates'").fetchone():
            return {}
        rows = db.execute("SELECT id, ending, reason FROM updates ORDER BY id").fetchall()
    return {update: (UpdateStatus(ending) if ending else None, reason) for update, ending, reason in rows}


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
