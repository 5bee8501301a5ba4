"""The numbers that Word shows before the items of lists (第二条), which no paragraph holds."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, Final

from docx.oxml.ns import qn

_VALUE: Final = qn("w:val")
_DIGITS: Final = "〇一二三四五六七八九"
_CIRCLED: Final = 0x2460


@dataclass(slots=True)
class Numbering:
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
