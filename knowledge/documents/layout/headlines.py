"""Which blocks stand under which headline: what XY-cut cannot part, as a long column beside a lower article."""

from __future__ import annotations

from collections.abc import Sequence

from knowledge.documents.layout.blocks import Block


def by_article(
    order: Sequence[Block], captions: Sequence[Block], headlines: Sequence[Block]
) -> list[list[Block]]:
    """Group the blocks by their headline, so that a long column passes a lower article by.

    `order` is the reading order so far; captions follow the text of their article.
    """
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
    for block in sorted(blocks, key=lambda b: b.box.left):
        owner = _headline_of(block, headlines)
        if owner is None and (left := _left_of(block, blocks)):
            owner = owners.get(id(left))
        owners[id(block)] = owner
    return owners


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


def _left_of(block: Block, blocks: Sequence[Block]) -> Block | None:
    beside = [
        b for b in blocks if b.box.right <= block.box.left + 0.5 * b.size and b.box.along(block.box) > 0
    ]
    return max(beside, key=lambda b: (b.box.right, b.box.top), default=None)


def _is_kicker(block: Block, headline: Block) -> bool:
    """Tell whether a single line stands right over a headline and within its width."""
    return (
        len(block.segments) == 1
        and block.box.bottom - headline.box.top < 0.8 * headline.size
        and block.box.across(headline.box) > 0.9 * block.box.width
    )
