"""Headlines that stand beside each other on rows above columns: which piece of a row heads which columns.

Large print takes more room than the text below it, so that a piece need not stand over its columns. What tells is the
words that it shares with the text below, and how its lines read on from one row to the next.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
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


def share_heads(
    texts: Sequence[str],
    rows: Sequence[Cell],
    columns: Sequence[Sequence[Cell]],
    stands: Mapping[tuple[int, int], int] | None = None,
) -> SharedHeads | None:
    """Share the last of some rows out among the columns below them; None where they are better left whole.

    `stands` says where a row is cut for sure at a boundary of columns: text begins there just above the next column.
    """
    rows = [cell for cell in rows if texts[cell[0]][cell[1] : cell[2]].strip()][-_MOST_ROWS:]
    told = [{pair for row, a, z in column for pair in _PAIRS.findall(texts[row][a:z])} for column in columns]
    best: SharedHeads | None = None
    for many in range(1, len(rows) + 1):
        for boundary in range(1, len(columns)):
            ways = [list(_ways(texts, row, (stands or {}).get((row[0], boundary)))) for row in rows[-many:]]
            if all(a is None or z is None for a, z in ways[0]):
                continue  # the first row of them is cut
            left, right = set().union(*told[:boundary]), set().union(*told[boundary:])
            for way in product(*ways):
                own = tuple(piece for piece, _ in way if piece), tuple(piece for _, piece in way if piece)
                if not own[0] or not own[1]:
                    continue
                score = _PAIR * (_tells(texts, own[0], left, right) + _tells(texts, own[1], right, left))
                score -= sum(_flow(texts, (a, z)) for a, z in way if a and z)
                score += _flow(texts, own[0]) + _flow(texts, own[1]) - _flow(texts, rows[-many:])
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


def _tells(texts: Sequence[str], pieces: Sequence[Cell], own: set[str], other: set[str]) -> int:
    """Return how many more pairs of characters pieces share with one text than with another."""
    pairs = {pair for row, start, end in pieces for pair in _PAIRS.findall(texts[row][start:end])}
    return len(pairs & own - other) - len(pairs & other - own)


def _flow(texts: Sequence[str], pieces: Sequence[Cell]) -> float:
    joints = (reads_on(texts, above, below) for above, below in pairwise(pieces))
    return sum(max(-_REACH, min(_REACH, joint)) for joint in joints)
