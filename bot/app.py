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
from bot.admin.last_reload import LastReload
from bot.admin.progress import BuildProgress, LogLines, ProgressBar
from bot.admin.reload_service import ReloadReport, ReloadService
from bot.admin.replication import Follower
from bot.admin.wiring import AdminModule, AdminOptions, open_admin, open_shared_state
from bot.clippings import Clippings
from bot.config import Address, Settings
from bot.errors import SettingsError
from bot.feedback.interaction_log import MeasuredLog
from bot.feedback.wiring import FeedbackModule, open_feedback
from bot.handlers.dispatcher import Dispatcher
from bot.handlers.reception import Reception
from bot.handlers.wiring import open_handlers
from bot.observability import Metrics, set_up_logs
from bot.ports import NullLog, PlatformHost, PlatformRegistry
from bot.query_service import QueryService, open_query_service
from bot.rendering.fact import Permalinks
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
from bot.several import common_start, open_several
from bot.sharing import SNAPSHOTS, SPEAKING, Alone, Sharing
from bot.state.state import sqlite_address
from bot.texts import phrases
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
        said = phrases(settings.language)
        bar = ProgressBar(sys.stderr) if sys.stderr.isatty() else None
        progress = BuildProgress(
            said.operating,
            bar.show if bar else LogLines(lambda text: log.info("%s", text)).show,
            bar.clear if bar else None,
        )
        platforms, metrics, health, store = PlatformRegistry(), Metrics(), HealthChecks(), SnapshotHolder()
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
        # Entered before what answers and left before it: nobody comes in while that closes.
        doors = await stack.enter_async_context(AsyncExitStack())
        reception = Reception(platforms, lambda said: progress.text(said.operating))
        health.add("knowledge", lambda: lookup.problem() if reception.is_over else progress.text())
        migrations = shared.state.chat_migrations if shared.state else None
        routes: Sequence[web.RouteDef] = ()
        if several.inboxes is not None:
            host = PlatformHost(
                reception,
                metrics,
                several.inboxes,
                settings.data,
                migrations,
                on_fatal,
                sharing=several.sharing,
            )
            routes = await _open_platforms(doors, settings, host, platforms, health)
        votes, asking = PageVotes(now), Asking(lookup, MeasuredLog(NullLog(), metrics))
        clippings = Clippings(lookup, settings.data)
        site = make_site(lookup, health, said, routes, progress.text, votes, asking, metrics, clippings)
        address = await doors.enter_async_context(listening(site, settings.http))
        admin_address = await doors.enter_async_context(
            listening(api.app, settings.admin_http, "CHUCHU_ADMIN_HTTP")
        )
        await doors.enter_async_context(reception)
        open_at = said.operating.listening.format(address.url)
        if bar:
            print(open_at, file=sys.stderr, flush=True)
        else:
            log.info("%s", open_at)
        try:
            async with common_start(several.replication, SnapshotRepository(settings.data / SERVED), store):
                knowledge = await stack.enter_async_context(
                    start_knowledge(
                        settings.articles, settings.data, builder, semantics.over_index, store, progress.hear
                    )
                )
        finally:
            progress.over()
        if knowledge.built:
            totals = knowledge.manifest.totals
            log.info("%s", said.operating.built_first.format(store.version, totals.articles, totals.facts))
        embedding = await stack.enter_async_context(
            EmbeddingService(semantics, knowledge.versions, said.operating)
        )
        health.tell("meaning", embedding.said)
        await lookup.warm()
        await asyncio.to_thread(site[TEMPLATES].load)
        admin = await stack.enter_async_context(
            open_admin(
                _admin_options(settings),
                shared,
                api,
                knowledge,
                builder,
                platforms,
                now,
                progress.hear,
                several.replication,
            )
        )
        reload_service = admin.reload_service
        last_reload = LastReload(said.admin, metrics)
        last_reload.over(reload_service)
        follower = Follower(several.replication, reload_service)
        health.add("snapshot", follower.problem)
        health.add("unasked", lambda: several.sharing.leaderless(SPEAKING))
        reload_service.witness(lambda by, report: progress.over())
        health.tell("reload", lambda: last_reload.note)
        _watch(metrics, reload_service)
        links = permalinks(settings.public_url)
        feedback = await _feedback(stack, settings, admin, knowledge, lookup, links, several.sharing)
        if feedback:
            embedding.on_done = feedback.embedded
            votes.keep_in(admin.shown, feedback.log)
        memory = MeasuredLog(feedback.log if feedback else NullLog(), metrics)
        asking.remember(memory)
        handlers = await stack.enter_async_context(open_handlers(admin, feedback, platforms))
        reload_service.subscribe(_shrink)
        reload_service.subscribe(embedding.changed)
        metrics.watch("chuchu_embedded_facts", "Facts found by meaning", lambda: embedding.progress.done)
        dispatcher = Dispatcher(
            lookup,
            admin.shown,
            now,
            links,
            handlers,
            admin.preferences,
            platforms,
            memory,
            clippings,
        )
        stack.push_async_callback(doors.aclose)
        reception.hand_over(dispatcher)
        if guard:
            guard.tell(f"{admin_address.host}:{admin_address.port}")
        platforms.opened.set()
        several.sharing.subscribe(SNAPSHOTS, follower.call)
        if not isinstance(several.sharing, Alone):
            await stack.enter_async_context(background(restarting(follower.run)))
        await builder.start()
        await embedding.embed(knowledge.store.version)
        yield Serving(address, admin.reload_trigger.fire)


def _watch(metrics: Metrics, reload_service: ReloadService) -> None:
    """Show what serves."""
    metrics.watch("chuchu_articles", "Articles served", lambda: reload_service.manifest.totals.articles)
    metrics.watch("chuchu_facts", "Facts served", lambda: reload_service.manifest.totals.facts)
    metrics.watch(
        "chuchu_snapshot_time", "When it was built, Unix time", lambda: reload_service.manifest.created
    )
    metrics.watch("chuchu_tasks", "Tasks of the event loop", lambda: len(asyncio.all_tasks()))


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


async def _feedback(
    stack: AsyncExitStack,
    settings: Settings,
    admin: AdminModule,
    knowledge: KnowledgeRuntime,
    lookup: QueryService,
    links: Permalinks,
    sharing: Sharing,
) -> FeedbackModule | None:
    """Feed back where the shared state can be used; answers go on without."""
    if admin.context is None:
        return None
    opening = open_feedback(
        settings.data,
        admin.context,
        knowledge.store,
        lookup,
        knowledge.language,
        links,
        admin.api,
        sharing,
    )
    return await stack.enter_async_context(opening)


def _admin_options(settings: Settings) -> AdminOptions:
    return AdminOptions(settings.articles, settings.data, settings.admins, settings.watch, settings.language)


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
