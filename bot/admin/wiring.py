"""The admin side as a whole, built over knowledge that serves, and what every command of it stands on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

from bot.admin.http import Act, AdminActs
from bot.admin.knowledge import Previewer, preview_file
from bot.admin.operations import UPGRADE, WATCH, ReloadTrigger, poll_folder
from bot.admin.permissions import AuditLog, Authorizer, DegradedState, Permission
from bot.admin.reload_service import ReloadService
from bot.admin.reports import changes_text
from bot.admin.uploads import UploadService, UploadStore
from bot.backup import clear_left
from bot.errors import StateError
from bot.messages import Chat, ChatType, Reply, text_reply
from bot.ports import InMemoryPreferences, InMemorySessions, PlatformRegistry, Preferences, SessionStore
from bot.runtime import background, periodic
from bot.state.sessions import FallbackSessions
from bot.state.state import State, open_state
from bot.texts import phrases, reworded
from bot.texts.phrases import AdminPhrases
from knowledge.errors import SnapshotDamaged
from knowledge.snapshots.manifest import read_manifest
from knowledge.snapshots.repository import SnapshotRepository

log = logging.getLogger(__name__)

TIDY = 3600.0  # seconds


@dataclass(frozen=True, slots=True)
class Owners:
    """Whom the settings name, each a `platform:id`, and how they are spoken to where their chat has chosen nothing."""

    ids: Collection[str]
    language: str | None = None


@dataclass(frozen=True, slots=True)
class AdminContext:
    """The tools of the admin side, and the jobs that outlast the command that began them."""

    reload_service: ReloadService
    state: State
    authorizer: Authorizer
    owners: Owners
    platforms: PlatformRegistry
    clock: Callable[[], datetime]
    jobs: set[asyncio.Task[None]] = field(default_factory=set, init=False)

    @property
    def audit_log(self) -> AuditLog:
        return self.authorizer.audit_log

    async def tell_owners(self, say: Callable[[str, AdminPhrases], Awaitable[Reply]]) -> None:
        """Send each owner what `say` makes for them: their `platform:id`, and the texts of their language."""
        await self.platforms.opened.wait()
        for owner in self.owners.ids:
            platform, _, person = owner.partition(":")
            chat = Chat(platform, person, ChatType.PRIVATE)
            chosen = (await self.state.preferences.get(chat)).language
            reply = await say(owner, phrases(chosen or self.owners.language).admin)
            try:
                await self.platforms.send(chat, reply)
            except Exception:  # whatever a platform refuses one of them, the others hear it
                log.exception("an owner could not be told: %s", owner)

    async def audited(self, act: Permission, actor: str, *replies: Reply) -> Sequence[Reply]:
        """Write down that an admin is shown something, and return it."""
        await self.audit_log.write(actor, act, "shown")
        return replies

    def spawn(self, job: Coroutine[object, object, object], chat: Chat | None = None) -> None:
        """Run a job beside the talk; its `chat` is told where the shared state cannot be used."""
        task = asyncio.create_task(self._logged(job, chat))
        self.jobs.add(task)
        task.add_done_callback(self.jobs.discard)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """End at the end of the block whatever job is still running."""
        try:
            yield
        finally:
            for task in list(self.jobs):
                task.cancel()
            await asyncio.gather(*self.jobs, return_exceptions=True)

    async def _logged(self, job: Coroutine[object, object, object], chat: Chat | None) -> None:
        try:
            await job
        except StateError as error:
            log.error("an admin's job could not go on: %s", error)
            if chat:
                said = reworded(error, phrases(self.owners.language).language)
                await self.platforms.send(chat, text_reply(said))
        except Exception:
            log.exception("an admin's job broke")


@dataclass(frozen=True, slots=True)
class AdminModule:
    """What the rest of the application is given; without a usable state `context` and `uploads` are None.

    `acts` are for the API.
    """

    reload_trigger: ReloadTrigger
    authorizer: Authorizer
    shown: SessionStore
    preferences: Preferences
    context: AdminContext | None
    uploads: UploadService | None
    acts: Mapping[str, Act]


@dataclass(frozen=True, slots=True)
class AdminOptions:
    """Where things are and who owns them; `watch` is in seconds, 0 for never; `preview` tries out what is sent."""

    articles: Path
    data: Path
    owners: Owners
    watch: float = 0
    preview: Previewer = preview_file


@dataclass(frozen=True, slots=True)
class SharedState:
    """The shared state, None where it cannot be used, with the reason; and the audit log, which then takes nothing."""

    state: State | None
    audit_log: AuditLog
    closed: DegradedState

    async def quoted(self) -> set[str]:
        """The ids of all facts that people were shown."""
        return await self.state.shown.quoted() if self.state else set()


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
    reload_service: ReloadService,
    platforms: PlatformRegistry,
    clock: Callable[[], datetime],
) -> AsyncIterator[AdminModule]:
    """Open everything over the state; without a usable state, answers go on and nobody may act."""
    state, audit_log, knowledge = shared.state, shared.audit_log, reload_service.knowledge
    said = phrases(options.owners.language).admin
    grants = state.roles if state else shared.closed
    authorizer = Authorizer(options.owners.ids, grants, audit_log, clock, shared.closed.reason)
    reload_trigger = ReloadTrigger(reload_service, audit_log)
    async with AsyncExitStack() as stack:
        await asyncio.to_thread(clear_left, options.data)
        context = uploads = None
        if state:
            context = AdminContext(reload_service, state, authorizer, options.owners, platforms, clock)
            await stack.enter_async_context(context.running())
            context.spawn(_tell_owners(context))
            files = UploadStore(options.data, options.articles)
            uploads = UploadService(state.uploads, files, platforms, audit_log, clock, options.preview)
            await _recover(uploads)
            forget = partial(_forget_old, state, uploads, clock)
            what = "what is too old could not be forgotten"
            tidying = periodic(TIDY, forget, StateError, OSError, what=what)
            await stack.enter_async_context(background(tidying))
        await stack.enter_async_context(background(reload_trigger.run()))
        if knowledge.outdated:
            reload_trigger.fire(UPGRADE)
        if options.watch:
            built = await asyncio.to_thread(_built_from, knowledge.versions)
            fire = partial(reload_trigger.fire, WATCH)
            watching = poll_folder(options.articles, options.watch, fire, built)
            await stack.enter_async_context(background(watching))
        acts = AdminActs(reload_service, audit_log, platforms, state, options.data, said)
        yield AdminModule(
            reload_trigger,
            authorizer,
            FallbackSessions(state.shown) if state else InMemorySessions(),
            state.preferences if state else InMemoryPreferences(),
            context,
            uploads,
            acts.by_name(),
        )


def _built_from(versions: SnapshotRepository) -> str | None:
    """The listing of the folder as it was built from last, whichever version was chosen since."""
    for name in versions.names():
        with suppress(SnapshotDamaged):
            return read_manifest(versions.folder / name).folder_fingerprint
    return None


async def _recover(uploads: UploadService) -> None:
    try:
        await uploads.recover()
    except (StateError, OSError) as error:
        log.warning("what broken uploads left could not be cleared: %s", error)


async def _forget_old(state: State, uploads: UploadService, clock: Callable[[], datetime]) -> None:
    await state.forget(clock())
    await uploads.forget_old()


async def _tell_owners(context: AdminContext) -> None:
    notices = context.reload_service.knowledge.notices
    # looking through a large folder takes a second, which the first answer does not wait for
    changes = await asyncio.to_thread(context.reload_service.folder_changes)
    if changes:
        log.warning("%s", changes_text(changes, phrases(context.owners.language).admin))

    async def say(owner: str, said: AdminPhrases) -> Reply:
        told = [changes_text(changes, said)] if changes else []
        return text_reply("\n".join([*(reworded(notice, said.language) for notice in notices), *told]))

    if changes or notices:
        await context.tell_owners(say)
