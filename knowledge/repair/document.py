"""The way of one document through repair: lines, paragraphs, blocks, articles, order, facts, and the account."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Final

from knowledge.model import (
    Article,
    Document,
    Fact,
    Metadata,
    NoiseKind,
    ParsedDocument,
    RepairEntry,
    SourcedText,
    Span,
    make_id,
)
from knowledge.repair import articles, blocks, issue, kinds, layout, order
from knowledge.repair.articles import Draft
from knowledge.repair.bylines import cut_bylines
from knowledge.repair.captions import mark_captions
from knowledge.repair.characters import has_text, strays_alone
from knowledge.repair.interposed import lift_title
from knowledge.repair.leftovers import leftovers, removed
from knowledge.repair.lines import Line, text_lines
from knowledge.repair.order import Arrangement
from knowledge.repair.paragraphs import Assembler, Paragraph
from knowledge.repair.sentences import has_words
from knowledge.repair.writing import FactWriter
from knowledge.repair.writing import printed as printed_as

# Formats whose markup became blanks: a blank between han characters is no blank of the author's.
_MARKED_UP: Final = frozenset({"markdown", "html"})
_SHORTEST_REPEAT: Final = 8
_LEAD: Final = 3
# A caption repeats a sentence of the text around it: so many paragraphs on either side are looked at.
_NEAR: Final = 60


def repair_document(document: Document) -> ParsedDocument:
    """Restore the articles and facts of one document, and account for each of its characters."""
    lines = [line for line in kinds.classify(list(text_lines(document))) if has_text(line.text)]
    layout.mark_running_heads(lines, document)
    mark_captions(lines)
    captions, flow = _part(lines)
    tight = document.kind in _MARKED_UP
    strays = strays_alone(line.text for line in flow)
    parts = [
        list(cut_bylines(Assembler(lift_title(part), document.lines, tight, strays).assemble()))
        for part in layout.by_article(flow, document)
    ]
    paragraphs = [paragraph for part in parts for paragraph in part]
    wrapped = blocks.is_wrapped(paragraphs)
    drafts = [draft for part in parts for draft in articles.split(blocks.gather(part, wrapped), wrapped)]
    photos = Assembler(captions, document.lines, tight, strays).assemble()
    return _Repair(document, lines, wrapped).write(drafts, paragraphs, photos)


def _part(lines: Sequence[Line]) -> tuple[list[Line], list[Line]]:
    """Take captions and removals out of the flow, and note where that interrupts it."""
    captions: list[Line] = []
    flow: list[Line] = []
    interrupted = False
    for line in lines:
        if line.removal is not None and line.removal is not NoiseKind.DATELINE:
            interrupted = True
        elif line.caption:
            captions.append(line)
            interrupted = True
        elif line.removal is None:
            line.interrupted = interrupted
            interrupted = False
            flow.append(line)
    return captions, flow


class _Repair:
    """One document's result in the making."""

    def __init__(self, document: Document, lines: Sequence[Line], wrapped: bool) -> None:
        self._document = document
        self._wrapped = wrapped
        self._writer = FactWriter(document)
        self._titles: Counter[str] = Counter()
        self._log: list[RepairEntry] = [
            removed(x.removal, (x.span,), x.text) for x in lines if x.removal is not None
        ]
        headers = [line.text for line in lines if line.removal is NoiseKind.PAGE_HEADER]
        self._heads = headers

    def write(
        self, drafts: Sequence[Draft], paragraphs: Sequence[Paragraph], photos: Sequence[Paragraph]
    ) -> ParsedDocument:
        written: list[Article] = []
        facts: list[Fact] = []
        for draft in drafts:
            arrangement = order.arrange(draft, self._wrapped)
            article = self._article(draft, arrangement)
            written.append(article)
            self._note(draft, arrangement)
            facts.extend(self._writer.write(article, arrangement.sections))
        if photos and not written:
            written.append(self._article(Draft(), Arrangement()))
        facts.extend(self._captions(written, facts, photos, paragraphs))
        self._log.extend(_joins(self._document, paragraphs))
        held = [span for fact in facts for span in fact.spans]
        held += [span for article in written for span in _spans(article)]
        held += [span for entry in self._log if entry.kind in _REMOVALS for span in entry.spans]
        self._log.extend(leftovers(self._document, held))
        self._log.sort(key=lambda entry: (not entry.doubt, entry.spans[0].line if entry.spans else 0))
        return ParsedDocument(self._document, tuple(written), tuple(facts), tuple(self._log))

    def _article(self, draft: Draft, arrangement: Arrangement) -> Article:
        sidecar = self._document.sidecar
        title = (
            printed_as(draft.title) if draft.title else SourcedText(_stated(self._document.name, sidecar), ())
        )
        kicker = printed_as(draft.kicker) if draft.kicker else None
        subtitle = printed_as(draft.subtitle) if draft.subtitle else None
        lead = [p.text[:200] for section in arrangement.sections[:1] for p in section.paragraphs[:_LEAD]]
        texts = [each.text for each in (kicker, title, subtitle) if each is not None] + lead
        byline = _byline(draft)
        known = issue.article_metadata(self._document, self._heads, byline.text if byline else None)
        article = Article(
            make_id(self._document.name, title.text, self._titles[title.text]),
            self._document.name,
            title,
            kicker,
            subtitle,
            byline,
            tuple(printed_as([heading]) for heading in arrangement.headings),
            known.date.isoformat() if known.date else None,
            issue.campaign(texts),
            known,
        )
        self._titles[title.text] += 1
        return article

    def _captions(
        self,
        written: Sequence[Article],
        facts: Sequence[Fact],
        photos: Sequence[Paragraph],
        body: Sequence[Paragraph],
    ) -> Iterator[Fact]:
        """Yield each caption as a fact, of the article around it, unless it only repeats a sentence."""
        owners = sorted((fact.spans[0].line, at) for at, fact in enumerate(facts)) if photos else []
        firsts = [paragraph.first.number for paragraph in body]
        for photo in photos:
            if not has_words(photo.text):
                continue
            line = photo.first.number
            at = bisect_right(firsts, line)
            if _repeats(photo, body[max(0, at - _NEAR) : at + _NEAR]):
                self._log.append(removed(NoiseKind.REPEATED, photo.spans, photo.text))
                continue
            place = max(0, bisect_right(owners, (line, len(facts))) - 1)
            yield self._writer.caption(facts[owners[place][1]].article if owners else written[0], photo)

    def _note(self, draft: Draft, arrangement: Arrangement) -> None:
        for rubric in draft.rubrics:
            self._log.append(removed(NoiseKind.RUBRIC, rubric.spans, rubric.text))
        title = draft.title[0].text if draft.title else ""
        spans = draft.title[0].spans if draft.title else ()
        if draft.found_by_words:
            self._log.append(
                RepairEntry(
                    "split_article",
                    spans,
                    title,
                    "同一文件里的另一篇文章，按标题用词找到其正文开头，请核对",
                    True,
                )
            )
        if arrangement.moved:
            lead = arrangement.sections[0].paragraphs[0]
            self._log.append(
                RepairEntry(
                    "reordered",
                    lead.spans,
                    lead.text[:20],
                    "文件里栏目顺序错乱，已按导语、小标题、署名恢复，请核对",
                    True,
                )
            )
        for section in arrangement.sections:
            if section.uncertain:
                first = section.paragraphs[0]
                self._log.append(
                    RepairEntry(
                        "uncertain_section",
                        first.spans,
                        first.text[:20],
                        "不能确定这一栏属于哪个小标题",
                        True,
                    )
                )


_REMOVALS: Final = frozenset(removal.value for removal in NoiseKind)


def _stated(name: str, sidecar: Metadata | None) -> str:
    """The title of a page that prints none: the sidecar's, else the file's name."""
    if sidecar is not None and sidecar.title:
        return sidecar.title
    return PurePosixPath(name).stem


def _byline(draft: Draft) -> SourcedText | None:
    lines = [*draft.signed, *(line for block in draft.blocks for line in (*block.signed, *block.bylines))]
    lines = list({(line.number, line.start): line for line in lines}.values())
    if not lines:
        return None
    text = ""
    spans: list[Span] = []
    for line in lines:
        start, end = line.start, line.end
        if line.raw[start] in "（(" and line.raw[end - 1] in "）)":
            start, end = start + 1, end - 1
        spans.append(Span(line.number, start, end))
        text += ("" if line.goes_on or not text else " ") + line.raw[start:end].strip()
    return SourcedText(text, tuple(spans))


def _spans(article: Article) -> Iterator[Span]:
    for each in (article.title, article.kicker, article.subtitle, article.byline, *article.headings):
        if each is not None:
            yield from each.spans


def _repeats(photo: Paragraph, body: Sequence[Paragraph]) -> bool:
    text = photo.text.rstrip("。！？.")
    return len(text) >= _SHORTEST_REPEAT and any(text in paragraph.text for paragraph in body)


def _joins(document: Document, paragraphs: Sequence[Paragraph]) -> Iterator[RepairEntry]:
    for paragraph in paragraphs:
        for span in paragraph.repeats:
            text = document.lines[span.line - 1][span.start : span.end]
            yield RepairEntry(
                NoiseKind.REPEATED.value, (span,), text, "断开处重复印出的字，只留一个，请核对", True
            )
        if len(paragraph.lines) > 1:
            ends = tuple(line.span for line in paragraph.lines)
            yield RepairEntry("joined_lines", ends, paragraph.text[:20], f"{len(paragraph.lines)} 行连成一段")
