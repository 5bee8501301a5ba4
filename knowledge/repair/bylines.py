"""Bylines that a line break hid: cut off the paragraph once its lines are together again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from knowledge.model import Span
from knowledge.repair.lines import Line
from knowledge.repair.names import AFTER_SENTENCE, IN_BRACKETS, ONLY_SIGNED, SEVERAL_NAMES
from knowledge.repair.paragraphs import Paragraph, spans_of

# No byline is longer.
_LONGEST = 60


def cut_bylines(paragraphs: Iterable[Paragraph]) -> Iterator[Paragraph]:
    """Yield the paragraphs, each byline as a paragraph of its own."""
    for paragraph in paragraphs:
        if paragraph.finished or paragraph.first.byline or len(paragraph.lines) == 1:
            yield paragraph
        elif len(paragraph.text) <= _LONGEST and _is_byline(paragraph.text):
            yield _signature(paragraph, 0)
        else:
            found = AFTER_SENTENCE.search(paragraph.text, max(0, len(paragraph.text) - _LONGEST))
            if found is None:
                yield paragraph
            else:
                yield _head(paragraph, found.start())
                yield _signature(paragraph, found.end() - len(found[0].lstrip()))


def _is_byline(text: str) -> bool:
    return any(form.fullmatch(text) for form in (ONLY_SIGNED, IN_BRACKETS, SEVERAL_NAMES))


def _head(paragraph: Paragraph, end: int) -> Paragraph:
    spans = spans_of(paragraph, 0, end)
    lines = [line for line in paragraph.lines if line.number < spans[-1].line]
    last = next(line for line in paragraph.lines if line.number == spans[-1].line)
    starts = paragraph.starts[: len(spans)]
    return Paragraph(
        [*lines, _cut(last, last.start, spans[-1])], spans, paragraph.text[:end], starts, paragraph.repeats
    )


def _signature(paragraph: Paragraph, start: int) -> Paragraph:
    spans = spans_of(paragraph, start, len(paragraph.text))
    lines: list[Line] = []
    for line in paragraph.lines:
        own = [span for span in spans if span.line == line.number]
        if own:
            signed = _cut(line, own[0].start, own[-1])
            signed.byline, signed.goes_on = True, bool(lines)
            lines.append(signed)
    return Paragraph(
        lines, spans, paragraph.text[start:], tuple(s - start for s in paragraph.starts[-len(spans) :])
    )


def _cut(line: Line, start: int, last: Span) -> Line:
    cut = line.cut(start, last.end)
    cut.gap, cut.interrupted, cut.dateline = line.gap, line.interrupted, line.dateline
    return cut
