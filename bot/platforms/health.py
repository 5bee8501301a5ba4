"""Whether a platform is heard: the last good word, what is wrong, and when it makes no sense to go on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from bot.platforms.calls import CallError, Unauthorized
from bot.runtime import backoff

T = TypeVar("T")
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 10.0
logger = logging.getLogger(__name__)

REFUSED_SECONDS = 300.0


class ConnectionHealth:
    """The time of the last good word from a platform; `clock` counts seconds and never goes back.

    `patience` is how many seconds of silence are well; None means that silence is no sign, only trouble is.
    `on_fatal` is called whenever nothing but a refusal of who we are was heard for five minutes.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        patience: float | None,
        on_fatal: Callable[[], None] = lambda: None,
    ) -> None:
        self._clock = clock
        self._patience = patience
        self._on_fatal = on_fatal
        self._refused: float | None = None
        self._last: float | None = None
        self._trouble: str | None = None

    def ok(self) -> None:
        """All is well now."""
        self._last = self._clock()
        self._trouble = None
        self._refused = None

    def fail(self, trouble: str, refused: bool = False) -> bool:
        """Something failed, `refused` if it was who we are; return whether that is news."""
        if not refused:
            self._refused = None
        elif self._refused is None:
            self._refused = self._clock()
        elif self._clock() - self._refused >= REFUSED_SECONDS:
            self._refused = self._clock()  # not to be told again at once
            self._on_fatal()
        news = trouble != self._trouble
        self._trouble = trouble
        return news

    @property
    def age(self) -> float:
        """Seconds since the last good word; infinite before the first."""
        return float("inf") if self._last is None else self._clock() - self._last

    @property
    def problem(self) -> str | None:
        """Say what is wrong, or None."""
        if self._last is None:
            return self._trouble or "not reached yet"
        if self._patience is None:
            return self._trouble
        if self.age <= self._patience:
            return None
        return self._trouble or f"silent for {self.age:.0f} s"


async def until_done(what: str, call: Callable[[], Awaitable[T]], health: ConnectionHealth) -> T:
    """Make a call until it succeeds; return what it returned."""
    failures = 0
    while True:
        try:
            return await call()
        except CallError as error:
            if health.fail(f"{what}: {error}", isinstance(error, Unauthorized)):
                logger.error("%s: %s: %s", what, type(error).__name__, error)
            await asyncio.sleep(backoff(failures, FIRST_PAUSE, LONGEST_PAUSE))
            failures += 1
