"""Tables of any format as rows of cells: which row is the head, which columns are filler; and those drawn in text."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from knowledge.model import Block, BlockRole, Cell, Span, Table
from knowledge.repair.characters import MARKUP

_FIGURE: Final = re.compile(
    r"[-+−±~≈<>]?[\d０-９][\d０-９,，.．%％‰/:：\s]*[\d０-９%％‰]?(?:[（(][^（）()]{1,8}[）)])?"
)
_YEAR: Final = re.compile(r"(?:19|20)\d\d")
_SEEN: Final = re.compile(f"[^{MARKUP}]+")
_BAR: Final = re.compile("[|│┃║｜]")
_FIGURES: Final = 0.7
"""Share of a column of two that is figures from which its first cell, which is none, heads it."""

_RULED: Final = re.compile(r"[\s\u2500-\u259f|+=\-_*—~·.:：＝－＿★☆●○■□◆◇※#＊…]{3,}")
_DRAWN: Final = re.compile("[\u2500-\u257f|+=\\-—_\\s:]+")


@dataclass(frozen=True, slots=True)
class SourceCell:
    """A cell's text and where it stands; `heading` says that the format marks it as a heading."""

    text: str
    spans: tuple[Span, ...]
    heading: bool = False


EMPTY: Final = SourceCell("", ())


def make_table(rows: Sequence[Sequence[SourceCell]], known: Table | None = None) -> Table | None:
    """Make a table of its rows, None where it has too little in it.

    Filler columns and empty rows go. A table with the columns of `known`, which ended where this one begins, goes
    on under its head.
    """
    rows = [list(row) for row in rows if any(cell.text.strip() for cell in row)]
    if not rows:
        return None
    width = max(map(len, rows))
    rows = [[*row, *[EMPTY] * (width - len(row))] for row in rows]
    kept = [at for at in range(width) if any(row[at].text.strip() for row in rows)]
    rows = [[row[at] for at in kept] for row in rows]
    if len(kept) < 2 or len(rows) * len(kept) < 3:
        return None
    count = _head_rows(rows)
    if known is not None and count == 0 and len(known.head) == len(kept):
        return Table(known.head, tuple(tuple(Cell(cell.spans) for cell in row) for row in rows))
    head = tuple(_head_cell([row[at] for row in rows[:count]]) for at in range(len(kept))) if count else ()
    body = [row for row in rows[count:] if [c.text for c in row] != [c.text for c in rows[0]] or not count]
    return Table(head, tuple(tuple(Cell(cell.spans) for cell in row) for row in body)) if body else None


def _head_cell(cells: Sequence[SourceCell]) -> Cell:
    """One heading of several rows: each text once, from the widest down."""
    spans: list[Span] = []
    for cell in cells:
        spans += (span for span in cell.spans if span not in spans)
    return Cell(tuple(spans))


def _head_rows(rows: Sequence[Sequence[SourceCell]]) -> int:
    """How many rows head the others: those marked, else the first where it names what figures stand below."""
    if len(rows) < 2:
        return 0
    marked = 0
    while marked < len(rows) - 1 and all(cell.heading or not cell.text.strip() for cell in rows[marked]):
        marked += 1
    if marked:
        return marked
    if any(is_figure(cell.text) for cell in rows[0]) or not rows[0][-1].text.strip():
        return 0
    if len(rows[0]) > 2:
        merged = len({cell.spans for cell in rows[0] if cell.spans}) < len([c for c in rows[0] if c.spans])
        return 2 if merged and len(rows) > 2 and not any(is_figure(cell.text) for cell in rows[1]) else 1
    if rows[1][0].heading or len(rows) < 3:
        return 0
    return int(sum(is_figure(row[1].text, units=True) for row in rows[1:]) > _FIGURES * (len(rows) - 1))


def is_figure(text: str, units: bool = False) -> bool:
    """Tell whether a cell holds a bare figure (with `units`: one with a unit); a year alone may be a heading."""
    text = text.strip()
    if _YEAR.fullmatch(text):
        return units
    match = _FIGURE.match(text)
    return match is not None and (match.end() == len(text) or (units and len(text) - match.end() <= 4))


def text_blocks(lines: Sequence[str]) -> Iterator[Block]:
    """Yield a TABLE block for each run of barred rows, and FURNITURE for rules that stand alone."""
    number = 0
    while number < len(lines):
        last = number
        while last < len(lines) and _is_row(lines[last]):
            last += 1
        rows = [at for at in range(number, last) if not _DRAWN.fullmatch(lines[at])]
        table = make_table([_barred_cells(lines[at], at + 1) for at in rows]) if len(rows) > 1 else None
        if table is not None:
            yield Block(BlockRole.TABLE, number + 1, last, table=table)
            number = last
            continue
        if lines[number].strip() and _RULED.fullmatch(lines[number]):
            yield Block(BlockRole.FURNITURE, number + 1, number + 1)
        number += 1


def _is_row(line: str) -> bool:
    """Tell whether a line is a table's: parted by two bars or more, or drawn of nothing but rules."""
    if len(_BAR.findall(line)) >= 2:
        return True
    return bool(line.strip()) and _DRAWN.fullmatch(line) is not None and len(line.strip()) >= 3


def _barred_cells(line: str, number: int) -> list[SourceCell]:
    """The cells between the bars; what stands outside the outer bars is none."""
    bars = [match.start() for match in _BAR.finditer(line)]
    edges = [
        *([-1] if line[: bars[0]].strip() else []),
        *bars,
        *([len(line)] if line[bars[-1] + 1 :].strip() else []),
    ]
    cells = []
    for left, right in itertools.pairwise(edges):
        text = line[left + 1 : right]
        start = left + 1 + len(text) - len(text.lstrip())
        seen = list(_SEEN.finditer(text.strip()))
        spans = tuple(Span(number, start + run.start(), start + run.end()) for run in seen)
        cells.append(SourceCell("".join(run[0] for run in seen), spans))
    return cells
