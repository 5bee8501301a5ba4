"""The reading order of one article's blocks, and which heading belongs to which.

File order stands unless the page shows that it is wrong: text before the title, text after the byline that ends
the article, or headings with no text below them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from knowledge.repair.articles import Draft, shared_run
from knowledge.repair.blocks import Block
from knowledge.repair.characters import HAN_RUN
from knowledge.repair.paragraphs import Paragraph, merge

# A lead shares so much with the title, or stands in a column so much wider than the rest.
_SHARED: Final = 6
_WIDER: Final = 1.15


@dataclass(slots=True)
class Section:
    """Paragraphs under one heading, in reading order."""

    heading: Paragraph | None
    paragraphs: list[Paragraph]
    uncertain: bool = False


@dataclass(slots=True)
class Arrangement:
    """An article in reading order; `moved` says that this is not the file's."""

    sections: list[Section] = field(default_factory=list)
    headings: list[Paragraph] = field(default_factory=list)
    moved: bool = False
    guessed: bool = False


def arrange(draft: Draft, wrapped: bool) -> Arrangement:
    """Put the blocks of an article in reading order and give each its heading."""
    texts = [block for block in draft.blocks if block.bodies]
    order = _order(draft, texts) if wrapped else texts
    arrangement = Arrangement(moved=any(a is not b for a, b in zip(order, texts, strict=True)))
    arrangement.headings = [paragraph for block in draft.blocks for paragraph in block.displays]
    headings = _assign(draft, order, arrangement) if wrapped else {}
    section = Section(None, [])
    for at, block in enumerate(order):
        if block.displays and id(block) not in headings:
            section = Section(block.displays[-1], [])
        elif id(block) in headings:
            section = Section(headings[id(block)], [], arrangement.guessed)
        elif section.heading is not None and arrangement.moved and at:
            section = Section(section.heading, [], True)
        bodies = block.bodies
        if arrangement.moved and at and not block.displays and _goes_on(order[at - 1].bodies[-1], bodies[0]):
            before = order[at - 1]
            above = arrangement.sections[-1].paragraphs
            above[-1] = before.bodies[-1] = merge(above[-1], bodies[0])
            bodies = bodies[1:]
        if bodies and (not arrangement.sections or section is not arrangement.sections[-1]):
            arrangement.sections.append(section)
        section.paragraphs.extend(bodies)
    return arrangement


def _goes_on(broken: Paragraph, following: Paragraph) -> bool:
    """Tell whether a paragraph that breaks off at a column's foot may go on at the next column's head."""
    both_latin = broken.text[-1:].isascii() and following.text[:1].isascii() and following.text[:1].isalpha()
    return not (broken.finished or following.first.indented or following.first.dateline or both_latin)


def _order(draft: Draft, texts: list[Block]) -> list[Block]:
    last = _closing(texts)
    if not draft.displaced and (last is None or last is texts[-1]):
        return texts
    if draft.displaced and texts[0].bodies[0].first.dateline and last in (None, texts[-1]):
        return texts
    rest = [block for block in texts if block is not last]
    lead = _lead(draft, texts, rest)
    middle = [block for block in rest if block is not lead]
    return [*([lead] if lead else []), *middle, *([last] if last else [])]


def _closing(texts: Sequence[Block]) -> Block | None:
    """The block that the only byline closes."""
    signed = [block for block in texts if block.bylines]
    return signed[0] if len(signed) == 1 else None


def _lead(draft: Draft, texts: list[Block], rest: list[Block]) -> Block | None:
    """The block under the title; where that one closes the article, the one that names the title or stands widest."""
    head = draft.blocks[draft.displaced] if draft.displaced < len(draft.blocks) else None
    if head in rest:
        return head
    free = [block for block in rest if not block.displays]
    if not free:
        return None
    title = "".join(paragraph.text for paragraph in (*draft.kicker, *draft.title))
    best = max(free, key=lambda block: (shared_run(title, block.text), block.width))
    others = sorted(block.width for block in rest if block is not best)
    wide = bool(others) and best.width >= _WIDER * others[len(others) // 2]
    return best if wide or shared_run(title, best.text) >= _SHARED else None


def _assign(draft: Draft, order: list[Block], arrangement: Arrangement) -> dict[int, Paragraph]:
    """Share headings that stand together out among the blocks that follow, in reading order."""
    stacked = [
        block for block in draft.blocks if len(block.displays) > 1 or (block.displays and not block.bodies)
    ]
    assigned: dict[int, Paragraph] = {}
    for stack in stacked:
        first = (
            order.index(stack)
            if stack in order
            else (1 if arrangement.moved or draft.displaced else len(order))
        )
        free = [b for b in order[first:] if id(b) not in assigned and (b is stack or not b.displays)]
        if len(free) < 2 or len(free) < len(stack.displays) or not _alike(stack.displays):
            continue
        chosen = _best_places(stack.displays, free)
        for heading, block in zip(stack.displays, chosen, strict=True):
            assigned[id(block)] = heading
        arrangement.guessed = arrangement.guessed or (not stack.bodies and len(free) != len(stack.displays))
    return assigned


def _alike(headings: Sequence[Paragraph]) -> bool:
    lengths = [len(heading.text) for heading in headings]
    return max(lengths) - min(lengths) <= 2


def _best_places(headings: Sequence[Paragraph], blocks: Sequence[Block]) -> list[Block]:
    """Choose a block for each heading, in order, the first for the first, so that they share most words."""
    if len(headings) == len(blocks):
        return list(blocks)
    scores = [[_overlap(heading.text, block.text) for block in blocks] for heading in headings]
    best: list[tuple[int, list[int]]] = [(scores[0][0], [0])]
    for row in scores[1:]:
        following: list[tuple[int, list[int]]] = []
        for at in range(len(blocks)):
            before = [(total, path) for total, path in best if path[-1] < at]
            if before:
                total, path = max(before, key=lambda pair: pair[0])
                following.append((total + row[at], [*path, at]))
        best = following
    _, path = max(best, key=lambda pair: pair[0])
    return [blocks[at] for at in path]


def _overlap(heading: str, text: str) -> int:
    return sum(run[at : at + 2] in text for run in HAN_RUN.findall(heading) for at in range(len(run) - 1))
