"""How many updates are worked on at once; a place is lent to others while its owner only waits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Slots:
    """`count` places for work; waiting for one chat's turn must not keep others from working."""

    def __init__(self, count: int) -> None:
        self._free = asyncio.Semaphore(count)

    async def take(self) -> None:
        """Wait for a place."""
        await self._free.acquire()

    def give_back(self) -> None:
        """Free a place."""
        self._free.release()

    @asynccontextmanager
    async def lent(self) -> AsyncIterator[None]:
        """Lend one's own place to others while the block runs."""
        self._free.release()
        try:
            yield
        finally:
            await asyncio.shield(self._free.acquire())
