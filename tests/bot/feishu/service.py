"""Feishu's side in this process, with a conversation made by hand, against the strict small Feishu."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from bot.messages import ChatMigrations, Conversation
from bot.observability import Metrics
from bot.platforms.feishu.client import Credentials
from bot.platforms.feishu.service import PATH, FeishuOptions, FeishuService
from bot.platforms.service import Clocks, Pace
from bot.sharing import Rate
from tests.feishu.server import APP, SECRET, Feishu
from tests.support.inbox import open_host
from tests.support.server import listening

FREELY = Pace(Rate(1e-6, 1), Rate(1e-6, 1), Rate(1e-6, 1))
VERIFICATION, ENCRYPT = "canary-verification-token", "canary-encrypt-key-of-the-tests"


@asynccontextmanager
async def serving(
    server: Feishu,
    folder: Path,
    conversation: Conversation,
    metrics: Metrics | None = None,
    events: ChatMigrations | None = None,
    on_fatal: Callable[[str], None] = print,
    secret: str = SECRET,
    pace: Pace = FREELY,
    clocks: Clocks | None = None,
    **options: float | str,
) -> AsyncIterator[FeishuService]:
    """Serve over the long connection, or by callback where a `verification_token` is given."""
    given = FeishuOptions(
        Credentials(APP, secret),
        server.url,
        pace=pace,
        **options,  # type: ignore[arg-type]
    )
    async with (
        open_host(folder, conversation, metrics, events, on_fatal) as host,
        FeishuService(given, host, clocks).serving() as service,
    ):
        yield service


@asynccontextmanager
async def site(service: FeishuService) -> AsyncIterator[str]:
    """The public site with the service's routes; yields the address that Feishu is told."""
    app = web.Application()
    app.add_routes(service.routes)
    async with listening(app) as url:
        yield url + PATH
