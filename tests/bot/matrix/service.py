"""The Matrix side in this process, with a conversation made by hand, against the small homeserver."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from bot.messages import ChatMigrations, Conversation
from bot.platforms.matrix.service import MatrixOptions, MatrixService
from bot.platforms.service import Clocks, Pace
from bot.sharing import Rate
from tests.matrix.server import TOKEN, Homeserver
from tests.support.inbox import open_host

ANN, BOB, EVE = "@ann:here", "@bob:here", "@eve:here"
FREELY = Rate(1e-6, 1)
QUICK = Pace(FREELY, FREELY, FREELY)


@asynccontextmanager
async def serving(
    server: Homeserver,
    folder: Path,
    conversation: Conversation,
    events: ChatMigrations | None = None,
    on_fatal: Callable[[str], None] = print,
    clocks: Clocks | None = None,
    poll_seconds: float = 1.0,
    poll_grace: float = 0.5,
    token: str = TOKEN,
    heard: bool = True,
) -> AsyncIterator[MatrixService]:
    """Serve; timeouts are short, so that hangs are short. Where it is to be `heard`, it has stood in the first position when this begins."""
    options = MatrixOptions(server.url, token, poll_seconds, poll_grace, 1.0, QUICK)
    async with (
        open_host(folder, conversation, None, events, on_fatal) as host,
        MatrixService(options, host, clocks).serving() as service,
    ):
        if heard and token == TOKEN:
            await server.until(lambda: server.is_heard)
        yield service
