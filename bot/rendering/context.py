"""A fact among its neighbours, and the raw lines it stands on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.messages import Run, Style
from bot.rendering.fact import Permalinks, citation, no_permalinks
from bot.texts import Phrases
from knowledge.model import Document, Fact

LINE_SHOWN = 400
LINES_AROUND = 1


def context_runs(
    fact: Fact, around: Sequence[Fact], phrases: Phrases, links: Permalinks = no_permalinks
) -> Iterator[Run]:
    """The sentences before and after, the asked one bold, in reading order."""
    for neighbour in around:
        if neighbour.id == fact.id:
            yield Run(neighbour.text, Style.BOLD)
        else:
            yield Run(neighbour.text)
        yield Run("\n")
    yield citation(fact, phrases, links)


def source_runs(
    fact: Fact, document: Document, phrases: Phrases, links: Permalinks = no_permalinks
) -> Iterator[Run]:
    """The file's own lines with their numbers, the quoted characters bold, gaps named."""
    quoted = {span.line for span in fact.spans}
    wanted = sorted(
        n
        for line in quoted
        for n in range(line - LINES_AROUND, line + LINES_AROUND + 1)
        if 1 <= n <= len(document.lines)
    )
    before: int | None = None
    for number in dict.fromkeys(wanted):
        if before is not None and number > before + 1:
            yield Run(phrases.source_cut.format(number - before - 1) + "\n")
        yield Run(f"{document.on_page(number)[1]}  ", Style.CODE)
        yield from _line(document.lines[number - 1], number, fact)
        yield Run("\n")
        before = number
    yield citation(fact, phrases, links)


def _line(text: str, number: int, fact: Fact) -> Iterator[Run]:
    spans = sorted((span.start, span.end) for span in fact.spans if span.line == number)
    if not spans:
        yield Run(text if len(text) <= LINE_SHOWN else text[:LINE_SHOWN] + "…")
        return
    at = max(0, spans[0][0] - LINE_SHOWN)
    if at:
        yield Run("…")
    for start, end in spans:
        yield from (Run(text[at:start]),) if at < start else ()
        yield Run(text[start:end], Style.BOLD)
        at = end
    rest = text[at:]
    if rest:
        yield Run(rest if len(rest) <= LINE_SHOWN else rest[:LINE_SHOWN] + "…")
