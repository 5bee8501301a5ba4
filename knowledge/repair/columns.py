"""Columns side by side on the rows of a page of text, taken apart; tables, lists and code stay whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from knowledge.repair.characters import width
from knowledge.repair.interleaved import BLANKS, Cell, Parts, flow, unglue, weave
from knowledge.repair.sentences import FINISHED
from knowledge.text.folding import fold_radicals

_WORD: Final = re.compile(r"[^\s\u3000]+")
_WIDE_GAP: Final = re.compile("[ \u3000\t]{6,}")
_INNER_GAP: Final = re.compile("(?<=\\S)[ \u3000\t]{3,}(?=\\S)")
# A page is set in columns if so many of its rows have an inner gap; a column begins where it is blank to the left in
# all but so few of the rows that reach it, and text begins in so many (measured on generated pages).
_GAPPY: Final = 0.4
_CROSSING: Final = 0.06
_BEGINNING: Final = 0.4
_FEWEST_ROWS: Final = 4
_NARROWEST: Final = 8
# So many rows at which columns may begin or end are tried from the top and from the foot.
_EDGES: Final = 12
_HEAD_ROWS: Final = 10
_FOOT_ROWS: Final = 6
# Of a column's cells so many must fill it: a table's do not.
_RUNNING: Final = 0.4
_FILLED: Final = 0.75
# What a grid tells is right unless another cut reads so much better.
_CLEARLY: Final = 6.0
# A paragraph stands in no farther.
_INDENTED: Final = 5


def split_columns(rows: Sequence[str]) -> list[list[Cell]] | None:
    """Return the cells of a page column by column, in bands of columns and of whole rows; None if it has one column."""
    texts = [fold_radicals(row.rstrip()) for row in rows]
    parts = list(_bands(texts, 0, len(texts)))
    return parts if len(parts) > 1 else None


def _bands(texts: Sequence[str], low: int, high: int) -> Iterator[list[Cell]]:
    """Yield the columns of the rows from `low` to `high`, those above and below the likeliest ones by themselves."""
    grid, read = _by_grid(texts, low, high), _by_reading(texts, low, high)
    parts = grid or read
    if grid and read and _flow(texts, read, low, high) > _flow(texts, grid, low, high) + _CLEARLY:
        parts = read
    if parts is None:
        cells = [cell for row in range(low, high) for cell in _split_wide(row, texts[row])]
        if any(texts[row].strip() for row in range(low, high)) or high == len(texts):
            yield cells
        return
    first = min(row for column in parts.body for row, _, _ in column)
    last = max(row for column in parts.body for row, _, _ in column)
    yield from _bands(texts, low, first)
    yield from parts.body
    yield from _bands(texts, last + 1, high)


def _flow(texts: Sequence[str], parts: Parts, low: int, high: int) -> float:
    """Return how well the rows from `low` to `high` read on, those above and below the columns included."""
    held = {row for column in parts.body for row, _, _ in column}
    head = [(row, 0, len(texts[row])) for row in range(low, min(held))]
    foot = [(row, 0, len(texts[row])) for row in range(max(held) + 1, high)]
    return sum(flow(texts, column) for column in (head, *parts.body, foot))


def _by_grid(texts: Sequence[str], low: int, high: int) -> Parts | None:
    """Split where columns begin at the same place of a grid: one place a character, or two for a wide one."""
    filled = [row for row in range(low, high) if texts[row].strip()]
    gaps = {row for row in filled if _INNER_GAP.search(texts[row])}
    if len(filled) < _FEWEST_ROWS or len(gaps) < _FEWEST_ROWS - 1:
        return None
    edges = [at for at, row in enumerate(filled) if at == 0 or (row in gaps) != (filled[at - 1] in gaps)]
    starts = sorted({*edges[:_EDGES], *range(min(_HEAD_ROWS, len(filled)))})
    ends = sorted({*edges[1:][-_EDGES:], *range(max(0, len(filled) - _FOOT_ROWS) + 1, len(filled) + 1)})
    best: tuple[int, int, int, int, list[int], Callable[[str], list[int]]] | None = None
    measures: tuple[Callable[[str], list[int]], ...] = (_characters, _east_asian)
    for places in measures:
        grid = _Grid([texts[row] for row in filled], places)
        for a in starts:
            for z in ends:
                if sum(row in gaps for row in filled[a:z]) < max(_FEWEST_ROWS - 1, _GAPPY * (z - a)):
                    continue
                found = grid.columns(a, z)
                if found and (best is None or (len(found) * (z - a), len(found)) > best[:2]):
                    best = (len(found) * (z - a), len(found), a, z, found, places)
    if best is None:
        return None
    _, _, a, z, bounds, places = best
    cut = {row: list(_cut(texts[row], bounds, places)) for row in filled[a:z]}
    first, last = _body_rows(texts, filled[a:z], cut)
    body: list[list[Cell]] = [[] for _ in range(len(bounds) + 1)]
    for row in range(first, last + 1):
        for column, (start, end) in enumerate(cut.get(row, [(0, 0)] * len(body))):
            body[column].append((row, start, end))
    body = [part for column in body for part in _further(texts, column)]
    long = [column for column in body if sum(texts[r][a:z].strip() != "" for r, a, z in column) > 2]
    return Parts([], body, []) if long and all(_is_running(texts, column) for column in long) else None


def _body_rows(
    texts: Sequence[str], rows: Sequence[int], cut: Mapping[int, Sequence[tuple[int, int]]]
) -> tuple[int, int]:
    """Return the first and the last row that are set in the columns; a head or foot above or below is not."""
    cells = {row: [texts[row][start:end] for start, end in cut[row]] for row in rows}
    widths = sorted(width(cell.strip()) for found in cells.values() for cell in found if cell.strip())
    usual = widths[int(0.8 * (len(widths) - 1))]
    full = [
        any(
            _FILLED * usual < width(cell.strip()) < 1.5 * usual and _stands_at_edge(cell)
            for cell in cells[row]
        )
        for row in rows
    ]
    begin = next((at for at, each in enumerate(full) if each and sum(full[at : at + 4]) >= 3), 0)
    end = next(
        (at for at in range(len(rows) - 1, -1, -1) if full[at] and sum(full[max(0, at - 3) : at + 1]) >= 2),
        -1,
    )
    while (
        end + 1 < len(rows) and rows[end + 1] == rows[end] + 1 and _ends_column(cells[rows[end + 1]], usual)
    ):
        end += 1
    return rows[begin], rows[end]


def _stands_at_edge(cell: str) -> bool:
    return len(cell) - len(cell.lstrip(" \u3000")) <= _INDENTED


def _ends_column(cells: Sequence[str], usual: float) -> bool:
    """Tell whether a row holds but the last, short line of one column or more."""
    short = [cell for cell in cells if cell.strip()]
    return all(width(cell.strip()) <= usual + 1 and _stands_at_edge(cell) for cell in short) and any(
        FINISHED.search(cell.strip()) for cell in short
    )


class _Grid:
    """What stands at each place of the rows of a page, counted so that any window of rows is read off at once."""

    def __init__(self, rows: Sequence[str], places: Callable[[str], list[int]]) -> None:
        at = [places(row) for row in rows]
        size = max(place[-1] for place in at) + 2
        ink, begin, wide, reach, left = (np.zeros((len(rows), size), np.int32) for _ in range(5))
        for number, (row, place) in enumerate(zip(rows, at, strict=True)):
            first = True
            for run in _WORD.finditer(row):
                low, high = place[run.start()], place[run.end()]
                ink[number, low:high] = 1
                if not first:
                    begin[number, low] = 1
                    wide[number, low] = int(row[max(0, run.start() - 2) : run.start()].isspace())
                if first:
                    left[number, low + 1 :] = 1
                first = False
            reach[number, : place[len(row)]] = 1
        cross = np.zeros_like(ink)
        cross[:, 1:] = ink[:, :-1] * reach[:, 1:]
        self._sums = [
            np.concatenate([np.zeros((1, size), np.int32), each.cumsum(0, dtype=np.int32)])
            for each in (reach, left, cross, begin, wide)
        ]

    def columns(self, a: int, z: int) -> list[int]:
        """Return where the second column and those after it begin in rows a to z."""
        reach, left, cross, begin, wide = (each[z] - each[a] for each in self._sums)
        rows = z - a
        good = (reach >= max(4, 0.3 * rows)) & (left >= 0.5 * rows) & (cross <= _CROSSING * reach)
        good &= begin >= np.maximum(3, _BEGINNING * reach)
        good &= 2 * wide >= begin
        score = begin + 0.5 * wide - 3 * cross
        chosen: list[int] = []
        for at in sorted(np.flatnonzero(good).tolist(), key=lambda at: -score[at]):
            if at >= _NARROWEST and all(abs(at - other) >= _NARROWEST for other in chosen):
                chosen.append(at)
        return sorted(chosen)


def _characters(row: str) -> list[int]:
    return list(range(len(row) + 1))


def _east_asian(row: str) -> list[int]:
    at = [0]
    for char in row:
        at.append(at[-1] + (2 if ord(char) >= 0x2E80 else 1))
    return at


def _cut(row: str, bounds: Sequence[int], places: Callable[[str], list[int]]) -> Iterator[tuple[int, int]]:
    """Yield start and end of a row's cells, each cut at the blank nearest to where the column begins."""
    at = places(row)
    gaps = [gap.end() for gap in BLANKS.finditer(row)]
    indent = len(row) - len(row.lstrip(" \u3000\t"))
    start = 0
    for bound in bounds:
        if indent and start < indent and at[indent] >= bound - 2:
            cut = min(indent, start + bound) if at[indent] < bound else _at_place(at, bound)
        else:
            near = [gap for gap in gaps if gap > start and abs(at[gap] - bound) <= 4]
            cut = min(near, key=lambda gap: abs(at[gap] - bound)) if near else _at_place(at, bound)
            if not near and cut < len(row) and row[cut - 1 : cut].strip() and row[cut].strip():
                cut = next((gap for gap in gaps if gap > cut), len(row))
        cut = max(start, min(cut, len(row)))
        yield start, cut
        start = cut
    yield start, len(row)


def _at_place(at: Sequence[int], bound: int) -> int:
    return next((index for index, place in enumerate(at) if place >= bound), len(at) - 1)


def _further(texts: Sequence[str], column: list[Cell]) -> list[list[Cell]]:
    """Return the columns into which one of a grid falls where a mere blank parts its rows."""
    parts = unglue(texts, column)
    return [column] if parts is None else [part for part in (parts.head, *parts.body, parts.foot) if part]


def _by_reading(texts: Sequence[str], low: int, high: int) -> Parts | None:
    """Split rows that hold a line of each column with a mere blank between, or lines of columns that stand in turns."""
    cells = [(row, 0, len(texts[row])) for row in range(low, high)]
    parts = unglue(texts, cells) or weave(texts, cells)
    return (
        parts if parts is not None and _is_running(texts, [c for part in parts.body for c in part]) else None
    )


def _is_running(texts: Sequence[str], cells: Sequence[Cell]) -> bool:
    """Tell whether a column's cells are running text that fills it, and not those of a table, a list or code."""
    inner = [text for row, start, end in cells if (text := texts[row][start:end].strip())]
    widths = sorted(map(width, inner))
    if len(inner) < 3 or widths[-1] < _NARROWEST:
        return False
    usual = widths[int(0.8 * (len(widths) - 1))]
    full = sum(each >= _FILLED * usual for each in widths) >= _RUNNING * len(widths)
    clauses = sum(mark in text for text in inner for mark in "，。、；,")
    wide = sum(len(text) - sum(char.isascii() for char in text) for text in inner)
    return usual >= _NARROWEST and full and 4 * clauses >= len(inner) and 2 * wide >= sum(map(len, inner))


def _split_wide(row: int, text: str) -> Iterator[Cell]:
    """Yield the parts of a page's head or foot, which stand far apart."""
    at = 0
    for gap in _WIDE_GAP.finditer(text):
        if text[at : gap.start()].strip():
            yield row, at, gap.start()
            at = gap.end()
    yield row, at, len(text)
