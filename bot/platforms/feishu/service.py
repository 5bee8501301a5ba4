"""Feishu as a whole: served, and examined for `chuchu doctor`."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Self
from urllib.parse import quote

from aiohttp import web

from bot.inbox import ClaimedUpdate
from bot.messages import Message
from bot.platforms.adapter import Event, Translate
from bot.platforms.calls import CallError, HttpClient, OutcomeUnknown, Refused
from bot.platforms.checkup import advice, no_use, reached, well, wrong
from bot.platforms.connection import stay_connected, until_done
from bot.platforms.core import Clocks, Pace, PlatformService
from bot.platforms.feishu.client import API, Credentials, FeishuApi, checked
from bot.platforms.feishu.receiving import PING_SECONDS, EventCallback, FeishuConnection, Intake
from bot.platforms.feishu.sending import FeishuDraft, FeishuSpeaker, FeishuTransport, Toasts
from bot.platforms.feishu.setup import Feishu
from bot.platforms.feishu.updates import FeishuIdentity, parent_of, shown_text, translate
from bot.ports import Finding, PlatformHost
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


class FeishuService(PlatformService[FeishuDraft]):
    """Feishu, open."""

    setup = Feishu

    def __init__(self, options: FeishuOptions, host: PlatformHost, clocks: Clocks | None = None) -> None:
        clocks = clocks or Clocks()
        token = options.verification_token
        self._http = HttpClient(connections=32, seconds=options.call_seconds)
        self._api = FeishuApi(self._http, options.credentials, options.api, clocks.monotonic)
        patience = None if token else 3 * options.ping_seconds
        super().__init__(host, FeishuTransport(self._api), options.pace, REFUSED, patience, clocks)
        toasts = Toasts()
        self.speaker = FeishuSpeaker(self.outbox, toasts)
        intake = Intake(self.receiver, toasts, host.metrics)
        self._connection = FeishuConnection(
            self._http, self._api, intake, self.health, host.metrics, options.ping_seconds
        )
        self.callback = (
            EventCallback(token, options.encrypt_key, intake, self.health, host.metrics) if token else None
        )

    @property
    def routes(self) -> Sequence[web.RouteDef]:
        """Where Feishu brings events to, by callback."""
        return [web.post(PATH, self.callback.handle)] if self.callback else []

    async def is_admin(self, chat: str, person: str) -> bool:
        """Tell whether a person owns a group or is one of its admins."""
        group = await self._api.call("GET", f"im/v1/chats/{quote(chat, safe='')}?user_id_type=open_id")
        managers = group.get("user_manager_id_list")
        return person == group.get("owner_id") or (isinstance(managers, list) and person in managers)

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
    async def serving(self) -> AsyncIterator[Self]:
        """Serve while the block runs; then take nothing more, and let what has begun end.

        For event callbacks mount `routes` on the public site.
        """
        receive = [] if self.callback else [self._stay_connected]
        async with self._http, self.at_work(LIVES, *receive):
            try:
                yield self
            finally:
                if self.callback:
                    self.callback.close()

    async def _stay_connected(self) -> None:
        await stay_connected(self._connection.run, self.health, self.metrics)

    async def identify(self) -> Translate:
        """Learn our open_id."""
        identity = await until_done("bot/v3/info", self._who, self.health)
        if self.callback:
            self.health.ok()
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


EXAMINE_SECONDS = 10.0
API_SETTING = "CHUCHU_FEISHU_API"
GRANTED = 1
NO_BOT = "11205"
# What each permission is for, and which of several will do (open.feishu.cn, at each call and event).
NEEDED: Mapping[str, tuple[str, ...]] = {
    "to_send": ("im:message:send_as_bot", "im:message"),
    "private_chats": ("im:message.p2p_msg:readonly", "im:message.p2p_msg"),
    "groups": ("im:message.group_at_msg:readonly", "im:message.group_at_msg", "im:message.group_msg"),
    "edits": ("im:message:update", "im:message", "im:message:send_as_bot"),
}
USEFUL: Mapping[str, tuple[str, ...]] = {
    "files_and_pictures": ("im:resource",),
    "replies": ("im:message:readonly", "im:message"),
    "group_admins": ("im:chat:readonly", "im:chat", "im:chat:read"),
}


async def examine(credentials: Credentials, api: str, long_connection: bool) -> AsyncIterator[Finding]:
    """Look whether an app can serve; `long_connection` tells how it wants its events."""
    async with HttpClient(connections=2, seconds=EXAMINE_SECONDS) as http:
        asking = {"app_id": credentials.app_id, "app_secret": credentials.app_secret}
        answer, found = await reached(
            lambda: http.call("POST", f"{api}/open-apis/auth/v3/tenant_access_token/internal", json=asking),
            api,
            API_SETTING,
        )
        for finding in found:
            yield finding
        if answer is None:
            return
        try:
            checked(answer)
        except CallError as error:
            yield no_use(error, api, API_SETTING) or wrong("feishu_app_refused", str(error))
            return
        yield well("identity_known", credentials.app_id)
        calls = FeishuApi(http, credentials, api)
        yield await _bot(calls)
        async for finding in _permissions(calls):
            yield finding
        if long_connection:
            yield await _long_connection(calls)
        else:
            yield advice("feishu_callback_unseen")


async def _bot(api: FeishuApi) -> Finding:
    try:
        bot = (await api.call("GET", "bot/v3/info")).get("bot")
    except CallError as error:
        return wrong("feishu_no_bot", str(error))
    if not isinstance(bot, dict) or not bot.get("open_id"):
        return wrong("feishu_no_bot", NO_BOT)
    return well("bot_named", str(bot.get("app_name", "")))


async def _permissions(api: FeishuApi) -> AsyncIterator[Finding]:
    try:
        scopes = (await api.call("GET", "application/v6/scopes")).get("scopes")
    except CallError as error:
        yield advice("permissions_unseen", str(error))
        return
    granted = {
        str(scope.get("scope_name"))
        for scope in (scopes if isinstance(scopes, list) else [])
        if isinstance(scope, dict) and scope.get("grant_status") == GRANTED
    }
    lacking = [
        (finding, *pair) for finding, table in ((wrong, NEEDED), (advice, USEFUL)) for pair in table.items()
    ]
    missing = [one for one in lacking if not granted & set(one[2])]
    for finding, purpose, names in missing:
        yield finding("feishu_permission", names[0], purpose)
    if not missing:
        yield well("permissions_given")


async def _long_connection(api: FeishuApi) -> Finding:
    """Ask for its address only: whoever connects is brought events."""
    try:
        where = await api.long_connection()
    except CallError as error:
        return wrong("feishu_no_long_connection", str(error))
    return well("receiving_ready") if where.get("URL") else wrong("feishu_no_long_connection", "URL")
