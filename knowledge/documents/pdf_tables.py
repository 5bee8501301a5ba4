"""The tables of a page: ruled ones by pdfplumber's finder, plain ones by how their pieces stand under one another."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from knowledge.documents.pdf_lines import PrintedLine, bounds, find_lines, one_a_height
from knowledge.documents.pdf_page import Box, Glyph, PrintedPage, around
from knowledge.documents.tables import EMPTY, LONGEST_CELL, SourceCell, is_figure
from knowledge.model import Span

_LEAST_RULES: Final = 3
_MOST_EDGES: Final = 4_000
_SNAP: Final = 3.0
"""Rules that lie so near, in points, are one; pdfplumber's own default."""

_TOUCHES: Final = 1.5
"""Points between two pieces of one rule at most; tables side by side stand further apart."""

_PLAIN_CELL: Final = 20
"""Characters of a cell without rules, but for one in the last column."""

_PLAIN_ROWS: Final = 3
"""Rows with a piece in each column; where all but the first of three is figures, or of one unit, two tell as much."""

_FIGURES: Final = 0.5
_ALIGNED: Final = 0.5
"""Ems that pieces of one column are off each other's left, middle or right at most."""

_SHORT_OF: Final = 2.0
"""Ems that most cells end before the next column, as names of at most so many characters without a mark; lines of prose
fill their column."""

_MOSTLY: Final = 0.75
_NAME: Final = 8
_BARE: Final = re.compile(r"[\d.,]+")
_PROSE: Final = re.compile("[。，；！？]|：(?!$)")
_ANCHORS: Final = 12
"""So many rows are tried as the one that the others agree with."""

_Row = list[PrintedLine]
_Cells = dict[tuple[int, int], _Row]
"""The pieces of a row by the first and the last column that they stand in."""


@dataclass(slots=True)
class Grid:
    """A table found on a page: one line of text a row, and where in them each cell stands.

    `cells` holds for each row and column (row, start, end), or None where the cell is empty.
    """

    box: Box
    lines: list[str] = field(default_factory=list)
    cells: list[list[tuple[int, int, int] | None]] = field(default_factory=list)

    def add(self, cells: Iterable[tuple[range, str]], width: int) -> None:
        """Write a row of so many columns: of each cell those that it covers, and its text."""
        line = ""
        places: list[tuple[int, int, int] | None] = [None] * width
        for columns, text in cells:
            line += "\t" * bool(line)
            for at in columns:
                places[at] = (len(self.lines), len(line), len(line) + len(text))
            line += text
        self.lines.append(line)
        self.cells.append(places)

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
    """Find the tables of a page, ruled and plain; return also the characters outside them."""
    glyphs = list(page.glyphs)
    grids: list[Grid] = []
    for cells in _ruled(page):
        box = around(cells)
        inside = [g for g in glyphs if box.holds(g.left + 0.4 * g.size, g.base - 0.4 * g.size, 0.5)]
        grid = _filled(box, cells, inside)
        if grid is not None:
            grids.append(grid)
            taken = {g.order for g in inside}
            glyphs = [g for g in glyphs if g.order not in taken]
    places: list[Box | None] = [*_between_rules(page.levels), None]
    for place in places:
        inside = [g for g in glyphs if place is None or place.holds(g.left, g.base, 1)]
        for plain in _plain_tables(find_lines(inside, page.uprights)):
            taken = {g.order for line in plain.pieces for g in line.glyphs}
            glyphs = [g for g in glyphs if g.order not in taken]
            grids.append(plain.grid())
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


def _between_rules(levels: Iterable[Box]) -> Iterator[Box]:
    """Yield what lies between the first and the last of several level rules that are as wide, as over and under a table."""
    alike: list[list[Box]] = []
    for rule in _whole_rules(levels):
        for rules in alike:
            if max(abs(rules[0].left - rule.left), abs(rules[0].right - rule.right)) < _SNAP:
                rules.append(rule)
                break
        else:
            alike.append([rule])
    return (around(rules) for rules in alike if len(rules) >= _LEAST_RULES)


def _whole_rules(levels: Iterable[Box]) -> Iterator[Box]:
    """Yield level rules, those that are drawn cell by cell as one: Word draws its borders so."""
    whole: Box | None = None
    for rule in sorted(levels, key=lambda r: (round(r.top), r.left)):
        if whole and abs(rule.top - whole.top) < _TOUCHES and rule.left - whole.right < _TOUCHES:
            whole = around((whole, rule))
            continue
        if whole:
            yield whole
        whole = rule
    if whole:
        yield whole


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
    if len(lefts) < 2 or len(tops) < 2 or len(filled) < 4 or max(map(len, filled)) > LONGEST_CELL:
        return None
    grid = Grid(box)
    for top in tops:
        over = [next((c for c in cells if c.holds(left + 2, top + 2, 0)), None) for left in lefts]
        own = [c for c in dict.fromkeys(over) if c is not None and round(c.top) == top and texts[c]]
        grid.add(((range(over.index(c), over.index(c) + over.count(c)), texts[c]) for c in own), len(lefts))
        for at, cell in enumerate(over):  # one that began on a row above
            if cell is not None and round(cell.top) != top:
                grid.cells[-1][at] = grid.cells[tops.index(round(cell.top))][at]
    return grid


def _text_in(cell: Box, glyphs: Sequence[Glyph]) -> str:
    inside = [g for g in glyphs if cell.holds(g.left + 0.4 * g.size, g.base - 0.4 * g.size, 0)]
    text = ""
    for line in one_a_height(find_lines(inside, ())):
        latin = text[-1:].isascii() and text[-1:].isalpha() and line.text[:1].isascii()
        text += (" " if latin else "") + line.text
    return text


@dataclass(slots=True)
class _PlainTable:
    """Rows of short pieces that stand under one another, without rules.

    A row may have fewer pieces than there are columns: a cell is empty, goes on under itself, or covers several.
    """

    columns: list[Box]
    rows: list[_Cells] = field(default_factory=list)

    @property
    def pieces(self) -> _Row:
        """All that is printed in it."""
        return [line for row in self.rows for lines in row.values() for line in lines]

    def take(self, row: _Row) -> bool:
        """Take the row under the last one; False where it is none of the table's."""
        cells = _placed(row, self.columns)
        if cells is None:
            return False
        place, *more = cells
        above = self.rows[-1].get(place) if self.rows and not more and place[0] else None
        if above and self.columns[place[1]].right - above[-1].box.right < _SHORT_OF * row[0].size:
            above += row
        else:
            self.rows.append(cells)
        return True

    def grid(self) -> Grid:
        """The table as a page's readers have it."""
        grid = Grid(bounds(self.pieces))
        for row in self.rows:
            cells = (
                (range(a, b + 1), "".join(s.text for s in lines)) for (a, b), lines in sorted(row.items())
            )
            grid.add(cells, len(self.columns))
        return grid


def _plain_tables(lines: Iterable[PrintedLine]) -> Iterator[_PlainTable]:
    """Yield the tables without rules among a page's lines."""
    rows: list[_Row] = []
    for line in sorted(lines, key=lambda s: (s.base, s.box.left)):
        if rows and abs(rows[-1][0].base - line.base) < 0.3 * line.size:
            rows[-1].append(line)
        else:
            rows.append([line])
    run: list[_Row] = []
    for row in [*rows, []]:
        row.sort(key=lambda s: s.box.left)
        if run and not (row and _is_near(run[-1], row)):
            yield from _tables_in(run)
            run = []
        if row and not any(line.upright for line in row):
            run.append(row)


def _is_near(upper: _Row, lower: _Row) -> bool:
    size = upper[0].size
    return 0 < lower[0].base - upper[0].base < 3.5 * size and abs(lower[0].size / size - 1) < 0.2


def _tables_in(run: list[_Row]) -> Iterator[_PlainTable]:
    """Yield the tables among rows that stand near each other."""
    for full in _alike(run):
        rows = [run[at] for at in full]
        columns = [bounds(list(column)) for column in zip(*rows, strict=True)]
        if not _tells_table(rows, columns):
            continue
        first, last = full[0], full[-1] + 1
        while first and len(run[first - 1]) > 1 and _placed(run[first - 1], columns):
            first -= 1
        table = _PlainTable(columns)
        for row in run[first:last]:
            table.take(row)
        while (
            last < len(run) and (len(run[last]) > 1 or _goes_on(table, run[last])) and table.take(run[last])
        ):
            last += 1
        _widen_heads(table.rows)
        yield table
        yield from _tables_in(run[:first])
        yield from _tables_in(run[last:])
        return


def _goes_on(table: _PlainTable, row: _Row) -> bool:
    """Tell whether a lone piece under a table goes on with the cell over it."""
    return _placed(row, table.columns) is not None and row[0].box.left > table.columns[0].right


def _alike(run: list[_Row]) -> Iterator[list[int]]:
    """Yield numbers of rows whose pieces stand under one another, with none between that has no place; most first."""
    found: list[list[int]] = []
    for anchor in [row for row in run if _may_be_cells(row)][:_ANCHORS]:
        agreeing = [at for at, row in enumerate(run) if _may_be_cells(row) and _agree(anchor, row)]
        columns = [bounds([run[at][k] for at in agreeing]) for k in range(len(anchor))]
        part = agreeing[:1]
        for upper, lower in pairwise(agreeing):
            if not all(_placed(row, columns) for row in run[upper + 1 : lower]):
                found.append(part)
                part = []
            part.append(lower)
        found.append(part)
    yield from sorted(found, key=lambda part: -len(part) * len(run[part[0]]))[:_ANCHORS]


def _may_be_cells(row: _Row) -> bool:
    return len(row) > 1 and all(len(line.glyphs) <= _PLAIN_CELL for line in row[:-1])


def _agree(one: _Row, other: _Row) -> bool:
    """Tell whether the pieces of two rows begin, end or are centred alike."""
    return len(one) == len(other) and all(
        min(abs(x - y) for x, y in zip(_marks(a.box), _marks(b.box), strict=True)) < _ALIGNED * a.size
        for a, b in zip(one, other, strict=True)
    )


def _marks(box: Box) -> tuple[float, float, float]:
    return box.left, (box.left + box.right) / 2, box.right


def _placed(row: _Row, columns: Sequence[Box]) -> _Cells | None:
    """The columns that each piece of a row stands in or between; None where one has no place or two have one."""
    cells: _Cells = {}
    for piece in row:
        under = [k for k, column in enumerate(columns) if column.across(piece.box) > 0]
        left = sum(column.right < piece.box.left for column in columns) - 1
        place = (under[0], under[-1]) if under else (left, left + 1)
        longest = len(piece.glyphs) > _PLAIN_CELL and place[0] < len(columns) - 1
        taken = any(place[0] <= b and a <= place[1] for a, b in cells)
        if longest or taken or place[0] < 0 or place[1] >= len(columns):
            return None
        cells[place] = [piece]
    return cells


def _tells_table(rows: Sequence[_Row], columns: Sequence[Box]) -> bool:
    """Tell whether rows alike are a table: most of it figures, or short words that leave room to the next column."""
    if any(left.right > right.left for left, right in pairwise(columns)):
        return False
    if len(rows) < _PLAIN_ROWS:
        values = [line.text for row in rows for line in row[1:]]
        units = {_BARE.sub("", text) for text in values}
        sure = len(columns) > 2 or (len(units) == 1 and "" not in units)
        return len(rows) > 1 and sure and all(is_figure(text, units=True) for text in values)
    cells = [line.text for row in rows for line in row]
    told = sum(_PROSE.search(text) is not None and not is_figure(text) for text in cells)
    if told > (1 - _MOSTLY) * len(cells):
        return False
    values = [line.text for row in rows[1:] for line in row[1:]]
    short = all(len(text) <= _PLAIN_CELL for text in cells)
    if short and sum(is_figure(text, units=True) for text in values) >= _FIGURES * len(values):
        return True
    names = [(line, after) for row in rows for line, after in zip(row, columns[1:], strict=False)]
    apart = sum(after.left - line.box.right > _SHORT_OF * line.size for line, after in names)
    named = sum(len(line.glyphs) <= _NAME and not _PROSE.search(line.text) for line, _ in names)
    return min(apart, named) >= _MOSTLY * len(names)


def _widen_heads(rows: list[_Cells]) -> None:
    """Let a heading cover the columns beside it whose own headings stand under it."""
    if len(rows) < 3 or any(is_figure(s.text) for row in rows[:2] for lines in row.values() for s in lines):
        return
    covers = {k: place for place in rows[0] for k in range(place[0], place[1] + 1)}
    under = {k for place in rows[1] for k in range(place[0], place[1] + 1)}
    wide = [k for k in covers if k in under]
    for k in sorted(under - covers.keys() if wide else ()):
        covers[k] = covers[min(wide, key=lambda other: (abs(other - k), other))]
    rows[0] = {
        (min(own), max(own)): lines
        for place, lines in rows[0].items()
        for own in [[k for k, owner in covers.items() if owner == place]]
    }
