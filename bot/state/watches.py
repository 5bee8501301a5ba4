"""What chats watch, and which facts each watch was told of."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Chat, Reply
from bot.state.chats import Subscriber, chat_columns, chat_of, is_chat
from bot.state.database import Database, fresh_id, insert_missing
from bot.state.outbox import enqueue
from bot.state.tables import notified, watches

MOST = 20  # watches of one chat


class WatchResult(StrEnum):
    """What came of a request to watch."""

    KEPT = "kept"
    ALREADY = "already"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Watch:
    """A chat wants to hear of new facts about some words, as typed."""

    id: str
    subscriber: Subscriber
    words: str


@dataclass(frozen=True, slots=True)
class News:
    """The facts that one chat could be told: pairs of a watch's id and a fact's id."""

    subscriber: Subscriber
    pairs: tuple[tuple[str, str], ...]


Say = Callable[[News], Reply]
"""Makes one digest."""


class Watches:
    """Watches, at most twenty a chat."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, subscriber: Subscriber, words: str, key: str, now: datetime) -> WatchResult:
        """Watch some words for a chat; `key` is their normalised form."""
        async with self._database.writing() as connection:
            mine = is_chat(watches, subscriber.chat)
            there = await connection.execute(select(watches.c.id).where(mine, watches.c.key == key))
            if there.one_or_none() is not None:
                return WatchResult.ALREADY
            count = await connection.execute(select(func.count()).select_from(watches).where(mine))
            if count.scalar_one() >= MOST:
                return WatchResult.FULL
            row = {
                **chat_columns(subscriber.chat),
                "language": subscriber.language,
                "words": words,
                "key": key,
            }
            await connection.execute(insert(watches).values(id=fresh_id(), **row, since=now))
            return WatchResult.KEPT

    async def of(self, chat: Chat) -> list[Watch]:
        """What a chat watches, the oldest first."""
        async with self._database.reading() as connection:
            mine = select(watches).where(is_chat(watches, chat)).order_by(watches.c.since, watches.c.id)
            return [_watch(row) for row in await connection.execute(mine)]

    async def all(self) -> list[Watch]:
        """Every watch."""
        async with self._database.reading() as connection:
            rows = await connection.execute(select(watches).order_by(watches.c.since, watches.c.id))
            return [_watch(row) for row in rows]

    async def drop(self, chat: Chat, watch_id: str) -> bool:
        """Stop a chat's watch; False if it has none of that id."""
        async with self._database.writing() as connection:
            mine = delete(watches).where(is_chat(watches, chat), watches.c.id == watch_id)
            gone = (await connection.execute(mine)).rowcount == 1
            if gone:
                await connection.execute(delete(notified).where(notified.c.watch == watch_id))
            return gone

    async def tell(self, news: Sequence[News], say: Say, now: datetime) -> int:
        """Put one digest a chat into the outgoing queue, of what its watches were not told before.

        All of it, or nothing: no watch is told twice of one fact. Returns how many digests there are.
        """
        pairs = {pair for one in news for pair in one.pairs}
        async with self._database.writing() as connection:
            new = await _notice(connection, pairs)
            left = [News(one.subscriber, tuple(pair for pair in one.pairs if pair in new)) for one in news]
            digests = [(one.subscriber.chat, say(one)) for one in left if one.pairs]
            await enqueue(connection, digests, now)
        return len(digests)


async def _notice(connection: AsyncConnection, pairs: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Write down which watch was told of which fact; return what is new of it, and of a watch that still is."""
    wanted = select(watches.c.id).where(watches.c.id.in_({watch for watch, _ in pairs}))
    alive = set((await connection.execute(wanted)).scalars())
    rows = [{"watch": watch, "fact": fact} for watch, fact in pairs if watch in alive]
    if not rows:
        return set()
    inserting = insert_missing(connection, notified).returning(notified.c.watch, notified.c.fact)
    return {(row.watch, row.fact) for row in await connection.execute(inserting, rows)}


def _watch(row: Row[Any]) -> Watch:
    return Watch(row.id, Subscriber(chat_of(row), row.language), row.words)
