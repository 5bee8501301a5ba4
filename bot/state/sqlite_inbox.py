"""The inbox in a file of its own, for a single process: one thread, and whatever waits is committed together."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from functools import partial
from pathlib import Path

from bot.errors import CannotStore
from bot.inbox import (
    KEPT_SECONDS,
    ClaimedUpdate,
    ClosedChat,
    LeaseLost,
    NewUpdate,
    QueuedUpdate,
    UpdateConsumer,
    UpdateStatus,
)
from bot.state.database import FileHeader, file_header
from bot.state.sqlite_writer import WriterThread

log = logging.getLogger(__name__)

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
READ = "SELECT number, id, kind, body, received, attempts FROM updates WHERE number = ? AND status IS NULL"
COUNT = (
    "UPDATE updates SET attempts = attempts + 1 WHERE number = ? AND status IS NULL"
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


class SqliteInbox:
    """A platform's own part of the file; `clock` is the time of day in seconds."""

    def __init__(self, database: WriterThread, platform: str, clock: Callable[[], float]) -> None:
        self._database = database
        self._platform = platform
        self._clock = clock
        self._forgotten: set[str] = set()
        self._consumer: UpdateConsumer | None = None

    @asynccontextmanager
    async def delivering(self, consumer: UpdateConsumer) -> AsyncIterator[None]:
        """While the block runs, hand over what waits and what comes."""
        consumer.add(await self.queued())
        self._consumer = consumer
        try:
            yield
        finally:
            self._consumer = None

    async def held(self) -> None:
        """Return at once: nobody else has this file."""

    async def store(self, updates: Sequence[NewUpdate], position: str | None = None) -> int:
        """Commit updates, their first attempts counted; return how many were not known yet.

        Raises:
            InboxError: nothing was stored.
        """
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

    async def position(self) -> str | None:
        """Return how far the platform was read, as it was last stored."""
        rows = await self._database.read("SELECT value FROM positions WHERE platform = ?", (self._platform,))
        return str(rows[0][0]) if rows else None

    async def queued(self) -> list[QueuedUpdate]:
        """Return what was stored and has not ended, in order."""
        query = (
            "SELECT number, queue, kind, attempts > 1 FROM updates"
            " WHERE status IS NULL AND platform = ? ORDER BY number"
        )
        return await self._database.run(
            lambda db: [
                QueuedUpdate(number, queue, kind, begun=True, retried_after_crash=bool(retried_after_crash))
                for number, queue, kind, retried_after_crash in db.execute(query, (self._platform,))
            ]
        )

    async def claim(self, queued: QueuedUpdate) -> ClaimedUpdate | None:
        """Return an update, its attempt counted on the disk; None if it has ended."""
        if queued.counted:
            rows = await self._database.read(READ, (queued.number,))
            return ClaimedUpdate(*rows[0]) if rows else None

        def work(db: sqlite3.Connection) -> ClaimedUpdate | None:
            row = db.execute(COUNT, (queued.number,)).fetchone()
            return ClaimedUpdate(*row) if row else None

        return await self._database.run(work)

    async def release(self, number: int) -> None:
        """Take back an attempt that was broken off on purpose."""
        await self._database.run(
            lambda db: db.execute("UPDATE updates SET attempts = attempts - 1 WHERE number = ?", (number,))
        )

    async def end(
        self,
        number: int,
        status: UpdateStatus,
        reason: str | None = None,
        reply: tuple[str, str, str] | None = None,
    ) -> None:
        """Record how an update ended and forget its body; `reply` is (chat, message, our answer's id).

        Raises:
            LeaseLost: it has ended already.
        """
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

    async def quarantine(self, update: str, body: bytes, reason: str) -> None:
        """Store, as ended, something that is no update at all."""
        now = self._clock()
        told = f"{reason} ({len(body)} bytes)"
        row = (self._platform, update, "unknown", UpdateStatus.QUARANTINED, told, now, now)
        insert = (
            "INSERT OR IGNORE INTO updates (platform, id, kind, status, reason, received, ended)"
            " VALUES (?,?,?,?,?,?,?)"
        )
        await self._database.run(lambda db: db.execute(insert, row))

    async def reply_to(self, chat: str, message: str) -> str | None:
        """Return the id of our answer to a message, or None."""
        query = "SELECT reply FROM answers WHERE platform = ? AND chat = ? AND message = ?"

        def work(db: sqlite3.Connection) -> str | None:
            row = db.execute(query, (self._platform, chat, message)).fetchone()
            return str(row[0]) if row else None

        return await self._database.run(work)

    async def closed_chats(self) -> list[ClosedChat]:
        """Return the chats that are closed."""
        query = "SELECT chat, why, since FROM closed_chats WHERE platform = ?"
        return [ClosedChat(*row) for row in await self._database.read(query, (self._platform,))]

    async def close_chat(self, chat: ClosedChat) -> None:
        """A chat is closed."""
        row = (self._platform, chat.id, chat.why, chat.since)
        insert = "INSERT OR REPLACE INTO closed_chats VALUES (?, ?, ?, ?)"
        await self._database.run(lambda db: db.execute(insert, row))

    async def reopen_chat(self, chat: str) -> None:
        """A chat is open again."""
        delete = "DELETE FROM closed_chats WHERE platform = ? AND chat = ?"
        await self._database.run(lambda db: db.execute(delete, (self._platform, chat)))

    async def forget(self, chat: str) -> None:
        """Remove what is kept about a private chat, now and when the request itself has ended."""
        self._forgotten.add(chat)

        def work(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM answers WHERE platform = ? AND chat = ?", (self._platform, chat))
            db.execute(
                "DELETE FROM closed_chats WHERE platform = ? AND (chat = ? OR substr(chat, 1, ?) = ?)",
                (self._platform, chat, len(chat) + 1, f"{chat}/"),
            )

        await self._database.run(work)

    async def purge(self) -> int:
        """Delete what ended more than seven days ago; return how many updates that were."""
        before = self._clock() - KEPT_SECONDS

        def work(db: sqlite3.Connection) -> int:
            db.execute("DELETE FROM answers WHERE platform = ? AND at < ?", (self._platform, before))
            delete = "DELETE FROM updates WHERE platform = ? AND ended < ?"
            return db.execute(delete, (self._platform, before)).rowcount

        return await self._database.run(work)

    async def status_counts(self) -> Mapping[UpdateStatus | None, int]:
        """Return how many updates there are of each status; None stands for those that have not ended."""
        query = "SELECT status, count(*) FROM updates WHERE platform = ? GROUP BY status"
        rows = await self._database.read(query, (self._platform,))
        return Counter({UpdateStatus(status) if status else None: count for status, count in rows})


class SqliteInboxes:
    """The inboxes of all platforms in one file."""

    def __init__(self, database: WriterThread, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock
        self._inboxes: dict[str, SqliteInbox] = {}

    def of(self, platform: str) -> SqliteInbox:
        """Return a platform's own."""
        if platform not in self._inboxes:
            self._inboxes[platform] = SqliteInbox(self._database, platform, self._clock)
        return self._inboxes[platform]


@asynccontextmanager
async def open_inboxes(
    path: Path, clock: Callable[[], float], first_platform: str
) -> AsyncIterator[SqliteInboxes]:
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
        yield SqliteInboxes(database, clock)
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
