"""Which blocks stand under which headline: what XY-cut cannot part, as a long column beside a lower article."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

from knowledge.documents.layout.blocks import Block

_MOST_HEADLINES: Final = 200
"""A page with more is a table; the fullest broadsheet has some twenty."""


def by_article(
    order: Sequence[Block], captions: Sequence[Block], headlines: Sequence[Block]
) -> list[list[Block]]:
    """Group the blocks by their headline, so that a long column passes a lower article by.

    `order` is the reading order so far; captions follow the text of their article.
    """
    if not 0 < len(headlines) <= _MOST_HEADLINES:
        return [[*order, *captions]]
    owners = _owners([*order, *captions], headlines)
    groups: list[list[Block]] = []
    places: dict[int, list[Block]] = {}
    for block in (*order, *captions):
        owner = owners[id(block)]
        if id(owner) not in places or (owner is None and groups[-1] is not places[id(owner)]):
            places[id(owner)] = []
            groups.append(places[id(owner)])
        places[id(owner)].append(block)
    return groups


def _owners(blocks: Sequence[Block], headlines: Sequence[Block]) -> dict[int, Block | None]:
    """Find each block's headline: over it, right under it if it is a kicker, else that of the column to its left."""
    owners: dict[int, Block | None] = {}
    left_of = _Lefts(blocks)
    for block in sorted(blocks, key=lambda b: b.box.left):
        owner = _headline_of(block, headlines)
        if owner is None and (left := left_of(block)):
            owner = owners.get(id(left))
        owners[id(block)] = owner
    return owners


class _Lefts:
    """Finds what stands left of a block without looking at all blocks for each."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        self._blocks = sorted(blocks, key=lambda b: (b.box.right, b.box.top), reverse=True)
        self._rights = [-block.box.right for block in self._blocks]
        self._reach = 0.5 * max((block.size for block in blocks), default=0.0)

    def __call__(self, block: Block) -> Block | None:
        """Return the block that ends last before this one begins, on its height."""
        first = bisect_left(self._rights, -block.box.left - self._reach)
        near = map(self._blocks.__getitem__, range(first, len(self._blocks)))
        return next((b for b in near if _is_left(b, block)), None)


def _is_left(one: Block, other: Block) -> bool:
    return one.box.right <= other.box.left + 0.5 * one.size and one.box.along(other.box) > 0


def _headline_of(block: Block, headlines: Sequence[Block]) -> Block | None:
    """The first of the headlines that this block stands under, with none between; a headline owns itself."""
    over = _nearest(block, headlines)
    if any(block is h for h in headlines):
        close = over and over.box.bottom - block.box.top < 1.5 * over.size
        return _headline_of(over, headlines) if over and close else block
    below = next((h for h in headlines if block.above(h) and _is_kicker(block, h)), None)
    nearest = below or over
    return _headline_of(nearest, headlines) if nearest else None


def _nearest(block: Block, headlines: Sequence[Block]) -> Block | None:
    over = [h for h in headlines if h is not block and h.above(block) and _overlap(h, block) > 0.5]
    return min(over, key=lambda h: h.box.bottom, default=None)


def _overlap(one: Block, other: Block) -> float:
    narrower = min(one.box.width, other.box.width)
    return one.box.across(other.box) / narrower if narrower else 0.0


def _is_kicker(block: Block, headline: Block) -> bool:
    """Tell whether a single line stands right over a headline and within its width."""
    return (
        len(block.segments) == 1
        and block.box.bottom - headline.box.top < 0.8 * headline.size
        and block.box.across(headline.box) > 0.9 * block.box.width
    )
