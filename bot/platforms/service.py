"""What every chat platform is made of: inbox, queues, limiter, replies, health; started in order, stopped in reverse."""

from __future__ import annotations

import asyncio
import logging
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Generic, TypeVar

from aiohttp.web import RouteDef

from bot.config import PlatformSetup
from bot.errors import InboxError
from bot.messages import Chat, Reply, Sender, SenderKind
from bot.platforms.chats import ChatDirectory
from bot.platforms.client import CallError
from bot.platforms.receiving import ConnectionHealth, Receiver
from bot.platforms.scheduler import Job, Result, UpdateScheduler
from bot.platforms.sending import OVERALL, PER_CHAT, PER_GROUP, Draft, Limiter, ReplySender, Transport
from bot.platforms.updates import Adapter, Translate
from bot.ports import PlatformHost
from bot.runtime import background, periodic, restarting
from bot.sharing import SPEAKING, Leadership, Rate, Rates

log = logging.getLogger(__name__)

TIDY_SECONDS = 3600.0
LEARN_SECONDS = 60.0  # until what other processes learnt about chats is read

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


class PlatformService(ABC, Generic[D]):
    """A chat platform, open: a `bot.ports.Platform`; a subclass is one platform, and has its `setup`.

    `refused` is what an operator is told, in Chinese, when nobody has believed for five minutes that we are who we
    say; `lives` how many seconds an update of a kind is worth an answer; `patience` how many seconds of silence are well
    (None: any).
    """

    setup: ClassVar[type[PlatformSetup]]
    refused: ClassVar[str]
    lives: ClassVar[Mapping[str, float]] = {}

    def __init__(
        self,
        host: PlatformHost,
        transport: Transport[D],
        pace: Pace,
        patience: float | None = None,
        clocks: Clocks | None = None,
        led: Leadership = Leadership.NOTHING,
    ) -> None:
        name = self.setup.name
        self._host = host
        self._pace = pace
        self._clocks = clocks or Clocks()
        self._led = led
        self._leader = SPEAKING if led is Leadership.EVERYTHING else name
        self._adapter: Adapter | None = None
        self.metrics = host.metrics
        self.inbox = host.inboxes.of(name)
        self.chats = ChatDirectory(name, self.inbox, host.chat_migrations, self._clocks.wall)
        self.limiter = Limiter(self._clocks.monotonic, pace.overall, pace.per_chat, pace.per_group)
        shared = host.sharing.limits(name, Rates(pace.overall, pace.per_chat, pace.per_group))
        self.scheduler = UpdateScheduler(
            self.inbox, self._handle, host.metrics, self._clocks.wall, pace.places, self.chats.resolve
        )
        limits = shared or self.limiter
        self.replies = ReplySender(transport, limits, self.chats, host.metrics, self.scheduler.move)
        self.receiver = Receiver(self.inbox, host.metrics)
        self.health = ConnectionHealth(
            host.metrics, self._clocks.monotonic, patience, lambda: host.on_fatal(self.refused)
        )
        for gauge, meaning, read in (
            ("chuchu_inbox_waiting", "Updates stored and not ended", lambda: self.scheduler.waiting),
            ("chuchu_chats_held", "Chats held because of too many calls", lambda: self.limiter.held_chats),
            ("chuchu_heard_seconds", "Since the platform was last heard", lambda: self.health.age),
        ):
            host.metrics.watch(gauge, meaning, read, platform=name)

    @abstractmethod
    async def identify(self) -> Translate:
        """Learn who we are, however long it takes; return what translates updates."""

    @abstractmethod
    async def is_admin(self, chat: str, person: str) -> bool:
        """Ask the platform, each time, whether a person administers a group.

        Raises:
            CallError: that cannot be learnt.
        """

    @abstractmethod
    def download(self, attachment: str, limit: int) -> AsyncIterator[bytes]:
        """Yield the pieces of a file that somebody sent.

        Raises:
            CallError: it is gone, or cannot be reached.
        """

    @property
    def routes(self) -> Sequence[RouteDef]:
        return ()

    def person_id(self, typed: str) -> str:
        return self.setup.person_id(typed)

    async def administers(self, chat: Chat, sender: Sender) -> bool:
        if sender.kind is not SenderKind.PERSON:
            return False
        try:
            return await self.is_admin(chat.id, sender.id)
        except CallError as error:
            log.warning("who administers a chat could not be learnt: %s", error)
            return False

    async def send(self, chat: Chat, reply: Reply) -> str | None:
        """Say something unasked (`bot.messages.MessageGateway`)."""
        return await self.replies.send(chat, reply)

    async def forget(self, person: str) -> None:
        """Keep nothing about a person's private chat, which goes by the person's id."""
        await self.inbox.forget(person)

    def problem(self) -> str | None:
        """Say what keeps messages from coming in, or None; that another process leads keeps none."""
        if self._led is not Leadership.NOTHING and not self._host.sharing.leads(self._leader):
            return self._host.sharing.leaderless(self._leader)
        return (
            self.health.problem if self._adapter else self.health.problem or "it is not known yet who we are"
        )

    @asynccontextmanager
    async def at_work(self, *work: Callable[[], Awaitable[object]]) -> AsyncIterator[None]:
        """Serve while the block runs; then take nothing more, and let what has begun end.

        Nobody is answered before we are identified: without that no mention can be told. `work`, such as holding the
        connection, is begun again where it breaks.
        """
        await self.chats.load()
        alive = partial(self._alive, work)

        async def leading() -> None:
            async with alive():
                await asyncio.Event().wait()

        led = self._led is Leadership.EVERYTHING
        async with background(self._host.sharing.lead(SPEAKING, leading)) if led else alive():
            yield

    @asynccontextmanager
    async def _alive(self, work: Sequence[Callable[[], Awaitable[object]]]) -> AsyncIterator[None]:
        async with self.inbox.delivering(self.scheduler):
            try:
                async with background(
                    *(restarting(self._led_here(one)) for one in work),
                    restarting(self._answer),
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

    async def _answer(self) -> None:
        if self._adapter is None:
            translate = await self.identify()
            self._adapter = Adapter(
                self._host.conversation, self.replies, self.chats, self.inbox, translate, self._clocks.wall
            )
        await self.scheduler.run()

    def _led_here(self, work: Callable[[], Awaitable[object]]) -> Callable[[], Awaitable[object]]:
        if self._led is Leadership.RECEIVING:
            return partial(self._host.sharing.lead, self.setup.name, work)
        return work

    async def _handle(self, job: Job) -> Result:
        assert self._adapter is not None
        return await self._adapter.handle(job, self.lives.get(job.update.kind, float("inf")))

    async def _purge(self) -> None:
        try:
            gone = await self.inbox.purge()
        except InboxError:
            self.metrics.inbox_errors.inc()
            raise
        log.debug("%s: %d ended updates forgotten", self.setup.name, gone)
