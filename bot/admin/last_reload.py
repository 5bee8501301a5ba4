"""How the last reload ended: for checks and metrics, and who is told of one that nobody waited for."""

from __future__ import annotations

from bot.admin.reload_service import ReloadReport, ReloadService, ReloadStatus, channel_of
from bot.admin.reports import report_text
from bot.observability import Metrics
from bot.texts.phrases import AdminPhrases

WAITING = frozenset({ReloadStatus.UNCONFIRMED, ReloadStatus.FAILED})
NO_NEWS = frozenset({ReloadStatus.REHEARSED, ReloadStatus.BUSY, ReloadStatus.NOT_ASKED})
"""What leaves the folder's changes where they were."""


class LastReload:
    """Hears every reload; `note` is what a person should look at since, None where all is well."""

    def __init__(self, said: AdminPhrases, metrics: Metrics) -> None:
        self.note: str | None = None
        self._said = said
        self._metrics = metrics
        metrics.watch(
            "chuchu_reload_waits",
            "1 while the last reload has failed or waits to be confirmed",
            lambda: float(self.note is not None),
        )

    def over(self, reload_service: ReloadService) -> None:
        """Listen to a service."""
        reload_service.witness(self._hear)
        self._metrics.watch(
            "chuchu_skipped_files",
            "Files that the serving version leaves out",
            lambda: reload_service.manifest.totals.skipped,
        )

    def _hear(self, by: str, report: ReloadReport) -> None:
        self._metrics.reloads.labels(channel_of(by), report.status).inc()
        if report.status not in NO_NEWS:
            self.note = headline(report, self._said) if report.status in WAITING else None


def wants_a_person(report: ReloadReport) -> bool:
    """Tell whether somebody should look: it waits, it has failed, or it skips what was not skipped before."""
    return report.status in WAITING or bool(report.newly_skipped)


def headline(report: ReloadReport, said: AdminPhrases) -> str:
    """What came of it, on one line."""
    return report_text(report, said).splitlines()[0]
