"""Events in, over the long connection or by event callback: stored, then acknowledged, within the three seconds given."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import logging
import zlib
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from urllib.parse import parse_qs, urlsplit

import aiohttp
from aiohttp import web
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7

from bot.inbox import InboxError
from bot.observability import Metrics
from bot.platforms.calls import HttpClient, OutcomeUnknown, parse
from bot.platforms.connection import ConnectionHealth, frames, websocket
from bot.platforms.feishu.client import FeishuApi
from bot.platforms.feishu.frames import CONTROL, DATA, BrokenFrame, Frame, Pieces, decode
from bot.platforms.feishu.sending import Toasts
from bot.platforms.feishu.updates import to_record
from bot.platforms.receiving import BODY_LIMIT, Deliveries, Receiver, refusal

# "需要在 3 秒内": two for the commit, most of the third for a press's notice.
COMMIT_SECONDS, TOAST_SECONDS = 2.0, 0.7
logger = logging.getLogger(__name__)


Acknowledge = Callable[[Mapping[str, object]], Awaitable[None]]
"""Says that an event is stored, with what is answered to it; called once."""


class Intake:
    """Takes events in, whatever way they come."""

    def __init__(self, receiver: Receiver, toasts: Toasts, metrics: Metrics) -> None:
        self._receiver = receiver
        self._toasts = toasts
        self._metrics = metrics

    async def take(self, body: bytes, acknowledge: Acknowledge) -> None:
        """Store one event, then acknowledge it, a press with its notice.

        What is no event is stored as such, for it would only be brought again; what we do not serve is counted.

        Raises:
            InboxError: it was not stored; nothing was acknowledged.
        """
        event = parse(body)
        try:
            if not isinstance(event, dict) or len(body) > BODY_LIMIT:
                raise TypeError("no JSON object")
            update = to_record(event, body)
        except (TypeError, ValueError) as error:
            logger.error(
                "%d bytes that are no event of ours (%s); quarantined", len(body), type(error).__name__
            )
            await self._receiver.quarantine(
                f"broken:{zlib.crc32(body)}", body, f"{type(error).__name__}: {error}"
            )
            await acknowledge({})
            return
        if update is None:
            self._metrics.received.labels("other").inc()
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
        metrics: Metrics,
        ping_seconds: float = PING_SECONDS,
    ) -> None:
        """`ping_seconds` is the longest that we wait for a sign of life before we ask for one."""
        self._http = http
        self._api = api
        self._intake = intake
        self._health = health
        self._metrics = metrics
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
        every = self._ping_every(where.get("ClientConfig"))
        service = _service(url)
        async with websocket(self._http, url) as socket:
            self._health.ok()
            pinging = asyncio.create_task(_ping(socket, service, every))
            events: set[asyncio.Task[None]] = set()
            pieces = Pieces()
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

    def _ping_every(self, config: object) -> float:
        wanted = config.get("PingInterval") if isinstance(config, dict) else None
        return (
            min(self._ping_seconds, float(wanted))
            if isinstance(wanted, int) and wanted > 0
            else self._ping_seconds
        )

    def _read(self, data: bytes, pieces: Pieces) -> tuple[Frame, bytes] | None:
        """Return a frame that ends an event, and the event; None for all others. A broken one costs nothing more."""
        try:
            frame = decode(data)
            if frame.method != DATA or frame.headers.get("type") not in ("event", "card"):
                return None
            body = pieces.add(frame)
        except BrokenFrame as error:
            self._metrics.received.labels("unusable").inc()
            logger.error("a frame of %d bytes cannot be read (%s); it is left out", len(data), error)
            return None
        return None if body is None else (frame, body)

    async def _event(self, socket: aiohttp.ClientWebSocketResponse, frame: Frame, body: bytes) -> None:
        async def acknowledge(answer: Mapping[str, object]) -> None:
            await _respond(socket, frame, 200, answer)

        try:
            await self._intake.take(body, acknowledge)
        except InboxError as error:
            self._metrics.inbox_errors.inc()
            if self._health.fail(f"inbox: {error}"):
                logger.error("an event could not be stored: %s", error)
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


class EventCallback(Deliveries):
    """The handler of `POST /feishu`."""

    def __init__(
        self, token: str, encrypt_key: str | None, intake: Intake, health: ConnectionHealth, metrics: Metrics
    ) -> None:
        super().__init__(health, metrics)
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
        parsed = parse(event)
        if isinstance(parsed, dict) and parsed.get("type") == CHECK:
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
            sealed = parse(body)
            encrypted = sealed.get("encrypt") if isinstance(sealed, dict) else None
            opened = decrypt(self._encrypt_key, encrypted) if isinstance(encrypted, str) else None
            if opened is None:
                return None
            body = opened
        parsed = parse(body)
        if not isinstance(parsed, dict):
            return None
        if (
            not signed and parsed.get("type") != CHECK
        ):  # the check of the address is encrypted, but not signed
            return None
        header = parsed.get("header")
        given = header.get("token") if isinstance(header, dict) else parsed.get("token")
        return body if isinstance(given, str) and same(given, self._token) else None

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
