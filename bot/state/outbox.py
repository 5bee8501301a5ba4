"""What is told unasked: what chats watch, what waits on the disk until it is sent, and how far the telling got."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import cast

from sqlalchemy import ColumnElement, delete, func, insert, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Button, Chat, Reply, Run, Style
from bot.sharing import OUTBOX
from bot.state.chats import Subscriber, chat_columns, chat_of, is_chat
from bot.state.database import Repository, call_others, fresh_id, insert_missing
from bot.state.tables import notified, outbox, progress, watches

KEPT = timedelta(days=30)

Written = Mapping[str, list[list[str | None]] | list[list[list[str]]]]


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """One message that waits to be sent; `tries` have failed."""

    number: int
    chat: Chat
    reply: Reply
    tries: int


class OutgoingQueue(Repository):
    """The queue; rows come in by the transactions of those who have something to tell."""

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
        """The mark, or None if there is none yet."""
        return await self._database.value(select(progress.c.value).where(progress.c.name == name))

    async def set(self, name: str, value: str) -> None:
        """Set the mark."""
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


Say = Callable[[News], Reply]
"""Makes one digest."""


class Watches(Repository):
    """Watches, at most twenty a chat."""

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
        return await self._select(is_chat(watches, chat))

    async def all(self) -> list[Watch]:
        """Every watch."""
        return await self._select(true())

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
