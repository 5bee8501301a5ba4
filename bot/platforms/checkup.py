"""What `chuchu doctor` asks of every platform in the same way: is it reached, and is our clock right."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import TypeVar
from urllib.parse import urlsplit

from bot.platforms.calls import (
    CallError,
    ConnectFailed,
    Disconnected,
    HttpAnswer,
    OutcomeUnknown,
    RateLimited,
    ServerFault,
)
from bot.ports import Finding, Severity

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


async def tried(call: Callable[[], Awaitable[T]], address: str, setting: str) -> T | Finding:
    """Make a call; return what it returns, or the finding that the server cannot be used at all.

    `setting` is the one that holds the address.

    Raises:
        CallError: the server answered, and refused.
    """
    try:
        return await call()
    except CallError as error:
        if (found := no_use(error, address, setting)) is None:
            raise
        return found


async def reached(
    call: Callable[[], Awaitable[HttpAnswer]], address: str, setting: str
) -> tuple[HttpAnswer | None, list[Finding]]:
    """Make the first call; return its answer, None where the server cannot be used, and what that tells."""
    answer = await tried(call, address, setting)
    if isinstance(answer, Finding):
        return None, [answer]
    return answer, [well("reached", host_of(address)), *clock(answer.headers)]


def no_use(error: CallError, address: str, setting: str) -> Finding | None:
    """The finding that a server cannot be used at all; None where it answered, and refused."""
    match error:
        case ConnectFailed() | Disconnected() | OutcomeUnknown():
            return wrong("unreachable", host_of(address), str(error), setting)
        case RateLimited(seconds=seconds):
            return wrong("limited", host_of(address), f"{seconds:.0f}")
        case ServerFault():
            return wrong("server_fault", host_of(address), str(error))
    return None


def clock(headers: Mapping[str, str], now: Callable[[], float] = time.time) -> Iterator[Finding]:
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
