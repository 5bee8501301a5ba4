"""What is kept per chat follows a chat that gets a new id, and ends with one that closes."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from sqlalchemy import Table, and_, delete, func, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.state.database import Database
from bot.state.errors import StateError
from bot.state.tables import hopes, outgoing, preferences, shown_answers, watches

# every table with the columns `platform` and `chat`
KEPT_PER_CHAT = (
    shown_answers,
    preferences,
    hopes,
    watches,
    outgoing,
)
ONE_EACH: tuple[tuple[Table, tuple[str, ...]], ...] = (  # what a chat has once only, and what tells it apart
    (preferences, ()),
    (hopes, ("question", "thread")),
    (watches, ("key", "thread")),
)
WAITING = (hopes, outgoing)
log = logging.getLogger(__name__)


class ChatMoves:
    """`bot.messages.ChatEvents`: changes a chat's rows of every table in one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def moved(self, platform: str, old: str, new: str) -> None:
        """Give the rows of the old id to the new one."""
        try:
            async with self._database.writing() as connection:
                for table, key in ONE_EACH:
                    await _drop_doubles(connection, table, key, platform, old, new)
                for table in KEPT_PER_CHAT:
                    rows = (table.c.platform == platform) & (table.c.chat == old)
                    await connection.execute(update(table).where(rows).values(chat=new))
        except StateError as error:
            log.error("a group has a new id, and what is kept for it could not follow: %s", error)

    async def closed(self, platform: str, chat: str) -> None:
        """Drop what waits to be told there; its watches stay for its return."""
        try:
            async with self._database.writing() as connection:
                for table in WAITING:
                    rows = (table.c.platform == platform) & (table.c.chat == chat)
                    await connection.execute(delete(table).where(rows))
        except StateError as error:
            log.error("a chat is closed, and what waits for it could not be dropped: %s", error)


async def _drop_doubles(
    connection: AsyncConnection, table: Table, key: Sequence[str], platform: str, old: str, new: str
) -> None:
    """Of rows that would collide under the new id, the old ones go."""
    other = table.alias()
    same = and_(true(), *(other.c[name] == table.c[name] for name in key))
    there = select(func.count()).where(other.c.platform == platform, other.c.chat == new, same)
    twice = and_(table.c.platform == platform, table.c.chat == old, there.scalar_subquery() > 0)
    await connection.execute(delete(table).where(twice))
