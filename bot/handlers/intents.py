"""Who is heard at all, and what in a message is the command or the question (docs/permissions.md)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from bot.messages import ChatType, Message, SenderKind

_COMMAND = re.compile(r"/([A-Za-z][A-Za-z0-9_]{0,31})(?:@[A-Za-z0-9_]{1,64})?(?:\s+(.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class TypedCommand:
    """A command's name in lower case, and what follows it."""

    name: str
    rest: str


def command(text: str) -> TypedCommand | None:
    """Read a command at the start of a message; None where it is free text."""
    match = _COMMAND.fullmatch(text.strip())
    return TypedCommand(match[1].lower(), (match[2] or "").strip()) if match else None


_CHANNEL_QUESTION = re.compile(r"查[：:]\s*(.+)", re.DOTALL)

_END = r"[\s,，!！。.~～?？]*"
_GREETING = re.compile(
    rf"(?:[你您妳]好[呀啊]?|大家好|嗨|hi|hello|在[吗嗎么麼]|你是[谁誰]){_END}", re.IGNORECASE
)
_THANKS = re.compile(rf"(?:多?[谢謝]{{1,2}}[你您啦了]?|感[谢謝]|thanks|thank you|thx){_END}", re.IGNORECASE)

FIND = "find"


@dataclass(frozen=True, slots=True)
class Search:
    """Free text, or what follows `/find`."""

    text: str


class SmallTalk(Enum):
    """What is said to be kind, and looks for nothing."""

    GREETING = "greeting"
    THANKS = "thanks"


Intent = TypedCommand | Search | SmallTalk


def parse_intent(message: Message) -> Intent | None:
    """Read a message that is meant for us; None is silence.

    Bots and auto-forwards are never answered; a channel is only where a post begins with `/find` or 查：; an edited
    command does not act again, but an edited question does.
    """
    if message.sender.kind in (SenderKind.BOT, SenderKind.AUTO_FORWARD):
        return None
    typed = command(message.text)
    if message.chat.type is ChatType.CHANNEL:
        return _in_channel(message, typed)
    if not message.addressed:
        return None
    if typed is None:
        return _courtesy(message.text.strip()) or Search(message.text)
    if typed.name == FIND:
        return Search(typed.rest)
    return None if message.edited else typed


def _in_channel(message: Message, typed: TypedCommand | None) -> Search | None:
    if typed and typed.name == FIND:
        return Search(typed.rest)
    match = _CHANNEL_QUESTION.match(message.text.strip())
    return Search(match[1]) if match else None


def _courtesy(text: str) -> SmallTalk | None:
    if _GREETING.fullmatch(text):
        return SmallTalk.GREETING
    return SmallTalk.THANKS if _THANKS.fullmatch(text) else None
