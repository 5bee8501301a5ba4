"""Newspapers as Word files: as python-docx writes them, and as Word and WPS write pages of text boxes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from xml.sax.saxutils import escape

from tests.bench.papers import Layout, Story

_WORD: Final = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


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
        if one.kicker:
            put(one.kicker, layout.body * 1.35)
        put(one.title, layout.title_size(at), "Title")
        if one.subtitle:
            put(one.subtitle, layout.body * 1.3, "Subtitle")
        if one.byline:
            put(one.byline, layout.body)
        document.add_section(WD_SECTION.CONTINUOUS)
        columns(layout.columns(at))
        items = {"".join(text) for text in one.sections[-1][1]} if listed else set()
        for kind, text in one.parts():
            name = {"heading": "Heading 2", "caption": "Caption"}.get(
                kind, "List Number" * (text in items) or None
            )
            if kind == "caption":
                document.add_picture(_picture(), width=Mm(40))
            put(text, layout.body * (1.15 if kind == "heading" else 1), name, kind in ("heading", "caption"))
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
    """A newspaper as a page of text boxes, written as Word and WPS do: each box twice, for old readers again in VML."""

    def run(text: str, size: float) -> str:
        marks = f'<w:rFonts w:eastAsia="Noto Serif CJK SC"/><w:sz w:val="{round(size * 2)}"/>'
        return f'<w:r><w:rPr>{marks}</w:rPr><w:t xml:space="preserve">{escape(text)}</w:t></w:r>'

    def paragraph(text: str, size: float, centred: bool, struck: str = "") -> str:
        place = (
            '<w:jc w:val="center"/>'
            if centred
            else f'<w:ind w:firstLine="{round(size * 40)}" w:firstLineChars="200"/>'
        )
        gone = (
            f'<w:del w:id="9" w:author="编辑"><w:r><w:delText>{escape(struck)}</w:delText></w:r></w:del>'
            if struck
            else ""
        )
        half = len(text) // 2  # Word parts a paragraph into runs as it was typed
        inner = (
            run(text[:half], size)
            + gone
            + f'<w:ins w:id="8" w:author="编辑">{run(text[half:], size)}</w:ins>'
        )
        return f"<w:p><w:pPr>{place}</w:pPr>{inner}</w:p>"

    boxes: list[str] = []
    top = 5.0
    wide = layout.width - 24
    for shelf in layout.shelves():
        left, high = 0.0, 0.0
        for at, share in shelf:
            one = stories[at]
            inner = [paragraph(one.kicker, layout.body * 1.35, True)] if one.kicker else []
            inner.append(paragraph(one.title, layout.title_size(at), True, "送审稿"))
            inner += [paragraph(one.subtitle, layout.body * 1.3, True)] if one.subtitle else []
            inner += [paragraph(one.byline, layout.body, True)] if one.byline else []
            for kind, text in one.parts():
                size = layout.body * {"heading": 1.15, "caption": 0.85}.get(kind, 1)
                inner.append(
                    paragraph(text, size, kind != "paragraph", "（删去的话。）" * (kind == "paragraph"))
                )
            room = sum(len(text) + 8 for _, text in one.parts()) * layout.body**2 * 0.124 * layout.leading
            height = 55 + 1.35 * room / (wide * share)
            boxes.append(_box(len(boxes) + 1, left, top, wide * share - 4, height, "".join(inner)))
            left += wide * share
            high = max(high, height)
        top += high + 3
    page = (
        f'<w:sectPr><w:pgSz w:w="{round(layout.width * 56.7)}" w:h="{round((top + 30) * 56.7)}"/>'
        '<w:pgMar w:top="680" w:bottom="680" w:left="680" w:right="680" w:header="300" w:footer="300"/></w:sectPr>'
    )
    spaces = (
        f'xmlns:w="{_WORD}" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
        'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
        'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:v="urn:schemas-microsoft-com:vml" '
        'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"'
    )
    body = f"<w:document {spaces}><w:body><w:p>{''.join(boxes)}</w:p>{page}</w:body></w:document>"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    parts = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>',
        "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="r1" Type="{office}" Target="word/document.xml"/></Relationships>',
        "word/document.xml": body,
    }
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as package:
        for name, text in parts.items():
            package.writestr(name, '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>' + text)
    return made.getvalue()


def _box(number: int, left: float, top: float, width: float, height: float, inner: str) -> str:
    """A text box at its place in millimetres."""
    x, y, cx, cy = (round(each * 36000) for each in (left, top, width, height))
    content = f"<w:txbxContent>{inner}</w:txbxContent>"
    shape = (
        f'<wps:wsp><wps:cNvSpPr txBox="1"/><wps:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="{cx}" cy="{cy}"/></a:xfrm>'
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></wps:spPr>'
        f"<wps:txbx>{content}</wps:txbx><wps:bodyPr/></wps:wsp>"
    )
    place = (
        f'<wp:positionH relativeFrom="margin"><wp:posOffset>{x}</wp:posOffset></wp:positionH>'
        f'<wp:positionV relativeFrom="margin"><wp:posOffset>{y}</wp:posOffset></wp:positionV>'
    )
    anchor = (
        f'<wp:anchor distT="0" distB="0" distL="0" distR="0" simplePos="0" relativeHeight="{number}" behindDoc="0" locked="0" '
        f'layoutInCell="1" allowOverlap="1"><wp:simplePos x="0" y="0"/>{place}<wp:extent cx="{cx}" cy="{cy}"/>'
        f'<wp:wrapNone/><wp:docPr id="{number}" name="文本框 {number}"/><wp:cNvGraphicFramePr/>'
        '<a:graphic><a:graphicData uri="http://schemas.microsoft.com/office/word/2010/wordprocessingShape">'
        f"{shape}</a:graphicData></a:graphic></wp:anchor>"
    )
    old = f'<w:pict><v:shape style="width:{width}mm;height:{height}mm"><v:textbox>{content}</v:textbox></v:shape></w:pict>'
    return (
        f'<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing>{anchor}</w:drawing></mc:Choice>'
        f"<mc:Fallback>{old}</mc:Fallback></mc:AlternateContent></w:r>"
    )
