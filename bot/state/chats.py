"""Chats in the state: what they chose and watch, what waits until it is told them, and how all of it follows them to a new id."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import ColumnElement, Row, Table, and_, delete, func, insert, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import StateError
from bot.messages import Button, Chat, ChatType, Reply, Run, Style
from bot.ports import Askers, Preference
from bot.sharing import OUTBOX
from bot.state.database import Repository, call_others, fresh_id, insert_missing
from bot.state.tables import alerts, moves, notified, outbox, preferences, progress, shown_answers, watches

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A chat that asked to be told something, and the language it is spoken to."""

    chat: Chat
    language: str | None = None


def chat_columns(chat: Chat) -> dict[str, str]:
    """What identifies a chat in a row."""
    return {"platform": chat.platform, "chat": chat.id, "thread": chat.thread or "", "place": chat.type.value}


def in_chat(table: Table, platform: str, chat: str) -> ColumnElement[bool]:
    """The condition that a row is a chat's, whatever its topic."""
    return and_(table.c.platform == platform, table.c.chat == chat)


def in_topic(table: Table, chat: Chat) -> ColumnElement[bool]:
    """The condition that a row is this chat's, in its topic."""
    return and_(in_chat(table, chat.platform, chat.id), table.c.thread == (chat.thread or ""))


def chat_of(row: Row[Any]) -> Chat:
    return Chat(row.platform, row.chat, ChatType(row.place), row.thread or None)


# every table with the columns `platform` and `chat`
PER_CHAT_TABLES = (shown_answers, preferences, alerts, watches, outbox)
# what a chat has once only, and what tells it apart
ONE_PER_CHAT: tuple[tuple[Table, tuple[str, ...]], ...] = (
    (preferences, ()),
    (alerts, ("question", "thread")),
    (watches, ("key", "thread")),
)
WAITING = (alerts, outbox)


class StoredChatMigrations(Repository):
    """`bot.messages.ChatMigrations`: changes a chat's rows of every table in one transaction."""

    async def moves(self, platform: str) -> dict[str, str] | None:
        """Today's ids of the chats that have moved; None where they cannot be read now."""
        try:
            known = select(moves.c.old, moves.c.new).where(moves.c.platform == platform)
            return {row.old: row.new for row in await self._database.rows(known)}
        except StateError as error:
            log.error("which groups have a new id cannot be read: %s", error)
            return None

    async def moved(self, platform: str, old: str, new: str) -> bool:
        try:
            async with self._database.writing() as connection:
                for table, key in ONE_PER_CHAT:
                    await _drop_doubles(connection, table, key, platform, old, new)
                for table in PER_CHAT_TABLES:
                    await connection.execute(
                        update(table).where(in_chat(table, platform, old)).values(chat=new)
                    )
                await _write_down(connection, platform, old, new)
        except StateError as error:
            log.error("a group has a new id, and what is kept for it could not follow: %s", error)
            return False
        return True

    async def closed(self, platform: str, chat: str) -> None:
        """Drop what waits to be told there; its watches stay for its return."""
        try:
            await self._database.change(
                *(delete(table).where(in_chat(table, platform, chat)) for table in WAITING)
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
    twice = and_(in_chat(table, platform, old), there.scalar_subquery() > 0)
    await connection.execute(delete(table).where(twice))


class StoredPreferences(Repository):
    """One row per chat that chose anything."""

    async def get(self, chat: Chat) -> Preference:
        """The chat's choices; the defaults where it made none, or where they cannot be read just now."""
        wanted = select(preferences).where(in_chat(preferences, chat.platform, chat.id))
        try:
            rows = await self._database.rows(wanted)
        except StateError as error:
            log.warning("a chat's choices cannot be read, the defaults hold: %s", error)
            return Preference()
        chosen = [Preference(row.language, row.facts, Askers(row.askers), row.library) for row in rows]
        return chosen[0] if chosen else Preference()

    async def put(self, chat: Chat, preference: Preference) -> None:
        """Keep the chat's choices, on the disk when this returns.

        Raises:
            StateError: they cannot be written.
        """
        here = delete(preferences).where(in_chat(preferences, chat.platform, chat.id))
        row = insert(preferences).values(
            platform=chat.platform,
            chat=chat.id,
            language=preference.language,
            facts=preference.facts,
            askers=preference.askers.value,
            library=preference.library,
        )
        await self._database.change(here, *([row] if preference != Preference() else []))


KEPT = timedelta(days=30)

Written = Mapping[str, list[list[str | None]] | list[list[list[str]]]]


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """One message that waits to be sent; `tries` have failed."""

    number: int
    chat: Chat
    reply: Reply
    tries: int


class Outbox(Repository):
    """What waits to be sent; rows come in by the transactions of those who have something to tell."""

    async def due(self, now: datetime, limit: int, but: Collection[int] = ()) -> list[OutboxMessage]:
        """The oldest posts whose time has come, except those that are being sent."""
        wanted = select(outbox).where(outbox.c.due <= now, outbox.c.number.not_in(but))
        rows = await self._database.rows(wanted.order_by(outbox.c.number).limit(limit))
        return [OutboxMessage(row.number, chat_of(row), _read(row.reply), row.tries) for row in rows]

    async def next_due(self, but: Collection[int] = ()) -> datetime | None:
        """When the next post's time comes; None if there is none but those that are being sent."""
        return await self._database.value(select(func.min(outbox.c.due)).where(outbox.c.number.not_in(but)))

    async def done(self, number: int) -> None:
        """A post was sent, or can never be."""
        await self._database.change(delete(outbox).where(outbox.c.number == number))

    async def postpone(self, number: int, due: datetime) -> None:
        """A post could not be sent now."""
        later = update(outbox).where(outbox.c.number == number)
        await self._database.change(later.values(due=due, tries=outbox.c.tries + 1))

    async def forget(self, now: datetime) -> int:
        """Remove what could not be sent in thirty days; return how many."""
        return await self._database.change(delete(outbox).where(outbox.c.since < now - KEPT))


async def enqueue(connection: AsyncConnection, messages: Iterable[tuple[Chat, Reply]], now: datetime) -> None:
    """Put messages into the queue, inside the transaction of whatever makes them due."""
    same = {"since": now, "due": now, "tries": 0}
    rows = [{**chat_columns(chat), "reply": _write(reply), **same} for chat, reply in messages]
    if rows:
        await connection.execute(insert(outbox), rows)
        await call_others(connection, OUTBOX)


def _write(reply: Reply) -> Written:
    runs: list[list[str | None]] = [[run.text, run.style.value, run.link] for run in reply.runs]
    return {"runs": runs, "buttons": [[[b.label, b.data] for b in row] for row in reply.buttons]}


def _read(written: Mapping[str, Sequence[Sequence[object]]]) -> Reply:
    runs = cast("Sequence[tuple[str, str, str | None]]", written["runs"])
    buttons = cast("Sequence[Sequence[tuple[str, str]]]", written["buttons"])
    return Reply(
        [Run(text, Style(style), link) for text, style, link in runs],
        [[Button(label, data) for label, data in row] for row in buttons],
    )


TOLD_VERSION = "told_version"  # the newest version whose news was told


class Checkpoints(Repository):
    """Named marks."""

    async def get(self, name: str) -> str | None:
        return await self._database.value(select(progress.c.value).where(progress.c.name == name))

    async def set(self, name: str, value: str) -> None:
        await self._database.put(progress, name=name, value=value)


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


SayNews = Callable[[News], Reply]
"""Makes one digest."""


class Watches(Repository):
    """Watches, at most twenty a chat."""

    async def keep(self, subscriber: Subscriber, words: str, key: str, now: datetime) -> WatchResult:
        """Watch some words for a chat; `key` is their normalised form."""
        async with self._database.writing() as connection:
            mine = in_topic(watches, subscriber.chat)
            there = await connection.execute(select(watches.c.id).where(mine, watches.c.key == key))
            if there.one_or_none() is not None:
                return WatchResult.ALREADY
            count = await connection.execute(select(func.count()).select_from(watches).where(mine))
            if count.scalar_one() >= MOST:
                return WatchResult.FULL
            row = {**chat_columns(subscriber.chat), "language": subscriber.language, "words": words}
            await connection.execute(insert(watches).values(id=fresh_id(), **row, key=key, since=now))
            return WatchResult.KEPT

    async def of(self, chat: Chat) -> list[Watch]:
        """What a chat watches, the oldest first."""
        return await self._select(in_topic(watches, chat))

    async def all(self) -> list[Watch]:
        return await self._select(true())

    async def drop(self, chat: Chat, watch_id: str) -> bool:
        """Stop a chat's watch; False if it has none of that id."""
        async with self._database.writing() as connection:
            mine = delete(watches).where(in_topic(watches, chat), watches.c.id == watch_id)
            gone = (await connection.execute(mine)).rowcount == 1
            if gone:
                await connection.execute(delete(notified).where(notified.c.watch == watch_id))
            return gone

    async def tell(self, news: Sequence[News], say: SayNews, now: datetime) -> int:
        """Put one digest a chat into the outbox, of what its watches were not told before.

        All of it, or nothing: no watch is told twice of one fact. Returns how many digests there are.
        """
        pairs = {pair for one in news for pair in one.pairs}
        async with self._database.writing() as connection:
            new = await _notice(connection, pairs)
            left = [News(one.subscriber, tuple(pair for pair in one.pairs if pair in new)) for one in news]
            digests = [(one.subscriber.chat, say(one)) for one in left if one.pairs]
            await enqueue(connection, digests, now)
        return len(digests)

    async def _select(self, condition: ColumnElement[bool]) -> list[Watch]:
        wanted = select(watches).where(condition).order_by(watches.c.since, watches.c.id)
        return [
            Watch(row.id, Subscriber(chat_of(row), row.language), row.words)
            for row in await self._database.rows(wanted)
        ]


async def _notice(connection: AsyncConnection, pairs: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Write down which watch was told of which fact; return what is new of it, and of a watch that still is."""
    wanted = select(watches.c.id).where(watches.c.id.in_({watch for watch, _ in pairs}))
    alive = set((await connection.execute(wanted)).scalars())
    rows = [{"watch": watch, "fact": fact} for watch, fact in pairs if watch in alive]
    if not rows:
        return set()
    inserting = insert_missing(connection, notified).returning(notified.c.watch, notified.c.fact)
    return {(row.watch, row.fact) for row in await connection.execute(inserting, rows)}
