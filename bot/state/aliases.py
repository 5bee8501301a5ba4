"""Other names that admins gave in chat."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select

from bot.state.database import Database
from bot.state.tables import aliases


@dataclass(frozen=True, slots=True)
class ChatAlias:
    """A group of names that mean the same."""

    number: int
    names: tuple[str, ...]


class ChatAliases:
    """The groups, in the order they were given."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, names: tuple[str, ...], now: datetime) -> None:
        """Keep a group."""
        async with self._database.writing() as connection:
            await connection.execute(insert(aliases).values(names=list(names), since=now))

    async def all(self) -> list[ChatAlias]:
        """Every group."""
        async with self._database.reading() as connection:
            rows = await connection.execute(select(aliases).order_by(aliases.c.number))
            return [ChatAlias(row.number, tuple(row.names)) for row in rows]

    async def remove(self, number: int) -> bool:
        """Forget a group; False if there is none of that number."""
        async with self._database.writing() as connection:
            gone = delete(aliases).where(aliases.c.number == number)
            return (await connection.execute(gone)).rowcount == 1
