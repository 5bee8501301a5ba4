"""What stands glued to a paragraph: a dateline or a jump before it, a jump, a credit or a byline after it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from knowledge.model import NoiseKind, Span
from knowledge.repair.continuation import Paragraph
from knowledge.repair.patterns import (
    AFTER_SENTENCE,
    CREDIT_TAIL,
    DATELINE,
    JUMP,
    LISTED,
    NAMES,
    OPEN_SIGNATURE,
)

# No tail is longer; keeps the patterns off long paragraphs.
_TAIL: Final = 60
# No tail ends with one of these marks.
_STOPS: Final = frozenset("。！？")
_SIGNS: Final = re.compile(NAMES)
_TAILS: Final = (
    (JUMP, NoiseKind.RUBRIC),
    (CREDIT_TAIL, NoiseKind.CREDIT),
    (AFTER_SENTENCE, None),
    (OPEN_SIGNATURE, None),
)


@dataclass(frozen=True, slots=True)
class Trimmed:
    """A paragraph without its edges; `signed` are the spans of bylines, `removed` what was taken out and why."""

    paragraph: Paragraph
    signed: tuple[tuple[Span, ...], ...] = ()
    removed: tuple[tuple[NoiseKind, tuple[Span, ...]], ...] = ()
    dateline: bool = False
    credited: bool = False


def trim(paragraph: Paragraph) -> Trimmed:
    """Cut off what is no text of the paragraph."""
    text = paragraph.text
    start, end = 0, len(text)
    signed: list[tuple[Span, ...]] = []
    removed: list[tuple[NoiseKind, tuple[Span, ...]]] = []
    if mark := LISTED.match(text):
        start = mark.end()
        removed.append((NoiseKind.MARKUP, paragraph.spans_of(0, start)))
    jump = JUMP.match(text) if text[:1] in "（(▶→►>上" else None
    if jump is not None and jump.end() < end:
        start = jump.end()
        removed.append((NoiseKind.RUBRIC, paragraph.spans_of(0, start)))
    dateline = DATELINE.match(text, start)
    if dateline is not None and dateline.end() < end:
        named = next(
            (name for name in ("signed", "bare") if dateline[name] and _SIGNS.search(dateline[name])), None
        )
        low, high = dateline.span(named) if named else (dateline.end(), dateline.end())
        for a, b in ((start, low), (high, dateline.end())):
            if b > a:
                removed.append((NoiseKind.DATELINE, paragraph.spans_of(a, b)))
        if named:
            signed.append(paragraph.spans_of(low, high))
        start = dateline.end()
    else:
        dateline = None
    credited = False
    for pattern, noise in _TAILS:
        if text[end - 1 : end] in _STOPS:
            break
        low = max(start, end - _TAIL)
        found = next(
            (m for m in pattern.finditer(text, low, end) if m.end() == end and m.start() > start), None
        )
        if found is None:
            continue
        head = found.end() - len(found[0].lstrip())
        if noise is None:
            inner = (head + 1, end - 1) if text[head] in "（(" else (head, end)
            signed.append(paragraph.spans_of(*inner))
            removed += [
                (NoiseKind.MARKUP, paragraph.spans_of(a, b))
                for a, b in ((head, inner[0]), (inner[1], end))
                if b > a
            ]
        else:
            removed.append((noise, paragraph.spans_of(head, end)))
            credited = credited or noise is NoiseKind.CREDIT
        end = found.start()
    if (start, end) == (0, len(text)):
        return Trimmed(paragraph)
    while start < end and text[start].isspace():
        start += 1
    return Trimmed(
        _part(paragraph, start, end), tuple(signed), tuple(removed), dateline is not None, credited
    )


def _part(paragraph: Paragraph, start: int, end: int) -> Paragraph:
    spans = paragraph.spans_of(start, end)
    starts: list[int] = []
    for span in spans:
        at = next(
            offset + span.start - whole.start
            for whole, offset in zip(paragraph.spans, paragraph.starts, strict=True)
            if whole.line == span.line and whole.start <= span.start < whole.end
        )
        starts.append(at - start)
    return replace(paragraph, spans=spans, starts=tuple(starts), text=paragraph.text[start:end])
