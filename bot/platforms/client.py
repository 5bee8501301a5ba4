"""Calls to a platform's server: one family of errors, a client over aiohttp whose errors hold no address, and what every doctor asks."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Self, TypeVar
from urllib.parse import urlsplit

import aiohttp

from bot.ports import FileTooLarge, Finding, Severity


class CallError(Exception):
    """A call did not do what it was to do; the text holds no secret and no address."""


class ConnectFailed(CallError):
    """No connection was made, so the call was not executed; it may be repeated."""


class Disconnected(CallError):
    """The server closed the connection without a byte of answer."""


class OutcomeUnknown(CallError):
    """The call was sent and no readable answer came; it may have been executed."""


class ServerFault(CallError):
    """The server says that it failed, so the call was not executed."""


class Unauthorized(CallError):
    """The server does not accept who we say we are; a proxy or a restarting server says so in passing, too."""


class RateLimited(CallError):
    """Too many calls; `seconds` is how long to keep silent."""

    def __init__(self, why: str, seconds: float) -> None:
        super().__init__(why)
        self.seconds = seconds


class Refused(CallError):
    """The server understood the call and will not execute it as it is."""


class ChatClosed(CallError):
    """The chat takes nothing from us; `topic` tells that only the topic does not."""

    def __init__(self, why: str, topic: bool = False) -> None:
        super().__init__(why)
        self.topic = topic


class ChatMoved(CallError):
    """The chat has a new id."""

    def __init__(self, new: str) -> None:
        super().__init__("the chat has moved")
        self.new = new


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What a server answered, whatever its status."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Json | None:
        """The body as a JSON object; None for anything else."""
        return parse(self.body)


Json = Mapping[str, object]
"""A JSON object of somebody else's: anything may be missing, or of another type."""


def parse(payload: bytes | str) -> Json | None:
    """Parse a JSON object from the network; None for anything else."""
    try:
        parsed = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None


def within(holder: Json, *names: str) -> Json:
    """An object inside objects; empty where there is none."""
    for name in names:
        inner = holder.get(name)
        holder = inner if isinstance(inner, Mapping) else {}
    return holder


def needed(holder: Json, name: str) -> Json:
    """An object that must be there.

    Raises:
        TypeError: it is missing, or none.
    """
    value = holder.get(name)
    if not isinstance(value, Mapping):
        raise TypeError(f"{name} is no object")
    return value


def needed_text(holder: Json, name: str) -> str:
    """A text that must be there.

    Raises:
        TypeError: it is missing, or none.
    """
    value = holder.get(name)
    if not isinstance(value, str):
        raise TypeError(f"{name} is no text")
    return value


def text_or_none(holder: Json, name: str) -> str | None:
    value = holder.get(name)
    return value if isinstance(value, str) else None


def objects(holder: Json, name: str) -> list[Json]:
    value = holder.get(name)
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


ANSWER_LIMIT = 32 * 1024 * 1024
PIECE = 65536
CONNECT_SECONDS = 5.0


class HttpClient:
    """One aiohttp session while the block runs; `seconds` is the default time for a whole call.

    Proxies of the environment are not followed, nor redirections.
    """

    def __init__(self, connections: int = 32, seconds: float = 20.0) -> None:
        self.seconds = seconds
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        # An idle connection is dropped before the server drops it: a call must not race with its closing.
        connector = aiohttp.TCPConnector(limit=self._connections, keepalive_timeout=10)
        self._session = aiohttp.ClientSession(
            connector=connector,
            auto_decompress=False,
            trust_env=False,
            skip_auto_headers=("Accept-Encoding",),
            headers={"Accept-Encoding": "identity", "User-Agent": "chuchu"},
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    @property
    def session(self) -> aiohttp.ClientSession:
        """The session itself, for whoever needs more than a call."""
        assert self._session is not None, "open it first"
        return self._session

    async def call(
        self,
        method: str,
        url: str,
        *,
        json: object = None,
        data: bytes | aiohttp.FormData | None = None,
        headers: Mapping[str, str] | None = None,
        seconds: float | None = None,
    ) -> HttpAnswer:
        """Make one call and return what was answered, whatever its status.

        Raises:
            ConnectFailed, Disconnected, OutcomeUnknown: nothing readable was answered.
        """
        total = self.seconds if seconds is None else seconds
        timeout = aiohttp.ClientTimeout(total=total, connect=min(total, CONNECT_SECONDS))
        try:
            async with self.session.request(
                method, url, json=json, data=data, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                body = await read_body(response.content, ANSWER_LIMIT)
                if len(body) > ANSWER_LIMIT:
                    raise OutcomeUnknown(f"an answer of more than {ANSWER_LIMIT} bytes")
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise ConnectFailed(f"no connection: {type(error).__name__}") from None
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
            raise Disconnected(f"connection lost: {type(error).__name__}") from None
        except (TimeoutError, aiohttp.ClientError, ValueError) as error:
            raise OutcomeUnknown(f"no answer: {type(error).__name__}") from None
        return HttpAnswer(response.status, response.headers, body)

    async def download(
        self, url: str, limit: int, headers: Mapping[str, str] | None = None
    ) -> AsyncIterator[bytes]:
        """Yield the pieces of a file; it has as long as three calls, and half of one to be silent.

        Raises:
            FileTooLarge: it has more than `limit` bytes.
            Refused: the server does not give it; the text is its answer's status.
            OutcomeUnknown: the connection failed.
        """
        timeout = aiohttp.ClientTimeout(total=3 * self.seconds, sock_read=self.seconds / 2)
        got = 0
        try:
            async with self.session.get(
                url, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                if response.status != 200:
                    raise Refused(f"HTTP {response.status}")
                async for piece in response.content.iter_chunked(PIECE):
                    got += len(piece)
                    if got > limit:
                        raise FileTooLarge(f"the file has more than {limit} bytes")
                    yield piece
        except (TimeoutError, aiohttp.ClientError) as error:
            raise OutcomeUnknown(f"no file: {type(error).__name__}") from None


async def read_body(content: aiohttp.StreamReader, limit: int) -> bytes:
    """Read a body, but not far beyond the limit."""
    pieces: list[bytes] = []
    size = 0
    async for piece in content.iter_any():
        pieces.append(piece)
        size += len(piece)
        if size > limit:
            break
    return b"".join(pieces)


T = TypeVar("T")
CLOCK_SECONDS = 60.0


def well(told: str, *values: str) -> Finding:
    """Something is as it should be."""
    return Finding(Severity.WELL, told, values)


def wrong(told: str, *values: str) -> Finding:
    """Something keeps the platform from working."""
    return Finding(Severity.WRONG, told, values)


def advice(told: str, *values: str) -> Finding:
    """Something could be better."""
    return Finding(Severity.ADVICE, told, values)


def host_of(address: str) -> str:
    """The host of an address: all of it that may be shown."""
    return urlsplit(address).netloc.rpartition("@")[2]


async def call_or_finding(call: Callable[[], Awaitable[T]], address: str, setting: str) -> T | Finding:
    """Make a call; return what it returns, or the finding that the server cannot be used at all.

    `setting` is the one that holds the address.

    Raises:
        CallError: the server answered, and refused.
    """
    try:
        return await call()
    except CallError as error:
        if (found := unusable(error, address, setting)) is None:
            raise
        return found


async def first_call(
    call: Callable[[], Awaitable[HttpAnswer]], address: str, setting: str
) -> tuple[HttpAnswer | None, list[Finding]]:
    """Make the first call; return its answer, None where the server cannot be used, and what that tells."""
    answer = await call_or_finding(call, address, setting)
    if isinstance(answer, Finding):
        return None, [answer]
    return answer, [well("reached", host_of(address)), *clock_findings(answer.headers)]


def unusable(error: CallError, address: str, setting: str) -> Finding | None:
    """The finding that a server cannot be used at all; None where it answered, and refused."""
    match error:
        case ConnectFailed() | Disconnected() | OutcomeUnknown():
            return wrong("unreachable", host_of(address), str(error), setting)
        case RateLimited(seconds=seconds):
            return wrong("limited", host_of(address), f"{seconds:.0f}")
        case ServerFault():
            return wrong("server_fault", host_of(address), str(error))
    return None


def clock_findings(headers: Mapping[str, str], now: Callable[[], float] = time.time) -> Iterator[Finding]:
    """Compare our clock with that of a server's answer; nothing where it does not tell."""
    try:
        theirs = parsedate_to_datetime(headers.get("Date", "")).timestamp()
    except ValueError:
        return
    ahead = now() - theirs
    if abs(ahead) <= CLOCK_SECONDS:
        yield well("clock_right")
    else:
        yield wrong("clock_ahead" if ahead > 0 else "clock_behind", f"{abs(ahead):.0f}")
