"""What a format's reader handed over: its blocks as labelled lines, paragraphs and articles.

Nothing is decided here. Where blocks cover a document, repair follows them; where they leave lines open, those go to
the labeller.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from knowledge.model import Block, BlockRole, Document
from knowledge.repair.articles import ArticleDraft, Section
from knowledge.repair.continuation import Paragraph, paragraph_of
from knowledge.repair.issue import editors, is_credits
from knowledge.repair.labels import Labelled
from knowledge.repair.page_layout import PageLine, line_of
from knowledge.repair.stitching import ROW
from knowledge.repair.tables import table_rows

NOTE = "note"
"""The kind of a fact that is a footnote or a remark beside the text."""

_SURE = 99.0
_TEXT = frozenset({BlockRole.PARAGRAPH, BlockRole.NOTE})


@dataclass(frozen=True, slots=True)
class StatedLine:
    """A line with the block that it is of."""

    labelled: Labelled
    block: Block


def stated_lines(document: Document) -> list[StatedLine]:
    """Return the lines that the reader knows, each with the label its block gives it, in reading order."""
    found: list[StatedLine] = []
    over = True
    for block in _articles(document):
        for number in range(block.first, block.last + 1):
            start = block.start if number == block.first else 0
            end = block.end if number == block.last else None
            line = line_of(document, number, start, end)
            if line is not None:
                first = not any(known.block is block for known in found[-1:])
                labelled = _label(line, block, first, over)
                over = labelled.role is BlockRole.TITLE or (over and labelled.role not in _TEXT)
                found.append(StatedLine(labelled, block))
    return found


def _articles(document: Document) -> Iterator[Block]:
    """Yield the blocks; off a printed page a heading right over credits of its own begins an article."""
    more = 0
    for block, below in zip_longest(document.blocks, document.blocks[1:]):
        signed = below is not None and document.kind != "pdf" and _is_signed(document, below)
        if signed and block.role is BlockRole.HEADING:
            more += 1
            block = replace(block, role=BlockRole.TITLE)
        yield replace(block, article=block.article + more) if more else block


def _is_signed(document: Document, block: Block) -> bool:
    line = line_of(document, block.first, block.start, block.end) if block.first == block.last else None
    return line is not None and block.role is BlockRole.PARAGRAPH and is_credits(line.whole, over=False)


def _label(line: PageLine, block: Block, first: bool, over: bool) -> Labelled:
    """Label a line as its block does; a lone line of credits is no paragraph, one of editors under a text is the page's."""
    if block.role is BlockRole.PARAGRAPH and block.first == block.last and is_credits(line.whole, over):
        role = BlockRole.FURNITURE if not over and editors(line.whole) else BlockRole.CREDIT
        return Labelled(line, role, True, _SURE)
    return Labelled(line, block.role, first and not block.goes_on, _SURE)


def stated_paragraphs(document: Document, stated: Sequence[StatedLine]) -> Iterator[Paragraph]:
    """Yield a paragraph for each that the reader shows, however many blocks it is printed in, and each table's rows."""
    open_at: dict[int, int] = {}
    found: list[tuple[int, BlockRole, list[PageLine]]] = []
    before: Block | None = None
    for at, known in enumerate(stated):
        block, role, line = known.block, known.labelled.role, known.labelled.line
        if role in _TEXT and block is not before and not (block.goes_on and block.article in open_at):
            open_at[block.article] = len(found)
            found.append((at, role, [line]))
        elif role in _TEXT:
            found[open_at[block.article]][2].append(line)
        elif role is BlockRole.TABLE and block is not before:
            lines = [other.labelled.line for other in stated if other.block is block]
            yield from table_paragraphs(document, block, at, lines)
        before = block
    for at, role, lines in found:
        paragraph = paragraph_of(at, lines, document.lines)
        paragraph.kind = NOTE if role is BlockRole.NOTE else paragraph.kind
        yield paragraph


def table_paragraphs(document: Document, block: Block, at: int, lines: list[PageLine]) -> Iterator[Paragraph]:
    """Yield the rows of a table; its lines where nothing is known of its cells."""
    rows = list(table_rows(document, block))
    for row in rows:
        yield Paragraph(at, lines, row.spans, row.text, (), kind=ROW)
    for line in [] if rows else lines:
        yield paragraph_of(at, [line], document.lines)


def stated_articles(stated: Sequence[StatedLine], paragraphs: Sequence[Paragraph]) -> list[ArticleDraft]:
    """Return the articles as the blocks number them: text under the heading that stands above it."""
    begins: dict[int, list[Paragraph]] = {}
    for paragraph in paragraphs:
        begins.setdefault(paragraph.at, []).append(paragraph)
    drafts: dict[int, ArticleDraft] = {}
    before: Block | None = None
    for at, known in enumerate(stated):
        block, role, line = known.block, known.labelled.role, known.labelled.line
        draft = drafts.setdefault(block.article, ArticleDraft(first=at))
        displays = {
            BlockRole.TITLE: draft.title,
            BlockRole.KICKER: draft.kicker,
            BlockRole.SUBTITLE: draft.subtitle,
        }
        if role in displays:
            displays[role].append(line)
        elif role is BlockRole.BYLINE:
            draft.signed.append(line)
        elif role is BlockRole.HEADING:
            if block is not before or not draft.sections:
                draft.sections.append(Section([], []))
            draft.sections[-1].heading.append(line)
        elif at in begins:
            if not draft.sections:
                draft.sections.append(Section([], []))
            draft.sections[-1].paragraphs += begins[at]
        before = block
    return [draft for draft in drafts.values() if draft.title or draft.sections]
