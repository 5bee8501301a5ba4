"""Word files from text, a paragraph a line."""

from __future__ import annotations

import io
import re

import docx
from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

_STYLED = re.compile(r"\[([A-Z][a-z]+(?: \d)?)\] (.*)")


def saved(document: Document) -> bytes:
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def word(text: str) -> bytes:
    """`[Style]` names a paragraph's style, `^` centres it; rows of bars are a table, `<w:` the runs of a paragraph."""
    document = docx.Document()
    rows: list[list[str]] = []
    for line in [*text.split("\n"), None]:
        if line is not None and line.startswith("| "):
            rows.append([cell.strip() for cell in line.strip("| ").split("|")])
            continue
        if rows:
            table = document.add_table(len(rows), len(rows[0]))
            for row, cells in zip(table.rows, rows, strict=True):
                for cell, said in zip(row.cells, cells, strict=True):
                    cell.text = said
            rows = []
        if line is None:
            break
        if styled := _STYLED.fullmatch(line):
            if styled[1] not in document.styles:
                document.styles.add_style(styled[1], WD_STYLE_TYPE.PARAGRAPH)
            document.add_paragraph(styled[2], style=styled[1])
        elif line.startswith("<w:"):
            document.element.body.insert(-1, parse_xml(f"<w:p {nsdecls('w')}>{line}</w:p>"))
        elif line.startswith("^"):
            document.add_paragraph(line[1:]).alignment = WD_ALIGN_PARAGRAPH.CENTER
        else:
            document.add_paragraph(line)
    return saved(document)
