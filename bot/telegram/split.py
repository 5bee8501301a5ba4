"""Long texts in parts that Telegram takes, cut at borders of lines, runs and graphemes, in that order of liking."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import regex

from bot.messages import Run

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
