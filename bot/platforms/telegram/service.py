"""Telegram, open: updates by polling or webhook, stored, then confirmed; outliving whatever the server does."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import zlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import ClassVar, Self
from urllib.parse import urlsplit

from aiohttp import web
from telegram import Bot, Update
from telegram.constants import ChatMemberStatus
from telegram.error import TelegramError

from bot.handlers.commands import menus
from bot.inbox import ClaimedUpdate, NewUpdate
from bot.platforms.client import parse
from bot.platforms.receiving import (
    BODY_LIMIT,
    CALL_LONGEST,
    ConnectionHealth,
    DeliveryHandler,
    Receiver,
    keep_polling,
    refusal,
    until_done,
)
from bot.platforms.sending import OVERALL
from bot.platforms.service import Clocks, Pace, PlatformService
from bot.platforms.telegram import API, Telegram
from bot.platforms.telegram.client import AiohttpRequest, Conflict, TelegramOutcomeUnknown, set_menus
from bot.platforms.telegram.sending import ApiCall, BotApiTransport
from bot.platforms.telegram.updates import TelegramIdentity, translate
from bot.platforms.updates import Event, Translate
from bot.ports import PlatformHost
from bot.sharing import Leadership, Rate

log = logging.getLogger(__name__)

UPDATE_TYPES = (
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "inline_query",
    "callback_query",
    "my_chat_member",
)
LARGEST_ID = 2**53


def to_record(update: object, body: bytes | None = None) -> NewUpdate | None:
    """Return an update ready to be stored, or None where it has no usable id; never raises.

    `body` is the update's own JSON where there is one already.
    """
    if not isinstance(update, dict):
        return None
    number = update.get("update_id")
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < LARGEST_ID:
        return None
    kind = next((k for k in UPDATE_TYPES if k in update), "other")
    return NewUpdate(str(number), _queue(update.get(kind), number), kind, body or json.dumps(update).encode())


def _queue(content: object, number: int) -> str:
    """A chat's messages, edits and presses share a row; what has no chat goes by its sender."""
    if isinstance(content, Mapping):
        within = content.get("message") or content
        for holder, prefix in ((within, ""), (content, "from:")):
            who = holder.get("chat" if prefix == "" else "from") if isinstance(holder, Mapping) else None
            if isinstance(who, Mapping) and isinstance(who.get("id"), int):
                return f"{prefix}{who['id']}"
    return f"update:{number}"


BATCH = 100
CONFLICT_PAUSE = 3.0


class Poller:
    """Asks for updates.

    `more` is told whether more is waiting.
    """

    def __init__(
        self,
        request: AiohttpRequest,
        options: TelegramOptions,
        receiver: Receiver,
        more: Callable[[bool], None],
        health: ConnectionHealth,
    ) -> None:
        self._request = request
        self._options = options
        self._receiver = receiver
        self._more = more
        self._health = health
        self._offset: int | None = None
        self._limit = BATCH

    async def run(self) -> None:
        """Poll until cancelled."""
        await keep_polling(self._once, self._health, "polling", self._recover)

    async def _once(self) -> None:
        """One poll: nothing is confirmed before it is stored."""
        parameters = {
            "timeout": str(self._options.poll_seconds),
            "limit": str(self._limit),
            "allowed_updates": json.dumps(UPDATE_TYPES),
        }
        if self._offset is not None:
            parameters["offset"] = str(self._offset)
        seconds = self._options.poll_seconds + self._options.poll_grace
        body = await self._request.call(f"{self._options.address}/getUpdates", parameters, seconds)
        answer = parse(body) or {}
        updates = answer.get("result") if answer.get("ok") is True else None
        if not isinstance(updates, list):
            raise TelegramOutcomeUnknown("the answer to getUpdates is no list of updates")
        await self._keep(updates)
        self._more(len(updates) >= self._limit)
        self._limit = BATCH
        self._health.ok()

    async def _keep(self, updates: list[object]) -> None:
        sealed = [to_record(update) for update in updates]
        for update, incoming in zip(updates, sealed, strict=True):
            if incoming is None:
                log.error("an update without a usable update_id was dropped: %d characters", len(str(update)))
                self._receiver.metrics.received.labels("unusable").inc()
        good = [incoming for incoming in sealed if incoming is not None]
        if good:
            await self._receiver.keep(good)
            self._offset = int(good[-1].id) + 1

    async def _recover(self, error: Exception) -> float:
        self._more(False)
        if isinstance(error, TelegramOutcomeUnknown):
            self._limit = max(1, self._limit // 4)  # perhaps the batch was too big to arrive
        if not isinstance(error, Conflict):
            return CALL_LONGEST
        if "webhook" in str(error).lower():
            await self._take_over()
        return CONFLICT_PAUSE

    async def _take_over(self) -> None:
        """Somebody set a webhook; we were told to poll. What waits there waits on for us."""
        log.error("a webhook is set for this bot; it is removed, because polling is configured")
        try:
            await self._request.call(
                f"{self._options.address}/deleteWebhook",
                {"drop_pending_updates": "false"},
                self._options.poll_grace,
            )
        except TelegramError as error:
            log.error("deleteWebhook failed: %s", error)


HEADER = "X-Telegram-Bot-Api-Secret-Token"


class Webhook(DeliveryHandler):
    """The handler of `POST /telegram`."""

    def __init__(self, secret: str, receiver: Receiver, health: ConnectionHealth) -> None:
        super().__init__(health)
        self._secret = secret.encode()
        self._receiver = receiver

    def refused(self, request: web.Request) -> web.Response | None:
        """Refuse whoever does not know the secret, and what is packed."""
        if not self._knows(request):
            return refusal(401)
        packed = request.headers.get("Content-Encoding", "identity").lower() != "identity"
        return refusal(415) if packed else None

    async def take(self, request: web.Request, body: bytes) -> web.Response:
        """Store one update; the answer is empty, because Telegram would execute a body."""
        await self._keep(body)
        self._health.ok()
        return web.Response()

    async def _keep(self, body: bytes) -> None:
        update = to_record(parse(body), body) if len(body) <= BODY_LIMIT else None
        if update is not None:
            await self._receiver.keep([update])
            return
        # Telegram would bring it again for a day, and hold the chat's other updates back meanwhile.
        log.error("webhook: %d bytes that are no update; quarantined", len(body))
        await self._receiver.quarantine(str(-1 - zlib.crc32(body)), body, "no usable update")

    def _knows(self, request: web.Request) -> bool:
        given = request.headers.getall(HEADER, [])
        word = given[0].encode("utf-8", "surrogateescape") if len(given) == 1 else b""
        return hmac.compare_digest(word, self._secret)


PATH = "/telegram"
DRAIN_SECONDS = 4.0
ADMINS = (ChatMemberStatus.OWNER, ChatMemberStatus.ADMINISTRATOR)
FILE_LIMIT = 20 * 1024 * 1024


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

    @property
    def address(self) -> str:
        """The Bot API's address with the token."""
        return f"{self.api}/bot{self.token}"


class TelegramService(PlatformService[ApiCall]):
    """Telegram, open."""

    setup = Telegram
    # tdlib/telegram-bot-api, Client.cpp: how long Telegram itself keeps these open.
    lives: ClassVar[Mapping[str, float]] = {"inline_query": 30.0, "callback_query": 150.0}
    refused = "Telegram 五分钟来一直不认这个令牌；请向 BotFather 核对 CHUCHU_TELEGRAM_TOKEN（或它的 _FILE）"

    def __init__(self, options: TelegramOptions, host: PlatformHost, clocks: Clocks | None = None) -> None:
        self._options = options
        self._owners = host.owners
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
            BotApiTransport(self._bot, self._calls, options.address, host.metrics),
            Pace(options.overall, places=options.places, drain_seconds=DRAIN_SECONDS),
            None if options.webhook_url else 3.0 * options.poll_seconds,
            clocks,
            Leadership.NOTHING if options.webhook_url else Leadership.RECEIVING,
        )
        self.webhook: Webhook | None = None
        if options.webhook_url is not None:
            if not options.webhook_secret:
                raise ValueError("a webhook needs a secret: CHUCHU_WEBHOOK_SECRET")
            self.webhook = Webhook(options.webhook_secret, self.receiver, self.health)

    @property
    def routes(self) -> Sequence[web.RouteDef]:
        return [web.post(PATH, self.webhook.handle)] if self.webhook else []

    async def is_admin(self, chat: str, person: str) -> bool:
        """Tell whether a person administers a group: rights that were taken away are gone at once."""
        return (await self._bot.get_chat_member(chat, int(person))).status in ADMINS

    async def download(self, attachment: str, limit: int = FILE_LIMIT) -> AsyncIterator[bytes]:
        """Yield the pieces of a file that somebody sent.

        Raises:
            TelegramError: it is gone, or cannot be reached.
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
        poller = Poller(self._polls, self._options, self.receiver, self.scheduler.throttle, self.health)
        receive = self._set_webhook if self.webhook else poller.run
        async with self._calls, self._polls, self.at_work(receive, self._set_menus):
            try:
                yield self
            finally:
                if self.webhook:
                    self.webhook.close()

    async def identify(self) -> Translate:
        me = await until_done("getMe", self._bot.get_me, self.health)
        identity = TelegramIdentity(me.id, me.username or "")
        log.info("serving @%s", identity.username)

        async def translated(update: ClaimedUpdate) -> Event:
            if (parsed := parse(update.body)) is None:
                raise ValueError("no JSON object")
            return translate(Update.de_json(dict(parsed), None), identity)

        return translated

    async def _set_menus(self) -> None:
        try:
            await set_menus(self._bot, menus(), self._owners)
        except TelegramError as error:
            log.warning("the menus could not be set, trying again later: %s", error)
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


def webhook_address(url: str) -> str:
    """Return where Telegram brings updates to: the given address, `/telegram` where it has no path."""
    return url if urlsplit(url).path.strip("/") else url.rstrip("/") + PATH
