"""Telegram as a whole: started in order, stopped in reverse order."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from aiohttp import web
from telegram import Bot, Update
from telegram.error import TelegramError

from bot.handlers.commands import menus
from bot.inbox import ClaimedUpdate, Inbox
from bot.messages import Chat, ChatMigrations, Conversation, Reply, Sender
from bot.observability import Metrics
from bot.platforms.adapter import Event, Translate
from bot.platforms.calls import parse
from bot.platforms.core import Clocks, Pace, PlatformCore
from bot.platforms.health import LONGEST_PAUSE, until_done
from bot.platforms.limiter import OVERALL
from bot.platforms.telegram.client import AiohttpRequest, Members, set_menus
from bot.platforms.telegram.receiving import UPDATE_TYPES, Poller, Webhook
from bot.platforms.telegram.sending import BotApiTransport, OutgoingMessages
from bot.platforms.telegram.setup import API, Telegram
from bot.platforms.telegram.updates import PLATFORM, TelegramIdentity, translate
from bot.sharing import Alone, Led, Rate, Sharing

PATH = "/telegram"
DRAIN_SECONDS = 4.0
# tdlib/telegram-bot-api, Client.cpp: how long Telegram itself keeps these open.
LIFE_SECONDS = {"inline_query": 30.0, "callback_query": 150.0}
REFUSED = "Telegram 五分钟来一直不认这个令牌；请向 BotFather 核对 CHUCHU_TELEGRAM_TOKEN（或它的 _FILE）"
FILE_LIMIT = 20 * 1024 * 1024
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TelegramOptions:
    """How to reach Telegram and how long to wait; `webhook_url` empty means polling."""

    token: str
    api: str = API
    webhook_url: str | None = None
    webhook_secret: str | None = None
    poll_seconds: int = 10
    poll_grace: float = 5.0
    call_seconds: float = 20.0
    places: int = 16
    overall: Rate = OVERALL
    owners: Collection[str] = ()

    def __repr__(self) -> str:
        """Say nothing secret."""
        return f"TelegramOptions(api={self.api!r}, webhook={self.webhook_url is not None})"


class TelegramService:
    """Telegram, open: a `bot.ports.Platform`."""

    def __init__(
        self,
        options: TelegramOptions,
        conversation: Conversation,
        metrics: Metrics,
        events: ChatMigrations | None,
        inbox: Inbox,
        clocks: Clocks,
        on_fatal: Callable[[str], None],
        sharing: Sharing,
    ) -> None:
        self._options = options
        self._metrics = metrics
        self._address = f"{options.api}/bot{options.token}"
        self._calls = AiohttpRequest(connections=options.places * 2, seconds=options.call_seconds)
        self._polls = AiohttpRequest(connections=2)
        self._bot = Bot(
            options.token,
            base_url=f"{options.api}/bot",
            base_file_url=f"{options.api}/file/bot",
            request=self._calls,
            get_updates_request=self._polls,
        )
        self._core = PlatformCore(
            PLATFORM,
            inbox,
            conversation,
            metrics,
            events,
            BotApiTransport(self._bot, self._calls, self._address),
            Pace(options.overall, places=options.places, drain_seconds=DRAIN_SECONDS),
            lambda: on_fatal(REFUSED),
            None if options.webhook_url else 3.0 * options.poll_seconds,
            clocks,
            sharing,
            Led.NOTHING if options.webhook_url else Led.RECEIVING,
        )
        self._sender = OutgoingMessages(self._bot, self._core.outbox, metrics)
        self._members = Members(self._bot)
        self.problem = self._core.problem
        self.webhook = self._make_webhook()

    @property
    def routes(self) -> Sequence[web.RouteDef]:
        """Where Telegram brings updates to, in webhook mode."""
        return [web.post(PATH, self.webhook.handle)] if self.webhook else []

    def person_id(self, typed: str) -> str:
        """Return a numeric user id."""
        return Telegram.person_id(typed)

    async def administers(self, chat: Chat, sender: Sender) -> bool:
        """Tell whether a person administers a group, by Telegram's word."""
        return await self._members.administers(chat, sender)

    async def send(self, chat: Chat, reply: Reply) -> str | None:
        """Say something unasked (`bot.messages.MessageGateway`)."""
        return await self._sender.send(chat, reply)

    async def forget(self, person: str) -> None:
        """Keep nothing about a person's private chat (`bot.messages.Forgets`)."""
        await self._core.inbox.forget(person)

    async def download(self, attachment: str, limit: int = FILE_LIMIT) -> AsyncIterator[bytes]:
        """Yield the pieces of a file that somebody sent.

        Raises:
            TelegramError: it is gone, too big, or cannot be reached.
        """
        file = await self._bot.get_file(attachment)
        path = urlsplit(file.file_path or "").path.rpartition(self._options.token)[2].strip("/")
        async for piece in self._calls.download(
            f"{self._options.api}/file/bot{self._options.token}/{path}", limit
        ):
            yield piece

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Serve while the block runs; then take nothing more, and let what has begun end."""
        receive = self._set_webhook if self.webhook else self._poller().run
        async with (
            self._calls,
            self._polls,
            self._core.serving(self._sender, self._identify, LIFE_SECONDS, receive, self._set_menus),
        ):
            try:
                yield
            finally:
                if self.webhook:
                    self.webhook.close()

    async def _identify(self) -> Translate:
        me = await until_done("getMe", self._bot.get_me, self._core.health)
        identity = TelegramIdentity(me.id, me.username or "")
        logger.info("serving @%s", identity.username)

        async def translated(update: ClaimedUpdate) -> Event:
            parsed = parse(update.body)
            read = Update.de_json(parsed, None) if isinstance(parsed, dict) else None
            if read is None:
                raise ValueError("no JSON object")
            return translate(read, identity)

        return translated

    async def _set_menus(self) -> None:
        try:
            await set_menus(self._bot, menus(), self._options.owners)
        except TelegramError as error:
            logger.warning("the menus could not be set, trying again later: %s", error)
            await asyncio.sleep(LONGEST_PAUSE)
        else:
            await asyncio.Event().wait()

    async def _set_webhook(self) -> None:
        await until_done(
            "setWebhook",
            lambda: self._bot.set_webhook(
                webhook_address(self._options.webhook_url or ""),
                secret_token=self._options.webhook_secret,
                allowed_updates=UPDATE_TYPES,
                drop_pending_updates=False,
            ),
            self._core.health,
        )
        self._core.health.ok()
        await asyncio.Event().wait()

    def _make_webhook(self) -> Webhook | None:
        if self._options.webhook_url is None:
            return None
        if not self._options.webhook_secret:
            raise ValueError("a webhook needs a secret: CHUCHU_WEBHOOK_SECRET")
        return Webhook(self._options.webhook_secret, self._core.receiver, self._core.health, self._metrics)

    def _poller(self) -> Poller:
        return Poller(
            self._polls,
            self._address,
            self._core.receiver,
            self._core.scheduler.throttle,
            self._core.health,
            self._metrics,
            self._options.poll_seconds,
            self._options.poll_grace,
        )


@asynccontextmanager
async def telegram_service(
    options: TelegramOptions,
    inbox: Inbox,
    conversation: Conversation,
    metrics: Metrics,
    events: ChatMigrations | None = None,
    on_fatal: Callable[[str], None] = logger.critical,
    clock: Callable[[], float] = time.time,
    monotonic: Callable[[], float] = time.monotonic,
    sharing: Sharing | None = None,
) -> AsyncIterator[TelegramService]:
    """Serve Telegram while the block runs; at its end nothing is lost and what was begun is finished.

    `on_fatal` is told, in Chinese, when Telegram has refused the token for five minutes.

    In webhook mode mount `service.routes` on the public site.
    """
    service = TelegramService(
        options, conversation, metrics, events, inbox, Clocks(clock, monotonic), on_fatal, sharing or Alone()
    )
    async with service.serving():
        yield service


def webhook_address(url: str) -> str:
    """Return where Telegram brings updates to: the given address, `/telegram` where it has no path."""
    return url if urlsplit(url).path.strip("/") else url.rstrip("/") + PATH
