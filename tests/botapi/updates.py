"""Updates as Telegram makes them; only what a test cares about must be said."""

from __future__ import annotations

import time
from typing import Any

Json = dict[str, Any]
BOT_ID = 4242
BOT = {"id": BOT_ID, "is_bot": True, "first_name": "出处", "username": "chuchu_bot"}


def user(number: int, **more: Any) -> Json:
    return {"id": number, "is_bot": False, "first_name": f"读者{number}", "language_code": "zh-hans", **more}


def private(number: int) -> Json:
    return {"id": number, "type": "private", "first_name": f"读者{number}"}


def group(number: int, *, forum: bool = False) -> Json:
    """A supergroup; ids of groups are negative."""
    more = {"is_forum": True} if forum else {}
    return {"id": number, "type": "supergroup", "title": "群", **more}


def channel(number: int) -> Json:
    return {"id": number, "type": "channel", "title": "频道"}


def message(text: str | None, chat: Json, number: int = 1, sender: Json | None = None, **more: Any) -> Json:
    """A message with the entities that Telegram finds by itself; `sender` is the chat's person by default."""
    content: Json = {"message_id": number, "date": int(time.time()), "chat": chat}
    if chat["type"] != "channel":
        content["from"] = sender or user(abs(chat["id"]) % 10**9)
    if text is not None:
        content["text"] = text
        if marks := _marks(text):
            content["entities"] = marks
    return {**content, **more}


def press(data: str, on: Json | None, query: str, sender: Json, **more: Any) -> Json:
    """A pressed button under the message `on`."""
    content: Json = {"id": query, "from": sender, "chat_instance": "1", "data": data, **more}
    return content if on is None else {**content, "message": on}


def inline(text: str, query: str, sender: Json, offset: str = "") -> Json:
    return {"id": query, "from": sender, "query": text, "offset": offset}


def buttons(said: Json) -> list[Json]:
    """The buttons under a message, row after row."""
    return [button for row in (said.get("reply_markup") or {}).get("inline_keyboard", []) for button in row]


def _marks(text: str) -> list[Json]:
    marks: list[Json] = []
    at = 0
    for word in text.split(" "):
        size = len(word.encode("utf-16-le")) // 2
        kind = {"/": "bot_command", "@": "mention"}.get(word[:1])
        if kind and size > 1:
            marks.append({"type": kind, "offset": at, "length": size})
        at += size + 1
    return marks
