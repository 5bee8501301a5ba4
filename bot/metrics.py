"""What an operator would be woken for; every application has its own registry."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

ANSWER_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300)


class Metrics:
    """The metrics of one running application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.received = Counter(
            "chuchu_updates_received", "Updates stored, by kind", ["kind"], registry=self.registry
        )
        self.ended = Counter(
            "chuchu_updates_ended", "Updates ended, by how they ended", ["ending"], registry=self.registry
        )
        self.sends = Counter(
            "chuchu_sends", "Calls that say something, by outcome", ["outcome"], registry=self.registry
        )
        self.poll_errors = Counter(
            "chuchu_poll_errors", "Failed polls, by error", ["error"], registry=self.registry
        )
        self.inbox_errors = Counter(
            "chuchu_inbox_errors", "Commits of the inbox that failed", registry=self.registry
        )
        self.answer_seconds = Histogram(
            "chuchu_answer_seconds",
            "From the update stored to its end",
            buckets=ANSWER_SECONDS,
            registry=self.registry,
        )

    def watch(self, name: str, meaning: str, read: Callable[[], float]) -> None:
        """Add a gauge that is read when somebody looks."""
        Gauge(name, meaning, registry=self.registry).set_function(read)

    def page(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self.registry)
