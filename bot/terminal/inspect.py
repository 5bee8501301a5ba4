"""`chuchu facts` and `chuchu check`: what the articles folder was understood as."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from bot.config import Settings, wants_colour
from bot.messages import Run, Style
from bot.offline import open_snapshot
from bot.rendering.fact import citation
from bot.terminal.ask import write
from bot.terminal.checked import check_report
from bot.terminal.paint import ConsoleStyle
from bot.texts import phrases
from knowledge.errors import NoArticles
from knowledge.schemas import dump, fact_json, report_json, skipped_json
from knowledge.snapshots.opening import changed_since_served


def facts(settings: Settings, as_json: bool) -> int:
    """Write every fact in reading order per article."""
    paint = ConsoleStyle(sys.stdout.isatty(), wants_colour())
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
    """Write how every file came in, what is skipped or doubted first; 1 if a file was skipped."""
    with open_snapshot(settings) as snapshot:
        reports = list(snapshot.reports())
        skipped = snapshot.skipped
    names = {report.file for report in reports} | {one.name for one in skipped}
    wanted = _wanted(names, settings, files)
    skipped = tuple(one for one in skipped if one.name in wanted)
    reports = [report for report in reports if report.file in wanted]
    if as_json:
        for line in (*map(skipped_json, skipped), *map(report_json, reports)):
            write(dump(line) + "\n")
    else:
        changed = changed_since_served(settings.articles, settings.data)
        write(ConsoleStyle(sys.stdout.isatty(), wants_colour()).text(check_report(skipped, reports, changed)))
    return 1 if skipped else 0


def _wanted(names: set[str], settings: Settings, files: Sequence[str]) -> set[str]:
    """The names in the snapshot that the given files mean, members of an archive included; all where none is given.

    Raises:
        NoArticles: a file is not in the articles folder.
    """
    if not files:
        return names
    wanted: set[str] = set()
    for file in files:
        asked = file.removeprefix(settings.articles.as_posix() + "/").removeprefix("./")
        found = {name for name in names if name == asked or name.startswith(asked + "!/")}
        if not found and not (settings.articles / asked).is_file():
            raise NoArticles(f"{settings.articles} 里没有 {file}；请写文件夹里的相对路径")
        wanted |= found
    return wanted
