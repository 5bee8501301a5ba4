"""The one rule by which spans become text; repair writes facts with it, proof reads them back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from knowledge.model import Span
from knowledge.repair.characters import fold

HEADED: Final = "："
"""Stands between a table's heading and its value."""

CELLS: Final = "｜"
"""Stands between the cells of a table's row."""

_SOFT_HYPHEN: Final = "\xad"


def join_spans(lines: Sequence[str], spans: Sequence[Span]) -> str:
    """Put the characters of the spans together, folded one for one.

    Nothing comes between two spans but a blank where a line ends between Latin words.
    """
    return lay_out(lines, spans)[0]


def joins_cells(lines: Sequence[str], spans: Sequence[Span], text: str) -> bool:
    """Tell whether the text is that of the spans in order, with nothing but the marks of a table between them."""
    at = 0
    for span in spans:
        part = fold(lines[span.line - 1][span.start : span.end])
        if at and not text.startswith(part, at) and text[at : at + 1] in (HEADED, CELLS):
            at += 1
        if not text.startswith(part, at):
            return False
        at += len(part)
    return at == len(text)


def lay_out(lines: Sequence[str], spans: Sequence[Span]) -> tuple[str, tuple[int, ...]]:
    """Return the stitched text and where in it each span begins."""
    if len(spans) == 1:
        span = spans[0]
        return fold(lines[span.line - 1][span.start : span.end]), (0,)
    parts: list[str] = []
    starts: list[int] = []
    at = 0
    before: Span | None = None
    for span in spans:
        if before is not None and before.line != span.line and _between_words(lines, before, span):
            parts.append(" ")
            at += 1
        parts.append(lines[span.line - 1][span.start : span.end])
        starts.append(at)
        at += span.end - span.start
        before = span
    return fold("".join(parts)), tuple(starts)


def _between_words(lines: Sequence[str], before: Span, after: Span) -> bool:
    last = lines[before.line - 1][before.end - 1]
    first = lines[after.line - 1][after.start]
    if not (last.isascii() and first.isascii() and first.isalpha() and (last.isalpha() or last in ",;:.?!)")):
        return False
    return lines[before.line - 1][before.end : before.end + 1] != _SOFT_HYPHEN
