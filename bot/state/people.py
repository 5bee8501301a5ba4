"""People in the state: as keyed hashes, who was granted what, and the removal of every trace of somebody."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Delete, and_, delete, insert, or_, select, union, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.state.audit import NOBODY, redact
from bot.state.chats import PER_CHAT_TABLES
from bot.state.database import Database
from bot.state.tables import (
    alerts,
    askers,
    confirmations,
    days,
    notified,
    pinned_answers,
    questions,
    roles,
    shown_answers,
    uploads,
    votes,
    watches,
    words,
)

ASKERS_KEY = "askers.key"  # the file in the data folder
_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Granted:
    """A role that somebody was given; `person` is the platform's numeric id, as text."""

    platform: str
    person: str
    role: str
    granted_by: str
    granted_at: datetime


class Roles:
    """Grants, one per person."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def grant(self, granted: Granted) -> None:
        """Give a role, in place of the one the person may have had."""
        async with self._database.writing() as connection:
            await connection.execute(_of(granted.platform, granted.person))
            await connection.execute(
                insert(roles).values(
                    platform=granted.platform,
                    person=granted.person,
                    role=granted.role,
                    granted_by=granted.granted_by,
                    granted_at=granted.granted_at,
                )
            )

    async def revoke(self, platform: str, person: str) -> bool:
        """Take a role back; False if there was none."""
        async with self._database.writing() as connection:
            return (await connection.execute(_of(platform, person))).rowcount > 0

    async def role(self, platform: str, person: str) -> str | None:
        """The role somebody has, or None."""
        async with self._database.reading() as connection:
            wanted = select(roles.c.role).where(roles.c.platform == platform, roles.c.person == person)
            return (await connection.execute(wanted)).scalar_one_or_none()

    async def all(self) -> list[Granted]:
        """Every grant, the oldest first."""
        async with self._database.reading() as connection:
            rows = await connection.execute(select(roles).order_by(roles.c.granted_at, roles.c.person))
            return [Granted(*row) for row in rows]


def _of(platform: str, person: str) -> Delete:
    return delete(roles).where(roles.c.platform == platform, roles.c.person == person)


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


class Erasure:
    """Statements that go through all tables; a table with an id in it has its line here."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def forget(self, person: Person) -> None:
        """Remove every trace of a person: rows, or, in the audit log, who it was."""
        async with self._database.writing() as connection:
            mine = select(watches.c.id).where(
                watches.c.platform == person.platform, watches.c.chat == person.id
            )
            await connection.execute(delete(notified).where(notified.c.watch.in_(mine)))
            for table in PER_CHAT_TABLES:
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
        await self._database.vacuum()


async def _forget_questions(connection: AsyncConnection, person: Person) -> None:
    """Questions of this person alone, that nobody else waits for, go too; so do those that hold the id itself."""
    await connection.execute(delete(askers).where(askers.c.asker == person.keyed))
    asked = union(select(askers.c.question), select(alerts.c.question))
    named = questions.c.text.contains(person.id, autoescape=True)
    alone = select(questions.c.id).where(or_(questions.c.id.not_in(asked), named))
    gone: Sequence[str] = (await connection.execute(alone)).scalars().all()
    for table, column in (
        (alerts, alerts.c.question),
        (askers, askers.c.question),
        (questions, questions.c.id),
    ):
        await connection.execute(delete(table).where(column.in_(gone)))
    await connection.execute(
        delete(pinned_answers).where(pinned_answers.c.key.contains(person.id, autoescape=True))
    )


async def _forget_words(connection: AsyncConnection, person: str) -> None:
    """Somebody may have asked for their own number."""
    await connection.execute(delete(words).where(words.c.word.contains(person, autoescape=True)))
    for row in (await connection.execute(select(days))).all():
        kept = [slow for slow in row.slowest if person not in slow[1]]
        if len(kept) < len(row.slowest):
            await connection.execute(update(days).where(days.c.day == row.day).values(slowest=kept))


class Pseudonymizer:
    """Hashes ids with a key of this data folder (HMAC-SHA-256)."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def rekey(self, key: bytes) -> None:
        """Hash with another key from now on."""
        self._key = key

    def of(self, platform: str, person: str) -> str:
        """What stands for a person: 64 hexadecimal digits."""
        return hmac.new(self._key, f"{platform}:{person}".encode(), hashlib.sha256).hexdigest()


def open_pseudonymizer(data: Path) -> Pseudonymizer:
    """Hash with the key of the data folder."""
    return Pseudonymizer(read_askers_key(data))


def read_askers_key(data: Path) -> bytes:
    """Read the key in the data folder; make it, readable for nobody else, where there is none."""
    path = data / ASKERS_KEY
    if not path.exists():
        data.mkdir(parents=True, exist_ok=True)
        fresh = data / f".{ASKERS_KEY}.{secrets.token_hex(4)}"
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(_KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    return path.read_bytes()
