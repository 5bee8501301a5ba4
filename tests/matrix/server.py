"""The homeserver: one account of ours, people played by the test, what a test lets go wrong, and what a reader sees."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from tests.matrix.rooms import Json, Room, replaces
from tests.support.server import Garbage, Hang, Planned, Reset, SmallServer, listening, misbehave

ALLOWED = {"strong": (), "em": (), "code": (), "blockquote": (), "br": (), "a": ("href",)}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ALLOWED, f"<{tag}> may not be sent"
        assert all(name in ALLOWED[tag] for name, _ in attrs), attrs
        assert all((value or "").startswith(("https://", "http://")) for _, value in attrs), attrs
        if tag == "br":
            self.text += "\n"
        else:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"{data!r} may not be sent")

    def handle_decl(self, decl: str) -> None:
        self.handle_comment(decl)


def visible(html: str) -> str:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert not reader.open, f"not closed: {reader.open}"
    return reader.text


ME = "@chuchu:here"
TOKEN = "syt_canary-token-of-the-tests_0123456789"
EVENT_BYTES = 65_536
EVERYTHING = json.dumps({"room": {"timeline": {"types": ["m.room.message", "m.room.member"], "limit": 50}}})


class Refused(Exception):
    """An error answer."""

    def __init__(self, status: int, code: str, error: str = "", **more: object) -> None:
        super().__init__(code)
        self.status = status
        self.body = {"errcode": code, "error": error or code, **more}


Fault = Refused | Hang | Reset | Garbage


@dataclass
class Homeserver(SmallServer):
    """What a test sees and steers; `order` numbers all events of all rooms, `tokens` says who calls.

    `is_heard` says that the bot goes on from a position that it has heard.
    """

    url: str = ""
    tokens: dict[str, str] = field(default_factory=lambda: {TOKEN: ME})
    rooms: dict[str, Room] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=lambda: {ME: "出处"})
    media: dict[str, bytes] = field(default_factory=dict)
    order: int = 0
    syncs: int = 0
    is_heard: bool = False
    calls: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    _done: dict[str, str] = field(default_factory=dict)
    planned: Planned[Fault] = field(default_factory=Planned)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    # What a test does.

    def room(
        self, *people: str, name: str = "", encrypted: bool = False, invite: bool | None = False
    ) -> Room:
        """Make a room with us and these people in it; with `invite` we are only invited, with None not even that."""
        room = Room(f"!{name or len(self.rooms)}:here", people[0], self._number)
        self.rooms[room.id] = room
        for person in people:
            room.member(person, "join")
        if encrypted:
            room.state("m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"}, people[0])
        if invite is not None:
            room.member(ME, "invite", people[0])
        if invite is False:
            room.member(ME, "join")
        self._news.set()
        return room

    def say(self, room: Room, sender: str, body: str, **content: Any) -> str:
        """Somebody says something; return the event's id."""
        return self.event(room, sender, {"msgtype": "m.text", "body": body, **content})

    def event(self, room: Room, sender: str, content: Json, kind: str = "m.room.message") -> str:
        event = room.add(kind, sender, content)
        self._news.set()
        return str(event["event_id"])

    def member(self, room: Room, person: str, membership: str, by: str | None = None) -> None:
        """Somebody comes, goes, or is put out."""
        room.member(person, membership, by)
        self._news.set()

    def fail(self, path: str, fault: Fault, times: float = 1) -> None:
        """Let the next calls whose path holds `path` go wrong."""
        self.planned.add(path, fault, times)

    def shown(self, room: Room) -> list[str]:
        """Each message of ours as a reader sees it now, edits in their places."""
        shown: dict[str, str] = {}
        for event in self._said(room):
            content, replaced = event["content"], replaces(event)
            shown[replaced or event["event_id"]] = _seen(content["m.new_content"] if replaced else content)
        return list(shown.values())

    def ours(self, room: Room) -> list[Json]:
        return [event["content"] for event in self._said(room)]

    def _said(self, room: Room) -> list[Json]:
        return [e for e in room.events if e["sender"] == ME and e["type"] == "m.room.message"]

    def last(self) -> list[str]:
        return self.calls[-8:]

    # What we call.

    async def handle(self, request: web.Request) -> web.StreamResponse:
        path = request.raw_path.partition("?")[0]
        self.calls.append(f"{request.method} {path}")
        fault = self.planned.take(lambda part: part in path)
        done = fault is None or getattr(fault, "done", False)
        try:
            answer = await self._answer(request, path) if done else {}
            if isinstance(fault, Refused):
                raise fault
        except Refused as refusal:
            return web.json_response(refusal.body, status=refusal.status)
        if fault is not None:
            return await misbehave(fault, request)
        return web.Response(body=answer) if isinstance(answer, bytes) else web.json_response(answer)

    async def _answer(self, request: web.Request, path: str) -> Any:
        if path == "/_matrix/client/versions":
            return {"versions": ["v1.11"]}
        me = self.tokens.get(request.headers.get("Authorization", "").removeprefix("Bearer "))
        if me is None:
            raise Refused(401, "M_UNKNOWN_TOKEN")
        if path == "/_matrix/media/v3/upload":
            address = f"mxc://here/m{len(self.media)}"
            self.media[address] = await request.read()
            return {"content_uri": address}
        if path.startswith("/_matrix/client/v1/media/download/"):
            address = f"mxc://{unquote(path.removeprefix('/_matrix/client/v1/media/download/'))}"
            if address not in self.media:
                raise Refused(404, "M_NOT_FOUND")
            return self.media[address]
        parts = [unquote(part) for part in path.removeprefix("/_matrix/client/v3/").split("/")]
        body: Json = await request.json() if request.can_read_body else {}
        match request.method, *parts:
            case "GET", "account", "whoami":
                return {"user_id": me, "device_id": "D"}
            case "GET", "profile", person, "displayname":
                return {"displayname": self.names[person]} if person in self.names else {}
            case "GET", "sync":
                return await self._sync(request.query, me)
            case "GET", "joined_rooms":
                return {"joined_rooms": [r.id for r in self.rooms.values() if me in r.joined]}
            case "POST", "join", room:
                self._room(room).enter(me)
                return {"room_id": room}
            case "POST", "createRoom":
                made = self.room(ME, name=f"made{len(self.rooms)}")
                for person in body["invite"]:
                    made.member(person, "join")  # who is invited comes at once
                return {"room_id": made.id}
            case "GET", "rooms", room, "joined_members":
                return {"joined": {person: {} for person in self._room(room, me).joined}}
            case "GET", "rooms", room, "event", event:
                return self._room(room, me).with_edit(event)
            case "GET", "rooms", room, "messages":
                return self._room(room, me).page(request.query)
            case "GET", "rooms", room, "state", kind, "":
                held = self._room(room, me).state_of(kind)
                if held is None:
                    raise Refused(404, "M_NOT_FOUND")
                return held
            case "PUT", "rooms", room, "send", "m.room.message", transaction:
                return {"event_id": self._send(self._room(room, me), me, body, transaction)}
        self.complaints.append(f"{request.method} {path}")
        raise Refused(404, "M_UNRECOGNIZED")

    def _send(self, room: Room, me: str, content: Json, transaction: str) -> str:
        transaction = f"{me} {transaction}"
        if transaction in self._done:
            return self._done[transaction]
        if len(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()) + 2048 > EVENT_BYTES:
            raise Refused(413, "M_TOO_LARGE")
        self._done[transaction] = self.event(room, me, content)
        if me == ME:
            _seen(content)
        return self._done[transaction]

    async def _sync(self, asked: Mapping[str, str], me: str) -> Json:
        self.syncs += me == ME
        self.is_heard |= me == ME and "since" in asked
        wanted = json.loads(asked.get("filter", EVERYTHING))["room"]["timeline"]
        since = int(asked["since"].removeprefix("s")) if "since" in asked else None
        if since is not None and self.order <= since:
            self._news.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(int(asked["timeout"]) / 1000):
                    await self._news.wait()
        now = self.order
        rooms: Json = {"join": {}, "invite": {}, "leave": {}}
        for room in self.rooms.values():
            kind, news = room.since(since or 0, me, wanted["types"], wanted["limit"])
            if kind:
                rooms[kind][room.id] = news
        nothing: Json = {key: {"events": []} for key in ("to_device", "presence", "account_data")}
        devices: Json = {"device_lists": {"changed": [], "left": []}, "device_one_time_keys_count": {}}
        return {"next_batch": f"s{now}", "rooms": rooms, **nothing, **devices}

    def _room(self, room: str, member: str | None = None) -> Room:
        if room not in self.rooms or (member and member not in self.rooms[room].joined):
            raise Refused(403, "M_FORBIDDEN")
        return self.rooms[room]

    def _number(self) -> int:
        self.order += 1
        return self.order


def _seen(content: Json) -> str:
    """The visible text of a content, which must be whole: both bodies say the same, and nobody is pinged."""
    assert content["m.mentions"] == {}, "somebody is pinged"
    if content["msgtype"] == "m.image":
        return str(content["url"])
    assert content["msgtype"] == "m.notice", "bots answer what is no notice"
    if "formatted_body" not in content:
        return str(content["body"])
    assert content["format"] == "org.matrix.custom.html"
    text = visible(content["formatted_body"])
    assert text == content["body"].removeprefix("* ") or text == content["body"]
    return text


@asynccontextmanager
async def homeserver() -> AsyncIterator[Homeserver]:
    """The server while the block runs; what it complains of fails the test."""
    server = Homeserver()
    app = web.Application(client_max_size=2**26)
    app.router.add_route("*", "/{path:.*}", server.handle)
    async with listening(app) as server.url:
        yield server
    assert server.complaints == []
