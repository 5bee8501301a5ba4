"""What a server may do instead of answering."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.support.server import Garbage, Hang, Reset


@dataclass(frozen=True)
class Refusal(Exception):
    """An error answer of the Bot API."""

    status: int
    description: str
    parameters: Mapping[str, int] = field(default_factory=dict)


Fault = Refusal | Hang | Reset | Garbage

UNAUTHORIZED = Refusal(401, "Unauthorized")
NOT_FOUND = Refusal(404, "Not Found")
SECOND_POLLER = Refusal(
    409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
)
WEBHOOK_IS_ON = Refusal(
    409,
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
)
BLOCKED = Refusal(403, "Forbidden: bot was blocked by the user")
KICKED = Refusal(403, "Forbidden: bot was kicked from the supergroup chat")
BAD_ENTITIES = Refusal(400, "Bad Request: can't parse entities: unexpected end of entity")
TOPIC_CLOSED = Refusal(400, "Bad Request: TOPIC_CLOSED")
NO_THREAD = Refusal(400, "Bad Request: message thread not found")
NOT_MODIFIED = Refusal(
    400,
    "Bad Request: message is not modified: specified new message content and reply markup are exactly the same"
    " as a current content and reply markup of the message",
)
TOO_OLD = Refusal(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")


def flood(seconds: int) -> Refusal:
    return Refusal(429, f"Too Many Requests: retry after {seconds}", {"retry_after": seconds})


def migrated(new_id: int) -> Refusal:
    return Refusal(
        400, "Bad Request: group chat was upgraded to a supergroup chat", {"migrate_to_chat_id": new_id}
    )
