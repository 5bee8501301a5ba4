"""Runs of text to Telegram's entities: no markup is ever parsed, so no text can break out of its place."""

from __future__ import annotations

from collections.abc import Sequence

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, MessageEntity

from bot.messages import Button, Run, Style
from bot.telegram.split import units

STYLES = {
    Style.BOLD: MessageEntity.BOLD,
    Style.ITALIC: MessageEntity.ITALIC,
    Style.CODE: MessageEntity.CODE,
    Style.QUOTE: MessageEntity.BLOCKQUOTE,
}
ENTITIES = 100
DATA_BYTES = 64
ROW_BUTTONS = 8
BUTTONS = 100
INVISIBLE = dict.fromkeys((*range(9), *range(11, 32), *range(127, 160), *range(55296, 57344)))


def clean(text: str) -> str:
    """Drop control characters and lone surrogates, which cannot be sent."""
    return text.translate(INVISIBLE)


def entities(runs: Sequence[Run]) -> list[MessageEntity]:
    """Return the entities of a text made of `runs`; offsets count UTF-16 units."""
    found: list[MessageEntity] = []
    at = 0
    for run in runs:
        size = units(run.text)
        if size and run.text.strip():
            if run.style in STYLES:
                found.append(MessageEntity(STYLES[run.style], at, size))
            if run.link and run.link.startswith(("https://", "http://")):
                found.append(MessageEntity(MessageEntity.TEXT_LINK, at, size, url=run.link))
        at += size
    return found[:ENTITIES]


def keyboard(rows: Sequence[Sequence[Button]]) -> InlineKeyboardMarkup | None:
    """Return the buttons, or None where there are none.

    Raises:
        ValueError: a button's data is empty or has more than 64 bytes.
    """
    if not any(rows):
        return None
    shown: list[list[InlineKeyboardButton]] = []
    for row in rows:
        for button in row:
            if not 1 <= len(button.data.encode()) <= DATA_BYTES:
                raise ValueError(f"button {button.label!r}: its data must have 1 to {DATA_BYTES} bytes")
        shown += [
            [
                InlineKeyboardButton(clean(b.label) or "·", callback_data=b.data)
                for b in row[i : i + ROW_BUTTONS]
            ]
            for i in range(0, len(row), ROW_BUTTONS)
        ]
    return InlineKeyboardMarkup(shown[:BUTTONS])
