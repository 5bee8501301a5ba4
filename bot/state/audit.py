"""Every admin act, also a refused one, as one row; each row's digest covers the row before it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import insert, select

from bot.state import dialects
from bot.state.database import Database
from bot.state.tables import audit

DETAIL = 1_000  # characters


@dataclass(frozen=True, slots=True)
class Entry:
    """What somebody did or was refused. `actor` is `platform:id`, or the door: `http`, `shell`, `signal`."""

    at: datetime
    actor: str
    act: str
    outcome: str
    detail: str = ""
    number: int = 0


class Audit:
    """The log: only ever added to."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, entry: Entry) -> None:
        """Write a row down; it is on the disk when this returns."""
        detail = entry.detail.encode("utf-8", "replace").decode()[:DETAIL]
        async with self._database.writing() as connection:
            await dialects.one_writer(connection)
            last = select(audit.c.digest).order_by(audit.c.number.desc()).limit(1)
            previous = (await connection.execute(last)).scalar_one_or_none() or ""
            row = (_stamp(entry.at), entry.actor, entry.act, entry.outcome, detail)
            await connection.execute(
                insert(audit).values(
                    at=entry.at,
                    actor=entry.actor,
                    act=entry.act,
                    outcome=entry.outcome,
                    detail=detail,
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
        async with self._database.reading() as connection:
            for row in await connection.execute(select(audit).order_by(audit.c.number)):
                told = (_stamp(row.at), row.actor, row.act, row.outcome, row.detail)
                if row.previous != previous or row.digest != _digest(previous, told):
                    return int(row.number)
                previous = row.digest
        return None


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _digest(previous: str, row: tuple[str, ...]) -> str:
    return hashlib.sha256(json.dumps([previous, *row]).encode()).hexdigest()
