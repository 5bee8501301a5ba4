"""Feishu's events: how they are framed, which are stored under what name, and what they mean in the nouns of `bot.messages`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot.inbox import ClaimedUpdate, NewUpdate
from bot.messages import Attachment, ButtonPress, Chat, ChatType, Message, Sender
from bot.platforms.client import Json, needed, needed_text, parse, text_or_none, within
from bot.platforms.text import clean
from bot.platforms.updates import Event, Ignored, Membership

PLATFORM = "feishu"
MESSAGE, PRESS, ADDED, REMOVED, DISBANDED = (
    "im.message.receive_v1",
    "card.action.trigger",
    "im.chat.member.bot.added_v1",
    "im.chat.member.bot.deleted_v1",
    "im.chat.disbanded_v1",
)
KINDS = {MESSAGE: "message", PRESS: "press", ADDED: "member", REMOVED: "member", DISBANDED: "member"}


@dataclass(frozen=True, slots=True)
class FeishuIdentity:
    """Who we are: our open_id, as others mention us."""

    open_id: str
    name: str


def to_record(event: Json, body: bytes) -> NewUpdate | None:
    """Return an event ready to be stored, or None where it is none that we serve.

    A message goes by its message_id, for its event_id may be another when it is brought again.

    Raises:
        TypeError, ValueError: it lacks what every event of its kind has.
    """
    header, content = needed(event, "header"), needed(event, "event")
    kind = KINDS.get(needed_text(header, "event_type"))
    if kind is None:
        return None
    if kind == "message":
        message = needed(content, "message")
        queue = _chat(content).id
        return NewUpdate(_name(message, "message_id"), queue, kind, body)
    if kind == "press":
        chat, _ = _pressed(content)
        return NewUpdate(f"press:{_name(header, 'event_id')}", chat.id, kind, body)
    return NewUpdate(f"member:{_name(header, 'event_id')}", _name(content, "chat_id"), kind, body)


def translate(update: ClaimedUpdate, me: FeishuIdentity) -> Event:
    """Return what a stored event means to us.

    Raises:
        TypeError, ValueError: it is not built as the vendor says.
    """
    event = parse(update.body)
    if event is None:
        raise TypeError("an event is no object")
    content = needed(event, "event")
    if update.kind == "message":
        return _message(content, me)
    if update.kind == "press":
        return _press(content, str(update.id))
    header = needed(event, "header")
    at = int(needed_text(header, "create_time")) / 1000
    return Membership(_name(content, "chat_id"), needed_text(header, "event_type") == ADDED, at)


def parent_of(update: ClaimedUpdate) -> str | None:
    """The id of the message that a stored message replies to."""
    return text_or_none(within(parse(update.body) or {}, "event", "message"), "parent_id") or None


def shown_text(message: Json) -> str | None:
    """The text of a message as the API returns it, of whatever type: a post's lines, all that a card shows."""
    return "\n".join(_texts(parse(text_or_none(within(message, "body"), "content") or ""))).strip() or None


def _texts(content: object) -> Iterator[str]:
    if isinstance(content, dict):
        for name in ("title", "text", "content", "elements"):
            value = content.get(name)
            if isinstance(value, str):
                yield value
            else:
                yield from _texts(value)
    elif isinstance(content, list):
        for part in content:
            yield from _texts(part)


def _message(content: Json, me: FeishuIdentity) -> Event:
    message, sender = needed(content, "message"), needed(content, "sender")
    if needed_text(sender, "sender_type") != "user":
        return Ignored("from a bot")
    chat = _chat(content)
    mentioned = _mentions(message)
    meant = any(person == me.open_id for person, _ in mentioned.values())
    kind, said = needed_text(message, "message_type"), _parsed(needed_text(message, "content"))
    attachment = None
    if kind == "text":
        text = needed_text(said, "text")
    elif kind == "post":
        text = "\n".join(_post_lines(said))
    elif kind in ("file", "image"):
        text, sent = "", _name(message, "message_id")
        name = needed_text(said, "file_name") if kind == "file" else f"photo-{sent}.jpg"
        attachment = Attachment(f"{sent}/{kind}/{_name(said, f'{kind}_key')}", name, None)
    else:
        return Ignored(f"a message of the kind {kind}"[:60])
    for key, (person, name) in sorted(mentioned.items(), key=lambda pair: len(pair[0]), reverse=True):
        text = text.replace(key, "" if person == me.open_id else name)
    text = clean(text).strip()
    if not text and not attachment and not meant:
        return Ignored("no text")
    return Message(
        chat,
        _name(message, "message_id"),
        Sender(_person(sender)),
        text,
        datetime.fromtimestamp(int(needed_text(message, "create_time")) / 1000, UTC),
        addressed=chat.type is ChatType.PRIVATE or meant,
        attachment=attachment,
    )


def _chat(content: Json) -> Chat:
    """Where a message was written; a private chat goes by its person, as everything that is kept about a person does."""
    message = needed(content, "message")
    private = needed_text(message, "chat_type") == "p2p"
    name = _person(needed(content, "sender")) if private else _name(message, "chat_id")
    root = text_or_none(message, "root_id") or _name(message, "message_id")
    thread = root if text_or_none(message, "thread_id") else None
    return Chat(PLATFORM, name, ChatType.PRIVATE if private else ChatType.GROUP, thread)


def _person(sender: Json) -> str:
    return _name(needed(sender, "sender_id"), "open_id")


def _mentions(message: Json) -> dict[str, tuple[str, str]]:
    """Who is mentioned: by the key that stands in the text, the open_id and the name."""
    found: dict[str, tuple[str, str]] = {}
    for mention in _list(message, "mentions"):
        if not isinstance(mention, dict):
            raise TypeError("a mention is no object")
        open_id = text_or_none(within(mention, "id"), "open_id") or ""
        found[needed_text(mention, "key")] = (open_id, text_or_none(mention, "name") or "")
    return found


def _post_lines(said: Json) -> list[str]:
    """The lines of a post: its title, then each paragraph's texts, mentions by their keys."""
    lines = [title] if (title := text_or_none(said, "title")) else []
    for line in _list(said, "content"):
        if not isinstance(line, list):
            raise TypeError("a line of a post is no list")
        pieces = [tag for tag in line if isinstance(tag, dict)]
        lines.append(
            "".join(text_or_none(tag, "text") or text_or_none(tag, "user_id") or "" for tag in pieces)
        )
    return lines


def _press(content: Json, update: str) -> Event:
    chat, data = _pressed(content)
    if not data:
        return Ignored("a press without data")
    card = _name(needed(content, "context"), "open_message_id")
    return ButtonPress(chat, card, update, Sender(_name(needed(content, "operator"), "open_id")), data)


def _pressed(content: Json) -> tuple[Chat, str]:
    """Where a button was pressed and what it carried: what kind of chat that is, only the button itself tells."""
    value = within(needed(content, "action"), "value")
    private = value.get("chat") == ChatType.PRIVATE
    operator, context = needed(content, "operator"), needed(content, "context")
    name = _name(operator, "open_id") if private else _name(context, "open_chat_id")
    thread = text_or_none(value, "thread") or None
    data = text_or_none(value, "data") or ""
    return Chat(PLATFORM, name, ChatType.PRIVATE if private else ChatType.GROUP, thread), data


def _parsed(content: str) -> Json:
    parsed = json.loads(content)
    if not isinstance(parsed, dict):
        raise TypeError("a content is no object")
    return parsed


def _list(holder: Json, name: str) -> Sequence[object]:
    value = holder.get(name) or []
    if not isinstance(value, list):
        raise TypeError(f"{name} is {type(value).__name__}")
    return value


def _name(holder: Json, name: str) -> str:
    """An id: some text, and not too long to be kept."""
    value = needed_text(holder, name)
    if not 1 <= len(value) <= 200 or not value.isprintable():
        raise ValueError(f"{name} is no id")
    return value


# Message `pbbp2.Frame` of larksuite/oapi-sdk-python, ws/pb: nine protobuf fields, read and written without a library;
# wire format as protobuf.dev/programming-guides/encoding.
CONTROL, DATA = 0, 1
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
SEQUENCE, LOG, SERVICE, METHOD, HEADER, ENCODING, KIND, PAYLOAD, NEW_LOG = range(1, 10)


class BrokenFrame(ValueError):
    """Bytes that are no frame."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame; `method` is `CONTROL` or `DATA`, the headers say what kind of it."""

    method: int
    headers: Mapping[str, str] = field(default_factory=dict)
    payload: bytes = b""
    service: int = 0
    sequence: int = 0
    log: int = 0

    def encode(self) -> bytes:
        numbers = ((SEQUENCE, self.sequence), (LOG, self.log), (SERVICE, self.service), (METHOD, self.method))
        parts = [_varint(number << 3 | VARINT) + _varint(value) for number, value in numbers]
        for name, value in self.headers.items():
            parts.append(_bytes(HEADER, _bytes(1, name.encode()) + _bytes(2, value.encode())))
        if self.payload:
            parts.append(_bytes(PAYLOAD, self.payload))
        return b"".join(parts)


def decode(data: bytes) -> Frame:
    """Read a frame; fields that we have no use for are passed over.

    Raises:
        BrokenFrame: it is cut off, or no frame at all.
    """
    numbers: dict[int, int] = {}
    headers: dict[str, str] = {}
    payload = b""
    for number, value in _fields(data):
        if number == HEADER and isinstance(value, bytes):
            pair = dict(_fields(value))
            headers[_text(pair.get(1))] = _text(pair.get(2, b""))
        elif number == PAYLOAD and isinstance(value, bytes):
            payload = value
        elif isinstance(value, int):
            numbers[number] = value
    if METHOD not in numbers:
        raise BrokenFrame("a frame without a method")
    return Frame(
        numbers[METHOD],
        headers,
        payload,
        numbers.get(SERVICE, 0),
        numbers.get(SEQUENCE, 0),
        numbers.get(LOG, 0),
    )


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    at = 0
    while at < len(data):
        key, at = _read_varint(data, at)
        kind = key & 7
        if kind == VARINT:
            value, at = _read_varint(data, at)
            yield key >> 3, value
            continue
        if kind == BYTES:
            size, at = _read_varint(data, at)
        elif kind in (FIXED32, FIXED64):
            size = 4 if kind == FIXED32 else 8
        else:
            raise BrokenFrame(f"wire type {kind}")
        if at + size > len(data):
            raise BrokenFrame("cut off")
        yield key >> 3, data[at : at + size]
        at += size


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise BrokenFrame("cut off")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise BrokenFrame("a number without end")


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _bytes(number: int, value: bytes) -> bytes:
    return _varint(number << 3 | BYTES) + _varint(len(value)) + value


def _text(value: int | bytes | None) -> str:
    if not isinstance(value, bytes):
        raise BrokenFrame("a header that is no text")
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise BrokenFrame("a header that is no text") from None


LARGEST_EVENT = 1024 * 1024
MOST_PIECES = 64
WAITING_EVENTS = 64


class FrameAssembler:
    """Puts events together that came in several frames; what never becomes whole is forgotten for newer ones."""

    def __init__(self) -> None:
        self._waiting: dict[str, dict[int, bytes]] = {}

    def add(self, frame: Frame) -> bytes | None:
        """Return the event's whole body, or None while pieces of it are missing.

        Raises:
            BrokenFrame: the headers do not say which piece it is, or there are too many or too large ones.
        """
        try:
            count, number = int(frame.headers.get("sum", "1")), int(frame.headers.get("seq", "0"))
        except ValueError:
            raise BrokenFrame("sum and seq are no numbers") from None
        if count <= 1:
            return frame.payload
        if count > MOST_PIECES or not 0 <= number < count:
            raise BrokenFrame(f"piece {number} of {count}")
        name = frame.headers.get("message_id", "")
        pieces = self._waiting.pop(name, {})
        pieces[number] = frame.payload
        if sum(map(len, pieces.values())) > LARGEST_EVENT:
            raise BrokenFrame(f"an event of more than {LARGEST_EVENT} bytes")
        if len(pieces) == count:
            return b"".join(pieces[at] for at in range(count))
        self._waiting[name] = pieces
        while len(self._waiting) > WAITING_EVENTS:
            del self._waiting[next(iter(self._waiting))]
        return None
