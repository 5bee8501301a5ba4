"""The WeCom side in this process, with a conversation made by hand, against the small gateway."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from bot.messages import ChatMigrations, Conversation
from bot.platforms.service import Clocks
from bot.platforms.wecom.client import WeComOptions
from bot.platforms.wecom.service import WeComService
from bot.sharing import Rate
from tests.support.inbox import open_host
from tests.wecom.server import BOT, SECRET, Gateway

FREELY = Rate(1e-6, 1)


@asynccontextmanager
async def serving(
    server: Gateway,
    folder: Path,
    conversation: Conversation,
    events: ChatMigrations | None = None,
    on_fatal: Callable[[str], None] = print,
    clocks: Clocks | None = None,
    ping_seconds: float = 30.0,
    ack_seconds: float = 10.0,
    per_chat: Rate = FREELY,
    secret: str = SECRET,
    subscribed: bool = True,
) -> AsyncIterator[WeComService]:
    """Serve, with the real timeouts but where a test wants to hang."""
    options = WeComOptions(BOT, secret, server.url, ping_seconds, ack_seconds, per_chat)
    async with (
        open_host(folder, conversation, None, events, on_fatal) as host,
        WeComService(options, host, clocks).serving() as service,
    ):
        if subscribed:
            await server.until(lambda: server.online)
        yield service
