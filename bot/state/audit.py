"""Every admin act, also a refused one, as one row; each row's digest covers the row before it.

Who acted and the detail enter the digest as salted hashes: whoever wants to be forgotten can be taken out of the
log, and the chain still shows that nothing else was changed.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.state.database import Database
from bot.state.tables import audit

NOBODY = "forgotten"
DETAIL = 1_000  # characters
UNDONE = ("refused", "nothing")  # outcomes whose detail is no act, but only what somebody wrote
BATCH = 1_000  # rows proved at a time


@dataclass(frozen=True, slots=True)
class Entry:
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

    async def add(self, entry: Entry) -> None:
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

    async def last(self, count: int = 20) -> list[Entry]:
        """The newest rows, newest first."""
        async with self._database.reading() as connection:
            rows = await connection.execute(select(audit).order_by(audit.c.number.desc()).limit(count))
            return [Entry(r.at, r.actor, r.act, r.outcome, r.detail, r.number) for r in rows]

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
