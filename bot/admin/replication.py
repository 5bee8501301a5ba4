"""What serves here and on the other replicas: a change goes to all of them, and each follows what all should serve."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from bot.errors import StateError
from bot.runtime import waited
from bot.sharing import ReplicaState, Replication
from knowledge.errors import KnowledgeError

if TYPE_CHECKING:
    from bot.admin.reload_service import ReloadService

log = logging.getLogger(__name__)

LOOK_SECONDS = 5.0  # until the pointer is looked at without being called
PATIENCE_SECONDS = 8.0  # that a report waits for the replicas


class Follower:
    """Serves here what should serve everywhere; what cannot be fetched leaves the version before serving."""

    def __init__(self, replication: Replication, service: ReloadService) -> None:
        self._replication = replication
        self._service = service
        self._called = asyncio.Event()
        self._trouble: str | None = None

    def call(self, _: str = "") -> None:
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
            await waited(self._called, LOOK_SECONDS)

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


async def await_replicas(
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
