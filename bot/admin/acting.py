"""A reload from whichever door: done, then written down, then told."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bot.admin.ledger import Ledger
from bot.admin.reloading import Reloader, Wish
from bot.admin.report import Ending, Report
from bot.admin.rights import Act
from bot.backup.archive import BackupRefused
from bot.backup.restoring import ACT, restore
from bot.state.state import State
from knowledge.documents.folder import find_sources
from knowledge.errors import NoArticles
from knowledge.snapshots.repository import SnapshotRepository
from knowledge.snapshots.request import Progress, no_progress
from knowledge.snapshots.sources import folder_fingerprint

log = logging.getLogger(__name__)


async def audited_reload(
    reloader: Reloader, ledger: Ledger, wish: Wish, progress: Progress = no_progress
) -> Report:
    """Reload; the row in the audit log is on the disk when this returns, or the report says that it is not."""
    report = await reloader.reload(wish, progress)
    return await _audited(ledger, wish.by, Act.RELOAD, report, "dry" if wish.dry else "")


async def audited_rollback(reloader: Reloader, ledger: Ledger, by: str, to: str | None) -> Report:
    """Serve an older version again; the row in the audit log is as that of a reload."""
    return await _audited(ledger, by, Act.ROLLBACK, await reloader.rollback(by, to))


async def audited_restore(
    reloader: Reloader,
    ledger: Ledger,
    by: str,
    backup: Path,
    data: Path,
    versions: SnapshotRepository,
    state: State | None,
) -> Report:
    """Put a backup back while the bot runs; the row in the audit log, then the one that came with it, tells so."""
    try:
        if state is None:
            raise BackupRefused("共享状态打不开，不能在运行中恢复；请停下后再运行 chuchu restore")
        report = await reloader.take(by, lambda: restore(backup, data, versions, state))
    except BackupRefused as error:
        log.warning("a restore was refused: %s", error)
        report = Report(Ending.FAILED, reloader.version, error=str(error))
    return await _audited(ledger, by, ACT, report)


async def _audited(ledger: Ledger, by: str, act: str, report: Report, detail: str = "") -> Report:
    unwritten = await ledger.note(by, act, report.ending, report.error or detail or report.version)
    if unwritten:
        report = replace(report, error=f"{report.error}\n{unwritten}" if report.error else unwritten)
    return report


class Knocker:
    """Reloads when knocked at; a hundred knocks during one reload make one more."""

    def __init__(self, reloader: Reloader, ledger: Ledger, by: str = "signal") -> None:
        self._reloader = reloader
        self._ledger = ledger
        self._by = by
        self._knocked = asyncio.Event()

    def knock(self) -> None:
        """Ask for a reload; safe in a signal handler of the loop."""
        self._knocked.set()

    async def run(self) -> None:
        """Serve knocks until cancelled."""
        while True:
            await self._knocked.wait()
            await self._reloader.idle()
            self._knocked.clear()
            try:
                await audited_reload(self._reloader, self._ledger, Wish(self._by))
            except Exception:
                log.exception("a reload that was knocked for broke; the next knock is heard")


async def watch(articles: Path, seconds: float, knock: Callable[[], None], built: str | None = None) -> None:
    """Knock when the folder has changed and then kept still for one look.

    `built` is its listing when it was last read, else only what changes from now on is a change.
    """
    before = await asyncio.to_thread(_look, articles)
    quiet = built or before
    while True:
        await asyncio.sleep(seconds)
        now = await asyncio.to_thread(_look, articles)
        if now is not None and now == before and now != quiet:
            quiet = now
            knock()
        before = now


def _look(articles: Path) -> str | None:
    try:
        return folder_fingerprint(articles, find_sources(articles))
    except (NoArticles, OSError):
        return None  # gone for the moment: a mount, a rename
