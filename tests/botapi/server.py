"""The server: one bot, its updates, brought to a webhook or polled, its calls, and the faults a test asks for."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from tests.botapi.calls import Call, read_call
from tests.botapi.chats import Chats, insist
from tests.botapi.faults import SECOND_POLLER, WEBHOOK_IS_ON, Fault, Refusal
from tests.botapi.models import Update
from tests.botapi.updates import BOT, BOT_ID, Json, buttons
from tests.support.server import Planned, SmallServer, listening, misbehave


class Courier:
    """Delivers updates; pauses between tries are short where the real ones are 1, 2, 4 … seconds."""

    def __init__(self, url: str, secret: str | None, connections: int) -> None:
        self.url = url
        self.statuses: list[int] = []
        self.bodies: set[bytes] = set()
        self._secret = secret
        self._slots = asyncio.Semaphore(connections)
        self._rows: dict[object, deque[Any]] = {}
        self._tasks: dict[object, asyncio.Task[None]] = {}
        self._session: aiohttp.ClientSession | None = None

    def take(self, update: Any) -> None:
        """Bring an update as soon as those of its chat before it were taken."""
        key = _queue_of(update)
        self._rows.setdefault(key, deque()).append(update)
        if key not in self._tasks:
            self._tasks[key] = asyncio.get_running_loop().create_task(self._carry(key))

    def stop(self) -> list[Any]:
        """Stop; return what was not taken."""
        for task in self._tasks.values():
            task.cancel()
        if self._session is not None:
            session, self._session = self._session, None
            self._closing = asyncio.get_running_loop().create_task(session.close())
        left = [update for row in self._rows.values() for update in row]
        self._rows.clear()
        return sorted(left, key=lambda u: u.get("update_id", 0) if isinstance(u, dict) else 0)

    async def _carry(self, key: object) -> None:
        row, pause = self._rows[key], 0.05
        while row:
            async with self._slots:
                taken = await self._deliver(row[0])
            if taken:
                row.popleft()
                pause = 0.05
            else:
                await asyncio.sleep(pause)
                pause = min(1.0, pause * 2)
        del self._rows[key], self._tasks[key]

    async def _deliver(self, update: Any) -> bool:
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        headers = {"X-Telegram-Bot-Api-Secret-Token": self._secret} if self._secret else {}
        try:
            timeout = aiohttp.ClientTimeout(total=60)
            async with self._session.post(self.url, json=update, headers=headers, timeout=timeout) as answer:
                self.bodies.add(await answer.read())
                self.statuses.append(answer.status)
                return 200 <= answer.status < 300
        except aiohttp.ClientError:
            return False


def _queue_of(update: Any) -> object:
    """tdlib/telegram-bot-api: a chat for messages, a user for presses and inline queries."""
    if not isinstance(update, dict):
        return None
    for kind, content in update.items():
        if isinstance(content, dict):
            chat = content.get("chat") or {}
            return chat.get("id") or (kind, (content.get("from") or {}).get("id"))
    return None


TOKEN = f"{BOT_ID}:AAH_canary-token-of-the-tests_0123456789"
AT_ONCE = 100


@dataclass
class BotApi(SmallServer):
    """What a test sees and steers."""

    url: str = ""
    clock: Callable[[], float] = time.monotonic
    calls: list[Call] = field(default_factory=list)
    polls: int = 0
    good_polls: int = 0
    chats: Chats = field(default_factory=Chats)
    queue: list[Json] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    stalling: set[str] = field(default_factory=set)  # files that come half and no further
    courier: Courier | None = None
    planned: Planned[Fault] = field(default_factory=Planned)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _poll: asyncio.Future[Any] | None = None
    _next: int = 1000

    def push(self, strict: bool = True, **update: Json) -> int:
        """Queue an update, e.g. `push(message=message("你好", private(7)))`; return its id."""
        self._next += 1
        whole: Json = {"update_id": self._next, **update}
        if strict:
            Update.model_validate(whole, context={"bot": None})
        self.chats.learn(update)
        return self.push_raw(whole)

    def push_raw(self, update: Any) -> int:
        if self.courier is not None:
            self.courier.take(update)
        else:
            self.queue.append(update)
            self._news.set()
        return self._next

    def fail(self, method: str, fault: Fault, times: float = 1, chat: int | None = None) -> None:
        """Let the next `times` calls of a method (to a chat) go wrong; infinite until `heal`."""
        self.planned.add(f"{method} {chat}", fault, times)

    def made(self, *wanted: str) -> list[Call]:
        """Successful calls of these methods, in order."""
        return [c for c in self.calls if c.method in wanted and c.refused is None]

    def said(self, chat: int | None = None) -> list[str]:
        """Texts sent (to a chat), in order."""
        return [c.text for c in self.made("sendMessage") if chat is None or c.chat == chat]

    def shown(self, chat: int) -> list[Json]:
        """The bot's messages in a chat, each as it is now."""
        messages = self.chats.messages.items()
        return [said for (at, _), said in messages if at == chat and said.get("from", {}).get("id") == BOT_ID]

    def button(self, label: str, chat: int) -> tuple[str, Json]:
        """What the newest button of that label in a chat carries, and the message that it is under."""
        return next(
            (button["callback_data"], said)
            for said in reversed(self.shown(chat))
            for button in buttons(said)
            if button["text"] == label
        )

    def last(self) -> list[Call]:
        return self.calls[-5:]

    # What the bot calls.

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if request.match_info["token"] != TOKEN:
            return _error(Refusal(401, "Unauthorized"))
        method = request.match_info["method"]
        fault = self.planned.take(f"{method} None".__eq__)
        call = Call(method, {}, self.clock())
        polls = method == "getUpdates"
        try:
            if fault is None or not polls:
                try:
                    await read_call(request, call)
                finally:
                    self.calls += [] if polls else [call]
                fault = fault or self.planned.take(f"{method} {call.chat}".__eq__)
            if isinstance(fault, Refusal):
                raise fault
            if fault is None or (getattr(fault, "done", False) and not polls):
                call.result = await self._execute(call)
            else:
                call.refused = Refusal(0, type(fault).__name__)
        except Refusal as refusal:
            call.refused = refusal
            return _error(refusal)
        if fault is not None:
            return await misbehave(fault, request)
        return web.json_response({"ok": True, "result": call.result})

    async def file(self, request: web.Request) -> web.StreamResponse:
        path = request.match_info["path"]
        content = self.files.get(path)
        if content is None:
            return _error(Refusal(404, "Not Found"))
        if path not in self.stalling:
            return web.Response(body=content)
        half = web.StreamResponse()
        half.content_length = len(content)
        await half.prepare(request)
        await half.write(content[: len(content) // 2])
        await asyncio.Event().wait()
        return half

    async def _execute(self, call: Call) -> Any:
        match call.method:
            case "getUpdates":
                return await self._get_updates(call.parameters)
            case "getMe":
                return {**BOT, "can_join_groups": True, "supports_inline_queries": True}
            case "setWebhook":
                self._set_webhook(call.parameters)
            case "deleteWebhook":
                self._delete_webhook()
            case "getWebhookInfo":
                url = self.courier.url if self.courier else ""
                return {"url": url, "has_custom_certificate": False, "pending_update_count": len(self.queue)}
            case "getFile":
                return self._get_file(call.parameters["file_id"])
            case _:
                return self.chats.execute(call)
        return True

    async def _get_updates(self, asked: Json) -> list[Json]:
        self.polls += 1
        if self.courier is not None:
            raise WEBHOOK_IS_ON
        if self._poll is not None and not self._poll.done():
            self._poll.set_result(SECOND_POLLER)
        mine: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._poll = mine
        offset = asked.get("offset", 0)
        if offset < 0:
            self.queue = self.queue[offset:]
        else:
            self.queue = _unconfirmed(self.queue, offset)
        deadline = self.clock() + min(50, asked.get("timeout", 0))
        while not self.queue and (left := deadline - self.clock()) > 0:
            self._news.clear()
            news: asyncio.Future[Any] = asyncio.ensure_future(self._news.wait())
            try:
                await asyncio.wait([news, mine], timeout=left, return_when=asyncio.FIRST_COMPLETED)
            finally:
                news.cancel()
            if mine.done():
                raise mine.result()
        self.good_polls += 1
        return self.queue[: max(1, min(AT_ONCE, asked.get("limit", AT_ONCE)))]

    def _set_webhook(self, asked: Json) -> None:
        self._delete_webhook()
        self.courier = Courier(asked["url"], asked.get("secret_token"), asked.get("max_connections", 40))
        for update in self.queue:
            self.courier.take(update)
        self.queue = []

    def _delete_webhook(self) -> None:
        if self.courier is not None:
            self.queue = self.courier.stop() + self.queue
            self.courier = None

    def _get_file(self, file_id: str) -> Json:
        insist(file_id in self.files, "invalid file_id")
        size = len(self.files[file_id])
        insist(size <= 20 << 20, "file is too big")
        return {"file_id": file_id, "file_unique_id": file_id, "file_size": size, "file_path": file_id}


def _unconfirmed(queue: list[Any], offset: int) -> list[Any]:
    """Leave out what is confirmed, as far as one poll can see: a long queue must not cost the test its time."""
    seen: list[Any] = []
    passed = 0
    for update in queue:
        if len(seen) == AT_ONCE:
            break
        passed += 1
        if not _number(update) or _number(update) >= offset:
            seen.append(update)
    return seen + queue[passed:]


def _number(update: Any) -> int:
    number = update.get("update_id", 0) if isinstance(update, dict) else 0
    return number if isinstance(number, int) else 0


def _error(refusal: Refusal) -> web.Response:
    body: Json = {"ok": False, "error_code": refusal.status, "description": refusal.description}
    if refusal.parameters:
        body["parameters"] = dict(refusal.parameters)
    return web.json_response(body, status=refusal.status)


@contextlib.asynccontextmanager
async def bot_api(port: int = 0, host: str = "127.0.0.1") -> AsyncIterator[BotApi]:
    """Run the server on a free port of this machine."""
    api = BotApi()
    app = web.Application(client_max_size=64 << 20)
    app.router.add_route("*", "/bot{token}/{method}", api.handle)
    app.router.add_get("/file/bot{token}/{path:.+}", api.file)
    async with listening(app, port, host=host) as api.url:
        try:
            yield api
        finally:
            if api.courier is not None:
                api.courier.stop()
    said = repr([call.parameters for call in api.calls if call.method != "setWebhook"])
    assert TOKEN not in said, "a chat was told the token"
