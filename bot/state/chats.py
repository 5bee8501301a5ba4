"""Chats in the state: as columns, with what they chose; what is kept for one follows it to a new id."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Table, and_, delete, func, insert, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import StateError
from bot.messages import Chat, ChatType
from bot.ports import Askers, Preference
from bot.state.database import Repository
from bot.state.tables import alerts, moves, outbox, preferences, shown_answers, watches


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A chat that asked to be told something, and the language it is spoken to."""

    chat: Chat
    language: str | None = None


def chat_columns(chat: Chat) -> dict[str, str]:
    """What identifies a chat in a row."""
    return {
        "platform": chat.platform,
        "chat": chat.id,
        "thread": chat.thread or "",
        "place": chat.type.value,
    }


def is_chat(table: Table, chat: Chat) -> ColumnElement[bool]:
    """The condition that a row is this chat's."""
    thread = table.c.thread == (chat.thread or "")
    return and_(table.c.platform == chat.platform, table.c.chat == chat.id, thread)


def chat_of(row: Row[Any]) -> Chat:
    """The chat in a row."""
    return Chat(row.platform, row.chat, ChatType(row.place), row.thread or None)


# every table with the columns `platform` and `chat`
PER_CHAT_TABLES = (
    shown_answers,
    preferences,
    alerts,
    watches,
    outbox,
)
ONE_PER_CHAT: tuple[
    tuple[Table, tuple[str, ...]], ...
] = (  # what a chat has once only, and what tells it apart
    (preferences, ()),
    (alerts, ("question", "thread")),
    (watches, ("key", "thread")),
)
WAITING = (alerts, outbox)
log = logging.getLogger(__name__)


class StoredChatMigrations(Repository):
    """`bot.messages.ChatEvents`: changes a chat's rows of every table in one transaction."""

    async def moves(self, platform: str) -> dict[str, str]:
        """Today's ids of the chats that have moved; none where they cannot be read, the platform will tell again."""
        try:
            known = select(moves.c.old, moves.c.new).where(moves.c.platform == platform)
            return {row.old: row.new for row in await self._database.rows(known)}
        except StateError as error:
            log.error("which groups have a new id cannot be read: %s", error)
            return {}

    async def moved(self, platform: str, old: str, new: str) -> bool:
        """Give the rows of the old id to the new one, and write down that it moved."""
        try:
            async with self._database.writing() as connection:
                for table, key in ONE_PER_CHAT:
                    await _drop_doubles(connection, table, key, platform, old, new)
                for table in PER_CHAT_TABLES:
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
            await self._database.change(
                *(
                    delete(table).where(table.c.platform == platform, table.c.chat == chat)
                    for table in WAITING
                )
            )
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


class StoredPreferences(Repository):
    """One row per chat that chose anything."""

    async def get(self, chat: Chat) -> Preference:
        """The chat's choices; the defaults where it made none, or where they cannot be read just now."""
        wanted = select(preferences).where(
            preferences.c.platform == chat.platform, preferences.c.chat == chat.id
        )
        try:
            rows = await self._database.rows(wanted)
        except StateError as error:
            log.warning("a chat's choices cannot be read, the defaults hold: %s", error)
            rows = []
        return next(
            (Preference(row.language, row.facts, Askers(row.askers), row.library) for row in rows),
            Preference(),
        )

    async def put(self, chat: Chat, preference: Preference) -> None:
        """Keep the chat's choices, on the disk when this returns.

        Raises:
            StateError: they cannot be written.
        """
        here = delete(preferences).where(
            preferences.c.platform == chat.platform, preferences.c.chat == chat.id
        )
        row = insert(preferences).values(
            platform=chat.platform,
            chat=chat.id,
            language=preference.language,
            facts=preference.facts,
            askers=preference.askers.value,
            library=preference.library,
        )
        await self._database.change(here, *([row] if preference != Preference() else []))
