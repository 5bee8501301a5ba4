"""The one rule by which spans become text, and the proof that a fact stands word for word in its document.

Repair writes facts with the rule, proof reads them back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from knowledge.model import Document, Fact, ParsedDocument, RepairEntry, Span
from knowledge.text.folding import fold_radicals

ROW: Final = "table_row"
"""The kind of a fact that is the row of a table."""

HEADED: Final = "："
"""Stands between a table's heading and its value."""

CELLS: Final = "｜"
"""Stands between the cells of a table's row."""

_SOFT_HYPHEN: Final = "\xad"


def join_spans(lines: Sequence[str], spans: Sequence[Span]) -> str:
    """Put the characters of the spans together, folded one for one.

    Nothing comes between two spans but a blank where a line ends between Latin words.
    """
    return stitch(lines, spans)[0]


def joins_cells(lines: Sequence[str], spans: Sequence[Span], text: str) -> bool:
    """Tell whether the text is that of the spans in order, with nothing but the marks of a table between them."""
    at = 0
    for span in spans:
        part = fold_radicals(lines[span.line - 1][span.start : span.end])
        if at and not text.startswith(part, at) and text[at : at + 1] in (HEADED, CELLS):
            at += 1
        if not text.startswith(part, at):
            return False
        at += len(part)
    return at == len(text)


def stitch(lines: Sequence[str], spans: Sequence[Span]) -> tuple[str, tuple[int, ...]]:
    """Return the stitched text and where in it each span begins."""
    if len(spans) == 1:
        span = spans[0]
        return fold_radicals(lines[span.line - 1][span.start : span.end]), (0,)
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
    return fold_radicals("".join(parts)), tuple(starts)


def _between_words(lines: Sequence[str], before: Span, after: Span) -> bool:
    last = lines[before.line - 1][before.end - 1]
    first = lines[after.line - 1][after.start]
    if not (last.isascii() and first.isascii() and first.isalpha() and (last.isalpha() or last in ",;:.?!)")):
        return False
    return lines[before.line - 1][before.end : before.end + 1] != _SOFT_HYPHEN


def is_proved(fact: Fact, document: Document) -> bool:
    """Tell whether the fact's spans lie in the document, are disjoint, and stitch to exactly its text."""
    if fact.article.file != document.name or not fact.spans:
        return False
    for span in fact.spans:
        if not _lies_in(span, document):
            return False
    if fact.kind == ROW:  # a heading over several columns is said with each
        return joins_cells(document.lines, fact.spans, fact.text)
    if len(fact.spans) > 1 and not _disjoint(fact.spans):
        return False
    return join_spans(document.lines, fact.spans) == fact.text


def keep_verified(repaired: ParsedDocument) -> ParsedDocument:
    """Return the document with the facts that it proves; every other one is a doubt in the log instead."""
    failed = [fact for fact in repaired.facts if not is_proved(fact, repaired.document)]
    if not failed:
        return repaired
    doubts = tuple(
        RepairEntry("unproved", fact.spans, fact.text, "与文件原文对不上，不作引用", doubt=True)
        for fact in failed
    )
    proved = tuple(fact for fact in repaired.facts if fact not in failed)
    return replace(repaired, facts=proved, log=(*doubts, *repaired.log))


def _lies_in(span: Span, document: Document) -> bool:
    if not 1 <= span.line <= len(document.lines):
        return False
    return 0 <= span.start < span.end <= len(document.lines[span.line - 1])


def _disjoint(spans: tuple[Span, ...]) -> bool:
    return all(a.line != b.line or a.end <= b.start for a, b in pairwise(sorted(spans)))
