"""Updates in: stored, and only then acknowledged; whatever a platform's acknowledgement is."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from aiohttp import web

from bot.inbox import Inbox, InboxError, NewUpdate, UpdateStatus
from bot.observability import Metrics
from bot.platforms.calls import read

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


def later() -> web.Response:
    """The answer to a delivery that is not stored: bring it again."""
    return web.Response(status=503, headers={"Retry-After": str(RETRY_SECONDS)})


async def read_body(request: web.Request) -> bytes:
    """Read a delivery's body, but not far beyond the limit.

    Raises:
        TimeoutError: it is still not whole.
    """
    async with asyncio.timeout(BODY_SECONDS):
        return await read(request.content, BODY_LIMIT)
