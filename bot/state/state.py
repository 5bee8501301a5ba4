"""The shared state: all repositories over one database, and whole copies of it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import datetime
from pathlib import Path

from sqlalchemy import delete, insert, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import StateDamaged, StateError, StateReadOnly
from bot.state.chats import Checkpoints, Outbox, StoredChatMigrations, StoredPreferences, Watches
from bot.state.database import Database, open_database, take_time
from bot.state.people import ASKERS_KEY, Audit, Erasure, Roles, read_askers_key
from bot.state.questions import ChatAliases, Questions, Usage, Votes
from bot.state.sessions import Confirmations, SessionRepository, Uploads
from bot.state.tables import metadata
from knowledge.snapshots.files import write_durably


def file_of(url: str) -> Path:
    """The file of a SQLite address.

    Raises:
        StateError: the state is in another kind of database, which has tools of its own.
    """
    address = make_url(url)
    if address.get_backend_name() != "sqlite" or not address.database:
        raise StateError("共享状态不在 SQLite 里；请用那个数据库自己的备份工具（例如 pg_dump）")
    return Path(address.database)


def copy_state(url: str, target: Path) -> None:
    """Copy the state as it is at one moment into a new file, from whatever database; writers go on.

    Not from within an event loop.

    Raises:
        StateError: there is none, or it cannot be copied.
    """
    if make_url(url).get_backend_name() != "sqlite":
        asyncio.run(_copy_rows(url, target))
        return
    path = file_of(url)
    if not path.is_file():
        raise StateError(f"没有可备份的数据库 {path}；请先运行一次 chuchu")
    try:
        address = f"{path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(address, uri=True)) as source, closing(sqlite3.connect(target)) as copy:
            source.backup(copy, pages=-1)
            copy.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        raise StateReadOnly(f"数据库 {path} 不能备份（{error}）；请检查磁盘空间和权限") from error


class Copies:
    """Puts a copy in the place of everything."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put_back(self, copy: Path) -> None:
        """Replace all content by that of a copy that was brought up to this program, in one transaction.

        Raises:
            StateDamaged: the copy is not whole; nothing has changed.
            StateReadOnly: the database cannot be written.
        """
        url = self._database.url
        if make_url(url).get_backend_name() != "sqlite":
            async with (
                open_database(f"sqlite+aiosqlite:///{copy}") as source,
                source.reading() as rows,
                self._database.writing() as target,
            ):
                await _replace_rows(rows, target)
            return
        async with self._database.write_lock:
            await asyncio.to_thread(_replace, file_of(url), copy)


async def _copy_rows(url: str, target: Path) -> None:
    async with (
        open_database(url) as database,
        open_database(f"sqlite+aiosqlite:///{target}") as file,
        database.reading() as source,
        file.writing() as copy,
    ):
        await source.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        await _replace_rows(source, copy)


async def _replace_rows(source: AsyncConnection, target: AsyncConnection) -> None:
    """Make every table hold what it holds at the source; between databases of any kind."""
    for connection in (source, target):
        await connection.run_sync(take_time)
    for table in metadata.sorted_tables:
        await target.execute(delete(table))
        rows = [dict(row) for row in (await source.execute(select(table))).mappings()]
        if rows:
            await target.execute(insert(table), rows)
        if target.dialect.name == "postgresql" and "number" in table.c:  # it goes on counting behind them
            last = f"SELECT setval(pg_get_serial_sequence('{table.name}', 'number'), max(number)) FROM {table.name}"
            await target.execute(text(last))


def _replace(path: Path, copy: Path) -> None:
    try:
        with closing(sqlite3.connect(copy)) as source, closing(sqlite3.connect(path, timeout=30)) as target:
            if source.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                raise StateDamaged(f"{copy.name} 损坏，没有恢复；请换一份备份")
            # The pages carry the mode, and the running bot needs this one.
            source.execute("PRAGMA journal_mode=WAL")
            source.backup(target, pages=-1)
    except sqlite3.Error as error:
        raise StateReadOnly(f"数据库 {path} 不能写入（{error}）；请检查磁盘空间和权限") from error


async def share_askers_key(url: str, data: Path) -> None:
    """Have the same key of pseudonyms in every data folder: that of whoever came first.

    Raises:
        StateError: the database cannot be used.
    """
    own = await asyncio.to_thread(read_askers_key, data)
    async with open_database(url) as database, database.writing() as connection:
        row = {"name": ASKERS_KEY, "value": own}
        keep = "INSERT INTO shared_keys (name, value) VALUES (:name, :value) ON CONFLICT (name) DO NOTHING"
        await connection.execute(text(keep), row)
        shared = (
            await connection.execute(text("SELECT value FROM shared_keys WHERE name = :name"), row)
        ).scalar_one()
    if bytes(shared) != own:
        await asyncio.to_thread(write_durably, data / ASKERS_KEY, bytes(shared), 0o600)


class State:
    """The shared state: every repository over one database."""

    def __init__(self, database: Database) -> None:
        self.roles = Roles(database)
        self.audit = Audit(database)
        self.uploads = Uploads(database)
        self.shown = SessionRepository(database)
        self.confirmations = Confirmations(database)
        self.chat_migrations = StoredChatMigrations(database)
        self.preferences = StoredPreferences(database)
        self.questions = Questions(database)
        self.aliases = ChatAliases(database)
        self.watches = Watches(database)
        self.outbox = Outbox(database)
        self.votes = Votes(database)
        self.usage = Usage(database)
        self.checkpoints = Checkpoints(database)
        self.erasure = Erasure(database)
        self.copies = Copies(database)

    async def forget(self, now: datetime) -> None:
        """Remove whatever is older than it is kept.

        Raises:
            StateError: it cannot be written.
        """
        for kept in (self.shown, self.questions, self.outbox, self.votes, self.confirmations):
            await kept.forget(now)
        await self.usage.forget(now.date())


def sqlite_address(data: Path) -> str:
    return f"sqlite+aiosqlite:///{data / 'state.sqlite'}"


@asynccontextmanager
async def open_state(url: str) -> AsyncIterator[State]:
    """Open the shared state at a SQLAlchemy address.

    Raises:
        StateError: it is damaged, too new, or cannot be written.
    """
    async with open_database(url) as database:
        yield State(database)
