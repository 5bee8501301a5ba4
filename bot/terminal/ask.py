"""`chuchu ask`: one query from the command line, or one a line from standard input."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from bot.config import Settings, wants_colour
from bot.messages import Reply
from bot.offline import open_snapshot
from bot.query_service import ask_verified
from bot.rendering.answer import answer_runs
from bot.terminal.outbox import reply_text
from bot.terminal.paint import ConsoleStyle
from bot.texts import phrases
from knowledge.model import Answer
from knowledge.schemas import answer_json, dump


def ask(settings: Settings, words: list[str], limit: int, as_json: bool) -> int:
    """Answer in order; whether something is found does not change the exit code."""
    queries: Iterable[str] = read_queries(sys.stdin.buffer) if words == ["-"] else [" ".join(words)]
    paint = ConsoleStyle(sys.stdout.isatty(), wants_colour())
    with open_snapshot(settings) as snapshot:
        for skipped in snapshot.skipped:
            print(f"跳过 {skipped.name}：{skipped.reason}；{skipped.remedy}", file=sys.stderr)
        for query in queries:
            answer = ask_verified(snapshot, query, limit)
            write(dump(answer_json(answer)) + "\n" if as_json else spoken(answer, paint))
    return 0


def read_queries(stream: BinaryIO) -> Iterator[str]:
    """One query a line, also where the line is blank; bytes that are no UTF-8 become U+FFFD."""
    for number, line in enumerate(stream):
        query = line.rstrip(b"\n").removesuffix(b"\r").decode("utf-8", "replace")
        yield query.removeprefix("\ufeff") if number == 0 else query


def spoken(answer: Answer, paint: ConsoleStyle) -> str:
    """An answer as a terminal shows it, everything at once."""
    return reply_text(Reply(list(answer_runs(answer, phrases(None)))), paint)


def write(text: str) -> None:
    """Write UTF-8, whatever the locale says."""
    sys.stdout.buffer.write(text.encode("utf-8", "replace"))
    sys.stdout.buffer.flush()
