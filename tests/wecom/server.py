"""The gateway: it takes one connection a bot, pushes what the test says, acknowledges, and fails as it is told; and what a reader sees of its markdown, as a parser by others reads it."""

from __future__ import annotations

import asyncio
import json
import ssl
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web
from markdown_it import MarkdownIt

from tests.support.server import Planned, SmallServer, listening

OURS = {
    "paragraph_open", "paragraph_close", "inline", "text", "text_special", "softbreak", "hardbreak", "strong_open",
    "strong_close", "em_open", "em_close", "code_inline", "link_open", "link_close",
}  # fmt: skip
PARSER = MarkdownIt("gfm-like", {"linkify": False, "breaks": True, "html": True})


def visible(text: str) -> str:
    """Return the text that is seen; blank lines between paragraphs are one line break."""
    lines: list[str] = []
    for token in PARSER.parse(text):
        assert token.type in OURS, f"{token.type} is alive in {text!r}"
        if token.type == "inline":
            lines.append("".join(map(_seen, token.children or [])))
    return "\n".join(lines)


def _seen(token: object) -> str:
    kind, content = getattr(token, "type", ""), getattr(token, "content", "")
    assert kind in OURS, f"{kind} is alive: {content!r}"
    return "\n" if kind in ("softbreak", "hardbreak") else str(content)


Json = dict[str, Any]
BOT, SECRET = "aib-canary-bot-of-the-tests", "canary-secret-of-the-tests_0123456789"
TEXT_BYTES = 20_480


@dataclass
class Gateway(SmallServer):
    """What a test sees and steers."""

    url: str = ""
    frames: list[Json] = field(default_factory=list)
    subscriptions: int = 0
    said: list[tuple[str, Json]] = field(default_factory=list)  # (chat, body), in order
    silent: bool = False  # answers no frame, and shows nothing of it
    acknowledges: bool = True  # else it shows what is said, and tells nobody so
    secret: str = SECRET
    connections: list[web.WebSocketResponse] = field(default_factory=list)
    _open: dict[str, str] = field(default_factory=dict)  # req_id → chat, of messages not answered yet
    planned: Planned[int] = field(default_factory=Planned)

    # What a test does.

    @property
    def online(self) -> bool:
        return bool(self.connections) and not self.connections[-1].closed

    async def say(self, text: str, person: str = "ann", group: str | None = None, **more: Any) -> str:
        """Somebody says something; return the message's id."""
        body = {"msgtype": "text", "text": {"content": text}, **more}
        return await self.push("aibot_msg_callback", body, person, group)

    async def press(self, key: str, task: str = "t1", person: str = "ann", group: str | None = None) -> str:
        card = {"card_type": "button_interaction", "event_key": key, "task_id": task}
        event = {"eventtype": "template_card_event", "template_card_event": card}
        return await self.push("aibot_event_callback", {"msgtype": "event", "event": event}, person, group)

    async def push(self, command: str, body: Json, person: str, group: str | None = None) -> str:
        """Push a callback; a body with a `msgid` keeps it."""
        request, message = uuid.uuid4().hex, body.get("msgid") or uuid.uuid4().hex
        where = {"chattype": "group", "chatid": group} if group else {"chattype": "single"}
        who = {"aibotid": BOT, "from": {"userid": person}, "create_time": int(time.time())}
        if command == "aibot_msg_callback":
            self._open[request] = group or person
        told = {**where, **who, **body, "msgid": message}
        await self.raw({"cmd": command, "headers": {"req_id": request}, "body": told})
        return str(message)

    async def raw(self, frame: Json | str) -> None:
        """Push over the connection that is open; what one that is closing did not take goes over the next."""
        while True:
            await self.until(lambda: self.online)
            with suppress(ConnectionError):
                await self.connections[-1].send_str(frame if isinstance(frame, str) else json.dumps(frame))
                return
            await asyncio.sleep(0.01)

    def answer_with(self, command: str, code: int) -> None:
        """Let the next call of a command be refused by a code."""
        self.planned.add(command, code)

    def shown(self, chat: str = "ann") -> list[str]:
        """What is seen in a chat, message by message; a card's buttons stand under what they came after."""
        shown: list[str] = []
        for to, body in self.said:
            if to != chat:
                continue
            if body["msgtype"] == "template_card":
                labels = [button["text"] for button in body["template_card"]["button_list"]]
                shown[-1:] = ["\n".join([*shown[-1:], *labels])]
            else:
                shown.append(visible(_text(body)))
        return shown

    def last(self) -> list[Json]:
        return self.frames[-4:]

    # What the bot does.

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(timeout=0.1)
        await socket.prepare(request)
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                await self._take(socket, json.loads(message.data))
        return socket

    async def _take(self, socket: web.WebSocketResponse, frame: Json) -> None:
        self.frames.append(frame)
        if self.silent:
            return
        command, request = frame["cmd"], frame["headers"]["req_id"]
        code = self.planned.take(command.__eq__) or 0
        if code == 0 and command == "aibot_subscribe":
            code = await self._subscribe(socket, frame["body"])
        elif code == 0 and command == "aibot_respond_msg":
            code = self._respond(request, frame["body"])
        elif code == 0 and command == "aibot_send_msg":
            code = self._push(frame["body"])
        elif command != "ping" and not command.startswith("aibot_"):
            code = 40001
        if not self.acknowledges:
            return
        told = {"errcode": code, "errmsg": "ok" if code == 0 else "no"}
        with suppress(ConnectionError):
            await socket.send_json({"headers": {"req_id": request}, **told})

    async def _subscribe(self, socket: web.WebSocketResponse, body: Json) -> int:
        if body != {"bot_id": BOT, "secret": self.secret}:
            return 40013
        for old in self.connections:  # a new subscription takes the place of the old
            if not old.closed and old is not socket:
                event = {"msgtype": "event", "event": {"eventtype": "disconnected_event"}}
                told = {"headers": {"req_id": "x"}, "body": {"msgid": uuid.uuid4().hex, **event}}
                with suppress(ConnectionError):
                    await old.send_json({"cmd": "aibot_event_callback", **told})
                    await old.close()
        self.connections.append(socket)
        self.subscriptions += 1
        return 0

    def _respond(self, request: str, body: Json) -> int:
        if request not in self._open:
            return 846605
        stream = body["stream"]
        assert body["msgtype"] == "stream" and stream["id"] and stream["finish"] is True
        return self._keep(self._open.pop(request), body)

    def _push(self, body: Json) -> int:
        if body["msgtype"] not in ("markdown", "template_card"):
            return 40008
        assert body["chat_type"] in (1, 2)
        return self._keep(body["chatid"], body)

    def _keep(self, chat: str, body: Json) -> int:
        if body["msgtype"] == "template_card":
            card = body["template_card"]
            assert (
                card["card_type"] == "button_interaction" and card["main_title"]["title"] and card["task_id"]
            )
            assert 1 <= len(card["button_list"]) <= 6
            for button in card["button_list"]:
                assert len(button["text"]) <= 10 and 1 <= len(button["key"].encode()) <= 1024
        elif len(_text(body).encode()) > TEXT_BYTES:
            return 40058
        self.said.append((chat, body))
        return 0


def _text(body: Json) -> str:
    kind = body["msgtype"]
    return str(body[kind]["content"])


@asynccontextmanager
async def gateway(context: ssl.SSLContext | None = None) -> AsyncIterator[Gateway]:
    """The gateway while the block runs, over TLS where a context is given."""
    server = Gateway()
    app = web.Application()
    app.router.add_get("/", server.handle)
    async with listening(app, tls=context) as server.url:
        yield server


Ending = Callable[[Gateway], Awaitable[object]]
"""How a connection ends."""


async def clean_close(server: Gateway) -> None:
    await server.connections[-1].close()


async def going_away(server: Gateway) -> None:
    await server.connections[-1].close(code=1012)


def wire(server: Gateway) -> asyncio.Transport:
    transport = server.connections[-1]._req.transport  # type: ignore[union-attr]
    assert isinstance(transport, asyncio.Transport)
    return transport


async def broken(server: Gateway) -> None:
    wire(server).abort()


async def cut_frame(server: Gateway) -> None:
    wire(server).write(b"\x81\x7e\x01\x00half")
    wire(server).close()


async def bad_frame(server: Gateway) -> None:
    wire(server).write(b"\xff\xff\xff\xff")


async def silence(server: Gateway) -> None:
    server.silent = True
    count = len(server.frames)
    await server.until(lambda: len(server.frames) > count + 2)  # a new connection subscribes in vain
    server.silent = False


async def kick(server: Gateway) -> None:
    event = {"msgid": "k", "msgtype": "event", "event": {"eventtype": "disconnected_event"}}
    await server.raw({"cmd": "aibot_event_callback", "headers": {"req_id": "x"}, "body": event})


ENDINGS: list[Ending] = [clean_close, going_away, broken, cut_frame, bad_frame, silence, kick]
