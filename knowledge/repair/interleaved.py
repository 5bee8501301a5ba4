"""Columns whose lines stand in turns: two or more on a row with a mere blank between, or a line of each in a row.

Where each piece belongs is read off the text: in its own column it reads on from the piece above it (`join_model`), and
a line that goes on fills its column. The likeliest arrangement is searched with a beam and taken only if it reads far
better than the rows as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Final

from knowledge.repair.characters import width
from knowledge.repair.join_model import goes_on
from knowledge.repair.sentences import FINISHED

Cell = tuple[int, int, int]
"""A piece of a row: row, start, end."""

BLANKS: Final = re.compile("(?<=\\S)[ \u3000\t]+(?=\\S)")
_NARROWEST: Final = 8
_WIDEST: Final = 34.0
_FEWEST: Final = 4
_FEWEST_FULL: Final = 2
_MOST_COLUMNS: Final = 4
_MANY: Final = range(2, _MOST_COLUMNS + 1)
_WIDE_ROWS: Final = 8
_BEAM: Final = 12
# So many widths are tried; rows of columns have no more rows between that are none.
_TRIED: Final = 6
# A row across all columns, as of a headline between two articles, and what it costs there and above the first row.
_ACROSS: Final = -1
_SPANS: Final = 6.0
_ABOVE: Final = 2.0
# Rows of two columns are so many times as wide as one; of a row's blanks so many may part columns.
_TWO: Final = 1.6
_CUTS: Final = 5
_LOOSE: Final = 3
# How far a full line may fall short of its column, and how far a mark may stand out of it, in ems.
_SHORT: Final = 2.2
_OUT: Final = 1.1
# In the units of the join model; measured on generated pages.
_REACH: Final = 4.0
_BROKEN_OFF: Final = 2.0
_HEADLINE: Final = 6.0
_ABSENT: Final = 1.2
_ENDED: Final = 0.4
# Lines that read on worse than that may stand in turns with others.
_ILL: Final = 0.6
_FEWEST_WOVEN: Final = 10
_WIDE_BLANK: Final = 1.0
_BETTER: Final = 0.8
_LEAST: Final = 3.0
# A blank just where a column ends tells that much for columns.
_PARTED: Final = 0.4
# A row below the columns that costs more is none of theirs.
_DOES_NOT_FIT: Final = 4.2


@dataclass(frozen=True, slots=True)
class _Turns:
    """What a row costs that stands in the column of the one before, in the next column, and in another."""

    same: float
    next: float
    other: float
    better: float


_IN_TURNS: Final = _Turns(2.5, 0.0, 2.5, _BETTER)
_IN_BLOCKS: Final = _Turns(0.4, 1.2, 1.5, 2 * _BETTER)


@dataclass(frozen=True, slots=True)
class Parts:
    """Rows above columns, the columns one after the other, and rows below them."""

    head: list[Cell]
    body: list[list[Cell]]
    foot: list[Cell]


@dataclass(frozen=True, slots=True)
class _Tail:
    """The last piece of a column: its first and last characters, whether it ends a sentence, and its width."""

    begin: str
    end: str
    finished: bool
    wide: float


@dataclass(frozen=True, slots=True)
class _State:
    """An arrangement of the rows so far: the tails of its columns, the column last written to, and the way to it."""

    score: float
    tails: tuple[_Tail | None, ...]
    last: int
    placed: tuple[tuple[int, Cell], ...]
    before: _State | None


def unglue(texts: Sequence[str], cells: Sequence[Cell]) -> Parts | None:
    """Part rows that hold a line of each column, a blank between; None where they are better left as they are."""
    filled = [cell for cell in cells if _text(texts, cell).strip()]
    found: tuple[float, int, int, int, _State] | None = None
    for wide in _column_widths(texts, filled):
        for first, last in _regions(texts, filled, wide):
            body = filled[first : last + 1]
            many = _how_many(texts, body, wide)
            if not 2 <= many <= _MOST_COLUMNS:
                continue
            options = [list(_parted(texts, cell, many, wide)) for cell in body]
            state = _search(texts, options, many, wide, None)
            if state is None:
                continue
            at = sum(
                any(abs(each - wide) <= _OUT for each in _blanks_at(texts, cell, filled)) for cell in body
            )
            gain = state.score - flow(texts, body) + _PARTED * at
            if gain >= max(_LEAST, _BETTER / 2 * len(body)) and (found is None or gain > found[0]):
                found = gain, first, last, many, state
    if found is None:
        return None
    _, first, last, many, state = found
    state, last = _without_foot(state, last)
    return _columns(cells, filled[first], filled[last], state, many)


def _how_many(texts: Sequence[str], rows: Sequence[Cell], wide: float) -> int:
    """Return how many columns of this width stand beside each other on rows; 1 where few rows reach beyond one."""
    widths = sorted(width(BLANKS.sub(" ", _text(texts, row).strip())) for row in rows)
    if widths[int(0.6 * len(widths))] < _TWO * wide:
        return 1
    return round((widths[int(0.95 * (len(widths) - 1))] + 0.5) / (wide + 0.5))


def weave(texts: Sequence[str], cells: Sequence[Cell]) -> Parts | None:
    """Part rows of two or more columns that stand one after the other, in turns or some of each; None where they read
    on as they are."""
    filled = [cell for cell in cells if _text(texts, cell).strip()]
    lines = [_tail(_text(texts, cell)) for cell in filled]
    found: tuple[float, int, int, _State] | None = None
    for many, low, high, turns in _woven(lines):
        first, last = max(0, low - many), min(len(filled) - 1, high + many)
        body = filled[first : last + 1]
        widths = sorted(line.wide for line in lines[first : last + 1])
        wide = widths[int(0.8 * (len(widths) - 1))]
        options = [[((column, cell),) for column in range(many)] + [((_ACROSS, cell),)] for cell in body]
        state = _search(texts, options, many, wide, turns)
        gain = state.score - flow(texts, body) if state is not None else 0.0
        if state is not None and gain > turns.better * (high - low) and (found is None or gain > found[0]):
            found = gain, first, last, state
    if found is None:
        return None
    _, first, last, state = found
    state, last = _without_foot(state, last)
    return _columns(cells, filled[first], filled[last], state, len(state.tails))


def _woven(lines: Sequence[_Tail]) -> Iterator[tuple[int, int, int, _Turns]]:
    """Yield how many columns may stand in turns, from where to where, and how regularly."""
    ill = [
        0.0 if a.finished or a.wide > _WIDEST else _ILL - _bounded(a.end, b.begin) for a, b in pairwise(lines)
    ]
    total, low, high = _richest(ill)
    if high - low < _FEWEST_WOVEN or total < _ILL * (high - low):
        return
    for many in _MANY:
        gain = [
            each - _ILL + _bounded(lines[at].end, lines[at + many].begin)
            if each and at + many < len(lines)
            else 0.0
            for at, each in enumerate(ill)
        ]
        better, first, last = _richest(gain)
        if better > _FEWEST and last + 1 - first >= _FEWEST_WOVEN:
            yield many, first, last + 1, _IN_TURNS
    for many in _MANY:
        yield many, low, high + 1, _IN_BLOCKS


def _without_foot(state: _State, last: int) -> tuple[_State, int]:
    """Take the rows off the end of an arrangement that are none of its columns'."""
    while (
        state.before is not None
        and len(state.placed) == 1
        and state.score < state.before.score - _DOES_NOT_FIT
    ):
        state, last = state.before, last - 1
    return state, last


def _text(texts: Sequence[str], cell: Cell) -> str:
    row, start, end = cell
    return texts[row][start:end]


def _bounded(left: str, right: str) -> float:
    return max(-_REACH, min(_REACH, goes_on(left, right)))


def _column_widths(texts: Sequence[str], cells: Sequence[Cell]) -> list[float]:
    """Return the likeliest widths of a column: where most rows have a blank, or so many of which fill the widest rows."""
    if len(cells) < _FEWEST:
        return []
    blanks = [list(_blanks_at(texts, cell, cells)) for cell in cells]
    rows = sorted((width(BLANKS.sub(" ", _text(texts, cell).strip())) for cell in cells), reverse=True)
    tried = {round(each * 2) / 2 for row in blanks for each in row}
    tried |= {round((row + 0.5) / many * 2) / 2 - 0.5 for row in rows[:_WIDE_ROWS] for many in _MANY}
    counts = {
        wide: sum(any(wide - _SHORT <= each <= wide + 0.6 for each in row) for row in blanks)
        for wide in tried
        if _NARROWEST <= wide <= _WIDEST
    }
    chosen: list[float] = []
    for wide in sorted(counts, key=lambda wide: (-counts[wide], wide)):
        if counts[wide] >= _FEWEST_FULL and all(abs(wide - other) > 1 for other in chosen):
            chosen.append(wide)
    return chosen[:_TRIED]


def _blanks_at(texts: Sequence[str], cell: Cell, page: Sequence[Cell]) -> Iterator[float]:
    """Yield how far its blanks stand in a row from where the rows of the page begin."""
    text = _text(texts, cell)
    margin = min(len(_text(texts, row)) - len(_text(texts, row).lstrip(" ")) for row in page[:_FEWEST]) / 2
    for gap in BLANKS.finditer(text):
        yield width(text[: gap.start()]) - margin


def _regions(texts: Sequence[str], cells: Sequence[Cell], wide: float) -> Iterator[tuple[int, int]]:
    """Yield first and last row of each run of rows that stand in columns: blanks stand where this width ends."""
    parted = [
        at
        for at, cell in enumerate(cells)
        if any(wide - _SHORT <= each <= wide + _OUT for each in _blanks_at(texts, cell, cells))
    ]
    at = 0
    while at < len(parted):
        end = at
        while end + 1 < len(parted) and parted[end + 1] - parted[end] <= _LOOSE:
            end += 1
        if end - at + 1 >= _FEWEST_FULL:
            yield _grown(texts, cells, parted[at], parted[end], wide)
        at = end + 1


def _grown(
    texts: Sequence[str], cells: Sequence[Cell], first: int, last: int, wide: float
) -> tuple[int, int]:
    """Add the rows right above and below that are wider than one column, and those below that are a column's last."""
    while first and cells[first][0] - cells[first - 1][0] == 1 and _is_wider(texts, cells[first - 1], wide):
        first -= 1
    while last + 1 < len(cells) and cells[last + 1][0] - cells[last][0] == 1:
        above = _text(texts, cells[last]).strip()
        below = _text(texts, cells[last + 1]).strip()
        if not _is_wider(texts, cells[last + 1], wide):
            if width(below) > wide + _OUT or BLANKS.search(below):
                break
            if FINISHED.search(above) and width(above) < wide - _SHORT:
                break
        last += 1
    return first, last


def _is_wider(texts: Sequence[str], cell: Cell, wide: float) -> bool:
    text = _text(texts, cell).strip()
    return BLANKS.search(text) is not None and width(BLANKS.sub(" ", text)) >= 1.4 * wide


def _parted(
    texts: Sequence[str], cell: Cell, many: int, wide: float
) -> Iterator[tuple[tuple[int, Cell], ...]]:
    """Yield the ways to share a row out among columns: cut at some of its blanks, each part in a column of its own, or
    across all of them."""
    row, start, end = cell
    gaps = [gap.span() for gap in BLANKS.finditer(texts[row], start, end)]
    if len(gaps) > _CUTS:
        gaps = sorted(sorted(gaps, key=lambda gap: _off(texts, cell, gap, wide))[:_CUTS])
    for parts in range(1, many + 1):
        for cuts in combinations(gaps, parts - 1):
            edges = [start, *(edge for cut in cuts for edge in cut), end]
            pieces = [(row, edges[at], edges[at + 1]) for at in range(0, len(edges), 2)]
            for columns in combinations(range(many), parts):
                yield tuple(zip(columns, pieces, strict=True))
    yield ((_ACROSS, cell),)


def _off(texts: Sequence[str], cell: Cell, gap: tuple[int, int], wide: float) -> float:
    """Tell how far a blank is from where a column ends; a wide one, or one behind a sentence, is nearer."""
    row, start, _ = cell
    left = width(BLANKS.sub(" ", texts[row][start : gap[0]].strip()))
    near = min(abs(left - number * (wide + 0.5)) for number in range(1, _MOST_COLUMNS + 1))
    return near - 2 * min(3, gap[1] - gap[0]) - 2 * (FINISHED.search(texts[row], start, gap[0]) is not None)


def _search(
    texts: Sequence[str],
    options: Sequence[Sequence[tuple[tuple[int, Cell], ...]]],
    many: int,
    wide: float,
    turns: _Turns | None,
) -> _State | None:
    beam = [_State(0.0, (None,) * many, -1, (), None)]
    for choices in options:
        pieces = {cell: _tail(_text(texts, cell)) for placed in choices for _, cell in placed}
        grown: dict[tuple[tuple[_Tail | None, ...], int], _State] = {}
        for state in beam:
            for placed in choices:
                new = _placed(pieces, state, placed, wide, turns)
                key = (new.tails, new.last)
                if key not in grown or grown[key].score < new.score:
                    grown[key] = new
        beam = sorted(grown.values(), key=lambda state: -state.score)[:_BEAM]
        if not beam:
            return None
    return beam[0]


def _tail(text: str) -> _Tail:
    text = text.strip()
    finished = FINISHED.search(text, max(0, len(text) - 12)) is not None
    return _Tail(text[:3], text[-3:], finished, width(text))


def _placed(
    pieces: Mapping[Cell, _Tail],
    state: _State,
    placed: tuple[tuple[int, Cell], ...],
    wide: float,
    turns: _Turns | None,
) -> _State:
    score = state.score
    if placed[0][0] == _ACROSS:
        cost = _ABOVE if turns is not None and state.last < 0 else _SPANS
        return _State(score - cost, (None,) * len(state.tails), state.last, placed, state)
    tails = list(state.tails)
    for column, cell in placed:
        own, above = pieces[cell], tails[column]
        if turns is None and own.wide > wide + _OUT:
            score -= min(_HEADLINE, _REACH / 2 * (own.wide - wide - _OUT))
        if above is not None and not above.finished:
            score += _bounded(above.end, own.begin) - (_BROKEN_OFF if above.wide < wide - _SHORT else 0.0)
        tails[column] = own
    if turns is not None:
        turn = (placed[0][0] - state.last) % len(tails)
        score -= turns.same if turn == 0 else turns.next if turn == 1 else turns.other
    else:
        held = {column for column, _ in placed}
        for column, tail in enumerate(state.tails):
            if column not in held:
                score -= _ENDED if tail is None or tail.finished else _ABSENT
        for (_, left), (_, right) in pairwise(placed):
            score += _WIDE_BLANK if right[1] - left[2] > 1 else 0.0
    return _State(score, tuple(tails), placed[-1][0], placed, state)


def flow(texts: Sequence[str], cells: Sequence[Cell]) -> float:
    """Return how well cells read one after another."""
    lines = [text for cell in cells if (text := _text(texts, cell).strip())]
    return sum(_bounded(above, below) for above, below in pairwise(lines) if not FINISHED.search(above))


def _richest(gain: Sequence[float]) -> tuple[float, int, int]:
    """Return the run of places with the largest sum: the sum, its first and its last place."""
    best, first, last = 0.0, 0, -1
    total, begin = 0.0, 0
    for at, each in enumerate(gain):
        if total <= 0:
            total, begin = 0.0, at
        total += each
        if total > best:
            best, first, last = total, begin, at
    return best, first, last


def _columns(cells: Sequence[Cell], first: Cell, last: Cell, best: _State, many: int) -> Parts:
    """Return the rows above the columns, the columns' cells, parted where a row goes across, and the rows below."""
    states: list[_State] = []
    state: _State | None = best
    while state is not None and state.before is not None:
        states.append(state)
        state = state.before
    body: list[list[Cell]] = []
    columns: list[list[Cell]] = [[] for _ in range(many)]
    for state in reversed(states):
        if state.placed[0][0] != _ACROSS:
            for column, cell in state.placed:
                columns[column].append(cell)
            continue
        if any(columns):
            body += [column for column in columns if column]
            columns = [[] for _ in range(many)]
            body.append([])
        elif not body:
            body.append([])
        body[-1].append(state.placed[0][1])
    body += [column for column in columns if column]
    head = [cell for cell in cells if cell[0] < first[0]]
    foot = [cell for cell in cells if cell[0] > last[0]]
    return Parts(head, body, foot)
