"""Reading order of blocks by geometry.

The partial order is that of T. Breuel, "High Performance Document Layout Analysis" (2003): of two blocks that
share columns the upper one comes first; of two side by side the left one, unless a block between them in height
spans both. Headlines then keep the columns under them together, and captions let the text flow past.
"""

from __future__ import annotations

from collections.abc import Sequence

from knowledge.documents.layout.blocks import Block


def breuel_order(blocks: Sequence[Block]) -> list[Block]:
    """Sort blocks topologically; where the geometry contradicts itself the uppermost, leftmost goes first."""
    before = {id(b): {id(a) for a in blocks if a is not b and _precedes(a, b, blocks)} for b in blocks}
    waiting = sorted(blocks, key=lambda b: (-b.box.top, b.box.left))
    done: list[Block] = []
    while waiting:
        free = [b for b in waiting if not before[id(b)]]
        chosen = min(free, key=lambda b: (b.box.left, -b.box.top)) if free else waiting[0]
        waiting.remove(chosen)
        done.append(chosen)
        for names in before.values():
            names.discard(id(chosen))
    return done


def _precedes(a: Block, b: Block, blocks: Sequence[Block]) -> bool:
    shared = a.box.across(b.box)
    if shared > 0.3 * min(a.size, b.size):
        return a.above(b) or (not b.above(a) and a.box.top > b.box.top)
    if a.box.left >= b.box.left:
        return False
    upper, lower = (a, b) if a.box.top > b.box.top else (b, a)
    return not any(
        c is not a
        and c is not b
        and upper.above(c)
        and c.above(lower)
        and c.box.across(a.box) > 0
        and c.box.across(b.box) > 0
        for c in blocks
    )
