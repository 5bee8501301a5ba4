"""Newspapers as Word files: as python-docx writes them, and as Word and WPS write pages of text boxes."""

from __future__ import annotations

import io
import tomllib
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from string import Template
from typing import Final
from xml.sax.saxutils import escape

from tests.bench.papers import Layout, Story

_WORD: Final = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
STYLES: Final = {"title": "Title", "subtitle": "Subtitle", "heading": "Heading 2", "caption": "Caption"}


def with_lists(stories: Sequence[Story]) -> list[Story]:
    """What `listed_word` shows of stories: the last section of each as items, numbered on and on, and a footnote."""
    shown: list[Story] = []
    number = 0
    for one in stories:
        heading, paragraphs = one.sections[-1]
        items = [[f"{number + at}.{text[0]}", *text[1:]] for at, text in enumerate(paragraphs, 1)]
        number += len(items)
        shown.append(replace(one, sections=[*one.sections[:-1], (heading, [*items, [_note(one)]])]))
    return shown


def _note(one: Story) -> str:
    return f"{one.title}的口径见{len(one.title)}号公报。"


def listed_word(layout: Layout, stories: Sequence[Story]) -> bytes:
    """The same with the last section of each story as a numbered list, and a footnote to its first paragraph."""
    return word(layout, stories, listed=True)


def word(layout: Layout, stories: Sequence[Story], listed: bool = False) -> bytes:
    """A newspaper as Word keeps it: styles for titles and headings, sections of several columns, head and foot."""
    import docx
    from docx.enum.section import WD_SECTION
    from docx.enum.text import WD_PARAGRAPH_ALIGNMENT
    from docx.opc.constants import CONTENT_TYPE as CT
    from docx.opc.constants import RELATIONSHIP_TYPE as RT
    from docx.opc.packuri import PackURI
    from docx.opc.part import Part
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import Mm, Pt

    document = docx.Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(layout.width), Mm(layout.height)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Mm(14)
    document.styles["Normal"].font.size = Pt(layout.body)
    document.styles["Normal"].font.name = "Noto Serif CJK SC"
    document.styles["Normal"].element.rPr.rFonts.set(qn("w:eastAsia"), "Noto Serif CJK SC")
    document.styles["Normal"].paragraph_format.space_after = Pt(0)
    if layout.head:
        section.header.paragraphs[0].text = "\t".join(layout.head_line())

    def columns(count: int) -> None:
        settings = document.sections[-1]._sectPr
        for old in settings.findall(qn("w:cols")):
            settings.remove(old)
        made = OxmlElement("w:cols")
        made.set(qn("w:num"), str(count))
        made.set(qn("w:space"), str(round(layout.gap * layout.body * 20)))
        settings.append(made)

    def put(text: str, size: float, name: str | None = None, centred: bool = True) -> None:
        paragraph = document.add_paragraph(style=name)
        run = paragraph.add_run(text)
        run.font.size = Pt(size)
        if centred:
            paragraph.alignment = WD_PARAGRAPH_ALIGNMENT.CENTER
        elif name is None:
            paragraph.paragraph_format.first_line_indent = Pt(2 * size)

    for at, one in enumerate(stories):
        if at:
            document.add_section(WD_SECTION.CONTINUOUS)
        columns(1)
        for kind, text in one.heads():
            put(text, layout.size(at, kind), STYLES.get(kind))
        document.add_section(WD_SECTION.CONTINUOUS)
        columns(layout.stories[at].columns)
        items = {"".join(text) for text in one.sections[-1][1]} if listed else set()
        for kind, text in one.parts():
            if kind == "caption":
                document.add_picture(_picture(), width=Mm(40))
            name = STYLES.get(kind, "List Number" if text in items else None)
            put(text, layout.size(at, kind), name, kind != "paragraph")
        if listed:
            mark = OxmlElement("w:footnoteReference")
            mark.set(qn("w:id"), str(at + 1))
            document.paragraphs[-1].add_run()._r.append(mark)
    if listed:
        notes = "".join(
            f'<w:footnote w:id="{at}"><w:p><w:r><w:t>{escape(_note(one))}</w:t></w:r></w:p></w:footnote>'
            for at, one in enumerate(stories, 1)
        )
        blob = f'<w:footnotes xmlns:w="{_WORD}">{notes}</w:footnotes>'.encode()
        part = Part(PackURI("/word/footnotes.xml"), CT.WML_FOOTNOTES, blob, document.part.package)
        document.part.relate_to(part, RT.FOOTNOTES)
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def _picture() -> io.BytesIO:
    from PIL import Image

    made = io.BytesIO()
    Image.new("RGB", (40, 26), (187, 187, 187)).save(made, "PNG")
    made.seek(0)
    return made


def boxed_word(layout: Layout, stories: Sequence[Story]) -> bytes:
    """A newspaper as a page of text boxes, written as Word and WPS do, with what an editor struck and added."""
    rows = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))

    def put(row: str, **values: object) -> str:
        return Template(rows[row]).substitute(values)

    def paragraph(at: int, kind: str, text: str) -> str:
        size = layout.size(at, kind)
        place = put("indented", twentieths=round(size * 40)) if kind == "paragraph" else put("centred")
        struck = {"paragraph": "（删去的话。）", "title": "送审稿"}.get(kind)
        half = len(text) // 2  # Word parts a paragraph into runs as it was typed
        before, after = (
            put("run", half_points=round(size * 2), text=escape(part)) for part in (text[:half], text[half:])
        )
        gone = put("struck", text=struck) if struck else ""
        return put("paragraph", place=place, before=before, struck=gone, after=after)

    boxes: list[str] = []
    top, sheet = 5.0, layout.width - 24
    for shelf in layout.shelves():
        left, high = 0.0, 0.0
        for at, share in shelf:
            one = stories[at]
            inner = "".join(paragraph(at, *line) for line in (*one.heads(), *one.parts()))
            room = sum(len(text) + 8 for _, text in one.parts()) * layout.body**2 * 0.124 * layout.leading
            width, height = sheet * share - 4, 55 + 1.35 * room / (sheet * share)
            x, y, cx, cy = (round(each * 36_000) for each in (left, top, width, height))  # of a millimetre
            place = {"x": x, "y": y, "cx": cx, "cy": cy, "width": width, "height": height}
            boxes.append(put("box", number=len(boxes) + 1, inner=inner, **place))
            left += sheet * share
            high = max(high, height)
        top += high + 3
    page = {"wide": round(layout.width * 56.7), "high": round((top + 30) * 56.7)}
    parts = {
        "[Content_Types].xml": rows["types"],
        "_rels/.rels": rows["relations"],
        "word/document.xml": put("document", boxes="".join(boxes), **page),
    }
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as package:
        for name, text in parts.items():
            package.writestr(name, '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>' + text)
    return made.getvalue()
