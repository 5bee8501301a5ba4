"""Paragraphs into blocks: what stood in one piece on the page, with the headings above and the byline below."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from knowledge.repair.kinds import is_rubric
from knowledge.repair.lines import Line
from knowledge.repair.names import ONLY_NAMES, SEVERAL_NAMES
from knowledge.repair.paragraphs import Paragraph

# Share of breaks that had to be closed from which a file counts as set in columns.
_WRAPPED: Final = 0.3
# Indented paragraphs mark blocks only where most paragraphs are not indented.
_RARE: Final = 0.34
_OTHER_COLUMN: Final = 1.5
_STACK: Final = 3
_NEAR: Final = 5


@dataclass(slots=True, eq=False)
class Block:
    """Headings, the paragraphs under them and the bylines above (`signed`) and below (`bylines`) these."""

    displays: list[Paragraph] = field(default_factory=list)
    bodies: list[Paragraph] = field(default_factory=list)
    signed: list[Line] = field(default_factory=list)
    bylines: list[Line] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(paragraph.text for paragraph in self.bodies)

    @property
    def width(self) -> float:
        return max((paragraph.width for paragraph in self.bodies), default=0)


def is_wrapped(paragraphs: Sequence[Paragraph]) -> bool:
    """Tell whether the file's lines are those of columns, and not one to a paragraph."""
    lines = sum(len(paragraph.lines) for paragraph in paragraphs)
    return lines - len(paragraphs) >= _WRAPPED * lines


def gather(paragraphs: Sequence[Paragraph], wrapped: bool) -> list[Block]:
    """Gather the paragraphs into blocks, in file order."""
    starts_block = _boundaries(paragraphs) if wrapped else lambda before, after: False
    displays = _displays(paragraphs, wrapped)
    blocks = [Block()]
    for at, paragraph in enumerate(paragraphs):
        current = blocks[-1]
        if paragraph.first.byline or _is_byline(paragraphs, at, displays):
            (current.bylines if current.bodies else current.signed).extend(paragraph.lines)
            continue
        if at in displays:
            if current.bodies or current.bylines:
                blocks.append(current := Block())
            current.displays.append(paragraph)
        else:
            if current.bylines or (current.bodies and starts_block(current, paragraph)):
                blocks.append(current := Block())
            current.bodies.append(paragraph)
    return [block for block in blocks if block.displays or block.bodies or block.signed]


def _displays(paragraphs: Sequence[Paragraph], wrapped: bool) -> frozenset[int]:
    """The paragraphs that are titles or headings; a list of short lines in a clean file is text."""
    found: set[int] = set()
    for run in _runs(paragraphs):
        head = run[0] == 0 or all(paragraphs[at].first.byline for at in range(run[0]))
        after = run[-1] + 1 < len(paragraphs)
        if wrapped or (after and len(run) < _STACK + head):
            found.update(run)
        elif head:
            found.add(run[0])
    if paragraphs and 0 not in found and _asks(paragraphs):
        found.add(0)
    return frozenset(found)


def _runs(paragraphs: Sequence[Paragraph]) -> Iterator[list[int]]:
    run: list[int] = []
    for at, paragraph in enumerate(paragraphs):
        if paragraph.display and not paragraph.first.byline and not paragraph.first.dateline:
            run.append(at)
        elif run and not paragraph.first.byline:
            yield run
            run = []
    if run:
        yield run


def _asks(paragraphs: Sequence[Paragraph]) -> bool:
    """Tell whether the first paragraph is a title that ends like a sentence: 谁动了奶酪？"""
    first = paragraphs[0]
    if len(paragraphs) == 1 or len(first.lines) > 1 or not 2 <= len(first.text) <= 40 or first.first.dateline:
        return False
    below = paragraphs[1]
    asks = (
        any(mark in first.text for mark in "？！?!")
        and "。" not in first.text
        and first.text[-1] not in "，：；、"
    )
    return asks and below.first.gap > 0 and len(below.text) > len(first.text)


def _is_byline(paragraphs: Sequence[Paragraph], at: int, displays: frozenset[int]) -> bool:
    """Tell whether a line of nothing but names signs the text above it, or the title above it."""
    paragraph = paragraphs[at]
    if (
        at == 0
        or len(paragraph.lines) > 1
        or len(paragraph.text) > 30
        or not ONLY_NAMES.match(paragraph.text)
    ):
        return False
    before = paragraphs[at - 1]
    ends = at + 1 == len(paragraphs) or at + 1 in displays or paragraphs[at + 1].first.interrupted
    if before.finished:
        return ends
    return at - 1 in displays and SEVERAL_NAMES.match(paragraph.text) is not None and at <= _STACK


def _boundaries(paragraphs: Sequence[Paragraph]) -> Boundary:
    indented = sum(paragraph.first.indented for paragraph in paragraphs)
    return Boundary(indented <= _RARE * len(paragraphs))


@dataclass(frozen=True, slots=True)
class Boundary:
    """Tells where a block ends inside running paragraphs: at a rare indent, or where the column's width changes."""

    indents_tell: bool

    def __call__(self, block: Block, after: Paragraph) -> bool:
        if self.indents_tell and after.first.indented:
            return True
        before = next((p for p in reversed(block.bodies[-_NEAR:]) if len(p.lines) > 1), None)
        if before is None or len(after.lines) < 2:
            return False
        return not 1 / _OTHER_COLUMN < before.width / after.width < _OTHER_COLUMN


def split_rubrics(block: Block) -> tuple[list[list[Paragraph]], list[Paragraph]]:
    """Split stacked titles at the rubrics between them; return the groups and the rubrics."""
    groups: list[list[Paragraph]] = [[]]
    rubrics: list[Paragraph] = []
    for at, paragraph in enumerate(block.displays):
        if is_rubric(paragraph.text) and at + 1 < len(block.displays):
            rubrics.append(paragraph)
            groups.append([])
        else:
            groups[-1].append(paragraph)
    return [group for group in groups if group], rubrics
