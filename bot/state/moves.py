"""What is kept per chat follows a chat that gets a new id, and ends with one that closes."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from sqlalchemy import Table, and_, delete, func, insert, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.state.database import Database
from bot.state.errors import StateError
from bot.state.tables import hopes, moves, outgoing, preferences, shown_answers, watches

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

    async def moves(self, platform: str) -> dict[str, str]:
        """Today's ids of the chats that have moved; none where they cannot be read, Telegram will tell again."""
        try:
            async with self._database.reading() as connection:
                known = select(moves.c.old, moves.c.new).where(moves.c.platform == platform)
                return {row.old: row.new for row in await connection.execute(known)}
        except StateError as error:
            log.error("which groups have a new id cannot be read: %s", error)
            return {}

    async def moved(self, platform: str, old: str, new: str) -> bool:
        """Give the rows of the old id to the new one, and write down that it moved."""
        try:
            async with self._database.writing() as connection:
                for table, key in ONE_EACH:
                    await _drop_doubles(connection, table, key, platform, old, new)
                for table in KEPT_PER_CHAT:
                    rows = (table.c.platform == platform) & (table.c.chat == old)
                    await connection.execute(update(table).where(rows).values(chat=new))
                await _write_down(connection, platform, old, new)
        except StateError as error:
            log.error("a group has a new id, and what is kept for it could not follow: %s", error)
            return False
        return True

    async def closed(self, platform: str, chat: str) -> None:
        """Drop what waits to be told there; its watches stay for its return."""
        try:
            async with self._database.writing() as connection:
                for table in WAITING:
                    rows = (table.c.platform == platform) & (table.c.chat == chat)
                    await connection.execute(delete(table).where(rows))
        except StateError as error:
            log.error("a chat is closed, and what waits for it could not be dropped: %s", error)


async def _write_down(connection: AsyncConnection, platform: str, old: str, new: str) -> None:
    """One row per old id, each with the id of today."""
    here = moves.c.platform == platform
    await connection.execute(delete(moves).where(here, moves.c.old.in_((old, new))))
    await connection.execute(update(moves).where(here, moves.c.new == old).values(new=new))
    await connection.execute(insert(moves).values(platform=platform, old=old, new=new))


async def _drop_doubles(
    connection: AsyncConnection, table: Table, key: Sequence[str], platform: str, old: str, new: str
) -> None:
    """Of rows that would collide under the new id, the old ones go."""
    other = table.alias()
    same = and_(true(), *(other.c[name] == table.c[name] for name in key))
    there = select(func.count()).where(other.c.platform == platform, other.c.chat == new, same)
    twice = and_(table.c.platform == platform, table.c.chat == old, there.scalar_subquery() > 0)
    await connection.execute(delete(table).where(twice))
