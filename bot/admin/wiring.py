"""The admin side as a whole, built over knowledge that serves."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from aiohttp import web

from bot.admin.build_client import SnapshotBuilder
from bot.admin.context import AdminContext, AdminGuard, DegradedState, running, text_reply
from bot.admin.http import admin_app
from bot.admin.knowledge import KnowledgeRuntime
from bot.admin.operations import ReloadTrigger, audited_reload, audited_restore, poll_folder
from bot.admin.permissions import AuditLog, Authorizer
from bot.admin.reload_service import ReloadReport, ReloadRequest, ReloadService
from bot.admin.upload_store import UploadStore
from bot.backup import clear_left
from bot.errors import StateError
from bot.messages import Chat, ChatMigrations, ChatType
from bot.ports import InMemoryPreferences, InMemorySessions, PlatformRegistry, Preferences, SessionStore
from bot.runtime import background, periodic
from bot.state.sessions import FallbackSessions
from bot.state.state import open_state
from bot.texts import phrases
from knowledge.errors import SnapshotDamaged
from knowledge.snapshots.manifest import read
from knowledge.snapshots.repository import SnapshotRepository
from knowledge.snapshots.sources import changed_files

log = logging.getLogger(__name__)

TIDY = 3600.0  # seconds


@dataclass(frozen=True, slots=True)
class AdminModule:
    """What the rest of the application is given."""

    reload_service: ReloadService
    shown: SessionStore
    reload_trigger: ReloadTrigger
    http: web.Application
    guard: AdminGuard
    chat_migrations: ChatMigrations | None = None
    preferences: Preferences = field(default_factory=InMemoryPreferences)
    context: AdminContext | None = None


@dataclass(frozen=True, slots=True)
class AdminOptions:
    """Where things are and who owns them; `watch` is in seconds, 0 for never."""

    articles: Path
    data: Path
    database: str
    owners: Collection[str]
    token: str
    host: str
    watch: float = 0
    language: str | None = None


@asynccontextmanager
async def open_admin(
    options: AdminOptions,
    knowledge: KnowledgeRuntime,
    builder: SnapshotBuilder,
    platforms: PlatformRegistry,
    metrics: Callable[[], bytes],
    clock: Callable[[], datetime],
) -> AsyncIterator[AdminModule]:
    """Open the state and everything over it; without a usable state, answers go on and nobody may act."""
    async with AsyncExitStack() as stack:
        await asyncio.to_thread(clear_left, options.data)
        notices, state, closed = list(knowledge.notices), None, DegradedState("")
        try:
            state = await stack.enter_async_context(open_state(options.database))
        except StateError as error:
            log.error("the shared state is closed: %s", error)
            closed = DegradedState(str(error))
            notices.append(closed.reason)
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
        )
        audit_log = AuditLog(state.audit if state else closed, clock)
        authorizer = Authorizer(options.owners, state.roles if state else closed, audit_log, clock)
        reload_trigger = ReloadTrigger(reload_service, audit_log)

        async def reload_as(request: ReloadRequest) -> ReloadReport:
            return await audited_reload(reload_service, audit_log, request)

        async def restore_as(by: str, file: Path) -> ReloadReport:
            return await audited_restore(
                reload_service, audit_log, by, file, options.data, knowledge.versions, state
            )

        http = admin_app(
            reload_as,
            restore_as,
            options.token,
            options.host,
            metrics,
            phrases(options.language).admin,
            audit_log.record_denied_http,
        )
        side = AdminModule(
            reload_service,
            InMemorySessions(),
            reload_trigger,
            http,
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
            )
            await stack.enter_async_context(running(context))
            side = AdminModule(
                reload_service,
                FallbackSessions(state.shown),
                reload_trigger,
                http,
                AdminGuard(authorizer),
                chat_migrations=state.chat_migrations,
                preferences=state.preferences,
                context=context,
            )
            version = knowledge.versions.folder / knowledge.store.version
            context.spawn(_tell_owners(options, version, platforms, notices))
            forgetting = periodic(
                TIDY,
                lambda: state.shown.forget(clock()),
                StateError,
                what="old answers could not be forgotten",
            )
            await stack.enter_async_context(background(forgetting))
        await stack.enter_async_context(background(reload_trigger.run()))
        if knowledge.outdated:
            reload_trigger.fire()
        if options.watch:
            built = await asyncio.to_thread(_built_from, knowledge.versions)
            watching = poll_folder(options.articles, options.watch, reload_trigger.fire, built)
            await stack.enter_async_context(background(watching))
        yield side


async def _nothing_quoted() -> set[str]:
    return set()


def _built_from(versions: SnapshotRepository) -> str | None:
    """The listing of the folder as it was built from last, whichever version was chosen since."""
    for name in versions.names():
        with suppress(SnapshotDamaged):
            return read(versions.folder / name).folder_fingerprint
    return None


async def _tell_owners(
    options: AdminOptions, version: Path, platforms: PlatformRegistry, notices: list[str]
) -> None:
    # looking through a large folder takes a second, which the first answer does not wait for
    changed = await asyncio.to_thread(changed_files, options.articles, version)
    if changed:
        notices.append(phrases(options.language).admin.changed_files.format(len(changed), changed[0]))
        log.warning("%s", notices[-1])
    await platforms.opened.wait()
    for owner in options.owners if notices else ():
        platform, _, person = owner.partition(":")
        await platforms.send(Chat(platform, person, ChatType.PRIVATE), text_reply("\n".join(notices)))
