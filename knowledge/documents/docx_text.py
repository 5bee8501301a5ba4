"""What a paragraph of Word shows: its runs as text, without what was deleted, struck or is not seen; its number; text boxes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from docx.oxml.ns import nsmap, qn
from lxml import etree

from knowledge.documents.html_look import WHITE, alike, colour_of
from knowledge.documents.text import SCRIPT, set_off

PARAGRAPH, _VALUE = qn("w:p"), qn("w:val")
_FALLBACK: Final = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_BREAKS: Final = frozenset(map(qn, ("w:br", "w:cr")))
_HIDDEN: Final = tuple(map(qn, ("w:vanish", "w:strike", "w:dstrike", "w:webHidden")))
GONE: Final = frozenset({*map(qn, ("w:del", "w:pPr", "w:rPr", "w:moveFrom")), _FALLBACK})
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
_OFF: Final = ("0", "false", "off")
_DIGITS: Final = "〇一二三四五六七八九"
_CIRCLED: Final = 0x2460


def said(element: etree._Element | None, path: str) -> str | None:
    """What the element at a path under another says, the empty text where it says nothing; None where there is none."""
    found = element.find(path, nsmap) if element is not None else None
    return None if found is None else found.get(_VALUE, "")


def inherited(element: etree._Element, style: Any, path: str) -> str | None:
    """What a paragraph says at a path, else its style, else the first that the style stands on."""
    value = said(element, path)
    for _ in range(_DEEPEST):
        if value is not None or style is None:
            break
        value, style = said(style.element, path), style.base_style
    return value


def switched(element: etree._Element, path: str) -> bool:
    """Tell whether the switch at a path is there, and not off."""
    return said(element, path) not in (None, *_OFF)


def text_boxes(paragraph: etree._Element) -> Iterator[etree._Element]:
    """The text boxes that a paragraph holds; what Word repeats for older readers is left out."""
    for box in paragraph.iter(_BOX):
        outer = list(box.iterancestors(_BOX, _FALLBACK, PARAGRAPH))
        if outer and outer[0] is paragraph:
            yield box


class Print:
    """How a document's runs look, by themselves and by the styles of theirs and of their paragraphs."""

    def __init__(self, styles: etree._Element, paper: bool) -> None:
        self._styles = {style.get(qn("w:styleId")): style for style in styles.iter(qn("w:style"))}
        self._paper = paper

    def hides(self, run: etree._Element) -> bool:
        """Tell whether nobody sees a run: hidden, struck, a point high, or white where nothing is drawn under it."""
        styles = [*run.iterchildren(qn("w:rPr")), *self._styled(run, "w:rPr/w:rStyle")]
        for paragraph in run.iterancestors(PARAGRAPH):
            styles += self._styled(paragraph, "w:pPr/w:pStyle")
        found = {mark: next((each for own in styles for each in own.iter(mark)), None) for mark in _LOOKS}
        value = {mark: each.get(_VALUE, "1") for mark, each in found.items() if each is not None}
        if any(value.get(mark, "0") not in _OFF for mark in _HIDDEN) or value.get(_SIZE) in _TINY:
            return True
        ink, _ = colour_of(value.get(_COLOUR, "auto").lower(), None)
        drawn = any(next(own.iter(*_GROUNDS), None) is not None for own in styles)
        return self._paper and alike(ink, WHITE) and not drawn and not _DRAWN_UNDER(run)

    def _styled(self, element: etree._Element, path: str) -> Iterator[etree._Element]:
        """The properties of the style that an element names, and of those that it stands on."""
        named = said(element, path)
        for _ in range(_DEEPEST):
            style = self._styles.get(named)
            if style is None:
                return
            yield from style.iterchildren(*_PROPERTIES)
            named = said(style, "w:basedOn")


def shown_text(element: etree._Element, look: Print) -> Iterator[str]:
    """The text that a paragraph shows, its boxes apart."""
    for child in element:
        if child.tag == qn("w:r"):
            yield from _run(child, look)
        elif child.tag not in (*GONE, PARAGRAPH, _BOX):
            yield from shown_text(child, look)


def _run(run: etree._Element, look: Print) -> Iterator[str]:
    if look.hides(run):
        return
    place = said(run, "w:rPr/w:vertAlign")
    for child in run:
        if child.tag == qn("w:t"):
            text = (child.text or "").replace("\n", " ").replace("\r", " ")
            if SCRIPT.fullmatch(text) and place in ("superscript", "subscript"):
                text = set_off(text, place == "superscript")
            yield text
        elif child.tag in _BREAKS:
            yield BREAK
        elif child.tag == qn("w:tab"):
            yield "\t"
        elif child.tag == qn("w:noBreakHyphen"):
            yield "-"
        elif child.tag not in (*GONE, _BOX):
            yield from shown_text(child, look)


@dataclass(slots=True)
class Numbering:
    """The numbers that Word shows before the items of lists, counted as it does."""

    document: Any
    _levels: dict[tuple[str, int], tuple[str, str, int]] = field(default_factory=dict)
    _linked: dict[tuple[str, str], int] = field(default_factory=dict)
    _abstract: dict[str, str] = field(default_factory=dict)
    _restarts: dict[str, dict[int, int]] = field(default_factory=dict)
    _counts: dict[str, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))

    def __post_init__(self) -> None:
        try:
            root = self.document.part.numbering_part.element
        except (KeyError, NotImplementedError):  # no list in the document
            return
        for number in root.findall(qn("w:num")):
            name = number.get(qn("w:numId"))
            if (abstract := said(number, "w:abstractNumId")) is not None:
                self._abstract[name] = abstract
            self._restarts[name] = {
                int(level.get(qn("w:ilvl"))): int(start)
                for level in number.findall(qn("w:lvlOverride"))
                if (start := said(level, "w:startOverride"))
            }
        for abstract in root.findall(qn("w:abstractNum")):
            name = abstract.get(qn("w:abstractNumId"))
            for level in abstract.findall(qn("w:lvl")):
                form, text, start = (said(level, f"w:{each}") for each in ("numFmt", "lvlText", "start"))
                place = name, int(level.get(qn("w:ilvl")))
                self._levels[place] = "decimal" if form is None else form, text or "", int(start or 1)
                self._linked[name, said(level, "w:pStyle") or ""] = place[1]

    def next(self, number: str, level: int | None, style: str) -> str:
        """Count one item of a list on; return its label, empty for bullets and unknown lists.

        Where the item states no level it has that which is linked to its style. Lists of one definition count on
        from each other, but where one says that it starts again (ECMA-376 17.9.15, 17.9.26).
        """
        abstract = self._abstract.get(number)
        if abstract is None:
            return ""
        level = self._linked.get((abstract, style), 0) if level is None else level
        if (abstract, level) not in self._levels:
            return ""
        counts = self._counts[abstract]
        for restarted, start in self._restarts.pop(number, {}).items():
            counts[restarted] = start - 1
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
