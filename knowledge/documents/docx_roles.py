"""The roles of a Word document's paragraphs and the articles they make, told by styles, by print, and by what stands around."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile
from typing import Final

from knowledge.documents.docx_text import BREAK
from knowledge.documents.pdf_stacks import TITLE
from knowledge.documents.plain import OFFICIAL
from knowledge.documents.text import issue_line, listed_contents
from knowledge.model import Block, BlockRole
from knowledge.repair.patterns import is_byline
from knowledge.text.folding import is_hanzi
from knowledge.text.numbers import HEADING_NUMBER

_TITLE_STYLES: Final = re.compile(r"(?:title|标题)$", re.I)
_SUBTITLE_STYLES: Final = re.compile(r"(?:subtitle|副标题)$", re.I)
_HEADING_STYLES: Final = re.compile(r"(?:heading|标题)\s*[1-9]$", re.I)
_CONTENTS_STYLES: Final = re.compile(r"(?:toc|目录)\b|^toc\s*\d", re.I)
_FIRST_HEADING: Final = re.compile(r"(?:heading|标题)\s*1$", re.I)
"""Over a box of text: the title of an article of its own."""

_CAPTION_STYLES: Final = re.compile(r"(?:caption|题注)$", re.I)
_FIELD_STYLES: Final = {"Author": BlockRole.BYLINE, "Date": BlockRole.CREDIT}
"""Pandoc's names for who wrote a text, and when."""

_ENDED: Final = re.compile("[。；！？，：、]$")
_HEADING_CHARS, _TITLE_CHARS = 30, 50
_LARGER: Final = 1.04
"""Times the body from which print is meant to be seen as larger; Word's steps are half a point."""

USUAL: Final = 10.0
"""Points, where a document says nothing (ECMA-376 17.3.2.38)."""

_DISPLAYS: Final = (BlockRole.TITLE, BlockRole.KICKER, BlockRole.SUBTITLE, BlockRole.BYLINE)


@dataclass(slots=True)
class Part:
    """A written paragraph, table or note; `role` is open until the print of the whole document is known.

    `size` is its print's in points, `outlined` whether Word lists it in the document's outline, `box` the text box that
    it stands in, 0 for none; `noted` what a note belongs to.
    """

    blocks: list[Block]
    text: str
    role: BlockRole | None = None
    style: str = ""
    size: float = USUAL
    centred: bool = False
    bold: bool = False
    outlined: bool = False
    box: int = 0
    noted: Part | None = None
    article: int = 0

    @property
    def displayed(self) -> bool:
        """Whether it may be a title or heading by its words: short, without an end."""
        return _heads(self.text) and BREAK not in self.text


def arranged(parts: Sequence[Part]) -> Iterator[Block]:
    """Give each part its role and its article: one begins with each title over text, or with a box that has a title."""
    sizes: Counter[float] = Counter()
    for part in parts:
        sizes[part.size] += len(part.text) if part.role is None else 0
    body = sizes.most_common(1)[0][0] if sizes else USUAL
    listed = listed_contents([part.text for part in parts])
    for at, part in enumerate(parts):
        part.role = BlockRole.FURNITURE if at in listed else part.role or _role(part, body)
    titled: dict[int, Part] = {}
    for part in parts:
        if titled.setdefault(part.box, part) is part and part.box and _FIRST_HEADING.match(part.style):
            part.role = BlockRole.TITLE
    _number(parts)
    shown = [part for part in parts if part.role is not BlockRole.FURNITURE]
    opening = takewhile(lambda part: part.displayed, shown)
    first = next((part for part in opening if _names(part.text)), shown[0] if shown else None)
    untitled = len(parts) > 1 and not any(part.role is BlockRole.TITLE for part in parts)
    if untitled and first is not None and first.displayed and first.role is not BlockRole.TABLE:
        first.role = BlockRole.TITLE
        ranks = {part.style for part in parts if _HEADING_STYLES.match(part.style)}
        for part in parts if _FIRST_HEADING.match(first.style) and len(ranks) > 1 else ():
            part.role = BlockRole.TITLE if part.style == first.style else part.role
    _stack(parts, body)
    line: Part | None = None
    if issue := issue_line([(part.role or BlockRole.PARAGRAPH, part.text) for part in parts if part.text]):
        line, story = [part for part in parts if part.text][issue : issue + 2]
        line.role = BlockRole.FURNITURE
        for part in parts:
            if part.role is BlockRole.HEADING and (part.style, part.size) == (story.style, story.size):
                part.role = BlockRole.TITLE
    count, article = 0, {0: 0}
    text = False
    box = 0
    for at, part in enumerate(parts):
        if part.box not in article:
            article[part.box], text = article[box], True
        box = part.box
        head = next((each.role for each in parts[at:] if each.role is not BlockRole.KICKER), None)
        if part.role in _DISPLAYS and text and head is BlockRole.TITLE:
            count += 1
            article[box] = count
            text = False
        text = text or part is line or part.role not in (*_DISPLAYS, BlockRole.FURNITURE)
        part.article = part.noted.article if part.noted else article[box]
        for block in part.blocks:
            yield replace(block, role=part.role or BlockRole.PARAGRAPH, article=part.article)


def _role(part: Part, body: float) -> BlockRole:
    """The role that a paragraph has by its style, else by its print and its words."""
    if _CONTENTS_STYLES.search(part.style):
        return BlockRole.FURNITURE
    if _CAPTION_STYLES.search(part.style):
        return BlockRole.CAPTION
    if _SUBTITLE_STYLES.search(part.style):
        return BlockRole.SUBTITLE
    if _TITLE_STYLES.match(part.style):
        return BlockRole.TITLE
    if _HEADING_STYLES.match(part.style) or (part.outlined and _heads(part.text)):
        return BlockRole.HEADING
    if part.style in _FIELD_STYLES:
        return _FIELD_STYLES[part.style]
    if part.size >= TITLE * body and _heads(part.text) and _names(part.text):
        return BlockRole.TITLE
    if not part.displayed:
        return BlockRole.PARAGRAPH
    short = len(part.text) <= _HEADING_CHARS
    set_apart = part.bold or (part.centred and part.size > _LARGER * body)
    if short and (HEADING_NUMBER.match(part.text) or (set_apart and not is_byline(part.text))):
        return BlockRole.HEADING
    return BlockRole.CAPTION if part.size < body / _LARGER and part.centred else BlockRole.PARAGRAPH


def _number(parts: Sequence[Part]) -> None:
    """Make an official document's number and the head over it its kicker, the line under it the title (GB/T 9704)."""
    for at, (part, below) in enumerate(pairwise(parts)):
        titled = below.displayed and (below.centred or below.role is BlockRole.TITLE)
        if titled and below.box == part.box and OFFICIAL.fullmatch(part.text.strip()):
            part.role, below.role = BlockRole.KICKER, BlockRole.TITLE
            for above in takewhile(lambda each: each.displayed, reversed(parts[:at])):
                above.role = BlockRole.KICKER


def _stack(parts: Sequence[Part], body: float) -> None:
    """Make display lines right over and under a title its kicker, subtitle and byline."""
    open_roles = (BlockRole.PARAGRAPH, BlockRole.HEADING)
    for at, part in enumerate(parts):
        if part.role is not BlockRole.TITLE:
            continue
        above = parts[at - 1] if at else None
        if above is None or above.box != part.box or not above.displayed:
            pass
        elif above.role is BlockRole.TITLE and above.size < 0.93 * part.size:
            above.role = BlockRole.KICKER
        elif above.role in open_roles:
            begins = at == 1 or (above.centred and above.size > _LARGER * body)
            above.role = BlockRole.KICKER if begins and not _HEADING_STYLES.match(above.style) else above.role
        for below in parts[at + 1 : at + 4]:
            if below.box != part.box or not below.displayed:
                break
            if is_byline(below.text):
                below.role = BlockRole.BYLINE
            elif (below.role is BlockRole.TITLE and below.size < 0.93 * part.size) or (
                below.role in open_roles
                and below.centred
                and below.size > _LARGER * body
                and not HEADING_NUMBER.match(below.text)
            ):
                below.role = BlockRole.SUBTITLE
            elif below.role is not BlockRole.SUBTITLE:
                break


def _heads(text: str) -> bool:
    return len(text) <= _TITLE_CHARS and not _ENDED.search(text)


def _names(text: str) -> bool:
    """Tell whether a line has a word to name an article by, not only a mark or a number."""
    return any(map(is_hanzi, text))
