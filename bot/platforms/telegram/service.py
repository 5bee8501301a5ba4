"""Telegram as a whole: started in order, stopped in reverse order."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import web
from telegram import Bot
from telegram.error import InvalidToken, TelegramError

from bot.handlers.commands import menus
from bot.messages import Chat, ChatMigrations, Conversation, Reply, Sender
from bot.observability import Metrics
from bot.platforms.limiter import OVERALL, Limiter, Rate
from bot.platforms.scheduler import Job, Result, UpdateScheduler
from bot.platforms.telegram.adapter import Adapter
from bot.platforms.telegram.chats import ChatDirectory
from bot.platforms.telegram.client import AiohttpRequest, Members, set_menus
from bot.platforms.telegram.receiving import (
    FIRST_PAUSE,
    LONGEST_PAUSE,
    UPDATE_TYPES,
    ConnectionHealth,
    Poller,
    Webhook,
)
from bot.platforms.telegram.sending import OutgoingMessages
from bot.platforms.telegram.setup import Telegram
from bot.platforms.telegram.updates import BotIdentity
from bot.runtime import background, backoff, periodic, restarting
from bot.state.inbox import Inbox, InboxError
from bot.state.sqlite_inbox import open_inbox

API = "https://api.telegram.org"
PATH = "/telegram"
DRAIN_SECONDS = 4.0
TIDY_SECONDS = 3600.0
REFUSED = "Telegram 五分钟来一直不认这个令牌；请向 BotFather 核对 CHUCHU_TELEGRAM_TOKEN（或它的 _FILE）"
FILE_LIMIT = 20 * 1024 * 1024
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TelegramOptions:
    """How to reach Telegram and how long to wait; `webhook_url` empty means polling."""

    token: str
    inbox: Path
    api: str = API
    webhook_url: str | None = None
    webhook_secret: str | None = None
    poll_seconds: int = 10
    poll_grace: float = 5.0
    call_seconds: float = 20.0
    places: int = 16
    overall: Rate = OVERALL

    def __repr__(self) -> str:
        """Say nothing secret."""
        return f"TelegramOptions(api={self.api!r}, webhook={self.webhook_url is not None})"


class TelegramService:
    """Telegram, open: a `bot.ports.Platform`; `clock` is the time of day, `monotonic` a clock that never goes back."""

    def __init__(
        self,
        options: TelegramOptions,
        conversation: Conversation,
        metrics: Metrics,
        events: ChatMigrations | None,
        inbox: Inbox,
        clock: Callable[[], float],
        monotonic: Callable[[], float],
        on_fatal: Callable[[str], None],
    ) -> None:
        self._options = options
        self._conversation = conversation
        self._metrics = metrics
        self._inbox = inbox
        self._clock = clock
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
        self._chats = ChatDirectory(inbox, events, clock)
        self._limiter = Limiter(monotonic, options.overall)
        self._workers = UpdateScheduler(
            inbox, self._handle, metrics, clock, options.places, self._chats.resolve
        )
        self._sender = OutgoingMessages(
            self._bot,
            self._calls,
            self._address,
            self._limiter,
            self._chats,
            metrics,
            moved=self._workers.move,
        )
        self._health = ConnectionHealth(monotonic, self._patience(), lambda: on_fatal(REFUSED))
        self._adapter: Adapter | None = None
        self._members = Members(self._bot)
        self.webhook = self._make_webhook()
        metrics.watch("chuchu_inbox_waiting", "Updates stored and not ended", lambda: self._workers.waiting)
        metrics.watch("chuchu_chats_held", "Chats held by a 429", lambda: self._limiter.held_chats)
        metrics.watch(
            "chuchu_telegram_age_seconds", "Since Telegram was last heard", lambda: self._health.age
        )

    def problem(self) -> str | None:
        """Say what is wrong with the Telegram side, or None."""
        if self._adapter is None:
            return "getMe has not succeeded yet"
        return self._health.problem

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
        await self._inbox.forget(person)

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
        await self._chats.load()
        self._workers.add(await self._inbox.queued())
        async with self._calls, self._polls:
            try:
                async with background(
                    restarting(self._set_webhook if self.webhook else self._poller().run),
                    restarting(self._work),
                    periodic(
                        TIDY_SECONDS, self._purge, InboxError, what="inbox: cannot forget what has ended"
                    ),
                    restarting(self._set_menus),
                ):
                    try:
                        yield
                    finally:
                        if self.webhook:
                            self.webhook.close()
            finally:
                await self._workers.drain(DRAIN_SECONDS)

    async def _handle(self, job: Job) -> Result:
        assert self._adapter is not None
        return await self._adapter.handle(job)

    async def _identify(self) -> None:
        """Learn who we are; without that no @mention can be told, so nobody is answered before."""
        failures = 0
        while self._adapter is None:
            try:
                me = await self._bot.get_me()
            except TelegramError as error:
                if self._health.fail(f"getMe: {error}", isinstance(error, InvalidToken)):
                    logger.error("getMe: %s: %s", type(error).__name__, error)
                await asyncio.sleep(backoff(failures, FIRST_PAUSE, LONGEST_PAUSE))
                failures += 1
            else:
                identity = BotIdentity(me.id, me.username or "")
                self._adapter = Adapter(
                    self._conversation, self._sender, self._chats, self._inbox, identity, self._clock
                )
                logger.info("serving @%s", identity.username)

    async def _work(self) -> None:
        await self._identify()
        await self._workers.run()

    async def _set_menus(self) -> None:
        try:
            await set_menus(self._bot, menus())
        except TelegramError as error:
            logger.warning("the menus could not be set, trying again later: %s", error)
            await asyncio.sleep(LONGEST_PAUSE)
        else:
            await asyncio.Event().wait()

    async def _purge(self) -> None:
        try:
            gone = await self._inbox.purge()
        except InboxError:
            self._metrics.inbox_errors.inc()
            raise
        logger.debug("%d ended updates forgotten", gone)

    async def _set_webhook(self) -> None:
        failures = 0
        while True:
            try:
                await self._bot.set_webhook(
                    webhook_address(self._options.webhook_url or ""),
                    secret_token=self._options.webhook_secret,
                    allowed_updates=UPDATE_TYPES,
                    drop_pending_updates=False,
                )
            except TelegramError as error:
                if self._health.fail(f"setWebhook: {error}", isinstance(error, InvalidToken)):
                    logger.error("setWebhook: %s: %s", type(error).__name__, error)
                await asyncio.sleep(backoff(failures, FIRST_PAUSE, LONGEST_PAUSE))
                failures += 1
            else:
                self._health.ok()
                await asyncio.Event().wait()

    def _patience(self) -> float | None:
        return None if self._options.webhook_url else 3.0 * self._options.poll_seconds

    def _make_webhook(self) -> Webhook | None:
        if self._options.webhook_url is None:
            return None
        if not self._options.webhook_secret:
            raise ValueError("a webhook needs a secret: CHUCHU_WEBHOOK_SECRET")
        return Webhook(
            self._options.webhook_secret, self._inbox, self._workers.add, self._health, self._metrics
        )

    def _poller(self) -> Poller:
        return Poller(
            self._polls,
            self._address,
            self._inbox,
            self._workers.add,
            self._workers.throttle,
            self._health,
            self._metrics,
            self._options.poll_seconds,
            self._options.poll_grace,
        )


@asynccontextmanager
async def telegram_service(
    options: TelegramOptions,
    conversation: Conversation,
    metrics: Metrics,
    events: ChatMigrations | None = None,
    on_fatal: Callable[[str], None] = logger.critical,
    clock: Callable[[], float] = time.time,
    monotonic: Callable[[], float] = time.monotonic,
) -> AsyncIterator[TelegramService]:
    """Serve Telegram while the block runs; at its end nothing is lost and what was begun is finished.

    `on_fatal` is told, in Chinese, when Telegram has refused the token for five minutes.

    In webhook mode mount `service.routes` on the public site.
    """
    async with open_inbox(options.inbox, clock) as inbox:
        service = TelegramService(options, conversation, metrics, events, inbox, clock, monotonic, on_fatal)
        async with service.serving():
            yield service


def webhook_address(url: str) -> str:
    """Return where Telegram brings updates to: the given address, `/telegram` where it has no path."""
    return url if urlsplit(url).path.strip("/") else url.rstrip("/") + PATH
