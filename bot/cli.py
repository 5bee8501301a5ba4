"""The console: `chuchu ask`, `facts`, `check`, `run` and the rest."""

from __future__ import annotations

import argparse
import sys

from bot.app import open_snapshot
from bot.config import Settings
from knowledge.errors import KnowledgeError


def main(argv: list[str] | None = None) -> int:
    """Run one command; return the exit code."""
    parser = argparse.ArgumentParser(prog="chuchu")
    commands = parser.add_subparsers(dest="command", required=True)
    ask = commands.add_parser("ask", help="在终端里提问")
    ask.add_argument("words", nargs="+")
    ask.add_argument("--limit", type=int, default=10)
    arguments = parser.parse_args(argv)
    try:
        with open_snapshot(Settings()) as snapshot:
            answer = snapshot.ask(" ".join(arguments.words), arguments.limit)
    except KnowledgeError as error:
        print(error, file=sys.stderr)
        return 1
    for hit in (*answer.hits, *answer.related):
        print(hit.fact.text, "——", hit.fact.article.title.text, hit.fact.lines, hit.fact.article.file)
    return 0
