"""Updates in: stored, and only then acknowledged; whatever a platform's acknowledgement is."""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Sequence

from aiohttp import web

from bot.inbox import Inbox, InboxError, NewUpdate, UpdateStatus
from bot.observability import Metrics
from bot.platforms.calls import read
from bot.platforms.connection import ConnectionHealth

logger = logging.getLogger(__name__)


class Receiver:
    """Stores what comes in; the inbox lines it up."""

    def __init__(self, inbox: Inbox, metrics: Metrics) -> None:
        self._inbox = inbox
        self._metrics = metrics
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
        self._metrics.received.labels("unusable").inc()
        await self._inbox.quarantine(update, body, reason)
        self._metrics.ended.labels(UpdateStatus.QUARANTINED).inc()


def _complain(task: asyncio.Task[int]) -> None:
    if not task.cancelled() and (error := task.exception()):
        logger.warning("inbox: what took too long was not stored: %s", error)


BODY_LIMIT = 1024 * 1024
BODY_SECONDS = 3.0
RETRY_SECONDS = 5


def refusal(status: int) -> web.Response:
    """An answer after which nothing more is read of the connection."""
    return web.Response(status=status, headers={"Connection": "close"})


def later() -> web.Response:
    """The answer to a delivery that is not stored: bring it again."""
    return web.Response(status=503, headers={"Retry-After": str(RETRY_SECONDS)})


class Deliveries(ABC):
    """The handler of a path that a platform brings updates to, until `close`."""

    def __init__(self, health: ConnectionHealth, metrics: Metrics) -> None:
        self._health = health
        self._metrics = metrics
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
                body = await read(request.content, BODY_LIMIT)
        except TimeoutError:
            return refusal(408)
        try:
            return await self.take(request, body)
        except InboxError as error:
            self._metrics.inbox_errors.inc()
            if self._health.fail(f"inbox: {error}"):
                logger.error("a delivery could not be stored: %s", error)
            return later()
