"""How far something got that must go on after a restart."""

from __future__ import annotations

from sqlalchemy import delete, insert, select

from bot.state.database import Database
from bot.state.tables import progress


class Progress:
    """Named marks."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, name: str) -> str | None:
        """The mark, or None if there is none yet."""
        async with self._database.reading() as connection:
            wanted = select(progress.c.value).where(progress.c.name == name)
            value: str | None = (await connection.execute(wanted)).scalar_one_or_none()
            return value

    async def set(self, name: str, value: str) -> None:
        """Set the mark."""
        async with self._database.writing() as connection:
            await connection.execute(delete(progress).where(progress.c.name == name))
            await connection.execute(insert(progress).values(name=name, value=value))
