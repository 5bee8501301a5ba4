"""The durable inbox: an update is on the disk before Telegram hears that we have it, and is handled once."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bot.errors import CannotStore
from bot.sqlite import Mark, mark_of
from bot.telegram.database import Database

MARK = Mark(0x63686962, 1)  # "chib"; the version grows with the tables
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
PRAGMA application_id = {MARK.application};
PRAGMA user_version = {MARK.version};
"""
READ = "SELECT id, kind, body, received, attempts FROM updates WHERE id = ? AND ending IS NULL"
COUNT = (
    "UPDATE updates SET attempts = attempts + 1 WHERE id = ? AND ending IS NULL"
    " RETURNING id, kind, body, received, attempts"
)
ATTEMPTS = 3
KEPT_SECONDS = 7 * 86400.0
logger = logging.getLogger(__name__)


class Ending(StrEnum):
    """How an update ended; every stored update gets exactly one."""

    ANSWERED = "answered"
    IGNORED = "ignored"
    REFUSED = "refused"
    EXPIRED = "expired"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class Incoming:
    """An update as it came: `body` is its own JSON, `lane` the row in which order is kept."""

    id: int
    lane: str
    kind: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Pending:
    """A stored update without its body: what the workers keep in memory.

    `counted` tells that its next attempt is counted already, `failed` that an earlier one failed in this process,
    `struck` that it was begun anew after one death and cut off by the next.
    """

    id: int
    lane: str
    kind: str
    counted: bool = False
    failed: bool = False
    struck: bool = False


@dataclass(frozen=True, slots=True)
class Claimed:
    """A stored update whose attempt has been counted."""

    id: int
    kind: str
    body: bytes
    received: float
    attempts: int


@dataclass(frozen=True, slots=True)
class ClosedChat:
    """A chat, or a topic of one, that takes nothing from us."""

    id: str
    why: str
    since: float


class Inbox:
    """Stored updates and which chats are closed; `clock` is the time of day in seconds."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock
        self._forgotten: set[str] = set()

    async def store(self, updates: Sequence[Incoming]) -> list[Pending]:
        """Commit updates, their first attempts counted; return those that were not known yet.

        Raises:
            sqlite3.Error: nothing was stored.
        """
        now = self._clock()

        def work(db: sqlite3.Connection) -> list[Pending]:
            insert = (
                "INSERT OR IGNORE INTO updates (id, lane, kind, body, received, attempts)"
                " VALUES (?, ?, ?, ?, ?, 1)"
            )
            return [
                Pending(u.id, u.lane, u.kind, counted=True)
                for u in updates
                if db.execute(insert, (u.id, u.lane, u.kind, u.body, now)).rowcount
            ]

        return await self._database.run(work)

    async def pending(self) -> list[Pending]:
        """Return what was stored and has not ended, in order."""
        query = "SELECT id, lane, kind, attempts > 1 FROM updates WHERE ending IS NULL ORDER BY id"
        return await self._database.run(
            lambda db: [
                Pending(number, lane, kind, struck=bool(struck))
                for number, lane, kind, struck in db.execute(query)
            ]
        )

    async def claim(self, pending: Pending) -> Claimed | None:
        """Return an update, its attempt counted on the disk; None if it has ended."""
        if pending.counted:
            rows = await self._database.read(READ, (pending.id,))
            return Claimed(*rows[0]) if rows else None

        def work(db: sqlite3.Connection) -> Claimed | None:
            row = db.execute(COUNT, (pending.id,)).fetchone()
            return Claimed(*row) if row else None

        return await self._database.run(work)

    async def release(self, update: int) -> None:
        """Take back an attempt that was broken off on purpose."""
        await self._database.run(
            lambda db: db.execute("UPDATE updates SET attempts = attempts - 1 WHERE id = ?", (update,))
        )

    async def end(
        self,
        update: int,
        ending: Ending,
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
            await self._database.scrub()

    async def quarantine(self, update: int, body: bytes, reason: str) -> None:
        """Store, as ended, something that is no update at all."""
        now = self._clock()
        row = (update, "unknown", Ending.QUARANTINED, f"{reason} ({len(body)} bytes)", now, now)
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

    async def chats(self) -> list[ClosedChat]:
        """Return the chats that are closed."""
        rows = await self._database.read("SELECT id, closed, since FROM chats WHERE closed NOT NULL")
        return [ClosedChat(*row) for row in rows]

    async def remember(self, chat: ClosedChat) -> None:
        """A chat is closed."""
        insert = "INSERT OR REPLACE INTO chats (id, closed, since) VALUES (?, ?, ?)"
        row = (chat.id, chat.why, chat.since)
        await self._database.run(lambda db: db.execute(insert, row))

    async def forget_chat(self, chat: str) -> None:
        """A chat is open again."""
        await self._database.run(lambda db: db.execute("DELETE FROM chats WHERE id = ?", (chat,)))

    async def forget(self, chat: str) -> None:
        """Remove what is kept about a private chat, now and when the wish itself has ended."""
        self._forgotten.add(chat)

        def work(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM replies WHERE chat = ?", (chat,))
            db.execute("DELETE FROM chats WHERE id = ? OR id LIKE ? || '/%'", (chat, chat))

        await self._database.run(work)

    async def tidy(self) -> int:
        """Delete what ended more than seven days ago; return how many updates that were."""
        before = self._clock() - KEPT_SECONDS

        def work(db: sqlite3.Connection) -> int:
            db.execute("DELETE FROM replies WHERE at < ?", (before,))
            return db.execute("DELETE FROM updates WHERE ended < ?", (before,)).rowcount

        return await self._database.run(work)


@asynccontextmanager
async def open_inbox(path: Path, clock: Callable[[], float]) -> AsyncIterator[Inbox]:
    """Open the inbox; what is damaged is moved aside, never deleted, and a new one begun.

    Raises:
        CannotStore: the file cannot be written, or is not ours to write: without it an update could be lost.
    """
    await asyncio.to_thread(_check_mark, path, clock)
    database = Database(path, SCHEMA)
    try:
        await database.open()
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise CannotStore(
                f"收件箱 {path} 不能写入（{error}）；请检查磁盘空间和权限，或用 CHUCHU_DATA 换一个文件夹"
            ) from error
        _move_aside(path, ("", "-wal", "-shm"), str(error), clock)
        database = Database(path, SCHEMA)
        await database.open()
    try:
        yield Inbox(database, clock)
    finally:
        await database.close()


def _check_mark(path: Path, clock: Callable[[], float]) -> None:
    """See that the file is ours to write; another file's log beside it goes aside before SQLite takes it in."""
    mark = mark_of(path)
    if mark and mark.application not in (0, MARK.application):
        _move_aside(path, ("-wal", "-shm"), "the log beside it is another file's", clock)
        mark = mark_of(path)
    if mark and mark.application not in (0, MARK.application):
        raise CannotStore(f"{path} 不是收件箱；请移开它，或用 CHUCHU_DATA 换一个文件夹")
    if mark and mark.version > MARK.version:
        raise CannotStore(f"收件箱 {path} 来自更新的程序版本；请升级程序，或用 CHUCHU_DATA 换一个文件夹")


def _move_aside(path: Path, tails: Sequence[str], why: str, clock: Callable[[], float]) -> None:
    aside = path.with_name(f"{path.name}.damaged-{int(clock())}")
    logger.error("inbox %s is damaged (%s); moved to %s", path, why, aside.name)
    for tail in tails:
        damaged = path.with_name(path.name + tail)
        if damaged.exists():
            damaged.rename(aside.with_name(aside.name + tail))
