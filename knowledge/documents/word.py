"""Word: the paragraphs of a .docx, tables and text boxes in their place; line n is paragraph n."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from typing import Final

import docx
from docx.oxml.ns import qn
from lxml import etree

from knowledge.documents import limits
from knowledge.documents.extract import Extract
from knowledge.errors import UnreadableFile

_PARAGRAPH: Final = qn("w:p")
_ELSEWHERE: Final = frozenset({_PARAGRAPH, qn("w:del"), qn("w:pPr"), qn("w:rPr"), qn("w:moveFrom")})
_FALLBACK: Final = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_BLANK: Final = frozenset({qn("w:tab"), qn("w:br"), qn("w:cr")})
_REMEDY: Final = "用 Word 打开后另存为 .docx"


def read_word(name: str, data: bytes) -> Extract:
    """Extract the paragraphs of a .docx file, one a line.

    Raises:
        UnreadableFile: not a sound .docx, or beyond the limits.
    """
    _check_package(name, data)
    try:
        paragraphs = list(_paragraphs(docx.Document(io.BytesIO(data)).element.body))
    except (
        Exception
    ) as error:  # python-docx lets through whatever its zip and XML layers meet in damaged parts
        raise UnreadableFile(name, f"Word 文件已损坏（{type(error).__name__}）", _REMEDY) from error
    return Extract("docx", tuple("".join(_text(paragraph)) for paragraph in paragraphs))


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


def _paragraphs(body: etree._Element) -> Iterator[etree._Element]:
    """Every paragraph in document order; what Word repeats for older readers is left out."""
    for paragraph in body.iter(_PARAGRAPH):
        if not any(ancestor.tag == _FALLBACK for ancestor in paragraph.iterancestors()):
            yield paragraph


def _text(element: etree._Element) -> Iterator[str]:
    for child in element:
        if child.tag == qn("w:t"):
            yield (child.text or "").replace("\n", " ").replace("\r", " ")
        elif child.tag in _BLANK:
            yield " "
        elif child.tag == qn("w:noBreakHyphen"):
            yield "-"
        elif child.tag not in _ELSEWHERE and child.tag != _FALLBACK:
            yield from _text(child)
