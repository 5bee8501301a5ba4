"""Sends what waits in the outbox: once, and over a restart twice only what was in flight."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from bot.errors import StateError
from bot.messages import Chat, Reply
from bot.runtime import backoff, waited
from bot.state.chats import Outbox, OutboxMessage

log = logging.getLogger(__name__)

IN_FLIGHT = 8
TRIES = 12
FIRST_PAUSE, LONGEST_PAUSE = 30.0, 6 * 3600.0
REST = 60.0  # seconds until the queue is looked at again without being called, or the disk is tried again
PATIENCE = 4.0  # seconds that sends in flight may take when the bot stops


Send = Callable[[Chat, Reply], Awaitable[str | None]]
"""Says something in a chat; None where it is closed."""


class OutboxWorker:
    """One loop over the queue; questions of the moment go first, since few posts are in flight at a time."""

    def __init__(self, outbox: Outbox, send: Send, clock: Callable[[], datetime], rest: float = REST) -> None:
        self._outbox = outbox
        self._say = send
        self._clock = clock
        self._rest = rest
        self._called = asyncio.Event()
        self._stopping = False
        self._flying: dict[int, asyncio.Task[None]] = {}

    def call(self) -> None:
        """Something new waits."""
        self._called.set()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Send while the block runs; at its end nothing new is begun, and what flies may land."""
        self._stopping = False
        loop = asyncio.create_task(self._run(), name="outbox")
        try:
            yield
        finally:
            self._stopping = True  # not cancelled: a statement broken off may hold its lock on the database
            self._called.set()
            await loop
            if self._flying:
                await asyncio.wait(self._flying.values(), timeout=PATIENCE)
            for task in self._flying.values():
                task.cancel()

    async def _run(self) -> None:
        while not self._stopping:
            self._called.clear()
            try:
                rest = await self._begin()
            except StateError as error:
                log.error("the outbox cannot be read: %s", error)
                rest = self._rest
            if self._stopping:
                return
            await waited(self._called, rest)

    async def _begin(self) -> float:
        """Begin to send what is due and has room; return the seconds until something may be due."""
        room = IN_FLIGHT - len(self._flying)
        flying = list(self._flying)
        for message in await self._outbox.due(self._clock(), room, flying) if room else ():
            if not self._stopping:
                self._flying[message.number] = asyncio.create_task(self._send(message))
        if len(self._flying) == IN_FLIGHT:
            return self._rest  # the next to land calls
        due = await self._outbox.next_due(list(self._flying))
        return (
            self._rest if due is None else min(self._rest, max(0.05, (due - self._clock()).total_seconds()))
        )

    async def _send(self, message: OutboxMessage) -> None:
        """Say a post; it is in flight until what came of it is on the disk, lest it be said again."""
        try:
            await self._write_down(message, await self._deliver(message))
        finally:
            self._flying.pop(message.number, None)
            self._called.set()

    async def _deliver(self, message: OutboxMessage) -> datetime | None:
        """Say a post; return when to try again, None where it is over."""
        try:
            await self._say(message.chat, replace(message.reply, key=_key(message)))
        except Exception as error:  # whatever a platform raises, the post must not be lost, nor stop others
            if message.tries + 1 >= TRIES:
                log.warning("post %d is given up after %d tries: %s", message.number, TRIES, error)
                return None
            seconds = backoff(message.tries, FIRST_PAUSE, LONGEST_PAUSE)
            log.warning("post %d waits for %.0f s: %s", message.number, seconds, error)
            return self._clock() + timedelta(seconds=seconds)
        return None  # also where the chat is closed to us: nobody hears it

    async def _write_down(self, message: OutboxMessage, later: datetime | None) -> None:
        """Write down what came of a post, as soon as the disk takes it."""
        while True:
            try:
                if later is None:
                    await self._outbox.done(message.number)
                else:
                    await self._outbox.postpone(message.number, later)
                return
            except StateError as error:
                what = "is over" if later is None else "is put off"
                log.error("that post %d %s cannot be written down yet: %s", message.number, what, error)
            await asyncio.sleep(self._rest)


def _key(message: OutboxMessage) -> str:
    """The name of a post, also after a kill; with its words, for a restored database counts the numbers anew."""
    words = hashlib.sha256(message.reply.text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"post.{message.number}.{words}"
