"""Paragraphs in reading order into facts: sentences with their spans, section, page and what they lean on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from knowledge.model import Article, Document, Fact, RepairEntry, SourcedText, Span, lines_apart, make_id
from knowledge.repair import sentences
from knowledge.repair.articles import Section
from knowledge.repair.continuation import Paragraph
from knowledge.repair.page_layout import PageLine
from knowledge.repair.patterns import BULLETS
from knowledge.repair.stitching import stitch

_RUN_IN: Final = (
    re.compile("[一二三四五六七八九十]{1,3}、"),
    re.compile("[（(][一二三四五六七八九十]{1,3}[)）]"),
)
_LONGEST_RUN_IN: Final = 42
# Paragraphs of these kinds are told sentence by sentence.
_SPLIT: Final = frozenset({"sentence", "note"})
_MARK: Final = re.compile(rf"[{BULLETS}※#]+\s*")
# A printed question is answered by what follows: 问：…？, or a heading or sentence that asks.
_ASKS: Final = re.compile("[？?][”」』)）]*$")
_POINTS_BACK: Final = re.compile(
    "[“]?(?:这|那(?!曲)|此|该|其(?!中央)|它|他们?|她们?|同时|对此|为此|由此|因此|因而|所以|于是|但(?!是说)|然而|不过|而(?!今)|并(?!州)|也|还|则|此外|另外|另一方面"
    "|比如|例如|譬如|又如|再如|又比如|再比如|随后|接着|接下来|最终|后来|期间|与此同时|在此|从此|以上|上述|前者|后者|两者|二者|双方|当时|当天|当日|如此|总之|换言之)"
)
_POINTS_INSIDE: Final = re.compile(
    "这里|那里|该[镇区市县村乡省公司校院局街项系所州国站线]|此举|这一|上述|当地|代表团"
)
# Of 1,897 lines with figures in pages rendered at 110 and 200 dpi none was misread; of 840 in blurred, noisy ones none
# of which the recogniser was as sure as this, and 179 below it.
_SURE: Final = 0.98
# Verbs that open a clause whose subject stood in the sentence before.
_NO_SUBJECT: Final = re.compile(
    "(?:要|将|把|坚持|围绕|聚焦|紧盯|紧扣|挖掘|成立|组建|开展|组织|举办|召开|编印|编制|筹拍|推动|推进|建立|健全|完善|实施|探索|形成|实现|打造|创新|强化"
    "|深化|加强|加快|落实|通过|结合|针对|放大|突出|注重|引导|鼓励|支持|帮助|邀请|充分|积极|认真|切实|进一步|最快|最终|预计|争取|确保|力求|力争|与.{2,8}相结合)"
)
_SINCE_THEN: Final = re.compile(
    "(?:截至|截止|目前|至今|如今|今年|去年|随后|一年来|[^，。]{1,6}以来)[^，。]{0,12}，(?:已|共|累计|先后|又|再|仍|均|全部)"
)
_FIRST_CLAUSE: Final = re.compile("[，,；：:]")


class FactBuilder:
    """Writes the facts of one document and counts what came before, for their ids."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._seen: dict[str, int] = {}

    def write(self, article: Article, sections: Sequence[Section]) -> Iterator[Fact]:
        """Yield the facts of one article in reading order; a heading over no text is one itself."""
        numbering = run_in_style(sections)
        before: Fact | None = None
        for section in sections:
            heading = printed(section.heading, self._document.lines) if section.heading else None
            name = heading.text if heading is not None else None
            if heading is not None and not section.paragraphs and sentences.has_words(heading.text):
                before = self.fact(article, heading.text, heading.spans, None)
                yield before
            for paragraph in section.paragraphs:
                if paragraph.kind not in _SPLIT:
                    before = None
                    if sentences.has_words(paragraph.text):
                        yield self.fact(article, paragraph.text, paragraph.spans, name, kind=paragraph.kind)
                    continue
                for at, (start, end) in enumerate(sentences.split_sentences(paragraph.text)):
                    if at == 0 and numbering and numbering.match(paragraph.text):
                        name = run_in_name(paragraph) or name
                    text = paragraph.text[start:end]
                    leans_on = (
                        before.id if before is not None and _leans(text, at == 0, before.text) else None
                    )
                    before = self.fact(
                        article,
                        text,
                        paragraph.spans_of(start, end),
                        name,
                        leans_on,
                        paragraph.at in section.unsure,
                        paragraph.kind,
                    )
                    yield before

    def fact(
        self,
        article: Article,
        text: str,
        spans: tuple[Span, ...],
        section: str | None = None,
        leans_on: str | None = None,
        uncertain: bool = False,
        kind: str = "sentence",
    ) -> Fact:
        """Write one fact; `kind` is `sentence`, `caption`, `note` or `table_row`."""
        name, starts = self._document.name, self._document.page_starts
        pages = dict.fromkeys(self._document.on_page(span.line)[0] for span in spans) if starts else {None: 0}
        page, *further = pages
        before = self._seen.get(text, 0)
        self._seen[text] = before + 1
        return Fact(
            make_id(name, text, before),
            text,
            spans,
            article,
            section,
            kind,
            leans_on,
            uncertain,
            page,
            starts[page - 1] if page else 1,
            tuple((starts[number - 1], number) for number in further if number) if further else (),
            lines_apart([span.line for span in spans], self._document.lines) if len(spans) > 1 else (),
            self._recognised(spans),
        )

    def _recognised(self, spans: Sequence[Span]) -> float | None:
        """How sure the least sure line is on which a fact from an image stands."""
        if not (told := self._document.confidences):
            return None
        return min((sure for span in spans if (sure := told[span.line - 1]) is not None), default=None)


def unsure_figures(facts: Iterable[Fact]) -> Iterator[RepairEntry]:
    """Doubt the figures of what was recognised in an image, where the recogniser itself was not all but sure."""
    for fact in facts:
        if fact.recognised is not None and fact.recognised < _SURE and any(map(str.isdecimal, fact.text)):
            reason = f"识别自图片，数字可能认错（把握 {fact.recognised:.0%}），请对照原图"
            yield RepairEntry("recognised", fact.spans, fact.text[:20], reason, True)


def printed(display: Sequence[PageLine], raw: Sequence[str]) -> SourcedText:
    """Put the lines of one title or heading together, without a mark (■) before it."""
    spans = [span for line in display for span in line.printed_spans]
    text = stitch(raw, spans)[0]
    mark = _MARK.match(text)
    skip = mark.end() if mark is not None and mark.end() < len(text) else 0
    while skip and spans[0].end - spans[0].start <= skip:
        skip -= spans[0].end - spans[0].start
        del spans[0]
    if skip:
        spans[0] = Span(spans[0].line, spans[0].start + skip, spans[0].end)
    return SourcedText(stitch(raw, spans)[0], tuple(spans))


def run_in_style(sections: Sequence[Section]) -> re.Pattern[str] | None:
    """Return the numbering (一、 or （一）) that opens paragraphs as their headings, if two or more do."""
    for style in _RUN_IN:
        opened = (p for section in sections for p in section.paragraphs if style.match(p.text))
        if sum(run_in_name(paragraph) is not None for paragraph in opened) >= 2:
            return style
    return None


def run_in_name(paragraph: Paragraph) -> str | None:
    """Return the heading that opens a paragraph as its first sentence, without its full stop."""
    start, end = next(sentences.split_sentences(paragraph.text[: _LONGEST_RUN_IN + 1]), (0, 0))
    if not 0 < end <= _LONGEST_RUN_IN or end == len(paragraph.text):
        return None
    return paragraph.text[start:end].rstrip("。：")


def _leans(text: str, opens_paragraph: bool, before: str) -> bool:
    """Tell whether a sentence is understood only with the one before: it points back, or answers a question."""
    answers = _ASKS.search(before) is not None and opens_paragraph and _ASKS.search(text) is None
    return answers or needs_antecedent(text, opens_paragraph)


def needs_antecedent(text: str, opens_paragraph: bool) -> bool:
    """Tell whether a sentence leans on the one before it; one that opens a paragraph only where it points back."""
    if _POINTS_BACK.match(text) or _SINCE_THEN.match(text):
        return True
    clause = _FIRST_CLAUSE.search(text, 0, 40)
    if _POINTS_INSIDE.search(text, 0, clause.start() if clause else 20):
        return True
    return not opens_paragraph and _NO_SUBJECT.match(text) is not None
