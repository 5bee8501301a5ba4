"""Headlines that stand beside each other on rows above columns: which piece of a row heads which columns.

Large print takes more room than the text below it, so that a piece need not stand over its columns. What tells is the
words that it shares with the text below, and how its lines read on from one row to the next.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import pairwise, starmap
from typing import Final, NamedTuple

from knowledge.repair.characters import HAN
from knowledge.repair.interleaved import BLANKS, Cell, reads_on

_PAIRS: Final = re.compile(f"(?=([{HAN}A-Za-z0-9]{{2}}))")
_MOST_ROWS: Final = 4
_MOST_BLANKS: Final = 4
# A pair of characters that only the text on one side has tells that much; what reads on tells no more than so much.
_PAIR: Final = 0.7
_REACH: Final = 2.0
_LEAST: Final = 7.0
_NARROWEST: Final = 2
_NEARLY: Final = 1e-6

_Way = tuple[Cell | None, Cell | None]
"""What of a row stands on either side of a boundary."""


@dataclass(frozen=True, slots=True)
class SharedHeads:
    """The pieces of rows over the columns to the left of a boundary, and of those over the columns to its right."""

    boundary: int
    left: tuple[Cell, ...]
    right: tuple[Cell, ...]
    score: float


class Rows:
    """The rows of a page, and what was read of their pieces so far: each is looked at in many ways."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts
        self.pairs = cache(self._pairs)
        self.joint = cache(self._joint)

    def _pairs(self, piece: Cell) -> frozenset[str]:
        """The characters that stand side by side in a piece."""
        row, start, end = piece
        return frozenset(_PAIRS.findall(self.texts[row][start:end]))

    def _joint(self, above: Cell, below: Cell) -> float:
        """How well a piece reads on from another, within bounds."""
        return max(-_REACH, min(_REACH, reads_on(self.texts, above, below)))

    def flow(self, pieces: Sequence[Cell]) -> float:
        """How well pieces read one after another."""
        return sum(starmap(self.joint, pairwise(pieces)))


def share_heads(
    page: Rows,
    rows: Sequence[Cell],
    columns: Sequence[Sequence[Cell]],
    stands: Mapping[tuple[int, int], int] | None = None,
) -> SharedHeads | None:
    """Share the last of some rows out among the columns below them; None where they are better left whole.

    `stands` says where a row is cut for sure at a boundary of columns: text begins there just above the next column.
    """
    rows = [cell for cell in rows if page.texts[cell[0]][cell[1] : cell[2]].strip()][-_MOST_ROWS:]
    best: SharedHeads | None = None
    sides = cache(partial(_Sides, page, rows, columns))
    for many in range(1, len(rows) + 1):
        whole = page.flow(rows[-many:])
        for boundary in range(1, len(columns)):
            ways = [
                list(_ways(page.texts, row, (stands or {}).get((row[0], boundary)))) for row in rows[-many:]
            ]
            if all(a is None or z is None for a, z in ways[0]):
                continue  # the first row of them is cut
            for shares in sides(boundary).shared(ways, (_LEAST if best is None else best.score) + whole):
                score = shares.score - whole
                if shares.left and shares.right and score > (_LEAST if best is None else best.score):
                    best = SharedHeads(boundary, shares.left, shares.right, score)
    return best


class _Shares(NamedTuple):
    """Some rows shared out: the pieces on either side, the words of each (see `_Sides`), and how well that reads."""

    left: tuple[Cell, ...] = ()
    right: tuple[Cell, ...] = ()
    left_words: int = 0
    right_words: int = 0
    reads: float = 0.0
    score: float = 0.0


class _Sides:
    """The columns on either side of a boundary; of the words above them, those that one side alone has, each a bit."""

    def __init__(
        self, page: Rows, rows: Sequence[Cell], columns: Sequence[Sequence[Cell]], boundary: int
    ) -> None:
        self._page = page
        left, right = (
            frozenset[str]().union(*(page.pairs(piece) for column in side for piece in column))
            for side in (columns[:boundary], columns[boundary:])
        )
        told = frozenset[str]().union(*map(page.pairs, rows)) & (left ^ right)
        self._bits = {pair: 1 << number for number, pair in enumerate(told)}
        self._left = sum(self._bits[pair] for pair in told & left)
        self._words = cache(self._words_of)

    def shared(self, ways: Sequence[Sequence[_Way]], least: float) -> Iterator[_Shares]:
        """Yield the ways to share out some rows, but those that cannot score as much as `least`."""
        more = [self._most(row, number > 0) for number, row in enumerate(ways)]
        found = [_Shares()]
        for number, row in enumerate(ways, 1):
            enough = least - sum(more[number:]) - _NEARLY
            found = [
                new
                for shares in found
                for left, right in row
                if (new := self._with(shares, left, right)).score >= enough
            ]
        return iter(found)

    def _with(self, shares: _Shares, left: Cell | None, right: Cell | None) -> _Shares:
        """Share out one more row."""
        lefts, rights, left_words, right_words, reads, _ = shares
        joint = self._page.joint
        if left and right:
            reads -= joint(left, right)
        if left:
            reads += joint(lefts[-1], left) if lefts else 0.0
            lefts, left_words = (*lefts, left), left_words | self._words(left)
        if right:
            reads += joint(rights[-1], right) if rights else 0.0
            rights, right_words = (*rights, right), right_words | self._words(right)
        tells = self._tells(left_words) - self._tells(right_words)
        return _Shares(lefts, rights, left_words, right_words, reads, _PAIR * tells + reads)

    def _most(self, row: Sequence[_Way], below: bool) -> float:
        """Return the most that sharing out a row may bring."""
        words = max(sum(self._words(piece).bit_count() for piece in way if piece) for way in row)
        across = max((-self._page.joint(a, z) for a, z in row if a and z), default=0.0)
        return _PAIR * words + max(0.0, across) + 2 * _REACH * below

    def _words_of(self, piece: Cell) -> int:
        return sum(self._bits.get(pair, 0) for pair in self._page.pairs(piece))

    def _tells(self, words: int) -> int:
        """Return how many more of some words the left side has than the right one."""
        return 2 * (words & self._left).bit_count() - words.bit_count()


def _ways(texts: Sequence[str], row: Cell, stands: int | None) -> Iterator[_Way]:
    """Yield how a row may be shared out: to one side, or cut at a blank."""
    number, start, end = row
    if stands is not None:
        yield (number, start, stands), (number, stands, end)
        return
    yield row, None
    yield None, row
    for gap in list(BLANKS.finditer(texts[number], start, end))[:_MOST_BLANKS]:
        if gap.start() - start >= _NARROWEST and end - gap.end() >= _NARROWEST:
            yield (number, start, gap.start()), (number, gap.end(), end)
