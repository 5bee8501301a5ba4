"""Proof: a fact is said only while it stands word for word in the document it came from."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from knowledge.model import Document, Fact, ParsedDocument, RepairEntry, Span
from knowledge.repair.joining import join_spans, joins_cells
from knowledge.repair.tables import ROW


def verify(fact: Fact, document: Document) -> bool:
    """Tell whether the fact's spans lie in the document, are disjoint, and stitch to exactly its text."""
    if fact.article.file != document.name or not fact.spans:
        return False
    if not all(_lies_in(span, document) for span in fact.spans):
        return False
    if fact.kind == ROW:  # a heading over several columns is said with each
        return joins_cells(document.lines, fact.spans, fact.text)
    if not _disjoint(fact.spans):
        return False
    return join_spans(document.lines, fact.spans) == fact.text


def keep_verified(repaired: ParsedDocument) -> ParsedDocument:
    """Return the document with the facts that it proves; every other one is a doubt in the log instead."""
    failed = [fact for fact in repaired.facts if not verify(fact, repaired.document)]
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
