"""People in the state: as keyed hashes, who was granted what, every admin act, and the removal of every trace of somebody.

An act, also a refused one, is one row; each row's digest covers the row before it. Who acted and the detail enter the
digest as salted hashes: whoever wants to be forgotten can be taken out of the log, and the chain still shows that nothing
else was changed.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Row, and_, delete, insert, or_, select, union, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.state.chats import PER_CHAT_TABLES, in_chat
from bot.state.database import Database, Repository
from bot.state.questions import remove
from bot.state.tables import (
    alerts,
    askers,
    audit,
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
from knowledge.snapshots.files import write_durably

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


class Roles(Repository):
    """Grants, one per person."""

    async def grant(self, granted: Granted) -> None:
        """Give a role, in place of the one the person may have had."""
        await self._database.put(roles, **asdict(granted))

    async def revoke(self, platform: str, person: str) -> bool:
        """Take a role back; False if there was none."""
        mine = delete(roles).where(roles.c.platform == platform, roles.c.person == person)
        return await self._database.change(mine) > 0

    async def role(self, platform: str, person: str) -> str | None:
        wanted = select(roles.c.role).where(roles.c.platform == platform, roles.c.person == person)
        return await self._database.value(wanted)

    async def all(self) -> list[Granted]:
        """Every grant, the oldest first."""
        rows = await self._database.rows(select(roles).order_by(roles.c.granted_at, roles.c.person))
        return [Granted(*row) for row in rows]


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


class Erasure(Repository):
    """Statements that go through all tables; a table with an id in it has its line here."""

    async def forget(self, person: Person) -> None:
        """Remove every trace of a person: rows, or, in the audit log, who it was."""
        async with self._database.writing() as connection:
            watched = select(watches.c.id).where(in_chat(watches, person.platform, person.id))
            await connection.execute(delete(notified).where(notified.c.watch.in_(watched)))
            theirs = [(table, table.c.chat) for table in PER_CHAT_TABLES]
            for table, who in (*theirs, (shown_answers, shown_answers.c.asker), (roles, roles.c.person)):
                mine = and_(table.c.platform == person.platform, who == person.id)
                await connection.execute(delete(table).where(mine))
            await connection.execute(delete(votes).where(votes.c.person == person.keyed))
            await connection.execute(delete(confirmations).where(confirmations.c.actor == person.actor))
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
    await remove(connection, (await connection.execute(alone)).scalars().all())
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
        write_durably(path, secrets.token_bytes(_KEY_BYTES), 0o600)
    return path.read_bytes()


NOBODY = "forgotten"
DETAIL = 1_000  # characters
UNDONE = ("refused", "nothing")  # outcomes whose detail is no act, but only what somebody wrote
BATCH = 1_000  # rows proved at a time


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """What somebody did or was refused. `actor` is `platform:id`, or the channel: `http`, `shell`, `signal`."""

    at: datetime
    actor: str
    act: str
    outcome: str
    detail: str = ""
    number: int = 0


class Audit:
    """The log: only ever added to."""

    def __init__(self, database: Database, batch: int = BATCH) -> None:
        self._database = database
        self._batch = batch

    async def add(self, entry: AuditEntry) -> None:
        """Write a row down; it is on the disk when this returns."""
        detail = entry.detail.encode("utf-8", "replace").decode().replace("\0", "")[:DETAIL]
        async with self._database.writing() as connection:
            last = select(audit.c.digest).order_by(audit.c.number.desc()).limit(1)
            previous = (await connection.execute(last)).scalar_one_or_none() or ""
            actor_salt, detail_salt = secrets.token_hex(16), secrets.token_hex(16)
            actor_seal, detail_seal = _seal(actor_salt, entry.actor), _seal(detail_salt, detail)
            row = (_stamp(entry.at), actor_seal, entry.act, entry.outcome, detail_seal)
            await connection.execute(
                insert(audit).values(
                    at=entry.at,
                    actor=entry.actor,
                    act=entry.act,
                    outcome=entry.outcome,
                    detail=detail,
                    actor_salt=actor_salt,
                    actor_seal=actor_seal,
                    detail_salt=detail_salt,
                    detail_seal=detail_seal,
                    previous=previous,
                    digest=_digest(previous, row),
                )
            )

    async def last(self, count: int = 20) -> list[AuditEntry]:
        """The newest rows, newest first."""
        rows = await self._database.rows(select(audit).order_by(audit.c.number.desc()).limit(count))
        return [AuditEntry(r.at, r.actor, r.act, r.outcome, r.detail, r.number) for r in rows]

    async def first_broken(self) -> int | None:
        """The number of the first row that was changed, or whose forerunner was removed; None if all is whole."""
        previous = ""
        async with (
            self._database.reading() as connection,
            connection.stream(select(audit).order_by(audit.c.number)) as rows,
        ):
            while batch := await rows.fetchmany(self._batch):
                broken = await asyncio.to_thread(_first_broken, batch, previous)
                if broken is not None:
                    return broken
                previous = batch[-1].digest
        return None


async def redact(connection: AsyncConnection, actor: str, person: str) -> None:
    """Take somebody out: who acted, their words where nothing was done, and details with the id `person`."""
    theirs = update(audit).where(audit.c.actor == actor)
    unsaid = {"detail": NOBODY, "detail_salt": ""}
    await connection.execute(theirs.where(audit.c.outcome.in_(UNDONE)).values(**unsaid))
    await connection.execute(theirs.values(actor=NOBODY, actor_salt=""))
    named = update(audit).where(audit.c.detail.contains(person, autoescape=True))
    await connection.execute(named.values(**unsaid))


def _first_broken(rows: Sequence[Row[Any]], previous: str) -> int | None:
    for row in rows:
        told = (_stamp(row.at), row.actor_seal, row.act, row.outcome, row.detail_seal)
        whole = row.previous == previous and row.digest == _digest(previous, told)
        if not whole or not (
            _sealed(row.actor_salt, row.actor, row.actor_seal)
            and _sealed(row.detail_salt, row.detail, row.detail_seal)
        ):
            return int(row.number)
        previous = row.digest
    return None


def _seal(salt: str, said: str) -> str:
    return hashlib.sha256(f"{salt}{said}".encode()).hexdigest()


def _sealed(salt: str, said: str, seal: str) -> bool:
    """Tell whether a field is as it was written, or was taken out; without its salt a seal tells nothing."""
    return _seal(salt, said) == seal if salt else said == NOBODY


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _digest(previous: str, row: tuple[str, ...]) -> str:
    return hashlib.sha256(json.dumps([previous, *row]).encode()).hexdigest()
