"""Open the shared state, and the two kinds of transaction on it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.state import dialects
from bot.state.migrate import migrate


class Database:
    """The engine, and transactions that commit at their end or leave nothing."""

    def __init__(self, engine: AsyncEngine, where: str) -> None:
        self._engine = engine
        self._writers = engine.execution_options(**{dialects.WRITES: True})
        self._bare = engine.execution_options(**{dialects.BARE: True})
        self._where = where
        self._turn = (
            asyncio.Lock()
        )  # one writer of ours at a time: SQLite has one, and waiting here is cheaper

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A consistent view."""
        with _explained(self._where):
            async with self._engine.connect() as connection:
                yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A transaction, on the disk when the block has ended.

        Raises:
            StateClosed: the disk is full or the folder read-only; nothing was written.
        """
        with _explained(self._where):
            async with self._turn, self._writers.begin() as connection:
                yield connection

    @property
    def url(self) -> str:
        """Where it is."""
        return self._engine.url.render_as_string(hide_password=False)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Keep our own writers waiting."""
        async with self._turn:
            yield

    async def scrub(self) -> None:
        """Leave nothing of deleted rows in the database's files."""
        with _explained(self._where):
            async with self._turn, self._bare.connect() as connection:
                await dialects.scrub(connection)


@asynccontextmanager
async def open_database(url: str) -> AsyncIterator[Database]:
    """Open the database at a SQLAlchemy address, brought up to the tables of this program version.

    Raises:
        StateDamaged: the database is not whole.
        StateTooNew: a newer program version wrote it.
        StateClosed: it cannot be written.
    """
    await asyncio.to_thread(dialects.check_log, make_url(url))
    engine = create_async_engine(url, hide_parameters=True)
    dialects.prepare(engine)
    where = make_url(url).render_as_string(hide_password=True)
    database = Database(engine, where)
    try:
        async with database.reading() as connection:
            await dialects.check_whole(connection, where)
        async with database.writing() as connection:
            await connection.run_sync(migrate, where)
            await dialects.sign(connection)
        yield database
    finally:
        await engine.dispose()


@contextmanager
def _explained(where: str) -> Iterator[None]:
    try:
        yield
    except DatabaseError as error:
        raise dialects.explain(error, where) from error
