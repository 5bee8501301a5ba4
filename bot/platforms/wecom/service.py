"""WeCom as a whole: started in order, stopped in reverse order."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from aiohttp import web

from bot.inbox import ClaimedUpdate, InboxError
from bot.messages import Chat, ChatType, Reply, Sender
from bot.platforms.adapter import Event, Translate
from bot.platforms.calls import HttpClient, OutcomeUnknown, Refused
from bot.platforms.connection import stay_connected
from bot.platforms.core import Clocks, Pace, PlatformCore
from bot.platforms.text import utf8
from bot.platforms.wecom.connection import ACK_SECONDS, PING_SECONDS, TooLate, WeComConnection
from bot.platforms.wecom.events import MESSAGE, PLATFORM, Json, callback, to_update, translate
from bot.platforms.wecom.replies import WeComDraft, drafts, plainer
from bot.platforms.wecom.setup import ADDRESS, WeCom
from bot.ports import PlatformHost
from bot.sharing import Led, Rate

RESPOND, PUSH = "aibot_respond_msg", "aibot_send_msg"
# 30 in a minute and 1,000 in an hour for each conversation, of which we take 26 and 983.
PER_CHAT = Rate(3.7, 10)
REQUESTS_KEPT = 4096
UNSTORED_KEPT, UNSTORED_BYTES = 10_000, 64 * 1024 * 1024
RETRY_SECONDS = 0.5
LAST_SECONDS = 0.5
REFUSED = "企业微信五分钟来一直不认这个机器人；请在管理后台核对 CHUCHU_WECOM_BOT 和 CHUCHU_WECOM_SECRET"
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WeComOptions:
    """Which bot, where, and how long to wait."""

    bot: str
    secret: str
    address: str = ADDRESS
    ping_seconds: float = PING_SECONDS
    ack_seconds: float = ACK_SECONDS
    per_chat: Rate = PER_CHAT

    def __repr__(self) -> str:
        """Say nothing secret."""
        return f"WeComOptions(address={self.address!r})"


class WeComTransport:
    """Says things over the connection: the first answer to a message under its own id, whatever else is pushed."""

    repeatable = False

    def __init__(self) -> None:
        self.connection: WeComConnection | None = None
        self._requests: OrderedDict[str, str] = OrderedDict()

    def asked(self, update: str, request: str) -> None:
        """A message may be answered under an id."""
        self._requests[update] = request
        while len(self._requests) > REQUESTS_KEPT:
            self._requests.popitem(last=False)

    def drafts(self, chat: Chat | None, reply: Reply) -> Sequence[WeComDraft]:
        """The messages that a reply needs."""
        return drafts(chat, reply)

    async def call(self, chat: Chat | None, draft: WeComDraft, key: str) -> str:
        """Say one; return an id of ours, for WeCom gives none."""
        if chat is None or self.connection is None:
            raise Refused("no chat")
        message = secrets.token_hex(12)
        update = key.rsplit(".", 2)[0]
        request = self._requests.get(update)
        if request is not None and draft.card is None:
            stream = {"id": message, "finish": True, "content": draft.text}
            try:
                await self.connection.call(RESPOND, {"msgtype": "stream", "stream": stream}, request)
            except TooLate:
                self._requests.pop(update, None)
            except OutcomeUnknown:
                self._requests.pop(update, None)
                raise
            else:
                self._requests.pop(update, None)
                return message
        said: Json = (
            {"msgtype": "template_card", "template_card": draft.card}
            if draft.card
            else {"msgtype": "markdown", "markdown": {"content": draft.text}}
        )
        where = {"chatid": chat.id, "chat_type": 1 if chat.type is ChatType.PRIVATE else 2}
        await self.connection.call(PUSH, {**where, **said})
        return message

    def instead(self, draft: WeComDraft, error: Refused) -> WeComDraft | None:
        """A list instead of a card that was refused."""
        return plainer(draft)


class Unstored:
    """What came and is not stored yet: in memory only, so bounded in number and size."""

    def __init__(self) -> None:
        self.frames: deque[Json] = deque()
        self.trouble: str | None = None  # why the first could not be stored
        self._sizes: deque[int] = deque()
        self._bytes = 0

    @property
    def problem(self) -> str | None:
        """Say what waits, where it waits for more than its turn."""
        return f"{len(self.frames)} messages wait in memory only: {self.trouble}" if self.trouble else None

    def add(self, frame: Json) -> bool:
        """Keep a frame; False where there is no room."""
        size = utf8(json.dumps(frame, ensure_ascii=False))
        if len(self.frames) >= UNSTORED_KEPT or self._bytes + size > UNSTORED_BYTES:
            return False
        self.frames.append(frame)
        self._sizes.append(size)
        self._bytes += size
        return True

    def take(self) -> Json:
        """Take the first."""
        self._bytes -= self._sizes.popleft()
        self.trouble = None
        return self.frames.popleft()


class WeComService:
    """WeCom, open: a `bot.ports.Platform`."""

    routes: Sequence[web.RouteDef] = ()

    def __init__(self, options: WeComOptions, host: PlatformHost, clocks: Clocks | None = None) -> None:
        self._metrics = host.metrics
        self._transport = WeComTransport()
        self._core = PlatformCore(
            PLATFORM,
            host.inboxes.of(PLATFORM),
            host.conversation,
            host.metrics,
            host.chat_migrations,
            self._transport,
            Pace(per_chat=options.per_chat, per_group=options.per_chat),
            lambda: host.on_fatal(REFUSED),
            clocks=clocks,
            sharing=host.sharing,
            led=Led.EVERYTHING,
        )
        self._http = HttpClient(connections=4)
        self._connection = WeComConnection(
            self._http,
            options.address,
            options.bot,
            options.secret,
            self._core.health,
            self._take,
            options.ping_seconds,
            options.ack_seconds,
        )
        self._transport.connection = self._connection
        self._unstored = Unstored()
        self._arrived = asyncio.Event()

    def problem(self) -> str | None:
        """Say what keeps messages from coming in, or what they wait for in memory, or None."""
        return self._core.problem() or self._unstored.problem

    def person_id(self, typed: str) -> str:
        """Return a user id."""
        return WeCom.person_id(typed)

    async def administers(self, chat: Chat, sender: Sender) -> bool:
        """WeCom tells nobody who administers a group."""
        return False

    async def send(self, chat: Chat, reply: Reply) -> str | None:
        """Say something unasked (`bot.messages.MessageGateway`)."""
        return await self._core.outbox.send(chat, reply)

    async def forget(self, person: str) -> None:
        """Keep nothing about a person's private chat, which has the person's id."""
        await self._core.inbox.forget(person)

    async def download(self, attachment: str, limit: int) -> AsyncIterator[bytes]:
        """Files are not taken.

        Raises:
            Refused: always.
        """
        raise Refused("WeCom's files are not taken")
        yield b""

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Serve while the block runs."""
        async with self._http:
            async with self._core.serving(self._core.outbox, self._identify, {}, self._connect, self._store):
                yield
            with suppress(InboxError):
                async with asyncio.timeout(LAST_SECONDS):
                    while self._unstored.frames:  # WeCom brings nothing twice
                        await self._keep(self._unstored.take())

    async def _identify(self) -> Translate:
        return self._translate

    async def _connect(self) -> None:
        await stay_connected(self._connection.connect, self._core.health, self._metrics)

    def _take(self, frame: Json) -> None:
        """Put a frame where it is stored from, even if that takes a while: WeCom brings nothing twice."""
        if not self._unstored.add(frame):
            self._metrics.received.labels("unusable").inc()
            logger.error("wecom: a frame was dropped: %d wait to be stored", len(self._unstored.frames))
            return
        self._arrived.set()

    async def _store(self) -> None:
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while self._unstored.frames:
                try:
                    await self._keep(self._unstored.frames[0])
                    self._unstored.take()
                except InboxError as error:
                    self._metrics.inbox_errors.inc()
                    logger.error("inbox: a message could not be stored (%s); trying again", error)
                    self._unstored.trouble = str(error)
                    await asyncio.sleep(RETRY_SECONDS)

    async def _keep(self, frame: Json) -> None:
        called = callback(frame)
        update = to_update(called, frame) if called else None
        if update is None:
            logger.error("wecom: a frame that brings nothing we know was dropped: %d keys", len(frame))
            self._metrics.received.labels("unusable").inc()
            return
        await self._core.receiver.keep([update])

    async def _translate(self, update: ClaimedUpdate) -> Event:
        event, request = translate(update.body)
        if update.kind == MESSAGE and request:
            self._transport.asked(update.id, request)
        return event


@asynccontextmanager
async def wecom_service(
    options: WeComOptions, host: PlatformHost, clocks: Clocks | None = None
) -> AsyncIterator[WeComService]:
    """Serve WeCom while the block runs; at its end what was begun is finished."""
    service = WeComService(options, host, clocks)
    async with service.serving():
        yield service
