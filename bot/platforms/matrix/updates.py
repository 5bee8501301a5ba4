"""Matrix's events to the nouns of `bot.messages`, and what is known about rooms: asked when needed, kept while it is true."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote

from bot.messages import Attachment, ButtonPress, Chat, ChatType, Message, Sender
from bot.platforms.client import ChatClosed, Json, Refused, needed, needed_text, within
from bot.platforms.matrix.client import MatrixClient
from bot.platforms.updates import Event, Ignored

log = logging.getLogger(__name__)

PLATFORM = "matrix"
BUTTONS = "chuchu.buttons"  # our own key in an event: what the numbers under it stand for
TEXTS = ("m.text", "m.emote")
FILES = ("m.file", "m.image", "m.audio", "m.video")
NUMBER = re.compile(r"\s*(\d{1,2})[.。、]?\s*")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who we are on Matrix."""

    id: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Quoted:
    """An event that is answered: who said what, and what the numbers under it stand for."""

    id: str
    sender: str
    buttons: tuple[str, ...] = ()
    text: str | None = None


@dataclass(frozen=True, slots=True)
class RoomMessage:
    """An `m.room.message`, checked: what an edit says now stands in `content`, and what it replaces in `replaces`."""

    id: str
    room: str
    sender: str
    sent_at: datetime
    content: Json
    replaces: str | None = None
    answers: str | None = None
    thread: str | None = None
    mentions: frozenset[str] = field(default_factory=frozenset)

    @property
    def body(self) -> str:
        """The plain text, without the words that a client repeats of what is answered."""
        body = self.content.get("body", "")
        if not isinstance(body, str):
            raise TypeError("a body is no text")
        if self.answers and body.startswith("> "):
            lines = body.split("\n")
            while lines and lines[0].startswith(">"):
                lines.pop(0)
            body = "\n".join(lines)
        return body.strip()

    @property
    def number(self) -> int | None:
        """The number, where nothing else is said; that may press a button."""
        match = NUMBER.fullmatch(self.body)
        return int(match[1]) if match else None


@dataclass(frozen=True, slots=True)
class MessageContext:
    """What must be known to understand a message: whether two are alone in the room, and what it is about.

    `original` is the message that an edit replaces, `quoted` the event that is answered, `ours` our newest with
    buttons, for a number that answers nothing.
    """

    private: bool
    original: RoomMessage | None = None
    quoted: Quoted | None = None
    ours: Quoted | None = None


def read(room: str, event: Json) -> RoomMessage:
    """Check an `m.room.message` as it came.

    Raises:
        TypeError: a part is missing, or not of its type.
    """
    content = needed(event, "content")
    relation = within(content, "m.relates_to")
    kind = relation.get("rel_type")
    replaces = needed_text(relation, "event_id") if kind == "m.replace" else None
    thread = needed_text(relation, "event_id") if kind == "m.thread" else None
    answers = None
    # In a thread, clients that know none are told of the message before: that is no answer to it.
    if (answered := within(relation, "m.in_reply_to")) and relation.get("is_falling_back") is not True:
        answers = needed_text(answered, "event_id")
    now = needed(content, "m.new_content") if replaces else content
    stamp = event.get("origin_server_ts")
    if not isinstance(stamp, int):
        raise TypeError("origin_server_ts is no number")
    return RoomMessage(
        needed_text(event, "event_id"),
        room,
        needed_text(event, "sender"),
        datetime.fromtimestamp(max(0, min(stamp, 4_102_444_800_000)) / 1000, UTC),
        now,
        replaces,
        answers,
        thread,
        _mentioned(now) | _mentioned(content),
    )


def translate(said: RoomMessage, me: Identity, around: MessageContext) -> Event:
    """Return what a message means to us."""
    kind = said.content.get("msgtype")
    if said.sender == me.id:
        return Ignored("our own")
    if kind == "m.notice":
        return Ignored("a notice, which is a bot's")
    if said.replaces and (around.original is None or around.original.sender != said.sender):
        return Ignored("an edit of what somebody else said")
    attachment = _attachment(said.content) if kind in FILES else None
    if kind not in TEXTS and attachment is None:
        return Ignored("no text")
    if attachment is not None and (said.replaces or not around.private):
        return Ignored("a file in a group, or its new name")
    thread = around.original.thread if around.original else said.thread
    chat = Chat(PLATFORM, said.room, ChatType.PRIVATE if around.private else ChatType.GROUP, thread)
    named = _named(said, me)
    to_us = around.quoted is not None and around.quoted.sender == me.id
    meant = around.private or named or to_us
    text = _without_name(said.body, me) if named else said.body
    if meant and not said.replaces and attachment is None:
        press = _press(said, chat, around.quoted if to_us else around.ours, text)
        if press is not None:
            return press
    return Message(
        chat,
        said.replaces or said.id,
        Sender(said.sender),
        "" if attachment else _command(text),
        said.sent_at,
        addressed=meant,
        edited=said.replaces is not None,
        attachment=attachment,
        replied_to=around.quoted.text if around.quoted else None,
    )


def quoted(event: Json) -> Quoted:
    """Read an event that is answered, as it is now: a server adds its newest edit, if that is its sender's own.

    Raises:
        TypeError: a part is missing, or not of its type.
    """
    said = needed(event, "content")
    newest = within(event, "unsigned", "m.relations", "m.replace")
    edit = within(newest, "content") if newest.get("sender") == event.get("sender") else {}
    numbers = (edit or said).get(BUTTONS)
    body = (within(edit, "m.new_content") or said).get("body")
    buttons = tuple(map(str, numbers)) if isinstance(numbers, list) else ()
    relation = within(said, "m.relates_to")
    replaces = needed_text(relation, "event_id") if relation.get("rel_type") == "m.replace" else None
    text = body if isinstance(body, str) else None
    return Quoted(replaces or needed_text(event, "event_id"), needed_text(event, "sender"), buttons, text)


def _press(said: RoomMessage, chat: Chat, shown: Quoted | None, text: str) -> ButtonPress | None:
    """A number that stands alone presses the button of that number, where there is one."""
    match = NUMBER.fullmatch(text)
    if match is None or shown is None or not 1 <= int(match[1]) <= len(shown.buttons):
        return None
    return ButtonPress(chat, shown.id, said.id, Sender(said.sender), shown.buttons[int(match[1]) - 1])


def _named(said: RoomMessage, me: Identity) -> bool:
    """Whether we are named: by the list of who is, by a pill, or by our whole id."""
    if me.id in said.mentions:
        return True
    html = said.content.get("formatted_body")
    pill = f"matrix.to/#/{me.id}", f"matrix.to/#/{quote(me.id, safe='')}"
    return me.id in said.body or (isinstance(html, str) and any(link in html for link in pill))


def _without_name(text: str, me: Identity) -> str:
    local = me.id[1:].partition(":")[0]
    for name in (me.id, f"@{me.name}" if me.name else None, f"@{local}", me.name, local):
        if name and name in text:
            before, _, after = text.partition(name)
            if name in (me.id, f"@{me.name}", f"@{local}") or not before.strip():
                return f"{before.rstrip()} {after.lstrip(' :：,，')}".strip()
    return text


def _command(text: str) -> str:
    """Clients keep `/word` to themselves, so `!word` is a command as well, as Matrix bots have it."""
    return re.sub(r"^!(?=[A-Za-z])", "/", text)


def _mentioned(content: Json) -> frozenset[str]:
    people = within(content, "m.mentions").get("user_ids")
    return frozenset(map(str, people)) if isinstance(people, list) else frozenset()


def _attachment(content: Json) -> Attachment | None:
    address = content.get("url")
    if not isinstance(address, str):  # an encrypted file has none
        return None
    size = within(content, "info").get("size")
    name = content.get("filename") or content.get("body")
    return Attachment(address, name if isinstance(name, str) else "", size if isinstance(size, int) else None)


OURS_LOOKED_THROUGH = 10
LEVEL = 50  # specification, m.room.power_levels: what changing a room's state takes, where it does not say


class RoomDirectory:
    """Asks the homeserver about rooms; `me` is who we are in them, once that is known."""

    def __init__(self, client: MatrixClient) -> None:
        self.me = ""
        self._client = client
        self._members: dict[str, frozenset[str]] = {}
        self._encrypted: dict[str, bool] = {}
        self._changes = 0

    def changed(self, room: str) -> None:
        """Somebody came or went, or the room was encrypted."""
        self._changes += 1
        self._members.pop(room, None)
        self._encrypted.pop(room, None)

    async def members(self, room: str) -> frozenset[str]:
        known = self._members.get(room)
        if known is None:
            before = self._changes
            known = await self._client.members(room)
            if before == self._changes:
                self._members[room] = known
        return known

    async def private(self, room: str) -> bool:
        return len(await self.members(room)) <= 2

    async def encrypted(self, room: str) -> bool:
        known = self._encrypted.get(room)
        if known is None:
            before = self._changes
            known = await self._client.state(room, "m.room.encryption") is not None
            if before == self._changes:
                self._encrypted[room] = known
        return known

    async def replaces(self, new: str, old: str) -> bool:
        """Tell whether a room was made to replace another (specification, "Room upgrades")."""
        made = await self._client.state(new, "m.room.create")
        before = made.get("predecessor") if made else None
        return isinstance(before, Mapping) and before.get("room_id") == old

    async def with_person(self, person: str) -> list[str]:
        """Return the rooms in which we are alone with a person."""
        pair = {person, self.me}
        return [room for room in await self._client.rooms() if await self.members(room) == pair]

    async def around(self, said: RoomMessage) -> MessageContext:
        """Find out what must be known to understand a message."""
        private = await self.private(said.room)
        original = await self._original(said) if said.replaces else None
        answers = original.answers if original else said.answers
        answered = await self._quoted(said.room, answers) if answers else None
        ours = None
        if said.number is not None and answered is None and (private or self.me in said.mentions):
            ours = await self._newest_with_buttons(said)
        return MessageContext(private, original, answered, ours)

    async def is_admin(self, room: str, person: str) -> bool:
        """Tell whether a person may change a room's settings."""
        levels = await self._client.state(room, "m.room.power_levels")
        if person in await self._client.creators(room):
            return True
        return levels is not None and _level(levels, person) >= _number(levels.get("state_default"), LEVEL)

    async def _original(self, said: RoomMessage) -> RoomMessage | None:
        try:
            return read(said.room, await self._client.event(said.room, said.replaces or ""))
        except (Refused, ChatClosed, TypeError):
            return None

    async def _quoted(self, room: str, event: str) -> Quoted | None:
        try:
            return quoted(await self._client.event(room, event))
        except (Refused, ChatClosed, TypeError):
            return None

    async def _newest_with_buttons(self, said: RoomMessage) -> Quoted | None:
        """Our newest message with buttons in the same thread, or in none."""
        wanted = {"types": ["m.room.message"], "senders": [self.me]}
        page, _ = await self._client.messages(
            said.room, {"dir": "b", "limit": str(OURS_LOOKED_THROUGH), "filter": json.dumps(wanted)}
        )
        edited: dict[str, Quoted] = {}
        for event in page:
            try:
                own, shown = read(said.room, event), quoted(event)
            except TypeError:
                continue
            if own.sender != self.me:  # a server that knows no such filter
                continue
            if own.replaces:
                edited.setdefault(own.replaces, shown)
            elif own.thread == said.thread and (now := edited.get(own.id, shown)).buttons:
                return now
        return None


def _level(levels: Json, person: str) -> float:
    users = levels.get("users")
    given = users.get(person) if isinstance(users, Mapping) else None
    return _number(given, _number(levels.get("users_default"), 0))


def _number(given: object, otherwise: float) -> float:
    return given if isinstance(given, int | float) and not isinstance(given, bool) else otherwise
