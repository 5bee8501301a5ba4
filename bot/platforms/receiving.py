"""Updates in: whether a platform is heard, how one connection or poll leads to the next, and nothing acknowledged before it is stored."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

import aiohttp
from aiohttp import web

from bot.errors import InboxError
from bot.inbox import Inbox, NewUpdate, UpdateStatus
from bot.observability import Metrics
from bot.platforms.client import (
    CallError,
    ConnectFailed,
    Disconnected,
    HttpClient,
    RateLimited,
    Refused,
    Unauthorized,
    read_body,
)
from bot.runtime import backoff

log = logging.getLogger(__name__)

T = TypeVar("T")

REFUSED_SECONDS = 300.0
CALL_FIRST, CALL_LONGEST = 0.25, 10.0  # seconds between two tries of a call


class ConnectionHealth:
    """The time of the last good word from a platform; `clock` counts seconds and never goes back.

    `patience` is how many seconds of silence are well; None means that silence is no sign, only trouble is.
    `on_fatal` is called whenever nothing but a refusal of who we are was heard for five minutes.
    """

    def __init__(
        self,
        metrics: Metrics,
        clock: Callable[[], float],
        patience: float | None,
        on_fatal: Callable[[], None] = lambda: None,
    ) -> None:
        self.metrics = metrics
        self._clock = clock
        self._patience = patience
        self._on_fatal = on_fatal
        self._refused: float | None = None
        self._last: float | None = None
        self._trouble: str | None = None

    def ok(self) -> None:
        self._last = self._clock()
        self._trouble = None
        self._refused = None

    def fail(self, trouble: str, refused: bool = False) -> bool:
        """Something failed, `refused` if it was who we are; return whether that is news."""
        if not refused:
            self._refused = None
        elif self._refused is None:
            self._refused = self._clock()
        elif self._clock() - self._refused >= REFUSED_SECONDS:
            self._refused = self._clock()  # not to be told again at once
            self._on_fatal()
        news = trouble != self._trouble
        self._trouble = trouble
        return news

    @property
    def age(self) -> float:
        """Seconds since the last good word; infinite before the first."""
        return float("inf") if self._last is None else self._clock() - self._last

    @property
    def problem(self) -> str | None:
        if self._last is None:
            return self._trouble or "not reached yet"
        if self._patience is None:
            return self._trouble
        if self.age <= self._patience:
            return None
        return self._trouble or f"silent for {self.age:.0f} s"


async def until_done(what: str, call: Callable[[], Awaitable[T]], health: ConnectionHealth) -> T:
    """Make a call until it succeeds; return what it returned."""
    failures = 0
    while True:
        try:
            return await call()
        except CallError as error:
            if health.fail(f"{what}: {error}", isinstance(error, Unauthorized)):
                log.error("%s: %s: %s", what, type(error).__name__, error)
            await asyncio.sleep(backoff(failures, CALL_FIRST, CALL_LONGEST))
            failures += 1


def report(error: Exception, health: ConnectionHealth, what: str, level: int = logging.ERROR) -> None:
    """Count a failure to hear the platform, and say it, at a level of the log, where it is news."""
    name = type(error).__name__
    health.metrics.poll_errors.labels(name).inc()
    if isinstance(error, InboxError):
        health.metrics.inbox_errors.inc()
    news = health.fail(f"{name}: {error}", isinstance(error, Unauthorized))
    log.log(level if news else logging.DEBUG, "%s: %s: %s", what, name, error)


async def keep_polling(
    poll: Callable[[], Awaitable[None]],
    health: ConnectionHealth,
    what: str,
    recover: Callable[[Exception], Awaitable[float]],
) -> None:
    """Ask for updates again and again until cancelled.

    `recover` is told of each failure and says how long the pause after it may be at most.
    """
    failures = 0
    while True:
        try:
            await poll()
        except (CallError, InboxError) as error:
            report(error, health, what)
            longest = await recover(error)
            pause = error.seconds if isinstance(error, RateLimited) else None
            await asyncio.sleep(pause or backoff(failures, CALL_FIRST, longest))
            failures += 1
        else:
            if failures:
                log.info("%s: heard again after %d failures", what, failures)
            failures = 0


FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
SETTLED_SECONDS = 10.0
MESSAGE_LIMIT = 8 * 1024 * 1024
CLOSING = frozenset({aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSING, aiohttp.WSMsgType.CLOSED})


async def stay_connected(
    connect: Callable[[], Awaitable[None]],
    health: ConnectionHealth,
    chance: Callable[[], float] = random.random,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Hold one connection after the other until cancelled.

    `connect` connects and serves; it returns, or raises a `CallError` or `InboxError`, when the connection has ended.
    The pause before the next is half fixed and half by lot, twice as long each time, from .5 s to 30 s; one that held
    for ten seconds starts over. A server that says how long to wait (`RateLimited`) is obeyed.
    """
    failures = 0
    while True:
        began = clock()
        try:
            await connect()
            error: Exception = Disconnected("closed")
        except (CallError, InboxError) as raised:
            error = raised
        if clock() - began >= SETTLED_SECONDS:
            failures = 0
        report(error, health, "the connection ended", logging.WARNING)
        pause = backoff(failures, FIRST_PAUSE, LONGEST_PAUSE) * (0.5 + chance() / 2)
        failures += 1
        await asyncio.sleep(max(pause, error.seconds) if isinstance(error, RateLimited) else pause)


@asynccontextmanager
async def websocket(http: HttpClient, url: str) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """Hold a websocket while the block runs; a block that is cancelled does not wait for the server's goodbye.

    Raises:
        CallError: no connection, or it broke; the text holds no part of the address.
    """
    try:
        async with asyncio.timeout(http.seconds):
            socket = await http.session.ws_connect(
                url, max_msg_size=MESSAGE_LIMIT, timeout=aiohttp.ClientWSTimeout(ws_close=1.0)
            )
    except aiohttp.WSServerHandshakeError as error:
        # Whose ticket has run out, or who has too many connections, hears 401 or 403, too: no word about who we are.
        raise Refused(f"the websocket was refused: HTTP {error.status}") from None
    except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
        raise ConnectFailed(f"no websocket: {type(error).__name__}") from None
    try:
        yield socket
    except (aiohttp.ClientError, ConnectionError) as error:
        raise Disconnected(f"the websocket broke: {type(error).__name__}") from None
    finally:
        await socket.close()


async def frames(socket: aiohttp.ClientWebSocketResponse, silence: float) -> AsyncIterator[aiohttp.WSMessage]:
    """Yield what comes in, text and binary, until the connection ends.

    Raises:
        Disconnected: it was closed, by whatever code, broke, or nothing came for `silence` seconds.
    """
    while True:
        try:
            message = await socket.receive(silence)
        except TimeoutError:
            raise Disconnected(f"silent for {silence:.0f} s") from None
        if message.type in CLOSING:
            raise Disconnected(f"closed by the server: {socket.close_code}")
        if message.type is aiohttp.WSMsgType.ERROR:
            raise Disconnected(f"the websocket broke: {type(message.data).__name__}")
        yield message


class Receiver:
    """Stores what comes in; the inbox lines it up."""

    def __init__(self, inbox: Inbox, metrics: Metrics) -> None:
        self._inbox = inbox
        self.metrics = metrics
        self._storing: set[asyncio.Task[int]] = set()

    async def keep(
        self, updates: Sequence[NewUpdate], seconds: float | None = None, position: str | None = None
    ) -> None:
        """Commit updates, and how far the platform was read with them; acknowledge them when this returns, and never when it raises.

        What takes longer than `seconds` is stored all the same, and then lined up: when the platform brings it again
        it is known, and would else wait for the next start.

        Raises:
            InboxError: nothing was stored, or not in time.
        """
        task = asyncio.create_task(self._inbox.store(updates, position))
        self._storing.add(task)
        task.add_done_callback(self._storing.discard)
        try:
            async with asyncio.timeout(seconds):
                await asyncio.shield(task)
        except TimeoutError:
            task.add_done_callback(_complain)
            raise InboxError(f"not stored within {seconds} s") from None
        except asyncio.CancelledError:
            task.add_done_callback(_complain)
            raise

    async def quarantine(self, update: str, body: bytes, reason: str) -> None:
        """Store, as ended, something that is no update at all.

        Raises:
            InboxError: it was not stored.
        """
        self.metrics.received.labels("unusable").inc()
        await self._inbox.quarantine(update, body, reason)
        self.metrics.ended.labels(UpdateStatus.QUARANTINED).inc()


def _complain(task: asyncio.Task[int]) -> None:
    if not task.cancelled() and (error := task.exception()):
        log.warning("inbox: what took too long was not stored: %s", error)


BODY_LIMIT = 1024 * 1024
BODY_SECONDS = 3.0
RETRY_SECONDS = 5


def refusal(status: int) -> web.Response:
    """An answer after which nothing more is read of the connection."""
    return web.Response(status=status, headers={"Connection": "close"})


def later() -> web.Response:
    """The answer to a delivery that is not stored: bring it again."""
    return web.Response(status=503, headers={"Retry-After": str(RETRY_SECONDS)})


class DeliveryHandler(ABC):
    """The handler of a path that a platform brings updates to, until `close`."""

    def __init__(self, health: ConnectionHealth) -> None:
        self._health = health
        self._open = True

    def close(self) -> None:
        """Take nothing more: the platform keeps it and comes again."""
        self._open = False

    def refused(self, request: web.Request) -> web.Response | None:
        """Answer what need not be read; None for all else."""
        return None

    @abstractmethod
    async def take(self, request: web.Request, body: bytes) -> web.StreamResponse:
        """Store a delivery and answer it; `body` is cut off a little beyond `BODY_LIMIT`.

        Raises:
            InboxError: it was not stored.
        """

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Store one delivery; what is not stored is to be brought again."""
        if (answer := self.refused(request)) is not None:
            return answer
        if not self._open:
            return later()
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await read_body(request.content, BODY_LIMIT)
        except TimeoutError:
            return refusal(408)
        try:
            return await self.take(request, body)
        except InboxError as error:
            self._health.metrics.inbox_errors.inc()
            if self._health.fail(f"inbox: {error}"):
                log.error("a delivery could not be stored: %s", error)
            return later()
