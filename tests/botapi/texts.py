"""Telegram's rules for texts, entities and keyboards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.botapi.faults import Refusal

KNOWN = {
    "mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number", "bold", "italic",
    "underline", "strikethrough", "spoiler", "blockquote", "expandable_blockquote", "code", "pre",
    "text_link", "text_mention", "custom_emoji",
}  # fmt: skip


def units(text: str) -> int:
    """Length in UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


def check_text(text: str, limit: int = 4096) -> None:
    """Refuse what sendMessage refuses."""
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise Refusal(400, "Bad Request: strings must be encoded in UTF-8") from None
    if size > 32768:
        raise Refusal(400, "Bad Request: text is too long")
    if not text.strip():
        raise Refusal(400, "Bad Request: message text is empty")
    if units(text) > limit:
        raise Refusal(400, "Bad Request: message is too long")


def check_entities(text: str, entities: Sequence[Mapping[str, Any]]) -> None:
    """Refuse entities which do not lie on the text."""
    wide = text.encode("utf-16-le")
    for entity in entities:
        start, length = entity["offset"], entity["length"]
        if entity["type"] not in KNOWN:
            raise Refusal(400, "Bad Request: can't parse entities: unsupported type")
        if start < 0 or length < 1 or (start + length) * 2 > len(wide):
            raise Refusal(400, "Bad Request: ENTITY_BOUNDS_INVALID")
        try:
            wide[start * 2 : (start + length) * 2].decode("utf-16-le")
        except UnicodeDecodeError:
            raise Refusal(400, "Bad Request: ENTITY_BOUNDS_INVALID") from None
        if entity["type"] == "text_link" and not str(entity.get("url", "")).startswith(
            ("http://", "https://")
        ):
            raise Refusal(400, "Bad Request: can't parse entities: wrong link")


def check_keyboard(markup: Mapping[str, Any] | None) -> None:
    """Refuse keyboards with wrong buttons."""
    rows = (markup or {}).get("inline_keyboard", [])
    if sum(map(len, rows)) > 100 or any(len(row) > 8 for row in rows):
        raise Refusal(400, "Bad Request: reply markup is too long")
    for button in (b for row in rows for b in row):
        if not button.get("text"):
            raise Refusal(400, "Bad Request: can't parse inline keyboard button: text must be non-empty")
        if not any(button.get(kind) for kind in ("callback_data", "url", "switch_inline_query_current_chat")):
            raise Refusal(400, "Bad Request: can't parse inline keyboard button: text buttons are unallowed")
        if "callback_data" in button and not 1 <= len(button["callback_data"].encode()) <= 64:
            raise Refusal(400, "Bad Request: BUTTON_DATA_INVALID")
