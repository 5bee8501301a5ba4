"""What an operator sees: logs without secrets, metrics, and how far the build is that goes on now."""

from __future__ import annotations

import json
import logging
import re
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TextIO

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from bot.texts.operating import OperatingPhrases
from knowledge.snapshots.request import REPAIRING, STORING

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
        counter = partial(Counter, registry=self.registry)
        histogram = partial(Histogram, registry=self.registry)
        self.received = counter("chuchu_updates_received", "Updates stored, by kind", ["kind"])
        self.ended = counter("chuchu_updates_ended", "Updates ended, by how they ended", ["ending"])
        self.sends = counter("chuchu_sends", "Calls that say something, by outcome", ["outcome"])
        self.poll_errors = counter("chuchu_poll_errors", "Failed polls, by error", ["error"])
        self.inbox_errors = counter("chuchu_inbox_errors", "Commits of the inbox that failed")
        fenced = "Updates that another process had by the time they ended"
        self.fenced = counter("chuchu_inbox_fenced", fenced)
        reloads = "Reloads, rollbacks and restores, by who asked and how they ended"
        self.reloads = counter("chuchu_reloads", reloads, ["by", "ending"])
        questions = "Questions, by where they were asked (page, api, a platform) and what came of them"
        self.questions = counter("chuchu_questions", questions, ["surface", "tier"])
        requests = "Requests to the public site, by route and status"
        self.requests = counter("chuchu_http_requests", requests, ["route", "status"])
        asked = "Seconds that looking a question up took"
        self.question_seconds = histogram(
            "chuchu_question_seconds", asked, ["surface"], buckets=LOOKUP_SECONDS
        )
        taken = "Seconds that a request to the public site took"
        self.request_seconds = histogram(
            "chuchu_http_request_seconds", taken, ["route"], buckets=LOOKUP_SECONDS
        )
        answered = "From the update stored to its end"
        self.answer_seconds = histogram("chuchu_answer_seconds", answered, buckets=ANSWER_SECONDS)

    def watch(self, name: str, meaning: str, read: Callable[[], float], **labels: str) -> None:
        """Add a gauge that is read when somebody looks; one of several that differ by their labels' values."""
        if name not in self._gauges:
            self._gauges[name] = Gauge(name, meaning, list(labels), registry=self.registry)
        gauge = self._gauges[name]
        (gauge.labels(**labels) if labels else gauge).set_function(read)

    def page(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self.registry)


PAUSE = 5.0  # seconds between two lines in a log
BLINK = 0.1  # seconds between two drawings of a bar
BAR = 24  # characters


class BuildProgress:
    """Hears a build (`knowledge.snapshots.request.Progress`) and tells the terminal or the log."""

    def __init__(
        self,
        said: OperatingPhrases,
        show: Callable[[str, int, int], None],
        clear: Callable[[], None] | None = None,
    ) -> None:
        """`show` is told in words, and how many of how many files are done; `clear` at the end of a build."""
        self.done = 0
        self.of = 0
        self._stage = ""
        self._said = said
        self._show = show
        self._clear = clear

    def hear(self, stage: str, done: int, of: int) -> None:
        """Take in how far it is."""
        self._stage, self.done, self.of = stage, done, of
        self._show(self.text(), done, of)
        if stage == STORING and self._clear:
            self._clear()

    def over(self) -> None:
        """No build goes on any more."""
        self._stage, self.done, self.of = "", 0, 0
        if self._clear:
            self._clear()

    def text(self, said: OperatingPhrases | None = None) -> str:
        """It in words, those of the operator if no others are given."""
        said = said or self._said
        if not self._stage or not self.of:
            return said.sorting_begins
        if self._stage != REPAIRING:
            return said.sorting_ends
        return said.sorting.format(self.done, self.of)


class ProgressBar:
    """One line of a terminal, drawn over and over."""

    def __init__(self, stream: TextIO = sys.stderr) -> None:
        self._stream = stream
        self._drawn = ""
        self._last = 0.0

    def show(self, text: str, done: int, of: int) -> None:
        """Draw it, not more often than somebody can see."""
        now = time.monotonic()
        if text == self._drawn or (done < of and now - self._last < BLINK):
            return
        self._drawn, self._last = text, now
        full = BAR * done // of if of else 0
        bar = f"  [{'█' * full}{'·' * (BAR - full)}] {100 * done // of}%" if of else ""
        print(f"\r\x1b[K{text}{bar}", end="", file=self._stream, flush=True)

    def clear(self) -> None:
        """Leave the line as if nothing had been there."""
        if self._drawn:
            print("\r\x1b[K", end="", file=self._stream, flush=True)
            self._drawn = ""


class LogLines:
    """A line every few seconds, in the log or wherever `say` writes."""

    def __init__(self, say: Callable[[str], object]) -> None:
        self._say = say
        self._last = time.monotonic()

    def show(self, text: str, done: int, of: int) -> None:
        """Write one if it is time."""
        if time.monotonic() - self._last >= PAUSE:
            self._last = time.monotonic()
            self._say(text)
