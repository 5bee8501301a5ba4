"""The only place that knows how one database differs from another."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import aiosqlite  # noqa: F401 (loaded by name later, a file that cannot be opened would be "no such module")
from sqlalchemy import Connection, Table, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.sqlite import mark_of
from bot.state.errors import StateClosed, StateDamaged, StateError

WRITES = "chuchu_writes"
BARE = "chuchu_bare"
BUSY = 5_000  # milliseconds that a writer waits for another process
APPLICATION = 0x63686973  # "chis", in the head of the file
CHAIN = 7_241_501  # the key of PostgreSQL's advisory lock on the audit chain; any number of our own


def prepare(engine: AsyncEngine) -> None:
    """Set the engine up for its database."""
    if engine.dialect.name == "sqlite":
        event.listen(engine.sync_engine, "connect", _connect_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)


def check_address(address: str) -> None:
    """See whether a database of that address can be spoken to at all.

    Raises:
        ValueError: it is no address, or its driver is missing or not asynchronous.
    """
    try:
        dialect = make_url(address).get_dialect()
        dialect.import_dbapi()
    except (ArgumentError, ImportError):
        dialect = None
    if dialect is None or not dialect.is_async:
        raise ValueError(
            "要写装好了异步驱动的 SQLAlchemy 地址，例如 sqlite+aiosqlite:////srv/chuchu/state.sqlite"
        )


async def check_whole(connection: AsyncConnection, where: str) -> None:
    """Find damage before anything is written.

    Raises:
        StateDamaged: the database is not whole; the text names it and what to do.
    """
    if connection.dialect.name != "sqlite":
        return
    said = (await connection.execute(text("PRAGMA quick_check(1)"))).scalar_one()
    if said != "ok":
        raise StateDamaged(f"数据库 {where} 损坏（{said}）；请移开它，或从备份恢复")


def check_log(url: URL) -> None:
    """Find another database's log beside the file, which SQLite would take for its own.

    Raises:
        StateDamaged: it is there, or the file is no state at all; nothing was written.
    """
    if url.get_backend_name() != "sqlite" or not url.database:
        return
    mark = mark_of(Path(url.database))
    if mark and mark.application not in (0, APPLICATION):
        raise StateDamaged(
            f"数据库 {url.database} 或旁边的 {Path(url.database).name}-wal 是别的文件；请移开它，或从备份恢复"
        )


async def sign(connection: AsyncConnection) -> None:
    """Mark the file as ours."""
    if connection.dialect.name != "sqlite":
        return
    if (await connection.execute(text("PRAGMA application_id"))).scalar_one() != APPLICATION:
        await connection.execute(text(f"PRAGMA application_id = {APPLICATION}"))


async def one_writer(connection: AsyncConnection) -> None:
    """Hold off other writers of the audit chain until the transaction ends."""
    if connection.dialect.name == "postgresql":
        await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": CHAIN})


async def scrub(connection: AsyncConnection) -> None:
    """Write the database anew and empty its log: zeroing what is deleted misses copies that pages keep of each other."""
    if connection.dialect.name == "sqlite":
        for statement in ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
            await connection.execute(text(statement))


def insert_new(connection: AsyncConnection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An insert that leaves alone what is there already."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()


def explain(error: DatabaseError, where: str) -> StateError:
    """Say in our own words what a database's error means."""
    code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return StateDamaged(f"数据库 {where} 损坏（{error.orig}）；请移开它，或从备份恢复")
    if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN):
        return StateClosed(f"数据库 {where} 不能写入（{error.orig}）；请检查磁盘空间和权限")
    return StateError(f"数据库 {where} 出错（{error.orig}）")


def _connect_sqlite(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # SQLAlchemy, not the driver, says when a transaction begins
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # a writer that starts as a reader would meet "database is locked" instead of waiting
    options = connection.get_execution_options()
    if options.get(BARE):
        return
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get(WRITES) else "BEGIN")
