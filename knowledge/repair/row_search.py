"""The likeliest way to share the rows of a page out among columns, of which each row holds a line or several or none.

Searched with a beam, row by row: a row is cut at blanks, its pieces stand below columns or open new ones, or it stands across
all columns. What cannot be among the ways that are kept is not made. What columns cost to open pays off rows later, so a way
is kept for what may go on with its columns, too.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from heapq import heappush, heappushpop
from itertools import combinations, pairwise
from math import inf
from typing import Final, NamedTuple

from knowledge.repair.characters import HAN
from knowledge.repair.row_pieces import REACH, RowPiece, Rows

# A blank at which a row may be cut: none amid a line that is letter-spaced.
_CUTS: Final = re.compile("(?:(?<=\\S\\S)[ \u3000\t]+(?=\\S)|(?<=\\S)[ \u3000\t]+(?=\\S\\S))")
# Figures and Latin words beside han, set off by a blank and not.
_SET_OFF: Final = re.compile(
    f"(?<=[{HAN}])[ \u3000\t]+(?=[0-9A-Za-z])|(?<=[0-9A-Za-z])[ \u3000\t]+(?=[{HAN}])"
)
_CLOSE: Final = re.compile(f"[{HAN}](?=[0-9A-Za-z])|[0-9A-Za-z](?=[{HAN}])")
# A column has so many lines.
_FEWEST_LINES: Final = 3
_MOST_COLUMNS: Final = 6
# So many columns begin on a row beside others.
_BEGIN_BESIDE: Final = 2
# The best ways to share out the rows are kept, so many, and so many with each number of columns: what columns cost to open
# pays off only rows below. A way that lags so far behind is none of those.
_BEAM: Final = 16
_OF_EACH: Final = 3
_LAGS: Final = 12.0
# More than sums of scores differ by the order in which they are added.
_ROUNDED: Final = 1e-6
# So many ways to cut a row are tried.
_WAYS: Final = 8
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
# A column amid a sentence has a line wherever those have one that had their last on the same row.
_STAYS: Final = 2.0
# While rows are shared out, a column is given this share of what the likeliest of so many pieces below it would bring: it
# is taken back when the column goes on, or ends.
_HOPE: Final = 0.5
_AHEAD: Final = 8
_ACROSS: Final = 2.5
_CUT_SHORT: Final = 3.0
# A blank just where a column ends tells that much for columns.
_FITS: Final = 2.0

_Way = tuple[float, tuple[RowPiece, ...]]
"""What it costs to cut a row so, and its pieces."""


@dataclass(frozen=True, slots=True, eq=False)
class _Column:
    """A column so far: its first and its last piece, the number of the row that holds the last, its width, how many
    rows the last stands below the one before, 0 for none, and how many lines it has."""

    ends: tuple[RowPiece, RowPiece]
    row: int
    wide: float
    step: int = 0
    lines: int = 1

    @property
    def first(self) -> RowPiece:
        return self.ends[0]

    @property
    def last(self) -> RowPiece:
        return self.ends[1]


class Arrangement(NamedTuple):
    """A way to share out the rows so far: the columns from left to right, what the last row went to, and the way to it.

    `placing` says how the row's `pieces` stand; without one it stands across all columns, which ends them. No column is
    wider than `wide`.
    """

    score: float
    wide: float
    columns: tuple[_Column, ...]
    pieces: tuple[RowPiece, ...]
    placing: _Placing | None
    before: Arrangement | None

    @property
    def across(self) -> RowPiece | None:
        """The last row, where it stands across all columns."""
        return self.pieces[0] if self.pieces and self.placing is None else None


class PageRows(Rows):
    """The rows of a page, and how ways to share them out read; what was read of a piece is kept: each has a place in many."""

    def __init__(self, texts: Sequence[str]) -> None:
        super().__init__(texts)
        self.piece = cache(self.piece)
        self.joint = cache(self.joint)
        self.over_blanks = cache(self.over_blanks)
        self.promise: Callable[[RowPiece], float] = self._promise
        self._ahead: dict[int, list[RowPiece]] = {}

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

    def look_ahead(self, rows: Sequence[RowPiece]) -> None:
        """Note for each row the pieces below it that may go on with it."""
        begins = [[row, *self._begun(row)] for row in rows]
        for at, row in enumerate(rows):
            ahead: list[RowPiece] = []
            for pieces in begins[at + 1 :]:
                ahead += pieces
                if len(ahead) >= _AHEAD:
                    break
            self._ahead[row.cell[0]] = ahead
        self.promise = cache(self._promise)  # anew: the rows may be others than before

    def _begun(self, row: RowPiece) -> Iterator[RowPiece]:
        """Yield what stands behind each blank of a row."""
        number, _, end = row.cell
        for _, start in () if row.more else self.cuts(row):
            yield self.piece((number, start, end))

    def _promise(self, piece: RowPiece) -> float:
        """Return what is hoped of a column that ends with a piece."""
        if piece.finished:
            return 0.0
        ahead = self._ahead[piece.cell[0]]
        return _HOPE * max([0.0, *(self.joint(piece, each) for each in ahead)])

    def across(self, state: Arrangement, row: RowPiece, blank: bool) -> float:
        """Return how well a row stands across all columns; `blank` says that a blank row is above it."""
        score = state.score + self.over_blanks(row) - self.promised(state.columns)
        if state.across is not None:
            return score + self.joint(state.across, row)
        return score + (self.turned(state.columns) - (0.0 if blank or not state.columns else _ACROSS))

    def promised(self, columns: Sequence[_Column]) -> float:
        """Return what is hoped of columns, to be taken back where they end."""
        return sum([self.promise(column.last) for column in columns])

    def turned(self, columns: Sequence[_Column]) -> float:
        """Return how well columns read on from the foot of each to the head of the next; too short ones are none."""
        if any(column.lines < _FEWEST_LINES for column in columns):
            return -inf
        return sum(self.joint(left.last, right.first) for left, right in pairwise(columns))

    def below(self, number: int, column: _Column, piece: RowPiece) -> float:
        """Return how well a piece of a row stands below a column's last one, without what was hoped of that; a short line
        that breaks off is a heading or caption."""
        score = self.joint(column.last, piece)
        if not column.last.finished and column.last.wide < column.wide - _FALLS_SHORT:
            score = max(score - _BROKEN_OFF, -_BROKEN_OFF / 2)
        if column.first is not column.last and piece.wide > column.wide + _OUT:
            score -= _TOO_WIDE
        if column.step:
            score -= _STEADY * min(_UNSTEADY, abs(number - column.row - column.step))
        return score - self.promise(column.last)


def _ways(page: PageRows, row: RowPiece, widths: Sequence[float]) -> list[_Way]:
    """Return the likeliest ways to cut a row at blanks into lines of a column, each with what it costs."""
    if row.more:
        return [(0.0, (row,))]
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


def likeliest_way(page: PageRows, rows: Sequence[RowPiece], widths: Sequence[float]) -> Arrangement:
    """Return the way to share out rows that reads best, columns being of some of the widths, in ems; what it scores is
    the sum of what reading and place tell (natural logarithm of odds).
    """
    page.look_ahead(rows)
    gaps = [row.cell[0] - above.cell[0] > 1 for above, row in pairwise(rows)]
    blank_between = 2 * sum(gaps) > len(rows)  # then a blank row parts nothing
    beam = [Arrangement(0.0, 0.0, (), (), None, None)]
    going = _Going(page)
    for number, row in enumerate(rows):
        ways = {wide: _ways(page, row, [each for each in widths if each <= wide]) for wide in widths}
        blank = number > 0 and gaps[number - 1] and not blank_between
        across = [page.across(state, row, blank) for state in beam]
        best = max(across)
        grown = _Grown(Arrangement(best, 0.0, (), (row,), None, beam[across.index(best)]))
        for state in beam:
            grown.leave_behind()
            for wide in [state.wide] if state.columns else widths:
                going.on(number, state, ways[wide], wide, grown)
        beam = [going.made(number, state) for state in grown.kept()]
    ends = (
        state._replace(score=state.score - page.promised(state.columns) + page.turned(state.columns))
        for state in beam
    )
    return max(ends, key=lambda state: state.score)


class _Grown:
    """The ways to share out the rows up to one: the best of those whose columns begin and end alike, each with the columns
    of the row above.

    A way that scores less than `least` for its number of columns is not among those that are kept.
    """

    def __init__(self, across: Arrangement) -> None:
        self.least = [-inf] * (_MOST_COLUMNS + 1)
        self._ways: dict[tuple[object, ...], Arrangement] = {(): across}
        self._best = [across.score]
        self._best_of_each: list[list[float]] = [[across.score], *([] for _ in range(_MOST_COLUMNS))]
        self._lagging = -inf

    def leave_behind(self) -> None:
        """Take no way any more that lags too far behind the best."""
        if len(self._best) == _BEAM:
            self._lagging = self._best[0] - _LAGS
            self.least[:] = [max(each, self._lagging) for each in self.least]

    def add(self, key: tuple[object, ...], state: Arrangement, columns: int) -> None:
        """Add a way with so many columns; `key` says where they begin and end."""
        before = self._ways.get(key)
        if before is not None and before.score >= state.score:
            return
        self._ways[key] = state
        if before is None:
            least = _pushed(self._best, _BEAM, state.score)
            least_of_each = _pushed(self._best_of_each[columns], _OF_EACH, state.score)
            self.least[columns] = max(self._lagging, min(least, least_of_each))

    def kept(self) -> Iterator[Arrangement]:
        """Yield the best ways, and the best ones with each number of columns."""
        many = Counter[int]()
        for at, state in enumerate(sorted(self._ways.values(), key=lambda state: -state.score)):
            columns = state.placing.total if state.placing else 0
            many[columns] += 1
            if at < _BEAM or many[columns] <= _OF_EACH:
                yield state


def _pushed(best: list[float], many: int, score: float) -> float:
    """Add to so many best scores, and return what another needs to be among them."""
    if len(best) == many:
        heappushpop(best, score)
        return best[0]
    heappush(best, score)
    return best[0] if len(best) == many else -inf


class _Going:
    """How columns go on with the pieces of a row; what was said of a column is kept, for many ways have it in common."""

    def __init__(self, page: PageRows) -> None:
        self._below = cache(page.below)
        self._promise = page.promise
        self._longer = cache(_longer)

    def on(self, number: int, state: Arrangement, ways: Sequence[_Way], wide: float, grown: _Grown) -> None:
        """Add the ways to share out the pieces of a row of this number among the columns, new ones included."""
        columns = state.columns
        many = len(columns)
        rows = [column.row for column in columns]
        ends = [column.ends for column in columns]
        stays = [0.0 if column.last.finished else _STAYS for column in columns]
        standing: dict[RowPiece, list[float]] = {}
        for cost, pieces in ways:
            placings = _placings(many, len(pieces))
            lowest = min(grown.least[many : many + 1 + _BEGIN_BESIDE] if many else grown.least)
            begun = state.score - cost + sum([self._promise(piece) for piece in pieces])
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
                least = grown.least[placing.total]
                if score + sum([stand[nth][at] for at, nth in placing.below]) < least - _ROUNDED:
                    continue
                low = number - 2 * placing.total
                waiting = [row for at in placing.waiting if (row := rows[at]) >= low]
                if waiting and placing.below:
                    beside = {rows[at] for at, _ in placing.below}
                    score -= sum([stays[at] for at in placing.waiting if rows[at] in beside])
                above: int | None = None
                uneven = 0
                for at, nth in placing.below:
                    row = rows[at]
                    score += stand[nth][at]
                    if waiting:
                        score -= _SKIPS * len([other for other in waiting if row > other])
                    uneven += above is not None and above != row
                    above = row
                score -= _UNEVEN * uneven
                if score >= least:
                    key = (wide, *_ends(ends, placing, pieces))
                    grown.add(key, Arrangement(score, wide, columns, pieces, placing, state), placing.total)

    def made(self, number: int, state: Arrangement) -> Arrangement:
        """Return a way to share out the rows with its columns as they are with the row of this number."""
        score, wide, before, pieces, placing, above = state
        if placing is None:
            return state
        columns = list(before)
        for at, nth in placing.below:
            columns[at] = self._longer(number, columns[at], pieces[nth])
        for place, nth in placing.opened:
            columns.insert(place, self._longer(number, None, pieces[nth]))
        return Arrangement(score, wide, tuple(columns), pieces, placing, above)


def _ends(
    above: Sequence[tuple[RowPiece, RowPiece]], placing: _Placing, pieces: Sequence[RowPiece]
) -> list[tuple[RowPiece, RowPiece]]:
    ends = list(above)
    for at, nth in placing.below:
        ends[at] = (ends[at][0], pieces[nth])
    for place, nth in placing.opened:
        ends.insert(place, (pieces[nth], pieces[nth]))
    return ends


def _longer(number: int, column: _Column | None, piece: RowPiece) -> _Column:
    if column is None:
        return _Column((piece, piece), number, piece.wide)
    far = max(column.wide, piece.wide)
    return _Column((column.first, piece), number, far, number - column.row, column.lines + 1)


@dataclass(frozen=True, slots=True)
class _Placing:
    """How the pieces of a row stand: in which of `total` columns; below which of those there are, each with the number of its
    piece.

    `opened` are the new columns, each with the number of its piece, which `cost` so much, and so much if they are not
    rightmost (`amid`); `waiting` are those there are that get no piece.
    """

    total: int
    places: tuple[int, ...]
    below: tuple[tuple[int, int], ...]
    opened: tuple[tuple[int, int], ...]
    waiting: tuple[int, ...]
    cost: float
    amid: float


@cache
def _placings(many: int, pieces: int) -> tuple[_Placing, ...]:
    """Return how so many pieces may stand below so many columns, what costs least first."""
    found: list[_Placing] = []
    for opened in range(pieces + 1) if not many else range(min(_BEGIN_BESIDE, pieces) + 1):
        total = many + opened
        cost = _costs(total) - _costs(many)
        if total > _MOST_COLUMNS or (not many and opened < pieces):
            continue
        for new in combinations(range(total), opened):
            old = {place: at for at, place in enumerate(place for place in range(total) if place not in new)}
            amid = _LEFT * sum(place < many for place in new)
            for places in combinations(range(total), pieces):
                if set(new) <= set(places):
                    below = tuple((old[at], nth) for nth, at in enumerate(places) if at in old)
                    waiting = tuple(at for place, at in old.items() if place not in places)
                    begun = tuple((place, places.index(place)) for place in new)
                    found.append(_Placing(total, places, below, begun, waiting, cost, amid))
    return tuple(sorted(found, key=lambda placing: placing.cost + placing.amid))


def _costs(columns: int) -> float:
    return _ENTERS + _OPENS * (columns - 2) if columns > 1 else 0.0
