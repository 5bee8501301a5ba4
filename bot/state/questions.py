"""What was asked and not found, who hopes to be told, and the facts that admins pointed to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import and_, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Reply
from bot.state import dialects
from bot.state.database import Database
from bot.state.outgoing import post
from bot.state.places import Listener, chat_of, columns
from bot.state.tables import askers, hopes, pointers, questions

KEPT = timedelta(days=30)
MOST = 10_000  # questions at a time; beyond, the rarest makes room, first of those that nobody hopes for
MOST_HOPES = 100  # questions that one chat hopes for


class QuestionState(StrEnum):
    """What an admin decided."""

    OPEN = "open"
    AWAITED = "awaited"
    IGNORED = "ignored"


class Hope(StrEnum):
    """What came of a wish to be told."""

    KEPT = "kept"
    GONE = "gone"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Question:
    """An unanswered question: how often and by how many it was asked, and how many chats hope to be told."""

    id: str
    text: str
    asked: int
    askers: int
    hopes: int
    state: QuestionState


@dataclass(frozen=True, slots=True)
class Pointer:
    """A fact that answers a question since an admin said so; `key` is the normalised question."""

    key: str
    fact: str


Say = Callable[[Listener], Reply]
"""Says to one chat what it hoped for."""


class Questions:
    """Unanswered questions, one row per normalised question."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def missed(self, question_id: str, key: str, text: str, asker: str, now: datetime) -> None:
        """Count a question that found nothing; `asker` is a keyed hash."""
        async with self._database.writing() as connection:
            more = update(questions).where(questions.c.id == question_id)
            counted = await connection.execute(more.values(asked=questions.c.asked + 1, last=now))
            if not counted.rowcount:
                await _make_room(connection)
                row = {"id": question_id, "key": key, "text": text, "asked": 1, "first": now, "last": now}
                await connection.execute(insert(questions).values(**row, state=QuestionState.OPEN.value))
            before = delete(askers).where(askers.c.question == question_id, askers.c.asker == asker)
            await connection.execute(before)
            await connection.execute(insert(askers).values(question=question_id, asker=asker, at=now))

    async def hope(self, question_id: str, listener: Listener, now: datetime) -> Hope:
        """Keep a chat that wants to be told, of at most a hundred questions."""
        chat = and_(hopes.c.platform == listener.chat.platform, hopes.c.chat == listener.chat.id)
        async with self._database.writing() as connection:
            there = select(questions.c.id).where(questions.c.id == question_id)
            if (await connection.execute(there)).one_or_none() is None:
                return Hope.GONE
            hoped = set((await connection.execute(select(hopes.c.question).where(chat))).scalars())
            if len(hoped) >= MOST_HOPES and question_id not in hoped:
                return Hope.FULL
            new = dialects.insert_new(connection, hopes)
            row = {**columns(listener.chat), "language": listener.language, "since": now}
            await connection.execute(new.values(question=question_id, **row))
            return Hope.KEPT

    async def get(self, question_id: str) -> Question | None:
        """The question of that id, or None."""
        found = await self._select(questions.c.id == question_id, 1)
        return found[0] if found else None

    async def often(self, state: QuestionState = QuestionState.OPEN, limit: int = 10) -> list[Question]:
        """The questions asked most often, the latest first among equals."""
        return await self._select(questions.c.state == state.value, limit)

    async def hoped_for(self) -> list[Question]:
        """Every question whose answer somebody waits for."""
        return await self._select(questions.c.id.in_(select(hopes.c.question)), MOST)

    async def count(self) -> int:
        """How many questions are open."""
        wanted = select(func.count()).where(questions.c.state == QuestionState.OPEN.value)
        async with self._database.reading() as connection:
            return int((await connection.execute(wanted)).scalar_one())

    async def mark(self, question_id: str, state: QuestionState) -> bool:
        """Put a question aside, or back; False if it is gone."""
        async with self._database.writing() as connection:
            marked = update(questions).where(questions.c.id == question_id).values(state=state.value)
            return (await connection.execute(marked)).rowcount == 1

    async def settle(self, question_id: str, say: Say, now: datetime) -> int:
        """Take an answered question away and put what `say` says to each hoping chat into the outgoing queue.

        All of it, or nothing: who hopes is told once. Returns how many will be told.
        """
        async with self._database.writing() as connection:
            hoping = (await connection.execute(select(hopes).where(hopes.c.question == question_id))).all()
            for row in hoping:
                chat = chat_of(row)
                await post(connection, [(chat, say(Listener(chat, row.language)))], now)
            await _remove(connection, question_id)
            return len(hoping)

    async def point(self, key: str, fact: str, now: datetime) -> None:
        """Let a fact stand for the answer to a question."""
        async with self._database.writing() as connection:
            await connection.execute(delete(pointers).where(pointers.c.key == key))
            await connection.execute(insert(pointers).values(key=key, fact=fact, since=now))

    async def pointed(self, key: str) -> str | None:
        """The fact that an admin pointed to, or None."""
        async with self._database.reading() as connection:
            wanted = select(pointers.c.fact).where(pointers.c.key == key)
            fact: str | None = (await connection.execute(wanted)).scalar_one_or_none()
            return fact

    async def pointers(self) -> list[Pointer]:
        """Every fact that an admin pointed to, the latest first."""
        async with self._database.reading() as connection:
            rows = await connection.execute(
                select(pointers).order_by(pointers.c.since.desc(), pointers.c.key)
            )
            return [Pointer(row.key, row.fact) for row in rows]

    async def unpoint(self, key: str) -> bool:
        """Let no fact stand for the answer any more; False if none did."""
        async with self._database.writing() as connection:
            return (await connection.execute(delete(pointers).where(pointers.c.key == key))).rowcount == 1

    async def forget(self, now: datetime) -> int:
        """Remove questions that nobody asked, and hopes that nothing came of, for thirty days."""
        async with self._database.writing() as connection:
            await connection.execute(delete(hopes).where(hopes.c.since < now - KEPT))
            await connection.execute(delete(askers).where(askers.c.at < now - KEPT))
            hoped = select(hopes.c.question)
            old = select(questions.c.id).where(questions.c.last < now - KEPT, questions.c.id.not_in(hoped))
            gone = list((await connection.execute(old)).scalars())
            for question_id in gone:
                await _remove(connection, question_id)
            return len(gone)

    async def _select(self, condition: object, limit: int) -> list[Question]:
        by = select(func.count()).where(askers.c.question == questions.c.id).scalar_subquery()
        hoping = select(func.count()).where(hopes.c.question == questions.c.id).scalar_subquery()
        wanted = select(questions, by.label("by"), hoping.label("hoping")).where(condition)  # type: ignore[arg-type]
        wanted = wanted.order_by(questions.c.asked.desc(), questions.c.last.desc(), questions.c.id)
        async with self._database.reading() as connection:
            rows = await connection.execute(wanted.limit(limit))
            return [
                Question(row.id, row.text, row.asked, row.by, row.hoping, QuestionState(row.state))
                for row in rows
            ]


async def _make_room(connection: AsyncConnection) -> None:
    count = int((await connection.execute(select(func.count()).select_from(questions))).scalar_one())
    if count < MOST:
        return
    hoped = questions.c.id.in_(select(hopes.c.question))
    rarest = select(questions.c.id).order_by(hoped, questions.c.asked, questions.c.last).limit(1)
    for question_id in (await connection.execute(rarest)).scalars().all():
        await _remove(connection, question_id)


async def _remove(connection: AsyncConnection, question_id: str) -> None:
    await connection.execute(delete(hopes).where(hopes.c.question == question_id))
    await connection.execute(delete(askers).where(askers.c.question == question_id))
    await connection.execute(delete(questions).where(questions.c.id == question_id))
