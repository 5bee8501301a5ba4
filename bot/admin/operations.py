"""A reload whoever asked for it: done, then written down, then told; and how the last one ended."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from bot.admin.permissions import AuditLog, Permission
from bot.admin.reload_service import ReloadReport, ReloadRequest, ReloadService, ReloadStatus, channel_of
from bot.admin.reports import put_back_text, report_text
from bot.backup import ACT, RestoredBackup
from bot.errors import BackupRefused
from bot.observability import Metrics
from bot.texts.phrases import AdminPhrases
from knowledge.documents.folder import find_sources
from knowledge.errors import NoArticles
from knowledge.snapshots.request import Progress, no_progress
from knowledge.snapshots.sources import folder_fingerprint

log = logging.getLogger(__name__)

WAITING = frozenset({ReloadStatus.UNCONFIRMED, ReloadStatus.FAILED})
NO_NEWS = frozenset({ReloadStatus.REHEARSED, ReloadStatus.BUSY, ReloadStatus.NOT_ASKED})
"""What leaves the folder's changes where they were."""


class LastReload:
    """Hears every reload; `note` is what a person should look at since, None where all is well."""

    def __init__(self, said: AdminPhrases, metrics: Metrics, reload_service: ReloadService) -> None:
        self.note: str | None = None
        self._said = said
        self._metrics = metrics
        reload_service.witness(self._hear)
        metrics.watch(
            "chuchu_reload_waits",
            "1 while the last reload has failed or waits to be confirmed",
            lambda: float(self.note is not None),
        )
        metrics.watch(
            "chuchu_skipped_files",
            "Files that the serving version leaves out",
            lambda: reload_service.manifest.totals.skipped,
        )

    def _hear(self, by: str, report: ReloadReport) -> None:
        self._metrics.reloads.labels(channel_of(by), report.status).inc()
        if report.status not in NO_NEWS:
            self.note = headline(report, self._said) if report.status in WAITING else None


def needs_attention(report: ReloadReport) -> bool:
    """Tell whether somebody should look: it waits, it has failed, or it skips what was not skipped before."""
    return report.status in WAITING or bool(report.newly_skipped)


def headline(report: ReloadReport, said: AdminPhrases) -> str:
    """What came of it, on one line."""
    return report_text(report, said).splitlines()[0]


async def audited_reload(
    reload_service: ReloadService,
    audit_log: AuditLog,
    request: ReloadRequest,
    progress: Progress = no_progress,
) -> ReloadReport:
    """Reload; the row in the audit log is on the disk when this returns, or the report says that it is not."""
    report = await reload_service.reload(request, progress)
    return await _audited(audit_log, request.by, Permission.RELOAD, report, "dry" if request.dry else "")


async def audited_rollback(
    reload_service: ReloadService, audit_log: AuditLog, by: str, to: str | None
) -> ReloadReport:
    """Serve an older version again; the row in the audit log is as that of a reload."""
    return await _audited(audit_log, by, Permission.ROLLBACK, await reload_service.rollback(by, to))


async def audited_restore(
    reload_service: ReloadService,
    audit_log: AuditLog,
    by: str,
    restore: Callable[[], Awaitable[RestoredBackup]],
    said: AdminPhrases,
) -> ReloadReport:
    """Put a backup back while the bot runs; the row in the audit log, then the one that came with it, tells so.

    `restore` stores it, or raises `BackupRefused`.
    """
    put_back: list[str] = []

    async def publish() -> str:
        restored = await restore()
        put_back.append(put_back_text(restored.articles, said))
        return restored.version

    try:
        report = await reload_service.restore(by, publish)
    except BackupRefused as error:
        log.warning("a restore was refused: %s", error)
        report = ReloadReport(ReloadStatus.FAILED, reload_service.version, error=str(error))
    if report.status is ReloadStatus.RESTORED:
        report = replace(report, error="\n".join(put_back))
    return await _audited(audit_log, by, ACT, report)


async def _audited(
    audit_log: AuditLog, by: str, act: str, report: ReloadReport, detail: str = ""
) -> ReloadReport:
    failed = report.error if report.status is ReloadStatus.FAILED else None
    unwritten = await audit_log.record_done(by, act, report.status, failed or detail or report.version)
    if unwritten:
        report = replace(report, error=f"{report.error}\n{unwritten}" if report.error else unwritten)
    return report


NAMED = 3  # skipped files in a line of the log
SIGNAL, WATCH, UPGRADE = "signal", "watch", "upgrade"  # who asks where nobody does


class ReloadTrigger:
    """Reloads when asked to; a hundred requests during one reload make one more."""

    def __init__(self, reload_service: ReloadService, audit_log: AuditLog) -> None:
        self._reload_service = reload_service
        self._audit_log = audit_log
        self._by = SIGNAL
        self._fired = asyncio.Event()
        self.on_report: Callable[[ReloadReport], Awaitable[object]] | None = None
        """Hears how each ended, for nobody waits for it."""

    def fire(self, by: str = SIGNAL) -> None:
        """Ask for a reload; safe in a signal handler of the loop."""
        self._by = by
        self._fired.set()

    async def run(self) -> None:
        """Serve requests until cancelled."""
        while True:
            await self._fired.wait()
            await self._reload_service.idle()
            self._fired.clear()
            try:
                report = await audited_reload(self._reload_service, self._audit_log, ReloadRequest(self._by))
                if needs_attention(report):
                    log.warning("a reload by %s needs somebody: %s", self._by, _why(report))
                if self.on_report:
                    await self.on_report(report)
            except Exception:
                log.exception("a requested reload broke; the next request is served")


def _why(report: ReloadReport) -> str:
    skipped = "; ".join(f"{one.name}: {one.reason}" for one in report.newly_skipped[:NAMED])
    return report.objection or report.error or f"{len(report.newly_skipped)} files are skipped: {skipped}"


async def poll_folder(
    articles: Path, seconds: float, fire: Callable[[], None], built: str | None = None
) -> None:
    """Fire when the folder has changed and then kept still for one look.

    `built` is its listing when it was last read, else only what changes from now on is a change.
    """
    before = await asyncio.to_thread(_look, articles)
    quiet = built or before
    while True:
        await asyncio.sleep(seconds)
        now = await asyncio.to_thread(_look, articles)
        if now is not None and now == before and now != quiet:
            quiet = now
            fire()
        before = now


def _look(articles: Path) -> str | None:
    try:
        return folder_fingerprint(articles, find_sources(articles))
    except (NoArticles, OSError):
        return None  # gone for the moment: a mount, a rename
