"""What every chat platform is made of: inbox, queues, limiter, outbox, health; started in order, stopped in reverse."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from bot.inbox import Inbox, InboxError
from bot.messages import ChatMigrations, Conversation
from bot.observability import Metrics
from bot.platforms.adapter import Adapter, Speaker, Translate
from bot.platforms.chats import ChatDirectory
from bot.platforms.health import ConnectionHealth
from bot.platforms.limiter import OVERALL, PER_CHAT, PER_GROUP, Limiter, OwnLimits
from bot.platforms.receiving import Receiver
from bot.platforms.scheduler import Job, Result, UpdateScheduler
from bot.platforms.sending import Draft, Outbox, Transport
from bot.runtime import background, periodic, restarting
from bot.sharing import SPEAKING, Alone, Led, Rate, Rates, Sharing

TIDY_SECONDS = 3600.0
LEARN_SECONDS = 60.0  # until what other processes learnt about chats is read
logger = logging.getLogger(__name__)

D = TypeVar("D", bound=Draft)


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a platform lets us speak, how much is worked on at once, and how long the end may take."""

    overall: Rate = OVERALL
    per_chat: Rate = PER_CHAT
    per_group: Rate = PER_GROUP
    places: int = 16
    drain_seconds: float = 1.0


@dataclass(frozen=True, slots=True)
class Clocks:
    """The time of day, and a clock that never goes back; both in seconds."""

    wall: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic


class PlatformCore(Generic[D]):
    """The parts of one platform; `patience` is how many seconds of silence are well (None: any)."""

    def __init__(
        self,
        name: str,
        inbox: Inbox,
        conversation: Conversation,
        metrics: Metrics,
        chat_migrations: ChatMigrations | None,
        transport: Transport[D],
        pace: Pace,
        on_refused: Callable[[], None],
        patience: float | None = None,
        clocks: Clocks | None = None,
        sharing: Sharing | None = None,
        led: Led = Led.NOTHING,
    ) -> None:
        self._name = name
        self._conversation = conversation
        self._metrics = metrics
        self._pace = pace
        self._clocks = clocks or Clocks()
        self._adapter: Adapter | None = None
        self.inbox = inbox
        self.chats = ChatDirectory(name, inbox, chat_migrations, self._clocks.wall)
        self.sharing = sharing or Alone()
        self._led = led
        self._leader = SPEAKING if led is Led.EVERYTHING else name
        self.limiter = Limiter(self._clocks.monotonic, pace.overall, pace.per_chat, pace.per_group)
        shared = self.sharing.limits(name, Rates(pace.overall, pace.per_chat, pace.per_group))
        self.scheduler = UpdateScheduler(
            inbox, self._handle, metrics, self._clocks.wall, pace.places, self.chats.resolve
        )
        self.outbox = Outbox(
            transport, shared or OwnLimits(self.limiter), self.chats, metrics, self.scheduler.move
        )
        self.receiver = Receiver(inbox, metrics)
        self.health = ConnectionHealth(self._clocks.monotonic, patience, on_refused)
        for gauge, meaning, read in (
            ("chuchu_inbox_waiting", "Updates stored and not ended", lambda: self.scheduler.waiting),
            ("chuchu_chats_held", "Chats held because of too many calls", lambda: self.limiter.held_chats),
            ("chuchu_heard_seconds", "Since the platform was last heard", lambda: self.health.age),
        ):
            metrics.watch(gauge, meaning, read, platform=name)

    def problem(self) -> str | None:
        """Say what keeps messages from coming in, or None; that another process leads keeps none."""
        if self._led is not Led.NOTHING and not self.sharing.leads(self._leader):
            return self.sharing.leaderless(self._leader)
        return (
            self.health.problem if self._adapter else self.health.problem or "it is not known yet who we are"
        )

    @asynccontextmanager
    async def serving(
        self,
        speaker: Speaker,
        identify: Callable[[], Awaitable[Translate]],
        lives: Mapping[str, float],
        *work: Callable[[], Awaitable[object]],
    ) -> AsyncIterator[None]:
        """Serve while the block runs; then take nothing more, and let what has begun end.

        `identify` learns who we are and returns what translates updates: without that no mention can be told, so
        nobody is answered before. `work`, such as holding the connection, is begun again where it breaks.
        """

        async def answering() -> None:
            if self._adapter is None:
                translate = await identify()
                self._adapter = Adapter(
                    self._conversation, speaker, self.chats, self.inbox, translate, lives, self._clocks.wall
                )
            await self.scheduler.run()

        @asynccontextmanager
        async def alive() -> AsyncIterator[None]:
            async with self.inbox.delivering(self.scheduler):
                try:
                    async with background(
                        *(restarting(self._led_here(one)) for one in work),
                        restarting(answering),
                        periodic(
                            TIDY_SECONDS, self._purge, InboxError, what="inbox: cannot forget what has ended"
                        ),
                        periodic(
                            LEARN_SECONDS,
                            self.chats.load,
                            InboxError,
                            what="inbox: cannot read closed chats",
                            first=LEARN_SECONDS,
                        ),
                    ):
                        yield
                finally:
                    await self.scheduler.drain(self._pace.drain_seconds)

        async def leading() -> None:
            async with alive():
                await asyncio.Event().wait()

        await self.chats.load()
        everything = self._led is Led.EVERYTHING
        async with background(self.sharing.lead(SPEAKING, leading)) if everything else alive():
            yield

    def _led_here(self, work: Callable[[], Awaitable[object]]) -> Callable[[], Awaitable[object]]:
        if self._led is Led.RECEIVING:
            return partial(self.sharing.lead, self._name, work)
        return work

    async def _handle(self, job: Job) -> Result:
        assert self._adapter is not None
        return await self._adapter.handle(job)

    async def _purge(self) -> None:
        try:
            gone = await self.inbox.purge()
        except InboxError:
            self._metrics.inbox_errors.inc()
            raise
        logger.debug("%s: %d ended updates forgotten", self._name, gone)
