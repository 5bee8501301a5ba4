"""A page's glyphs to its blocks in reading order: running heads, articles under their headlines, captions apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from knowledge.documents.layout.blocks import Block, body_size, column_width, find_blocks, place_single_lines
from knowledge.documents.layout.headlines import by_article
from knowledge.documents.layout.order import breuel_order
from knowledge.documents.layout.page import Box, Page
from knowledge.documents.layout.regions import cut, opening
from knowledge.documents.layout.segments import find_segments

_HEADING: Final = 1.25
"""How much larger than the body a headline is set."""

_TITLE: Final = 1.7
"""How much larger than the body the title of an article is set; section headings are smaller."""

_CAPTION_LINES: Final = 4
_MOST_PICTURES: Final = 300


def arrange(page: Page) -> list[Block]:
    """Return the blocks of a page in reading order.

    First what runs along the top edge, then each article: its headline, its columns from left to right, the
    captions of its pictures; last what runs along the bottom edge.
    """
    segments = find_segments(page.glyphs, page.rules)
    if not segments:
        return []
    body = body_size(segments)
    head, blocks = _edge(find_blocks(segments), body, top=True)
    foot, blocks = _edge(blocks, body, top=False)
    done = list(head)
    place_single_lines(blocks)
    for region in cut(blocks, _HEADING * body):
        captions = [b for b in region if _is_caption(b, page.pictures, body)]
        over, under = opening([b for b in region if not any(b is c for c in captions)])
        order = [*over, *breuel_order(under)]
        width = column_width(region, body)
        headlines = [b for b in order if b.size >= _HEADING * body and b.box.width >= 1.4 * width]
        for group in by_article(order, captions, headlines):
            _mark_title(group, body)
            done += group
    return done + foot


def _mark_title(group: Sequence[Block], body: float) -> None:
    """Mark where an article begins: at the title of the group, or at the kicker right above it."""
    for at, block in enumerate(group):
        if block.size >= _TITLE * body:
            above = group[at - 1] if at else block
            alone = not any(b is not above and b.box.along(above.box) > 0 for b in group)
            (above if alone and _heads(above, [block]) else block).opens = True
            return
        if len(block.segments) > 2:
            return


def _edge(blocks: list[Block], body: float, top: bool) -> tuple[list[Block], list[Block]]:
    """Split off the running head (or foot): one row of short small lines, clear of everything else."""
    if len(blocks) < 3:
        return [], blocks
    first = max(blocks, key=lambda b: b.box.top) if top else min(blocks, key=lambda b: b.box.bottom)
    row = [b for b in blocks if b.box.along(first.box) > 0.3 * min(b.size, first.size)]
    rest = [b for b in blocks if not any(b is r for r in row)]
    if not rest or any(len(b.segments) > 1 or b.size > 1.6 * body for b in row):
        return [], blocks
    edge = min(b.box.bottom for b in row) if top else max(b.box.top for b in row)
    gap = edge - max(b.box.top for b in rest) if top else min(b.box.bottom for b in rest) - edge
    if gap < (0.8 if len(row) == 1 else 0.2) * body or (top and len(row) == 1 and _heads(row[0], rest)):
        return [], blocks
    return sorted(row, key=lambda b: b.box.left), rest


def _heads(line: Block, rest: Sequence[Block]) -> bool:
    """Tell whether the line is the kicker of the headline right under it."""
    return any(
        b.size > 1.4 * line.size
        and line.box.bottom - b.box.top < 0.6 * b.size
        and line.box.across(b.box) > 0.9 * line.box.width
        for b in rest
    )


def _is_caption(block: Block, pictures: Sequence[Box], body: float) -> bool:
    """Tell whether a short block stands right under or over a picture, within its width."""
    if len(block.segments) > _CAPTION_LINES or block.size > 1.15 * body:
        return False
    for picture in pictures[:_MOST_PICTURES]:
        inside = picture.across(block.box) >= 0.8 * block.box.width
        gap = max(picture.bottom - block.box.top, block.box.bottom - picture.top)
        if inside and -0.5 * block.size <= gap <= 1.5 * block.size and picture.height > 3 * block.size:
            return True
    return False
