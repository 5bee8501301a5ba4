"""The composition root: every real thing is built here, and released in reverse order."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace

from aiohttp import web

from bot.admin.http import AdminApi, load_or_create_token
from bot.admin.knowledge import BuildClient, EmbeddingService, start_knowledge
from bot.admin.operations import LastReload
from bot.admin.reload_service import Follower, ReloadReport, ReloadService
from bot.admin.wiring import AdminOptions, Owners, open_admin, open_shared_state
from bot.clippings import Clippings
from bot.config import Address, Settings
from bot.errors import SettingsError
from bot.feedback.wiring import open_feedback
from bot.handlers.dispatcher import Dispatcher, Reception, admin_handlers
from bot.inbox import Inboxes
from bot.observability import BuildProgress, LogLines, Metrics, ProgressBar, set_up_logs
from bot.ports import ChatSettings, Interactions, PlatformHost, PlatformRegistry
from bot.query_service import open_query_service
from bot.runtime import (
    Shutdown,
    background,
    loading,
    now,
    release_memory,
    restarting,
    share_heaps,
    switch_often,
)
from bot.sharing import SNAPSHOTS, SPEAKING, Replication, Sharing
from bot.state.sqlite_inbox import open_inboxes
from bot.state.state import share_askers_key, sqlite_address
from bot.texts import phrases
from bot.texts.operating import OperatingPhrases
from bot.web.articles import permalinks
from bot.web.readers import Readers
from bot.web.server import HealthChecks, listening, make_site
from bot.web.templates import TEMPLATES
from knowledge.embedding.meanings import Semantics
from knowledge.embedding.models import chosen_embeddings
from knowledge.snapshot import SnapshotHolder
from knowledge.snapshots.files import InstanceLock, single_instance
from knowledge.snapshots.opening import SERVED
from knowledge.snapshots.repository import SnapshotRepository

INBOX = "inbox.sqlite"
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
        enter = stack.enter_async_context
        lock = _sole_run(stack, settings)
        said, metrics, store = phrases(settings.language), Metrics(), SnapshotHolder()
        progress = _progress(said.operating, metrics)
        health, interactions = HealthChecks(progress.text), Interactions(metrics=metrics)

        # What answers and acts stand on.
        builder = await enter(BuildClient())
        semantics = stack.enter_context(Semantics(settings.data, chosen_embeddings(settings.embeddings)))
        lookup = stack.enter_context(open_query_service(store))
        shared = await enter(open_shared_state(settings.database or sqlite_address(settings.data), now))
        group = await enter(open_process_group(settings))

        # Where people come in. Entered before what answers and left before it: nobody comes in while that closes.
        doors = await enter(AsyncExitStack())
        platforms = PlatformRegistry()
        reception = Reception(platforms, lambda said: progress.text(said.operating))
        health.add("knowledge", lambda: lookup.problem() if reception.is_over else progress.text())
        routes: Sequence[web.RouteDef] = ()
        if group.inboxes is not None:
            migrations = shared.state.chat_migrations if shared.state else None
            host = PlatformHost(
                reception, metrics, group.inboxes, migrations, on_fatal, sharing=group.sharing
            )
            routes = await _open_platforms(doors, settings, host, platforms, health)
        readers, clippings = Readers(lookup, interactions), Clippings(lookup, settings.data)
        site = make_site(readers, health, said, routes, metrics, clippings)
        page = await doors.enter_async_context(listening(site, settings.http))
        denied = shared.audit_log.record_denied_http
        api = AdminApi(_admin_token(settings), settings.admin_http.host, metrics.page, denied, progress.text)
        admin_page = await doors.enter_async_context(
            listening(api.app, settings.admin_http, "CHUCHU_ADMIN_HTTP")
        )
        await doors.enter_async_context(reception)
        _announce(said.operating.listening.format(page.url))

        # What there is to answer from; built first where nothing is stored.
        versions = SnapshotRepository(settings.data / SERVED)
        opening = start_knowledge(
            settings.articles, settings.data, builder, semantics.over_index, store, progress.hear
        )
        try:
            async with join_what_serves(group.replication, versions, store):
                knowledge = await enter(opening)
        finally:
            progress.over()
        if knowledge.built:
            totals = knowledge.manifest.totals
            log.info("%s", said.operating.built_first.format(store.version, totals.articles, totals.facts))
        embedding = await enter(EmbeddingService(semantics, versions, said.operating))
        await lookup.warm()
        await asyncio.to_thread(site[TEMPLATES].load)

        # What admins do, and what learns where the shared state can be used.
        reloads = ReloadService(knowledge, builder, now, shared.quoted, progress.hear, group.replication)
        owners = Owners(settings.admins, settings.language)
        options = AdminOptions(settings.articles, settings.data, owners, settings.watch)
        admin = await enter(open_admin(options, shared, reloads, platforms, now))
        links, feedback = permalinks(settings.public_url), None
        if admin.context is not None:
            feedback = await enter(open_feedback(settings.data, admin.context, lookup, links, group.sharing))
            embedding.on_done = feedback.embedded
            interactions.log = feedback
        api.serve({**admin.acts, **(feedback.acts if feedback else {})})
        interactions.sessions = admin.shown
        chats = ChatSettings(admin.preferences, platforms)
        handlers = admin_handlers(admin, feedback, chats)
        reloads.subscribe(_shrink)
        reloads.subscribe(lambda report: embedding.embed(report.version))
        reloads.witness(lambda by, report: progress.over())
        _measure(metrics, health, reloads, embedding, LastReload(said.admin, metrics, reloads))

        # Whoever waits at the doors is handed over to what answers.
        dispatcher = Dispatcher(lookup, interactions, chats, links, handlers, clippings)
        stack.push_async_callback(doors.aclose)
        reception.hand_over(dispatcher)
        if lock:
            lock.tell(f"{admin_page.host}:{admin_page.port}")
        platforms.opened.set()
        await _follow(stack, group, reloads, health)
        await builder.start()
        await embedding.embed(store.version)
        yield Serving(page, admin.reload_trigger.fire)


def _progress(said: OperatingPhrases, metrics: Metrics) -> BuildProgress:
    """Progress that an operator sees: a bar on a terminal, else lines in the log; and in the metrics."""
    bar = ProgressBar(sys.stderr) if sys.stderr.isatty() else None
    show = bar.show if bar else LogLines(lambda text: log.info("%s", text)).show
    progress = BuildProgress(said, show, bar.clear if bar else None)
    metrics.watch(
        "chuchu_build_files_done", "Files that the build which goes on has sorted", lambda: progress.done
    )
    metrics.watch(
        "chuchu_build_files", "Files of the build which goes on, 0 where none does", lambda: progress.of
    )
    return progress


def _announce(open_at: str) -> None:
    if sys.stderr.isatty():
        print(open_at, file=sys.stderr, flush=True)
    else:
        log.info("%s", open_at)


def _measure(
    metrics: Metrics,
    health: HealthChecks,
    reloads: ReloadService,
    embedding: EmbeddingService,
    last: LastReload,
) -> None:
    """Show what serves and how the last reload ended."""
    health.tell("meaning", embedding.said)
    health.tell("reload", lambda: last.note)
    for gauge, meaning, read in (
        ("chuchu_articles", "Articles served", lambda: reloads.manifest.totals.articles),
        ("chuchu_facts", "Facts served", lambda: reloads.manifest.totals.facts),
        ("chuchu_embedded_facts", "Facts found by meaning", lambda: embedding.progress.done),
        ("chuchu_snapshot_time", "When it was built, Unix time", lambda: reloads.manifest.created),
        ("chuchu_tasks", "Tasks of the event loop", lambda: len(asyncio.all_tasks())),
    ):
        metrics.watch(gauge, meaning, read)


async def _follow(
    stack: AsyncExitStack, group: ProcessGroup, reloads: ReloadService, health: HealthChecks
) -> None:
    """Serve what another process has published."""
    sharing, follower = group.sharing, Follower(group.replication, reloads)
    health.add("snapshot", follower.problem)
    health.add("unasked", lambda: sharing.leaderless(SPEAKING))
    sharing.subscribe(SNAPSHOTS, follower.call)
    if sharing.several:
        await stack.enter_async_context(background(restarting(follower.run)))


async def _shrink(report: ReloadReport) -> None:
    """Return what the version before took."""
    await asyncio.to_thread(release_memory)


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
        prefix = f"{setup.name}:"
        owners = [one.removeprefix(prefix) for one in settings.admins if one.startswith(prefix)]
        own = replace(host, owners=owners, on_fatal=on_fatal)
        platform = await stack.enter_async_context(setup.open(own))
        health.add(setup.name, platform.problem)
        platforms.add(setup.name, platform)
        routes += platform.routes
    return routes


@dataclass(frozen=True, slots=True)
class ProcessGroup:
    """What a process has to do with others; without others it has it all to itself."""

    sharing: Sharing
    inboxes: Inboxes | None
    replication: Replication


@asynccontextmanager
async def open_process_group(settings: Settings) -> AsyncIterator[ProcessGroup]:
    """Be one of several processes, where the database is one that several can share.

    Raises:
        CannotStore: what must hold what comes in cannot be written.
        StateError: several processes would share a database that is a newer program's, or cannot be used.
    """
    url = settings.database or sqlite_address(settings.data)
    if not url.startswith("postgresql"):
        if not any(setup.is_on for setup in settings.platforms):
            yield ProcessGroup(Sharing(), None, Replication())
            return
        first = settings.platforms[0].name
        async with open_inboxes(settings.data / INBOX, time.time, first) as inboxes:
            yield ProcessGroup(Sharing(), inboxes, Replication())
        return
    from bot.state.cluster import open_cluster  # loads psycopg, an extra of its own

    await share_askers_key(url, settings.data)  # first of all: it refuses a newer program's tables
    async with open_cluster(url) as cluster:
        own = SnapshotRepository(settings.data / SERVED)
        yield ProcessGroup(cluster, cluster.inboxes, cluster.versions(own, settings.snapshots))


@asynccontextmanager
async def join_what_serves(
    replication: Replication, versions: SnapshotRepository, store: SnapshotHolder
) -> AsyncIterator[None]:
    """Begin with what serves everywhere; where nothing does yet, what `store` holds at the end of the block will.

    Raises:
        StateError: what serves everywhere cannot be had.
    """
    if await _caught_up(replication, versions):
        yield
        return
    async with replication.changing():  # only one builds the first version
        if await _caught_up(replication, versions):
            yield
            return
        yield
        await replication.publish(store.version)


async def _caught_up(replication: Replication, versions: SnapshotRepository) -> bool:
    wanted = await replication.current()
    if wanted is None:
        return False
    await replication.fetch(wanted)
    await asyncio.to_thread(versions.choose, wanted)
    return True
