"""Who is heard at all, and what in a message is the question (docs/permissions.md)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.conversation.commands import Command, command
from bot.messages import Message, Place, SenderKind

_CHANNEL_QUESTION = re.compile(r"查[：:]\s*(.+)", re.DOTALL)

FIND = "find"


@dataclass(frozen=True, slots=True)
class Question:
    """Free text, or what follows `/find`."""

    text: str


def heard(message: Message) -> Command | Question | None:
    """Read a message that is meant for us; None is silence.

    Bots and auto-forwards are never answered; a channel is only where a post begins with `/find` or 查：; an edited
    command does not act again, but an edited question does.
    """
    if message.sender.kind in (SenderKind.BOT, SenderKind.AUTO_FORWARD):
        return None
    typed = command(message.text)
    if message.chat.place is Place.CHANNEL:
        return _in_channel(message, typed)
    if not message.addressed:
        return None
    if typed is None:
        return Question(message.text)
    if typed.name == FIND:
        return Question(typed.rest)
    return None if message.edited else typed


def _in_channel(message: Message, typed: Command | None) -> Question | None:
    if typed and typed.name == FIND:
        return Question(typed.rest)
    match = _CHANNEL_QUESTION.match(message.text.strip())
    return Question(match[1]) if match else None
