"""Columns whose lines stand in turns on the rows of a page: two or more on a row with a mere blank between, or each on a
row of its own.

Where a piece of a row belongs is read off the text: in its own column it reads on from the piece above it, stands as many
rows below that as that below the one before, and fills the column if it goes on; pieces of one row stand below pieces of
one row. Columns need not be of one width. The likeliest way to share the rows out is searched with a beam, and taken only
if it reads far better than the rows as they are.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from heapq import heappush, heappushpop
from itertools import combinations, pairwise
from math import inf
from typing import Final, NamedTuple

from knowledge.repair.characters import HAN, width
from knowledge.repair.row_pieces import BLANKS, ILL, REACH, Cell, RowPiece, Rows

# A blank at which a row may be cut: none amid a line that is letter-spaced.
_CUTS: Final = re.compile("(?:(?<=\\S\\S)[ \u3000\t]+(?=\\S)|(?<=\\S)[ \u3000\t]+(?=\\S\\S))")
# Figures and Latin words beside han, set off by a blank and not.
_SET_OFF: Final = re.compile(
    f"(?<=[{HAN}])[ \u3000\t]+(?=[0-9A-Za-z])|(?<=[0-9A-Za-z])[ \u3000\t]+(?=[{HAN}])"
)
_CLOSE: Final = re.compile(f"[{HAN}](?=[0-9A-Za-z])|[0-9A-Za-z](?=[{HAN}])")
_NARROWEST: Final = 8.0
_WIDEST: Final = 40.0
_FEWEST: Final = 4
_MOST_COLUMNS: Final = 6
# The best ways to share out the rows are kept, so many, and so many with each number of columns: what columns cost to open
# pays off only rows below. A way that lags so far behind is none of those.
_BEAM: Final = 16
_OF_EACH: Final = 3
_LAGS: Final = 12.0
# So many widths of a column are tried, and so many ways to cut a row.
_TRIED: Final = 4
_WAYS: Final = 8
# Widths differ by more than a paragraph's first line falls short of the others.
_APART: Final = 2.6
# How far a full line may fall short of its column, and how far a mark may stand out of it, in ems.
_SHORT: Final = 2.2
_FALLS_SHORT: Final = 1.8
_OUT: Final = 2.1
# In the units of the join model (natural logarithm of odds); measured on generated pages and on pages in print that
# pdfplumber and pdftotext read.
_BROKEN_OFF: Final = 1.0
_TOO_WIDE: Final = 1.5
_OPENS: Final = 4.0
_ENTERS: Final = 4.0
_LEFT: Final = 0.3
_SKIPS: Final = 1.5
# A column has a line every so many rows: what each row more or less costs, up to so many.
_STEADY: Final = 1.2
_UNSTEADY: Final = 3
# Pieces of one row stand below pieces of one row.
_UNEVEN: Final = 2.0
_ACROSS: Final = 2.5
_CUT_SHORT: Final = 3.0
# A column has so many lines.
_FEWEST_LINES: Final = 3
# So many rows above and below those are looked at with them.
_AROUND: Final = 4
# A blank just where a column ends tells that much for columns.
_FITS: Final = 2.0
_BETTER: Final = 0.5
_LEAST: Final = 5.0

_Way = tuple[float, tuple[RowPiece, ...]]
"""What it costs to cut a row so, and its pieces."""


@dataclass(frozen=True, slots=True, eq=False)
class _Column:
    """A column so far: its first and its last piece, the number of the row that holds the last, its width, and how many
    rows the last stands below the one before, 0 for none."""

    ends: tuple[RowPiece, RowPiece]
    row: int
    wide: float
    step: int = 0

    @property
    def first(self) -> RowPiece:
        return self.ends[0]

    @property
    def last(self) -> RowPiece:
        return self.ends[1]


class _State(NamedTuple):
    """A way to share out the rows so far: the columns from left to right, what the last row went to, and the way to it.

    `placing` says how the row's `pieces` stand; without one it stands across all columns, which ends them. No column is
    wider than `wide`.
    """

    score: float
    wide: float
    columns: tuple[_Column, ...]
    pieces: tuple[RowPiece, ...]
    placing: _Placing | None
    before: _State | None

    @property
    def across(self) -> RowPiece | None:
        """The last row, where it stands across all columns."""
        return self.pieces[0] if self.pieces and self.placing is None else None


def part_rows(texts: Sequence[str], cells: Sequence[Cell]) -> list[list[Cell]]:
    """Return the columns into which rows fall, in reading order; all rows as one where they are better left as they are."""
    said = [cell for cell in cells if texts[cell[0]][cell[1] : cell[2]].strip()]
    ill = _reads_ill(Rows(texts), said)
    if ill is None:
        return [list(cells)]
    page = _Page(texts)
    body = [page.piece(cell) for cell in said[max(0, ill[0] - _AROUND) : ill[1] + _AROUND]]
    widths = _column_widths(texts, body)
    best = _search(page, body, widths) if widths else None
    if best is None or best.score - page.as_they_are(body) < max(_LEAST, _BETTER * (ill[1] - ill[0])):
        return [list(cells)]
    first, last = body[0].cell[0], body[-1].cell[0]
    above = [cell for cell in cells if cell[0] < first]
    below = [cell for cell in cells if cell[0] > last]
    parts = [_with_blanks(part, cells) for part in _shared_out(best)]
    if len(parts) == 1:
        return [list(cells)]
    return [*([above] if above else []), *parts, *(part_rows(texts, below) if below else [])]


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


def _reads_ill(page: Rows, cells: Sequence[Cell]) -> tuple[int, int] | None:
    """Return the first and one past the last of the rows that read on so badly that they may stand in turns."""
    worst, found = -_LEAST, None
    total, begin = 0.0, 0
    for at, (above, below) in enumerate(pairwise(map(page.piece, cells))):
        if total >= 0:
            total, begin = 0.0, at
        total += (0.0 if above.finished else page.joint(above, below) - ILL) + page.over_blanks(above)
        if total < worst:
            worst, found = total, (begin, at + 2)
    return found if found is not None and found[1] - found[0] >= _FEWEST else None


class _Page(Rows):
    """The rows of a page, and how ways to share them out read; what was read of a piece is kept: each has a place in many."""

    def __init__(self, texts: Sequence[str]) -> None:
        super().__init__(texts)
        self.piece = cache(self.piece)
        self.joint = cache(self.joint)
        self.over_blanks = cache(self.over_blanks)

    @cached_property
    def sets_off_figures(self) -> bool:
        """Whether figures stand apart from the han beside them: then a blank there is no gutter."""
        apart, close = (sum(len(each.findall(text)) for text in self.texts) for each in (_SET_OFF, _CLOSE))
        return apart > close

    def cuts(self, piece: RowPiece) -> list[tuple[int, int]]:
        """Return the blanks at which a row may be cut."""
        number, start, end = piece.cell
        text = self.texts[number]
        gaps = [gap.span() for gap in _CUTS.finditer(text, start, end)]
        return [gap for gap in gaps if not (self.sets_off_figures and _SET_OFF.match(text, gap[0]))]

    def across(self, state: _State, row: RowPiece, blank: bool) -> float:
        """Return how well a row stands across all columns; `blank` says that a blank row is above it."""
        score = state.score + self.over_blanks(row)
        if state.across is not None:
            return score + self.joint(state.across, row)
        return score + (self.turned(state.columns) - (0.0 if blank or not state.columns else _ACROSS))

    def turned(self, columns: Sequence[_Column]) -> float:
        """Return how well columns read on from the foot of each to the head of the next."""
        return sum(self.joint(left.last, right.first) for left, right in pairwise(columns))

    def below(self, number: int, column: _Column, piece: RowPiece) -> float:
        """Return how well a piece of a row stands below a column's last one; a short line that breaks off is a heading or
        caption."""
        score = self.joint(column.last, piece)
        if not column.last.finished and column.last.wide < column.wide - _FALLS_SHORT:
            score = max(score - _BROKEN_OFF, -_BROKEN_OFF / 2)
        if column.first is not column.last and piece.wide > column.wide + _OUT:
            score -= _TOO_WIDE
        if column.step:
            score -= _STEADY * min(_UNSTEADY, abs(number - column.row - column.step))
        return score


def _column_widths(texts: Sequence[str], rows: Sequence[RowPiece]) -> list[float]:
    """Return the likeliest widths of a page's columns: those of most pieces between blanks."""
    counts: dict[float, float] = {}
    for row in rows:
        number, start, end = row.cell
        for piece in BLANKS.split(texts[number][start:end].strip()):
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


def _ways(page: _Page, row: RowPiece, widths: Sequence[float]) -> list[_Way]:
    """Return the likeliest ways to cut a row at blanks into lines of a column, each with what it costs."""
    number, start, end = row.cell
    widest = max(widths) + _OUT
    edges = [(start, start), *page.cuts(row), (end, end)]
    ways: list[list[_Way]] = [[(0.0, ())]]
    for at in range(1, len(edges)):
        found: list[_Way] = []
        for before in range(at - 1, -1, -1):
            piece = page.piece((number, edges[before][1], edges[at][0]))
            if piece.wide > widest:
                break
            cost = -page.over_blanks(piece)
            if at < len(edges) - 1:
                if any(-_SHORT <= piece.wide - wide <= _OUT for wide in widths):
                    cost -= _FITS
                elif not piece.finished:
                    cost += _CUT_SHORT
            found += [
                (cost + each, (*pieces, piece))
                for each, pieces in ways[before]
                if len(pieces) < _MOST_COLUMNS
            ]
        ways.append(sorted(found, key=lambda way: way[0])[:_WAYS])
    return ways[-1]


def _search(page: _Page, rows: Sequence[RowPiece], widths: Sequence[float]) -> _State:
    gaps = [row.cell[0] - above.cell[0] > 1 for above, row in pairwise(rows)]
    blank_between = 2 * sum(gaps) > len(rows)  # then a blank row parts nothing
    beam = [_State(0.0, 0.0, (), (), None, None)]
    going = _Going(page)
    for number, row in enumerate(rows):
        ways = {wide: _ways(page, row, [each for each in widths if each <= wide]) for wide in widths}
        blank = number > 0 and gaps[number - 1] and not blank_between
        across = [page.across(state, row, blank) for state in beam]
        best = max(across)
        grown = _Grown(_State(best, 0.0, (), (row,), None, beam[across.index(best)]))
        for state in beam:
            grown.leave_behind()
            for wide in [state.wide] if state.columns else widths:
                going.on(number, state, ways[wide], wide, grown)
        beam = [going.made(number, state) for state in grown.kept()]
    ends = (state._replace(score=state.score + page.turned(state.columns)) for state in beam)
    return max(ends, key=lambda state: state.score)


class _Grown:
    """The ways to share out the rows up to one: the best of those whose columns begin and end alike, each with the columns
    of the row above.

    A way that scores less than `least` for its number of columns is not among those that are kept.
    """

    def __init__(self, across: _State) -> None:
        self.least = [-inf] * (_MOST_COLUMNS + 1)
        self._ways: dict[tuple[object, ...], _State] = {(): across}
        self._best = [across.score]
        self._best_of_each: list[list[float]] = [[across.score], *([] for _ in range(_MOST_COLUMNS))]
        self._lagging = -inf

    def leave_behind(self) -> None:
        """Take no way any more that lags too far behind the best."""
        lagging = _least(self._best, _BEAM) - _LAGS
        if lagging > self._lagging:
            self._lagging = lagging
            self.least[:] = map(self._least_of, range(len(self.least)))

    def add(self, key: tuple[object, ...], state: _State, columns: int) -> None:
        """Add a way with so many columns; `key` says where they begin and end."""
        before = self._ways.get(key)
        if before is not None and before.score >= state.score:
            return
        self._ways[key] = state
        if before is None:
            _push(self._best, _BEAM, state.score)
            _push(self._best_of_each[columns], _OF_EACH, state.score)
            self.least[columns] = self._least_of(columns)

    def kept(self) -> Iterator[_State]:
        """Yield the best ways, and the best ones with each number of columns."""
        many = Counter[int]()
        for at, state in enumerate(sorted(self._ways.values(), key=lambda state: -state.score)):
            columns = state.placing.total if state.placing else 0
            many[columns] += 1
            if at < _BEAM or many[columns] <= _OF_EACH:
                yield state

    def _least_of(self, columns: int) -> float:
        of_each = _least(self._best_of_each[columns], _OF_EACH)
        return max(self._lagging, min(of_each, _least(self._best, _BEAM)))


def _least(best: Sequence[float], many: int) -> float:
    """Return what a score needs to be among so many best ones."""
    return best[0] if len(best) == many else -inf


def _push(best: list[float], many: int, score: float) -> None:
    if len(best) < many:
        heappush(best, score)
    else:
        heappushpop(best, score)


class _Going:
    """How columns go on with the pieces of a row; what was said of a column is kept, for many ways have it in common."""

    def __init__(self, page: _Page) -> None:
        self._below = cache(page.below)
        self._longer = cache(_longer)

    def on(self, number: int, state: _State, ways: Sequence[_Way], wide: float, grown: _Grown) -> None:
        """Add the ways to share out the pieces of a row of this number among the columns, new ones included."""
        columns = state.columns
        many = len(columns)
        rows = [column.row for column in columns]
        ends = [column.ends for column in columns]
        standing: dict[RowPiece, list[float]] = {}
        for cost, pieces in ways:
            placings = _placings(many, len(pieces))
            lowest = min(grown.least[many : many + 2] if many else grown.least)
            begun = state.score - cost
            if begun + REACH * len(pieces) < lowest:
                continue
            for piece in pieces:
                if piece not in standing:
                    standing[piece] = [self._below(number, column, piece) for column in columns]
            stand = [standing[piece] for piece in pieces]
            most = sum([max(0.0, *each) for each in stand]) if many else 0.0
            if begun + most < lowest:
                continue
            for placing in placings:
                score = begun - placing.cost - placing.amid
                if score + most < lowest:
                    break
                low = number - 2 * placing.total
                waiting = [row for at in placing.waiting if (row := rows[at]) >= low]
                above: int | None = None
                uneven = 0
                for at, scores in zip(placing.below, stand, strict=True):
                    if at is None:
                        continue
                    row = rows[at]
                    score += scores[at]
                    if waiting:
                        score -= _SKIPS * len([other for other in waiting if row > other])
                    uneven += above is not None and above != row
                    above = row
                score -= _UNEVEN * uneven
                if score >= grown.least[placing.total]:
                    key = (wide, *_ends(ends, placing, pieces))
                    grown.add(key, _State(score, wide, columns, pieces, placing, state), placing.total)

    def made(self, number: int, state: _State) -> _State:
        """Return a way to share out the rows with its columns as they are with the row of this number."""
        score, wide, before, pieces, placing, above = state
        if placing is None:
            return state
        columns = list(before)
        for at, piece in zip(placing.below, pieces, strict=True):
            if at is not None:
                columns[at] = self._longer(number, columns[at], piece)
        for place, nth in placing.opened:
            columns.insert(place, self._longer(number, None, pieces[nth]))
        return _State(score, wide, tuple(columns), pieces, placing, above)


def _ends(
    above: Sequence[tuple[RowPiece, RowPiece]], placing: _Placing, pieces: Sequence[RowPiece]
) -> list[tuple[RowPiece, RowPiece]]:
    ends = list(above)
    for at, piece in zip(placing.below, pieces, strict=True):
        if at is not None:
            ends[at] = (ends[at][0], piece)
    for place, nth in placing.opened:
        ends.insert(place, (pieces[nth], pieces[nth]))
    return ends


def _longer(number: int, column: _Column | None, piece: RowPiece) -> _Column:
    if column is None:
        return _Column((piece, piece), number, piece.wide)
    return _Column((column.first, piece), number, max(column.wide, piece.wide), number - column.row)


@dataclass(frozen=True, slots=True)
class _Placing:
    """How the pieces of a row stand: in which of `total` columns, below which of those there are, None for a new one.

    `opened` are the new columns, each with the number of its piece, which `cost` so much, and so much if they are not
    rightmost (`amid`); `waiting` are those there are that get no piece.
    """

    total: int
    places: tuple[int, ...]
    below: tuple[int | None, ...]
    opened: tuple[tuple[int, int], ...]
    waiting: tuple[int, ...]
    cost: float
    amid: float


@cache
def _placings(many: int, pieces: int) -> tuple[_Placing, ...]:
    """Return how so many pieces may stand below so many columns, what costs least first."""
    found: list[_Placing] = []
    for opened in range(pieces + 1) if not many else range(min(2, pieces + 1)):
        total = many + opened
        cost = _costs(total) - _costs(many)
        if total > _MOST_COLUMNS or (not many and opened < pieces):
            continue
        for new in combinations(range(total), opened):
            old = {place: at for at, place in enumerate(place for place in range(total) if place not in new)}
            amid = _LEFT * sum(place < many for place in new)
            for places in combinations(range(total), pieces):
                if set(new) <= set(places):
                    below = tuple(map(old.get, places))
                    waiting = tuple(at for place, at in old.items() if place not in places)
                    begun = tuple((place, places.index(place)) for place in new)
                    found.append(_Placing(total, places, below, begun, waiting, cost, amid))
    return tuple(sorted(found, key=lambda placing: placing.cost + placing.amid))


def _costs(columns: int) -> float:
    return _ENTERS + _OPENS * (columns - 2) if columns > 1 else 0.0


def _shared_out(best: _State) -> list[list[Cell]]:
    """Return the cells of an arrangement: those of each column, and of the rows across between them."""
    states: list[_State] = []
    state: _State | None = best
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
                columns[place].append(piece.cell)
        if state.across is not None or state is best:
            if len(columns) > 1 and min(map(len, columns)) >= _FEWEST_LINES:
                found += [whole] if whole else []
                found += columns
                whole = []
            else:
                whole += _rows_of(columns)
            columns = []
            whole += [state.across.cell] if state.across is not None else []
    return [*found, whole] if whole else found


def _rows_of(columns: Sequence[Sequence[Cell]]) -> list[Cell]:
    """Put the pieces of too short columns together again as rows."""
    rows: dict[int, Cell] = {}
    for row, start, end in (cell for column in columns for cell in column):
        _, low, high = rows.get(row, (row, start, end))
        rows[row] = (row, min(low, start), max(high, end))
    return [rows[row] for row in sorted(rows)]
