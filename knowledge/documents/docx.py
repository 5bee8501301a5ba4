"""Word: what a .docx shows, with roles; line n is paragraph n, tables, text boxes and notes in their place.

Read from the XML by python-docx rather than through mammoth, which keeps hidden text and drops the numbers of lists.
"""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from typing import Any, Final

import docx
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml.ns import qn
from lxml import etree

from knowledge.documents import limits
from knowledge.documents.docx_roles import USUAL, Part, arranged
from knowledge.documents.docx_text import (
    BREAK,
    GONE,
    PARAGRAPH,
    Numbering,
    Print,
    inherited,
    said,
    shown_text,
    switched,
    text_boxes,
)
from knowledge.documents.tables import EMPTY, LONGEST_CELL, TAB, SourceCell, make_table, parted_tables
from knowledge.documents.text import Extract, powers
from knowledge.errors import UnreadableFile
from knowledge.model import Block, BlockRole, Span

_TABLE: Final = qn("w:tbl")
_OPEN: Final = ("，", "、")
_REMEDY: Final = "用 Word 打开后另存为 .docx"
_NOTES: Final = ("footnotes", "endnotes")
_LEVELS: Final = tuple("012345678")
"""Of the outline; 9 is text."""


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


class _Writer:
    """The body of a document becoming lines and blocks."""

    def __init__(self, document: Any) -> None:
        self.lines: list[str] = []
        self._parts: list[Part] = []
        self._document = document
        self._styles = {style.style_id: style for style in document.styles}
        self._numbers = Numbering(document)
        self._look = Print(document.styles.element, document.element.find(qn("w:background")) is None)
        self._boxes: list[int] = [0]
        self._boxes_met = 0
        self._fields: list[str] = []
        self._contents: list[Part] = []
        self._noted: dict[tuple[str, str | None], Part] = {}
        default = said(document.styles.element, ".//w:docDefaults//w:sz")
        normal = document.styles.default(WD_STYLE_TYPE.PARAGRAPH)
        size = normal.font.size.pt if normal is not None and normal.font.size else None
        self._size = size or (USUAL if default is None else _half_points(default))

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
        if "TOC" in self._fields:  # a list without an end may be the whole text
            self._contents = []
        for part in self._contents:
            part.role = BlockRole.FURNITURE
        self.lines = [line.replace("\t", " ") for line in self.lines]
        return list(arranged(self._parts))

    def _paragraph(self, element: etree._Element) -> None:
        style: Any = self._styles.get(said(element, "w:pPr/w:pStyle"))
        label = self._label(element, style)
        text = powers("".join(shown_text(element, self._look))).strip()
        listed = self._in_contents(element)
        if text:
            part = self._write(label + text)
            if listed:
                self._contents.append(part)
            part.style = style.name or "" if style is not None else ""
            part.size, part.bold = self._print(element, style)
            part.outlined = self._outlined(element, style)
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

    def _write(self, text: str, role: BlockRole | None = None) -> Part:
        """Write one line; what a soft break parts are blocks of their own, unless it stands within a sentence."""
        self.lines.append(text)
        line, at = len(self.lines), 0
        part = Part([], text, role, box=self._boxes[-1])
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
    def _outlined(element: etree._Element, style: Any) -> bool:
        """Tell whether a paragraph heads a level of the outline, by itself or by its style (ECMA-376 17.3.1.20)."""
        level = inherited(element, style, "w:pPr/w:outlineLvl")
        return level is not None and level in _LEVELS

    def _label(self, element: etree._Element, style: Any) -> str:
        """Count a paragraph of a list on; return its label, empty where it has none."""
        number = inherited(element, style, "w:pPr/w:numPr/w:numId")
        if number is None:
            return ""
        level = inherited(element, style, "w:pPr/w:numPr/w:ilvl")
        named = style.style_id if style is not None else ""
        return self._numbers.next(number, None if level is None else int(level), named)

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
            self._parts.append(Part([block], "", BlockRole.TABLE, box=self._boxes[-1]))
            return
        del self.lines[first - 1 :]
        for cell in table.iterfind(f"{qn('w:tr')}/{qn('w:tc')}"):
            self.body(cell)

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
        return USUAL
