"""What was asked in vain, who wants to be told, what admins answered; readers' votes, and the figures of each day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Reply
from bot.sharing import ALIASES
from bot.state.chats import Subscriber, chat_columns, chat_of, enqueue, in_chat
from bot.state.database import Repository, call_others, insert_missing
from bot.state.tables import alerts, aliases, askers, days, pinned_answers, questions, votes, words

KEPT = timedelta(days=30)
MOST = 10_000  # questions at a time; beyond, the rarest makes room, first of those that nobody waits for
MOST_ALERTS = 100  # questions that one chat waits for


class QuestionState(StrEnum):
    """What an admin decided."""

    OPEN = "open"
    AWAITED = "awaited"
    IGNORED = "ignored"


class AlertResult(StrEnum):
    """What came of a request to be told."""

    KEPT = "kept"
    GONE = "gone"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class UnansweredQuestion:
    """An unanswered question: how often and by how many it was asked, and how many chats wait to be told."""

    id: str
    text: str
    asked: int
    askers: int
    alerts: int
    state: QuestionState


@dataclass(frozen=True, slots=True)
class PinnedAnswer:
    """A fact that answers a question since an admin said so; `key` is the normalised question."""

    key: str
    fact: str


SayAnswer = Callable[[Subscriber], Reply]
"""Says to one chat what it awaited for."""


class Questions(Repository):
    """Unanswered questions, one row per normalised question."""

    async def missed(
        self, question_id: str, key: str, text: str, asker: str | None, now: datetime, times: int = 1
    ) -> None:
        """Count a question that found nothing; `asker` is a keyed hash, None where nobody knows who it was."""
        async with self._database.writing() as connection:
            more = update(questions).where(questions.c.id == question_id)
            counted = await connection.execute(more.values(asked=questions.c.asked + times, last=now))
            if not counted.rowcount:
                await _make_room(connection)
                row = {"id": question_id, "key": key, "text": text, "asked": times, "first": now, "last": now}
                await connection.execute(insert(questions).values(**row, state=QuestionState.OPEN.value))
            if asker is None:
                return
            before = delete(askers).where(askers.c.question == question_id, askers.c.asker == asker)
            await connection.execute(before)
            await connection.execute(insert(askers).values(question=question_id, asker=asker, at=now))

    async def subscribe(self, question_id: str, subscriber: Subscriber, now: datetime) -> AlertResult:
        """Keep a chat that wants to be told, of at most a hundred questions."""
        chat = in_chat(alerts, subscriber.chat.platform, subscriber.chat.id)
        async with self._database.writing() as connection:
            there = select(questions.c.id).where(questions.c.id == question_id)
            if (await connection.execute(there)).one_or_none() is None:
                return AlertResult.GONE
            awaited = set((await connection.execute(select(alerts.c.question).where(chat))).scalars())
            if len(awaited) >= MOST_ALERTS and question_id not in awaited:
                return AlertResult.FULL
            new = insert_missing(connection, alerts)
            row = {**chat_columns(subscriber.chat), "language": subscriber.language, "since": now}
            await connection.execute(new.values(question=question_id, **row))
            return AlertResult.KEPT

    async def get(self, question_id: str) -> UnansweredQuestion | None:
        found = await self._select(questions.c.id == question_id, 1)
        return found[0] if found else None

    async def often(
        self, state: QuestionState = QuestionState.OPEN, limit: int = 10
    ) -> list[UnansweredQuestion]:
        """The questions asked most often, the latest first among equals."""
        return await self._select(questions.c.state == state.value, limit)

    async def awaited(self) -> list[UnansweredQuestion]:
        """Every question whose answer somebody waits for."""
        return await self._select(questions.c.id.in_(select(alerts.c.question)), MOST)

    async def count(self) -> int:
        wanted = select(func.count()).where(questions.c.state == QuestionState.OPEN.value)
        return int(await self._database.value(wanted) or 0)

    async def mark(self, question_id: str, state: QuestionState) -> bool:
        """Put a question aside, or back; False if it is gone."""
        mine = update(questions).where(questions.c.id == question_id)
        return await self._database.change(mine.values(state=state.value)) == 1

    async def resolve(self, question_id: str, say: SayAnswer, now: datetime) -> int:
        """Take an answered question away and put what `say` says to each waiting chat into the outbox.

        All of it, or nothing: who waits is told once. Returns how many will be told.
        """
        async with self._database.writing() as connection:
            told = await _tell(connection, question_id, say, now)
            await remove(connection, [question_id])
            return told

    async def hint(self, question_id: str, say: SayAnswer, now: datetime) -> int:
        """Put what `say` says to each waiting chat into the outbox; the question stays. Returns how many."""
        async with self._database.writing() as connection:
            return await _tell(connection, question_id, say, now)

    async def pin(self, key: str, fact: str, now: datetime) -> None:
        """Let a fact stand for the answer to a question."""
        await self._database.put(pinned_answers, key=key, fact=fact, since=now)

    async def pinned(self, key: str) -> str | None:
        """The fact that an admin pinned, or None."""
        return await self._database.value(select(pinned_answers.c.fact).where(pinned_answers.c.key == key))

    async def pinned_answers(self) -> list[PinnedAnswer]:
        """Every fact that an admin pinned, the latest first."""
        wanted = select(pinned_answers).order_by(pinned_answers.c.since.desc(), pinned_answers.c.key)
        return [PinnedAnswer(row.key, row.fact) for row in await self._database.rows(wanted)]

    async def unpin(self, key: str) -> bool:
        """Let no fact stand for the answer any more; False if none did."""
        return await self._database.change(delete(pinned_answers).where(pinned_answers.c.key == key)) == 1

    async def forget(self, now: datetime) -> int:
        """Remove questions that nobody asked, and alerts that nothing came of, for thirty days."""
        async with self._database.writing() as connection:
            await connection.execute(delete(alerts).where(alerts.c.since < now - KEPT))
            await connection.execute(delete(askers).where(askers.c.at < now - KEPT))
            awaited = select(alerts.c.question)
            old = select(questions.c.id).where(questions.c.last < now - KEPT, questions.c.id.not_in(awaited))
            gone = (await connection.execute(old)).scalars().all()
            await remove(connection, gone)
            return len(gone)

    async def _select(self, condition: object, limit: int) -> list[UnansweredQuestion]:
        by = select(func.count()).where(askers.c.question == questions.c.id).scalar_subquery()
        waiting = select(func.count()).where(alerts.c.question == questions.c.id).scalar_subquery()
        wanted = select(questions, by.label("by"), waiting.label("waiting")).where(condition)  # type: ignore[arg-type]
        wanted = wanted.order_by(questions.c.asked.desc(), questions.c.last.desc(), questions.c.id)
        return [
            UnansweredQuestion(row.id, row.text, row.asked, row.by, row.waiting, QuestionState(row.state))
            for row in await self._database.rows(wanted.limit(limit))
        ]


async def _tell(connection: AsyncConnection, question_id: str, say: SayAnswer, now: datetime) -> int:
    waiting = (await connection.execute(select(alerts).where(alerts.c.question == question_id))).all()
    subscribers = [Subscriber(chat_of(row), row.language) for row in waiting]
    await enqueue(connection, [(one.chat, say(one)) for one in subscribers], now)
    return len(waiting)


async def _make_room(connection: AsyncConnection) -> None:
    count = int((await connection.execute(select(func.count()).select_from(questions))).scalar_one())
    if count < MOST:
        return
    awaited = questions.c.id.in_(select(alerts.c.question))
    rarest = select(questions.c.id).order_by(awaited, questions.c.asked, questions.c.last).limit(1)
    await remove(connection, (await connection.execute(rarest)).scalars().all())


async def remove(connection: AsyncConnection, ids: Collection[str]) -> None:
    """Remove questions, and who asked and who waits."""
    for column in (alerts.c.question, askers.c.question, questions.c.id):
        await connection.execute(delete(column.table).where(column.in_(ids)))


@dataclass(frozen=True, slots=True)
class ChatAlias:
    """A group of names that mean the same."""

    number: int
    names: tuple[str, ...]


class ChatAliases(Repository):
    """The groups, in the order they were given."""

    async def add(self, names: tuple[str, ...], now: datetime) -> None:
        async with self._database.writing() as connection:
            await connection.execute(insert(aliases).values(names=list(names), since=now))
            await call_others(connection, ALIASES)

    async def all(self) -> list[ChatAlias]:
        rows = await self._database.rows(select(aliases).order_by(aliases.c.number))
        return [ChatAlias(row.number, tuple(row.names)) for row in rows]

    async def remove(self, number: int) -> bool:
        async with self._database.writing() as connection:
            gone = delete(aliases).where(aliases.c.number == number)
            await call_others(connection, ALIASES)
            return (await connection.execute(gone)).rowcount == 1


class Votes(Repository):
    """The votes of the last thirty days."""

    async def vote(self, answer: str, person: str, liked: bool, now: datetime) -> None:
        """Take a vote, in place of the same person's earlier one on the same answer."""
        await self._database.put(votes, answer=answer, person=person, liked=liked, at=now)

    async def count(self) -> tuple[int, int]:
        """How many answers were liked, and how many were not."""
        rows = await self._database.rows(select(votes.c.liked, func.count()).group_by(votes.c.liked))
        counted = {bool(liked): int(count) for liked, count in rows}
        return counted.get(True, 0), counted.get(False, 0)

    async def forget(self, now: datetime) -> int:
        """Remove what is older than thirty days; return how many."""
        return await self._database.change(delete(votes).where(votes.c.at < now - KEPT))


SLOWEST = 5  # queries kept a day
COUNTED = ("asked", "found", "milliseconds")
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


class Usage(Repository):
    """The figures of the last thirty days."""

    async def add(self, tallies: Mapping[date, DayCounts]) -> None:
        async with self._database.writing() as connection:
            for day, tally in tallies.items():
                mine = days.c.day == day.isoformat()
                row = (await connection.execute(select(days).where(mine))).one_or_none()
                if row is None:
                    first = {name: getattr(tally, name) for name in COUNTED}
                    values = {"day": day.isoformat(), **first, "slowest": _written(tally.slowest)}
                    await connection.execute(insert(days).values(**values))
                else:
                    slowest = _slowest([*_read(row.slowest), *tally.slowest])
                    sums = {name: getattr(row, name) + getattr(tally, name) for name in COUNTED}
                    await connection.execute(
                        update(days).where(mine).values(**sums, slowest=_written(slowest))
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
                        this_one = insert(words).values(day=day.isoformat(), word=word, times=times)
                        await connection.execute(this_one)

    async def days(self) -> list[Day]:
        """Every day with figures, the oldest first."""
        return [
            Day(date.fromisoformat(r.day), r.asked, r.found, r.milliseconds, tuple(_read(r.slowest)))
            for r in await self._database.rows(select(days).order_by(days.c.day))
        ]

    async def words(self, limit: int = 10) -> list[tuple[str, int]]:
        """The words asked for most often, with how often."""
        total = func.sum(words.c.times)
        wanted = select(words.c.word, total).group_by(words.c.word).order_by(total.desc(), words.c.word)
        return [(word, int(times)) for word, times in await self._database.rows(wanted.limit(limit))]

    async def forget(self, today: date) -> int:
        """Remove the days before the last thirty; return how many."""
        first = (today - KEPT).isoformat()
        return await self._database.change(
            delete(words).where(words.c.day < first), delete(days).where(days.c.day < first)
        )


def _slowest(found: Sequence[SlowQuery]) -> list[SlowQuery]:
    best: dict[str, SlowQuery] = {}
    for slow in sorted(found, key=lambda s: -s.milliseconds):
        best.setdefault(slow.query, slow)
    return list(best.values())[:SLOWEST]


def _written(slowest: Sequence[SlowQuery]) -> list[list[int | str]]:
    return [[slow.milliseconds, slow.query] for slow in slowest]


def _read(written: Sequence[tuple[int, str]]) -> list[SlowQuery]:
    return [SlowQuery(milliseconds, query) for milliseconds, query in written]
