"""Everything that learns, built over the shared state, and its work beside the talk."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from bot.admin.commands import spoken
from bot.admin.context import AdminContext
from bot.admin.permissions import Permission
from bot.admin.reload_service import ReloadReport
from bot.errors import StateError
from bot.feedback.aliases import AliasService
from bot.feedback.interaction_log import StoredInteractionLog
from bot.feedback.outbox import OutboxWorker
from bot.feedback.questions import Pseudonymizer, UnansweredQuestions, open_pseudonymizer, read_key
from bot.feedback.usage import UsageRecorder, UsageReporter
from bot.feedback.watches import WatchService
from bot.handlers.admin_content import POINT, QUESTION, FeedbackHandlers
from bot.handlers.answers import HOPE
from bot.handlers.dispatcher import Handler, PressHandler
from bot.handlers.subscriptions import UNWATCH, AlertHandlers, WatchHandlers
from bot.ports import GroupAdmins, InteractionLog, PlatformRegistry
from bot.query_service import QueryService, TooSlow
from bot.rendering.fact import Permalinks
from bot.state.people import Person
from bot.state.state import State
from knowledge.search.semantic import Coverage
from knowledge.snapshot import SnapshotHolder
from knowledge.snapshots.difference import new_facts
from knowledge.text.analyzer import Analyzer

log = logging.getLogger(__name__)

TIDY = 3600.0  # seconds
LOOKS, LOOK = 20, 0.5  # how often, and after how many seconds, what was embedded is looked for


@dataclass(frozen=True, slots=True)
class FeedbackModule:
    """What the dialogue is given."""

    memory: InteractionLog
    commands: Mapping[str, Handler]
    presses: Mapping[str, PressHandler]
    embedded: Callable[[str], None]


@asynccontextmanager
async def open_feedback(
    data: Path,
    context: AdminContext,
    store: SnapshotHolder,
    lookup: QueryService,
    language: Analyzer,
    links: Permalinks,
    administrators: GroupAdmins,
) -> AsyncIterator[FeedbackModule]:
    """Teach the aliases given in chat, go on telling what a restart broke off, and listen to reloads.

    Raises:
        StateError: the aliases cannot be read.
    """
    state, clock, platforms = context.state, context.clock, context.platforms
    pseudonyms = open_pseudonymizer(data)
    worker = OutboxWorker(state.outbox, platforms.tell, clock)
    figures = UsageRecorder(state.usage, clock)
    book = AliasService(state.aliases, store, clock)
    unanswered = UnansweredQuestions(state.questions, lookup, pseudonyms, links, clock, worker.call)
    fresh = partial(new_facts, context.versions)
    watching = WatchService(state.watches, state.checkpoints, lookup, fresh, links, clock, worker.call)
    await book.load()

    async def swapped(report: ReloadReport) -> None:
        try:  # all of this may have come from a backup
            pseudonyms.rekey(await asyncio.to_thread(read_key, data))
            await book.load()
        except (StateError, OSError) as error:
            log.error("aliases and key could not be read again: %s", error)
        context.spawn(_tell(watching, unanswered, report.version))

    context.reload_service.subscribe(swapped)
    context.spawn(_tell(watching, unanswered, store.version))
    readers = AlertHandlers(unanswered, partial(_forget, state, pseudonyms, platforms))
    watches = WatchHandlers(watching, administrators)
    admins = FeedbackHandlers(
        context,
        unanswered,
        book,
        UsageReporter(state, figures, data / "matplotlib", partial(_coverage, store)),
    )
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(_beside(_tidy(state, clock)))
        await stack.enter_async_context(figures.serving())
        await stack.enter_async_context(_once_open(worker, platforms))
        yield FeedbackModule(
            StoredInteractionLog(unanswered, figures, state.votes, pseudonyms, language, clock),
            {
                "watch": watches.watch,
                "watches": watches.watches,
                "unwatch": watches.unwatch,
                "forget_me": readers.forget_me,
                Permission.UNANSWERED: spoken(admins.unanswered),
                Permission.ALIAS: spoken(admins.alias),
                "unalias": spoken(admins.unalias),
                Permission.STATS: spoken(admins.stats),
            },
            {HOPE: readers.subscribe, UNWATCH: watches.press, QUESTION: admins.press, POINT: admins.pin},
            lambda version: context.spawn(_tell_meant(watching, unanswered, lookup, version)),
        )


@asynccontextmanager
async def _beside(work: Coroutine[object, object, None]) -> AsyncIterator[None]:
    """Run work that has no end while the block runs."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def _once_open(worker: OutboxWorker, platforms: PlatformRegistry) -> AsyncIterator[None]:
    """Send as soon as there is somebody to send by."""
    async with AsyncExitStack() as stack:

        async def spawn() -> None:
            await platforms.opened.wait()
            await stack.enter_async_context(worker.serving())

        beginning = asyncio.create_task(spawn())
        try:
            yield
        finally:
            beginning.cancel()
            await asyncio.gather(beginning, return_exceptions=True)


async def _tell_meant(
    watching: WatchService, unanswered: UnansweredQuestions, lookup: QueryService, version: str
) -> None:
    """Tell who asked or watches what a version, embedded by now, has in other words."""
    try:
        for _ in range(LOOKS):
            coverage = await lookup.read(lambda snapshot: snapshot.coverage)
            if coverage is None or coverage.embedded == coverage.facts:
                break
            await asyncio.sleep(LOOK)
        fresh = await watching.new_since_embedded(version)
        if fresh:
            await unanswered.tell_meant(fresh)
            await watching.notify_meant(fresh)
    except (StateError, TooSlow) as error:
        log.error("readers could not be told what version %s means: %s", version, error)


async def _tell(watching: WatchService, unanswered: UnansweredQuestions, version: str) -> None:
    try:
        await unanswered.look_again()
        await watching.notify(version)
    except (StateError, TooSlow) as error:
        log.error("readers could not be told what version %s brings: %s", version, error)


def _coverage(store: SnapshotHolder) -> Coverage | None:
    with store.lease() as snapshot:
        return snapshot.coverage


async def _forget(
    state: State, pseudonyms: Pseudonymizer, platforms: PlatformRegistry, platform: str, person: str
) -> None:
    await state.erasure.forget(Person(platform, person, pseudonyms.of(platform, person)))
    await platforms.forget(platform, person)


async def _tidy(state: State, clock: Callable[[], datetime]) -> None:
    while True:
        try:
            now = clock()
            await state.questions.forget(now)
            await state.outbox.forget(now)
            await state.votes.forget(now)
            await state.confirmations.forget(now)
            await state.usage.forget(now.date())
        except StateError as error:
            log.warning("what is older than thirty days could not be forgotten: %s", error)
        await asyncio.sleep(TIDY)
