"""The inbox in PostgreSQL, for several processes: each chat's queue is a lane that one of them holds at a time.

A lane exists while something waits in it. Whoever stores an update locks its lane first, so the numbers of a lane are in
the order of their commits, and counts a touch there; whoever has ended all that it knows of a lane deletes it if nobody
has touched it since. So nothing is ever left without a lane, and nothing is known out of order.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from bot.errors import InboxError, LeaseLost
from bot.inbox import ClaimedUpdate, Inbox, NewUpdate, QueuedUpdate, UpdateConsumer, UpdateStatus
from bot.runtime import background, waited
from bot.sharing import INBOX
from bot.state import postgres_statements as sql
from bot.state.postgres import TELL, Connection, PostgresWriter, Signals
from bot.state.replica import Replica

log = logging.getLogger(__name__)

OWN_LANES = 16  # busy chats that a replica takes as their updates reach it; of the rest whoever has room
LANES = 128  # so many chats at most does a replica hold
LOOK_SECONDS = 1.0  # until lanes are looked at without being called
BODIES = 512  # bodies of one's own updates kept until they are claimed


@dataclass(slots=True)
class _Lane:
    """A lane that we hold: the last number and the touches we know of, and how many of its updates have not ended."""

    last: int = 0
    touches: int = 0
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class _End:
    number: int
    status: UpdateStatus
    reason: str | None
    reply: tuple[str, str, str] | None


class PostgresInbox(Inbox):
    """A platform's own part."""

    def __init__(
        self,
        writer: PostgresWriter,
        replica: Replica,
        signals: Signals,
        platform: str,
        clock: Callable[[], float],
    ) -> None:
        super().__init__(platform, clock)
        self._writer = writer
        self._replica = replica
        self._consumer: UpdateConsumer | None = None
        self._holder = ""
        self._lanes: dict[str, _Lane] = {}
        self._queue_of: dict[int, str] = {}
        self._bodies: OrderedDict[int, ClaimedUpdate] = OrderedDict()
        self._called = asyncio.Event()
        self._turn = 0
        signals.subscribe(INBOX, self._hear)
        replica.on_lost(self._lose)

    @asynccontextmanager
    async def delivering(self, consumer: UpdateConsumer) -> AsyncIterator[None]:
        """Hold lanes, and hand over what is in them."""
        self._consumer, self._holder = consumer, self._replica.id
        self._called.set()
        try:
            async with background(self._look()):
                yield
        finally:
            self._consumer = None
            self._forget_lanes()
            try:
                await self._writer.do(self._give_back, None)
            except InboxError as error:
                log.warning("inbox: chats are given back only when the lease ends: %s", error)

    async def held(self) -> None:
        """Return when the lease certainly holds."""
        await self._replica.held(self._holder)

    async def store(self, updates: Sequence[NewUpdate], position: str | None = None) -> int:
        """Commit updates with whatever else is stored now."""
        return int(await self._writer.do(self._store, (updates, position)))

    async def claim(self, queued: QueuedUpdate) -> ClaimedUpdate | None:
        """Count what was not counted as it was stored; what we stored ourselves need not be read."""
        known = self._bodies.pop(queued.number, None)
        if queued.counted and known is not None and self._holder == self._replica.id:
            return known
        run = self._read if queued.counted else self._claim
        found: ClaimedUpdate | None = await self._writer.do(run, queued.number)
        return found

    async def end(
        self,
        number: int,
        status: UpdateStatus,
        reason: str | None = None,
        reply: tuple[str, str, str] | None = None,
    ) -> None:
        """Record how an update ended with whatever else ends now, unless the lane is another process's."""
        kept = None
        if reply and reply[0] not in self._forgotten:
            kept = (without_nul(reply[0]), without_nul(reply[1]), without_nul(reply[2]))
        if not await self._writer.do(self._end, _End(number, status, reason and without_nul(reason), kept)):
            raise LeaseLost(f"update {number} is not ours to end")
        if reply:
            self._forgotten.discard(reply[0])

    async def purge(self) -> int:
        """Delete what ended more than seven days ago, and how fast quiet chats were spoken to; return how many updates."""
        await self._ask(sql.PURGE_PACE, self._platform)
        return await super().purge()

    def _hear(self, payload: str) -> None:
        """Look at the lanes, if it is about ours: `payload` is the platform and whom it concerns."""
        platform, _, whom = payload.partition(" ")
        if not payload or (platform == self._platform and whom in ("*", self._replica.id)):
            self._called.set()

    def _lose(self) -> None:
        """All that was held is another process's by now."""
        lost = list(self._lanes)
        self._forget_lanes()
        if self._consumer is not None:
            self._consumer.drop(lost)
            self._holder = self._replica.id
        self._called.set()

    def _forget_lanes(self) -> None:
        self._lanes.clear()
        self._queue_of.clear()
        self._bodies.clear()

    async def _look(self) -> None:
        while True:
            try:
                await self._writer.do(self._tend, None)
            except InboxError as error:
                log.error("inbox: cannot look for what waits (%s); trying again", error)
                await asyncio.sleep(LOOK_SECONDS / 4)
            await waited(self._called, LOOK_SECONDS)
            self._called.clear()

    async def _ask(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        told = [without_nul(value) if isinstance(value, str) else value for value in values]
        return await self._writer.ask(statement.replace("{inbox}", "inbox_"), *told)

    # What follows runs one after another, as the writer's batches: it alone changes what is known of the lanes.

    async def _store(
        self, connection: Connection, work: Sequence[tuple[Sequence[NewUpdate], str | None]]
    ) -> list[int]:
        now, me = self._clock(), self._replica.id
        updates = [update for some, _ in work for update in some]
        positions = [position for _, position in work if position is not None]
        statement, values = self._storing(updates, positions[-1] if positions else None)
        cursor = await connection.execute(
            statement, {"platform": self._platform, "me": me, "now": now, **values}
        )
        rows = await cursor.fetchall()
        ours = {
            queue: touches for queue, owner, touches, *_ in rows if owner == me and self._consumer is not None
        }
        lanes = {queue: self._lanes.setdefault(queue, _Lane()) for queue in ours}
        behind = {queue for queue, touches in ours.items() if touches != lanes[queue].touches + 1}
        new: dict[str, int] = {}
        lined_up: dict[int, str] = {}
        missing: set[int] = set()
        for queue, _, touches, number, update, _ in rows:
            if number is not None:
                new[update] = number
            if queue in ours and queue not in behind:
                lanes[queue].touches = touches
                if number is not None:
                    lined_up[number] = queue
                    lanes[queue].last = max(lanes[queue].last, number)
            elif queue in ours and number is not None:
                missing.add(number)
        counts: list[int] = []
        ready: list[QueuedUpdate] = []
        for some, _ in work:
            fresh = [(new.pop(u.id), u) for u in some if u.id in new]
            counts.append(len(fresh))
            for number, u in fresh:
                if number in lined_up:
                    ready.append(QueuedUpdate(number, lined_up[number], u.kind, counted=True))
                    self._bodies[number] = ClaimedUpdate(number, u.id, u.kind, u.body, now, 1)
        while len(self._bodies) > BODIES:
            self._bodies.popitem(last=False)
        self._deliver(sorted(ready, key=lambda one: one.number))
        if behind:
            await self._load(connection, list(behind), missing)
        await self._free(connection, ours.keys() - behind)
        return counts

    def _storing(self, updates: Sequence[NewUpdate], position: str | None) -> tuple[str, dict[str, object]]:
        """The statement that stores updates, and its values; a few lanes are ours as we make them."""
        ours: set[str] = set()
        if self._consumer is not None and self._replica.certain:  # else we may be dead to all others
            fresh = [queue for queue in dict.fromkeys(u.queue for u in updates) if queue not in self._lanes]
            ours = set(fresh[: max(0, OWN_LANES - len(self._lanes))]) | self._lanes.keys()
        if len(updates) == 1 and position is None:
            (one,) = updates
            owner = self._replica.id if one.queue in ours else None
            told = {"queue": one.queue, "owner": owner, "id": one.id, "kind": one.kind}
            return sql.STORE_ONE, {**told, "body": one.body}
        queues = sorted({update.queue for update in updates})
        return sql.STORE, {
            "queues": queues,
            "own": [queue in ours for queue in queues],
            "ids": [u.id for u in updates],
            "queue_of": [u.queue for u in updates],
            "kinds": [u.kind for u in updates],
            "bodies": [u.body for u in updates],
            "position": position,
        }

    async def _tend(self, connection: Connection, work: Sequence[None]) -> list[None]:
        """Take free lanes while there is room, and see what others stored into ours."""
        if self._consumer is None:
            return [None] * len(work)
        room = LANES - len(self._lanes)
        if room > 0 and self._replica.certain:
            self._turn += 1  # who came last is not answered after all who came before
            statement = sql.TAKE_NEWEST if self._turn % 3 == 0 else sql.TAKE_OLDEST
            values = {"platform": self._platform, "me": self._replica.id, "room": room}
            for queue, _ in await (await connection.execute(statement, values)).fetchall():
                self._lanes.setdefault(queue, _Lane())
        if self._lanes:
            await self._load(connection, list(self._lanes), set())
        return [None] * len(work)

    async def _load(self, connection: Connection, queues: Sequence[str], counted: set[int]) -> None:
        """Line up what lanes of ours hold beyond what we know; whose attempt was counted as we stored it is told."""
        values = {"platform": self._platform, "me": self._replica.id, "queues": queues}
        cursor = await connection.execute(sql.TOUCHES, values)
        touched: dict[str, int] = dict(await cursor.fetchall())
        if gone := [queue for queue in queues if queue not in touched]:
            self._lose_lanes(gone)
        behind = [queue for queue in touched if touched[queue] != self._lanes[queue].touches]
        if behind:
            lasts = [self._lanes[queue].last for queue in behind]
            wanted = {"platform": self._platform, "queues": behind, "lasts": lasts}
            found = await (await connection.execute(sql.LOAD, wanted)).fetchall()
            for queue in behind:
                self._lanes[queue].touches = touched[queue]
            for number, queue, _, _ in found:
                self._lanes[queue].last = number
            self._deliver(
                QueuedUpdate(
                    number,
                    queue,
                    kind,
                    counted=number in counted,
                    begun=attempts > 0 and number not in counted,
                    retried_after_crash=attempts > 1,
                )
                for number, queue, kind, attempts in found
            )
        await self._free(connection, queues)

    async def _claim(self, connection: Connection, numbers: Sequence[int]) -> list[ClaimedUpdate | None]:
        return await self._found(connection, sql.CLAIM, numbers)

    async def _read(self, connection: Connection, numbers: Sequence[int]) -> list[ClaimedUpdate | None]:
        return await self._found(connection, sql.READ, numbers)

    async def _found(
        self, connection: Connection, statement: str, numbers: Sequence[int]
    ) -> list[ClaimedUpdate | None]:
        cursor = await connection.execute(statement, {"numbers": list(numbers), "me": self._holder})
        found = {row[0]: ClaimedUpdate(*row) for row in await cursor.fetchall()}
        return [found.get(number) for number in numbers]

    async def _end(self, connection: Connection, ends: Sequence[_End]) -> list[bool]:
        """End updates, and give up the lanes in which nothing waits then: one statement, one commit."""
        ending = Counter(self._queue_of[end.number] for end in ends if end.number in self._queue_of)
        empty = sorted(
            q for q, count in ending.items() if q in self._lanes and self._lanes[q].waiting == count
        )
        replies = {end.reply[:2]: (end.number, *end.reply) for end in ends if end.reply}
        numbers, chats, messages, answers = zip(*replies.values(), strict=True) if replies else [()] * 4
        cursor = await connection.execute(
            sql.END,
            {
                "platform": self._platform,
                "me": self._holder,
                "now": self._clock(),
                "numbers": [end.number for end in ends],
                "statuses": [end.status for end in ends],
                "reasons": [end.reason for end in ends],
                "queues": empty,
                "touches": [self._lanes[queue].touches for queue in empty],
                "replied": list(numbers),
                "chats": list(chats),
                "messages": list(messages),
                "replies": list(answers),
            },
        )
        row = await cursor.fetchone()
        ended, freed = (set(row[0] or ()), set(row[1] or ())) if row else (set(), set())
        for end in ends:
            self._done(end.number)
        for queue in freed:
            self._lanes.pop(queue, None)
        if behind := [queue for queue in empty if queue not in freed and queue in self._lanes]:
            await self._load(connection, behind, set())
        if freed and len(self._lanes) < LANES:
            self._called.set()
        return [end.number in ended for end in ends]

    async def _give_back(self, connection: Connection, work: Sequence[None]) -> list[None]:
        await connection.execute(sql.GIVE_BACK, {"platform": self._platform, "me": self._holder})
        await connection.execute(TELL, (f"{self._platform} *",))
        return [None] * len(work)

    async def _free(self, connection: Connection, queues: Iterable[str]) -> None:
        """Give up lanes that hold nothing."""
        empty = sorted(queue for queue in queues if queue in self._lanes and not self._lanes[queue].waiting)
        if not empty:
            return
        touches = [self._lanes[queue].touches for queue in empty]
        values = {"platform": self._platform, "me": self._replica.id, "queues": empty, "touches": touches}
        for (queue,) in await (await connection.execute(sql.FREE, values)).fetchall():
            self._lanes.pop(queue, None)

    def _deliver(self, updates: Iterable[QueuedUpdate]) -> None:
        lined_up = list(updates)
        for update in lined_up:
            self._queue_of[update.number] = update.queue
            self._lanes[update.queue].waiting += 1
        if lined_up and self._consumer is not None:
            self._consumer.add(lined_up)

    def _done(self, number: int) -> None:
        self._bodies.pop(number, None)
        queue = self._queue_of.pop(number, None)
        if queue is not None and queue in self._lanes:
            self._lanes[queue].waiting -= 1

    def _lose_lanes(self, queues: Sequence[str]) -> None:
        for queue in queues:
            self._lanes.pop(queue, None)
        self._queue_of = {number: queue for number, queue in self._queue_of.items() if queue in self._lanes}
        if self._consumer is not None:
            self._consumer.drop(queues)


def without_nul(text: str) -> str:
    """Text without NUL, which PostgreSQL does not take."""
    return text.replace("\0", "")
