"""What serves here and on the other replicas: a change goes to all of them, and each follows what all should serve."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import TYPE_CHECKING, Protocol

from bot.errors import StateError
from bot.sharing import ReplicaState
from knowledge.errors import KnowledgeError

if TYPE_CHECKING:
    from bot.admin.reload_service import ReloadService

log = logging.getLogger(__name__)

LOOK_SECONDS = 5.0  # until the pointer is looked at without being called
PATIENCE_SECONDS = 8.0  # that a report waits for the replicas


class Replication(Protocol):
    """The versions that all replicas share."""

    def changing(self) -> AbstractAsyncContextManager[None]:
        """Be the only one of all processes that changes what serves.

        Raises:
            StateError: that cannot be.
        """

    async def current(self) -> str | None:
        """Return the version that should serve everywhere, None before the first."""

    async def newest(self) -> str | None:
        """Return the highest version that there is, None before the first."""

    async def publish(self, name: str) -> None:
        """Let a version of our own serve everywhere; StateError where it could not be sent."""

    async def choose(self, name: str) -> None:
        """Let an older version serve everywhere; StateError where it cannot."""

    async def fetch(self, name: str) -> None:
        """Have a version among our own; StateError or KnowledgeError where it cannot be had."""

    async def tell(self, version: str, trouble: str | None) -> None:
        """Let all know what serves here."""

    async def replicas(self) -> Sequence[ReplicaState]:
        """Return who is alive and what each serves."""


class OneFolder:
    """There is one process: what it serves, serves."""

    @asynccontextmanager
    async def changing(self) -> AsyncIterator[None]:
        """Nobody else is there."""
        yield

    async def current(self) -> str | None:
        """None: ask nobody."""
        return None

    async def newest(self) -> str | None:
        """None: number by oneself."""
        return None

    async def publish(self, name: str) -> None:
        """It serves."""

    async def choose(self, name: str) -> None:
        """It serves."""

    async def fetch(self, name: str) -> None:
        """It is there."""

    async def tell(self, version: str, trouble: str | None) -> None:
        """Nobody hears."""

    async def replicas(self) -> Sequence[ReplicaState]:
        """None."""
        return ()


class Follower:
    """Serves here what should serve everywhere; what cannot be fetched leaves the version before serving."""

    def __init__(self, replication: Replication, service: ReloadService) -> None:
        self._replication = replication
        self._service = service
        self._called = asyncio.Event()
        self._trouble: str | None = None

    def call(self, _: str = "") -> None:
        """Look now."""
        self._called.set()

    def problem(self) -> str | None:
        """Say why an older version serves here, or None."""
        return self._trouble

    async def run(self) -> None:
        """Follow until cancelled."""
        while True:
            self._called.clear()  # who calls while we look is heard after it
            try:
                self._trouble = await self._look()
                await self._replication.tell(self._service.version, self._trouble)
            except StateError as error:
                log.warning("it cannot be known what should serve: %s", error)
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._called.wait()

    async def _look(self) -> str | None:
        wanted = await self._replication.current()
        if wanted is None or wanted == self._service.version:
            return None
        await self._service.idle()
        try:
            await self._replication.fetch(wanted)
        except (StateError, KnowledgeError, OSError) as error:
            log.error("version %s cannot be fetched, %s serves on: %s", wanted, self._service.version, error)
            return f"version {wanted} cannot be fetched: {error}"
        report = await self._service.follow(wanted)
        return report.error


async def gathered(
    replication: Replication, version: str, clock: Callable[[], float]
) -> tuple[ReplicaState, ...]:
    """Wait until every replica serves a version, or has said why not, or for some seconds; return what each serves."""
    began = clock()
    while True:
        states = await replication.replicas()
        settled = all(one.version == version or one.trouble for one in states)
        if settled or clock() - began > PATIENCE_SECONDS:
            return tuple(states)
        await asyncio.sleep(0.1)
