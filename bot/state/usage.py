"""How the bot was used, day by day, without anybody's id."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy import delete, func, insert, select, update

from bot.state.database import Database
from bot.state.tables import days, words

KEPT = timedelta(days=30)
SLOWEST = 5  # queries kept a day
WORDS = 1_000  # words kept a day; beyond, only those already met are counted


@dataclass(frozen=True, slots=True)
class SlowQuery:
    """A query that took long."""

    milliseconds: int
    query: str


@dataclass(slots=True)
class DayCounts:
    """What one day saw: queries, those that found something, the time all took together, the slowest, the words."""

    asked: int = 0
    found: int = 0
    milliseconds: int = 0
    slowest: list[SlowQuery] = field(default_factory=list)
    words: Counter[str] = field(default_factory=Counter)

    def count(self, query: str, found: bool, milliseconds: int, said: Sequence[str]) -> None:
        """Count one query and the words it was made of."""
        self.asked += 1
        self.found += found
        self.milliseconds += milliseconds
        self.slowest = _slowest([*self.slowest, SlowQuery(milliseconds, query)])
        self.words.update(said)

    def add(self, other: DayCounts) -> None:
        """Count what another tally counted; of the words those met most often stay."""
        self.asked += other.asked
        self.found += other.found
        self.milliseconds += other.milliseconds
        self.slowest = _slowest([*self.slowest, *other.slowest])
        self.words = Counter(dict((self.words + other.words).most_common(WORDS)))


@dataclass(frozen=True, slots=True)
class Day:
    """One day's figures."""

    day: date
    asked: int
    found: int
    milliseconds: int
    slowest: tuple[SlowQuery, ...]


class Usage:
    """The figures of the last thirty days."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, tallies: Mapping[date, DayCounts]) -> None:
        """Add what was counted to what is there."""
        async with self._database.writing() as connection:
            for day, tally in tallies.items():
                mine = days.c.day == day.isoformat()
                row = (await connection.execute(select(days).where(mine))).one_or_none()
                if row is None:
                    first = insert(days).values(day=day.isoformat(), asked=tally.asked, found=tally.found)
                    rest = {"milliseconds": tally.milliseconds, "slowest": _written(tally.slowest)}
                    await connection.execute(first.values(**rest))
                else:
                    slowest = _slowest([*_read(row.slowest), *tally.slowest])
                    await connection.execute(
                        update(days)
                        .where(mine)
                        .values(
                            asked=row.asked + tally.asked,
                            found=row.found + tally.found,
                            milliseconds=row.milliseconds + tally.milliseconds,
                            slowest=_written(slowest),
                        )
                    )
                met = await connection.execute(select(func.count()).where(words.c.day == day.isoformat()))
                room = WORDS - int(met.scalar_one())
                for word, times in tally.words.items():
                    this = (words.c.day == day.isoformat()) & (words.c.word == word)
                    more = await connection.execute(
                        update(words).where(this).values(times=words.c.times + times)
                    )
                    if not more.rowcount and room > 0:
                        room -= 1
                        values = {"day": day.isoformat(), "word": word, "times": times}
                        await connection.execute(insert(words).values(**values))

    async def days(self) -> list[Day]:
        """Every day with figures, the oldest first."""
        async with self._database.reading() as connection:
            rows = await connection.execute(select(days).order_by(days.c.day))
            return [
                Day(date.fromisoformat(r.day), r.asked, r.found, r.milliseconds, tuple(_read(r.slowest)))
                for r in rows
            ]

    async def words(self, limit: int = 10) -> list[tuple[str, int]]:
        """The words asked for most often, with how often."""
        total = func.sum(words.c.times)
        wanted = select(words.c.word, total).group_by(words.c.word).order_by(total.desc(), words.c.word)
        async with self._database.reading() as connection:
            rows = await connection.execute(wanted.limit(limit))
            return [(word, int(times)) for word, times in rows]

    async def forget(self, today: date) -> int:
        """Remove the days before the last thirty; return how many."""
        first = (today - KEPT).isoformat()
        async with self._database.writing() as connection:
            await connection.execute(delete(words).where(words.c.day < first))
            return (await connection.execute(delete(days).where(days.c.day < first))).rowcount


def _slowest(found: Sequence[SlowQuery]) -> list[SlowQuery]:
    best: dict[str, SlowQuery] = {}
    for slow in sorted(found, key=lambda s: -s.milliseconds):
        best.setdefault(slow.query, slow)
    return list(best.values())[:SLOWEST]


def _written(slowest: Sequence[SlowQuery]) -> list[list[int | str]]:
    return [[slow.milliseconds, slow.query] for slow in slowest]


def _read(written: Sequence[tuple[int, str]]) -> list[SlowQuery]:
    return [SlowQuery(milliseconds, query) for milliseconds, query in written]
