"""A connection that is kept: however it ends, the same way leads to the next one."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

import aiohttp

from bot.inbox import InboxError
from bot.observability import Metrics
from bot.platforms.calls import (
    CallError,
    ConnectFailed,
    Disconnected,
    HttpClient,
    RateLimited,
    Refused,
    Unauthorized,
)
from bot.platforms.health import ConnectionHealth
from bot.runtime import backoff

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
SETTLED_SECONDS = 10.0
MESSAGE_LIMIT = 8 * 1024 * 1024
CLOSING = frozenset({aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSING, aiohttp.WSMsgType.CLOSED})
logger = logging.getLogger(__name__)


async def stay_connected(
    connect: Callable[[], Awaitable[None]],
    health: ConnectionHealth,
    metrics: Metrics,
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
        name = type(error).__name__
        metrics.poll_errors.labels(name).inc()
        news = health.fail(f"{name}: {error}", isinstance(error, Unauthorized))
        logger.log(logging.WARNING if news else logging.DEBUG, "connection ended: %s: %s", name, error)
        pause = backoff(failures, FIRST_PAUSE, LONGEST_PAUSE) * (0.5 + chance() / 2)
        failures += 1
        await asyncio.sleep(max(pause, error.seconds) if isinstance(error, RateLimited) else pause)


@asynccontextmanager
async def websocket(
    http: HttpClient, url: str, headers: Mapping[str, str] | None = None, heartbeat: float | None = None
) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """Hold a websocket while the block runs; a block that is cancelled does not wait for the server's goodbye.

    Raises:
        CallError: no connection, or it broke; the text holds no part of the address.
    """
    try:
        async with asyncio.timeout(http.seconds):
            socket = await http.session.ws_connect(
                url,
                headers=headers,
                heartbeat=heartbeat,
                max_msg_size=MESSAGE_LIMIT,
                timeout=aiohttp.ClientWSTimeout(ws_close=1.0),
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
