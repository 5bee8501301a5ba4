"""WeCom's frames to the platform-neutral nouns of `bot.messages`."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.inbox import NewUpdate
from bot.messages import ButtonPress, Chat, ChatType, Message, Sender, text_reply
from bot.platforms.client import Json, needed_text, objects, text_or_none, within
from bot.platforms.updates import NOT_SERVED, Event, Ignored, Unsupported
from bot.texts import in_both

PLATFORM = "wecom"
MESSAGE, EVENT = "aibot_msg_callback", "aibot_event_callback"
KICKED, PRESSED = "disconnected_event", "template_card_event"
_ID = re.compile(r"[!-~]{1,255}")
# The name of a bot that is meant stands in the text; it is the first or the last word.
_NAME = re.compile(r"^\s*@\S+\s*|\s*@\S+\s*$")


@dataclass(frozen=True, slots=True)
class WeComFrame:
    """A frame that brings something: `request` is what the first reply must carry."""

    command: str
    request: str
    body: Json


def callback(frame: Json) -> WeComFrame | None:
    """Read a frame; None for one that brings nothing, such as an acknowledgement."""
    command = frame.get("cmd")
    if command not in (MESSAGE, EVENT):
        return None
    return WeComFrame(str(command), request_id(frame), within(frame, "body"))


def request_id(frame: Json) -> str:
    """The id by which a frame and its answer know each other; empty where there is none."""
    return text_or_none(within(frame, "headers"), "req_id") or ""


def event_type(body: Json) -> str:
    """What kind of event a callback tells of; empty for a message."""
    return text_or_none(within(body, "event"), "eventtype") or ""


def to_update(called: WeComFrame, frame: Json) -> NewUpdate | None:
    """Return a callback ready to be stored, or None where it has no usable id."""
    message, said = called.body.get("msgid"), called.body
    if not isinstance(message, str) or not _ID.fullmatch(message):
        return None
    served = called.command == MESSAGE or event_type(said) == PRESSED
    chat = said.get("chatid") if said.get("chattype") == "group" else within(said, "from").get("userid")
    queue = chat if isinstance(chat, str) and _ID.fullmatch(chat) else message
    return NewUpdate(message, queue, called.command if served else NOT_SERVED, json.dumps(frame).encode())


def translate(body: bytes) -> tuple[Event, str]:
    """Return what a stored frame means to us, and under which id it may be answered.

    Raises:
        TypeError, ValueError: a part is missing, or not of its type.
    """
    frame = json.loads(body)
    if not isinstance(frame, dict) or (called := callback(frame)) is None:
        raise TypeError("no callback")
    return _event(called), called.request


def _event(called: WeComFrame) -> Event:
    said = called.body
    person = Sender(needed_text(within(said, "from"), "userid"))
    chat = _chat(said, person)
    if called.command == EVENT:
        return _press(said, chat, person)
    if said.get("msgtype") == "file" and chat.type is ChatType.PRIVATE:
        return Unsupported(chat, text_reply(in_both(lambda said: said.no_files_here)))
    text = _words(said)
    if not text:
        return Ignored("no text")
    if chat.type is ChatType.GROUP:
        text = _NAME.sub("", text, count=1).strip()  # only what is meant for us comes from a group
    return Message(chat, needed_text(said, "msgid"), person, text, _time(said), replied_to=_quoted(said))


def _chat(said: Json, person: Sender) -> Chat:
    if said.get("chattype") == "group":
        return Chat(PLATFORM, needed_text(said, "chatid"), ChatType.GROUP)
    return Chat(PLATFORM, person.id, ChatType.PRIVATE)


def _press(said: Json, chat: Chat, person: Sender) -> Event:
    pressed = within(within(said, "event"), PRESSED)
    data = needed_text(pressed, "event_key")
    if not data:
        return Ignored("a press without data")
    return ButtonPress(chat, needed_text(pressed, "task_id"), needed_text(said, "msgid"), person, data)


def _words(said: Json) -> str:
    """What was written or spoken; of pictures with words the words."""
    kind = said.get("msgtype")
    if kind in ("text", "voice"):
        return needed_text(within(said, str(kind)), "content").strip()
    if kind != "mixed":
        return ""
    texts = [item for item in objects(within(said, "mixed"), "msg_item") if item.get("msgtype") == "text"]
    return "\n".join(needed_text(within(item, "text"), "content") for item in texts).strip()


def _quoted(said: Json) -> str | None:
    """The words of what is replied to; a question whose quote cannot be read goes without."""
    try:
        return _words(within(said, "quote")) or None
    except TypeError:
        return None


def _time(said: Json) -> datetime:
    given = said.get("create_time")
    seconds = given if isinstance(given, int) and 0 < given < 4_102_444_800 else None
    return datetime.fromtimestamp(seconds, UTC) if seconds else datetime.now(UTC)
