"""Build in a process of its own, at low priority, so that lookups do not wait.

Standard input: the order as one line of JSON; then it stays open, and the process ends when it closes, so that no
build outlives the bot. Standard output: one line of JSON per report, the last one `done` or `failed`.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

from knowledge.errors import KnowledgeError
from knowledge.snapshots.order import Order

NICE = 10
PAUSE = 0.2  # seconds between two progress lines


class Reporter:
    """Writes progress, not more often than somebody can read it; remembers the stage for the last words."""

    def __init__(self, out: TextIO) -> None:
        self.stage = "准备"
        self._out = out
        self._last = 0.0

    def progress(self, stage: str, done: int, of: int) -> None:
        """Report how far the build is."""
        now = time.monotonic()
        if stage != self.stage or now - self._last >= PAUSE:
            self.stage, self._last = stage, now
            self.say({"stage": stage, "done": done, "of": of})

    def say(self, line: dict[str, object]) -> None:
        """Write one line."""
        print(json.dumps(line), file=self._out, flush=True)


def encode_order(order: Order, folder: Path) -> bytes:
    """The line that asks a child to build `order` in `folder`."""
    wanted = {
        "articles": str(order.articles),
        "base": str(order.base) if order.base else None,
        "folder": str(folder),
    }
    return json.dumps(wanted).encode() + b"\n"


def main() -> int:
    """Build what standard input orders."""
    from knowledge.snapshots.build import build  # the parent needs none of what builds

    os.nice(NICE)
    wanted = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    order = Order(
        Path(wanted["articles"]),
        Path(wanted["base"]) if wanted["base"] else None,
    )
    report = Reporter(sys.stdout)
    try:
        built = build(order, Path(wanted["folder"]), report.progress)
    except (KnowledgeError, OSError, MemoryError) as error:
        kind = type(error).__name__
        report.say({"failed": str(error) or kind, "kind": kind, "stage": report.stage})
        return 1
    report.say({"built": asdict(built)})
    return 0


def _end_with_parent() -> None:
    sys.stdin.read()
    os._exit(2)


if __name__ == "__main__":
    sys.exit(main())
