"""Who is worked on next: in order inside a chat, side by side across chats, a fair share for each."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace

from bot.errors import InboxError, LeaseLost
from bot.inbox import ATTEMPTS, ClaimedUpdate, Inbox, QueuedUpdate, UpdateStatus
from bot.observability import Metrics
from bot.runtime import waited

log = logging.getLogger(__name__)

LONG_SECONDS = 2.0


class Slots(asyncio.Semaphore):
    """So many places for work; waiting for one chat's turn must not keep others from working."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.waiting_long: set[asyncio.Task[object]] = set()

    async def release_while(self, seconds: float) -> None:
        """Wait so long, and let others have one's place meanwhile."""
        task = asyncio.current_task()
        assert task is not None
        if seconds > LONG_SECONDS:
            self.waiting_long.add(task)
        self.release()
        try:
            await asyncio.sleep(seconds)
        finally:
            self.waiting_long.discard(task)
            await asyncio.shield(self.acquire())


CROWD = 64
QUEUES_AT_ONCE = 1024
FEW = 4
RETRY_SECONDS = 1.0
ALONE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Job:
    """One update to be handled; `behind` is how many more wait in its chat's queue."""

    update: ClaimedUpdate
    queue: str
    behind: int
    slots: Slots
    survived: Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Result:
    """How a turn ended; `reply` is (chat, message, id of our answer)."""

    status: UpdateStatus
    reason: str | None = None
    reply: tuple[str, str, str] | None = None


class UpdateScheduler:
    """Takes updates out of the inbox queue by queue; only ids are held in memory."""

    def __init__(
        self,
        inbox: Inbox,
        handle: Callable[[Job], Awaitable[Result]],
        metrics: Metrics,
        clock: Callable[[], float],
        places: int = 16,
        resolve: Callable[[str], str] = str,
    ) -> None:
        """`resolve` tells the queue that a chat has today."""
        self._inbox = inbox
        self._handle = handle
        self._metrics = metrics
        self._clock = clock
        self._resolve = resolve
        self._slots = Slots(places)
        self._queues: dict[str, deque[QueuedUpdate]] = {}
        self._fresh: deque[str] = deque()
        self._again: deque[str] = deque()
        self._running: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._dropped: set[asyncio.Task[None]] = set()
        self._stirred = asyncio.Event()
        self._turn = 0
        self._making_way = False
        self._retried = asyncio.Event()  # set when the last retried one let the next one come
        self._retried.set()
        self._retried_first: dict[str, asyncio.Event] = {}  # queues to begin with, and what clears each

    def add(self, updates: Iterable[QueuedUpdate]) -> None:
        for update in updates:
            self._metrics.received.labels(update.kind).inc()
            name = self._resolve(update.queue)
            queue = self._queues.get(name)
            if queue is None:
                queue = self._queues[name] = deque()
                if name not in self._running:
                    self._fresh.append(name)
            queue.append(update)
            if update.retried_after_crash:
                self._retried_first[name] = asyncio.Event()
        self._stirred.set()

    def move(self, old: str, new: str) -> None:
        """What waits for a group waits for its supergroup, before what came there later."""
        moving = self._queues.pop(old, None)
        if moving is None:
            return
        if retried_after_crash := self._retried_first.pop(old, None):
            self._retried_first[new] = retried_after_crash
        for ready in (self._fresh, self._again):
            with suppress(ValueError):
                ready.remove(old)
        if new in self._queues:
            self._queues[new].extendleft(reversed(moving))
        else:
            self._queues[new] = moving
            if new not in self._running:
                self._fresh.append(new)
        self._stirred.set()

    def drop(self, queues: Iterable[str]) -> None:
        gone = {self._resolve(queue) for queue in queues}
        for queue in gone:
            self._queues.pop(queue, None)
            if cleared := self._retried_first.pop(queue, None):
                cleared.set()
            for ready in (self._fresh, self._again):
                with suppress(ValueError):
                    ready.remove(queue)
        for task in self._tasks:
            if task.get_name() in {_task_name(queue) for queue in gone}:
                self._dropped.add(task)
                task.cancel()
        self._stirred.set()

    def throttle(self, more_is_coming: bool) -> None:
        """While a backlog comes in, work on few at once: whoever came last must soon be among those we know."""
        self._making_way = more_is_coming
        self._stirred.set()

    @property
    def _full(self) -> bool:
        working = len(self._tasks) - len(self._slots.waiting_long)
        return len(self._tasks) >= QUEUES_AT_ONCE or (self._making_way and working >= FEW)

    @property
    def waiting(self) -> int:
        return sum(map(len, self._queues.values()))

    async def run(self) -> None:
        """Work until cancelled.

        What was begun anew after one death and cut off by the next comes first and one by one: whoever kills us
        again and again from outside, at any moment, would else meet the same one too often.
        """
        while True:
            await self._slots.acquire()
            try:
                queue = await self._next()
            except BaseException:
                self._slots.release()
                raise
            self._running.add(queue)
            task = asyncio.create_task(self._serve(queue), name=_task_name(queue))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            task.add_done_callback(self._dropped.discard)
            if cleared := self._retried_first.get(queue):
                await waited(cleared, ALONE_SECONDS)

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
            log.warning("%d updates were broken off and stay in the inbox", len(late))
            await asyncio.wait(late)

    async def _next(self) -> str:
        """Wait for a queue with work.

        In a crowd every third turn goes to the newest queue, so that somebody who comes now is not answered
        after all who came before; the others go to the oldest, so that nobody waits for ever.
        """
        for queue in self._retried_first:
            if queue in self._fresh:
                self._fresh.remove(queue)
                return queue
        while not (self._fresh or self._again) or self._full:
            self._stirred.clear()
            await self._stirred.wait()
        self._turn += 1
        if self._fresh and len(self._fresh) + len(self._again) > CROWD and self._turn % 3 == 0:
            return self._fresh.pop()
        first, second = (self._fresh, self._again) if self._turn % 3 == 1 else (self._again, self._fresh)
        return (first or second).popleft()

    async def _serve(self, queue: str) -> None:
        try:
            try:
                ended = await self._advance(queue)
            finally:
                # The queue's next may begin while this one's end is being committed: both in one commit.
                self._running.discard(queue)
                if queue in self._queues:
                    self._again.append(queue)
                self._stirred.set()
            if ended is not None:
                await self._end(*ended)
        finally:
            self._slots.release()

    async def _advance(self, queue: str) -> tuple[ClaimedUpdate, Result] | None:
        """Handle the next update of a queue; return how it ended, or None where that is not to be recorded."""
        row = self._queues[queue]
        pending = row.popleft()
        if not row:
            del self._queues[queue]
        cleared = self._retried_first.pop(queue, None) if pending.retried_after_crash else None
        if cleared is None:
            cleared = await self._alone() if pending.begun else asyncio.Event()
        try:
            update = await self._inbox.claim(pending)
            if update is None:
                return None
            result = await self._outcome(update, queue, pending, cleared)
            if result is not None:
                return update, result
        except LeaseLost as error:
            self._metrics.fenced.inc()
            log.warning("broken off: %s", error)
            return None
        except InboxError as error:
            self._metrics.inbox_errors.inc()
            log.error("inbox: cannot count an attempt (%s); trying again", error)
            await asyncio.sleep(RETRY_SECONDS)
        finally:
            cleared.set()
        again = replace(pending, counted=False, begun=True, failed=True, retried_after_crash=False)
        self._queues.setdefault(queue, deque()).appendleft(again)
        return None

    async def _alone(self) -> asyncio.Event:
        """Wait until the retried one before is cleared; return what clears this one.

        What was in hand when a process died was perhaps its death. Looked up one by one, only one is blamed for
        the next; one that takes long (an upload) is waited for only so long.
        """
        before, self._retried = self._retried, asyncio.Event()
        mine = self._retried
        await waited(before, ALONE_SECONDS)
        return mine

    async def _outcome(
        self, update: ClaimedUpdate, queue: str, pending: QueuedUpdate, cleared: asyncio.Event
    ) -> Result | None:
        """Handle one update; None if it must be tried again."""
        if update.attempts > ATTEMPTS:
            return Result(UpdateStatus.QUARANTINED, f"broke off {ATTEMPTS} times")

        async def survived() -> None:
            cleared.set()
            # Only one that is retried pays for a second commit: it may have been in hand when the process died before.
            if update.attempts > 1 and not pending.failed:
                await self._inbox.release(update.number)

        behind = len(self._queues.get(queue, ()))
        try:
            return await self._handle(Job(update, queue, behind, self._slots, survived))
        except asyncio.CancelledError:
            if asyncio.current_task() not in self._dropped:
                await asyncio.shield(self._inbox.release(update.number))
            raise
        except LeaseLost:
            raise
        except Exception as error:
            log.exception("update %s failed, attempt %d", update.id, update.attempts)
            if update.attempts < ATTEMPTS:
                return None
            return Result(UpdateStatus.QUARANTINED, f"{type(error).__name__}: {error}"[:200])

    async def _end(self, update: ClaimedUpdate, result: Result) -> None:
        while True:
            try:
                await self._inbox.end(update.number, result.status, result.reason, result.reply)
                break
            except LeaseLost as error:
                self._metrics.fenced.inc()
                log.warning("update %s: %s; how it ended here is not recorded", update.id, error)
                return
            except InboxError as error:
                self._metrics.inbox_errors.inc()
                log.error("inbox: cannot record an ending (%s); trying again", error)
                await asyncio.sleep(RETRY_SECONDS)
        seconds = self._clock() - update.received
        self._metrics.ended.labels(result.status).inc()
        self._metrics.answer_seconds.observe(max(0.0, seconds))
        log.info(
            "update",
            extra={
                "update": update.id,
                "kind": update.kind,
                "ending": result.status.value,
                "reason": result.reason,
                "ms": round(seconds * 1000),
            },
        )


def _task_name(queue: str) -> str:
    return f"queue {queue}"
