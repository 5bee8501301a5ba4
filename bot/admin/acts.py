"""The acts of the admin API: what each reads from its request, what it does, and what it says."""

from __future__ import annotations

from pathlib import Path

from pydantic import JsonValue

from bot.admin.http import Act, Asked, WrongRequest
from bot.admin.operations import audited_reload, audited_restore
from bot.admin.permissions import AuditLog
from bot.admin.reload_service import ReloadReport, ReloadRequest, ReloadService, ReloadStatus
from bot.admin.reports import report_json
from bot.ports import PlatformRegistry
from bot.state.state import State
from bot.texts.phrases import AdminPhrases
from knowledge.snapshots.repository import SnapshotRepository

STATUS = {
    ReloadStatus.BUSY: 409,
    ReloadStatus.UNCONFIRMED: 409,
    ReloadStatus.NOT_ASKED: 409,
    ReloadStatus.FAILED: 500,
}


def reload_act(reload_service: ReloadService, audit_log: AuditLog, said: AdminPhrases) -> Act:
    """`reload`: `dry` (also `?dry=1`) only works it out, `confirm` hands a report's code back."""

    async def act(by: str, asked: Asked) -> tuple[int, JsonValue]:
        dry, confirm = asked.get("dry", False), asked.get("confirm")
        if dry not in (True, False, "1", "0") or not isinstance(confirm, str | None):
            raise WrongRequest
        request = ReloadRequest(by, dry in (True, "1"), confirm)
        return _reported(await audited_reload(reload_service, audit_log, request), said)

    return act


def platforms_act(platforms: PlatformRegistry) -> Act:
    """`platforms`: of each that is open, what keeps messages from coming in, or null."""

    async def act(by: str, asked: Asked) -> tuple[int, JsonValue]:
        return 200, {"platforms": dict(platforms.problems())}

    return act


def restore_act(
    reload_service: ReloadService,
    audit_log: AuditLog,
    articles: Path,
    data: Path,
    versions: SnapshotRepository,
    state: State | None,
    said: AdminPhrases,
) -> Act:
    """`restore`: puts the backup `file` back."""

    async def act(by: str, asked: Asked) -> tuple[int, JsonValue]:
        file = asked.get("file")
        if not isinstance(file, str) or not file or "\0" in file:
            raise WrongRequest
        report = await audited_restore(
            reload_service, audit_log, by, Path(file), articles, data, versions, state, said
        )
        return _reported(report, said)

    return act


def _reported(report: ReloadReport, said: AdminPhrases) -> tuple[int, JsonValue]:
    return STATUS.get(report.status, 200), report_json(report, said)
