"""Reading order of blocks by geometry.

The partial order is that of T. Breuel, "High Performance Document Layout Analysis" (2003): of two blocks that
share columns the upper one comes first; of two side by side the left one, unless a block between them in height
spans both. Headlines then keep the columns under them together, and captions let the text flow past.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from knowledge.documents.layout.blocks import Block

_MOST: Final = 1_200
"""Blocks of one region; the matrices grow with the square. Real pages have fewer than 200."""

Matrix = NDArray[np.bool_]


def breuel_order(blocks: Sequence[Block]) -> list[Block]:
    """Sort blocks topologically; where the geometry contradicts itself the uppermost, leftmost goes first."""
    rows = sorted(blocks, key=lambda b: (-b.box.top, b.box.left))
    if len(rows) > _MOST or len(rows) < 2:
        return rows
    precedes = _precedes(rows)
    missing = precedes.sum(axis=0)
    free = [(rows[at].box.left, at) for at in np.flatnonzero(missing == 0).tolist()]
    heapq.heapify(free)
    waiting = dict.fromkeys(range(len(rows)))
    done: list[Block] = []
    while waiting:
        at = heapq.heappop(free)[1] if free else next(iter(waiting))
        if at not in waiting:
            continue
        del waiting[at]
        done.append(rows[at])
        missing -= precedes[at]
        for after in np.flatnonzero(precedes[at] & (missing == 0)).tolist():
            heapq.heappush(free, (rows[after].box.left, after))
    return done


def _precedes(blocks: Sequence[Block]) -> Matrix:
    """Return the matrix of which block comes before which."""
    left, bottom, right, top, size = (
        np.array(values)
        for values in zip(
            *((b.box.left, b.box.bottom, b.box.right, b.box.top, b.size) for b in blocks), strict=True
        )
    )
    smaller = np.minimum.outer(size, size)
    across = np.minimum.outer(right, right) - np.maximum.outer(left, left)
    above = bottom[:, None] > top[None, :] - 0.5 * smaller
    np.fill_diagonal(above, False)
    higher = np.greater.outer(top, top)
    shared = across > 0.3 * smaller
    under = shared & (above | (~above.T & higher))
    beside = ~shared & np.less.outer(left, left)
    parted = _parted(above, higher, across > 0)
    before: Matrix = under | (beside & ~parted)
    return before


def _parted(above: Matrix, higher: Matrix, touches: Matrix) -> Matrix:
    """Return which pairs have a block between them in height that spans both."""
    parted = np.zeros_like(above)
    for between in range(len(above)):
        near = np.flatnonzero(touches[between])
        over, under = above[near, between], above[between, near]
        if over.any() and under.any():
            split = np.logical_and.outer(over, under)
            here = np.ix_(near, near)
            parted[here] |= (split & higher[here]) | (split.T & ~higher[here])
    return parted
