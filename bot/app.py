"""The composition root: every real thing is built here, and released in reverse order."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.config import Address, Settings
from knowledge.errors import NoArticles
from knowledge.snapshot import Snapshot
from knowledge.snapshots.asking import snapshot_of

if TYPE_CHECKING:
    from aiohttp import web

    from bot.administrators import PlatformAdministrators
    from bot.messages import Conversation
    from bot.metrics import Metrics
    from bot.web.site import Health

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


def run(settings: Settings) -> int:
    """Serve every configured surface until SIGTERM or SIGINT."""
    from bot.logs import set_up_logs

    set_up_logs(settings)
    asyncio.run(_run(settings))
    return 0


async def _run(settings: Settings) -> None:
    stop = asyncio.Event()
    for wanted in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(wanted, stop.set)
    async with serving(settings) as open_now:
        telegram = "Telegram 已接通" if open_now.telegram else "要接通 Telegram，请设 CHUCHU_TELEGRAM_TOKEN"
        print(f"网页在 {open_now.page.url}；{telegram}。", flush=True)
        await stop.wait()


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[Serving]:
    """Build everything that `settings` ask for; release it in reverse order.

    Raises:
        StartError: an address is taken.
        KnowledgeError: there is nothing to answer from.
    """
    # Imported here: `chuchu ask` comes by and needs none of it.
    from bot.administrators import PlatformAdministrators
    from bot.conversation.dialogue import Dialogue
    from bot.conversation.lookup import open_lookup
    from bot.conversation.shown import ShownInMemory
    from bot.metrics import Metrics
    from bot.web.links import page_links
    from bot.web.server import listening
    from bot.web.site import Health, make_site
    from knowledge.store import KnowledgeStore

    async with AsyncExitStack() as stack:
        store = KnowledgeStore(stack.enter_context(open_snapshot(settings)))
        lookup = stack.enter_context(open_lookup(store))
        await lookup.warm()
        administrators = PlatformAdministrators()
        links = page_links(settings.public_url)
        dialogue = Dialogue(lookup, ShownInMemory(), now, links, administrators=administrators)
        health = Health()
        metrics = Metrics()
        routes = await _telegram(stack, settings, dialogue, metrics, health, administrators)
        site = make_site(lookup, health, routes or ())
        address = await stack.enter_async_context(listening(site, settings.http))
        yield Serving(address, telegram=routes is not None)


async def _telegram(
    stack: AsyncExitStack,
    settings: Settings,
    conversation: Conversation,
    metrics: Metrics,
    health: Health,
    administrators: PlatformAdministrators,
) -> Sequence[web.RouteDef] | None:
    """Serve Telegram if it is switched on; return the routes it needs on the page's site, None if it is off."""
    if settings.telegram_token is None:
        return None
    from aiohttp import web

    from bot.telegram.service import API, PATH, TelegramOptions, telegram_service
    from bot.telegram.translate import PLATFORM

    secret = settings.webhook_secret
    settings.data.mkdir(parents=True, exist_ok=True)
    options = TelegramOptions(
        settings.telegram_token.get_secret_value().strip(),
        settings.data / "inbox.sqlite",
        settings.telegram_api or API,
        settings.webhook_url,
        secret.get_secret_value() if secret else None,
    )
    service = await stack.enter_async_context(telegram_service(options, conversation, metrics))
    health.add("telegram", service.red)
    administrators.add(PLATFORM, service.members)
    return [web.post(PATH, service.webhook.handle)] if service.webhook else []


def now() -> datetime:
    """The clock of everything that is built here."""
    return datetime.now(UTC)
