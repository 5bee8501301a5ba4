"""Word: what a .docx shows, with roles; line n is paragraph n, tables, text boxes and notes in their place.

Read from the XML by python-docx rather than through mammoth, which keeps hidden text and drops the numbers of lists.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import docx
from docx.oxml.ns import qn
from lxml import etree

from knowledge.documents import limits
from knowledge.documents.extract import Extract
from knowledge.documents.html_blocks import LOWERED, RAISED, SCRIPT, powers
from knowledge.documents.tables import EMPTY, SourceCell, make_table
from knowledge.errors import UnreadableFile
from knowledge.model import Block, Role, Span

_PARAGRAPH, _TABLE, _VALUE = qn("w:p"), qn("w:tbl"), qn("w:val")
_GONE: Final = frozenset(map(qn, ("w:del", "w:pPr", "w:rPr", "w:moveFrom")))
_FALLBACK: Final = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_BLANK: Final = frozenset(map(qn, ("w:tab", "w:cr")))
_BREAK: Final = "\u3000\u3000"
_HIDDEN: Final = tuple(map(qn, ("w:vanish", "w:strike", "w:dstrike", "w:webHidden")))
_OFF: Final = ("0", "false", "off")
_REMEDY: Final = "用 Word 打开后另存为 .docx"
_NOTES: Final = ("footnotes", "endnotes")
_TITLE_STYLES: Final = re.compile(r"(?:title|标题)$", re.I)
_HEADING_STYLES: Final = re.compile(r"(?:heading|标题)\s*[1-9]$", re.I)
_CONTENTS_STYLES: Final = re.compile(r"(?:toc|目录)\b|^toc\s*\d", re.I)
_CAPTION_STYLES: Final = re.compile(r"(?:caption|题注)$", re.I)
_NUMBERED: Final = re.compile(
    r"(?:[一二三四五六七八九十]{1,3}、|[（(][一二三四五六七八九十]{1,3}[）)]|第[一二三四五六七八九十百\d]{1,4}[章节编])"
)
_ENDED: Final = re.compile("[。；！？，：、]$")
_HEADING_CHARS, _TITLE_CHARS = 30, 50
_DIGITS: Final = "〇一二三四五六七八九"
_CIRCLED: Final = 0x2460


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
    except (
        Exception
    ) as error:  # python-docx lets through whatever its zip and XML layers meet in damaged parts
        raise UnreadableFile(name, f"Word 文件已损坏（{type(error).__name__}）", _REMEDY) from error
    return Extract("docx", tuple(writer.lines), blocks=tuple(writer.blocks))


def _check_package(name: str, data: bytes) -> None:
    """Refuse a package that would expand beyond the limits; zipfile reads no more than an entry declares."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            entries = package.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise UnreadableFile(name, "不是 .docx，或文件已损坏", _REMEDY) from error
    xml = sum(e.file_size for e in entries if e.filename.endswith((".xml", ".rels")))
    if (
        len(entries) > limits.ARCHIVE_ENTRIES
        or sum(e.file_size for e in entries) > limits.OFFICE_EXPANDED_BYTES
    ):
        raise UnreadableFile(
            name, "解开后太大", f"拆成几个文件，每个解开后不超过 {limits.OFFICE_EXPANDED_BYTES >> 20} MB"
        )
    if xml > limits.OFFICE_XML_BYTES:
        raise UnreadableFile(name, "正文解开后太大", "拆成几个文件")


@dataclass(slots=True)
class _Style:
    """What a paragraph's style and properties say of it."""

    name: str = ""
    numbering: tuple[str, int] | None = None


class _Writer:
    """The body of a document becoming lines and blocks."""

    def __init__(self, document: Any) -> None:
        self.lines: list[str] = []
        self.blocks: list[Block] = []
        self._document = document
        self._styles = {style.style_id: style for style in document.styles}
        self._numbers = _Numbering(document)
        self._titled = False
        self._notes: list[tuple[str, str]] = []

    def body(self, element: etree._Element) -> None:
        """Write paragraphs and tables in document order."""
        for child in element:
            if child.tag == _PARAGRAPH:
                self._paragraph(child)
            elif child.tag == _TABLE:
                self._table(child)
            elif child.tag not in _GONE and child.tag != _FALLBACK:
                self.body(child)

    def notes(self) -> None:
        """Write the footnotes and endnotes that the text refers to, each a note of its article."""
        parts = {
            rel.reltype.rsplit("/", 1)[-1]: rel.target_part
            for rel in self._document.part.rels.values()
            if not rel.is_external
        }
        for kind in _NOTES:
            part = parts.get(kind)
            if part is None:
                continue
            root = etree.fromstring(part.blob, etree.XMLParser(resolve_entities=False, no_network=True))
            for note in root:
                if note.get(qn("w:type")) in (None, "normal"):
                    text = "".join("".join(_text(p)) for p in note.iter(_PARAGRAPH)).strip()
                    if text:
                        self._write(text, Role.NOTE)

    def _paragraph(self, element: etree._Element) -> None:
        style = self._style(element)
        label = self._numbers.next(style.numbering) if style.numbering else ""
        text = powers("".join(_text(element))).strip()
        if text:
            text = label + text
            self._write(text, self._role(text, style, element))
        else:
            self.lines.append("")
        for box in _boxes(element):
            self.body(box)

    def _write(self, text: str, role: Role) -> None:
        """Write one line; what a soft break parts are blocks of their own."""
        self.lines.append(text)
        number, at = len(self.lines), 0
        for part in text.split(_BREAK):
            if part:
                whole = part == text
                end = None if whole else at + len(part)
                self.blocks.append(Block(role, number, number, start=at, end=end))
            at += len(part) + len(_BREAK)

    def _role(self, text: str, style: _Style, element: etree._Element) -> Role:
        if _CONTENTS_STYLES.search(style.name):
            return Role.FURNITURE
        if _CAPTION_STYLES.search(style.name):
            return Role.CAPTION
        first = not self._titled
        self._titled = True
        short = len(text) <= _TITLE_CHARS and not _ENDED.search(text) and _BREAK not in text
        if _TITLE_STYLES.match(style.name) or (first and short and len(element.getparent()) > 2):
            return Role.TITLE
        if _HEADING_STYLES.match(style.name):
            return Role.HEADING
        plain = len(text) <= _HEADING_CHARS and not _ENDED.search(text)
        return Role.HEADING if plain and _NUMBERED.match(text) else Role.PARAGRAPH

    def _style(self, element: etree._Element) -> _Style:
        properties = element.find(qn("w:pPr"))
        named = properties.find(qn("w:pStyle")) if properties is not None else None
        style = self._styles.get(named.get(_VALUE)) if named is not None else None
        found = _Style(style.name or "" if style is not None else "")
        own = properties.find(qn("w:numPr")) if properties is not None else None
        styled = style.element.find(f"{qn('w:pPr')}/{qn('w:numPr')}") if style is not None else None
        for numbering in (own, styled):
            if numbering is not None:
                number, level = numbering.find(qn("w:numId")), numbering.find(qn("w:ilvl"))
                if number is not None:
                    found.numbering = (number.get(_VALUE), int(level.get(_VALUE)) if level is not None else 0)
                    break
        return found

    def _table(self, table: etree._Element) -> None:
        """Write a table, each cell on a line of its own; one that only places text is read as text."""
        rows = table.findall(qn("w:tr"))
        first = len(self.lines) + 1
        grid: list[list[SourceCell]] = []
        for row in rows:
            cells: list[SourceCell] = []
            heads = row.find(f"{qn('w:trPr')}/{qn('w:tblHeader')}") is not None
            for cell in row.findall(qn("w:tc")):
                properties = cell.find(qn("w:tcPr"))
                span = properties.find(qn("w:gridSpan")) if properties is not None else None
                merge = properties.find(qn("w:vMerge")) if properties is not None else None
                if (
                    merge is not None
                    and merge.get(_VALUE) != "restart"
                    and grid
                    and len(cells) < len(grid[-1])
                ):
                    written = grid[-1][len(cells)]
                else:
                    written = self._cell(cell, heads)
                cells += [written] * (min(100, int(span.get(_VALUE))) if span is not None else 1)
            grid.append(cells)
        made = make_table(grid)
        if made is not None and max(len(cell.text) for cells in grid for cell in cells) <= 200:
            self.blocks.append(Block(Role.TABLE, first, len(self.lines), table=made))
            return
        for number in range(first, len(self.lines) + 1):
            if self.lines[number - 1]:
                self.blocks.append(Block(Role.PARAGRAPH, number, number))

    def _cell(self, cell: etree._Element, heading: bool) -> SourceCell:
        spans: list[Span] = []
        for paragraph in cell.iter(_PARAGRAPH):
            text = powers("".join(_text(paragraph))).strip().replace(_BREAK, " ")
            if text:
                self.lines.append(text)
                spans.append(Span(len(self.lines), 0, len(text)))
        if not spans:
            return EMPTY
        return SourceCell("".join(self.lines[span.line - 1] for span in spans), tuple(spans), heading)


@dataclass(slots=True)
class _Numbering:
    """The numbers that Word shows before the items of lists, counted as it does."""

    document: Any
    _levels: dict[tuple[str, int], tuple[str, str, int]] = field(default_factory=dict)
    _abstract: dict[str, str] = field(default_factory=dict)
    _counts: dict[str, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))

    def __post_init__(self) -> None:
        try:
            root = self.document.part.numbering_part.element
        except (KeyError, NotImplementedError):  # no list in the document
            return
        for number in root.findall(qn("w:num")):
            abstract = number.find(qn("w:abstractNumId"))
            if abstract is not None:
                self._abstract[number.get(qn("w:numId"))] = abstract.get(_VALUE)
        for abstract in root.findall(qn("w:abstractNum")):
            for level in abstract.findall(qn("w:lvl")):
                told = {child.tag: child.get(_VALUE) or "" for child in level}
                self._levels[abstract.get(qn("w:abstractNumId")), int(level.get(qn("w:ilvl")))] = (
                    told.get(qn("w:numFmt"), "decimal"),
                    told.get(qn("w:lvlText"), ""),
                    int(told.get(qn("w:start"), "1") or 1),
                )

    def next(self, numbering: tuple[str, int]) -> str:
        """Count one item on; return its label, empty for bullets and unknown lists."""
        number, level = numbering
        abstract = self._abstract.get(number)
        if abstract is None or (abstract, level) not in self._levels:
            return ""
        counts = self._counts[number]
        start = self._levels[abstract, level][2]
        counts[level] = counts.get(level, start - 1) + 1
        for deeper in [each for each in counts if each > level]:
            del counts[deeper]
        form, text, _ = self._levels[abstract, level]
        if form in ("bullet", "none") or not text:
            return ""

        def shown(match: re.Match[str]) -> str:
            at = int(match[1]) - 1
            known = self._levels.get((abstract, at))
            return _written(counts.get(at, known[2] if known else 1), known[0] if known else "decimal")

        return re.sub(r"%([1-9])", shown, text)


def _written(number: int, form: str) -> str:
    """Write a list's number in one of Word's forms."""
    if form == "decimalEnclosedCircle" and 1 <= number <= 20:
        return chr(_CIRCLED + number - 1)
    if form in ("upperLetter", "lowerLetter"):
        letter = chr(ord("A") + (number - 1) % 26)
        return letter if form == "upperLetter" else letter.lower()
    if "chinese" in form.lower() or form in (
        "ideographTraditional",
        "japaneseCounting",
        "taiwaneseCountingThousand",
    ):
        tens, ones = divmod(number, 10)
        if number <= 99:
            return ("" if not tens else ("" if tens == 1 else _DIGITS[tens]) + "十") + (
                _DIGITS[ones] if ones else ""
            )
        return "".join(_DIGITS[int(digit)] for digit in str(number))
    return str(number)


def _boxes(paragraph: etree._Element) -> Iterator[etree._Element]:
    """The text boxes that a paragraph holds; what Word repeats for older readers is left out."""
    for box in paragraph.iter(qn("w:txbxContent")):
        outer = list(box.iterancestors(qn("w:txbxContent"), _FALLBACK, _PARAGRAPH))
        if outer and outer[0] is paragraph:
            yield box


def _text(element: etree._Element) -> Iterator[str]:
    """The text that a paragraph shows, its boxes apart."""
    for child in element:
        if child.tag == qn("w:r"):
            yield from _run(child)
        elif child.tag not in _GONE and child.tag not in (_FALLBACK, _PARAGRAPH, qn("w:txbxContent")):
            yield from _text(child)


def _run(run: etree._Element) -> Iterator[str]:
    properties = run.find(qn("w:rPr"))
    place = ""
    if properties is not None:
        for mark in _HIDDEN:
            switch = properties.find(mark)
            if switch is not None and switch.get(_VALUE) not in _OFF:
                return
        align = properties.find(qn("w:vertAlign"))
        place = align.get(_VALUE) or "" if align is not None else ""
    for child in run:
        if child.tag == qn("w:t"):
            text = (child.text or "").replace("\n", " ").replace("\r", " ")
            if SCRIPT.fullmatch(text) and place in ("superscript", "subscript"):
                text = text.translate(RAISED if place == "superscript" else LOWERED)
            yield text
        elif child.tag == qn("w:br"):
            yield _BREAK
        elif child.tag in _BLANK:
            yield " "
        elif child.tag == qn("w:noBreakHyphen"):
            yield "-"
        elif child.tag not in _GONE and child.tag not in (_FALLBACK, qn("w:txbxContent")):
            yield from _text(child)
