"""`chuchu facts` and `chuchu check`: what the articles folder was understood as."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from bot.app import open_snapshot
from bot.config import Settings, wants_colour
from bot.messages import Run, Style
from bot.rendering.fact import citation
from bot.terminal.ask import write
from bot.terminal.paint import Paint
from bot.texts import phrases
from knowledge.errors import NoArticles
from knowledge.snapshot import Snapshot
from knowledge.wire import CheckJson, dump, fact_json, repair_json, skipped_json


def facts(settings: Settings, as_json: bool) -> int:
    """Write every fact in reading order per article."""
    paint = Paint(sys.stdout.isatty(), wants_colour())
    with open_snapshot(settings) as snapshot:
        if as_json:
            for fact in snapshot.facts():
                write(dump(fact_json(fact)) + "\n")
            return 0
        for article in snapshot.articles():
            write(paint.text([Run(article.title.text, Style.BOLD), Run("\n\n")]))
            for fact in snapshot.facts(article.id):
                cite = citation(fact, phrases(None))
                write(paint.text([Run(fact.text), Run("\n"), cite, Run("\n\n")]))
    return 0


def check(settings: Settings, files: Sequence[str], as_json: bool) -> int:
    """Write what was repaired, dropped, doubted or skipped; 1 if a file was skipped."""
    with open_snapshot(settings) as snapshot:
        wanted = _wanted(snapshot, settings, files)
        entries = [entry for entry in _entries(snapshot) if wanted is None or entry["file"] in wanted]
    for entry in entries:
        write(dump(entry) + "\n" if as_json else _line(entry) + "\n")
    skipped = sum(entry["kind"] == "skipped" for entry in entries)
    if not as_json:
        doubts = sum(entry["doubt"] for entry in entries) - skipped
        write(f"共 {len(entries)} 处，其中存疑 {doubts} 处，读不了的文件 {skipped} 个。\n")
    return 1 if skipped else 0


def _entries(snapshot: Snapshot) -> Iterator[CheckJson]:
    yield from (skipped_json(skipped) for skipped in snapshot.skipped)
    yield from (repair_json(name, repair) for name, repair in snapshot.log())


def _wanted(snapshot: Snapshot, settings: Settings, files: Sequence[str]) -> set[str] | None:
    """The names in the snapshot that the given files mean, members of an archive included.

    Raises:
        NoArticles: a file is not in the articles folder.
    """
    if not files:
        return None
    names = {article.file for article in snapshot.articles()} | {skipped.name for skipped in snapshot.skipped}
    names |= {name for name, _ in snapshot.log()}
    wanted: set[str] = set()
    for file in files:
        asked = file.removeprefix(settings.articles.as_posix() + "/").removeprefix("./")
        found = {name for name in names if name == asked or name.startswith(asked + "!/")}
        if not found and not (settings.articles / asked).is_file():
            raise NoArticles(f"{settings.articles} 里没有 {file}；请写文件夹里的相对路径")
        wanted |= found
    return wanted


def _line(entry: CheckJson) -> str:
    where = "、".join(f"{first}" if first == last else f"{first}–{last}" for first, last in entry["lines"])
    place = f"{entry['file']}:{where}" if where else entry["file"]
    doubt = "？ " if entry["doubt"] else ""
    said = f"：{entry['text']}" if entry["text"] else ""
    remedy = f"；{entry['remedy']}" if entry["remedy"] else ""
    return f"{doubt}{place} [{entry['kind']}] {entry['reason']}{remedy}{said}"
