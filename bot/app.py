"""The composition root: every real thing is built here, and released in reverse order."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace

from aiohttp import web

from bot.admin.build_client import BuildClient
from bot.admin.embedding import EmbeddingService
from bot.admin.http import AdminApi, load_or_create_token
from bot.admin.knowledge import KnowledgeRuntime, start_knowledge
from bot.admin.operations import LastReload
from bot.admin.progress import BuildProgress, LogLines, ProgressBar
from bot.admin.reload_service import ReloadReport
from bot.admin.replication import Follower
from bot.admin.wiring import AdminModule, AdminOptions, SharedState, open_admin, open_shared_state
from bot.clippings import Clippings
from bot.config import Address, Settings
from bot.errors import SettingsError
from bot.feedback.interaction_log import MeasuredLog
from bot.feedback.wiring import open_feedback
from bot.handlers.dispatcher import Dispatcher
from bot.handlers.reception import Reception
from bot.handlers.wiring import open_handlers
from bot.observability import Metrics, set_up_logs
from bot.ports import InteractionLog, NullLog, PlatformHost, PlatformRegistry
from bot.query_service import QueryService, open_query_service
from bot.runtime import (
    Shutdown,
    background,
    give_back,
    loading,
    now,
    restarting,
    share_heaps,
    switch_often,
)
from bot.several import Several, common_start, open_several
from bot.sharing import SNAPSHOTS, SPEAKING, Alone
from bot.state.state import sqlite_address
from bot.texts import phrases
from bot.texts.phrases import Phrases
from bot.web.asking import Asking
from bot.web.reading import permalinks
from bot.web.server import HealthChecks, listening, make_site
from bot.web.templates import TEMPLATES
from bot.web.votes import PageVotes
from knowledge.embedding.meanings import Semantics
from knowledge.embedding.models import chosen_embeddings
from knowledge.snapshot import SnapshotHolder
from knowledge.snapshots.files import InstanceLock, single_instance
from knowledge.snapshots.opening import SERVED
from knowledge.snapshots.repository import SnapshotRepository

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Serving:
    """What is open to the world while the bot runs."""

    page: Address
    reload: Callable[[], None]


def run(settings: Settings) -> int:
    """Serve every configured surface until SIGTERM or SIGINT.

    Raises:
        StartError: it cannot serve, or a platform has refused us for too long.
    """
    set_up_logs(settings.every_secret(), settings.log)
    share_heaps()
    switch_often()
    asyncio.run(_run(settings))
    return 0


async def _run(settings: Settings) -> None:
    stop = Shutdown()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, lambda: None)  # too early: we read anew anyway
    for wanted in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(wanted, stop.ask)
    said = phrases(settings.language).operating
    async with AsyncExitStack() as stack:
        starting = asyncio.create_task(_started(stack, settings, stop))
        asking = asyncio.create_task(stop.asked())
        await asyncio.wait({starting, asking}, return_when=asyncio.FIRST_COMPLETED)
        if not starting.done():
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
            log.info("%s", said.stopped_early)
        else:
            starting.result()  # raises what kept it from starting
        await asking
    if stop.reason:
        raise SettingsError(stop.reason)


async def _started(stack: AsyncExitStack, settings: Settings, stop: Shutdown) -> None:
    with loading():
        open_now = await stack.enter_async_context(serving(settings, stop.ask))
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, open_now.reload)
    said = phrases(settings.language).operating
    told = "；".join(
        said.platform_on.format(one.title)
        if one.is_on
        else said.platform_off.format(one.title, one.switched_on_by)
        for one in settings.platforms
    )
    print(said.opened.format(open_now.page.url, told), flush=True)


@asynccontextmanager
async def serving(
    settings: Settings, on_fatal: Callable[[str], None] = log.critical
) -> AsyncIterator[Serving]:
    """Build everything that `settings` ask for; release it in reverse order.

    Who comes in before there is anything to answer from is told how far it is. `on_fatal` is told why it makes no
    sense to go on.

    Raises:
        StartError: an address is taken.
        FolderInUse: another process serves from this data folder.
        KnowledgeError: there is nothing to answer from.
    """
    async with AsyncExitStack() as stack:
        guard = _sole_run(stack, settings)
        parts = await _parts(stack, settings)
        doors = await _open_doors(stack, parts, on_fatal)
        knowledge = await _first_version(stack, parts)
        embedding = await stack.enter_async_context(
            EmbeddingService(parts.semantics, knowledge.versions, parts.said.operating)
        )
        parts.health.tell("meaning", embedding.said)
        await parts.lookup.warm()
        await asyncio.to_thread(doors.site[TEMPLATES].load)
        admin = await _open_acts(stack, parts, knowledge)
        await _answer(stack, parts, doors, knowledge, admin, embedding)
        if guard:
            guard.tell(f"{doors.admin.host}:{doors.admin.port}")
        parts.platforms.opened.set()
        await _follow(stack, parts, admin)
        await parts.builder.start()
        await embedding.embed(knowledge.store.version)
        yield Serving(doors.page, admin.reload_trigger.fire)


@dataclass(frozen=True, slots=True)
class _Parts:
    """What everything else is built of."""

    settings: Settings
    said: Phrases
    progress: BuildProgress
    metrics: Metrics
    health: HealthChecks
    platforms: PlatformRegistry
    store: SnapshotHolder
    builder: BuildClient
    semantics: Semantics
    lookup: QueryService
    shared: SharedState
    api: AdminApi
    several: Several


async def _parts(stack: AsyncExitStack, settings: Settings) -> _Parts:
    said, metrics, store = phrases(settings.language), Metrics(), SnapshotHolder()
    bar = ProgressBar(sys.stderr) if sys.stderr.isatty() else None
    progress = BuildProgress(
        said.operating,
        bar.show if bar else LogLines(lambda text: log.info("%s", text)).show,
        bar.clear if bar else None,
    )
    metrics.watch(
        "chuchu_build_files_done", "Files that the build which goes on has sorted", progress.done_now
    )
    metrics.watch(
        "chuchu_build_files", "Files of the build which goes on, 0 where none does", progress.of_now
    )
    builder = await stack.enter_async_context(BuildClient())
    semantics = stack.enter_context(Semantics(settings.data, chosen_embeddings(settings.embeddings)))
    lookup = stack.enter_context(open_query_service(store))
    database = settings.database or sqlite_address(settings.data)
    shared = await stack.enter_async_context(open_shared_state(database, now))
    api = AdminApi(
        _admin_token(settings),
        settings.admin_http.host,
        metrics.page,
        shared.audit_log.record_denied_http,
        progress.text,
    )
    several = await stack.enter_async_context(open_several(settings))
    return _Parts(
        settings,
        said,
        progress,
        metrics,
        HealthChecks(),
        PlatformRegistry(),
        store,
        builder,
        semantics,
        lookup,
        shared,
        api,
        several,
    )


@dataclass(frozen=True, slots=True)
class _Doors:
    """Where people come in; `exits` closes them all."""

    exits: AsyncExitStack
    reception: Reception
    site: web.Application
    page: Address
    admin: Address
    votes: PageVotes
    asking: Asking
    clippings: Clippings


async def _open_doors(stack: AsyncExitStack, parts: _Parts, on_fatal: Callable[[str], None]) -> _Doors:
    """Open platforms, page and admin API; who comes in is told how far it is until there is something to answer from."""
    # Entered before what answers and left before it: nobody comes in while that closes.
    exits = await stack.enter_async_context(AsyncExitStack())
    settings, progress, lookup = parts.settings, parts.progress, parts.lookup
    reception = Reception(parts.platforms, lambda said: progress.text(said.operating))
    parts.health.add("knowledge", lambda: lookup.problem() if reception.is_over else progress.text())
    routes: Sequence[web.RouteDef] = ()
    if parts.several.inboxes is not None:
        host = PlatformHost(
            reception,
            parts.metrics,
            parts.several.inboxes,
            settings.data,
            parts.shared.state.chat_migrations if parts.shared.state else None,
            on_fatal,
            sharing=parts.several.sharing,
        )
        routes = await _open_platforms(exits, settings, host, parts.platforms, parts.health)
    votes, asking = PageVotes(now), Asking(lookup, MeasuredLog(NullLog(), parts.metrics))
    clippings = Clippings(lookup, settings.data)
    site = make_site(
        lookup, parts.health, parts.said, routes, progress.text, votes, asking, parts.metrics, clippings
    )
    page = await exits.enter_async_context(listening(site, settings.http))
    admin = await exits.enter_async_context(
        listening(parts.api.app, settings.admin_http, "CHUCHU_ADMIN_HTTP")
    )
    await exits.enter_async_context(reception)
    open_at = parts.said.operating.listening.format(page.url)
    if sys.stderr.isatty():
        print(open_at, file=sys.stderr, flush=True)
    else:
        log.info("%s", open_at)
    return _Doors(exits, reception, site, page, admin, votes, asking, clippings)


async def _first_version(stack: AsyncExitStack, parts: _Parts) -> KnowledgeRuntime:
    """Open what serves, building it first where there is none."""
    settings, store = parts.settings, parts.store
    versions = SnapshotRepository(settings.data / SERVED)
    opening = start_knowledge(
        settings.articles,
        settings.data,
        parts.builder,
        parts.semantics.over_index,
        store,
        parts.progress.hear,
    )
    try:
        async with common_start(parts.several.replication, versions, store):
            knowledge = await stack.enter_async_context(opening)
    finally:
        parts.progress.over()
    if knowledge.built:
        totals = knowledge.manifest.totals
        log.info("%s", parts.said.operating.built_first.format(store.version, totals.articles, totals.facts))
    return knowledge


async def _open_acts(stack: AsyncExitStack, parts: _Parts, knowledge: KnowledgeRuntime) -> AdminModule:
    """Let admins act, and show how their reloads end."""
    settings, metrics = parts.settings, parts.metrics
    admin = await stack.enter_async_context(
        open_admin(
            AdminOptions(
                settings.articles, settings.data, settings.admins, settings.watch, settings.language
            ),
            parts.shared,
            parts.api,
            knowledge,
            parts.builder,
            parts.platforms,
            now,
            parts.progress.hear,
            parts.several.replication,
        )
    )
    reload_service = admin.reload_service
    last_reload = LastReload(parts.said.admin, metrics)
    last_reload.over(reload_service)
    reload_service.witness(lambda by, report: parts.progress.over())
    parts.health.tell("reload", lambda: last_reload.note)
    metrics.watch("chuchu_articles", "Articles served", lambda: reload_service.manifest.totals.articles)
    metrics.watch("chuchu_facts", "Facts served", lambda: reload_service.manifest.totals.facts)
    metrics.watch(
        "chuchu_snapshot_time", "When it was built, Unix time", lambda: reload_service.manifest.created
    )
    metrics.watch("chuchu_tasks", "Tasks of the event loop", lambda: len(asyncio.all_tasks()))
    return admin


async def _answer(
    stack: AsyncExitStack,
    parts: _Parts,
    doors: _Doors,
    knowledge: KnowledgeRuntime,
    admin: AdminModule,
    embedding: EmbeddingService,
) -> None:
    """Hand over who waits at the doors to what answers; where the shared state can be used, learn from them."""
    links = permalinks(parts.settings.public_url)
    log_of_questions: InteractionLog = NullLog()
    feedback = None
    if admin.context is not None:
        feedback = await stack.enter_async_context(
            open_feedback(
                parts.settings.data,
                admin.context,
                knowledge.store,
                parts.lookup,
                knowledge.language,
                links,
                admin.api,
                parts.several.sharing,
            )
        )
        embedding.on_done = feedback.embedded
        doors.votes.keep_in(admin.shown, feedback.log)
        log_of_questions = feedback.log
    memory = MeasuredLog(log_of_questions, parts.metrics)
    doors.asking.remember(memory)
    handlers = await stack.enter_async_context(open_handlers(admin, feedback, parts.platforms))
    admin.reload_service.subscribe(_shrink)
    admin.reload_service.subscribe(embedding.changed)
    parts.metrics.watch("chuchu_embedded_facts", "Facts found by meaning", lambda: embedding.progress.done)
    dispatcher = Dispatcher(
        parts.lookup,
        admin.shown,
        now,
        links,
        handlers,
        admin.preferences,
        parts.platforms,
        memory,
        doors.clippings,
    )
    stack.push_async_callback(doors.exits.aclose)
    doors.reception.hand_over(dispatcher)


async def _follow(stack: AsyncExitStack, parts: _Parts, admin: AdminModule) -> None:
    """Serve what another process has published."""
    sharing = parts.several.sharing
    follower = Follower(parts.several.replication, admin.reload_service)
    parts.health.add("snapshot", follower.problem)
    parts.health.add("unasked", lambda: sharing.leaderless(SPEAKING))
    sharing.subscribe(SNAPSHOTS, follower.call)
    if not isinstance(sharing, Alone):
        await stack.enter_async_context(background(restarting(follower.run)))


async def _shrink(report: ReloadReport) -> None:
    """Return what the version before took."""
    await asyncio.to_thread(give_back)


def _sole_run(stack: AsyncExitStack, settings: Settings) -> InstanceLock | None:
    """Hold the data folder; None where it cannot be written, so that nobody can hold it."""
    try:
        settings.data.mkdir(parents=True, exist_ok=True)
        return stack.enter_context(single_instance(settings.data))
    except OSError as error:
        said = phrases(settings.language).operating
        log.warning("%s", said.only_answers.format(settings.data, error.strerror))
        return None


def _admin_token(settings: Settings) -> str:
    given = settings.admin_token
    return given.get_secret_value() if given else load_or_create_token(settings.data)


async def _open_platforms(
    stack: AsyncExitStack,
    settings: Settings,
    host: PlatformHost,
    platforms: PlatformRegistry,
    health: HealthChecks,
) -> Sequence[web.RouteDef]:
    """Open every platform that is switched on; return the routes they need on the public site.

    One that is refused for good ends us where it is the only one; beside others it is said, and they go on.
    """
    routes: list[web.RouteDef] = []
    wanted = [setup for setup in settings.platforms if setup.is_on]
    for setup in wanted:
        on_fatal = host.on_fatal if len(wanted) == 1 else log.critical
        own = replace(host, owners=_owners(settings, setup.name), on_fatal=on_fatal)
        platform = await stack.enter_async_context(setup.open(own))
        health.add(setup.name, platform.problem)
        platforms.add(setup.name, platform)
        routes += platform.routes
    return routes


def _owners(settings: Settings, platform: str) -> list[str]:
    """The owners of one platform, as it writes their ids."""
    return [person for name, _, person in (one.partition(":") for one in settings.admins) if name == platform]
