"""Tables of any format as rows of cells: which row is the head, which columns are filler; those drawn on a page or in text."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from knowledge.documents.pdf_lines import PrintedLine, bounds, find_lines
from knowledge.documents.pdf_page import Box, Glyph, PrintedPage
from knowledge.model import Block, BlockRole, Cell, Span, Table

_FIGURE: Final = re.compile(
    r"[-+−±~≈<>]?[\d０-９][\d０-９,，.．%％‰/:：\s]*[\d０-９%％‰]?(?:[（(][^（）()]{1,8}[）)])?"
)
_YEAR: Final = re.compile(r"(?:19|20)\d\d")
_BAR: Final = re.compile("[|│┃║｜]")
_RULED: Final = re.compile(r"[\s\u2500-\u259f|+=\-_*—~·.:：＝－＿★☆●○■□◆◇※#＊…]{3,}")
_DRAWN: Final = re.compile("[\u2500-\u257f|+=\\-—_\\s:]+")
_LONGEST_CELL: Final = 200
_LEAST_RULES: Final = 3
_MOST_EDGES: Final = 4_000
_SNAP: Final = 3.0
"""Rules that lie so near, in points, are one; pdfplumber's own default."""

_PLAIN_CELL: Final = 20
_PLAIN_ROWS: Final = 3
_PLAIN_FIGURES: Final = 0.5


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
    return int(2 * sum(is_figure(row[1].text, units=True) for row in rows[1:]) >= len(rows) - 1)


def is_figure(text: str, units: bool = False) -> bool:
    """Tell whether a cell holds a bare figure (with `units`: one with a unit); a year alone may be a heading."""
    text = text.strip()
    if _YEAR.fullmatch(text):
        return units
    match = _FIGURE.match(text)
    return match is not None and (match.end() == len(text) or (units and len(text) - match.end() <= 4))


@dataclass(slots=True)
class Grid:
    """A table found on a page: one line of text a row, and where in them each cell stands.

    `cells` holds for each row and column (row, start, end), or None where the cell is empty.
    """

    box: Box
    lines: list[str] = field(default_factory=list)
    cells: list[list[tuple[int, int, int] | None]] = field(default_factory=list)

    def rows(self, first: int) -> list[list[SourceCell]]:
        """The cells, where the first row's text is line `first` of the document."""
        return [
            [
                SourceCell(self.lines[c[0]][c[1] : c[2]], (Span(first + c[0], c[1], c[2]),)) if c else EMPTY
                for c in row
            ]
            for row in self.cells
        ]


def find_grids(page: PrintedPage) -> tuple[list[Grid], list[Glyph]]:
    """Find the ruled tables of a page, and rows of figures without rules; return also the characters outside them."""
    glyphs = list(page.glyphs)
    grids: list[Grid] = []
    for cells in _ruled(page):
        box = Box(
            min(c.left for c in cells),
            min(c.top for c in cells),
            max(c.right for c in cells),
            max(c.bottom for c in cells),
        )
        inside = [g for g in glyphs if box.holds(g.left + 0.4 * g.size, g.base - 0.4 * g.size, 0.5)]
        grid = _filled(box, cells, inside)
        if grid is not None:
            grids.append(grid)
            taken = {g.order for g in inside}
            glyphs = [g for g in glyphs if g.order not in taken]
    plain = _plain(find_lines(glyphs, page.uprights))
    for rows in plain:
        taken = {g.order for row in rows for line in row for g in line.glyphs}
        glyphs = [g for g in glyphs if g.order not in taken]
        grids.append(_of_rows(rows))
    return sorted(grids, key=lambda g: g.box.top), glyphs


def _ruled(page: PrintedPage) -> list[list[Box]]:
    """The cells of each ruled table, by pdfplumber's finder."""
    level = [e for e in page.edges if e.width >= e.height]
    upright = [e for e in page.edges if e.width < e.height]
    if min(len(level), len(upright)) < _LEAST_RULES or len(page.edges) > _MOST_EDGES:
        return []
    from pdfplumber import table  # costs 300 ms, and few pages have tables

    edges = [_edge(e, "h") for e in level] + [_edge(e, "v") for e in upright]
    merged = table.merge_edges(edges, _SNAP, _SNAP, _SNAP, _SNAP)
    cells = table.intersections_to_cells(table.edges_to_intersections(merged, _SNAP, _SNAP))
    return [[Box(*cell) for cell in found] for found in table.cells_to_tables(cells) if len(found) >= 4]


def _edge(box: Box, orientation: str) -> dict[str, float | str]:
    x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
    flat = orientation == "h"
    return {
        "orientation": orientation,
        "x0": box.left if flat else x,
        "x1": box.right if flat else x,
        "top": y if flat else box.top,
        "bottom": y if flat else box.bottom,
        "width": box.width if flat else 0.0,
        "height": 0.0 if flat else box.height,
    }


def _filled(box: Box, cells: Sequence[Box], glyphs: Sequence[Glyph]) -> Grid | None:
    """Fill cells with their text; None for frames around running text, which are no table."""
    lefts = sorted({round(c.left) for c in cells})
    tops = sorted({round(c.top) for c in cells})
    texts = {cell: _text_in(cell, glyphs) for cell in cells}
    filled = [text for text in texts.values() if text]
    if len(lefts) < 2 or len(tops) < 2 or len(filled) < 4 or max(map(len, filled)) > _LONGEST_CELL:
        return None
    grid = Grid(box)
    places: dict[Box, tuple[int, int, int]] = {}
    for row, top in enumerate(tops):
        line = ""
        for left in lefts:
            cell = next((c for c in cells if round(c.left) == left and round(c.top) == top), None)
            if cell is not None and texts[cell]:
                line += "\t" if line else ""
                places[cell] = (row, len(line), len(line) + len(texts[cell]))
                line += texts[cell]
        grid.lines.append(line)
        grid.cells.append([])
        for left in lefts:
            over = next((c for c in cells if c.holds(left + 2, top + 2, 0)), None)
            grid.cells[-1].append(places.get(over) if over is not None else None)
    return grid


def _text_in(cell: Box, glyphs: Sequence[Glyph]) -> str:
    inside = [g for g in glyphs if cell.holds(g.left + 0.4 * g.size, g.base - 0.4 * g.size, 0)]
    rows: list[PrintedLine] = []
    for line in sorted(find_lines(inside, ()), key=lambda s: (round(s.base), s.box.left)):
        if rows and abs(rows[-1].base - line.base) < 0.3 * line.size:
            rows[-1].take(line)
        else:
            rows.append(line)
    text = ""
    for line in rows:
        latin = text[-1:].isascii() and text[-1:].isalpha() and line.text[:1].isascii()
        text += (" " if latin else "") + line.text
    return text


def _plain(lines: Iterable[PrintedLine]) -> list[list[list[PrintedLine]]]:
    """Rows of short pieces that stand under one another and are mostly figures: a table without rules."""
    rows: list[list[PrintedLine]] = []
    for line in sorted(lines, key=lambda s: (s.base, s.box.left)):
        if rows and abs(rows[-1][0].base - line.base) < 0.3 * line.size:
            rows[-1].append(line)
        else:
            rows.append([line])
    found: list[list[list[PrintedLine]]] = []
    run: list[list[PrintedLine]] = []
    for row in [*rows, []]:
        row.sort(key=lambda s: s.box.left)
        if run and (not row or not _goes_under(run[-1], row)):
            if len(run) >= _PLAIN_ROWS and _mostly_figures(run):
                found.append(run)
            run = []
        if len(row) >= 2 and all(len(s.glyphs) <= _PLAIN_CELL and not s.upright for s in row):
            run.append(row)
    return found


def _goes_under(upper: Sequence[PrintedLine], lower: Sequence[PrintedLine]) -> bool:
    size = upper[0].size
    near = 0 < lower[0].base - upper[0].base < 3.5 * size and abs(lower[0].size / size - 1) < 0.2
    return (
        near
        and len(upper) == len(lower)
        and all(a.box.across(b.box) > 0 for a, b in zip(upper, lower, strict=True))
    )


def _mostly_figures(rows: Sequence[Sequence[PrintedLine]]) -> bool:
    values = [line.text for row in rows[1:] for line in row[1:]]
    return sum(is_figure(text, units=True) for text in values) >= _PLAIN_FIGURES * len(values)


def _of_rows(rows: Sequence[Sequence[PrintedLine]]) -> Grid:
    grid = Grid(bounds([line for row in rows for line in row]))
    for at, row in enumerate(rows):
        text = ""
        places: list[tuple[int, int, int] | None] = []
        for line in row:
            text += "\t" if text else ""
            places.append((at, len(text), len(text) + len(line.text)))
            text += line.text
        grid.lines.append(text)
        grid.cells.append(places)
    return grid


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
        text = text.strip()
        cells.append(SourceCell(text, (Span(number, start, start + len(text)),) if text else ()))
    return cells
