"""How the bot is used: counted in memory, written down every few seconds, reported in words and as a picture."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime

from bot.errors import StateError
from bot.feedback.questions import question_text
from bot.runtime import child_output, waited
from bot.state.questions import Day, DayCounts, SlowQuery, Usage
from bot.state.state import State
from bot.texts.phrases import AdminPhrases
from knowledge.search.semantic import Coverage

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
            await waited(ended, PAUSE)
            last = ended.is_set()
            try:
                await self.flush()
            except StateError as error:
                log.error("figures could not be written: %s", error)
            if last:
                return


TOP = 10
SLOWEST = 5
PATIENCE = 30.0  # seconds for the child that draws
SHOWN = 40  # characters of a query


@dataclass(frozen=True, slots=True)
class UsageReport:
    """The figures of up to thirty days. `votes` are liked and not."""

    days: Sequence[Day]
    words: Sequence[tuple[str, int]]
    unanswered: int
    votes: tuple[int, int]
    coverage: Coverage | None = None

    @property
    def asked(self) -> int:
        return sum(day.asked for day in self.days)

    @property
    def found(self) -> int:
        return sum(day.found for day in self.days)

    @property
    def slowest(self) -> list[SlowQuery]:
        every = [slow for day in self.days for slow in day.slowest]
        return sorted(every, key=lambda slow: -slow.milliseconds)[:SLOWEST]

    def text(self, said: AdminPhrases) -> str:
        meaning = []
        if found := self.coverage:
            meaning = [said.meaning.format(found.facts, found.embedded, found.model or said.no_model)]
        if not self.asked:
            return "\n".join([said.no_usage, *meaning])
        mean = sum(day.milliseconds for day in self.days) / self.asked
        words = "、".join(said.usage_word.format(word, times) for word, times in self.words) or said.none
        return "\n".join(
            [
                said.usage.format(self.asked, self.found, 100 * self.found / self.asked, mean),
                said.usage_unanswered.format(self.unanswered, *self.votes),
                *meaning,
                "",
                said.usage_words.format(words),
                "",
                said.slowest,
                *(said.slow_query.format(slow.milliseconds, slow.query[:SHOWN]) for slow in self.slowest),
                "",
                said.daily,
                *(said.day.format(day.day, day.asked, day.found) for day in self.days[-7:]),
            ]
        )


class UsageReporter:
    """Reads the figures and has them drawn."""

    def __init__(
        self, state: State, figures: UsageRecorder, coverage: Callable[[], Coverage | None] = lambda: None
    ) -> None:
        self._state = state
        self._figures = figures
        self._coverage = coverage

    async def figures(self) -> UsageReport:
        await self._figures.flush()
        return UsageReport(
            await self._state.usage.days(),
            await self._state.usage.words(TOP),
            await self._state.questions.count(),
            await self._state.votes.count(),
            await asyncio.to_thread(self._coverage),
        )

    async def picture(self, month: UsageReport, said: AdminPhrases) -> bytes | None:
        """Draw in a child process, whose memory goes with it; None where that fails."""
        order = {
            "days": [[f"{day.day:%m-%d}", day.asked, day.found] for day in month.days],
            "words": [list(pair) for pair in month.words],
            "labels": [said.chart_found, said.chart_missed, said.chart_daily, said.chart_words],
        }
        module, given = ("-m", "bot.feedback.usage_chart"), json.dumps(order).encode()
        return await child_output("the picture of /stats", *module, given=given, seconds=PATIENCE)
