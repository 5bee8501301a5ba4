"""An article as one would print it: sections, paragraphs of sentences, and tables; told by the file's own layout."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from knowledge.model import Block, Cell, Document, Fact

SHORT = 0.8
"""Share of the usual line below which a line ends its paragraph."""


@dataclass(frozen=True, slots=True)
class PrintedParagraph:
    """Sentences that were printed as one paragraph; `caption` where they stand under a picture."""

    facts: tuple[Fact, ...]
    caption: bool = False


@dataclass(frozen=True, slots=True)
class PrintedTable:
    """A table cell by cell; each row with the fact that tells it, where one does."""

    head: tuple[str, ...]
    rows: tuple[tuple[Fact | None, tuple[str, ...]], ...]


@dataclass(slots=True)
class PrintedSection:
    """What is printed under one heading; None for what comes before the first."""

    heading: str | None
    parts: list[PrintedParagraph | PrintedTable] = field(default_factory=list)


def printed_sections(facts: Sequence[Fact], document: Document) -> list[PrintedSection]:
    """Put an article's facts, in reading order, into the sections and paragraphs they were printed in."""
    layout = _Layout(document, facts)
    sections: list[PrintedSection] = []
    open_: list[Fact] = []
    shown: set[int] = set()

    def close() -> None:
        if open_:
            sections[-1].parts.append(PrintedParagraph(tuple(open_), open_[0].kind == "caption"))
            open_.clear()

    for fact in facts:
        if not sections or (fact.section is not None and fact.section != sections[-1].heading):
            if sections:
                close()
            sections.append(PrintedSection(fact.section))
        table = layout.table(fact)
        if table is not None:
            close()
            if table.first not in shown:
                shown.add(table.first)
                sections[-1].parts.append(_table(table, facts, document))
            continue
        if open_ and layout.parted(open_[-1], fact):
            close()
        open_.append(fact)
    close()
    return sections


class _Layout:
    """Where paragraphs end: by the blocks that the format shows, else by blank, indented and short lines."""

    def __init__(self, document: Document, facts: Sequence[Fact]) -> None:
        self._lines = document.lines
        self._blocks = document.blocks
        self._starts = [(block.first, block.start) for block in document.blocks]
        lengths = sorted(len(document.lines[span.line - 1].strip()) for fact in facts for span in fact.spans)
        self._usual = lengths[len(lengths) * 3 // 4] if lengths else 0

    def table(self, fact: Fact) -> Block | None:
        """The table that a fact is a row of."""
        if not fact.kind.startswith("table") or not fact.spans:
            return None
        lines = {span.line for span in fact.spans}
        tables = (b for b in self._blocks if b.table is not None)
        return next((b for b in tables if any(b.first <= line <= b.last for line in lines)), None)

    def parted(self, one: Fact, other: Fact) -> bool:
        """Whether a paragraph ends between two sentences."""
        if not one.spans or not other.spans or (one.kind == "caption") != (other.kind == "caption"):
            return True
        before, after = one.spans[-1], other.spans[0]
        if self._blocks:
            mine, its = self._block(before.line, before.start), self._block(after.line, after.start)
            if mine is not None and its is not None:
                return mine is not its and not its.goes_on
        if before.line == after.line:
            return False
        first, last = sorted((before.line, after.line))
        if any(not line.strip() for line in self._lines[first : last - 1]):
            return True
        start, end = self._lines[after.line - 1], self._lines[before.line - 1].rstrip()
        indented = after.start > 0 and not start[: after.start].strip()
        return indented or len(end.strip()) < SHORT * self._usual

    def _block(self, line: int, column: int) -> Block | None:
        at = bisect_right(self._starts, (line, column)) - 1
        block = self._blocks[at] if at >= 0 else None
        return block if block is not None and block.first <= line <= block.last else None


def _table(block: Block, facts: Sequence[Fact], document: Document) -> PrintedTable:
    assert block.table is not None
    rows = []
    for row in block.table.rows:
        spans = {span for cell in row for span in cell.spans}
        fact = next((f for f in facts if spans & set(f.spans) and f.kind.startswith("table")), None)
        rows.append((fact, tuple(_text(cell, document) for cell in row)))
    return PrintedTable(tuple(_text(cell, document) for cell in block.table.head), tuple(rows))


def _text(cell: Cell, document: Document) -> str:
    return "".join(document.lines[span.line - 1][span.start : span.end] for span in cell.spans)
