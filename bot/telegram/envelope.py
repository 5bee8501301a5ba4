"""What must be known of an update before it is parsed: its id, its kind, and the row in which order is kept."""

from __future__ import annotations

import json
from collections.abc import Mapping

from bot.telegram.inbox import Incoming

KINDS = (
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "inline_query",
    "callback_query",
    "my_chat_member",
)
LARGEST_ID = 2**53


def seal(update: object, body: bytes | None = None) -> Incoming | None:
    """Return an update ready to be stored, or None where it has no usable id; never raises.

    `body` is the update's own JSON where there is one already.
    """
    if not isinstance(update, dict):
        return None
    number = update.get("update_id")
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < LARGEST_ID:
        return None
    kind = next((k for k in KINDS if k in update), "other")
    return Incoming(number, _lane(update.get(kind), number), kind, body or json.dumps(update).encode())


def _lane(content: object, number: int) -> str:
    """A chat's messages, edits and presses share a row; what has no chat goes by its sender."""
    if isinstance(content, Mapping):
        within = content.get("message") or content
        for holder, prefix in ((within, ""), (content, "from:")):
            who = holder.get("chat" if prefix == "" else "from") if isinstance(holder, Mapping) else None
            if isinstance(who, Mapping) and isinstance(who.get("id"), int):
                return f"{prefix}{who['id']}"
    return f"update:{number}"
