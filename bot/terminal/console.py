"""`chuchu ask`, `facts`, `check`, `articles`: what the articles say as they are, drawn for a terminal."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from bot.config import Settings, wants_colour
from bot.errors import nothing_readable
from bot.messages import Reply, Run, Style
from bot.observability import BuildProgress, LogLines, ProgressBar
from bot.query_service import ask_verified
from bot.rendering.answer import answer_runs, hint_runs
from bot.rendering.fact import citation
from bot.texts import Phrases, phrases, reworded
from bot.texts.operating import ConsolePhrases
from knowledge.embedding.meanings import Semantics
from knowledge.embedding.models import chosen_embeddings
from knowledge.errors import NoArticles
from knowledge.model import Answer, Skipped
from knowledge.schemas import answer_json, article_json, dump, fact_json, report_json, skipped_json
from knowledge.search.conversation import Hints
from knowledge.search.semantic import Over
from knowledge.snapshot import Snapshot
from knowledge.snapshots.opening import cached_snapshot, changed_since_served
from knowledge.snapshots.request import Progress, no_progress

if TYPE_CHECKING:
    from knowledge.repair.report import FileReport, ReportEntry

JOINED = "joined_lines"
AWAITED = 2_000
"""Facts that a list of questions waits for, not longer than PATIENCE."""
PATIENCE = 60.0  # seconds; 240 facts take half a minute of one core

# Everything a terminal may obey: C0 except tab and newline, DEL, C1.
_CONTROL = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_BOLD_COLOURED, _BOLD, _DIM, _END = "\x1b[1;31m", "\x1b[1m", "\x1b[2m", "\x1b[0m"


class ConsoleStyle:
    """How much a stream can show: `plain` into files and pipes, `bold` without colour under NO_COLOR."""

    def __init__(self, terminal: bool, colour: bool) -> None:
        bold = _BOLD_COLOURED if colour else _BOLD
        self._marks = {Style.BOLD: bold, Style.CODE: _DIM} if terminal else {}

    @classmethod
    def of_stdout(cls) -> ConsoleStyle:
        """What standard output can show."""
        return cls(sys.stdout.isatty(), wants_colour())

    def text(self, runs: Iterable[Run]) -> str:
        """All runs as one text; styles the stream cannot show are left out, words never."""
        return "".join(self._run(run) for run in runs)

    def _run(self, run: Run) -> str:
        words = harmless(run.text)
        dim = run.style is Style.PLAIN and words.startswith("——《")
        mark = self._marks.get(Style.CODE if dim else run.style)
        return f"{mark}{words}{_END}" if mark and words.strip() else words


@contextmanager
def open_snapshot(
    settings: Settings,
    over: Over | None = None,
    stored_in: Callable[[Path], None] = lambda index: None,
    progress: Progress = no_progress,
) -> Iterator[Snapshot]:
    """Open the knowledge of the articles folder as it is now.

    `over` finds its facts' vectors; `stored_in` hears where its index lies, if it is kept; `progress` hears the build.

    Raises:
        NoArticles: the folder is missing or holds nothing readable.
    """
    with cached_snapshot(settings.articles, settings.data, _complain, over, stored_in, progress) as snapshot:
        if next(snapshot.articles(), None) is None:
            raise nothing_readable(settings.articles, snapshot.skipped)
        yield snapshot


@contextmanager
def _open_with_meaning(
    settings: Settings, said: ConsolePhrases, many: bool, progress: Progress
) -> Iterator[Snapshot]:
    """Open the snapshot of the articles folder with the vectors there are, and see that the others are made.

    One question never waits for that: a process makes them when the answer is out, and the next question has them.
    A list of questions comes from a program that wants the same answers each time: it waits as long as a small
    library takes, and goes on with what there is.

    Raises:
        NoArticles: the folder is missing or holds nothing readable.
    """
    indexes: list[Path] = []
    with Semantics(settings.data, chosen_embeddings(settings.embeddings)) as semantics:
        with open_snapshot(settings, semantics.over_index, indexes.append, progress) as snapshot:
            missing = _missing(snapshot)
            wait = many and missing <= AWAITED
            if missing and wait:
                print(said.embedding.format(missing), file=sys.stderr)
                _embed(indexes, semantics, PATIENCE)
                _missing(snapshot)  # takes up what is there now
            yield snapshot
        if missing and not wait:
            _embed(indexes, semantics)


def _missing(snapshot: Snapshot) -> int:
    coverage = snapshot.coverage
    return coverage.facts - coverage.embedded if coverage else 0


def _embed(indexes: Sequence[Path], semantics: Semantics, patience: float | None = None) -> None:
    """Start a process that embeds; who has patience lets it take its share of the machine."""
    from knowledge.embedding.worker import NICE, embed_aside

    for index in indexes:
        niceness = NICE if patience is None else 0
        worker = embed_aside(semantics.folder, index, semantics.embeddings, niceness)
        if patience is not None:
            with suppress(subprocess.TimeoutExpired):
                worker.wait(patience)


def ask(settings: Settings, words: list[str], limit: int, as_json: bool) -> int:
    """Answer in order; whether something is found does not change the exit code."""
    many = words == ["-"]
    queries: Iterable[str] = read_queries(sys.stdin.buffer) if many else [" ".join(words)]
    style, said = ConsoleStyle.of_stdout(), phrases(settings.language)
    with _open_with_meaning(settings, said.console, many, shown_progress(said)) as snapshot:
        for skipped in snapshot.skipped:
            told = (reworded(part, said.language) for part in (skipped.reason, skipped.remedy))
            reason = said.console.skipped.format(skipped.name, *told)
            print(reason, file=sys.stderr)
        for query in queries:
            answer = ask_verified(snapshot, query, limit)
            if as_json:
                write(dump(answer_json(answer)) + "\n")
                continue
            hints = None if answer.found or answer.close else snapshot.hints(query)
            write(answer_text(answer, style, said, hints))
    return 0


def facts(settings: Settings, as_json: bool) -> int:
    """Write every fact in reading order per article."""
    style, said = ConsoleStyle.of_stdout(), phrases(settings.language)
    with open_snapshot(settings, progress=shown_progress(said)) as snapshot:
        if as_json:
            for fact in snapshot.facts():
                write(dump(fact_json(fact)) + "\n")
            return 0
        for article in snapshot.articles():
            write(style.text([Run(article.title.text, Style.BOLD), Run("\n\n")]))
            for fact in snapshot.facts(article.id):
                write(style.text([Run(fact.text), Run("\n"), citation(fact, said), Run("\n\n")]))
    return 0


def check(settings: Settings, files: Sequence[str], as_json: bool, full: bool = False) -> int:
    """Write how the files came in, the sum and what is skipped or doubted first; 1 if a file was skipped.

    With `full`, or where files are named, each repair is shown, too.
    """
    every = phrases(settings.language)
    said = every.console
    with (
        Semantics(settings.data, chosen_embeddings(settings.embeddings)) as semantics,
        open_snapshot(settings, semantics.over_index, progress=shown_progress(every, lines=True)) as snapshot,
    ):
        reports = list(snapshot.reports())
        skipped = snapshot.skipped
        coverage = snapshot.coverage
    names = {report.file for report in reports} | {one.name for one in skipped}
    wanted = _wanted(names, settings, files, said)
    skipped = tuple(one for one in skipped if one.name in wanted)
    reports = [report for report in reports if report.file in wanted]
    if as_json:
        for line in (*map(skipped_json, skipped), *map(report_json, reports)):
            write(dump(line) + "\n")
    else:
        write(ConsoleStyle.of_stdout().text(check_sum(skipped, reports, said)))
        if coverage is not None:
            write(said.embedded.format(coverage.facts, coverage.embedded, coverage.model or "—") + "\n")
        changes = changed_since_served(settings.articles, settings.data)
        if changes.empties:
            write(every.admin.files_gone.format(changes.gone, changes.before) + "\n")
        elif changes:
            write(said.differs_from_served.format("、".join(changes.names)) + "\n")
        write("\n")
        style = ConsoleStyle.of_stdout()
        write(style.text(check_problems(skipped, reports, said, full or bool(files))))
    return 1 if skipped else 0


def shown_progress(said: Phrases, lines: bool = False) -> Progress:
    """How far a build is, on standard error: a bar on a terminal; elsewhere `lines` now and then, or nothing."""
    if sys.stderr.isatty():
        bar = ProgressBar(sys.stderr)
        return BuildProgress(said.operating, bar.show, bar.clear).hear
    return BuildProgress(said.operating, LogLines(_complain).show).hear if lines else no_progress


def _complain(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def articles(settings: Settings, as_json: bool) -> int:
    """Write which articles there are: number, title, where it was printed, and what it is about."""
    style, said = ConsoleStyle.of_stdout(), phrases(settings.language)
    with open_snapshot(settings, progress=shown_progress(said)) as snapshot:
        if as_json:
            for article in snapshot.articles():
                more = {"file": article.file, "keywords": list(article.keywords)}
                write(dump(article_json(article) | more) + "\n")
            return 0
        total, _ = snapshot.counts()
        write(style.text([Run(said.articles_of.format(total) + "\n", Style.BOLD)]))
        for number, article in enumerate(snapshot.articles(), 1):
            known = article.metadata
            printed = [article.date, known.newspaper if known else None, article.file]
            write(
                style.text([Run(f"{number}. {article.title.text}\n   {' · '.join(filter(None, printed))}\n")])
            )
            if article.keywords:
                write(style.text([Run(f"   {'　'.join(article.keywords)}\n", Style.CODE)]))
    return 0


def read_queries(stream: BinaryIO) -> Iterator[str]:
    """One query a line, also where the line is blank; bytes that are no UTF-8 become U+FFFD."""
    for number, line in enumerate(stream):
        query = line.rstrip(b"\n").removesuffix(b"\r").decode("utf-8", "replace")
        yield query.removeprefix("\ufeff") if number == 0 else query


def answer_text(answer: Answer, style: ConsoleStyle, said: Phrases, hints: Hints | None = None) -> str:
    """An answer as a terminal shows it, everything at once; what helps where nothing is found stands below."""
    runs = list(answer_runs(answer, said))
    if hints is not None:
        runs += hint_runs(hints, said)
        titles = "".join(f"《{article.title.text}》" for article in hints.articles)
        runs += [Run(f"\n{said.talk.near_articles}{titles}")] if titles else []
    return reply_text(Reply(runs), style)


def reply_text(reply: Reply, style: ConsoleStyle) -> str:
    """A reply as a paragraph that ends with an empty line; its buttons become a numbered list, the citation stays."""
    parts = [style.text(reply.runs)]
    if reply.notice:
        parts.append(harmless(reply.notice))
    labels = [button.label for row in reply.buttons for button in row]
    parts += [f"[{number}] {harmless(label)}" for number, label in enumerate(labels, 1)]
    return "\n".join(part for part in parts if part) + "\n\n"


def harmless(text: str) -> str:
    """A text without terminal commands and half characters; each becomes U+FFFD."""
    return _SURROGATE.sub("\ufffd", _CONTROL.sub("\ufffd", text))


def write(text: str) -> None:
    """Write UTF-8, whatever the locale says."""
    sys.stdout.buffer.write(text.encode("utf-8", "replace"))
    sys.stdout.buffer.flush()


def check_sum(
    skipped: Sequence[Skipped], reports: Sequence[FileReport], said: ConsolePhrases
) -> Iterator[Run]:
    """How much there is in all."""
    doubts = sum(len(report.doubts) for report in reports)
    articles = sum(len(report.titles) for report in reports)
    sentences = sum(report.sentences for report in reports)
    yield Run(said.check_sum.format(len(reports), articles, sentences, doubts, len(skipped)) + "\n")


def check_problems(
    skipped: Sequence[Skipped], reports: Sequence[FileReport], said: ConsolePhrases, full: bool
) -> Iterator[Run]:
    """Files that were not read, then those with doubts; each file with each repair where it is to be `full`."""
    for one in skipped:
        yield Run(f"✗ {one.name}", Style.BOLD)
        why = (reworded(part, said.language) for part in (one.reason, one.remedy))
        yield Run(f"  {said.unreadable.format(_stage(one, said), *why)}\n")
    doubted = [report for report in reports if report.doubts]
    for report in [*doubted, *(report for report in reports if not report.doubts)] if full else doubted:
        yield from _file_report(report, said, full)
    if not full and reports:
        changes = sum(len(report.changes) for report in reports)
        yield Run(said.check_more.format(len(reports) - len(doubted), changes) + "\n")


def _stage(skipped: Skipped, said: ConsolePhrases) -> str:
    stage = reworded(skipped.stage, said.language)
    return said.at_line.format(stage, skipped.line) if skipped.line else stage


def _file_report(report: FileReport, said: ConsolePhrases, full: bool) -> Iterator[Run]:
    yield Run(f"{'？' if report.doubts else '✓'} {report.file}", Style.BOLD)
    counts = (len(report.titles), report.sentences, len(report.doubts), len(report.changes))
    encoding = f"{report.encoding} · " if report.encoding else ""
    yield Run(f"  {encoding}{said.check_file.format(*counts)}\n")
    for title in report.titles if full else ():
        yield Run(f"  《{title}》\n")
    for entry in report.doubts:
        yield Run("  ？", Style.BOLD)
        yield Run(f" {_entry_text(entry, said)}\n")
    changes = report.changes if full else ()
    for entry in changes:
        if entry.kind != JOINED:
            yield Run(f"    {_entry_text(entry, said)}\n")
    joined = [entry for entry in changes if entry.kind == JOINED]
    if joined:
        where = "；".join(map(_lines, joined))
        yield Run(
            f"    [{reworded(joined[0].name, said.language)}] {said.check_joined.format(len(joined), where)}\n"
        )
    yield Run("\n")


def _entry_text(entry: ReportEntry, said: ConsolePhrases) -> str:
    where = said.check_lines.format(_lines(entry)) if entry.lines else ""
    quoted = f"：{entry.text}" if entry.text else ""
    name, reason = (reworded(part, said.language) for part in (entry.name, entry.reason))
    return f"[{name}] {where}{reason}{quoted}"


def _lines(entry: ReportEntry) -> str:
    return "、".join(f"{first}" if first == last else f"{first}–{last}" for first, last in entry.lines)


def _wanted(names: set[str], settings: Settings, files: Sequence[str], said: ConsolePhrases) -> set[str]:
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
            raise NoArticles(said.no_such_article.format(settings.articles, file))
        wanted |= found
    return wanted
