"""The WeCom side in this process, with a conversation made by hand, against the small gateway."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from bot.messages import Conversation
from bot.observability import Metrics
from bot.platforms.core import Clocks
from bot.platforms.wecom.service import WeComOptions, WeComService, wecom_service
from bot.ports import PlatformHost
from bot.sharing import Rate
from bot.state.sqlite_inbox import open_inboxes
from tests.wecom.server import BOT, SECRET, Gateway

FREELY = Rate(1e-6, 1)


@asynccontextmanager
async def serving(
    server: Gateway,
    folder: Path,
    conversation: Conversation,
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
    async with open_inboxes(folder / "inbox.sqlite", time.time, "telegram") as inboxes:
        host = PlatformHost(conversation, Metrics(), inboxes, folder, None, on_fatal)
        async with wecom_service(options, host, clocks) as service:
            if subscribed:
                await server.until(lambda: server.online)
            yield service
