"""Updates in, by polling or webhook: stored, then confirmed; outliving whatever the server does."""

from __future__ import annotations

import hmac
import json
import logging
import zlib
from collections.abc import Callable, Mapping

from aiohttp import web
from telegram.error import TelegramError

from bot.inbox import NewUpdate
from bot.observability import Metrics
from bot.platforms.calls import parse
from bot.platforms.connection import CALL_LONGEST, ConnectionHealth, keep_polling
from bot.platforms.receiving import BODY_LIMIT, Deliveries, Receiver, refusal
from bot.platforms.telegram.client import AiohttpRequest, Conflict, TelegramOutcomeUnknown

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
logger = logging.getLogger(__name__)


class Poller:
    """Asks for updates.

    `address` is that of the Bot API with the token, `seconds` how long a poll waits; `more` is told whether more is
    waiting.
    """

    def __init__(
        self,
        request: AiohttpRequest,
        address: str,
        receiver: Receiver,
        more: Callable[[bool], None],
        health: ConnectionHealth,
        metrics: Metrics,
        seconds: int = 10,
        grace: float = 5.0,
    ) -> None:
        self._request = request
        self._address = address
        self._receiver = receiver
        self._more = more
        self._health = health
        self._metrics = metrics
        self._seconds = seconds
        self._grace = grace
        self._offset: int | None = None
        self._limit = BATCH

    async def run(self) -> None:
        """Poll until cancelled."""
        await keep_polling(self._once, self._health, self._metrics, "polling", self._recover)

    async def _once(self) -> None:
        """One poll: nothing is confirmed before it is stored."""
        parameters = {
            "timeout": str(self._seconds),
            "limit": str(self._limit),
            "allowed_updates": json.dumps(UPDATE_TYPES),
        }
        if self._offset is not None:
            parameters["offset"] = str(self._offset)
        body = await self._request.call(
            f"{self._address}/getUpdates", parameters, self._seconds + self._grace
        )
        answer = parse(body)
        updates = answer.get("result") if isinstance(answer, dict) and answer.get("ok") is True else None
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
                logger.error(
                    "an update without a usable update_id was dropped: %d characters", len(str(update))
                )
                self._metrics.received.labels("unusable").inc()
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
        logger.error("a webhook is set for this bot; it is removed, because polling is configured")
        try:
            await self._request.call(
                f"{self._address}/deleteWebhook", {"drop_pending_updates": "false"}, self._grace
            )
        except TelegramError as error:
            logger.error("deleteWebhook failed: %s", error)


HEADER = "X-Telegram-Bot-Api-Secret-Token"


class Webhook(Deliveries):
    """The handler of `POST /telegram`."""

    def __init__(self, secret: str, receiver: Receiver, health: ConnectionHealth, metrics: Metrics) -> None:
        super().__init__(health, metrics)
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
        logger.error("webhook: %d bytes that are no update; quarantined", len(body))
        self._metrics.received.labels("unusable").inc()
        await self._receiver.quarantine(str(-1 - zlib.crc32(body)), body, "no usable update")

    def _knows(self, request: web.Request) -> bool:
        given = request.headers.getall(HEADER, [])
        word = given[0].encode("utf-8", "surrogateescape") if len(given) == 1 else b""
        return hmac.compare_digest(word, self._secret)
