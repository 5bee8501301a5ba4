"""Chats as columns: the platform's own ids, as text; no thread is an empty one, for a key may not be NULL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Table, and_

from bot.messages import Chat, ChatType


@dataclass(frozen=True, slots=True)
class Listener:
    """A chat that asked to be told something, and the language it is spoken to."""

    chat: Chat
    language: str | None = None


def columns(chat: Chat) -> dict[str, str]:
    """What identifies a chat in a row."""
    return {
        "platform": chat.platform,
        "chat": chat.id,
        "thread": chat.thread or "",
        "place": chat.type.value,
    }


def same(table: Table, chat: Chat) -> ColumnElement[bool]:
    """The condition that a row is this chat's."""
    columns = table.c
    thread = columns.thread == (chat.thread or "")
    return and_(columns.platform == chat.platform, columns.chat == chat.id, thread)


def chat_of(row: Row[Any]) -> Chat:
    """The chat in a row."""
    return Chat(row.platform, row.chat, ChatType(row.place), row.thread or None)
