"""Columns side by side on the rows of a page of text, taken apart; tables, lists and code stay whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from knowledge.repair.characters import width
from knowledge.repair.sentences import FINISHED

_WORD: Final = re.compile(r"[^\s\u3000]+")
_BLANKS: Final = re.compile("(?<=\\S)[ \u3000\t]+(?=\\S)")
_WIDE_GAP: Final = re.compile("[ \u3000\t]{6,}")
_INNER_GAP: Final = re.compile("(?<=\\S)[ \u3000\t]{3,}(?=\\S)")
# A page is set in columns if so many of its rows have an inner gap; a column begins where it is blank to the left in
# all but so few of the rows that reach it, and text begins in so many (measured on generated pages).
_GAPPY: Final = 0.4
_CROSSING: Final = 0.06
_BEGINNING: Final = 0.4
_FEWEST_ROWS: Final = 6
_NARROWEST: Final = 8
_HEAD_ROWS: Final = 10
_FOOT_ROWS: Final = 6
# Of a column's cells so many must fill it: a table's do not.
_RUNNING: Final = 0.4
_FILLED: Final = 0.75
# So many rows of glued columns agree on a width.
_AGREEING: Final = 0.5
# A paragraph stands in no farther.
_INDENTED: Final = 5

Cell = tuple[int, int, int]  # row, start, end


def split_columns(rows: Sequence[str]) -> list[list[Cell]] | None:
    """Return the cells of a page column by column, the rows above and below them first and last; None if it has one."""
    texts = [row.rstrip() for row in rows]
    filled = [at for at, text in enumerate(texts) if text.strip()]
    if len(filled) < _FEWEST_ROWS:
        return None
    gappy = sum(_INNER_GAP.search(text) is not None for text in texts)
    if gappy >= max(_FEWEST_ROWS, _GAPPY * len(filled)):
        found = _by_grid(texts, filled)
        if found is not None:
            return found
    return _by_width(texts, filled)


def _by_grid(texts: Sequence[str], filled: Sequence[int]) -> list[list[Cell]] | None:
    """Split where columns begin at the same place of a grid: one place a character, or two for a wide one."""
    best: tuple[int, int, int, int, list[int], Callable[[str], list[int]]] | None = None
    measures: tuple[Callable[[str], list[int]], ...] = (_characters, _east_asian)
    for places in measures:
        grid = _Grid([texts[at] for at in filled], places)
        for a in range(min(_HEAD_ROWS, len(filled) - _FEWEST_ROWS + 1)):
            for z in range(len(filled), max(len(filled) - _FOOT_ROWS, a + _FEWEST_ROWS - 1), -1):
                found = grid.columns(a, z)
                if found and (best is None or (len(found), z - a) > best[:2]):
                    best = (len(found), z - a, a, z, found, places)
    if best is None:
        return None
    _, _, a, z, bounds, places = best
    cut = {row: list(_cut(texts[row], bounds, places)) for row in filled[a:z]}
    first, last = _body_rows(texts, filled[a:z], cut)
    body: list[list[Cell]] = [[] for _ in range(len(bounds) + 1)]
    for row in range(first, last + 1):
        for column, (start, end) in enumerate(cut.get(row, [(0, 0)] * len(body))):
            body[column].append((row, start, end))
    body = [part for column in body for part in _unglue(texts, column)]
    if not all(_is_running(texts, column) for column in body):
        return None
    head = [cell for row in range(first) for cell in _split_wide(row, texts[row])]
    foot = [cell for row in range(last + 1, len(texts)) for cell in _split_wide(row, texts[row])]
    return [part for part in (head, *body, foot) if part]


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
    gaps = [gap.end() for gap in _BLANKS.finditer(row)]
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


def _by_width(texts: Sequence[str], filled: Sequence[int]) -> list[list[Cell]] | None:
    """Split rows in which only a blank parts two columns, at one width or near it."""
    cells = [(row, 0, len(texts[row])) for row in range(len(texts))]
    wide = _column_width(texts, [cells[row] for row in filled])
    if not wide:
        return None
    parted = [row for row in filled if _is_parted(texts[row], wide)]
    begin = next((at for at in range(len(parted)) if _dense(parted[at : at + 3])), len(parted))
    last = next((at for at in range(len(parted) - 1, -1, -1) if _dense(parted[max(0, at - 2) : at + 1])), -1)
    if last - begin < _FEWEST_ROWS - 2:
        return None
    first, end = parted[begin], parted[last] + 1
    while (
        end < len(texts)
        and texts[end].strip()
        and width(texts[end]) <= wide + 1.5
        and not _INNER_GAP.search(texts[end])
    ):
        end += 1
        if FINISHED.search(texts[end - 1]):
            break
    parts = _unglue(texts, cells[first:end])
    if len(parts) < 2 or not all(_is_running(texts, part) for part in parts):
        return None
    head = [cell for row in range(first) for cell in _split_wide(row, texts[row])]
    foot = [cell for row in range(end, len(texts)) for cell in _split_wide(row, texts[row])]
    return [part for part in (head, *parts, foot) if part]


def _is_parted(text: str, wide: float) -> bool:
    """Tell whether a row has a blank where a column of this width ends, and text beyond it."""
    return any(wide - 2 <= width(text[: gap.start()]) <= wide + 1.5 for gap in _BLANKS.finditer(text))


def _dense(rows: Sequence[int]) -> bool:
    return len(rows) > 2 and rows[-1] - rows[0] <= 2 * len(rows)


def _unglue(texts: Sequence[str], cells: list[Cell]) -> list[list[Cell]]:
    """Split a column into those that a mere blank parts in most of its rows."""
    wide = _column_width(texts, cells)
    if not wide:
        return [cells]
    left: list[Cell] = []
    right: list[Cell] = []
    for row, start, end in cells:
        cut = _blank_near(texts[row], start, end, wide)
        if cut is None and width(texts[row][start:end].strip()) > 1.3 * wide:
            cut = (end, end)
        left.append((row, start, cut[0] if cut else end))
        right.append((row, cut[1] if cut else end, end))
    return [left, *_unglue(texts, right)]


def _column_width(texts: Sequence[str], cells: Sequence[Cell]) -> float:
    """Return the width at which most rows have a blank, 0 where they have none in common."""
    found: list[list[float]] = []
    for row, start, end in cells:
        text = texts[row][start:end]
        if text.strip():
            found.append([width(text[: gap.start()]) for gap in _BLANKS.finditer(text)])
    if len(found) < _FEWEST_ROWS:
        return 0
    counts = [
        (sum(any(wide - 2.1 <= each <= wide + 0.1 for each in row) for row in found), wide)
        for wide in {round(each * 2) / 2 for row in found for each in row if each >= _NARROWEST}
    ]
    most, wide = max(counts, default=(0, 0.0))
    return wide if most >= _AGREEING * len(found) else 0


def _blank_near(text: str, start: int, end: int, wide: float) -> tuple[int, int] | None:
    """Return the blank that parts two columns in a row: at the column's width, or after a line that ends before it.

    After a short line the parts beyond it fill their columns, or the line is finished; a row too wide for one column
    is parted at its first blank at the latest.
    """
    near: list[tuple[float, tuple[int, int]]] = []
    short: list[tuple[float, tuple[int, int]]] = []
    whole = width(text[start:end].strip())
    for gap in _BLANKS.finditer(text, start, end):
        left, beyond = width(text[start : gap.start()]), width(text[gap.end() : end].rstrip())
        if left > wide + 1.5:
            break
        if left >= wide - 2:
            near.append((abs(left - wide), gap.span()))
            continue
        off = min(abs(beyond - many * (wide + 0.5)) for many in (1, 2, 3))
        if FINISHED.search(text[start : gap.start()]) or len(gap[0]) > 1 or off <= 1.5:
            short.append((off, gap.span()))
        elif whole > 1.3 * wide:
            short.append((wide, gap.span()))
    found = near or short
    return min(found)[1] if found else None


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
