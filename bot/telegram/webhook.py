"""The webhook: acknowledged when it is stored, refused in a way that makes Telegram come again."""

from __future__ import annotations

import asyncio
import hmac
import logging
import sqlite3
import zlib
from collections.abc import Callable, Iterable

from aiohttp import web

from bot.metrics import Metrics
from bot.telegram.envelope import seal
from bot.telegram.inbox import Inbox, Pending
from bot.telegram.readiness import Readiness
from bot.telegram.request import parse

HEADER = "X-Telegram-Bot-Api-Secret-Token"
BODY_LIMIT = 1024 * 1024
BODY_SECONDS = 3.0
RETRY_SECONDS = 5
logger = logging.getLogger(__name__)


class Webhook:
    """The handler of `POST /telegram`, until `close`."""

    def __init__(
        self,
        secret: str,
        inbox: Inbox,
        stored: Callable[[Iterable[Pending]], None],
        readiness: Readiness,
        metrics: Metrics,
    ) -> None:
        self._secret = secret.encode()
        self._inbox = inbox
        self._stored = stored
        self._readiness = readiness
        self._metrics = metrics
        self._open = True

    def close(self) -> None:
        """Take nothing more: Telegram keeps it and comes again."""
        self._open = False

    async def handle(self, request: web.Request) -> web.Response:
        """Store one update; the answer is empty, because Telegram would execute a body."""
        if not self._knows(request):
            return web.Response(status=401, headers={"Connection": "close"})
        if not self._open:
            return _later()
        if request.headers.get("Content-Encoding", "identity").lower() != "identity":
            return web.Response(status=415, headers={"Connection": "close"})
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await _read(request)
        except TimeoutError:
            return web.Response(status=408, headers={"Connection": "close"})
        try:
            await self._keep(body)
        except sqlite3.Error as error:
            self._metrics.inbox_errors.inc()
            if self._readiness.bad(f"inbox: {error}"):
                logger.error("webhook: an update could not be stored: %s", error)
            return _later()
        self._readiness.good()
        return web.Response()

    async def _keep(self, body: bytes) -> None:
        update = seal(parse(body), body) if len(body) <= BODY_LIMIT else None
        if update is not None:
            self._stored(await self._inbox.store([update]))
            return
        # Telegram would bring it again for a day, and hold the chat's other updates back meanwhile.
        logger.error("webhook: %d bytes that are no update; quarantined", len(body))
        self._metrics.received.labels("unusable").inc()
        await self._inbox.quarantine(-1 - zlib.crc32(body), body, "no usable update")

    def _knows(self, request: web.Request) -> bool:
        given = request.headers.getall(HEADER, [])
        word = given[0].encode("utf-8", "surrogateescape") if len(given) == 1 else b""
        return hmac.compare_digest(word, self._secret)


def _later() -> web.Response:
    return web.Response(status=503, headers={"Retry-After": str(RETRY_SECONDS)})


async def _read(request: web.Request) -> bytes:
    """Read the body, but not far beyond the limit."""
    pieces: list[bytes] = []
    size = 0
    async for piece in request.content.iter_any():
        pieces.append(piece)
        size += len(piece)
        if size > BODY_LIMIT:
            break
    return b"".join(pieces)
