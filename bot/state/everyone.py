"""What concerns one person in every table: the wish to be forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, delete, or_, select, union, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.state.audit import NOBODY, redact
from bot.state.database import Database
from bot.state.moves import KEPT_PER_CHAT
from bot.state.tables import (
    askers,
    confirmations,
    days,
    hopes,
    noticed,
    pointers,
    questions,
    roles,
    shown_answers,
    uploads,
    votes,
    watches,
    words,
)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody on a platform: the numeric id as text, and the keyed hash that stands for it."""

    platform: str
    id: str
    keyed: str

    @property
    def actor(self) -> str:
        """The person's name in the audit log."""
        return f"{self.platform}:{self.id}"


class Everyone:
    """Statements that go through all tables; a table with an id in it has its line here."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def forget(self, person: Person) -> None:
        """Remove every trace of a person: rows, or, in the audit log, who it was."""
        async with self._database.writing() as connection:
            mine = select(watches.c.id).where(
                watches.c.platform == person.platform, watches.c.chat == person.id
            )
            await connection.execute(delete(noticed).where(noticed.c.watch.in_(mine)))
            for table in KEPT_PER_CHAT:
                here = and_(table.c.platform == person.platform, table.c.chat == person.id)
                await connection.execute(delete(table).where(here))
            asked = and_(shown_answers.c.platform == person.platform, shown_answers.c.asker == person.id)
            await connection.execute(delete(shown_answers).where(asked))
            await connection.execute(delete(votes).where(votes.c.person == person.keyed))
            await connection.execute(delete(confirmations).where(confirmations.c.actor == person.actor))
            granted = and_(roles.c.platform == person.platform, roles.c.person == person.id)
            await connection.execute(delete(roles).where(granted))
            by = update(roles).where(roles.c.granted_by == person.actor)
            await connection.execute(by.values(granted_by=NOBODY))
            sent = update(uploads).where(uploads.c.actor == person.actor)
            await connection.execute(sent.values(actor=NOBODY))
            await _forget_questions(connection, person)
            await _forget_words(connection, person.id)
            await redact(connection, person.actor, person.id)
        await self._database.scrub()


async def _forget_questions(connection: AsyncConnection, person: Person) -> None:
    """Questions of this person alone, that nobody else waits for, go too; so do those that hold the id itself."""
    await connection.execute(delete(askers).where(askers.c.asker == person.keyed))
    asked = union(select(askers.c.question), select(hopes.c.question))
    named = questions.c.text.contains(person.id, autoescape=True)
    alone = select(questions.c.id).where(or_(questions.c.id.not_in(asked), named))
    gone: Sequence[str] = (await connection.execute(alone)).scalars().all()
    for table, column in (
        (hopes, hopes.c.question),
        (askers, askers.c.question),
        (questions, questions.c.id),
    ):
        await connection.execute(delete(table).where(column.in_(gone)))
    await connection.execute(delete(pointers).where(pointers.c.key.contains(person.id, autoescape=True)))


async def _forget_words(connection: AsyncConnection, person: str) -> None:
    """Somebody may have asked for their own number."""
    await connection.execute(delete(words).where(words.c.word.contains(person, autoescape=True)))
    for row in (await connection.execute(select(days))).all():
        kept = [slow for slow in row.slowest if person not in slow[1]]
        if len(kept) < len(row.slowest):
            await connection.execute(update(days).where(days.c.day == row.day).values(slowest=kept))
