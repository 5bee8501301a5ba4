"""Whether updates are coming in: red when nothing good was heard for too long."""

from __future__ import annotations

from collections.abc import Callable

REFUSED_SECONDS = 300.0


class Readiness:
    """The time of the last good word from Telegram; `clock` counts seconds and never goes back.

    `patience` is how many seconds of silence are well; None means that silence is no sign, only trouble is.
    `give_up` is called when nothing but a refusal of our token was heard for five minutes.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        patience: float | None,
        give_up: Callable[[], None] = lambda: None,
    ) -> None:
        self._clock = clock
        self._patience = patience
        self._give_up = give_up
        self._refused: float | None = None
        self._last: float | None = None
        self._trouble: str | None = None

    def good(self) -> None:
        """All is well now."""
        self._last = self._clock()
        self._trouble = None
        self._refused = None

    def bad(self, trouble: str, refused: bool = False) -> bool:
        """Something failed, `refused` if our token was; return whether that is news."""
        if not refused:
            self._refused = None
        elif self._refused is None:
            self._refused = self._clock()
        elif self._clock() - self._refused >= REFUSED_SECONDS:
            self._give_up()
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
