"""Runs of text as Telegram takes them: in parts that fit, with entities, never markup that could break out of its place."""

from __future__ import annotations

from collections.abc import Sequence

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, MessageEntity

from bot.messages import Button, Run, Style
from bot.platforms import text
from bot.platforms.text import clean

TEXT_LIMIT = 4096


def units(said: str) -> int:
    """Count UTF-16 code units, Telegram's measure of text."""
    return len(said) + sum(char > "\uffff" for char in said)


def split(runs: Sequence[Run], limit: int = TEXT_LIMIT) -> list[list[Run]]:
    """Return parts of at most `limit` UTF-16 units each; joined they are the text of `runs`."""
    return text.split(runs, limit, units)


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
