"""The one clock of the tests: it stands still until a test moves it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar

Moment = TypeVar("Moment", datetime, float)
MORNING = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


class Clock(Generic[Moment]):
    """Tells `now`, a date and time or seconds; a test sets it, or moves it on."""

    def __init__(self, now: Moment) -> None:
        self.now: Moment = now

    def __call__(self) -> Moment:
        return self.now

    def forward(self, **much: float) -> None:
        """Move on by so many `minutes`, `days` and the like."""
        step = timedelta(**much)
        self.now = self.now + step if isinstance(self.now, datetime) else self.now + step.total_seconds()
