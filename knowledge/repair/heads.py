"""Headlines that stand beside each other on rows above columns: which piece of a row heads which columns.

Large print takes more room than the text below it, so that a piece need not stand over its columns. What tells is the
words that it shares with the text below, and how its lines read on from one row to the next.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise, product, starmap
from typing import Final

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
    for many in range(1, len(rows) + 1):
        for boundary in range(1, len(columns)):
            ways = [
                list(_ways(page.texts, row, (stands or {}).get((row[0], boundary)))) for row in rows[-many:]
            ]
            if all(a is None or z is None for a, z in ways[0]):
                continue  # the first row of them is cut
            told = [
                {pair for column in side for piece in column for pair in page.pairs(piece)}
                for side in (columns[:boundary], columns[boundary:])
            ]
            left, right = told[0] - told[1], told[1] - told[0]
            for way in product(*ways):
                own = tuple(piece for piece, _ in way if piece), tuple(piece for _, piece in way if piece)
                if not own[0] or not own[1]:
                    continue
                over = [{pair for piece in pieces for pair in page.pairs(piece)} for pieces in own]
                tells = (
                    len(over[0] & left) - len(over[0] & right) + len(over[1] & right) - len(over[1] & left)
                )
                score = _PAIR * tells - sum(page.joint(a, z) for a, z in way if a and z)
                score += page.flow(own[0]) + page.flow(own[1]) - page.flow(rows[-many:])
                if score > (_LEAST if best is None else best.score):
                    best = SharedHeads(boundary, *own, score)
    return best


def _ways(texts: Sequence[str], row: Cell, stands: int | None) -> Iterator[tuple[Cell | None, Cell | None]]:
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
