"""Word: what a .docx shows, with roles; line n is paragraph n, tables, text boxes and notes in their place.

Read from the XML by python-docx rather than through mammoth, which keeps hidden text and drops the numbers of lists.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile
from typing import Any, Final

import docx
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml.ns import qn
from lxml import etree

from knowledge.documents import limits
from knowledge.documents.docx_text import (
    BREAK,
    GONE,
    PARAGRAPH,
    Numbering,
    Print,
    said,
    shown_text,
    switched,
    text_boxes,
)
from knowledge.documents.pdf_stacks import TITLE
from knowledge.documents.plain import OFFICIAL
from knowledge.documents.tables import EMPTY, LONGEST_CELL, TAB, SourceCell, make_table, parted_tables
from knowledge.documents.text import Extract, issue_line, listed_contents, powers
from knowledge.errors import UnreadableFile
from knowledge.model import Block, BlockRole, Span
from knowledge.repair.patterns import is_byline
from knowledge.text.numbers import HEADING_NUMBER

_TABLE: Final = qn("w:tbl")
_OPEN: Final = ("，", "、")
_REMEDY: Final = "用 Word 打开后另存为 .docx"
_NOTES: Final = ("footnotes", "endnotes")
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

_USUAL: Final = 10.0
"""Points, where a document says nothing (ECMA-376 17.3.2.38)."""

_DISPLAYS: Final = (BlockRole.TITLE, BlockRole.KICKER, BlockRole.SUBTITLE, BlockRole.BYLINE)


def read_docx(name: str, data: bytes) -> Extract:
    """Extract the paragraphs of a .docx file, one a line, with their roles.

    Raises:
        UnreadableFile: not a sound .docx, or beyond the limits.
    """
    _check_package(name, data)
    try:
        document = docx.Document(io.BytesIO(data))
        writer = _Writer(document)
        writer.body(document.element.body)
        writer.notes()
        blocks = tuple(writer.blocks())
    except Exception as error:  # python-docx lets through what its zip and XML layers meet in damaged parts
        raise UnreadableFile(name, f"Word 文件已损坏（{type(error).__name__}）", _REMEDY) from error
    return Extract("docx", tuple(writer.lines), blocks=blocks)


def _check_package(name: str, data: bytes) -> None:
    """Refuse a package that would expand beyond the limits; zipfile reads no more than an entry declares."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            entries = package.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise UnreadableFile(name, "不是 .docx，或文件已损坏", _REMEDY) from error
    xml = sum(e.file_size for e in entries if e.filename.endswith((".xml", ".rels")))
    most = limits.OFFICE_EXPANDED_BYTES
    if len(entries) > limits.ARCHIVE_ENTRIES or sum(e.file_size for e in entries) > most:
        raise UnreadableFile(name, "解开后太大", f"拆成几个文件，每个解开后不超过 {most >> 20} MB")
    if xml > limits.OFFICE_XML_BYTES:
        raise UnreadableFile(name, "正文解开后太大", "拆成几个文件")


@dataclass(slots=True)
class _Part:
    """A written paragraph, table or note; `role` is open until the print of the whole document is known.

    `size` is its print's in points, `box` the text box that it stands in, 0 for none; `noted` what a note belongs to.
    """

    blocks: list[Block]
    text: str
    role: BlockRole | None = None
    style: str = ""
    size: float = _USUAL
    centred: bool = False
    bold: bool = False
    box: int = 0
    noted: _Part | None = None
    article: int = 0

    @property
    def displayed(self) -> bool:
        """Whether it may be a title or heading by its words: short, without an end."""
        return len(self.text) <= _TITLE_CHARS and not _ENDED.search(self.text) and BREAK not in self.text


class _Writer:
    """The body of a document becoming lines and blocks."""

    def __init__(self, document: Any) -> None:
        self.lines: list[str] = []
        self._parts: list[_Part] = []
        self._document = document
        self._styles = {style.style_id: style for style in document.styles}
        self._numbers = Numbering(document)
        self._look = Print(document.styles.element, document.element.find(qn("w:background")) is None)
        self._boxes: list[int] = [0]
        self._boxes_met = 0
        self._fields: list[str] = []
        self._noted: dict[tuple[str, str | None], _Part] = {}
        default = said(document.styles.element, ".//w:docDefaults//w:sz")
        normal = document.styles.default(WD_STYLE_TYPE.PARAGRAPH)
        size = normal.font.size.pt if normal is not None and normal.font.size else None
        self._size = size or (_USUAL if default is None else _half_points(default))

    def body(self, element: etree._Element) -> None:
        """Write paragraphs and tables in document order."""
        for child in element:
            if child.tag == PARAGRAPH:
                self._paragraph(child)
            elif child.tag == _TABLE:
                self._table(child)
            elif child.tag not in GONE:
                self.body(child)

    def notes(self) -> None:
        """Write the footnotes and endnotes that the text refers to, each a note of its article."""
        parts = {
            rel.reltype.rsplit("/", 1)[-1]: rel.target_part
            for rel in self._document.part.rels.values()
            if not rel.is_external
        }
        for kind in _NOTES:
            if kind not in parts:
                continue
            root = etree.fromstring(
                parts[kind].blob, etree.XMLParser(resolve_entities=False, no_network=True)
            )
            for note in root:
                if note.get(qn("w:type")) in (None, "normal"):
                    text = "".join("".join(shown_text(p, self._look)) for p in note.iter(PARAGRAPH)).strip()
                    if text:
                        part = self._write(text, BlockRole.NOTE)
                        part.noted = self._noted.get((kind, note.get(qn("w:id"))))

    def blocks(self) -> list[Block]:
        """The blocks of everything written, their roles told by styles, by sizes, and by what stands around them."""
        for table in parted_tables(self.lines, (TAB,), ()):
            rows = [part for part in self._parts if table.first <= part.blocks[0].first <= table.last]
            if all(part.role is None and part.box == rows[0].box for part in rows):
                self._parts = [part for part in self._parts if part not in rows[1:]]
                rows[0].blocks, rows[0].role, rows[0].text = [table], BlockRole.TABLE, ""
        self.lines = [line.replace("\t", " ") for line in self.lines]
        return list(_arranged(self._parts))

    def _paragraph(self, element: etree._Element) -> None:
        style: Any = self._styles.get(said(element, "w:pPr/w:pStyle"))
        numbering = self._numbering(element, style)
        label = self._numbers.next(numbering) if numbering else ""
        text = powers("".join(shown_text(element, self._look))).strip()
        if text:
            part = self._write(label + text, BlockRole.FURNITURE if self._in_contents(element) else None)
            part.style = style.name or "" if style is not None else ""
            part.size, part.bold = self._print(element, style)
            part.centred = said(element, "w:pPr/w:jc") == "center"
            for kind in _NOTES:
                for mark in element.iter(qn(f"w:{kind[:-1]}Reference")):
                    self._noted[kind, mark.get(qn("w:id"))] = part
        else:
            self.lines.append("")
        for box in text_boxes(element):
            self._box(box)

    def _in_contents(self, element: etree._Element) -> bool:
        """Follow the fields that begin and end in a paragraph; tell whether one of them is the list of contents."""
        found = "TOC" in self._fields
        for part in element.iter(qn("w:fldChar"), qn("w:instrText")):
            kind = part.get(qn("w:fldCharType"))
            if kind == "begin":
                self._fields.append("")
            elif kind == "end" and self._fields:
                self._fields.pop()
            elif kind is None and self._fields:
                self._fields[-1] = self._fields[-1] or next(iter((part.text or "").split()), "")
                found = found or "TOC" in self._fields
        return found

    def _write(self, text: str, role: BlockRole | None = None) -> _Part:
        """Write one line; what a soft break parts are blocks of their own, unless it stands within a sentence."""
        self.lines.append(text)
        line, at = len(self.lines), 0
        part = _Part([], text, role, box=self._boxes[-1])
        for piece in text.split(BREAK):
            if piece:
                end, within = None if piece == text else at + len(piece), text[:at].rstrip().endswith(_OPEN)
                part.blocks.append(Block(BlockRole.PARAGRAPH, line, line, start=at, end=end, goes_on=within))
            at += len(piece) + len(BREAK)
        self._parts.append(part)
        return part

    def _print(self, element: etree._Element, style: Any) -> tuple[float, bool]:
        """Size and weight of most of a paragraph's characters, as the runs or the styles say them."""
        size = self._size
        while style is not None and style.font.size is None:
            style = style.base_style
        if style is not None:
            size = style.font.size.pt
        counts: Counter[tuple[float, bool]] = Counter()
        for run in element.iter(qn("w:r")):
            own, bold = said(run, "w:rPr/w:sz"), switched(run, "w:rPr/w:b")
            length = sum(len(text.text or "") for text in run.findall(qn("w:t")))
            counts[size if own is None else _half_points(own), bold] += length
        return max(counts, key=counts.__getitem__, default=(size, False))

    @staticmethod
    def _numbering(element: etree._Element, style: Any) -> tuple[str, int] | None:
        for holder in (element, style.element if style is not None else None):
            if (number := said(holder, "w:pPr/w:numPr/w:numId")) is not None:
                return number, int(said(holder, "w:pPr/w:numPr/w:ilvl") or 0)
        return None

    def _table(self, table: etree._Element) -> None:
        """Write a table, each cell on a line of its own; of one that only places text each cell is a box of text."""
        rows = table.findall(qn("w:tr"))
        if next(table.iterdescendants(_TABLE), None) is not None or _places_text(table):
            for cell in table.iterfind(f"{qn('w:tr')}/{qn('w:tc')}"):
                self._box(cell)
            return
        first = len(self.lines) + 1
        grid: list[list[SourceCell]] = []
        for row in rows:
            cells: list[SourceCell] = []
            heads = switched(row, "w:trPr/w:tblHeader")
            for cell in row.findall(qn("w:tc")):
                continues = said(cell, "w:tcPr/w:vMerge") not in (None, "restart")
                if continues and grid and len(cells) < len(grid[-1]):
                    written = grid[-1][len(cells)]
                else:
                    written = self._cell(cell, heads)
                cells += [written] * min(100, int(said(cell, "w:tcPr/w:gridSpan") or 1))
            grid.append(cells)
        made = make_table(grid)
        if made is not None:
            block = Block(BlockRole.TABLE, first, len(self.lines), table=made)
            self._parts.append(_Part([block], "", BlockRole.TABLE, box=self._boxes[-1]))
            return
        for number in range(first, len(self.lines) + 1):
            if text := self.lines[number - 1]:
                block = Block(BlockRole.PARAGRAPH, number, number)
                self._parts.append(_Part([block], text, BlockRole.PARAGRAPH, box=self._boxes[-1]))

    def _box(self, element: etree._Element) -> None:
        """Write what stands apart from the text around it: a text box, or a cell that only places text."""
        self._boxes_met += 1
        self._boxes.append(self._boxes_met)
        self.body(element)
        self._boxes.pop()

    def _cell(self, cell: etree._Element, heading: bool) -> SourceCell:
        spans: list[Span] = []
        for paragraph in cell.iter(PARAGRAPH):
            text = powers("".join(shown_text(paragraph, self._look))).strip().replace(BREAK, " ")
            if text:
                self.lines.append(text)
                spans.append(Span(len(self.lines), 0, len(text)))
        if not spans:
            return EMPTY
        return SourceCell("".join(self.lines[span.line - 1] for span in spans), tuple(spans), heading)


def _places_text(table: etree._Element) -> bool:
    """Tell whether a cell is too long for one of a table: its words are text, set beside other text."""
    return any(
        sum(len(text.text or "") for text in cell.iter(qn("w:t"))) > LONGEST_CELL
        for cell in table.iterfind(f"{qn('w:tr')}/{qn('w:tc')}")
    )


def _half_points(size: str) -> float:
    try:
        return float(size) / 2
    except ValueError:
        return _USUAL


def _arranged(parts: Sequence[_Part]) -> Iterator[Block]:
    """Give each part its role and its article: one begins with each title over text, or with a box that has a title."""
    sizes: Counter[float] = Counter()
    for part in parts:
        sizes[part.size] += len(part.text) if part.role is None else 0
    body = sizes.most_common(1)[0][0] if sizes else _USUAL
    listed = listed_contents([part.text for part in parts])
    for at, part in enumerate(parts):
        part.role = BlockRole.FURNITURE if at in listed else part.role or _role(part, body)
    opening: dict[int, _Part] = {}
    for part in parts:
        if opening.setdefault(part.box, part) is part and part.box and _FIRST_HEADING.match(part.style):
            part.role = BlockRole.TITLE
    _number(parts)
    first = next((part for part in parts if part.role is not BlockRole.FURNITURE), None)
    untitled = len(parts) > 1 and not any(part.role is BlockRole.TITLE for part in parts)
    if untitled and first is not None and first.displayed and first.role is not BlockRole.TABLE:
        first.role = BlockRole.TITLE
        ranks = {part.style for part in parts if _HEADING_STYLES.match(part.style)}
        for part in parts if _FIRST_HEADING.match(first.style) and len(ranks) > 1 else ():
            part.role = BlockRole.TITLE if part.style == first.style else part.role
    _stack(parts, body)
    line: _Part | None = None
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


def _role(part: _Part, body: float) -> BlockRole:
    """The role that a paragraph has by its style, else by its print and its words."""
    if _CONTENTS_STYLES.search(part.style):
        return BlockRole.FURNITURE
    if _CAPTION_STYLES.search(part.style):
        return BlockRole.CAPTION
    if _SUBTITLE_STYLES.search(part.style):
        return BlockRole.SUBTITLE
    if _TITLE_STYLES.match(part.style):
        return BlockRole.TITLE
    if _HEADING_STYLES.match(part.style):
        return BlockRole.HEADING
    if part.style in _FIELD_STYLES:
        return _FIELD_STYLES[part.style]
    if not part.displayed:
        return BlockRole.PARAGRAPH
    if part.size >= TITLE * body:
        return BlockRole.TITLE
    short = len(part.text) <= _HEADING_CHARS
    set_apart = part.bold or (part.centred and part.size > _LARGER * body)
    if short and (HEADING_NUMBER.match(part.text) or (set_apart and not is_byline(part.text))):
        return BlockRole.HEADING
    return BlockRole.CAPTION if part.size < body / _LARGER and part.centred else BlockRole.PARAGRAPH


def _number(parts: Sequence[_Part]) -> None:
    """Make an official document's number and the head over it its kicker, the line under it the title (GB/T 9704)."""
    for at, (part, below) in enumerate(pairwise(parts)):
        titled = below.displayed and (below.centred or below.role is BlockRole.TITLE)
        if titled and below.box == part.box and OFFICIAL.fullmatch(part.text.strip()):
            part.role, below.role = BlockRole.KICKER, BlockRole.TITLE
            for above in takewhile(lambda each: each.displayed, reversed(parts[:at])):
                above.role = BlockRole.KICKER


def _stack(parts: Sequence[_Part], body: float) -> None:
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
