"""Headlines that stand together above the texts of several articles, each brought above its own.

Where articles stand beside each other, their headlines may be extracted one after another, or on one row with a mere
blank between, and the texts only then. Where one article ends, its text tells: words that are used again are used again
in the same article. What heads which text, the words tell that a headline shares with it.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate, pairwise
from typing import Final

from knowledge.model import BlockRole
from knowledge.repair.join_model import goes_on
from knowledge.repair.labels import Labelled
from knowledge.repair.page_layout import PageLine
from knowledge.repair.patterns import DATELINE
from knowledge.repair.row_pieces import BLANKS
from knowledge.repair.subjects import words_of

_TEXT: Final = frozenset({BlockRole.PARAGRAPH, BlockRole.HEADING, BlockRole.TABLE, BlockRole.NOTE})
_HEAD: Final = frozenset({BlockRole.TITLE, BlockRole.KICKER, BlockRole.SUBTITLE})
_ROWS: Final = _TEXT | _HEAD
_TITLED: Final = frozenset({BlockRole.TITLE, BlockRole.KICKER})
# What of a row goes to the article above a place of the text, and what to the one below.
_Way = tuple[Labelled | None, Labelled | None]
_LEFT, _RIGHT, _BOTH = range(3)
_MOST_ROWS: Final = 10
_MOST_BLANKS: Final = 5
_NARROWEST: Final = 2

# Of the words that an article uses again so many are its own; overlapping pairs of characters tell a third each.
_OWN: Final = 0.9
_OVERLAP: Final = 3.0
_OFTEN: Final = 8
# A word that is used so many times as often on one side tells for that side, the more often the more.
_MOSTLY: Final = 5
_WORD: Final = 0.7
# What reads on, or is labelled as if it went on, tells no more than so much (natural logarithm of odds, as all below).
_REACH: Final = 2.0
_GOES_ON: Final = 4.0
_CUT: Final = 2.0
_DATELINE: Final = 2.0
_OTHER_COLUMN: Final = 1.0
_UNFINISHED: Final = 2.0
# Measured on stories of the training corpus in lines of 20 characters: 19 of 20 have no place that parts them better than
# 3.8, and where one story follows another 9 of 10 are parted there by more than 7.
_PARTED: Final = 6.0
_MOST_PARTED: Final = 15.0
_EITHER: Final = 3.0
_LEAST: Final = 18.0


def with_own_headlines(labelled: Sequence[Labelled]) -> list[PageLine] | None:
    """Return the lines of a page with each headline above its own text; None where all stand so."""
    groups = list(_groups(labelled))
    if not groups:
        return None
    bodies = [labelled[high : _end(groups, number, len(labelled))] for number, (_, high) in enumerate(groups)]
    found = list(labelled[: groups[0][0]])
    for (low, high), body in zip(groups, bodies, strict=True):
        found += _own(labelled[low:high], body)
    lines = [each.line for each in found]
    return None if lines == [each.line for each in labelled] else lines


def _end(groups: Sequence[tuple[int, int]], number: int, last: int) -> int:
    """Return one past the last line of the text below a group of headlines."""
    return groups[number + 1][0] if number + 1 < len(groups) else last


def _groups(labelled: Sequence[Labelled]) -> Iterator[tuple[int, int]]:
    """Yield first and one past the last of the lines that stand above each text and hold a headline."""
    low = None
    for at in range(len(labelled) + 1):
        if at < len(labelled) and _stands_apart(labelled, at):
            low = at if low is None else low
        elif low is not None:
            if any(each.role in _TITLED for each in labelled[low:at]):
                yield low, at
            low = None


def _stands_apart(labelled: Sequence[Labelled], at: int) -> bool:
    """Tell whether a line is no running text; a lone one that ends no sentence may be a piece of a headline."""
    each = labelled[at]
    if each.role is not BlockRole.PARAGRAPH:
        return each.role not in _TEXT or each.role is BlockRole.HEADING
    if each.line.finished or (at and labelled[at - 1].role is BlockRole.PARAGRAPH):
        return False
    below = labelled[at + 1] if at + 1 < len(labelled) else None
    return below is None or below.role is not BlockRole.PARAGRAPH or below.opens


def _own(head: Sequence[Labelled], body: Sequence[Labelled]) -> list[Labelled]:
    """Return lines above a text and the text: shared out between two articles, and each of these again, or as they are
    where they are of one."""
    rows = [each for each in head if each.role in _ROWS][-_MOST_ROWS:]
    ways = [tuple(_ways(row)) for row in rows]
    if sum(map(len, ways)) <= 2:
        return [*head, *body]
    text = _Text(body)
    as_is = sum(_joint(above, below) for above, below in pairwise(rows))
    best: tuple[float, int, tuple[_Way, ...]] | None = None
    for at in range(1, len(text.units)):
        parted = text.parted(at)
        if parted < _PARTED:
            continue
        shared = _share(rows, ways, partial(text.tells, at))
        if shared is None or not _both_told(shared, partial(text.tells, at)):
            continue
        score = shared.score - as_is + min(parted, _MOST_PARTED) + text.edge(at)
        if score > (_LEAST if best is None else best[0]):
            best = score, at, shared.ways
    if best is None:
        return [*head, *body]
    _, at, chosen = best
    above, below = text.sides(at)
    column = below[0].line.column
    left: list[Labelled] = []
    right: list[Labelled] = []
    pieces = {id(row.line): way for row, way in zip(rows, chosen, strict=True)}
    side = left
    for each in head:
        first, second = pieces.get(id(each.line), (each, None) if side is left else (None, each))
        side = left if first else right
        left += [first] if first else []
        right += [second._replace(line=replace(second.line, column=column))] if second else []
    return _own(left, above) + _own(right, below)


def _both_told(shared: _Shared, tells: Callable[[Labelled], float]) -> bool:
    """Tell whether the words of both sides tell what they head."""
    left = sum(tells(piece) for piece, _ in shared.ways if piece is not None)
    right = sum(tells(piece) for _, piece in shared.ways if piece is not None)
    return min(left, -right) >= _EITHER


def _ways(row: Labelled) -> Iterator[_Way]:
    """Yield how a row may be shared out: to one side, or cut at a blank."""
    yield row, None
    yield None, row
    line = row.line
    for gap in list(BLANKS.finditer(line.raw, line.start, line.end))[:_MOST_BLANKS]:
        if gap.start() - line.start >= _NARROWEST and not line.spaced and not line.doubled:
            yield (
                row._replace(line=replace(line, end=gap.start())),
                row._replace(line=replace(line, start=gap.end())),
            )


def _joint(above: Labelled, below: Labelled) -> float:
    """How well a piece reads on from another, within bounds."""
    if above.line.finished:
        return 0.0
    return max(-_REACH, min(_REACH, goes_on(above.line.text, below.line.text)))


@dataclass(frozen=True, slots=True)
class _Shared:
    """Rows shared out so far: what stands last on each side, whether that has a headline, and where the last row went."""

    score: float = 0.0
    ways: tuple[_Way, ...] = ()
    last: _Way = (None, None)
    titled: tuple[bool, bool] = (False, False)
    side: int = _BOTH


def _share(
    rows: Sequence[Labelled], ways: Sequence[Sequence[_Way]], tells: Callable[[Labelled], float]
) -> _Shared | None:
    """Share rows out between two articles in the likeliest way that leaves each a headline; None if there is no such.

    A row that is labelled as if it went on stays on its row's side, but below a row that was cut.
    """
    states = [_Shared()]
    for row, own in zip(rows, ways, strict=True):
        grown: dict[tuple[_Way, tuple[bool, bool], int], _Shared] = {}
        for state in states:
            for way in own:
                new = _with_row(state, row, way, tells)
                key = new.last, new.titled, new.side
                if key not in grown or grown[key].score < new.score:
                    grown[key] = new
        states = list(grown.values())
    return max((state for state in states if all(state.titled)), key=lambda state: state.score, default=None)


def _with_row(state: _Shared, row: Labelled, way: _Way, tells: Callable[[Labelled], float]) -> _Shared:
    left, right = way
    score = state.score
    for piece, above, sign in zip(way, state.last, (1, -1), strict=True):
        if piece is not None:
            score += sign * _WORD * tells(piece)
            score += _joint(above, piece) if above is not None else 0.0
    side = _BOTH if left is not None and right is not None else _LEFT if left is not None else _RIGHT
    if left is not None and right is not None:
        score -= _CUT + _joint(left, right)
    elif not row.opens:
        if state.side == _BOTH:
            side = _BOTH
        elif state.side != side:
            score -= min(_GOES_ON, row.parted)
    has = row.role in _TITLED
    titled = (
        state.titled[0] or (has and left is not None),
        state.titled[1] or (has and right is not None),
    )
    return _Shared(score, (*state.ways, way), (left or state.last[0], right or state.last[1]), titled, side)


class _Text:
    """The text below headlines, in units that are of one article each, and where its words are used."""

    def __init__(self, lines: Sequence[Labelled]) -> None:
        self.units = list(_units(lines))
        self._uses: dict[str, list[int]] = {}
        for number, unit in enumerate(self.units):
            for each in unit:
                for word in words_of(each.line.text):
                    self._uses.setdefault(word, []).append(number)
        self._again = [uses for uses in self._uses.values() if len(uses) > 1]
        self._until = [0, *accumulate(sum(len(each.line.text) for each in unit) for unit in self.units)]

    def sides(self, at: int) -> tuple[list[Labelled], list[Labelled]]:
        """Return the lines of the units before one, and from it on."""
        above, below = self.units[:at], self.units[at:]
        return [each for unit in above for each in unit], [each for unit in below for each in unit]

    def parted(self, at: int) -> float:
        """Return how well the text falls into two above a unit: words that are used again are so on one side only."""
        share = self._until[at] / self._until[-1]
        chance = [share**many + (1 - share) ** many for many in range(_OFTEN + 1)]
        alone = [math.log(_OWN / each + 1 - _OWN) for each in chance]
        across = math.log(1 - _OWN)
        return (
            sum(across if uses[0] < at <= uses[-1] else alone[min(_OFTEN, len(uses))] for uses in self._again)
            / _OVERLAP
        )

    def tells(self, at: int, piece: Labelled) -> float:
        """Return how much the words of a headline tell that it heads what stands above a unit, or below if negative."""
        total = 0.0
        for word in words_of(piece.line.text):
            uses = self._uses.get(word, ())
            above = bisect_left(uses, at)
            below = len(uses) - above
            if above > below and above >= _MOSTLY * below:
                total += math.log2(1 + above)
            elif below > above and below >= _MOSTLY * above:
                total -= math.log2(1 + below)
        return total

    def edge(self, at: int) -> float:
        """Return how much the page itself tells that an article begins with a unit."""
        first = self.units[at][0]
        last = self.units[at - 1][-1]
        body = [each for each in self.units[at - 1] if each.role is BlockRole.PARAGRAPH]
        score = _DATELINE if any(DATELINE.match(each.line.text) for each in self.units[at][:2]) else 0.0
        score += _OTHER_COLUMN if first.line.column != last.line.column else 0.0
        if body and not body[-1].line.finished:
            score -= _UNFINISHED
            if first.role is BlockRole.PARAGRAPH:
                score -= max(0.0, goes_on(body[-1].line.text, first.line.text))
        return score


def _units(lines: Sequence[Labelled]) -> Iterator[list[Labelled]]:
    """Yield paragraphs, headings with what stands below them, and with each what is no text and follows it."""
    unit: list[Labelled] = []
    for each in lines:
        above = unit[-1] if unit else None
        begins = (
            above is not None
            and each.role in _TEXT
            and (
                each.line.column != above.line.column
                or (above.role is not BlockRole.HEADING and (each.role is BlockRole.HEADING or each.opens))
                or above.role not in _TEXT
            )
        )
        if begins:
            yield unit
            unit = []
        unit.append(each)
    if unit:
        yield unit
