"""Build in a process of its own, at low priority, so that lookups do not wait.

The process loads what builds once, which takes half a second, and then forks for every order: no build waits for
that, and none leaves anything behind for the next. It never has a second thread, so it may fork at any time.

Standard input: orders, a line of JSON each, the next when the one before has ended. When it closes, everything
ends, so that no build outlives the bot. Standard output: a line of JSON per report; the last of an order has the
key `built`, `failed` or `ended`.
"""

from __future__ import annotations

import gc
import json
import os
import select
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

from knowledge.errors import KnowledgeError
from knowledge.snapshots.order import Built, Order, Progress

NICE = 10
PAUSE = 0.2  # seconds between two progress lines
WATCH = 50  # milliseconds between two looks whether anybody waits for a build

Build = Callable[[Order, Path, Progress], Built]


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
    base = str(order.base) if order.base else None
    return json.dumps([str(order.articles), base, order.if_touched, str(folder)]).encode() + b"\n"


def _decode_order(line: bytes) -> tuple[Order, Path]:
    articles, base, if_touched, folder = json.loads(line)
    return Order(Path(articles), Path(base) if base else None, if_touched), Path(folder)


def main() -> int:
    """Build what standard input orders, until it closes."""
    os.nice(NICE)
    build = _load()
    while line := sys.stdin.buffer.readline():
        if not (child := os.fork()):
            _build_and_exit(build, line)
        _, status = os.waitpid(child, 0)
        if code := os.waitstatus_to_exitcode(status):
            Reporter(sys.stdout).say({"ended": code})
    return 0


def _load() -> Build:
    """Load what builds, which the parent needs none of; what is loaded stays shared with the forks."""
    import numpy.ma  # noqa: F401  numpy itself does, when it first looks for equal rows

    import knowledge.repair.document  # noqa: F401
    from knowledge.snapshots.build import build
    from knowledge.snapshots.records import recipe
    from knowledge.text.script import encode

    encode("出处")  # makes its tables
    mixture = recipe()
    gc.collect()
    gc.freeze()
    return lambda order, folder, progress: build(order, folder, progress, mixture)


def _build_and_exit(build: Build, line: bytes) -> None:
    threading.Thread(target=_end_with_parents, args=(os.getppid(),), daemon=True).start()
    report = Reporter(sys.stdout)
    code = 1
    try:
        built = build(*_decode_order(line), report.progress)
        report.say({"built": asdict(built)})
        code = 0
    except (KnowledgeError, OSError, MemoryError) as error:
        kind = type(error).__name__
        report.say({"failed": str(error) or kind, "kind": kind, "stage": report.stage})
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _end_with_parents(parent: int) -> None:
    gone = select.poll()
    gone.register(sys.stdin, 0)  # for nothing but that it was closed: what comes in is the next order
    while os.getppid() == parent and not gone.poll(WATCH):
        pass
    os._exit(2)


if __name__ == "__main__":
    sys.exit(main())
