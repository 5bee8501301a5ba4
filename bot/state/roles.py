"""Who was granted what; owners are not here but in the settings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Delete, delete, insert, select

from bot.state.database import Database
from bot.state.tables import roles


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
