"""What a paragraph of Word shows: its runs as text, without what was deleted, struck or hidden; and its text boxes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from docx.oxml.ns import qn
from lxml import etree

from knowledge.documents.html_blocks import LOWERED, RAISED, SCRIPT

PARAGRAPH, _VALUE = qn("w:p"), qn("w:val")
FALLBACK: Final = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_BREAKS: Final = frozenset(map(qn, ("w:br", "w:cr")))
_HIDDEN: Final = tuple(map(qn, ("w:vanish", "w:strike", "w:dstrike", "w:webHidden")))
GONE: Final = frozenset(map(qn, ("w:del", "w:pPr", "w:rPr", "w:moveFrom")))
BREAK: Final = "\u3000\u3000"
OFF: Final = ("0", "false", "off")


def text_boxes(paragraph: etree._Element) -> Iterator[etree._Element]:
    """The text boxes that a paragraph holds; what Word repeats for older readers is left out."""
    for box in paragraph.iter(qn("w:txbxContent")):
        outer = list(box.iterancestors(qn("w:txbxContent"), FALLBACK, PARAGRAPH))
        if outer and outer[0] is paragraph:
            yield box


def shown_text(element: etree._Element) -> Iterator[str]:
    """The text that a paragraph shows, its boxes apart."""
    for child in element:
        if child.tag == qn("w:r"):
            yield from _run(child)
        elif child.tag not in GONE and child.tag not in (FALLBACK, PARAGRAPH, qn("w:txbxContent")):
            yield from shown_text(child)


def _run(run: etree._Element) -> Iterator[str]:
    properties = run.find(qn("w:rPr"))
    place = ""
    if properties is not None:
        for mark in _HIDDEN:
            switch = properties.find(mark)
            if switch is not None and switch.get(_VALUE) not in OFF:
                return
        align = properties.find(qn("w:vertAlign"))
        place = align.get(_VALUE) or "" if align is not None else ""
    for child in run:
        if child.tag == qn("w:t"):
            text = (child.text or "").replace("\n", " ").replace("\r", " ")
            if SCRIPT.fullmatch(text) and place in ("superscript", "subscript"):
                text = text.translate(RAISED if place == "superscript" else LOWERED)
            yield text
        elif child.tag in _BREAKS:
            yield BREAK
        elif child.tag == qn("w:tab"):
            yield "\t"
        elif child.tag == qn("w:noBreakHyphen"):
            yield "-"
        elif child.tag not in GONE and child.tag not in (FALLBACK, qn("w:txbxContent")):
            yield from shown_text(child)
