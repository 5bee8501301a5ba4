"""What a paragraph of Word shows: its runs as text, without what was deleted, struck or is not seen; and its text boxes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from docx.oxml.ns import nsmap, qn
from lxml import etree

from knowledge.documents.html_look import WHITE, alike, colour_of
from knowledge.documents.text import LOWERED, RAISED, SCRIPT

PARAGRAPH, _VALUE = qn("w:p"), qn("w:val")
FALLBACK: Final = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_BREAKS: Final = frozenset(map(qn, ("w:br", "w:cr")))
_HIDDEN: Final = tuple(map(qn, ("w:vanish", "w:strike", "w:dstrike", "w:webHidden")))
GONE: Final = frozenset(map(qn, ("w:del", "w:pPr", "w:rPr", "w:moveFrom")))
_SIZE, _COLOUR, _BOX = map(qn, ("w:sz", "w:color", "w:txbxContent"))
_LOOKS: Final = (*_HIDDEN, _SIZE, _COLOUR)
_TINY: Final = ("0", "1", "2")
"""Half points of print that is for no eye."""

_PROPERTIES, _GROUNDS = [*map(qn, ("w:rPr", "w:pPr"))], [*map(qn, ("w:shd", "w:highlight"))]
_DRAWN_UNDER: Final = etree.XPath(
    "ancestor::w:txbxContent | ancestor::*/*/w:shd | ancestor::w:tbl/w:tblPr/w:tblStyle", namespaces=nsmap
)
_DEEPEST: Final = 20
"""Styles that stand on one another; of those in a circle none comes oftener."""

BREAK: Final = "\u3000\u3000"
OFF: Final = ("0", "false", "off")


def text_boxes(paragraph: etree._Element) -> Iterator[etree._Element]:
    """The text boxes that a paragraph holds; what Word repeats for older readers is left out."""
    for box in paragraph.iter(_BOX):
        outer = list(box.iterancestors(_BOX, FALLBACK, PARAGRAPH))
        if outer and outer[0] is paragraph:
            yield box


class Print:
    """How a document's runs look, by themselves and by the styles of theirs and of their paragraphs."""

    def __init__(self, styles: etree._Element, paper: bool) -> None:
        self._styles = {style.get(qn("w:styleId")): style for style in styles.iter(qn("w:style"))}
        self._paper = paper

    def hides(self, run: etree._Element) -> bool:
        """Tell whether nobody sees a run: hidden, struck, a point high, or white where nothing is drawn under it."""
        said = [*run.iterchildren(qn("w:rPr")), *self._styled(run, "w:rPr/w:rStyle")]
        for paragraph in run.iterancestors(PARAGRAPH):
            said += self._styled(paragraph, "w:pPr/w:pStyle")
        found = {mark: next((each for own in said for each in own.iter(mark)), None) for mark in _LOOKS}
        value = {mark: each.get(_VALUE, "1") for mark, each in found.items() if each is not None}
        if any(value.get(mark, "0") not in OFF for mark in _HIDDEN) or value.get(_SIZE) in _TINY:
            return True
        ink, _ = colour_of(value.get(_COLOUR, "auto").lower(), None)
        drawn = any(next(own.iter(*_GROUNDS), None) is not None for own in said)
        return self._paper and alike(ink, WHITE) and not drawn and not _DRAWN_UNDER(run)

    def _styled(self, element: etree._Element, path: str) -> Iterator[etree._Element]:
        """The properties of the style that an element names, and of those that it stands on."""
        named = element.find("/".join(map(qn, path.split("/"))))
        for _ in range(_DEEPEST):
            style = self._styles.get(named.get(_VALUE)) if named is not None else None
            if style is None:
                return
            yield from style.iterchildren(*_PROPERTIES)
            named = style.find(qn("w:basedOn"))


def shown_text(element: etree._Element, look: Print) -> Iterator[str]:
    """The text that a paragraph shows, its boxes apart."""
    for child in element:
        if child.tag == qn("w:r"):
            yield from _run(child, look)
        elif child.tag not in GONE and child.tag not in (FALLBACK, PARAGRAPH, _BOX):
            yield from shown_text(child, look)


def _run(run: etree._Element, look: Print) -> Iterator[str]:
    if look.hides(run):
        return
    align = run.find(f"{qn('w:rPr')}/{qn('w:vertAlign')}")
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
        elif child.tag not in GONE and child.tag not in (FALLBACK, _BOX):
            yield from shown_text(child, look)
