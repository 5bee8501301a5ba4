"""How many updates are worked on at once; a place is lent to others while its owner only waits."""

from __future__ import annotations

import asyncio

LONG_SECONDS = 2.0


class Slots:
    """`count` places for work; waiting for one chat's turn must not keep others from working."""

    def __init__(self, count: int) -> None:
        self._free = asyncio.Semaphore(count)
        self.waiting_long: set[asyncio.Task[object]] = set()

    async def take(self) -> None:
        """Wait for a place."""
        await self._free.acquire()

    def give_back(self) -> None:
        """Free a place."""
        self._free.release()

    async def lend(self, seconds: float) -> None:
        """Wait so long, and let others have one's place meanwhile."""
        task = asyncio.current_task()
        assert task is not None
        if seconds > LONG_SECONDS:
            self.waiting_long.add(task)
        self._free.release()
        try:
            await asyncio.sleep(seconds)
        finally:
            self.waiting_long.discard(task)
            await asyncio.shield(self._free.acquire())
