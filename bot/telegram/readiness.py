"""Whether updates are coming in: red when nothing good was heard for too long."""

from __future__ import annotations

from collections.abc import Callable


class Readiness:
    """The time of the last good word from Telegram; `clock` counts seconds and never goes back.

    `patience` is how many seconds of silence are well; None means that silence is no sign, only trouble is.
    """

    def __init__(self, clock: Callable[[], float], patience: float | None) -> None:
        self._clock = clock
        self._patience = patience
        self._last: float | None = None
        self._trouble: str | None = None

    def good(self) -> None:
        """All is well now."""
        self._last = self._clock()
        self._trouble = None

    def bad(self, trouble: str) -> bool:
        """Something failed; return whether that is news."""
        news = trouble != self._trouble
        self._trouble = trouble
        return news

    @property
    def age(self) -> float:
        """Seconds since the last good word; infinite before the first."""
        return float("inf") if self._last is None else self._clock() - self._last

    @property
    def red(self) -> str | None:
        """Say what is wrong, or None."""
        if self._last is None:
            return self._trouble or "not reached yet"
        if self._patience is None:
            return self._trouble
        if self.age <= self._patience:
            return None
        return self._trouble or f"silent for {self.age:.0f} s"
