"""Whole copies of the shared state, taken and put back while others use it."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy.engine import make_url

from bot.state.database import Database
from bot.state.errors import StateClosed, StateDamaged, StateError


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
    """Copy the state as it is at one moment into a new file; writers go on.

    Raises:
        StateError: there is none, or it cannot be copied.
    """
    path = file_of(url)
    if not path.is_file():
        raise StateError(f"没有可备份的数据库 {path}；请先运行一次 chuchu")
    try:
        address = f"{path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(address, uri=True)) as source, closing(sqlite3.connect(target)) as copy:
            source.backup(copy, pages=-1)
            copy.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        raise StateClosed(f"数据库 {path} 不能备份（{error}）；请检查磁盘空间和权限") from error


class Copies:
    """Puts a copy in the place of everything."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put_back(self, copy: Path) -> None:
        """Replace all content by that of a copy that was brought up to this program, in one transaction.

        Raises:
            StateDamaged: the copy is not whole; nothing has changed.
            StateClosed: the database cannot be written.
        """
        url = self._database.url
        async with self._database.turn():
            await asyncio.to_thread(_replace, file_of(url), copy)


def _replace(path: Path, copy: Path) -> None:
    try:
        with closing(sqlite3.connect(copy)) as source, closing(sqlite3.connect(path, timeout=30)) as target:
            if source.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                raise StateDamaged(f"{copy.name} 损坏，没有恢复；请换一份备份")
            source.execute(
                "PRAGMA journal_mode=WAL"
            )  # the pages carry the mode, and the running bot needs this one
            source.backup(target, pages=-1)
    except sqlite3.Error as error:
        raise StateClosed(f"数据库 {path} 不能写入（{error}）；请检查磁盘空间和权限") from error
