"""Columns side by side on the rows of a page of text, taken apart; tables, lists and code stay whole.

Where blanks keep the layout, tracks tell (`tracks`). Where columns are a mere blank apart, a gutter is a place at which words
begin on several rows and which no row between them crosses; rows that share gutters are a band, read column by column.
Where neither parts columns, what reads on decides (`interleaved`).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Final

from knowledge.repair.characters import width
from knowledge.repair.interleaved import part_rows
from knowledge.repair.row_pieces import Cell, Reading, reading_of
from knowledge.repair.tracks import GAP, MEASURES, side_by_side
from knowledge.text.folding import fold_radicals

_WIDE_GAP: Final = re.compile("[ \u3000\t]{6,}")
# A blank between words, none of a line that is letter-spaced.
_WORD_GAP: Final = re.compile("(?<=\\S\\S)[ \t\u3000]+(?=\\S\\S)|^[ \t\u3000]+|[ \t\u3000]{2,}(?=\\S)")
# Of the rows so many read ill over a blank where columns are still beside each other: then a blank may be their gutter.
_UNPARTED: Final = 1 / 7
# Columns that are told by how they read alone must read so much better than those that places tell.
_PROOF: Final = 5.0
# What reads so much better a line is no table, however its lines fill it.
_SURELY: Final = 1.0
# Text begins at a gutter on so many rows at least; a paragraph there stands in no farther.
_FEWEST: Final = 3
_INDENTED: Final = 4
_NARROWEST: Final = 8
_BLANK: Final = " \u3000\t"
# A line that is too long for its column moves what stands to the right of it by so many places at most.
_OUT: Final = 4
# Rows of columns stand no farther apart.
_CLOSE: Final = 2
# Of a column's lines so many must fill it: a table's do not.
_RUNNING: Final = 0.4
_FILLED: Final = 0.75


def split_columns(rows: Sequence[str]) -> list[list[Cell]] | None:
    """Return the cells of a page column by column, in bands of columns and of whole rows; None if it has one column."""
    texts = [fold_radicals(row.rstrip()) for row in rows]
    cells = [(row, 0, len(text)) for row, text in enumerate(texts)]
    if not any(map(GAP.search, texts)):  # then nothing begins within a row
        return _read_apart(texts, cells)
    columns = side_by_side(texts)
    columns = columns if _are_running(texts, columns) else [cells]
    parts = _by_reading(texts, columns)
    if _reading(texts, columns).unparted >= _UNPARTED:
        narrow = _by_gutters(texts, cells)
        ways = [(columns, parts)]
        ways += [(narrow, _by_reading(texts, narrow))] if _are_running(texts, narrow) else []
        ways += [([cells], _by_reading(texts, [cells]))] if len(columns) > 1 else []
        # What places tell needs no proof by reading.
        _, parts = max(
            ways, key=lambda way: _reading(texts, way[1]).score - _PROOF * (len(way[1]) > len(way[0]))
        )
    return _if_parted(parts)


def _if_parted(parts: list[list[Cell]]) -> list[list[Cell]] | None:
    return parts if len(parts) > 1 else None


def _by_gutters(texts: Sequence[str], cells: Sequence[Cell]) -> list[list[Cell]]:
    """Return the columns between gutters."""
    grids = [_Grid(texts, measure) for measure in MEASURES]
    return max(grids, key=lambda grid: sum(gutter.begins for gutter in grid.gutters(cells))).parted(cells)


def _reading(texts: Sequence[str], parts: Sequence[Sequence[Cell]]) -> Reading:
    return reading_of(texts, [cell for part in parts for cell in _filled(texts, part)])


@dataclass(frozen=True, slots=True)
class _Gutter:
    """A place at which `begins` lines of a column begin, from one row to another."""

    at: int
    first: int
    last: int
    begins: int


class _Grid:
    """The rows of a page by places: one a character, or two for a wide one."""

    def __init__(self, texts: Sequence[str], measure: Callable[[str], list[int]]) -> None:
        self._texts = texts
        self._places = [[0, *accumulate(measure(text))] for text in texts]
        self._runs = [list(self._runs_of(row)) for row in range(len(texts))]

    def parted(self, cells: Sequence[Cell]) -> list[list[Cell]]:
        """Return the cells of a part of the page in reading order: a list for each column, and for whole rows."""
        found: list[list[Cell]] = []
        whole = False
        for band, gutters in self._bands(cells):
            if not _filled(self._texts, band):
                continue
            cut = [column for column in self._cut(band, gutters) if _filled(self._texts, column)]
            columns = [part for column in cut for part in self.parted(column)] if len(cut) > 1 else []
            if columns and _are_running(self._texts, columns):
                found += columns
                whole = False
                continue
            if whole:
                found[-1] += band
            else:
                found.append(band)
            whole = True
        return found

    def gutters(self, cells: Sequence[Cell]) -> list[_Gutter]:
        """Return the gutters of a part of the page, the surest first."""
        rows = [(cell[0], self._within(cell)) for cell in cells]
        rows = [(row, runs) for row, runs in rows if runs]
        if len(rows) < _FEWEST:
            return []
        left = min(runs[0][0] for _, runs in rows) + _NARROWEST
        starts = Counter(start for _, runs in rows for start, _ in runs if start > left)
        begins = {at: starts[at - 1] + 2 * starts[at] + starts[at + 1] for at in starts}
        found: list[_Gutter] = []
        for at in sorted(begins, key=lambda at: (-begins[at], at)):
            if begins[at] >= 2 * _FEWEST - 1:
                found += [
                    gutter
                    for gutter in self._segments(rows, at)
                    if not any(
                        abs(other.at - at) < _NARROWEST
                        and other.first <= gutter.last
                        and gutter.first <= other.last
                        for other in found
                    )
                ]
        return found

    def _runs_of(self, row: int) -> Iterator[tuple[int, int]]:
        """Yield where text that blanks part begins and ends in a row."""
        text, places = self._texts[row], self._places[row]
        at = 0
        for gap in _WORD_GAP.finditer(text):
            if text[at : gap.start()].strip():
                yield places[at], places[gap.start()]
            at = gap.end()
        if text[at:].strip():
            yield places[at], places[-1]

    def _within(self, cell: Cell) -> list[tuple[int, int]]:
        row, start, end = cell
        low, high = self._places[row][start], self._places[row][end]
        return [(max(low, a), min(high, z)) for a, z in self._runs[row] if a < high and z > low]

    def _segments(self, rows: Sequence[tuple[int, list[tuple[int, int]]]], at: int) -> Iterator[_Gutter]:
        """Yield the runs of rows that do not cross a place, from the first line that begins there to the last, and on as
        far as rows stand close."""
        segment: list[int] = []
        for number, (row, runs) in enumerate([*rows, (-1, [])]):
            if row >= 0 and (not any(a < at < z for a, z in runs) or self._blank_near(row, at) is not None):
                segment.append(number)
                continue
            touching = [n for n in segment if any(at - 1 <= a <= at + _INDENTED for a, _ in rows[n][1])]
            begins = sum(any(abs(a - at) <= 1 for a, _ in rows[n][1]) for n in segment)
            both = sum(rows[n][1][0][0] < at - _NARROWEST for n in segment)
            moved = sum(any(a < at < z for a, z in rows[n][1]) for n in segment)
            least = max(_FEWEST, moved / 3)
            if touching:
                # A mere blank is a gutter where half of the rows begin there. A headline above has one there by chance.
                low, high = touching[0], touching[-1]
                least = max(least, sum(low <= n <= high and rows[n][1][-1][1] > at for n in segment) / 2)
                segment = [n for n in segment if low <= n or not rows[n][1][0][0] < at < rows[n][1][-1][1]]
            if begins >= least and both >= _FEWEST:
                low, high = touching[0], touching[-1]
                while low - 1 in segment and rows[low][0] - rows[low - 1][0] <= _CLOSE:
                    low -= 1
                while high + 1 in segment and rows[high + 1][0] - rows[high][0] <= _CLOSE:
                    high += 1
                yield _Gutter(at, rows[low][0], rows[high][0], begins)
            segment = []

    def _blank_near(self, row: int, at: int) -> int | None:
        """Return the place in a row behind the blank that is nearest to `at`: what stands left may be too long for it."""
        places, text = self._places[row], self._texts[row]
        low, high = bisect_left(places, at - _OUT), bisect_left(places, at + _OUT + 1)
        near = [index for index in range(max(1, low), min(high, len(text))) if text[index - 1] in _BLANK]
        near = [index for index in near if text[index] not in _BLANK]
        return min(near, key=lambda index: abs(places[index] - at), default=None)

    def _bands(self, cells: Sequence[Cell]) -> Iterator[tuple[list[Cell], list[int]]]:
        """Yield runs of rows with the gutters that all of them share."""
        gutters = self.gutters(cells)
        band: list[Cell] = []
        shared = frozenset[int]()
        for cell in cells:
            if not self._within(cell):
                band.append(cell)
                continue
            own = frozenset(gutter.at for gutter in gutters if gutter.first <= cell[0] <= gutter.last)
            if own != shared and any(self._within(other) for other in band):
                if not shared & own:
                    yield band, sorted(shared)
                    band, shared = [], own
                shared = shared & own
            else:
                shared = own
            band.append(cell)
        if band:
            yield band, sorted(shared)

    def _cut(self, cells: Sequence[Cell], gutters: Sequence[int]) -> list[list[Cell]]:
        columns: list[list[Cell]] = [[] for _ in range(len(gutters) + 1)]
        for row, start, end in cells:
            edges = [start]
            for at in gutters:
                edges.append(min(end, max(edges[-1], self._index(row, at))))
            for column, (low, high) in zip(columns, pairwise([*edges, end]), strict=True):
                column.append((row, low, high))
        return columns

    def _index(self, row: int, at: int) -> int:
        """Return where a row is cut for a gutter."""
        places = self._places[row]
        index = bisect_left(places, at)
        if any(a < at < z for a, z in self._runs[row]):
            return self._blank_near(row, at) or index
        return index


def _filled(texts: Sequence[str], cells: Sequence[Cell]) -> list[Cell]:
    return [cell for cell in cells if texts[cell[0]][cell[1] : cell[2]].strip()]


def _by_reading(texts: Sequence[str], columns: Sequence[list[Cell]]) -> list[list[Cell]]:
    """Part columns further whose rows are whole and hold a line of each of several with a mere blank between, or in turns."""
    found: list[list[Cell]] = []
    for cells in columns:
        whole = 2 * sum(start > 0 or end < len(texts[row]) for row, start, end in cells) <= len(cells)
        parts = _read_apart(texts, cells) if whole else None
        found += parts or [[part for cell in cells for part in _split_wide(texts, cell)]]
    return found


def _read_apart(texts: Sequence[str], cells: Sequence[Cell]) -> list[list[Cell]] | None:
    """Return the columns into which whole rows fall as they read; None where they are none."""
    parts = part_rows(texts, cells)
    parted = len(parts) > 1 and (_are_running(texts, parts) or _reads_far_better(texts, parts, cells))
    return parts if parted else None


def _reads_far_better(texts: Sequence[str], parts: Sequence[Sequence[Cell]], cells: Sequence[Cell]) -> bool:
    """Tell whether columns read so much better than their rows as no table's do."""
    lines = sum(len(_filled(texts, part)) for part in parts)
    return _reading(texts, parts).score - _reading(texts, [cells]).score >= _SURELY * lines


def _are_running(texts: Sequence[str], columns: Sequence[Sequence[Cell]]) -> bool:
    """Tell whether most lines of columns stand in columns of running text, two at least: a table has but one of it."""
    lines = [(len(_filled(texts, column)), column) for column in columns]
    running = [many for many, column in lines if many > 2 and is_running(texts, column)]
    return len(running) > 1 and 2 * sum(running) > sum(many for many, _ in lines)


def is_running(texts: Sequence[str], cells: Sequence[Cell]) -> bool:
    """Tell whether a column's cells are running text that fills it, and not those of a table, a list or code."""
    inner = [text for row, start, end in cells if (text := texts[row][start:end].strip())]
    if len(inner) <= 2:
        return False
    widths = sorted(map(width, inner))
    usual = widths[int(0.8 * (len(widths) - 1))]
    full = sum(each >= _FILLED * usual for each in widths) >= _RUNNING * len(widths)
    clauses = sum(mark in text for text in inner for mark in "，。、；,")
    wide = sum(len(text) - sum(char.isascii() for char in text) for text in inner)
    return usual >= _NARROWEST and full and 4 * clauses >= len(inner) and 2 * wide >= sum(map(len, inner))


def _split_wide(texts: Sequence[str], cell: Cell) -> Iterator[Cell]:
    """Yield the parts of a page's head or foot, which stand far apart."""
    row, at, end = cell
    text = texts[row]
    for gap in _WIDE_GAP.finditer(text, at, end):
        if text[at : gap.start()].strip():
            yield row, at, gap.start()
            at = gap.end()
    yield row, at, end
