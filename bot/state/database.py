"""The database of the shared state: opened, brought up to date, read and written in whole transactions.

Where SQLite and PostgreSQL differ, they differ here.
"""

from __future__ import annotations

import asyncio
import base64
import secrets
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote

import aiosqlite  # noqa: F401 (loaded by name later, a file that cannot be opened would be "no such module")
from sqlalchemy import (
    Connection,
    Delete,
    Insert,
    Row,
    Select,
    Table,
    Update,
    delete,
    event,
    insert,
    inspect,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.errors import StateDamaged, StateError, StateReadOnly, StateTooNew

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FileHeader:
    """Which program's file it is, and of which format: SQLite's `application_id` and `user_version`, 0 if never set."""

    application: int
    version: int


def file_header(path: Path) -> FileHeader | None:
    """Read the mark of a file together with the log beside it; None where there is no file, or none of SQLite's.

    A log that another file left there is read as if it belonged: then the mark is the other file's.
    """
    if not path.exists():
        return None
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
            (application,), (version,) = (
                db.execute(f"PRAGMA {name}").fetchone() for name in ("application_id", "user_version")
            )
    except sqlite3.Error:  # whoever opens it to write will say what is wrong
        return None
    return FileHeader(application, version)


def fresh_id() -> str:
    """Return 16 base32 characters of 80 random bits."""
    return base64.b32encode(secrets.token_bytes(10)).decode("ascii").lower()


STEPS = Path(__file__).parent / "migrations" / "versions"


def is_behind(connection: Connection) -> bool:
    """Tell whether the database is not at this program's step; then load what brings it there, before anybody must wait."""
    found = None
    if inspect(connection).has_table("alembic_version"):
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    behind = found != max(path.name for path in STEPS.glob("[0-9]*.py")).split("_")[0]
    if behind:
        import alembic.command  # noqa: F401 (a quarter of a second, which nobody should wait for who writes meanwhile)
    return behind


def take_time(connection: Connection) -> None:
    """Let a transaction last: a large table takes its time, and so may we between two statements."""
    if connection.dialect.name == "postgresql":
        for limit in ("statement_timeout", "idle_in_transaction_session_timeout"):
            connection.execute(text(f"SET LOCAL {limit} = 0"))


def migrate(connection: Connection, where: str) -> None:
    """Run what is missing, inside the connection's transaction: all of it, or nothing.

    Raises:
        StateTooNew: the database is at a step that this program version does not know.
    """
    if not is_behind(connection):
        return
    take_time(connection)
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(STEPS.parent))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise StateTooNew(
            f"数据库 {where} 来自更新的程序版本（{error}）；请升级程序，或换一个数据库"
        ) from error


WRITES = "chuchu_writes"
BARE = "chuchu_bare"
BUSY = 5_000  # milliseconds that a writer waits for another process
APPLICATION = 0x63686973  # "chis", in the head of the file
WRITERS = 7_241_501  # the key of PostgreSQL's advisory lock on writing; any number of our own
# A cut cable would else keep a session and its locks for two hours.
KEEPALIVE = {"connect_timeout": 5, "keepalives_idle": 10, "keepalives_interval": 3, "keepalives_count": 3}
# Nor must a frozen process keep others from writing.
PATIENCE = "-c statement_timeout=5s -c idle_in_transaction_session_timeout=2s"
POSTGRES = {
    "pool_pre_ping": True,
    "pool_recycle": 1800,
    "connect_args": {**KEEPALIVE, "options": PATIENCE},
}


def check_address(address: str) -> None:
    """See whether a database of that address can be spoken to at all.

    Raises:
        ValueError: it is no address, or its driver is missing or not asynchronous.
    """
    try:
        url = make_url(address)
        dialect = url.get_dialect().get_async_dialect_cls(url)
        dialect.import_dbapi()
    except (ArgumentError, ImportError):
        dialect = None
    if dialect is None or not dialect.is_async:
        raise ValueError(
            "要写装好了异步驱动的 SQLAlchemy 地址，例如 postgresql+psycopg://chuchu:密码@主机/chuchu"
            "（先 pip install 'chuchu[postgres]'），或 sqlite+aiosqlite:////srv/chuchu/state.sqlite"
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
    mark, beside = file_header(Path(url.database)), f"{Path(url.database).name}-wal"
    if mark and mark.application not in (0, APPLICATION):
        raise StateDamaged(f"数据库 {url.database} 或旁边的 {beside} 是别的文件；请移开它，或从备份恢复")


async def mark_file(connection: AsyncConnection) -> None:
    if connection.dialect.name != "sqlite":
        return
    if (await connection.execute(text("PRAGMA application_id"))).scalar_one() != APPLICATION:
        await connection.execute(text(f"PRAGMA application_id = {APPLICATION}"))


async def call_others(connection: AsyncConnection, channel: str) -> None:
    """Tell other processes, when the transaction commits, that something has changed."""
    if connection.dialect.name == "postgresql":
        await connection.execute(text("SELECT pg_notify(:channel, '')"), {"channel": channel})


def insert_missing(connection: AsyncConnection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An insert that leaves alone what is there already."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()


# PostgreSQL's classes: no connection, no resources, an operator's hand; and a server that only reads.
AWAY = ("08", "53", "57", "25006")


def explain(error: DatabaseError, where: str) -> StateError:
    """Say in our own words what a database's error means."""
    state = getattr(error.orig, "sqlstate", None)
    if error.connection_invalidated or (state or "").startswith(AWAY):
        return StateReadOnly(f"数据库 {where} 现在用不了（{error.orig}）；请检查 PostgreSQL 和网络")
    code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return StateDamaged(f"数据库 {where} 损坏（{error.orig}）；请移开它，或从备份恢复")
    if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN):
        return StateReadOnly(f"数据库 {where} 不能写入（{error.orig}）；请检查磁盘空间和权限")
    return StateError(f"数据库 {where} 出错（{error.orig}）")


def _connect_sqlite(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # SQLAlchemy, not the driver, says when a transaction begins
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # a writer that starts as a reader would meet "database is locked" instead of waiting
    options = connection.get_execution_options()
    if options.get(BARE):
        return
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get(WRITES) else "BEGIN")


class Database:
    """The engine, and transactions that commit at their end or leave nothing."""

    def __init__(self, engine: AsyncEngine, where: str) -> None:
        self._engine = engine
        self._writers = engine.execution_options(**{WRITES: True})
        self._bare = engine.execution_options(**{BARE: True})
        self._where = where
        # One writer of ours at a time: SQLite has one, and waiting here is cheaper.
        self.write_lock = asyncio.Lock()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A consistent view."""
        with _explained(self._where):
            async with _connected(self._engine) as connection:
                yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A transaction, on the disk when the block has ended; what it reads, no other writer changes meanwhile.

        Raises:
            StateReadOnly: the disk is full or the folder read-only; nothing was written.
        """
        with _explained(self._where):
            async with self.write_lock, _connected(self._writers) as connection, connection.begin():
                if connection.dialect.name == "postgresql":  # others wait, as by themselves on SQLite
                    await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": WRITERS})
                yield connection

    @asynccontextmanager
    async def adding(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that adds rows and reads nothing, so that on PostgreSQL others may write meanwhile.

        Raises:
            StateReadOnly: the disk is full or the folder read-only; nothing was written.
        """
        if self._engine.dialect.name == "sqlite":
            async with self.writing() as connection:
                yield connection
            return
        with _explained(self._where):
            async with _connected(self._writers) as connection, connection.begin():
                yield connection

    async def rows(self, statement: Select[*tuple[Any, ...]]) -> Sequence[Row[*tuple[Any, ...]]]:
        """Return what one statement reads."""
        async with self.reading() as connection:
            return (await connection.execute(statement)).all()

    async def value(self, statement: Select[T]) -> T | None:
        """Return the one value that a statement reads; None where there is no row."""
        async with self.reading() as connection:
            return (await connection.execute(statement)).scalar_one_or_none()

    async def change(self, *statements: Insert | Update | Delete) -> int:
        """Write in one transaction; return how many rows the last statement changed."""
        async with self.writing() as connection:
            for statement in statements:
                changed = await connection.execute(statement)
            return changed.rowcount

    async def put(self, table: Table, **row: object) -> None:
        """Write a row, in the place of the one with its key."""
        mine = [column == row[column.name] for column in table.primary_key]
        await self.change(delete(table).where(*mine), insert(table).values(**row))

    @property
    def url(self) -> str:
        return self._engine.url.render_as_string(hide_password=False)

    async def vacuum(self) -> None:
        """Leave nothing of deleted rows in the database's files: zeroing them misses copies that pages keep of each other."""
        if self._engine.dialect.name == "sqlite":
            with _explained(self._where):
                async with self.write_lock, _connected(self._bare) as connection:
                    for statement in ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
                        await connection.execute(text(statement))


class Repository:
    """Statements over some tables of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database


@asynccontextmanager
async def open_database(url: str) -> AsyncIterator[Database]:
    """Open the database at a SQLAlchemy address, brought up to the tables of this program version.

    Raises:
        StateDamaged: the database is not whole.
        StateTooNew: a newer program version wrote it.
        StateReadOnly: it cannot be written.
    """
    await asyncio.to_thread(check_log, make_url(url))
    postgres = POSTGRES if make_url(url).get_backend_name() == "postgresql" else {}
    engine = create_async_engine(url, hide_parameters=True, **postgres)
    if engine.dialect.name == "sqlite":
        event.listen(engine.sync_engine, "connect", _connect_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
    where = unquote(make_url(url).render_as_string(hide_password=True))  # as a person would write it
    database = Database(engine, where)
    try:
        async with database.reading() as connection:
            await check_whole(connection, where)
            await connection.run_sync(is_behind)
        async with database.writing() as connection:
            await connection.run_sync(migrate, where)
            await mark_file(connection)
        yield database
    finally:
        await _ended(engine.dispose())


@asynccontextmanager
async def _connected(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Lend a connection; who is cancelled meanwhile waits for it, as the pool forgets one that is half made, and open."""
    making = asyncio.ensure_future(engine.connect().start())
    try:
        connection = await _ended(making)
    except asyncio.CancelledError:
        with suppress(DatabaseError):
            await _ended(making.result().close())
        raise
    try:
        yield connection
    finally:
        await _ended(connection.close())


async def _ended(work: Awaitable[T]) -> T:
    """Wait for the end of what opens or closes, however often the one who waits is cancelled; that is told then."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled
    return task.result()


@contextmanager
def _explained(where: str) -> Iterator[None]:
    try:
        yield
    except DatabaseError as error:
        raise explain(error, where) from error
