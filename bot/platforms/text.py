"""Replies cut into parts that a platform takes, whatever its measure; no word is lost and no look broken."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import TypeGuard

import regex

from bot.messages import Button, Reply, Run, Style

GRAPHEME = regex.compile(r"\X")
INVISIBLE = dict.fromkeys((*range(9), *range(11, 32), *range(127, 160), *range(55296, 57344)))
Measure = Callable[[str], int]


def clean(text: str) -> str:
    """Drop control characters and lone surrogates, which cannot be sent or stored everywhere."""
    return text.translate(INVISIBLE)


def utf8(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def is_web(link: str | None) -> TypeGuard[str]:
    """Tell whether a link leads to a page; no other kind is shown as one."""
    return link is not None and link.startswith(("https://", "http://"))


def numbered(rows: Sequence[Sequence[Button]], apart: str = "\n") -> str:
    """Buttons as a numbered list, where a platform has none; `apart` stands between those of a row."""
    number = count(1)
    return "\n".join(
        apart.join(f"{next(number)}. {clean(button.label)}" for button in row) for row in rows if row
    )


@dataclass(frozen=True, slots=True)
class MessagePart:
    """One message of a reply: the quote and the edit are the first's, the buttons the last's."""

    runs: tuple[Run, ...]
    buttons: tuple[tuple[Button, ...], ...] = ()
    reply_to: str | None = None
    edits: str | None = None

    @property
    def text(self) -> str:
        return "".join(run.text for run in self.runs)


def parts(
    reply: Reply, limit: int, measure: Measure, fits: Callable[[MessagePart], bool] = lambda part: True
) -> list[MessagePart]:
    """Cut a reply into the messages it needs, each of at most `limit` by `measure`, and smaller until each `fits`.

    That is for marks and links, which the measure of the words alone does not count.
    """
    runs = [replace(run, text=clean(run.text)) for run in reply.runs]
    buttons = tuple(tuple(row) for row in reply.buttons if row)
    while True:
        texts = [text for text in split(runs, limit, measure) if any(run.text.strip() for run in text)]
        found = [
            MessagePart(
                tuple(text),
                buttons if at == len(texts) - 1 else (),
                reply.reply_to if at == 0 else None,
                reply.edits if at == 0 else None,
            )
            for at, text in enumerate(texts)
        ]
        if limit <= 1 or all(map(fits, found)):
            return found
        limit //= 2


def split(runs: Sequence[Run], limit: int, measure: Measure) -> list[list[Run]]:
    """Return parts of at most `limit` each, by `measure`; joined they are the text of `runs`.

    A styled run that fits into a part is never cut; a grapheme is cut only if it alone is above the limit.
    """
    runs = [run for run in runs if run.text]
    if sum(measure(run.text) for run in runs) <= limit:
        return [list(joined(runs))] if runs else []
    parts: list[list[Run]] = []
    part: list[Run] = []
    room = limit
    for piece in _pieces(runs, limit, measure):
        size = measure(piece.text)
        if size > room:
            part, carried = _cut_at_line(part, limit - size, measure)
            parts.append(part)
            part, room = carried, limit - sum(measure(run.text) for run in carried)
        part.append(piece)
        room -= size
    if part:
        parts.append(part)
    return [list(joined(part)) for part in parts]


def _pieces(runs: Iterable[Run], limit: int, measure: Measure) -> Iterator[Run]:
    """Whole styled runs where they fit, else graphemes."""
    for run in runs:
        plain = run.style is Style.PLAIN and run.link is None
        if not plain and measure(run.text) <= limit:
            if run.text:
                yield run
            continue
        for line in run.text.splitlines(keepends=True) if plain else [run.text]:
            if measure(line) <= limit // 8:
                yield Run(line, run.style, run.link)
            else:
                yield from (Run(text, run.style, run.link) for text in _graphemes(line, limit, measure))


def _graphemes(text: str, limit: int, measure: Measure) -> Iterator[str]:
    for match in GRAPHEME.finditer(text):
        grapheme = match.group()
        if measure(grapheme) <= limit:
            yield grapheme
        else:
            yield from grapheme


def _cut_at_line(part: list[Run], room: int, measure: Measure) -> tuple[list[Run], list[Run]]:
    """Carry what follows the part's last line break over to the next part, if it fits there."""
    carried = 0
    for at in range(len(part) - 1, 0, -1):
        carried += measure(part[at].text)
        if carried > room:
            break
        if part[at - 1].text.endswith("\n"):
            return part[:at], part[at:]
    return part, []


def joined(part: Iterable[Run]) -> Iterator[Run]:
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
