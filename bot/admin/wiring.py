"""The admin side as a whole, built over knowledge that serves, and the acts of its API."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

from pydantic import JsonValue

from bot.admin.build_client import SnapshotBuilder
from bot.admin.context import AdminContext, AdminGuard, DegradedState, running, text_reply
from bot.admin.http import Act, AdminApi, Asked, WrongRequest
from bot.admin.knowledge import KnowledgeRuntime
from bot.admin.operations import UPGRADE, WATCH, ReloadTrigger, audited_reload, audited_restore, poll_folder
from bot.admin.permissions import AuditLog, Authorizer
from bot.admin.reload_service import ReloadReport, ReloadRequest, ReloadService, ReloadStatus
from bot.admin.replication import Replication
from bot.admin.reports import changes_text, report_json
from bot.admin.upload_store import UploadStore
from bot.backup import clear_left
from bot.errors import StateError
from bot.messages import Reply
from bot.ports import InMemoryPreferences, InMemorySessions, PlatformRegistry, Preferences, SessionStore
from bot.runtime import background, periodic
from bot.state.sessions import FallbackSessions
from bot.state.state import State, open_state
from bot.texts import phrases
from bot.texts.phrases import AdminPhrases
from knowledge.errors import SnapshotDamaged
from knowledge.snapshots.manifest import read_manifest
from knowledge.snapshots.repository import SnapshotRepository
from knowledge.snapshots.request import Progress, no_progress
from knowledge.snapshots.sources import folder_changes

log = logging.getLogger(__name__)

TIDY = 3600.0  # seconds


@dataclass(frozen=True, slots=True)
class AdminModule:
    """What the rest of the application is given."""

    reload_service: ReloadService
    shown: SessionStore
    reload_trigger: ReloadTrigger
    api: AdminApi
    guard: AdminGuard
    preferences: Preferences = field(default_factory=InMemoryPreferences)
    context: AdminContext | None = None


@dataclass(frozen=True, slots=True)
class AdminOptions:
    """Where things are and who owns them; `watch` is in seconds, 0 for never."""

    articles: Path
    data: Path
    owners: Collection[str]
    watch: float = 0
    language: str | None = None


@dataclass(frozen=True, slots=True)
class SharedState:
    """The shared state, None where it cannot be used, with the reason; and the audit log, which then takes nothing."""

    state: State | None
    audit_log: AuditLog
    closed: DegradedState


@asynccontextmanager
async def open_shared_state(database: str, clock: Callable[[], datetime]) -> AsyncIterator[SharedState]:
    """Open the state; where it cannot be used, say why and go on."""
    async with AsyncExitStack() as stack:
        state, closed = None, DegradedState("")
        try:
            state = await stack.enter_async_context(open_state(database))
        except StateError as error:
            log.error("the shared state is closed: %s", error)
            closed = DegradedState(str(error))
        yield SharedState(state, AuditLog(state.audit if state else closed, clock), closed)


@asynccontextmanager
async def open_admin(
    options: AdminOptions,
    shared: SharedState,
    api: AdminApi,
    knowledge: KnowledgeRuntime,
    builder: SnapshotBuilder,
    platforms: PlatformRegistry,
    clock: Callable[[], datetime],
    progress: Progress = no_progress,
    replication: Replication | None = None,
) -> AsyncIterator[AdminModule]:
    """Open everything over the state; without a usable state, answers go on and nobody may act."""
    async with AsyncExitStack() as stack:
        await asyncio.to_thread(clear_left, options.data)
        state, audit_log, closed = shared.state, shared.audit_log, shared.closed
        notices = [*knowledge.notices, *filter(None, [closed.reason])]
        reload_service = ReloadService(
            options.articles,
            knowledge.versions,
            knowledge.store,
            knowledge.manifest,
            knowledge.language,
            builder,
            clock,
            state.shown.quoted if state else _nothing_quoted,
            knowledge.over,
            progress,
            replication,
        )
        authorizer = Authorizer(options.owners, state.roles if state else closed, audit_log, clock)
        reload_trigger = ReloadTrigger(reload_service, audit_log)

        said = phrases(options.language).admin
        api.add("reload", reload_act(reload_service, audit_log, said))
        api.add("platforms", platforms_act(platforms))
        api.add(
            "restore",
            restore_act(
                reload_service, audit_log, options.articles, options.data, knowledge.versions, state, said
            ),
        )
        side = AdminModule(
            reload_service,
            InMemorySessions(),
            reload_trigger,
            api,
            AdminGuard(authorizer, closed.reason),
        )
        if state:
            context = AdminContext(
                options.articles,
                knowledge.versions,
                reload_service,
                state,
                audit_log,
                authorizer,
                UploadStore(options.data, options.articles),
                platforms,
                clock,
                options.owners,
                options.language,
            )
            await stack.enter_async_context(running(context))
            side = AdminModule(
                reload_service,
                FallbackSessions(state.shown),
                reload_trigger,
                api,
                AdminGuard(authorizer),
                preferences=state.preferences,
                context=context,
            )
            version = knowledge.versions.folder / knowledge.store.version
            context.spawn(_tell_owners(context, version, notices))
            forgetting = periodic(
                TIDY,
                lambda: state.shown.forget(clock()),
                StateError,
                what="old answers could not be forgotten",
            )
            await stack.enter_async_context(background(forgetting))
        await stack.enter_async_context(background(reload_trigger.run()))
        if knowledge.outdated:
            reload_trigger.fire(UPGRADE)
        if options.watch:
            built = await asyncio.to_thread(_built_from, knowledge.versions)
            watching = poll_folder(
                options.articles, options.watch, partial(reload_trigger.fire, WATCH), built
            )
            await stack.enter_async_context(background(watching))
        yield side


async def _nothing_quoted() -> set[str]:
    return set()


def _built_from(versions: SnapshotRepository) -> str | None:
    """The listing of the folder as it was built from last, whichever version was chosen since."""
    for name in versions.names():
        with suppress(SnapshotDamaged):
            return read_manifest(versions.folder / name).folder_fingerprint
    return None


async def _tell_owners(context: AdminContext, version: Path, notices: Sequence[str]) -> None:
    # looking through a large folder takes a second, which the first answer does not wait for
    changes = await asyncio.to_thread(folder_changes, context.articles, version)
    if changes:
        log.warning("%s", changes_text(changes, phrases(context.language).admin))

    async def say(owner: str, said: AdminPhrases) -> Reply:
        told = [changes_text(changes, said)] if changes else []
        return text_reply("\n".join([*notices, *told]))

    if changes or notices:
        await context.tell_owners(say)


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
