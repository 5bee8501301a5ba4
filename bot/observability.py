"""What an operator sees: logs without secrets, and metrics."""

from __future__ import annotations

import json
import logging
import re
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

TOKEN = re.compile(r"\d{3,15}(?::|%3A)[A-Za-z0-9_-]{20,}", re.IGNORECASE)
HIDDEN = "[secret]"
OURS = ("bot", "knowledge")  # libraries' INFO lines may hold addresses with tokens in them
OWN_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class Redacting(logging.Formatter):
    """A formatter whose lines hold no bot token and none of `secrets`."""

    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__()
        self._secrets = sorted((s for s in secrets if len(s) >= 4), key=len, reverse=True)

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line without secrets."""
        line = self.line(record).replace("\r", "\\r").replace("\n", "\\n")
        for secret in self._secrets:
            line = line.replace(secret, HIDDEN)
        return TOKEN.sub(HIDDEN, line)

    def line(self, record: logging.LogRecord) -> str:
        raise NotImplementedError

    def trace(self, record: logging.LogRecord) -> str | None:
        return self.formatException(record.exc_info) if record.exc_info else None


class Human(Redacting):
    """`2026-11-28 12:30:05 INFO bot.platforms.scheduler update kind=message ending=answered`"""

    def line(self, record: logging.LogRecord) -> str:
        clock = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(record.created))
        extra = "".join(f" {k}={v}" for k, v in fields(record).items() if v is not None)
        trace = self.trace(record)
        return (
            f"{clock} {record.levelname} {record.name} {printable(record.getMessage())}{printable(extra)}"
            + (f" {printable(trace)}" if trace else "")
        )


class Json(Redacting):
    """One JSON object a line."""

    def line(self, record: logging.LogRecord) -> str:
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **fields(record),
        }
        if trace := self.trace(record):
            entry["trace"] = trace
        return json.dumps(entry, ensure_ascii=False, default=str)


def fields(record: logging.LogRecord) -> Mapping[str, object]:
    """Return what the caller gave as `extra`."""
    return {name: value for name, value in vars(record).items() if name not in OWN_FIELDS}


def printable(text: str) -> str:
    """Make control characters visible: a line of text must not draw on the operator's screen."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def set_up_logs(secrets: Sequence[str], style: str | None = None) -> None:
    """Send every log line of the process to standard error, for people at a terminal, for machines elsewhere.

    No line holds one of the `secrets`; `style` is `human` or `json`.
    """
    style = style or ("human" if sys.stderr.isatty() else "json")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Human(secrets) if style == "human" else Json(secrets))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name in OURS:
        logging.getLogger(name).setLevel(logging.INFO)
    logging.captureWarnings(True)


LOOKUP_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
ANSWER_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300)


class Metrics:
    """The metrics of one running application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._gauges: dict[str, Gauge] = {}
        counter, histogram = self._counter, self._histogram
        self.received = counter("chuchu_updates_received", "Updates stored, by kind", "kind")
        self.ended = counter("chuchu_updates_ended", "Updates ended, by how they ended", "ending")
        self.sends = counter("chuchu_sends", "Calls that say something, by outcome", "outcome")
        self.poll_errors = counter("chuchu_poll_errors", "Failed polls, by error", "error")
        self.inbox_errors = counter("chuchu_inbox_errors", "Commits of the inbox that failed")
        self.fenced = counter(
            "chuchu_inbox_fenced", "Updates that another process had by the time they ended"
        )
        self.reloads = counter(
            "chuchu_reloads",
            "Reloads, rollbacks and restores, by who asked and how they ended",
            "by",
            "ending",
        )
        self.questions = counter(
            "chuchu_questions",
            "Questions, by where they were asked (page, api, a platform) and what came of them",
            "surface",
            "tier",
        )
        self.requests = counter(
            "chuchu_http_requests", "Requests to the public site, by route and status", "route", "status"
        )
        self.question_seconds = histogram(
            "chuchu_question_seconds", "Seconds that looking a question up took", LOOKUP_SECONDS, "surface"
        )
        self.request_seconds = histogram(
            "chuchu_http_request_seconds",
            "Seconds that a request to the public site took",
            LOOKUP_SECONDS,
            "route",
        )
        self.answer_seconds = histogram(
            "chuchu_answer_seconds", "From the update stored to its end", ANSWER_SECONDS
        )

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(name, meaning, labels, registry=self.registry)

    def _histogram(self, name: str, meaning: str, buckets: Sequence[float], *labels: str) -> Histogram:
        return Histogram(name, meaning, labels, buckets=buckets, registry=self.registry)

    def watch(self, name: str, meaning: str, read: Callable[[], float], **labels: str) -> None:
        """Add a gauge that is read when somebody looks; one of several that differ by their labels' values."""
        if name not in self._gauges:
            self._gauges[name] = Gauge(name, meaning, list(labels), registry=self.registry)
        gauge = self._gauges[name]
        (gauge.labels(**labels) if labels else gauge).set_function(read)

    def page(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self.registry)
