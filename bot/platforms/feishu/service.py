"""Feishu as a whole: started in order, stopped in reverse order."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from urllib.parse import quote

from aiohttp import web

from bot.inbox import ClaimedUpdate, Inbox
from bot.messages import Chat, Message, Reply, Sender, SenderKind
from bot.platforms.adapter import Event, Translate
from bot.platforms.calls import CallError, HttpClient, OutcomeUnknown, Refused
from bot.platforms.connection import stay_connected
from bot.platforms.core import Clocks, Pace, PlatformCore
from bot.platforms.feishu.client import API, Credentials, FeishuApi
from bot.platforms.feishu.receiving import PING_SECONDS, EventCallback, FeishuConnection, Intake
from bot.platforms.feishu.sending import FeishuSpeaker, FeishuTransport, Toasts
from bot.platforms.feishu.setup import Feishu
from bot.platforms.feishu.updates import PLATFORM, FeishuIdentity, parent_of, shown_text, translate
from bot.platforms.health import until_done
from bot.ports import PlatformHost
from bot.sharing import Rate

PATH = "/feishu"
REFUSED = "飞书五分钟来一直不认这个应用；请在开放平台的“凭证与基础信息”里核对 CHUCHU_FEISHU_APP_ID 和 CHUCHU_FEISHU_APP_SECRET"
FILE_LIMIT = 100 * 1024 * 1024
# "向同一用户发送消息的限频为 5 QPS、向同一群组为群内机器人共享 5 QPS"; "1000 次/分钟、50 次/秒" (im-v1/message/reply).
PACE = Pace(overall=Rate(1 / 15, 5), per_chat=Rate(0.34, 2), per_group=Rate(0.34, 2))
LIVES = {"press": 600.0}
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FeishuOptions:
    """How to reach Feishu; `verification_token` empty means the long connection."""

    credentials: Credentials
    api: str = API
    verification_token: str | None = field(default=None, repr=False)
    encrypt_key: str | None = field(default=None, repr=False)
    call_seconds: float = 15.0
    ping_seconds: float = PING_SECONDS
    pace: Pace = PACE


class FeishuService:
    """Feishu, open: a `bot.ports.Platform`."""

    def __init__(
        self, options: FeishuOptions, host: PlatformHost, inbox: Inbox, http: HttpClient, clocks: Clocks
    ) -> None:
        self._api = FeishuApi(http, options.credentials, options.api, clocks.monotonic)
        self._metrics = host.metrics
        toasts = Toasts()
        self._core = PlatformCore(
            PLATFORM,
            inbox,
            host.conversation,
            host.metrics,
            host.chat_migrations,
            FeishuTransport(self._api),
            options.pace,
            lambda: host.on_fatal(REFUSED),
            None if options.verification_token else 3 * options.ping_seconds,
            clocks,
            host.sharing,
        )
        self._speaker = FeishuSpeaker(self._core.outbox, toasts)
        intake = Intake(self._core.receiver, toasts, host.metrics)
        self._connection = FeishuConnection(
            http, self._api, intake, self._core.health, host.metrics, options.ping_seconds
        )
        self.callback = (
            EventCallback(
                options.verification_token, options.encrypt_key, intake, self._core.health, host.metrics
            )
            if options.verification_token
            else None
        )
        self.problem = self._core.problem

    @property
    def routes(self) -> Sequence[web.RouteDef]:
        """Where Feishu brings events to, by callback."""
        return [web.post(PATH, self.callback.handle)] if self.callback else []

    def person_id(self, typed: str) -> str:
        """Return an open_id."""
        return Feishu.person_id(typed)

    async def administers(self, chat: Chat, sender: Sender) -> bool:
        """Tell whether a person owns a group or is one of its admins, by Feishu's word of now."""
        if sender.kind is not SenderKind.PERSON:
            return False
        try:
            group = await self._api.call("GET", f"im/v1/chats/{quote(chat.id, safe='')}?user_id_type=open_id")
        except CallError as error:
            logger.warning("who administers a chat could not be learnt: %s", error)
            return False
        managers = group.get("user_manager_id_list")
        return sender.id == group.get("owner_id") or (isinstance(managers, list) and sender.id in managers)

    async def send(self, chat: Chat, reply: Reply) -> str | None:
        """Say something unasked (`bot.messages.MessageGateway`)."""
        return await self._speaker.send(chat, reply)

    async def forget(self, person: str) -> None:
        """Keep nothing about a person's private chat, which goes by the person's id."""
        await self._core.inbox.forget(person)

    async def download(self, attachment: str, limit: int = FILE_LIMIT) -> AsyncIterator[bytes]:
        """Yield the pieces of a file that somebody sent.

        Raises:
            CallError: it is gone, too big, or cannot be reached.
        """
        message, slash, key = attachment.partition("/")
        if not slash:
            raise Refused("no file of Feishu has that id")
        path = f"im/v1/messages/{quote(message, safe='')}/resources/{quote(key, safe='')}?type=file"
        async for piece in self._api.download(path, limit):
            yield piece

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Serve while the block runs; then take nothing more, and let what has begun end."""
        receive = [] if self.callback else [self._stay_connected]
        async with self._core.serving(self._speaker, self._identify, LIVES, *receive):
            try:
                yield
            finally:
                if self.callback:
                    self.callback.close()

    async def _stay_connected(self) -> None:
        await stay_connected(self._connection.run, self._core.health, self._metrics)

    async def _identify(self) -> Translate:
        identity = await until_done("bot/v3/info", self._who, self._core.health)
        if self.callback:
            self._core.health.ok()
        logger.info("serving %s", identity.name)

        async def translated(update: ClaimedUpdate) -> Event:
            event = translate(update, identity)
            if isinstance(event, Message) and event.addressed and (parent := parent_of(update)):
                return replace(event, replied_to=await self._text_of(parent))
            return event

        return translated

    async def _text_of(self, message: str) -> str | None:
        """The text of a message; None where it cannot be had: a question goes without."""
        try:
            items = (await self._api.call("GET", f"im/v1/messages/{quote(message, safe='')}")).get("items")
        except CallError as error:
            logger.warning("what a message replies to could not be read: %s", error)
            return None
        item = items[0] if isinstance(items, list) and items else None
        return shown_text(item) if isinstance(item, dict) else None

    async def _who(self) -> FeishuIdentity:
        bot = (await self._api.call("GET", "bot/v3/info")).get("bot")
        open_id = bot.get("open_id") if isinstance(bot, dict) else None
        if not isinstance(bot, dict) or not isinstance(open_id, str):
            raise OutcomeUnknown("the answer holds no bot: the app has no bot switched on")
        return FeishuIdentity(open_id, str(bot.get("app_name", "")))


@asynccontextmanager
async def feishu_service(
    options: FeishuOptions, host: PlatformHost, clocks: Clocks | None = None
) -> AsyncIterator[FeishuService]:
    """Serve Feishu while the block runs; at its end nothing is lost and what was begun is finished.

    For event callbacks mount `service.routes` on the public site.
    """
    async with HttpClient(connections=32, seconds=options.call_seconds) as http:
        service = FeishuService(options, host, host.inboxes.of(PLATFORM), http, clocks or Clocks())
        async with service.serving():
            yield service
