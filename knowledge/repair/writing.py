"""Paragraphs in reading order into facts: sentences with their spans, section, page and what they lean on."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from knowledge.model import Article, Document, Fact, SourcedText, Span, lines_apart, make_id
from knowledge.repair import sentences
from knowledge.repair.characters import BULLETS
from knowledge.repair.leaning import leans
from knowledge.repair.order import Section
from knowledge.repair.paragraphs import Paragraph, spans_of

_RUN_IN: Final = (
    re.compile("[一二三四五六七八九十]{1,3}、"),
    re.compile("[（(][一二三四五六七八九十]{1,3}[)）]"),
)
_LONGEST_RUN_IN: Final = 42


class FactWriter:
    """Writes the facts of one document and counts what came before, for their ids."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._seen: Counter[str] = Counter()

    def write(self, article: Article, sections: Sequence[Section]) -> Iterator[Fact]:
        """Yield the facts of one article in reading order."""
        numbering = run_in_style(sections)
        before: Fact | None = None
        for section in sections:
            name = section_name(section.heading)
            for paragraph in section.paragraphs:
                for at, (start, end) in enumerate(sentences.split(paragraph.text)):
                    if at == 0 and numbering and numbering.match(paragraph.text):
                        name = run_in_name(paragraph) or name
                    text = paragraph.text[start:end]
                    leans_on = before.id if before is not None and leans(text, at == 0) else None
                    before = self._fact(
                        article, text, spans_of(paragraph, start, end), name, leans_on, section.uncertain
                    )
                    yield before

    def caption(self, article: Article, paragraph: Paragraph) -> Fact:
        """Write a photo caption as a fact without section."""
        return self._fact(article, paragraph.text, paragraph.spans, None, None, False, kind="caption")

    def _fact(
        self,
        article: Article,
        text: str,
        spans: tuple[Span, ...],
        section: str | None,
        leans_on: str | None,
        uncertain: bool,
        kind: str = "sentence",
    ) -> Fact:
        name, starts = self._document.name, self._document.page_starts
        page, *further = dict.fromkeys(self._document.on_page(span.line)[0] for span in spans)
        fact = Fact(
            make_id(name, text, self._seen[text]),
            text,
            spans,
            article,
            section,
            kind,
            leans_on,
            uncertain,
            page,
            starts[page - 1] if page else 1,
            tuple((starts[number - 1], number) for number in further if number),
            lines_apart((span.line for span in spans), self._document.lines),
        )
        self._seen[text] += 1
        return fact


def section_name(heading: Paragraph | None) -> str | None:
    """Return the heading's text without the mark before it."""
    return printed([heading]).text if heading is not None else None


def printed(display: Sequence[Paragraph]) -> SourcedText:
    """Put the lines of one title or heading together, without a mark (■) before it."""
    first = display[0]
    mark = re.match(rf"[{BULLETS}※#]+\s*", first.text)
    skip = mark.end() if mark is not None and mark.end() < len(first.text) else 0
    text = first.text[skip:] + "".join(paragraph.text for paragraph in display[1:])
    spans = spans_of(first, skip, len(first.text))
    return SourcedText(text, (*spans, *(span for paragraph in display[1:] for span in paragraph.spans)))


def run_in_style(sections: Sequence[Section]) -> re.Pattern[str] | None:
    """Return the numbering (一、 or （一）) that opens paragraphs as their headings, if two or more do."""
    for style in _RUN_IN:
        opened = (p for section in sections for p in section.paragraphs if style.match(p.text))
        if sum(run_in_name(paragraph) is not None for paragraph in opened) >= 2:
            return style
    return None


def run_in_name(paragraph: Paragraph) -> str | None:
    """Return the heading that opens a paragraph as its first sentence, without its full stop."""
    start, end = next(sentences.split(paragraph.text[: _LONGEST_RUN_IN + 1]), (0, 0))
    if not 0 < end <= _LONGEST_RUN_IN or end == len(paragraph.text):
        return None
    return paragraph.text[start:end].rstrip("。：")
