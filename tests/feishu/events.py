"""Events as Feishu sends them (open.feishu.cn, event "receive messages" 2.0 and "card callback interaction")."""

from __future__ import annotations

import itertools
import json
import time
from typing import Any

Json = dict[str, Any]
TOKEN = "canary-verification-token"
BOT = "ou_b07b07b07b07b07b07b07b07b07b07b0"
ANN = "ou_a11a11a11a11a11a11a11a11a11a11a1"
BEN = "ou_be1be1be1be1be1be1be1be1be1be1be"
GROUP = "oc_9999999999999999999999999999"
_numbers = itertools.count(1)


def event(kind: str, content: Json) -> Json:
    number = next(_numbers)
    header = {
        "event_id": f"ev{number:030d}",
        "token": TOKEN,
        "create_time": str(int(time.time() * 1000)),
        "event_type": kind,
        "tenant_key": "tenant",
        "app_id": "cli_tests",
    }
    return {"schema": "2.0", "header": header, "event": content}


def message(
    text: str = "",
    sender: str = ANN,
    chat: str | None = None,
    *,
    name: str | None = None,
    kind: str = "text",
    content: Json | None = None,
    mentions: tuple[Json, ...] = (),
    sender_type: str = "user",
    **more: str,
) -> Json:
    """Somebody wrote something; without a chat in private."""
    number = next(_numbers)
    said = {
        "message_id": name or f"om_{number:032x}",
        "create_time": str(int(time.time() * 1000)),
        "chat_id": chat or f"oc_private_{sender[3:11]}",
        "chat_type": "group" if chat else "p2p",
        "message_type": kind,
        "content": json.dumps(content if content is not None else {"text": text}, ensure_ascii=False),
        "mentions": list(mentions),
        **more,
    }
    who = {"union_id": "on_x", "user_id": "x", "open_id": sender}
    return event(
        "im.message.receive_v1",
        {"sender": {"sender_id": who, "sender_type": sender_type, "tenant_key": "tenant"}, "message": said},
    )


def mention(person: str, key: str = "@_user_1", name: str = "出处") -> Json:
    return {"key": key, "id": {"open_id": person, "union_id": "on_y", "user_id": ""}, "name": name}


def at_bot(text: str, sender: str = ANN, chat: str = GROUP, **more: Any) -> Json:
    return message(f"@_user_1 {text}", sender, chat, mentions=(mention(BOT),), **more)


def press(value: Json, card: str, sender: str = ANN, chat: str | None = None) -> Json:
    return event(
        "card.action.trigger",
        {
            "operator": {"open_id": sender, "union_id": "on_x", "tenant_key": "tenant"},
            "token": f"c-{next(_numbers):030d}",
            "action": {"value": value, "tag": "button"},
            "host": "im_message",
            "context": {"open_message_id": card, "open_chat_id": chat or f"oc_private_{sender[3:11]}"},
        },
    )


def membership(kind: str, chat: str = GROUP) -> Json:
    """The bot was `added` or `deleted`."""
    return event(f"im.chat.member.bot.{kind}_v1", {"chat_id": chat, "operator_id": {"open_id": ANN}})
