"""What the small servers of the tests stand on: a port of loopback, faults that a test asks for, and waiting."""

from __future__ import annotations

import asyncio
import secrets
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

from aiohttp import web

Fault = TypeVar("Fault")

PATIENCE = 300.0  # seconds, only there to end a broken test: on a busy machine whatever is waited for may take minutes


@dataclass(frozen=True)
class Hang:
    """Take the call and never answer; `done` tells whether it is executed first."""

    done: bool = False


@dataclass(frozen=True)
class Reset:
    """Close the connection without an answer."""

    done: bool = False


@dataclass(frozen=True)
class Garbage:
    """A body of one's own with any status."""

    body: bytes
    status: int = 200
    encoding: str | None = None


async def misbehave(fault: Hang | Reset | Garbage, request: web.Request) -> web.Response:
    """Answer a call so."""
    if isinstance(fault, Garbage):
        headers = {"Content-Encoding": fault.encoding} if fault.encoding else None
        return web.Response(status=fault.status, body=fault.body, headers=headers)
    if isinstance(fault, Hang):
        await asyncio.Event().wait()
    return reset(request)


def reset(request: web.Request) -> web.Response:
    """Close the connection; the answer goes nowhere."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


class Planned(Generic[Fault]):
    """Faults for the next calls somewhere; of several the one that was planned first."""

    def __init__(self) -> None:
        self._rows: list[tuple[str, Fault, float]] = []

    def add(self, where: str, fault: Fault, times: float = 1) -> None:
        self._rows.append((where, fault, times))

    def clear(self) -> None:
        self._rows.clear()

    def take(self, meant: Callable[[str], bool]) -> Fault | None:
        """The fault of a call for which `where` is meant."""
        for at, (where, fault, times) in enumerate(self._rows):
            if meant(where):
                self._rows[at : at + 1] = [(where, fault, times - 1)] if times > 1 else []
                return fault
        return None


class SmallServer:
    """A server as a test sees and steers it; `last` is what it tells when a test waits in vain."""

    url: str
    last: Callable[[], object]

    async def until(self, true: Callable[[], object], seconds: float = PATIENCE) -> None:
        await until(true, seconds, self.last)


async def until(
    true: Callable[[], object],
    seconds: float = PATIENCE,
    last: Callable[[], object] = lambda: "nothing more is known",
) -> None:
    """Wait until something is true; what takes long is looked at less often."""
    deadline, pause = time.monotonic() + seconds, 0.005
    while not true():
        assert time.monotonic() < deadline, f"not true in {seconds} s; last: {last()}"
        await asyncio.sleep(pause)
        pause = min(0.05, pause * 1.2)


@asynccontextmanager
async def at_once(*jobs: asyncio.Task[None]) -> AsyncIterator[None]:
    """Run jobs beside the block; one that breaks is an error at its end."""
    try:
        yield
    finally:
        for job in jobs:
            job.cancel()
        await asyncio.wait(jobs)
        for job in jobs:
            if not job.cancelled():
                job.result()


@asynccontextmanager
async def listening(
    app: web.Application, port: int = 0, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[str]:
    """Serve on a port of this machine while the block runs; yields the address."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.01)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, ssl_context=tls).start()
        yield f"{'https' if tls else 'http'}://{host}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


# Below what the system gives to whoever asks for any port: what is found free stays so until its owner binds it.
UNGIVEN = range(20_000, 32_000)


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    while True:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", secrets.choice(UNGIVEN)))
            return int(probe.getsockname()[1])
