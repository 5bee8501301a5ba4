"""Counting how the bot is used: in memory, and every few seconds on the disk."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import date, datetime

from bot.feedback.question_key import question_text
from bot.state.database import StateError
from bot.state.usage import DayCounts, Usage

log = logging.getLogger(__name__)

PAUSE = 10.0  # seconds; a kill loses at most the figures of these
WORD = 40  # characters


class UsageRecorder:
    """The tallies of the days since the last flush."""

    def __init__(self, usage: Usage, clock: Callable[[], datetime]) -> None:
        self._usage = usage
        self._clock = clock
        self._tallies: dict[date, DayCounts] = {}

    def count(self, query: str, found: bool, milliseconds: int, words: Sequence[str]) -> None:
        """Count one query."""
        tally = self._tallies.setdefault(self._clock().date(), DayCounts())
        tally.count(question_text(query), found, milliseconds, [word[:WORD] for word in words])

    async def flush(self) -> None:
        """Write down what was counted; what cannot be written is kept for the next time.

        Raises:
            StateError: it cannot be written.
        """
        tallies, self._tallies = self._tallies, {}
        if not tallies:
            return
        try:
            await self._usage.add(tallies)
        except StateError:
            for day, tally in tallies.items():
                self._tallies.setdefault(day, DayCounts()).add(tally)
            raise

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Flush now and then while the block runs, and at its end."""
        ended = asyncio.Event()
        flushing = asyncio.create_task(self._run(ended), name="figures")
        try:
            yield
        finally:
            ended.set()  # not cancelled: a flush broken off may lose its figures or count them twice
            await flushing

    async def _run(self, ended: asyncio.Event) -> None:
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(ended.wait(), PAUSE)
            last = ended.is_set()
            try:
                await self.flush()
            except StateError as error:
                log.error("figures could not be written: %s", error)
            if last:
                return
