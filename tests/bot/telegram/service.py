"""The Telegram side in this process against the strict server: with a conversation made by hand, or the whole bot talked to update by update."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.messages import (
    ButtonPress,
    ChatMigrations,
    Conversation,
    InlineAnswer,
    InlineQuery,
    InlineResult,
    Message,
    Reply,
    Run,
)
from bot.platforms.service import Clocks
from bot.platforms.telegram.service import PATH, TelegramOptions, TelegramService
from bot.sharing import Rate
from bot.state.sqlite_inbox import read_statuses
from tests.botapi.server import TOKEN, BotApi
from tests.botapi.updates import Json, group, message, press, private, user
from tests.support.inbox import PLATFORM, open_host
from tests.support.server import PATIENCE, listening

FREELY = Rate(1e-6, 1)
SECRET = "canary-secret_of-the-tests"


@dataclass
class Echo:
    """Says 答 and what was asked; remembers everything; `reply` may be replaced."""

    heard: list[Message] = field(default_factory=list)
    pressed: list[ButtonPress] = field(default_factory=list)
    reply: Callable[[Message], Sequence[Reply]] = lambda m: [Reply([Run(f"答：{m.text}")])]
    press_reply: Callable[[ButtonPress], Sequence[Reply]] = lambda p: [Reply([], notice="好")]
    seconds: float = 0.0

    async def message(self, message: Message) -> Sequence[Reply]:
        self.heard.append(message)
        await asyncio.sleep(self.seconds)
        return self.reply(message) if message.addressed else ()

    async def too_many(self, message: Message) -> Sequence[Reply]:
        return [Reply([Run("太快了")])]

    async def press(self, press: ButtonPress) -> Sequence[Reply]:
        self.pressed.append(press)
        return self.press_reply(press)

    async def inline(self, query: InlineQuery) -> InlineAnswer:
        return InlineAnswer([InlineResult("1", query.text, "", Reply([Run(f"答：{query.text}")]))])


@dataclass
class Moves:
    """Remembers what it is told about chats, as the shared state does."""

    told: list[tuple[str, ...]] = field(default_factory=list)
    known: dict[str, str] = field(default_factory=dict)

    async def moves(self, platform: str) -> dict[str, str] | None:
        return dict(self.known)

    async def moved(self, platform: str, old: str, new: str) -> bool:
        self.told.append(("moved", old, new))
        self.known[old] = new
        return True

    async def closed(self, platform: str, chat: str) -> None:
        self.told.append(("closed", chat))


@asynccontextmanager
async def polling(
    api: BotApi,
    folder: Path,
    conversation: Conversation,
    events: ChatMigrations | None = None,
    haste: float = 1,
    on_fatal: Callable[[str], None] = print,
    overall: Rate = FREELY,
    clocks: Clocks | None = None,
    **options: float,
) -> AsyncIterator[TelegramService]:
    """Serve by polling; what is polled for hangs only shortly; `haste` makes the clock run faster."""
    quick = {"poll_seconds": 1, "poll_grace": 0.3, **options}
    given = TelegramOptions(TOKEN, api.url, overall=overall, **quick)  # type: ignore[arg-type]
    clocks = clocks or Clocks(monotonic=lambda: time.monotonic() * haste)
    async with (
        open_host(folder, conversation, None, events, on_fatal) as host,
        TelegramService(given, host, clocks).serving() as service,
    ):
        yield service


@asynccontextmanager
async def webhook(
    api: BotApi, folder: Path, conversation: Conversation
) -> AsyncIterator[tuple[TelegramService, str]]:
    """Serve by webhook on a small server of its own; yields its address too."""
    app = web.Application()
    handlers: list[TelegramService] = []

    async def handle(request: web.Request) -> web.StreamResponse:
        assert handlers[0].webhook is not None
        return await handlers[0].webhook.handle(request)

    app.router.add_post(PATH, handle)
    async with listening(app) as url:
        options = TelegramOptions(TOKEN, api.url, url, SECRET)
        async with (
            open_host(folder, conversation) as host,
            TelegramService(options, host).serving() as service,
        ):
            handlers.append(service)
            yield service, url + PATH


def endings(folder: Path) -> dict[int, str | None]:
    found = read_statuses(folder / "inbox.sqlite", PLATFORM)
    return {int(update): status for update, (status, _) in found.items()}


def reasons(folder: Path) -> dict[int, str | None]:
    found = read_statuses(folder / "inbox.sqlite", PLATFORM)
    return {int(update): reason for update, (_, reason) in found.items()}


@dataclass(frozen=True, slots=True)
class Said:
    """What the bot did about one update: its ending, and its calls to anybody."""

    ending: str
    calls: list[tuple[str, Json]]

    @property
    def texts(self) -> list[str]:
        """Texts sent or edited, and the notice on a press, in order."""
        saying = ("sendMessage", "editMessageText", "answerCallbackQuery")
        return [asked["text"] for method, asked in self.calls if method in saying and "text" in asked]

    @property
    def text(self) -> str:
        """The only text."""
        (text,) = self.texts
        return text


class Bot:
    """A bot that serves one data folder, the server it talks to, and the people there; a chat is its id."""

    def __init__(self, api: BotApi, data: Path) -> None:
        self.api = api
        self.data = data
        self._numbers = itertools.count(1)

    async def tell(self, **update: Any) -> Said:
        """Push one update and wait until the inbox says how it ended."""
        before = len(self.api.calls)
        number = self.api.push(**update)
        await self.api.until(lambda: endings(self.data).get(number))
        made = [call for call in self.api.calls[before:] if call.refused is None]
        return Said(str(endings(self.data)[number]), [(call.method, call.parameters) for call in made])

    async def says(self, chat: int, text: str | None, sender: int | None = None, **more: Any) -> Said:
        """Let somebody say something in a private chat of their own, or in a group."""
        where = private(chat) if chat > 0 else group(chat)
        return await self.tell(
            message=message(text, where, next(self._numbers), user(sender or chat), **more)
        )

    async def press(
        self, label: str, chat: int, sender: int | None = None, under: Json | None = None
    ) -> Said:
        """Press the newest button of that label in a chat, as if it were under another message."""
        data, shown = self.api.button(label, chat)
        query = press(data, under or shown, f"q{next(self._numbers)}", user(sender or chat))
        return await self.tell(callback_query=query)

    async def hears(self, chat: int, count: int, seconds: float = PATIENCE) -> None:
        """Wait until so many texts were said in a chat."""
        await self.api.until(lambda: len(self.api.said(chat)) >= count, seconds)

    def last(self, chat: int) -> str:
        """What was said in a chat last, as it is now."""
        return str(self.api.shown(chat)[-1]["text"])
