"""A strict small Feishu on loopback: token, long connection with its redelivery, messages, cards, files, and faults.

It refuses what the vendor's pages say is refused, and shows a test what a reader sees.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import random
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

from bot.platforms.feishu.updates import CONTROL, DATA, Frame, decode
from tests.feishu.events import BOT, Json
from tests.support.server import PATIENCE, Planned, SmallServer, listening, reset

APP, SECRET = "cli_tests", "canary-app-secret-of-the-tests"
TICKET, ACCESS_KEY = "canary-ticket-of-the-tests", "canary-access-key-of-the-tests"
CONTENT_LIMIT = 30 * 1024
LADDER = (15.0, 300.0, 3600.0, 21600.0)
ACK_SECONDS = 3.0
SCOPES = (
    "im:message:send_as_bot", "im:message.p2p_msg:readonly", "im:message.group_at_msg:readonly",
    "im:resource", "im:chat:readonly", "im:message:readonly",
)  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """What a call gets instead of an answer: a vendor's code, a status, or the end of the connection."""

    code: int = 0
    status: int = 400
    msg: str = "refused by a test"
    headers: tuple[tuple[str, str], ...] = ()
    abort: bool = False
    done: bool = False  # executed all the same
    body: bytes | None = None
    seconds: float = 0.0


def flood(seconds: int) -> Fault:
    return Fault(99991400, 429, "request trigger frequency limit", (("x-ogw-ratelimit-reset", str(seconds)),))


@dataclass
class Said:
    """A message of the bot's."""

    id: str
    to: str
    kind: str
    content: Json
    reply_to: str | None = None
    in_thread: bool = False
    edits: int = 0
    at: float = 0.0
    by_uuid: str | None = None

    @property
    def text(self) -> str:
        """What a reader sees of it, buttons by their labels under it."""
        if self.kind == "post":
            return "\n".join(
                "".join(tag["text"] for tag in line) for line in self.content["zh_cn"]["content"]
            )
        if self.kind == "image":
            return "[picture]"
        shown = []
        for element in self.content["elements"]:
            if element["tag"] == "div":
                shown.append(element["text"]["content"])
            else:
                shown += [button["text"]["content"] for button in element["actions"]]
        return "\n".join(shown)

    def button(self, label: str) -> Json:
        return next(
            button["value"]
            for element in self.content["elements"]
            if element["tag"] == "action"
            for button in element["actions"]
            if button["text"]["content"] == label
        )


@dataclass
class Connection:
    """A long connection that is open."""

    socket: web.WebSocketResponse
    request: web.Request
    silent: bool = False


@dataclass
class Delivery:
    """An event on its way; `answers` are the codes that came back."""

    event: Json
    answers: list[int] = field(default_factory=list)
    tries: int = 0
    seconds: list[float] = field(default_factory=list)
    toast: str | None = None
    done: asyncio.Event = field(default_factory=asyncio.Event)


class No(Exception):
    """What Feishu answers instead of doing what it was asked."""

    def __init__(
        self, code: int, msg: str, status: int = 400, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(msg)
        self.answer = web.json_response({"code": code, "msg": msg}, status=status, headers=headers)


@dataclass
class Feishu(SmallServer):
    """What a test sees and steers; `haste` shortens the ladder of redelivery, and down to a second the time for an acknowledgement."""

    haste: float = 1.0
    url: str = ""
    said: dict[str, Said] = field(default_factory=dict)
    calls: list[tuple[str, str, Json]] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    handshakes: int = 0
    connections: list[Connection] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    known: set[str] = field(default_factory=lambda: {"f1"})  # messages of people
    groups: dict[str, Json] = field(default_factory=dict)
    scopes: set[str] = field(default_factory=lambda: set(SCOPES))
    clock: Callable[[], float] = time.time
    piece_bytes: int | None = None
    planned: Planned[Fault] = field(default_factory=Planned)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _waiting: dict[str, Delivery] = field(default_factory=dict)

    # What a test does.

    def push(self, event: Json) -> Delivery:
        """Bring an event, again and again until it is acknowledged, as long as the vendor does."""
        delivery = Delivery(event)
        self.deliveries.append(delivery)
        content = event.get("event", {})
        if isinstance(content, dict) and isinstance(content.get("message"), dict):
            self.known.add(content["message"].get("message_id", ""))
        self._spawn(self._deliver(delivery))
        return delivery

    async def answered(self, event: Json) -> Delivery:
        """Bring an event and wait until it is acknowledged."""
        delivery = self.push(event)
        async with asyncio.timeout(PATIENCE):
            await delivery.done.wait()
        return delivery

    def fail(self, path: str, fault: Fault, times: float = 1) -> None:
        """Answer the next calls whose `METHOD path` holds that so."""
        self.planned.add(path, fault, times)

    def texts(self, to: str | None = None) -> list[str]:
        return [said.text for said in self.said.values() if to is None or said.to == to]

    def last(self) -> list[tuple[str, str, Json]]:
        return self.calls[-5:]

    async def says(self, to: str, text: str = "") -> None:
        """Wait until a message there holds a text."""
        await self.until(lambda: any(text in said for said in self.texts(to)))

    async def connected(self, count: int = 1) -> None:
        await self.until(lambda: len(self.open) >= count)

    @property
    def open(self) -> list[Connection]:
        return [one for one in self.connections if not one.socket.closed]

    async def send_raw(self, data: bytes) -> None:
        await self.open[-1].socket.send_bytes(data)

    def abort(self) -> None:
        """Break every connection by a RST."""
        for one in self.open:
            one.silent = True
            if one.request.transport is not None:
                one.request.transport.abort()

    async def close(self) -> None:
        for one in self.open:
            await one.socket.close()

    # What Feishu does.

    async def _deliver(self, delivery: Delivery) -> None:
        body = json.dumps(delivery.event, ensure_ascii=False).encode()
        for pause in (*LADDER, None):
            while not (listening := [one for one in self.open if not one.silent]):
                await asyncio.sleep(0.02)
            name = f"msg{next(self._numbers)}"
            self._waiting[name] = delivery
            delivery.tries += 1
            began = time.monotonic()
            before = len(delivery.answers)
            await self._frames(random.choice(listening), name, body)
            try:
                async with asyncio.timeout(max(1.0, ACK_SECONDS / self.haste)):
                    while len(delivery.answers) == before:
                        await asyncio.sleep(0.001)
                delivery.seconds.append(time.monotonic() - began)
                if delivery.answers[-1] == 200:
                    break
            except TimeoutError:
                pass
            if pause is None:
                return
            await asyncio.sleep(pause / self.haste)
            # Brought again it is another event of the same message.
            if "header" in delivery.event:
                delivery.event["header"]["event_id"] += "'"
                body = json.dumps(delivery.event, ensure_ascii=False).encode()
        delivery.done.set()

    async def _frames(self, to: Connection, name: str, body: bytes) -> None:
        size = self.piece_bytes or len(body) or 1
        pieces = [body[at : at + size] for at in range(0, len(body), size)] or [b""]
        for at, piece in enumerate(pieces):
            number = {"sum": str(len(pieces)), "seq": str(at)}
            headers = {"type": "event", "message_id": name, "trace_id": "t", **number}
            try:
                await to.socket.send_bytes(Frame(DATA, headers, piece, 7).encode())
            except ConnectionError:
                return

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        """Every call over HTTP: it is written down, it fails as planned, or it is done."""
        body = await request.read()
        asked = json.loads(body) if body and not request.content_type.startswith("multipart/") else {}
        self.calls.append((request.method, request.path, dict(asked)))
        fault = self._planned(request)
        try:
            answer = (
                await self._failing(fault, request)
                if fault and not fault.done
                else self._answer(request, asked)
            )
        except No as no:
            answer = no.answer
        return await self._failing(fault, request) if fault and fault.done else answer

    def _answer(self, request: web.Request, asked: Json) -> web.StreamResponse:
        if request.path == "/callback/ws/endpoint":
            return self._endpoint(asked)
        if request.path == "/open-apis/auth/v3/tenant_access_token/internal":
            return self._token(asked)
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self.tokens:
            raise No(99991663, "Invalid access token for authorization", 401)
        return self._do(request, request.path.removeprefix("/open-apis/").split("/"), asked)

    def _endpoint(self, asked: Json) -> web.StreamResponse:
        if (asked.get("AppID"), asked.get("AppSecret")) != (APP, SECRET):
            raise No(514, "app_id or app_secret is wrong", 200)
        ticket = f"{TICKET}{next(self._numbers)}"
        self.tokens.add(ticket)
        where = f"{self.url.replace('http', 'ws', 1)}/ws?device_id=d&service_id=7"
        pace = {
            "ReconnectCount": -1,
            "ReconnectInterval": 120,
            "ReconnectNonce": 30,
            "PingInterval": 120,
        }
        return _yes({"URL": f"{where}&access_key={ACCESS_KEY}&ticket={ticket}", "ClientConfig": pace})

    def _token(self, asked: Json) -> web.StreamResponse:
        if asked.get("app_id") != APP:
            raise No(10003, "invalid param", 200)
        if asked.get("app_secret") != SECRET:
            raise No(10014, "app secret invalid", 200)
        token = f"t-canary-tenant-token-{next(self._numbers)}"
        self.tokens.add(token)
        return _yes(tenant_access_token=token, expire=7200)

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        ticket = request.query.get("ticket", "")
        if ticket not in self.tokens or request.query.get("access_key") != ACCESS_KEY:
            return web.Response(status=403)
        self.tokens.discard(ticket)
        if (fault := self._planned(request)) is not None:
            return await self._failing(fault, request)
        socket = web.WebSocketResponse(autoping=True)
        await socket.prepare(request)
        self.handshakes += 1
        connection = Connection(socket, request)
        self.connections.append(connection)
        async for message in socket:
            if message.type is WSMsgType.BINARY and not connection.silent:
                await self._frame(socket, decode(message.data))
        return socket

    async def _frame(self, socket: web.WebSocketResponse, frame: Frame) -> None:
        kind = frame.headers.get("type")
        if frame.method == CONTROL and kind == "ping":
            assert frame.service == 7, "a ping names the service of its address"
            await socket.send_bytes(Frame(CONTROL, {"type": "pong"}, b"", 7).encode())
        elif frame.method == DATA and frame.headers["message_id"] in self._waiting:
            delivery = self._waiting.pop(frame.headers["message_id"])
            answer = json.loads(frame.payload)
            if "data" in answer:
                data = json.loads(base64.b64decode(answer["data"]))
                delivery.toast = data.get("toast", {}).get("content")
            delivery.answers.append(answer["code"])

    def _do(self, request: web.Request, path: list[str], asked: Json) -> web.StreamResponse:
        match request.method, path:
            case "GET", ["bot", "v3", "info"]:
                return _yes(bot={"activate_status": 2, "app_name": "出处", "open_id": BOT})
            case "GET", ["application", "v6", "scopes"]:
                given = [{"scope_name": name, "grant_status": 1} for name in sorted(self.scopes)]
                return _yes({"scopes": [*given, {"scope_name": "im:asked.and.not.given", "grant_status": 2}]})
            case "POST", ["im", "v1", "messages"]:
                begins = {"open_id": "ou_", "chat_id": "oc_"}.get(request.query.get("receive_id_type", ""))
                to = str(asked.get("receive_id", ""))
                if begins is None or not to.startswith(begins):
                    raise No(230001, "invalid receive_id")
                return self._say(to, asked)
            case "POST", ["im", "v1", "messages", name, "reply"]:
                answered = self.said.get(name)
                if answered is None and name not in self.known:
                    raise No(230011, "The message was withdrawn")
                return self._say(answered.to if answered else self._place(name), asked, name)
            case "PUT" | "PATCH" as method, ["im", "v1", "messages", name]:
                return self._edit(method, name, asked)
            case "GET", ["im", "v1", "messages", name]:
                if name in self.said:
                    body = {"content": json.dumps(_told(self.said[name]), ensure_ascii=False)}
                    return _yes({"items": [{"message_id": name, "body": body}]})
                found = [{"body": {"content": one["content"]}} for one in self._written(name)]
                if not found:
                    raise No(230110, "This message is deleted")
                return _yes({"items": found})
            case "POST", ["im", "v1", "images"]:
                return _yes({"image_key": "img_1"})
            case "GET", ["im", "v1", "chats", name]:
                if name not in self.groups:
                    raise No(232006, "chat_id is invalid")
                return _yes(self.groups[name])
            case "GET", ["im", "v1", "messages", name, "resources", key]:
                sort = "image" if key.startswith("img_") else "file"
                if name not in self.known or key not in self.files or request.query.get("type") != sort:
                    raise No(234003, "File not in msg")
                return web.Response(body=self.files[key], content_type="application/octet-stream")
        raise No(99991400, f"no such call: {path}", 404)

    def _written(self, name: str) -> list[Json]:
        """What a person wrote under an id, however often it was brought."""
        contents = [one.event.get("event", {}) for one in self.deliveries]
        written = [content.get("message") for content in contents if isinstance(content, dict)]
        return [one for one in written if isinstance(one, dict) and one.get("message_id") == name]

    def _place(self, name: str) -> str:
        """Where a person wrote a message: in private under the person's own id, as we send there."""
        for delivery in self.deliveries:
            content = delivery.event.get("event", {})
            if isinstance(content, dict) and content.get("message") in self._written(name):
                private = content["message"]["chat_type"] == "p2p"
                return str(
                    content["sender"]["sender_id"]["open_id"] if private else content["message"]["chat_id"]
                )
        return "unknown"

    def _say(self, to: str, asked: Json, reply_to: str | None = None) -> web.StreamResponse:
        uuid = asked.get("uuid")
        if uuid is not None and not 1 <= len(uuid) <= 50:
            raise No(230001, "uuid is too long")
        for before in self.said.values():
            if uuid is not None and before.by_uuid == uuid:
                return _yes({"message_id": before.id})
        content, thread = _content(asked), bool(asked.get("reply_in_thread"))
        name = f"om_said{next(self._numbers):028x}"
        self.said[name] = Said(
            name, to, asked["msg_type"], content, reply_to, thread, at=self.clock(), by_uuid=uuid
        )
        return _yes({"message_id": name, "chat_id": to, "msg_type": asked["msg_type"]})

    def _edit(self, method: str, name: str, asked: Json) -> web.StreamResponse:
        said = self.said.get(name)
        if said is None:
            raise No(230011, "The message was withdrawn")
        if method == "PATCH":
            if said.kind != "interactive":
                raise No(230001, "not a card")
            if self.clock() - said.at > 14 * 86400:
                raise No(230031, "The message card has been sent for more than 14 days")
            asked = {**asked, "msg_type": "interactive"}
        elif said.kind != "post" or asked.get("msg_type") != "post":
            raise No(230054, "This operation is not supported for this message type")
        elif said.edits >= 20:
            raise No(230072, "The message has reached the number of times it can be edited")
        said.content, said.edits = _content(asked), said.edits + 1
        return _yes({})

    def _planned(self, request: web.Request) -> Fault | None:
        return self.planned.take(lambda path: path in f"{request.method} {request.path}")

    async def _failing(self, fault: Fault, request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(fault.seconds)
        if fault.abort:
            return reset(request)
        if fault.body is not None:
            return web.Response(body=fault.body, status=fault.status)
        return No(fault.code, fault.msg, fault.status, dict(fault.headers)).answer

    def _spawn(self, work: object) -> None:
        task = asyncio.ensure_future(work)  # type: ignore[call-overload]
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def application(self) -> web.Application:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.add_routes([web.get("/ws", self._socket), web.route("*", "/{path:.*}", self._handle)])
        return app


def _told(said: Said) -> Json:
    """A message's content as the API returns it: of a card, the texts of its elements."""
    if said.kind != "interactive":
        return dict(said.content["zh_cn"])
    lines = [[{"tag": "text", "text": line}] for line in said.text.splitlines()]
    return {"title": None, "elements": lines}


def _yes(data: Json | None = None, **more: object) -> web.Response:
    return web.json_response(
        {"code": 0, "msg": "success", **({} if data is None else {"data": data}), **more}
    )


def _content(asked: Json) -> Json:
    """The content of a message, if Feishu takes it."""
    kind, content = asked.get("msg_type"), asked.get("content")
    if kind not in _CHECKS or not isinstance(content, str):
        raise No(230001, "invalid msg_type or content")
    if len(json.dumps(asked, ensure_ascii=False).encode()) > CONTENT_LIMIT:
        raise No(230025, "The length of the message content reaches its limit.")
    parsed: Json = json.loads(content)
    try:
        _CHECKS[kind](parsed)
    except (KeyError, TypeError, AssertionError, AttributeError) as error:
        raise No(230099, f"Failed to create card content, ext=ErrCode: 200621; ErrMsg: {error!r}") from None
    return parsed


def _check_post(content: Json) -> None:
    lines = content["zh_cn"]["content"]
    assert lines
    for line in lines:
        for tag in line:
            assert tag["tag"] in ("text", "a"), tag
            assert set(tag) <= {"tag", "text", "href", "style"}, tag
            assert set(tag.get("style", [])) <= {"bold", "italic", "underline", "lineThrough"}, tag
            tag["text"].encode()
            if tag["tag"] == "a":
                assert tag["href"].startswith(("https://", "http://")), tag


def _check_card(content: Json) -> None:
    assert content["config"]["update_multi"] is True, "edits would be seen by one reader only"
    for element in content["elements"]:
        if element["tag"] == "div":
            assert element["text"]["tag"] == "plain_text", "markdown would be live"
            assert isinstance(element["text"]["content"], str)
            assert element["text"].get("text_size", "normal") in ("normal", "heading", "notation")
        else:
            assert element["tag"] == "action", element
            assert element["actions"]
            for button in element["actions"]:
                assert button["tag"] == "button"
                assert button["text"]["tag"] == "plain_text"
                assert button["text"]["content"]
                assert ("value" in button) != ("url" in button)


def _check_image(content: Json) -> None:
    assert content["image_key"] == "img_1"


_CHECKS: dict[str, Callable[[Json], None]] = {
    "post": _check_post,
    "interactive": _check_card,
    "image": _check_image,
}


@asynccontextmanager
async def feishu(haste: float = 1.0) -> AsyncIterator[Feishu]:
    server = Feishu(haste)
    async with listening(server.application()) as server.url:
        try:
            yield server
        finally:
            for task in list(server._tasks):
                task.cancel()
            for one in server.open:
                if one.request.transport is not None:
                    one.request.transport.abort()
