"""Processes that read what may be broken, so that the bot neither waits nor falls with them.

`python -m knowledge.snapshots.worker build` builds at low priority. It loads what builds once, which takes half a
second, and then forks for every request: no build waits for that, and none leaves anything behind for the next. It
never has a second thread, so it may fork at any time. Standard input: requests, a line of JSON each, the next when
the one before has ended. When it closes, everything ends, so that no build outlives the bot. Standard output: a line
of JSON per report; the last of a request has the key `built`, `failed` or `ended`.

`python -m knowledge.snapshots.worker preview` reads and repairs one file, under limits, to show what would become of
it. Standard input: one line of JSON, `{"path": …, "name": …}`. Standard output: a `Preview` as one line of JSON.
"""

from __future__ import annotations

import gc
import json
import logging
import os
import resource
import select
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict, astuple, replace
from pathlib import Path
from typing import TextIO

from knowledge.errors import KnowledgeError
from knowledge.model import Document, Fact, ParsedDocument, RepairEntry, Skipped, line_ranges
from knowledge.snapshots.files import empty
from knowledge.snapshots.repository import Suspect, in_hand
from knowledge.snapshots.request import BuildRequest, BuildResult, Preview, PreviewLine, Progress

FIRST = 3
LISTED = 10
MEMORY = 2 * 1024**3  # bytes of address space that a preview may take
SECONDS = 60  # of a processor, for a preview
NICE = 10
PAUSE = 0.2  # seconds between two progress lines
TRIES = 9  # builds of one request, each without the documents over which those before it died
NOBODY_WAITS, OUT_OF_MEMORY = 2, 3  # exit codes
WATCH = 50  # milliseconds between two looks whether anybody waits for a build

Build = Callable[[BuildRequest, Path, Progress], BuildResult]


class Reporter:
    """Writes progress, not more often than somebody can read it; remembers the stage for the last words."""

    def __init__(self, out: TextIO) -> None:
        self.stage = "准备"
        self._out = out
        self._last = 0.0

    def progress(self, stage: str, done: int, of: int) -> None:
        now = time.monotonic()
        if stage != self.stage or now - self._last >= PAUSE:
            self.stage, self._last = stage, now
            self.say({"stage": stage, "done": done, "of": of})

    def say(self, line: dict[str, object]) -> None:
        print(json.dumps(line), file=self._out, flush=True)


def encode_request(request: BuildRequest, folder: Path) -> bytes:
    """The line that asks a worker to build `request` in `folder`."""
    base = str(request.base) if request.base else None
    left_out = [astuple(one) for one in request.left_out]
    return (
        json.dumps([str(request.articles), base, request.if_changed, left_out, str(folder)]).encode() + b"\n"
    )


def _decode_request(line: bytes) -> tuple[BuildRequest, Path]:
    articles, base, if_changed, left_out, folder = json.loads(line)
    suspects = tuple(Suspect(*row) for row in left_out)
    return BuildRequest(Path(articles), Path(base) if base else None, if_changed, suspects), Path(folder)


def serve_builds() -> None:
    """Build what standard input asks for, until it closes."""
    os.nice(NICE)
    build, report = _load(), Reporter(sys.stdout)
    while line := sys.stdin.buffer.readline():
        request, folder = _decode_request(line)
        for _ in range(TRIES):
            if not (ended := _forked(build, request, folder)):
                break
            dead = in_hand(folder) if ended != NOBODY_WAITS else None
            if dead is None:
                report.say({"ended": said_of(ended)})
                break
            logging.error("the build ended (%s) with %s in hand, at %s", ended, dead.name, dead.stage)
            request = replace(request, left_out=(*request.left_out, replace(dead, ending=said_of(ended))))
            empty(folder)
        else:
            report.say(
                {"ended": f"{said_of(ended)}；手上先后是 {'、'.join(one.name for one in request.left_out)}"}
            )


def _forked(build: Build, request: BuildRequest, folder: Path) -> int:
    """Build in a fork; return its exit code, 0 if it has said itself how it ended."""
    if not (child := os.fork()):
        _build_and_exit(build, request, folder)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def said_of(code: int) -> str:
    """An exit code in words."""
    if code == OUT_OF_MEMORY:
        return "内存不够"
    return f"信号 {-code}" if code < 0 else f"退出码 {code}"


def _load() -> Build:
    """Load what builds, which the parent needs none of; what is loaded stays shared with the forks."""
    import numpy.ma  # noqa: F401  numpy itself does, when it first looks for equal rows

    import knowledge.documents.html
    import knowledge.documents.markdown
    import knowledge.repair.pipeline  # noqa: F401
    from knowledge.snapshots.build import build
    from knowledge.snapshots.sources import build_fingerprint
    from knowledge.text.folding import encode

    encode("出处")  # makes its tables
    fingerprint = build_fingerprint()
    gc.collect()
    gc.freeze()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    helpers = cores if cores > 1 else 0
    return lambda request, folder, progress: build(request, folder, progress, fingerprint, helpers=helpers)


def _build_and_exit(build: Build, request: BuildRequest, folder: Path) -> None:
    threading.Thread(target=_end_with_parents, args=(os.getppid(),), daemon=True).start()
    report = Reporter(sys.stdout)
    code = 1
    try:
        built = build(request, folder, report.progress)
        report.say({"built": asdict(built)})
        code = 0
    except MemoryError:
        code = OUT_OF_MEMORY
    except (KnowledgeError, OSError) as error:
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
    os._exit(NOBODY_WAITS)


def preview(name: str, data: bytes) -> Preview:
    """Take one file, or the members of an archive, through every stage of a build, and keep nothing."""
    from knowledge.documents.folder import read_bytes  # the parent needs the nouns alone
    from knowledge.index.index import build_index
    from knowledge.snapshots.build import (
        INDEXING,
        annotate_or_skip,
        read_or_skip,
        repair_or_skip,
        skipped_for,
    )
    from knowledge.text.analyzer import Dictionary
    from knowledge.text.keywords import KeywordExtractor

    taken: dict[str, ParsedDocument] = {}
    skipped: list[Skipped] = []
    keywords = KeywordExtractor(Dictionary({}))
    for read in read_or_skip(name, read_bytes(name, data)):
        one = read if isinstance(read, Skipped) else repair_or_skip(read[0])
        if not isinstance(one, Skipped):
            one = annotate_or_skip(one, keywords)
        if isinstance(one, Skipped):
            skipped.append(one)
        else:
            taken[one.document.name] = one

    def skip(document: Document, error: BaseException) -> None:
        del taken[document.name]
        skipped.append(skipped_for(document.name, INDEXING, error))

    with tempfile.TemporaryDirectory() as folder:
        build_index(Path(folder) / "index", [(one, data) for one in taken.values()], skip)
    repaired = list(taken.values())
    facts = [fact for one in repaired for fact in one.facts]
    log = sorted((entry for one in repaired for entry in one.log), key=lambda entry: not entry.doubt)
    return Preview(
        articles=sum(len(one.articles) for one in repaired),
        facts=len(facts),
        repairs=len(log),
        doubts=sum(entry.doubt for entry in log),
        titles=tuple(article.title.text for one in repaired for article in one.articles)[:LISTED],
        first_facts=tuple(_fact(fact) for fact in facts[:FIRST]),
        first_repairs=tuple(_repair(entry) for entry in log[:LISTED]),
        skipped=tuple(skipped[:LISTED]),
    )


def _fact(fact: Fact) -> PreviewLine:
    return PreviewLine(fact.text, fact.lines)


def _repair(entry: RepairEntry) -> PreviewLine:
    return PreviewLine(entry.reason, line_ranges(sorted(span.line for span in entry.spans)), entry.doubt)


def serve_preview() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    asked = json.loads(sys.stdin.readline())
    print(json.dumps(asdict(preview(asked["name"], Path(asked["path"]).read_bytes()))))


if __name__ == "__main__":
    {"build": serve_builds, "preview": serve_preview}[sys.argv[1]]()
