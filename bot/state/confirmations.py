"""Questions to one admin that wait for one press, and not for ever."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select

from bot.state.database import Database
from bot.state.tables import confirmations

LASTS = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What will be done if `actor` says yes before `expires`; `detail` is the act's own."""

    id: str
    actor: str
    act: str
    detail: str
    expires: datetime


class Confirmations:
    """Open questions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ask(self, confirmation: Confirmation) -> None:
        """Open a question; what has expired is forgotten on the way."""
        async with self._database.writing() as connection:
            long_ago = confirmation.expires - 2 * LASTS
            await connection.execute(delete(confirmations).where(confirmations.c.expires < long_ago))
            await connection.execute(
                insert(confirmations).values(
                    id=confirmation.id,
                    actor=confirmation.actor,
                    act=confirmation.act,
                    detail=confirmation.detail,
                    expires=confirmation.expires,
                )
            )

    async def forget(self, now: datetime) -> int:
        """Remove what has expired an hour ago; return how many."""
        async with self._database.writing() as connection:
            old = delete(confirmations).where(confirmations.c.expires < now - 6 * LASTS)
            return (await connection.execute(old)).rowcount

    async def get(self, confirmation_id: str) -> Confirmation | None:
        """The question of that id, expired or not; None if it was answered or never asked."""
        async with self._database.reading() as connection:
            wanted = select(confirmations).where(confirmations.c.id == confirmation_id)
            row = (await connection.execute(wanted)).one_or_none()
        return None if row is None else Confirmation(row.id, row.actor, row.act, row.detail, row.expires)

    async def close(self, confirmation_id: str) -> bool:
        """Answer a question; False if somebody already did, so that a double press acts once."""
        async with self._database.writing() as connection:
            gone = delete(confirmations).where(confirmations.c.id == confirmation_id)
            return (await connection.execute(gone)).rowcount == 1
