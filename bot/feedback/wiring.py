"""Everything that learns, built over the shared state, and its work beside the talk."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from bot.admin.context import AdminContext
from bot.admin.http import AdminApi
from bot.admin.reload_service import ReloadReport
from bot.errors import StateError
from bot.feedback.acts import learning_acts
from bot.feedback.aliases import AliasService
from bot.feedback.interaction_log import StoredInteractionLog
from bot.feedback.outbox import OutboxWorker
from bot.feedback.questions import MissedQuestions, UnansweredQuestions
from bot.feedback.usage import UsageRecorder, UsageReporter
from bot.feedback.watches import WatchService
from bot.ports import InteractionLog, PlatformRegistry
from bot.query_service import QueryService, TooSlow
from bot.rendering.fact import Permalinks
from bot.runtime import background, periodic
from bot.sharing import ALIASES, OUTBOX, SPEAKING, Alone, Sharing
from bot.state.people import Person, Pseudonymizer, open_pseudonymizer, read_askers_key
from bot.state.state import State
from bot.texts import phrases
from knowledge.search.semantic import Coverage
from knowledge.snapshot import SnapshotHolder
from knowledge.snapshots.difference import new_facts
from knowledge.text.analyzer import Analyzer

log = logging.getLogger(__name__)

TIDY = 3600.0  # seconds
PAUSE = 5.0  # seconds between two times that questions of the page are written down
LOOKS, LOOK = 20, 0.5  # how often, and after how many seconds, what was embedded is looked for


@dataclass(frozen=True, slots=True)
class FeedbackModule:
    """What handlers are given; `forget` removes every trace of a person: platform, numeric id."""

    log: InteractionLog
    unanswered: UnansweredQuestions
    aliases: AliasService
    watches: WatchService
    usage: UsageReporter
    forget: Callable[[str, str], Awaitable[None]]
    embedded: Callable[[str], None]


@asynccontextmanager
async def open_feedback(
    data: Path,
    context: AdminContext,
    store: SnapshotHolder,
    lookup: QueryService,
    language: Analyzer,
    links: Permalinks,
    api: AdminApi,
    sharing: Sharing | None = None,
) -> AsyncIterator[FeedbackModule]:
    """Teach the aliases given in chat, go on telling what a restart broke off, and listen to reloads.

    Raises:
        StateError: the aliases cannot be read.
    """
    state, clock, platforms = context.state, context.clock, context.platforms
    sharing = sharing or Alone()
    pseudonyms = open_pseudonymizer(data)
    worker = OutboxWorker(state.outbox, platforms.tell, clock)
    figures = UsageRecorder(state.usage, clock)
    book = AliasService(state.aliases, store, clock)
    unanswered = UnansweredQuestions(state.questions, lookup, pseudonyms, links, clock, worker.call)
    misses = MissedQuestions(unanswered)
    fresh = partial(new_facts, context.versions)
    watching = WatchService(state.watches, state.checkpoints, lookup, fresh, links, clock, worker.call)
    await book.load()
    said = phrases(context.language).admin
    for name, act in learning_acts(unanswered, misses, book, context.audit_log, said).items():
        api.add(name, act)

    async def swapped(report: ReloadReport) -> None:
        try:  # all of this may have come from a backup
            pseudonyms.rekey(await asyncio.to_thread(read_askers_key, data))
            await book.load()
        except (StateError, OSError) as error:
            log.error("aliases and key could not be read again: %s", error)
        if sharing.leads(SPEAKING):  # one of several tells; whoever leads next tells what this one did not
            context.spawn(_tell(watching, unanswered, report.version))

    def taught(_: str) -> None:
        context.spawn(_load(book))

    def embedded(version: str) -> None:
        if sharing.leads(SPEAKING):
            context.spawn(_tell_meant(watching, unanswered, lookup, version))

    async def speaking() -> None:
        context.spawn(_tell(watching, unanswered, store.version))
        await platforms.opened.wait()
        async with worker.serving():
            await asyncio.Event().wait()

    context.reload_service.subscribe(swapped)
    sharing.subscribe(OUTBOX, lambda _: worker.call())
    sharing.subscribe(ALIASES, taught)
    async with AsyncExitStack() as stack:
        forgetting = periodic(
            TIDY,
            lambda: _forget_old(state, clock()),
            StateError,
            what="what is older than thirty days could not be forgotten",
        )
        await stack.enter_async_context(background(forgetting))
        counting = periodic(
            PAUSE, misses.flush, StateError, TooSlow, what="what was asked in vain could not be written down"
        )
        await stack.enter_async_context(background(counting))
        await stack.enter_async_context(figures.serving())
        await stack.enter_async_context(background(sharing.lead(SPEAKING, speaking)))
        yield FeedbackModule(
            StoredInteractionLog(unanswered, misses, figures, state.votes, pseudonyms, language, clock),
            unanswered,
            book,
            watching,
            UsageReporter(state, figures, partial(_coverage, store)),
            partial(_forget, state, pseudonyms, platforms),
            embedded,
        )


async def _load(book: AliasService) -> None:
    try:
        await book.load()
    except StateError as error:
        log.error("aliases could not be read again: %s", error)


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


async def _forget_old(state: State, now: datetime) -> None:
    await state.questions.forget(now)
    await state.outbox.forget(now)
    await state.votes.forget(now)
    await state.confirmations.forget(now)
    await state.usage.forget(now.date())
