"""WeCom's one connection: a websocket, frames in, commands and their acknowledgements, a ping that must be answered."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field

import aiohttp

from bot.observability import Metrics
from bot.platforms.client import (
    CallError,
    ConnectFailed,
    Disconnected,
    HttpClient,
    Json,
    OutcomeUnknown,
    RateLimited,
    Refused,
    ServerFault,
    Unauthorized,
    advice,
    first_call,
    host_of,
    parse,
    well,
    wrong,
)
from bot.platforms.receiving import ConnectionHealth, frames, websocket
from bot.platforms.wecom import ADDRESS
from bot.platforms.wecom.updates import KICKED, callback, event_type, request_id
from bot.ports import Finding, Presence
from bot.runtime import background
from bot.sharing import Rate

log = logging.getLogger(__name__)

SUBSCRIBE, PING = "aibot_subscribe", "ping"
PING_SECONDS, ACK_SECONDS = 30.0, 10.0
SILENCE = 7 / 3  # of a ping's interval: two were not answered, and the second had ten seconds for it
BUSY, TOO_FREQUENT, NOT_SUBSCRIBED = (-1, 6000), (45009, 45033, 45047), (846609,)
TOO_LATE = (846605, 846608)
FREQUENCY_SECONDS = 20.0


# 30 in a minute and 1,000 in an hour for each conversation, of which we take 26 and 983.
PER_CHAT = Rate(3.7, 10)


@dataclass(frozen=True, slots=True)
class WeComOptions:
    """Which bot, where, and how long to wait."""

    bot: str = field(repr=False)
    secret: str = field(repr=False)
    address: str = ADDRESS
    ping_seconds: float = PING_SECONDS
    ack_seconds: float = ACK_SECONDS
    per_chat: Rate = PER_CHAT


class TooLate(Refused):
    """What would be answered is no longer open to an answer."""


class WeComConnection:
    """Holds the connection of one bot; `took` is told of every frame that brings something."""

    def __init__(
        self, http: HttpClient, options: WeComOptions, health: ConnectionHealth, took: Callable[[Json], None]
    ) -> None:
        self._http = http
        self._options = options
        self._health = health
        self._took = took
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._waiting: dict[str, asyncio.Future[Json]] = {}

    async def connect(self) -> None:
        """Connect, subscribe and serve until the connection ends.

        Raises:
            CallError: always, with what ended it.
        """
        async with websocket(self._http, self._options.address) as socket:
            incoming = frames(socket, self._options.ping_seconds * SILENCE)
            try:
                await self._subscribe(socket, incoming)
                self._socket = socket
                self._health.ok()
                log.info("wecom: subscribed")
                async with background(self._ping(socket)):
                    async for message in incoming:
                        self._take(message)
            except asyncio.CancelledError:
                self._waiting.clear()  # we end, and who waits with us: what was not acknowledged is said after the next start
                raise
            finally:
                self._socket = None
                for answer in self._waiting.values():
                    if not answer.done():
                        answer.set_exception(OutcomeUnknown("the connection ended before the answer"))

    async def check(self) -> None:
        """Connect, subscribe and leave: whoever is subscribed as the same bot is put out.

        Raises:
            CallError: it cannot be done; `Unauthorized` where the gateway does not know who we are.
        """
        async with websocket(self._http, self._options.address) as socket:
            await self._subscribe(socket, frames(socket, self._options.ack_seconds))

    async def call(self, command: str, body: Json, request: str | None = None) -> None:
        """Send a command and wait until it is acknowledged; `request` is the id of what is answered.

        Raises:
            CallError: it was not done, or perhaps not.
        """
        if (socket := self._socket) is None:
            raise ConnectFailed("not connected")
        request = request or f"{command}_{secrets.token_hex(12)}"
        answer = self._waiting[request] = asyncio.get_running_loop().create_future()
        try:
            await _send(socket, command, request, body)
            async with asyncio.timeout(self._options.ack_seconds):
                acknowledged = await answer
        except TimeoutError:
            raise OutcomeUnknown(f"{command} was not acknowledged") from None
        finally:
            self._waiting.pop(request, None)
        if error := error_for(acknowledged):
            raise error

    async def _subscribe(
        self, socket: aiohttp.ClientWebSocketResponse, incoming: AsyncIterator[aiohttp.WSMessage]
    ) -> None:
        request = f"{SUBSCRIBE}_{secrets.token_hex(12)}"
        await _send(socket, SUBSCRIBE, request, {"bot_id": self._options.bot, "secret": self._options.secret})
        try:
            async with asyncio.timeout(self._options.ack_seconds):
                async for message in incoming:
                    frame = _frame(message)
                    if "cmd" not in frame and request_id(frame) == request:
                        break
                    self._take(message)
        except TimeoutError:
            raise Disconnected("the subscription was not acknowledged") from None
        error = error_for(frame)
        if error is not None:
            raise Unauthorized(str(error)) if isinstance(error, Refused) else error

    async def _ping(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Ask for a sign of life again and again; where none comes, the silence ends the connection."""
        with suppress(ConnectFailed):
            while True:
                await asyncio.sleep(self._options.ping_seconds)
                await _send(socket, PING, f"{PING}_{secrets.token_hex(12)}", None)

    def _take(self, message: aiohttp.WSMessage) -> None:
        """Take one frame; one that cannot be read is counted by who is told of it.

        Raises:
            Disconnected: another connection has taken our place.
        """
        frame = _frame(message)
        called = callback(frame)
        if called is not None and event_type(called.body) == KICKED:
            raise Disconnected("another connection of the same bot has taken our place")
        if called is not None or "cmd" in frame or not frame:
            self._took(frame)
            return
        self._health.ok()
        answer = self._waiting.get(request_id(frame))
        if answer is not None and not answer.done():
            answer.set_result(frame)


def error_for(frame: Json) -> CallError | None:
    """Return what an acknowledgement's code stands for; None where all is well."""
    code = frame.get("errcode")
    if code == 0:
        return None
    why = f"{code}: {str(frame.get('errmsg') or '')[:120]}"
    if code in TOO_FREQUENT:
        return RateLimited(why, FREQUENCY_SECONDS)
    if code in BUSY or code in NOT_SUBSCRIBED:
        return ServerFault(why)
    return TooLate(why) if code in TOO_LATE else Refused(why)


async def _send(
    socket: aiohttp.ClientWebSocketResponse, command: str, request: str, body: Json | None
) -> None:
    frame = {"cmd": command, "headers": {"req_id": request}} | ({} if body is None else {"body": body})
    try:
        await socket.send_str(json.dumps(frame, ensure_ascii=False))
    except (aiohttp.ClientError, ConnectionError, RuntimeError) as error:
        raise ConnectFailed(f"the frame was not sent: {type(error).__name__}") from None


def _frame(message: aiohttp.WSMessage) -> Json:
    """A frame as an object; empty for what is none."""
    return (parse(message.data) if isinstance(message.data, str | bytes) else None) or {}


EXAMINE_SECONDS = 10.0


async def examine(options: WeComOptions, presence: Presence) -> AsyncIterator[Finding]:
    """Look whether the gateway takes a connection, and, where nobody serves, whether it takes the secret.

    A bot has one connection: whoever serves would lose it by ours, with what comes then.
    """
    address = options.address
    async with HttpClient(connections=2, seconds=EXAMINE_SECONDS) as http:
        answer, found = await first_call(lambda: http.call("GET", address), address, "CHUCHU_WECOM_SERVER")
        for finding in found:
            yield finding
        if answer is None:
            return
        try:
            if presence is Presence.NOBODY:
                health = ConnectionHealth(Metrics(), lambda: 0.0, None)
                await WeComConnection(http, options, health, lambda frame: None).check()
                yield well("wecom_secret_right")
            else:
                async with websocket(http, address):
                    pass
        except Unauthorized as error:
            yield wrong("wecom_secret_refused", str(error))
            return
        except CallError as error:
            yield wrong("wecom_no_connection", host_of(address), str(error))
            return
        yield well("receiving_ready")
        if presence is Presence.PERHAPS_ELSEWHERE:
            yield advice("wecom_secret_untried")
