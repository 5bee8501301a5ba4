"""Who is worked on next: in order inside a chat, side by side across chats, a fair share for each."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace

from bot.metrics import Metrics
from bot.telegram.inbox import ATTEMPTS, Claimed, Ending, Inbox, Pending
from bot.telegram.slots import Slots

CROWD = 64
LANES_AT_ONCE = 1024
FEW = 4
RETRY_SECONDS = 1.0
ALONE_SECONDS = 2.0
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
        resolve: Callable[[str], str] = str,
    ) -> None:
        """`resolve` tells the lane that a chat has today."""
        self._inbox = inbox
        self._handle = handle
        self._metrics = metrics
        self._clock = clock
        self._resolve = resolve
        self._slots = Slots(places)
        self._lanes: dict[str, deque[Pending]] = {}
        self._fresh: deque[str] = deque()
        self._again: deque[str] = deque()
        self._running: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._stirred = asyncio.Event()
        self._turn = 0
        self._making_way = False
        self._suspect = asyncio.Event()  # set when the last suspect let the next one come
        self._suspect.set()
        self._struck: dict[str, asyncio.Event] = {}  # lanes to begin with, and what clears each

    def add(self, updates: Iterable[Pending]) -> None:
        """Line up stored updates."""
        for update in updates:
            self._metrics.received.labels(update.kind).inc()
            name = self._resolve(update.lane)
            lane = self._lanes.get(name)
            if lane is None:
                lane = self._lanes[name] = deque()
                if name not in self._running:
                    self._fresh.append(name)
            lane.append(update)
            if update.struck:
                self._struck[name] = asyncio.Event()
        self._stirred.set()

    def move(self, old: str, new: str) -> None:
        """What waits for a group waits for its supergroup, before what came there later."""
        moving = self._lanes.pop(old, None)
        if moving is None:
            return
        if struck := self._struck.pop(old, None):
            self._struck[new] = struck
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

    def make_way(self, more_is_coming: bool) -> None:
        """While a backlog comes in, work on few at once: whoever came last must soon be among those we know."""
        self._making_way = more_is_coming
        self._stirred.set()

    @property
    def _full(self) -> bool:
        working = len(self._tasks) - len(self._slots.waiting_long)
        return len(self._tasks) >= LANES_AT_ONCE or (self._making_way and working >= FEW)

    @property
    def waiting(self) -> int:
        """How many updates wait."""
        return sum(map(len, self._lanes.values()))

    async def run(self) -> None:
        """Work until cancelled.

        What was begun anew after one death and cut off by the next comes first and one by one: whoever kills us
        again and again from outside, at any moment, would else meet the same one too often.
        """
        while True:
            await self._slots.take()
            try:
                lane = await self._next()
            except BaseException:
                self._slots.give_back()
                raise
            self._running.add(lane)
            task = asyncio.create_task(self._serve(lane), name=f"lane {lane}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            if cleared := self._struck.get(lane):
                with suppress(TimeoutError):
                    await asyncio.wait_for(cleared.wait(), ALONE_SECONDS)

    async def drain(self, seconds: float) -> None:
        """Let the turns that have begun end; break off those that have not by then."""
        tasks = set(self._tasks)
        if not tasks:
            return
        for task in set(self._slots.waiting_long):  # theirs would not end in time; it stays in the inbox
            task.cancel()
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
        for lane in self._struck:
            if lane in self._fresh:
                self._fresh.remove(lane)
                return lane
        while not (self._fresh or self._again) or self._full:
            self._stirred.clear()
            await self._stirred.wait()
        self._turn += 1
        if self._fresh and len(self._fresh) + len(self._again) > CROWD and self._turn % 3 == 0:
            return self._fresh.pop()
        first, second = (self._fresh, self._again) if self._turn % 3 == 1 else (self._again, self._fresh)
        return (first or second).popleft()

    async def _serve(self, lane: str) -> None:
        try:
            try:
                ended = await self._advance(lane)
            finally:
                # The lane's next may begin while this one's ending is being committed: both in one commit.
                self._running.discard(lane)
                if lane in self._lanes:
                    self._again.append(lane)
                self._stirred.set()
            if ended is not None:
                await self._end(*ended)
        finally:
            self._slots.give_back()

    async def _advance(self, lane: str) -> tuple[Claimed, Outcome] | None:
        """Handle the next update of a lane; return how it ended, or None where that is not to be recorded."""
        row = self._lanes[lane]
        pending = row.popleft()
        if not row:
            del self._lanes[lane]
        cleared = self._struck.pop(lane, None) if pending.struck else None
        if cleared is None:
            cleared = asyncio.Event() if pending.counted else await self._alone()
        try:
            update = await self._inbox.claim(pending)
            if update is None:
                return None
            outcome = await self._outcome(update, lane, pending, cleared)
            if outcome is not None:
                return update, outcome
        except sqlite3.Error as error:
            self._metrics.inbox_errors.inc()
            logger.error("inbox: cannot count an attempt (%s); trying again", error)
            await asyncio.sleep(RETRY_SECONDS)
        finally:
            cleared.set()
        again = replace(pending, counted=False, failed=True, struck=False)
        self._lanes.setdefault(lane, deque()).appendleft(again)
        return None

    async def _alone(self) -> asyncio.Event:
        """Wait until the suspect before is cleared; return what clears this one.

        What was in hand when a process died was perhaps its death. Looked up one by one, only one is blamed for
        the next; one that takes long (an upload) is waited for only so long.
        """
        before, self._suspect = self._suspect, asyncio.Event()
        mine = self._suspect
        with suppress(TimeoutError):
            await asyncio.wait_for(before.wait(), ALONE_SECONDS)
        return mine

    async def _outcome(
        self, update: Claimed, lane: str, pending: Pending, cleared: asyncio.Event
    ) -> Outcome | None:
        """Handle one update; None if it must be tried again."""
        if update.attempts > ATTEMPTS:
            return Outcome(Ending.QUARANTINED, f"broke off {ATTEMPTS} times")

        async def survived() -> None:
            cleared.set()
            # Only a suspect pays for a second commit: it may have been in hand when the process died before.
            if update.attempts > 1 and not pending.failed:
                await self._inbox.release(update.id)

        behind = len(self._lanes.get(lane, ()))
        try:
            return await self._handle(Turn(update, lane, behind, self._slots, survived))
        except asyncio.CancelledError:
            await asyncio.shield(self._inbox.release(update.id))
            raise
        except Exception as error:
            logger.exception("update %d failed, attempt %d", update.id, update.attempts)
            if update.attempts < ATTEMPTS:
                return None
            return Outcome(Ending.QUARANTINED, f"{type(error).__name__}: {error}"[:200])

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
