"""Columns whose lines stand in turns on the rows of a page: two or more on a row with a mere blank between, or each on a
row of its own; or some lines of each in a block between blank rows.

Where a piece of a row belongs is read off the text: in its own column it reads on from the piece above it, stands as many
rows below that as that below the one before, and fills the column if it goes on; pieces of one row stand below pieces of
one row. Columns need not be of one width. The likeliest way to share the rows out (`row_search`) is taken only if it reads far
better than the rows as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from knowledge.repair.characters import width
from knowledge.repair.row_pieces import BLANKS, ILL, Cell, RowPiece, Rows
from knowledge.repair.row_search import Arrangement, PageRows, likeliest_way

_NARROWEST: Final = 8.0
_WIDEST: Final = 60.0
_FEWEST: Final = 4
# So many widths of a column are tried.
_TRIED: Final = 4
# Widths differ by more than a paragraph's first line falls short of the others.
_APART: Final = 2.6
# So many rows above and below those that read ill are looked at with them.
_AROUND: Final = 4
# In the units of the join model (natural logarithm of odds). Columns must read so much better than the rows, and so much
# more a row: chance makes pages in order read better by ten.
_SURE: Final = 8.0
_BETTER: Final = 0.4
# Of blocks chance makes those of a page in order read better by eighteen.
_SURE_OF_BLOCKS: Final = 16.0
# Rows may stand in turns where they read so ill together.
_LEAST: Final = 5.0


def part_rows(texts: Sequence[str], cells: Sequence[Cell]) -> list[list[Cell]]:
    """Return the columns into which rows fall, in reading order; all rows as one where they are better left as they are."""
    page = PageRows(texts)
    rows = [page.piece(cell) for cell in cells if texts[cell[0]][cell[1] : cell[2]].strip()]
    blocks = _blocks(page, rows)
    found = None if blocks is None else _parted(page, cells, blocks, _SURE_OF_BLOCKS)
    return found or _parted(page, cells, rows, _SURE) or [list(cells)]


def _blocks(page: PageRows, rows: Sequence[RowPiece]) -> list[RowPiece] | None:
    """Return the rows between blank ones as one piece each; None where they do not read on within."""
    blocks: list[list[RowPiece]] = []
    for row in rows:
        if blocks and row.cell[0] - blocks[-1][-1].cell[0] == 1:
            blocks[-1].append(row)
        else:
            blocks.append([row])
    inner = [page.joint(*pair) - ILL for block in blocks for pair in pairwise(block) if not pair[0].finished]
    if not inner or sum(inner) < 0:
        return None
    return [page.block([row.cell for row in block]) for block in blocks]


def _parted(
    page: PageRows, cells: Sequence[Cell], rows: Sequence[RowPiece], sure: float
) -> list[list[Cell]] | None:
    """Return the columns into which pieces fall, rows or blocks of them; None where they are better left as they are."""
    ill = _reads_ill(page, rows)
    if ill is None:
        return None
    body = rows[max(0, ill[0] - _AROUND) : ill[1] + _AROUND]
    widths = _column_widths(page.texts, body)
    best = likeliest_way(page, body, widths) if widths else None
    if best is None or best.score - page.as_they_are(body) < sure + _BETTER * (ill[1] - ill[0]):
        return None
    first, last = body[0].cell[0], _places(body[-1])[-1][0]
    above = [cell for cell in cells if cell[0] < first]
    below = [cell for cell in cells if cell[0] > last]
    parts = [_with_blanks(part, cells) for part in _shared_out(best)]
    if len(parts) == 1:
        return None
    return [*([above] if above else []), *parts, *(part_rows(page.texts, below) if below else [])]


def _places(piece: RowPiece) -> tuple[Cell, ...]:
    return (piece.cell, *piece.more)


def _with_blanks(part: Sequence[Cell], cells: Sequence[Cell]) -> list[Cell]:
    """Return a part's cells with the blank rows right below each."""
    at = {cell[0]: number for number, cell in enumerate(cells)}
    found: list[Cell] = []
    for cell in part:
        found.append(cell)
        number = at[cell[0]] + 1
        while number < len(cells) and cells[number][2] <= cells[number][1]:
            found.append(cells[number])
            number += 1
    return found


def _reads_ill(page: Rows, rows: Sequence[RowPiece]) -> tuple[int, int] | None:
    """Return the first and one past the last of the rows that read on so badly that they may stand in turns."""
    worst, found = -_LEAST, None
    total, begin = 0.0, 0
    for at, (above, below) in enumerate(pairwise(rows)):
        if total >= 0:
            total, begin = 0.0, at
        total += (0.0 if above.finished else page.joint(above, below) - ILL) + page.over_blanks(above)
        if total < worst:
            worst, found = total, (begin, at + 2)
    return found if found is not None and found[1] - found[0] >= _FEWEST else None


def _column_widths(texts: Sequence[str], rows: Sequence[RowPiece]) -> list[float]:
    """Return the likeliest widths of a page's columns: those of most pieces between blanks."""
    counts: dict[float, float] = {}
    for row in rows:
        for number, start, end in _places(row):
            text = texts[number][start:end].strip()
            if len(text) > 2 * _WIDEST + 1 and not any(map(text.__contains__, " \u3000\t")):
                continue  # too wide, whatever stands there
            for piece in BLANKS.split(text):
                wide = round(2 * width(piece)) / 2
                if _NARROWEST <= wide <= _WIDEST:
                    counts[wide] = counts.get(wide, 0.0) + 1
    near = {
        wide: sum(counts.get(wide - off / 2, 0.0) for off in range(4)) + counts.get(wide + 0.5, 0.0)
        for wide in counts
    }
    chosen: list[float] = []
    for wide in sorted(near, key=lambda wide: (-near[wide], wide)):
        if near[wide] >= _FEWEST and all(abs(wide - other) > _APART for other in chosen):
            chosen.append(wide)
    return chosen[:_TRIED]


def _shared_out(best: Arrangement) -> list[list[Cell]]:
    """Return the cells of an arrangement: those of each column, and of the rows across between them."""
    states: list[Arrangement] = []
    state: Arrangement | None = best
    while state is not None and state.before is not None:
        states.append(state)
        state = state.before
    found: list[list[Cell]] = []
    columns: list[list[Cell]] = []
    whole: list[Cell] = []
    for state in reversed(states):
        if state.placing is not None:
            for place, _ in state.placing.opened:
                columns.insert(place, [])
            for place, piece in zip(state.placing.places, state.pieces, strict=True):
                columns[place] += _places(piece)
        if state.across is not None or state is best:
            if len(columns) > 1:
                found += [whole] if whole else []
                found += columns
                whole = []
            else:
                whole += [cell for column in columns for cell in column]
            columns = []
            whole += _places(state.across) if state.across is not None else []
    return [*found, whole] if whole else found
