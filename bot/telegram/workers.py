"""Who is worked on next: in order inside a chat, side by side across chats, a fair share for each."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass

from bot.metrics import Metrics
from bot.telegram.inbox import ATTEMPTS, Claimed, Ending, Inbox, Pending
from bot.telegram.slots import Slots

CROWD = 64
LANES_AT_ONCE = 1024
RETRY_SECONDS = 1.0
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Turn:
    """One update to be handled; `behind` is how many more wait in its lane."""

    update: Claimed
    lane: str
    behind: int
    slots: Slots
    survived: Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a turn ended; `reply` is (chat, message, id of our answer)."""

    ending: Ending
    reason: str | None = None
    reply: tuple[str, str, str] | None = None


class Workers:
    """Takes updates out of the inbox lane by lane; only ids are held in memory."""

    def __init__(
        self,
        inbox: Inbox,
        handle: Callable[[Turn], Awaitable[Outcome]],
        metrics: Metrics,
        clock: Callable[[], float],
        places: int = 16,
    ) -> None:
        self._inbox = inbox
        self._handle = handle
        self._metrics = metrics
        self._clock = clock
        self._slots = Slots(places)
        self._lanes: dict[str, deque[Pending]] = {}
        self._fresh: deque[str] = deque()
        self._again: deque[str] = deque()
        self._running: dict[str, asyncio.Task[None]] = {}
        self._stirred = asyncio.Event()
        self._turn = 0

    def add(self, updates: Iterable[Pending]) -> None:
        """Line up stored updates."""
        for update in updates:
            self._metrics.received.labels(update.kind).inc()
            lane = self._lanes.get(update.lane)
            if lane is None:
                lane = self._lanes[update.lane] = deque()
                if update.lane not in self._running:
                    self._fresh.append(update.lane)
            lane.append(update)
        self._stirred.set()

    def move(self, old: str, new: str) -> None:
        """What waits for a group waits for its supergroup, before what came there later."""
        moving = self._lanes.pop(old, None)
        if moving is None:
            return
        for ready in (self._fresh, self._again):
            with suppress(ValueError):
                ready.remove(old)
        if new in self._lanes:
            self._lanes[new].extendleft(reversed(moving))
        else:
            self._lanes[new] = moving
            if new not in self._running:
                self._fresh.append(new)
        self._stirred.set()

    @property
    def waiting(self) -> int:
        """How many updates wait."""
        return sum(map(len, self._lanes.values()))

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            await self._slots.take()
            try:
                lane = await self._next()
            except BaseException:
                self._slots.give_back()
                raise
            task = asyncio.create_task(self._serve(lane), name=f"lane {lane}")
            self._running[lane] = task

    async def drain(self, seconds: float) -> None:
        """Let the turns that have begun end; break off those that have not by then."""
        tasks = set(self._running.values())
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=seconds)
        for task in late:
            task.cancel()
        if late:
            logger.warning("%d updates were broken off and stay in the inbox", len(late))
            await asyncio.wait(late)

    async def _next(self) -> str:
        """Wait for a lane with work.

        In a crowd every third turn goes to the newest lane, so that somebody who comes now is not answered
        after all who came before; the others go to the oldest, so that nobody waits for ever.
        """
        while not (self._fresh or self._again) or len(self._running) >= LANES_AT_ONCE:
            self._stirred.clear()
            await self._stirred.wait()
        self._turn += 1
        if self._fresh and len(self._fresh) + len(self._again) > CROWD and self._turn % 3 == 0:
            return self._fresh.pop()
        first, second = (self._fresh, self._again) if self._turn % 3 == 1 else (self._again, self._fresh)
        return (first or second).popleft()

    async def _serve(self, lane: str) -> None:
        row = self._lanes[lane]
        update = row.popleft()
        if not row:
            del self._lanes[lane]
        again = False
        try:
            again = await self._one(update, len(row))
        finally:
            if again:
                self._lanes.setdefault(lane, deque()).appendleft(update)
            del self._running[lane]
            if lane in self._lanes:
                self._again.append(lane)
            self._slots.give_back()
            self._stirred.set()

    async def _one(self, pending: Pending, behind: int) -> bool:
        """Handle one update; return whether it must be tried again."""
        try:
            update = await self._inbox.claim(pending.id)
        except sqlite3.Error as error:
            self._metrics.inbox_errors.inc()
            logger.error("inbox: cannot count an attempt (%s); trying again", error)
            await asyncio.sleep(RETRY_SECONDS)
            return True
        if update is None:
            return False
        if update.attempts > ATTEMPTS:
            await self._end(update, Outcome(Ending.QUARANTINED, f"broke off {ATTEMPTS} times"))
            return False

        async def survived() -> None:
            # Only a suspect pays for a second commit: it was in hand when the process died before.
            if update.attempts > 1:
                await self._inbox.release(update.id)

        try:
            outcome = await self._handle(Turn(update, pending.lane, behind, self._slots, survived))
        except asyncio.CancelledError:
            await asyncio.shield(self._inbox.release(update.id))
            raise
        except Exception as error:
            logger.exception("update %d failed, attempt %d", update.id, update.attempts)
            if update.attempts < ATTEMPTS:
                return True
            outcome = Outcome(Ending.QUARANTINED, f"{type(error).__name__}: {error}"[:200])
        await self._end(update, outcome)
        return False

    async def _end(self, update: Claimed, outcome: Outcome) -> None:
        while True:
            try:
                await self._inbox.end(update.id, outcome.ending, outcome.reason, outcome.reply)
                break
            except sqlite3.Error as error:
                self._metrics.inbox_errors.inc()
                logger.error("inbox: cannot record an ending (%s); trying again", error)
                await asyncio.sleep(RETRY_SECONDS)
        seconds = self._clock() - update.received
        self._metrics.ended.labels(outcome.ending).inc()
        self._metrics.answer_seconds.observe(max(0.0, seconds))
        logger.info(
            "update",
            extra={
                "update": update.id,
                "kind": update.kind,
                "ending": outcome.ending.value,
                "reason": outcome.reason,
                "ms": round(seconds * 1000),
            },
        )
