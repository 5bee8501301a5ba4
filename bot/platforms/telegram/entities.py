"""Runs of text as Telegram takes them: in parts that fit, with entities, never markup that could break out of its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import regex
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, MessageEntity

from bot.messages import Button, Run, Style

TEXT_LIMIT = 4096
GRAPHEME = regex.compile(r"\X")


def units(text: str) -> int:
    """Count UTF-16 code units, Telegram's measure of text."""
    return len(text) + sum(char > "\uffff" for char in text)


def split(runs: Sequence[Run], limit: int = TEXT_LIMIT) -> list[list[Run]]:
    """Return parts of at most `limit` UTF-16 units each; joined they are the text of `runs`.

    A styled run that fits into a part is never cut; a grapheme is cut only if it alone is above the limit.
    """
    runs = [run for run in runs if run.text]
    if sum(units(run.text) for run in runs) <= limit:
        return [list(_joined(runs))] if runs else []
    parts: list[list[Run]] = []
    part: list[Run] = []
    room = limit
    for piece in _pieces(runs, limit):
        size = units(piece.text)
        if size > room:
            part, carried = _cut_at_line(part, limit - size)
            parts.append(part)
            part, room = carried, limit - sum(units(run.text) for run in carried)
        part.append(piece)
        room -= size
    if part:
        parts.append(part)
    return [list(_joined(part)) for part in parts]


def _pieces(runs: Iterable[Run], limit: int) -> Iterator[Run]:
    """Whole styled runs where they fit, else graphemes."""
    for run in runs:
        plain = run.style == "plain" and run.link is None
        if not plain and units(run.text) <= limit:
            if run.text:
                yield run
            continue
        for line in run.text.splitlines(keepends=True) if plain else [run.text]:
            if units(line) <= limit // 8:
                yield Run(line, run.style, run.link)
            else:
                yield from (Run(text, run.style, run.link) for text in _graphemes(line, limit))


def _graphemes(text: str, limit: int) -> Iterator[str]:
    for match in GRAPHEME.finditer(text):
        grapheme = match.group()
        if units(grapheme) <= limit:
            yield grapheme
        else:
            yield from grapheme


def _cut_at_line(part: list[Run], room: int) -> tuple[list[Run], list[Run]]:
    """Carry what follows the part's last line break over to the next part, if it fits there."""
    carried = 0
    for at in range(len(part) - 1, 0, -1):
        carried += units(part[at].text)
        if carried > room:
            break
        if part[at - 1].text.endswith("\n"):
            return part[:at], part[at:]
    return part, []


def _joined(part: Iterable[Run]) -> Iterator[Run]:
    """Join neighbours of one look."""
    before: Run | None = None
    for run in part:
        if before is not None and (before.style, before.link) == (run.style, run.link):
            before = Run(before.text + run.text, run.style, run.link)
            continue
        if before is not None:
            yield before
        before = run
    if before is not None:
        yield before


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
