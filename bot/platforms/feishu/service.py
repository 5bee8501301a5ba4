"""Feishu, open: events by the long connection or by callback, stored, then acknowledged, within the three seconds given."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import logging
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import ClassVar, Self
from urllib.parse import parse_qs, quote, urlsplit

import aiohttp
from aiohttp import web
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7

from bot.errors import InboxError
from bot.inbox import ClaimedUpdate
from bot.messages import Message
from bot.platforms.client import (
    CallError,
    HttpClient,
    Json,
    OutcomeUnknown,
    Refused,
    objects,
    parse,
    text_or_none,
    within,
)
from bot.platforms.feishu import Feishu
from bot.platforms.feishu.client import API, Credentials, FeishuApi
from bot.platforms.feishu.sending import FeishuDraft, FeishuTransport, Toasts
from bot.platforms.feishu.updates import (
    CONTROL,
    DATA,
    BrokenFrame,
    FeishuIdentity,
    Frame,
    FrameAssembler,
    decode,
    parent_of,
    shown_text,
    to_record,
    translate,
)
from bot.platforms.receiving import (
    BODY_LIMIT,
    ConnectionHealth,
    DeliveryHandler,
    Receiver,
    frames,
    refusal,
    stay_connected,
    until_done,
    websocket,
)
from bot.platforms.service import Clocks, Pace, PlatformService
from bot.platforms.updates import Event, Translate
from bot.ports import PlatformHost
from bot.sharing import Rate

log = logging.getLogger(__name__)

# "需要在 3 秒内": two for the commit, most of the third for a press's notice.
COMMIT_SECONDS, TOAST_SECONDS = 2.0, 0.7


Acknowledge = Callable[[Mapping[str, object]], Awaitable[None]]
"""Says that an event is stored, with what is answered to it; called once."""


class Intake:
    """Takes events in, whatever way they come."""

    def __init__(self, receiver: Receiver, toasts: Toasts) -> None:
        self._receiver = receiver
        self._toasts = toasts

    async def take(self, body: bytes, acknowledge: Acknowledge) -> None:
        """Store one event, then acknowledge it, a press with its notice.

        What is no event is stored as such, for it would only be brought again; what we do not serve is counted.

        Raises:
            InboxError: it was not stored; nothing was acknowledged.
        """
        event = parse(body)
        try:
            if event is None or len(body) > BODY_LIMIT:
                raise TypeError("no JSON object")
            update = to_record(event, body)
        except (TypeError, ValueError) as error:
            log.error("%d bytes that are no event of ours (%s); quarantined", len(body), type(error).__name__)
            await self._receiver.quarantine(
                f"broken:{zlib.crc32(body)}", body, f"{type(error).__name__}: {error}"
            )
            await acknowledge({})
            return
        if update is None:
            self._receiver.metrics.received.labels("other").inc()
            await acknowledge({})
        elif update.kind != "press":
            await self._receiver.keep([update], COMMIT_SECONDS)
            await acknowledge({})
        else:
            with self._toasts.expected(update.id) as toast:
                await self._receiver.keep([update], COMMIT_SECONDS)
                text = await toast.text(TOAST_SECONDS)
                await acknowledge({"toast": {"type": "info", "content": text}} if text else {})


PING_SECONDS = 30.0
SILENCE_PINGS = 2.0
EVENTS_AT_ONCE = 256


class FeishuConnection:
    """One long connection after the other; `run` is one of them, from its address to its end."""

    def __init__(
        self,
        http: HttpClient,
        api: FeishuApi,
        intake: Intake,
        health: ConnectionHealth,
        ping_seconds: float = PING_SECONDS,
    ) -> None:
        """`ping_seconds` is the longest that we wait for a sign of life before we ask for one."""
        self._http = http
        self._api = api
        self._intake = intake
        self._health = health
        self._ping_seconds = ping_seconds

    async def run(self) -> None:
        """Connect and serve until the connection ends.

        Raises:
            CallError: how it ended.
        """
        await self._api.token()  # whose codes for a wrong secret are known
        where = await self._api.long_connection()
        url = where.get("URL")
        if not isinstance(url, str) or not url.startswith(("ws://", "wss://")):
            raise OutcomeUnknown("the answer holds no address of a websocket")
        every = self._ping_every(within(where, "ClientConfig"))
        service = _service(url)
        async with websocket(self._http, url) as socket:
            self._health.ok()
            pinging = asyncio.create_task(_ping(socket, service, every))
            events: set[asyncio.Task[None]] = set()
            pieces = FrameAssembler()
            try:
                async for message in frames(socket, every * SILENCE_PINGS):
                    self._health.ok()
                    if message.type is not aiohttp.WSMsgType.BINARY:
                        continue
                    if len(events) >= EVENTS_AT_ONCE:
                        await asyncio.wait(events, return_when=asyncio.FIRST_COMPLETED)
                    if (whole := self._read(message.data, pieces)) is not None:
                        task = asyncio.create_task(self._event(socket, *whole))
                        events.add(task)
                        task.add_done_callback(events.discard)
            finally:
                pinging.cancel()
                if events and not socket.closed:
                    await asyncio.wait(events, timeout=0.5)
                for task in events:
                    task.cancel()

    def _ping_every(self, config: Json) -> float:
        wanted = config.get("PingInterval")
        return (
            min(self._ping_seconds, wanted) if isinstance(wanted, int) and wanted > 0 else self._ping_seconds
        )

    def _read(self, data: bytes, pieces: FrameAssembler) -> tuple[Frame, bytes] | None:
        """Return a frame that ends an event, and the event; None for all others. A broken one costs nothing more."""
        try:
            frame = decode(data)
            if frame.method != DATA or frame.headers.get("type") not in ("event", "card"):
                return None
            body = pieces.add(frame)
        except BrokenFrame as error:
            self._health.metrics.received.labels("unusable").inc()
            log.error("a frame of %d bytes cannot be read (%s); it is left out", len(data), error)
            return None
        return None if body is None else (frame, body)

    async def _event(self, socket: aiohttp.ClientWebSocketResponse, frame: Frame, body: bytes) -> None:
        async def acknowledge(answer: Mapping[str, object]) -> None:
            await _respond(socket, frame, 200, answer)

        try:
            await self._intake.take(body, acknowledge)
        except InboxError as error:
            self._health.metrics.inbox_errors.inc()
            if self._health.fail(f"inbox: {error}"):
                log.error("an event could not be stored: %s", error)
            await _respond(socket, frame, 500, {})


async def _respond(
    socket: aiohttp.ClientWebSocketResponse, frame: Frame, code: int, answer: Mapping[str, object]
) -> None:
    told: dict[str, object] = {"code": code}
    if answer:
        told["data"] = base64.b64encode(json.dumps(answer).encode()).decode()
    payload = json.dumps(told).encode()
    reply = Frame(DATA, frame.headers, payload, frame.service, frame.sequence, frame.log)
    with suppress(ConnectionError, aiohttp.ClientError):  # then it is brought again, and known
        await socket.send_bytes(reply.encode())


async def _ping(socket: aiohttp.ClientWebSocketResponse, service: int, every: float) -> None:
    """Ask for a sign of life: whoever is silent twice as long is gone."""
    with suppress(ConnectionError, aiohttp.ClientError):  # then the reader hears of it
        while True:
            await socket.send_bytes(Frame(CONTROL, {"type": "ping"}, service=service).encode())
            await asyncio.sleep(every)


def _service(url: str) -> int:
    number = parse_qs(urlsplit(url).query).get("service_id", ["0"])[0]
    return int(number) if number.isdigit() else 0


CHECK = "url_verification"


class EventCallback(DeliveryHandler):
    """The handler of `POST /feishu`."""

    def __init__(self, token: str, encrypt_key: str | None, intake: Intake, health: ConnectionHealth) -> None:
        super().__init__(health)
        self._token = token
        self._encrypt_key = encrypt_key or None
        self._intake = intake

    async def take(self, request: web.Request, body: bytes) -> web.StreamResponse:
        """Store one event; the answer to a press holds its notice."""
        if len(body) > BODY_LIMIT:
            return refusal(413)
        event = self._opened(request, body)
        if event is None:
            return refusal(401)
        parsed = parse(event) or {}
        if parsed.get("type") == CHECK:
            return web.json_response({"challenge": str(parsed.get("challenge", ""))})
        sent: list[web.Response] = []

        async def acknowledge(answer: Mapping[str, object]) -> None:
            sent.append(web.json_response(answer))
            await sent[0].prepare(request)  # gone out when this returns: only then is a card edited
            await sent[0].write_eof()

        await self._intake.take(event, acknowledge)
        self._health.ok()
        return sent[0]

    def _opened(self, request: web.Request, body: bytes) -> bytes | None:
        """Return the event that Feishu sent, decrypted; None for what somebody else sent."""
        signed = True
        if self._encrypt_key is not None:
            signed = same(request.headers.get("X-Lark-Signature", ""), self._signature(request, body))
            encrypted = text_or_none(parse(body) or {}, "encrypt")
            opened = decrypt(self._encrypt_key, encrypted) if encrypted is not None else None
            if opened is None:
                return None
            body = opened
        parsed = parse(body) or {}
        if not signed and parsed.get("type") != CHECK:  # that is encrypted, but not signed
            return None
        given = text_or_none(within(parsed, "header") or parsed, "token")
        return body if given is not None and same(given, self._token) else None

    def _signature(self, request: web.Request, body: bytes) -> str:
        stamp = request.headers.get("X-Lark-Request-Timestamp", "")
        nonce = request.headers.get("X-Lark-Request-Nonce", "")
        return hashlib.sha256(f"{stamp}{nonce}{self._encrypt_key}".encode() + body).hexdigest()


def same(given: str, expected: str) -> bool:
    """Compare secrets in a time that tells nothing."""
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), expected.encode())


def decrypt(key: str, sealed: str) -> bytes | None:
    """Open an encrypted event: AES-256-CBC under the key's SHA-256, the vector before it; None for anything else."""
    try:
        data = base64.b64decode(sealed, validate=True)
        opener = Cipher(AES(hashlib.sha256(key.encode()).digest()), CBC(data[:16])).decryptor()
        padded = opener.update(data[16:]) + opener.finalize()
        unpadder = PKCS7(128).unpadder()
        return unpadder.update(padded) + unpadder.finalize()
    except ValueError:
        return None


PATH = "/feishu"
FILE_LIMIT = 100 * 1024 * 1024
# "向同一用户发送消息的限频为 5 QPS、向同一群组为群内机器人共享 5 QPS"; "1000 次/分钟、50 次/秒" (im-v1/message/reply).
PACE = Pace(overall=Rate(1 / 15, 5), per_chat=Rate(0.34, 2), per_group=Rate(0.34, 2))


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
    lives: ClassVar[Mapping[str, float]] = {"press": 600.0}
    refused = "飞书五分钟来一直不认这个应用；请在开放平台的“凭证与基础信息”里核对 CHUCHU_FEISHU_APP_ID 和 CHUCHU_FEISHU_APP_SECRET"

    def __init__(self, options: FeishuOptions, host: PlatformHost, clocks: Clocks | None = None) -> None:
        clocks = clocks or Clocks()
        token = options.verification_token
        self._http = HttpClient(connections=32, seconds=options.call_seconds)
        self._api = FeishuApi(self._http, options.credentials, options.api, clocks.monotonic)
        patience = None if token else 3 * options.ping_seconds
        toasts = Toasts()
        super().__init__(host, FeishuTransport(self._api, toasts), options.pace, patience, clocks)
        intake = Intake(self.receiver, toasts)
        self._connection = FeishuConnection(self._http, self._api, intake, self.health, options.ping_seconds)
        self.callback = EventCallback(token, options.encrypt_key, intake, self.health) if token else None

    @property
    def routes(self) -> Sequence[web.RouteDef]:
        return [web.post(PATH, self.callback.handle)] if self.callback else []

    async def is_admin(self, chat: str, person: str) -> bool:
        group = await self._api.call("GET", f"im/v1/chats/{quote(chat, safe='')}?user_id_type=open_id")
        managers = group.get("user_manager_id_list")
        return person == group.get("owner_id") or (isinstance(managers, list) and person in managers)

    async def download(self, attachment: str, limit: int = FILE_LIMIT) -> AsyncIterator[bytes]:
        message, slash, file = attachment.partition("/")
        kind, and_key, key = file.partition("/")
        if not slash or not and_key:
            raise Refused("no file of Feishu has that id")
        path = f"im/v1/messages/{quote(message, safe='')}/resources/{quote(key, safe='')}?type={kind}"
        async for piece in self._api.download(path, limit):
            yield piece

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Self]:
        """Serve while the block runs; then take nothing more, and let what has begun end.

        For event callbacks mount `routes` on the public site.
        """
        receive = [] if self.callback else [partial(stay_connected, self._connection.run, self.health)]
        async with self._http, self.at_work(*receive):
            try:
                yield self
            finally:
                if self.callback:
                    self.callback.close()

    async def identify(self) -> Translate:
        identity = await until_done("bot/v3/info", self._who, self.health)
        if self.callback:
            self.health.ok()
        log.info("serving %s", identity.name)

        async def translated(update: ClaimedUpdate) -> Event:
            event = translate(update, identity)
            if isinstance(event, Message) and event.addressed and (parent := parent_of(update)):
                return replace(event, replied_to=await self._text_of(parent))
            return event

        return translated

    async def _text_of(self, message: str) -> str | None:
        """The text of a message; None where it cannot be had: a question goes without."""
        try:
            items = objects(await self._api.call("GET", f"im/v1/messages/{quote(message, safe='')}"), "items")
        except CallError as error:
            log.warning("what a message replies to could not be read: %s", error)
            return None
        return shown_text(items[0]) if items else None

    async def _who(self) -> FeishuIdentity:
        bot = within(await self._api.call("GET", "bot/v3/info"), "bot")
        open_id = text_or_none(bot, "open_id")
        if open_id is None:
            raise OutcomeUnknown("the answer holds no bot: the app has no bot switched on")
        return FeishuIdentity(open_id, str(bot.get("app_name", "")))
