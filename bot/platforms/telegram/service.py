"""Telegram as a whole: served, and examined for `chuchu doctor`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

from aiohttp import web
from telegram import Bot, Update
from telegram.constants import ChatMemberStatus
from telegram.error import TelegramError

from bot.handlers.commands import menus
from bot.inbox import ClaimedUpdate
from bot.platforms.adapter import Event, Translate
from bot.platforms.calls import HttpAnswer, HttpClient, parse
from bot.platforms.checkup import advice, reached, tried, well, wrong
from bot.platforms.connection import CALL_LONGEST, until_done
from bot.platforms.core import Clocks, Pace, PlatformService
from bot.platforms.limiter import OVERALL
from bot.platforms.telegram.client import AiohttpRequest, set_menus
from bot.platforms.telegram.receiving import UPDATE_TYPES, Poller, Webhook
from bot.platforms.telegram.sending import ApiCall, BotApiTransport, OutgoingMessages
from bot.platforms.telegram.setup import API, Telegram
from bot.platforms.telegram.updates import TelegramIdentity, translate
from bot.ports import Finding, PlatformHost
from bot.sharing import Led, Rate

PATH = "/telegram"
DRAIN_SECONDS = 4.0
# tdlib/telegram-bot-api, Client.cpp: how long Telegram itself keeps these open.
LIFE_SECONDS = {"inline_query": 30.0, "callback_query": 150.0}
REFUSED = "Telegram 五分钟来一直不认这个令牌；请向 BotFather 核对 CHUCHU_TELEGRAM_TOKEN（或它的 _FILE）"
ADMINS = (ChatMemberStatus.OWNER, ChatMemberStatus.ADMINISTRATOR)
FILE_LIMIT = 20 * 1024 * 1024
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TelegramOptions:
    """How to reach Telegram and how long to wait; `webhook_url` empty means polling."""

    token: str = field(repr=False)
    api: str = API
    webhook_url: str | None = None
    webhook_secret: str | None = field(default=None, repr=False)
    poll_seconds: int = 10
    poll_grace: float = 5.0
    call_seconds: float = 20.0
    places: int = 16
    overall: Rate = OVERALL


class TelegramService(PlatformService[ApiCall]):
    """Telegram, open."""

    setup = Telegram

    def __init__(self, options: TelegramOptions, host: PlatformHost, clocks: Clocks | None = None) -> None:
        self._options = options
        self._owners = host.owners
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
        super().__init__(
            host,
            BotApiTransport(self._bot, self._calls, self._address),
            Pace(options.overall, places=options.places, drain_seconds=DRAIN_SECONDS),
            REFUSED,
            None if options.webhook_url else 3.0 * options.poll_seconds,
            clocks,
            Led.NOTHING if options.webhook_url else Led.RECEIVING,
        )
        self.speaker = OutgoingMessages(self._bot, self.outbox, host.metrics)
        self.webhook = self._make_webhook()

    @property
    def routes(self) -> Sequence[web.RouteDef]:
        """Where Telegram brings updates to, in webhook mode."""
        return [web.post(PATH, self.webhook.handle)] if self.webhook else []

    async def is_admin(self, chat: str, person: str) -> bool:
        """Tell whether a person administers a group: rights that were taken away are gone at once."""
        return (await self._bot.get_chat_member(chat, int(person))).status in ADMINS

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
    async def serving(self) -> AsyncIterator[Self]:
        """Serve while the block runs; then take nothing more, and let what has begun end.

        In webhook mode mount `routes` on the public site.
        """
        receive = self._set_webhook if self.webhook else self._poller().run
        async with (
            self._calls,
            self._polls,
            self.at_work(LIFE_SECONDS, receive, self._set_menus),
        ):
            try:
                yield self
            finally:
                if self.webhook:
                    self.webhook.close()

    async def identify(self) -> Translate:
        """Learn our id and name."""
        me = await until_done("getMe", self._bot.get_me, self.health)
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
            await set_menus(self._bot, menus(), self._owners)
        except TelegramError as error:
            logger.warning("the menus could not be set, trying again later: %s", error)
            await asyncio.sleep(CALL_LONGEST)
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
            self.health,
        )
        self.health.ok()
        await asyncio.Event().wait()

    def _make_webhook(self) -> Webhook | None:
        if self._options.webhook_url is None:
            return None
        if not self._options.webhook_secret:
            raise ValueError("a webhook needs a secret: CHUCHU_WEBHOOK_SECRET")
        return Webhook(self._options.webhook_secret, self.receiver, self.health, self.metrics)

    def _poller(self) -> Poller:
        return Poller(
            self._polls,
            self._address,
            self.receiver,
            self.scheduler.throttle,
            self.health,
            self.metrics,
            self._options.poll_seconds,
            self._options.poll_grace,
        )


def webhook_address(url: str) -> str:
    """Return where Telegram brings updates to: the given address, `/telegram` where it has no path."""
    return url if urlsplit(url).path.strip("/") else url.rstrip("/") + PATH


EXAMINE_SECONDS = 10.0


async def examine(token: str, api: str, webhook: str | None) -> AsyncIterator[Finding]:
    """Look whether a bot can serve; `webhook` is the address that updates are to be brought to, None for polling."""
    async with HttpClient(connections=2, seconds=EXAMINE_SECONDS) as http:
        answer, found = await reached(
            lambda: http.call("POST", f"{api}/bot{token}/getMe"), api, "CHUCHU_TELEGRAM_API"
        )
        for finding in found:
            yield finding
        if answer is None:
            return
        me = _result(answer)
        if me is None:
            yield wrong("telegram_token_refused", f"HTTP {answer.status}")
            return
        yield well("bot_named", f"@{me.get('username', '')}")
        if not me.get("supports_inline_queries"):
            yield advice("telegram_no_inline")
        told = await tried(
            lambda: http.call("POST", f"{api}/bot{token}/getWebhookInfo"), api, "CHUCHU_TELEGRAM_API"
        )
        yield told if isinstance(told, Finding) else _receiving(_result(told) or {}, webhook)


def _receiving(info: Mapping[str, object], webhook: str | None) -> Finding:
    """Whether updates come as the settings want them."""
    if webhook is None:
        return advice("telegram_webhook_set") if info.get("url") else well("receiving_ready")
    if info.get("last_error_message"):
        return wrong("telegram_webhook_failing", str(info["last_error_message"]))
    return well("receiving_ready")


def _result(answer: HttpAnswer) -> Mapping[str, object] | None:
    parsed = answer.json
    result = parsed.get("result") if isinstance(parsed, dict) and parsed.get("ok") is True else None
    return result if isinstance(result, dict) else None
