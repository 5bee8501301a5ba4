"""What is to be told unasked, on the disk until it has been sent; and how far the telling got."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Button, Chat, Reply, Run, Style
from bot.sharing import OUTBOX
from bot.state.chats import chat_columns, chat_of
from bot.state.database import Database, call_others
from bot.state.tables import outbox, progress

KEPT = timedelta(days=30)

Written = Mapping[str, list[list[str | None]] | list[list[list[str]]]]


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """One message that waits to be sent; `tries` have failed."""

    number: int
    chat: Chat
    reply: Reply
    tries: int


class Outbox:
    """The queue; rows come in by the transactions of those who have something to tell."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def due(self, now: datetime, limit: int, but: Collection[int] = ()) -> list[OutboxMessage]:
        """The oldest posts whose time has come, except those that are being sent."""
        async with self._database.reading() as connection:
            wanted = select(outbox).where(outbox.c.due <= now, outbox.c.number.not_in(but))
            rows = await connection.execute(wanted.order_by(outbox.c.number).limit(limit))
            return [OutboxMessage(row.number, chat_of(row), _read(row.reply), row.tries) for row in rows]

    async def next_due(self, but: Collection[int] = ()) -> datetime | None:
        """When the next post's time comes; None if there is none but those that are being sent."""
        first = select(func.min(outbox.c.due)).where(outbox.c.number.not_in(but))
        async with self._database.reading() as connection:
            moment: datetime | None = (await connection.execute(first)).scalar_one()
            return moment

    async def done(self, number: int) -> None:
        """A post was sent, or can never be."""
        async with self._database.writing() as connection:
            await connection.execute(delete(outbox).where(outbox.c.number == number))

    async def postpone(self, number: int, due: datetime) -> None:
        """A post could not be sent now."""
        async with self._database.writing() as connection:
            later = update(outbox).where(outbox.c.number == number)
            await connection.execute(later.values(due=due, tries=outbox.c.tries + 1))

    async def forget(self, now: datetime) -> int:
        """Remove what could not be sent in thirty days; return how many."""
        async with self._database.writing() as connection:
            old = delete(outbox).where(outbox.c.since < now - KEPT)
            return (await connection.execute(old)).rowcount


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


class Checkpoints:
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
