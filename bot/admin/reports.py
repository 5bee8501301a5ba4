"""What came of a reload and who did what: as sentences for chat and terminal, as JSON for the admin API."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime

from pydantic import JsonValue, TypeAdapter

from bot.admin.permissions import Permission
from bot.admin.reload_service import ReloadReport, ReloadStatus
from bot.backup import RestoredArticles
from bot.state.people import AuditEntry
from bot.texts import reworded
from bot.texts.phrases import AdminPhrases
from knowledge.model import Skipped
from knowledge.snapshots.difference import Change, SnapshotDifference, Tally
from knowledge.snapshots.manifest import Manifest, Totals
from knowledge.snapshots.request import Preview, PreviewLine
from knowledge.snapshots.sources import FolderChanges

FIRST_DRY = "rehearsed_first"  # a dry run before anything is stored
SAMPLES = 5
SENTENCE = 60  # characters of a sample


def report_text(report: ReloadReport, said: AdminPhrases) -> str:
    """Say what came of a reload."""
    also = (
        [reworded(report.error, said.language)]
        if report.error and report.status is not ReloadStatus.FAILED
        else []
    )
    return "\n".join([*_lines(report, said), *also])


def moment(at: datetime) -> str:
    """A moment as people in the server's time zone read it."""
    return at.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def totals_text(totals: Totals, said: AdminPhrases) -> str:
    """How much a snapshot holds."""
    return said.totals.format(totals.articles, totals.facts)


def version_line(name: str, manifest: Manifest, at: datetime, serves: bool, said: AdminPhrases) -> str:
    return f"{'▶' if serves else '　'} {name}　{moment(at)}　{totals_text(manifest.totals, said)}"


def skipped_line(skipped: Skipped, said: AdminPhrases) -> str:
    """A file that is left out: at which stage and line, why, and what to do."""
    line = said.skipped_line.format(skipped.line) if skipped.line else ""
    stage, *why = (reworded(part, said.language) for part in (skipped.stage, skipped.reason, skipped.remedy))
    return said.skipped.format(skipped.name, stage, line, *why)


def changes_text(changes: FolderChanges, said: AdminPhrases) -> str:
    """What has changed in the folder since the last reload, and what to do; never to reload what is rather a mistake."""
    if changes.empties:
        return said.files_gone.format(changes.gone, changes.before)
    names = "、".join(changes.names[:SAMPLES])
    several = len(changes.names) > SAMPLES
    return said.changed_since.format(said.and_others.format(names, len(changes.names)) if several else names)


def put_back_text(articles: RestoredArticles, said: AdminPhrases) -> str:
    """What became of the article files that a backup holds; empty where it holds none."""
    if articles == RestoredArticles():
        return said.no_articles_in_backup
    told = said.put_back_articles.format(articles.written, articles.same)
    if articles.replaced:
        told += said.put_back_over.format(articles.replaced)
    return told + (said.put_back_aside.format(articles.aside) if articles.aside else "")


def progress_text(stage: str, done: int, of: int, seconds_left: float | None, said: AdminPhrases) -> str:
    share = said.share.format(100 * done // of, done, of) if of else ""
    left = "" if seconds_left is None else said.seconds_left.format(max(1, round(seconds_left)))
    return said.rebuilding.format(reworded(stage, said.language)) + share + left


def _lines(report: ReloadReport, said: AdminPhrases) -> Iterator[str]:
    totals = report.built.manifest.totals if report.built else None
    yield said.reports[report.status if report.version else FIRST_DRY].format(
        version=report.version,
        articles=totals.articles if totals else 0,
        facts=totals.facts if totals else 0,
        since=moment(report.since) if report.since else "",
        by=report.by,
        error=reworded(report.error or "", said.language),
        objection=reworded(report.objection or "", said.language),
    )
    if report.status in (
        ReloadStatus.PUBLISHED,
        ReloadStatus.BUILT,
        ReloadStatus.REHEARSED,
        ReloadStatus.UNCONFIRMED,
    ):
        yield from _built_lines(report, said)
    yield from _replica_lines(report, said)


def _replica_lines(report: ReloadReport, said: AdminPhrases) -> Iterator[str]:
    if not report.replicas:
        return
    if all(one.version == report.version for one in report.replicas):
        yield said.replicas_all_serve.format(len(report.replicas))
        return
    yield said.replicas_behind
    for one in report.replicas:
        trouble = said.replicas_trouble.format(one.trouble) if one.trouble else ""
        yield said.replicas_line.format(one.id, one.version or "–") + trouble


def _built_lines(report: ReloadReport, said: AdminPhrases) -> Iterator[str]:
    built = report.built
    assert built is not None
    totals = built.manifest.totals
    yield said.now_holds.format(totals_text(totals, said), built.redone, built.kept)
    if report.objection and report.status is not ReloadStatus.UNCONFIRMED:
        yield said.note.format(reworded(report.objection, said.language))
    if built.difference is None:
        if report.before:
            yield said.whole_rebuild.format(totals_text(report.before, said))
    else:
        yield from _difference_lines(built.difference, said, bool(built.beside))
    if built.beside:
        yield said.beside.format("、".join(built.beside[:SAMPLES]))
    if totals.doubts:
        yield said.doubts.format(totals.doubts)
    if report.lost_count:
        lost = said.lost if report.status is ReloadStatus.PUBLISHED else said.would_lose
        yield lost.format(report.lost_count)
        yield from (f"　－{_short(text)}" for text in report.lost)
    if skipped := built.manifest.skipped:
        yield said.skipped_files.format(len(skipped))
        yield from (f"　{skipped_line(one, said)}" for one in skipped[:SAMPLES])
        if len(skipped) > SAMPLES:
            yield said.more_files.format(len(skipped) - SAMPLES)


def _difference_lines(difference: SnapshotDifference, said: AdminPhrases, beside: bool) -> Iterator[str]:
    if not difference:
        if not beside:
            yield said.no_difference
        return
    yield said.difference.format(_tally(difference.articles, said), _tally(difference.facts, said))
    yield from (f"　{_change(change)}" for change in difference.articles.first[:SAMPLES])
    yield from (f"　　{_change(change)}" for change in difference.facts.first[:SAMPLES])


def _tally(tally: Tally, said: AdminPhrases) -> str:
    return said.tally.format(tally.added, tally.changed, tally.removed)


def _change(change: Change) -> str:
    if change.before is None:
        return f"＋{_short(change.after or '')}（{change.file}）"
    if change.after is None:
        return f"－{_short(change.before)}（{change.file}）"
    if change.before == change.after:
        return f"～{_short(change.after)}（{change.file}）"
    return f"～{_short(change.before)} → {_short(change.after)}（{change.file}）"


def _short(text: str) -> str:
    return text if len(text) <= SENTENCE else text[:SENTENCE] + "…"


def preview_text(name: str, target: str, preview: Preview, replaces: bool, said: AdminPhrases) -> str:
    """What a sent file would become."""
    return "\n".join(_preview_lines(name, target, preview, replaces, said))


def _preview_lines(
    name: str, target: str, preview: Preview, replaces: bool, said: AdminPhrases
) -> Iterator[str]:
    yield said.preview.format(name, preview.articles, preview.facts, preview.repairs, preview.doubts)
    yield (said.stored_over if replaces else said.stored_as).format(target)
    yield from ("　" + said.preview_title.format(_short(title)) for title in preview.titles[:SAMPLES])
    for line in preview.first_facts:
        yield "　" + said.preview_line.format(_place(line), _short(line.text))
    for line in preview.first_repairs[:SAMPLES]:
        yield f"　{'？' if line.doubt else '·'} {said.preview_line.format(_place(line), _short(line.text))}"
    yield from (
        "　" + said.preview_skipped.format(skipped_line(one, said)) for one in preview.skipped[:SAMPLES]
    )


def _place(told: PreviewLine) -> str:
    return "、".join(str(a) if a == b else f"{a}–{b}" for a, b in told.lines) or "？"


JSON = TypeAdapter(dict[str, JsonValue])


def reload_json(report: ReloadReport, said: AdminPhrases) -> dict[str, JsonValue]:
    """A report as an object; `text` says the same in words, `confirm` is what a confirmation hands back."""
    told: dict[str, object] = {
        "ending": report.status.value,
        "version": report.version,
        "text": report_text(report, said),
        "confirm": report.confirm,
        "objection": report.objection,
        "since": report.since.isoformat() if report.since else None,
        "by": report.by,
        "error": report.error,
        "replicas": [asdict(one) for one in report.replicas],
        "lost": list(report.lost),
        "lost_count": report.lost_count,
    }
    if built := report.built:
        told |= {
            "figures": asdict(built.manifest.totals),
            "difference": asdict(built.difference) if built.difference else None,
            "redone": built.redone,
            "kept": built.kept,
            "beside": list(built.beside),
            "skipped": [asdict(skipped) for skipped in built.manifest.skipped],
        }
    return JSON.validate_python(told)


def audit_line(row: AuditEntry, said: AdminPhrases) -> str:
    """One row: number, moment, who, what, how it ended, and about what."""
    coded = row.outcome == "refused" or row.act == Permission.RELOAD
    reason, _, rest = row.detail.partition(" ") if coded else ("", "", row.detail)
    what = (said.acts.get(row.act, row.act), said.outcomes.get(row.outcome, row.outcome))
    told = (str(row.number), moment(row.at), row.actor, *what, said.reasons.get(reason, reason), rest)
    return " ".join(filter(None, told))
