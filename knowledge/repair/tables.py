"""A table's rows as facts: each value with its heading, 园区：北区｜面积：210亩."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from knowledge.model import Block, Cell, Document, Fact, Hit, SourcedText, Span
from knowledge.repair.stitching import CELLS, HEADED, ROW
from knowledge.text.folding import fold_radicals

_LONGEST: Final = 300
"""A row with more text than that is told cell by cell."""

_UNIT: Final = re.compile(r"(?<![\u4e00-\u9fff])单\s?位\s?[：:]\s?[^\s，。；（）()]{1,12}")


@dataclass(frozen=True, slots=True)
class RowCell:
    """A cell of a row that is a fact: its heading, its own text from `start` to `end` of the fact's, where it stands."""

    heading: str
    text: str
    start: int
    end: int
    spans: tuple[Span, ...]


def row_cells(fact: Fact) -> list[RowCell]:
    """The cells of a table's row, the first of which names it; none of any other fact."""
    if fact.kind != ROW:
        return []
    marks = len(fact.text) - sum(span.end - span.start for span in fact.spans)
    cells: list[RowCell] = []
    at = begins = headed = 0
    spans: list[Span] = []
    for span in fact.spans:
        mark = fact.text[at : at + 1]
        if at and marks and mark in (HEADED, CELLS):
            marks -= 1
            if mark == CELLS:
                cells.append(_cell(fact.text, begins, headed, at, spans))
                begins = headed = at + 1
            else:
                headed = at + 1
            spans = []
            at += 1
        spans.append(span)
        at += span.end - span.start
    return [*cells, _cell(fact.text, begins, headed, at, spans)]


def _cell(text: str, begins: int, start: int, end: int, spans: Sequence[Span]) -> RowCell:
    return RowCell(text[begins : max(begins, start - 1)], text[start:end], start, end, tuple(spans))


def quoted_cell(hit: Hit, answer: str) -> RowCell | None:
    """The cell of a row that a short answer is taken from: of several that hold it, that whose heading was asked for."""

    def asked(cell: RowCell) -> int:
        first = cell.start - len(cell.heading) - 1
        return sum(max(0, min(end, cell.start) - max(start, first)) for start, end in hit.matched)

    cells = [
        cell
        for cell in row_cells(hit.fact)
        if cell.text and (answer in cell.text or answer.startswith(cell.text))
    ]
    return max(cells, key=asked, default=None)


def table_rows(document: Document, block: Block) -> Iterator[SourcedText]:
    """Yield each row of a table's block, its spans heading, value, heading, value; nothing where it is no table."""
    if block.table is None:
        return
    head, unit = block.table.head, _unit(document, block)
    for row in block.table.rows:
        pairs = list(_pairs(head, row))
        if not pairs:
            continue
        whole = _told(document, [*pairs, *([((), (unit,))] if unit else [])])
        if len(whole.text) <= _LONGEST:
            yield whole
            continue
        label, *others = pairs
        for pair in others or [label]:
            yield _told(
                document, [label, pair] if others and len(_told(document, [label]).text) < 40 else [pair]
            )


_Pair = tuple[tuple[Span, ...], tuple[Span, ...]]


def _pairs(head: Sequence[Cell], row: Sequence[Cell]) -> Iterator[_Pair]:
    """Yield heading and value of each cell that is not empty; of two cells without head the first is the heading."""
    if not head and len(row) == 2:
        yield (
            (row[0].spans, row[1].spans)
            if row[0].spans and row[1].spans
            else ((), row[0].spans or row[1].spans)
        )
        return
    told: list[Cell] = []
    for at, cell in enumerate(row):
        if cell.spans and cell not in told:
            told.append(cell)
            yield (head[at].spans if at < len(head) else ()), cell.spans


def _told(document: Document, pairs: Sequence[_Pair]) -> SourcedText:
    parts: list[str] = []
    spans: list[Span] = []
    for heading, value in pairs:
        cells = [text for text in (_text(document, heading), _text(document, value)) if text]
        parts.append(HEADED.join(cells))
        spans += (*heading, *value)
    return SourcedText(CELLS.join(parts), tuple(spans))


def _text(document: Document, spans: Sequence[Span]) -> str:
    return fold_radicals("".join(document.lines[span.line - 1][span.start : span.end] for span in spans))


def _unit(document: Document, block: Block) -> Span | None:
    """The unit that is printed right over or under a table, for all of its figures."""
    lines = document.lines
    over = next(
        (n for n in range(block.first - 1, max(0, block.first - 4), -1) if lines[n - 1].strip()), None
    )
    under = next(
        (n for n in range(block.last + 1, min(len(lines), block.last + 3) + 1) if lines[n - 1].strip()), None
    )
    for number in (over, under):
        match = _UNIT.search(lines[number - 1]) if number is not None else None
        if number is not None and match is not None:
            return Span(number, *match.span())
    return None
