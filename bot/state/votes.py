"""Whether an answer helped: one vote per person and answer, the person as a keyed hash."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, func, insert, select

from bot.state.database import Database
from bot.state.tables import votes

KEPT = timedelta(days=30)


class Votes:
    """The votes of the last thirty days."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def vote(self, answer: str, person: str, liked: bool, now: datetime) -> None:
        """Take a vote, in place of the same person's earlier one on the same answer."""
        async with self._database.writing() as connection:
            mine = delete(votes).where(votes.c.answer == answer, votes.c.person == person)
            await connection.execute(mine)
            await connection.execute(insert(votes).values(answer=answer, person=person, liked=liked, at=now))

    async def count(self) -> tuple[int, int]:
        """How many answers were liked, and how many were not."""
        async with self._database.reading() as connection:
            rows = await connection.execute(select(votes.c.liked, func.count()).group_by(votes.c.liked))
            counted = {bool(liked): int(count) for liked, count in rows}
        return counted.get(True, 0), counted.get(False, 0)

    async def forget(self, now: datetime) -> int:
        """Remove what is older than thirty days; return how many."""
        async with self._database.writing() as connection:
            return (await connection.execute(delete(votes).where(votes.c.at < now - KEPT))).rowcount
