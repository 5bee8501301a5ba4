"""What Telegram means by the words of a 400 or 403: its errors have no other name than their text."""

from __future__ import annotations

from enum import Enum, auto


class Remedy(Enum):
    """What to do about a refused call."""

    NONE_NEEDED = auto()
    SAY_PLAINLY = auto()
    SEND_ANEW = auto()
    DROP_QUOTE = auto()
    DROP_THREAD = auto()
    TOPIC_IS_CLOSED = auto()
    CHAT_IS_CLOSED = auto()
    TOO_LATE = auto()
    GIVE_UP = auto()


# tdlib/telegram-bot-api, Client.cpp and td's server errors; matched in this order, in lower case.
SAYINGS = (
    ("message is not modified", Remedy.NONE_NEEDED),
    ("query is too old", Remedy.TOO_LATE),
    ("query id is invalid", Remedy.TOO_LATE),
    ("query_id_invalid", Remedy.TOO_LATE),
    ("message to edit not found", Remedy.SEND_ANEW),
    ("message can't be edited", Remedy.SEND_ANEW),
    ("message_id_invalid", Remedy.SEND_ANEW),
    ("message to be replied not found", Remedy.DROP_QUOTE),
    ("message to reply not found", Remedy.DROP_QUOTE),
    ("replied message not found", Remedy.DROP_QUOTE),
    ("message thread not found", Remedy.DROP_THREAD),
    ("topic_deleted", Remedy.DROP_THREAD),
    ("topic_closed", Remedy.TOPIC_IS_CLOSED),
    ("topic is closed", Remedy.TOPIC_IS_CLOSED),
    ("entit", Remedy.SAY_PLAINLY),
    ("button_", Remedy.SAY_PLAINLY),
    ("reply markup", Remedy.SAY_PLAINLY),
    ("chat not found", Remedy.CHAT_IS_CLOSED),
    ("rights", Remedy.CHAT_IS_CLOSED),
    ("chat_write_forbidden", Remedy.CHAT_IS_CLOSED),
    ("chat_restricted", Remedy.CHAT_IS_CLOSED),
    ("user is deactivated", Remedy.CHAT_IS_CLOSED),
    ("peer_id_invalid", Remedy.CHAT_IS_CLOSED),
    ("group chat was deactivated", Remedy.CHAT_IS_CLOSED),
)


def remedy(description: str) -> Remedy:
    """Return what to do about an error 400 with that description."""
    said = description.lower()
    return next((meaning for words, meaning in SAYINGS if words in said), Remedy.GIVE_UP)
