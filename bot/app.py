"""The composition root: every real thing is built here, and released in reverse order."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bot.config import Address, Settings
from bot.errors import SettingsError
from bot.memory import give_back, loading, share_heaps
from bot.stopping import Stop
from knowledge.errors import NoArticles
from knowledge.snapshot import Snapshot
from knowledge.snapshots.asking import snapshot_of

if TYPE_CHECKING:
    from aiohttp import web
    from pydantic import JsonValue

    from bot.admin.knowledge import Knowledge
    from bot.admin.report import Report
    from bot.admin.side import AdminOptions, AdminSide
    from bot.administrators import PlatformAdministrators
    from bot.conversation.lookup import Lookup
    from bot.learning.side import LearningSide
    from bot.messages import ChatEvents, Conversation
    from bot.metrics import Metrics
    from bot.platforms import Platforms
    from bot.rendering.fact import Links
    from bot.web.site import Health
    from knowledge.snapshots.lock import Guard

log = logging.getLogger(__name__)


@contextmanager
def open_snapshot(settings: Settings) -> Iterator[Snapshot]:
    """Open the knowledge of the articles folder as it is now.

    Raises:
        NoArticles: the folder is missing or holds nothing readable.
    """
    with snapshot_of(settings.articles, settings.data, _warn) as snapshot:
        if next(snapshot.articles(), None) is None:
            first = next(iter(snapshot.skipped), None)
            reason = f"（{first.name}：{first.reason}；{first.remedy}）" if first else ""
            raise NoArticles(f"文章文件夹 {settings.articles} 里没有读得了的文章{reason}；请放入 .txt 等文件")
        yield snapshot


def _warn(said: str) -> None:
    print(said, file=sys.stderr)


@dataclass(frozen=True, slots=True)
class Serving:
    """What is open to the world while the bot runs."""

    page: Address
    telegram: bool
    reload: Callable[[], None]


def run(settings: Settings) -> int:
    """Serve every configured surface until SIGTERM or SIGINT.

    Raises:
        StartError: it cannot serve, or Telegram has refused the token for too long.
    """
    from bot.logs import set_up_logs

    set_up_logs(settings)
    share_heaps()
    asyncio.run(_run(settings))
    return 0


async def _run(settings: Settings) -> None:
    stop = Stop()
    asyncio.get_running_loop().add_signal_handler(
        signal.SIGHUP, lambda: None
    )  # too early: we read anew anyway
    for wanted in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(wanted, stop.ask)
    async with AsyncExitStack() as stack:
        with loading():
            open_now = await stack.enter_async_context(serving(settings, stop.ask))
        telegram = "Telegram 已接通" if open_now.telegram else "要接通 Telegram，请设 CHUCHU_TELEGRAM_TOKEN"
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, open_now.reload)
        print(f"网页在 {open_now.page.url}；{telegram}。", flush=True)
        await stop.asked()
    if stop.reason:
        raise SettingsError(stop.reason)


@asynccontextmanager
async def serving(
    settings: Settings, give_up: Callable[[str], None] = log.critical
) -> AsyncIterator[Serving]:
    """Build everything that `settings` ask for; release it in reverse order.

    `give_up` is told why it makes no sense to go on.

    Raises:
        StartError: an address is taken.
        FolderInUse: another process serves from this data folder.
        KnowledgeError: there is nothing to answer from.
    """
    # Imported here: `chuchu ask` comes by and needs none of it.
    from bot.admin.building import ChildBuilder
    from bot.admin.knowledge import open_knowledge
    from bot.admin.side import open_admin_side
    from bot.administrators import PlatformAdministrators
    from bot.conversation.dialogue import Dialogue
    from bot.conversation.lookup import open_lookup
    from bot.metrics import Metrics
    from bot.platforms import Platforms
    from bot.web.links import page_links
    from bot.web.server import listening
    from bot.web.site import Health, make_site

    async with AsyncExitStack() as stack:
        guard = _sole_run(stack, settings)
        builder = await stack.enter_async_context(ChildBuilder())
        platforms, metrics, health = Platforms(), Metrics(), Health()
        knowledge = await stack.enter_async_context(open_knowledge(settings.articles, settings.data, builder))
        lookup = stack.enter_context(open_lookup(knowledge.store))
        await lookup.warm()
        health.add("knowledge", lookup.red)
        administrators = PlatformAdministrators()
        admin = await stack.enter_async_context(
            open_admin_side(_admin_options(settings), knowledge, builder, platforms, metrics.page, now)
        )
        reloader = admin.reloader
        reloader.tell(_tidied)
        metrics.watch("chuchu_articles", "Articles served", lambda: reloader.manifest.figures.articles)
        metrics.watch("chuchu_facts", "Facts served", lambda: reloader.manifest.figures.facts)
        metrics.watch(
            "chuchu_snapshot_time", "When it was built, Unix time", lambda: reloader.manifest.created
        )
        metrics.watch("chuchu_tasks", "Tasks of the event loop", lambda: len(asyncio.all_tasks()))
        links = page_links(settings.public_url)
        learning = await _learning(stack, settings, admin, knowledge, lookup, links, administrators)
        dialogue = Dialogue(
            lookup,
            admin.shown,
            now,
            links,
            {**admin.commands, **(learning.commands if learning else {})},
            {**admin.presses, **(learning.presses if learning else {})},
            files=admin.attachment,
            preferences=admin.preferences,
            administrators=administrators,
            memory=learning.memory if learning else None,
        )
        routes = await _telegram(
            stack, settings, dialogue, metrics, health, administrators, platforms, admin.moves, give_up
        )
        site = make_site(lookup, health, routes or ())
        address = await stack.enter_async_context(listening(site, settings.http))
        door = await stack.enter_async_context(
            listening(admin.door, settings.admin_http, "CHUCHU_ADMIN_HTTP")
        )
        if guard:
            guard.tell(f"{door.host}:{door.port}")
        platforms.opened.set()
        await builder.start()
        yield Serving(address, routes is not None, admin.knocker.knock)


async def _tidied(report: Report) -> None:
    """What no longer serves leaves holes."""
    await asyncio.to_thread(give_back)


def _sole_run(stack: AsyncExitStack, settings: Settings) -> Guard | None:
    """Hold the data folder; None where it cannot be written, so that nobody can hold it."""
    from knowledge.snapshots.lock import sole_run

    try:
        settings.data.mkdir(parents=True, exist_ok=True)
        return stack.enter_context(sole_run(settings.data))
    except OSError as error:
        log.warning("%s 不能写入（%s）：只作答，不保存", settings.data, error.strerror)
        return None


async def _learning(
    stack: AsyncExitStack,
    settings: Settings,
    admin: AdminSide,
    knowledge: Knowledge,
    lookup: Lookup,
    links: Links,
    administrators: PlatformAdministrators,
) -> LearningSide | None:
    """Learn where the shared state can be used; answers go on without."""
    if admin.desk is None:
        return None
    from bot.learning.side import open_learning

    opening = open_learning(
        settings.data, admin.desk, knowledge.store, lookup, knowledge.language, links, administrators
    )
    return await stack.enter_async_context(opening)


def _admin_options(settings: Settings) -> AdminOptions:
    from bot.admin.side import AdminOptions
    from bot.admin.token import own_token
    from bot.state.state import sqlite_address

    given = settings.admin_token
    return AdminOptions(
        settings.articles,
        settings.data,
        settings.database or sqlite_address(settings.data),
        settings.admins,
        given.get_secret_value() if given else own_token(settings.data),
        settings.admin_http.host,
        settings.watch,
    )


async def _telegram(
    stack: AsyncExitStack,
    settings: Settings,
    conversation: Conversation,
    metrics: Metrics,
    health: Health,
    administrators: PlatformAdministrators,
    platforms: Platforms,
    moves: ChatEvents | None,
    give_up: Callable[[str], None],
) -> Sequence[web.RouteDef] | None:
    """Serve Telegram if it is switched on; return the routes it needs on the page's site, None if it is off."""
    if settings.telegram_token is None:
        return None
    from aiohttp import web

    from bot.telegram.service import API, PATH, TelegramOptions, telegram_service
    from bot.telegram.translate import PLATFORM

    secret = settings.webhook_secret
    options = TelegramOptions(
        settings.telegram_token.get_secret_value().strip(),
        settings.data / "inbox.sqlite",
        settings.telegram_api or API,
        settings.webhook_url,
        secret.get_secret_value() if secret else None,
    )
    service = await stack.enter_async_context(
        telegram_service(options, conversation, metrics, moves, give_up)
    )
    health.add("telegram", service.red)
    administrators.add(PLATFORM, service.members)
    platforms.add(PLATFORM, service, service, service)
    return [web.post(PATH, service.webhook.handle)] if service.webhook else []


def now() -> datetime:
    """The clock of everything that is built here."""
    return datetime.now(UTC)


async def reload_here(
    settings: Settings, dry: bool, confirm: str | None, show: Callable[[str], None]
) -> dict[str, JsonValue]:
    """Reload on the data folder, for a command in the terminal while nobody serves from it.

    Raises:
        FolderInUse: somebody began to serve in between.
    """
    from bot.admin.acting import audited_reload
    from bot.admin.building import ChildBuilder
    from bot.admin.knowledge import open_knowledge
    from bot.admin.ledger import Ledger
    from bot.admin.reloading import Reloader, Wish
    from bot.admin.wire import report_json
    from bot.admin.wording import progress_text
    from bot.state.state import open_state, sqlite_address
    from knowledge.snapshots.lock import sole_run

    settings.data.mkdir(parents=True, exist_ok=True)
    async with AsyncExitStack() as stack:
        stack.enter_context(sole_run(settings.data))
        builder = await stack.enter_async_context(ChildBuilder())
        state = await stack.enter_async_context(
            open_state(settings.database or sqlite_address(settings.data))
        )
        knowledge = await stack.enter_async_context(open_knowledge(settings.articles, settings.data, builder))
        reloader = Reloader(
            settings.articles,
            knowledge.versions,
            knowledge.store,
            knowledge.manifest,
            knowledge.language,
            builder,
            now,
            state.shown.quoted,
        )
        report = await audited_reload(
            reloader,
            Ledger(state.audit, now),
            Wish("shell", dry, confirm),
            lambda stage, done, of: show(progress_text(stage, done, of, None)),
        )
        return report_json(report)


async def restore_here(settings: Settings, backup: Path) -> str:
    """Restore on the data folder, for a command in the terminal while nobody serves from it; say what came of it.

    Raises:
        FolderInUse: somebody began to serve in between.
        BackupRefused: the backup is not whole.
    """
    from bot.admin.ledger import Ledger
    from bot.admin.report import Ending
    from bot.backup.restoring import ACT, restore
    from bot.state.state import open_state, sqlite_address
    from knowledge.snapshots.asking import SERVED
    from knowledge.snapshots.lock import sole_run
    from knowledge.snapshots.versions import Versions

    settings.data.mkdir(parents=True, exist_ok=True)
    async with AsyncExitStack() as stack:
        stack.enter_context(sole_run(settings.data))
        state = await stack.enter_async_context(
            open_state(settings.database or sqlite_address(settings.data))
        )
        name = await restore(backup, settings.data, Versions(settings.data / SERVED), state)
        await Ledger(state.audit, now).write("shell", ACT, Ending.RESTORED, name)
        return f"已从 {backup} 恢复；知识是版本 {name}，下次启动就用它。\n"
