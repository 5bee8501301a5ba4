"""The way of one document through repair: layout, line labels, paragraphs, articles, facts, and the account."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import compress, dropwhile, pairwise, takewhile
from operator import not_
from pathlib import PurePosixPath
from typing import Final, NamedTuple

from knowledge.model import (
    Article,
    BlockRole,
    Document,
    Fact,
    NoiseKind,
    ParsedDocument,
    RepairEntry,
    SourcedText,
    Span,
    make_id,
)
from knowledge.repair import issue, sentences
from knowledge.repair.articles import ArticleDraft, draft_articles
from knowledge.repair.blocks import (
    StatedLine,
    stated_articles,
    stated_lines,
    stated_paragraphs,
    table_paragraphs,
)
from knowledge.repair.constraints import constrain, keep_text
from knowledge.repair.continuation import Paragraph, is_broken, join_lines
from knowledge.repair.doubts import doubt_of, doubt_weights, page_state
from knowledge.repair.edges import trim
from knowledge.repair.facts import FactBuilder, printed, unsure_figures
from knowledge.repair.headlines import with_own_headlines
from knowledge.repair.join_model import join_weights
from knowledge.repair.labels import Labelled, file_labeller, page_labeller, with_headline
from knowledge.repair.page_kind import is_printed_page, page_kind_weights
from knowledge.repair.page_layout import PageLine, page_lines
from knowledge.repair.patterns import noise_of
from knowledge.repair.report import leftovers, removed
from knowledge.repair.sentences import has_words
from knowledge.repair.stitching import stitch
from knowledge.repair.subjects import begins_another, subject_weights

SENTENCE: Final = "sentence"
_SHORTEST_REPEAT: Final = 8
_LEAD: Final = 3
# Below this margin the label of a line that was taken out is doubted (see `labels.Labelled`).
UNSURE: Final = 3.0
# Kinds of noise that no one need look at, however small the margin.
_REMOVED: Final = frozenset({BlockRole.FURNITURE, BlockRole.CREDIT})


def load_models() -> None:
    """Read what was learned, before any document is in hand: what keeps it from its files is no document's fault."""
    page_kind_weights()
    file_labeller()
    page_labeller()
    subject_weights()
    join_weights()
    doubt_weights()


@dataclass(slots=True)
class _Reading:
    """What the lines of a document came to before its facts are written."""

    labelled: list[Labelled]
    paragraphs: list[Paragraph] = field(default_factory=list)
    drafts: list[ArticleDraft] = field(default_factory=list)
    signed: list[tuple[int, tuple[Span, ...]]] = field(default_factory=list)
    datelines: dict[int, str] = field(default_factory=dict)
    """What was cut off where a text begins, by its paragraph."""


class Lines(NamedTuple):
    """What each line of a document is: those that its reader knows, and all others that hold text."""

    stated: list[StatedLine]
    free: list[Labelled]


def repair_document(document: Document, lines: Lines | None = None) -> ParsedDocument:
    """Restore the articles and facts of one document, and account for each of its characters.

    `lines` are its own from `label_lines`, for who has labelled many documents at once.
    """
    log: list[RepairEntry] = []
    reading = _read(document, lines, log)
    return _Writer(document, reading, log).write()


def put_together(document: Document) -> list[Paragraph]:
    """Return the paragraphs of a document in the order in which they begin."""
    return _read(document, None, []).paragraphs


def label_lines(documents: Iterable[Document]) -> list[Lines]:
    """Say what each line of some documents is, for all at once: it takes half as long as one by one.

    Documents are laid out as they come.
    """
    stated: list[list[StatedLine]] = []
    free: list[list[PageLine]] = []
    for document in documents:
        stated.append(stated_lines(document))
        free.append(page_lines(document, frozenset(known.labelled.line.number for known in stated[-1])))
    return list(map(Lines, stated, _roles(free, [*map(_headed, stated)])))


def _headed(stated: Iterable[StatedLine]) -> bool:
    """Tell whether a document's own numbers say what its headings are: it stands in order."""
    return any(known.block.role is BlockRole.HEADING for known in stated)


def _read(document: Document, lines: Lines | None, log: list[RepairEntry]) -> _Reading:
    (stated, free) = lines or label_lines([document])[0]
    labelled = free + [known.labelled for known in stated]
    if free and stated:
        labelled.sort(key=lambda each: (each.line.page, each.line.column, each.line.number, each.line.start))
    reading = _Reading(labelled)
    log += _removals(labelled)
    if free:
        paragraphs = [
            *join_lines(labelled, document.lines, _headed(stated)),
            *_tables(document, labelled, stated),
        ]
        paragraphs.sort(key=lambda paragraph: paragraph.at)
    else:
        paragraphs = list(stated_paragraphs(document, stated))
    for paragraph in paragraphs:
        if paragraph.kind != SENTENCE:
            reading.paragraphs.append(paragraph)
            continue
        trimmed = trim(paragraph)
        reading.paragraphs.append(trimmed.paragraph)
        reading.signed += [(paragraph.at, spans) for spans in trimmed.signed]
        taken = [(noise, spans, stitch(document.lines, spans)[0]) for noise, spans in trimmed.removed]
        cut = [text for noise, _, text in taken if noise is NoiseKind.DATELINE]
        reading.datelines[paragraph.at] = "".join(cut)
        log += [removed(*one) for one in taken]
        log += _joins(document, paragraph)
    if free:
        in_order = _headed(stated) or not (is_broken(labelled) or len({x.line.column for x in labelled}) > 1)
        reading.drafts = draft_articles(labelled, reading.paragraphs, in_order)
    else:
        reading.drafts = stated_articles(stated, reading.paragraphs)
    return reading


def _roles(pages: Sequence[Sequence[PageLine]], headed: Sequence[bool]) -> list[list[Labelled]]:
    """Say what each line is: by the labeller of its kind of document, that of files within more constraints.

    What is `headed` stands in order, as a file does.
    Where headlines on a page stood together, its lines come out in another order, and are read anew in that.
    """
    of_files, _ = subject_weights()
    in_print = [is_printed_page(lines) and not known for lines, known in zip(pages, headed, strict=True)]
    files = compress(pages, map(not_, in_print))
    roles = iter(file_labeller().label(list(files), partial(begins_another, of_files)))
    page_roles = iter(_page_roles(list(compress(pages, in_print))))
    return [
        _in_order(next(page_roles)) if printed else constrain(keep_text(next(roles))) for printed in in_print
    ]


def _in_order(labelled: list[Labelled]) -> list[Labelled]:
    shared = with_own_headlines(labelled)
    return labelled if shared is None else _page_roles([shared])[0]


def _page_roles(pages: Sequence[Sequence[PageLine]]) -> list[list[Labelled]]:
    _, of_pages = subject_weights()
    labelled = page_labeller().label(pages, partial(begins_another, of_pages))
    return [with_headline(keep_text(each)) for each in labelled]


def _tables(
    document: Document, labelled: Sequence[Labelled], stated: Sequence[StatedLine]
) -> Iterator[Paragraph]:
    """Yield the rows of the tables that stand among lines of running text."""
    places = {id(each): at for at, each in enumerate(labelled)}
    for block in dict.fromkeys(known.block for known in stated if known.block.role is BlockRole.TABLE):
        own = [known.labelled for known in stated if known.block is block]
        yield from table_paragraphs(document, block, places[id(own[0])], [each.line for each in own])


def _removals(labelled: Sequence[Labelled]) -> Iterator[RepairEntry]:
    """Yield what the labels take out of the page; a small margin is a doubt."""
    for each in labelled:
        if each.role in _REMOVED:
            line = each.line
            span = Span(line.number, line.start, line.end)
            noise = noise_of(each.role, line.text, line.doubled)
            yield removed(noise, (span,), line.raw[line.start : line.end], each.margin < UNSURE)


class _Writer:
    """One document's result in the making."""

    def __init__(self, document: Document, reading: _Reading, log: list[RepairEntry]) -> None:
        self._document = document
        self._reading = reading
        self._log = log
        self._builder = FactBuilder(document)
        self._titles: Counter[str] = Counter()
        self._broken = is_broken(reading.labelled)
        self._above = {id(each): above for above, each in pairwise(reading.paragraphs)}
        self._state = page_state(reading.paragraphs)
        self._heads = [
            (document.on_page(each.line.number)[0], each.line.text)
            for each in reading.labelled
            if each.role is BlockRole.FURNITURE
        ]

    def write(self) -> ParsedDocument:
        drafts = [draft for draft in self._reading.drafts if draft.title or draft.sections]
        photos = list(self._photos())
        if photos and not drafts:
            drafts = [ArticleDraft()]
        articles: list[Article] = []
        facts: list[Fact] = []
        owners: list[tuple[int, int]] = []
        for number, draft in enumerate(drafts):
            article = self._article(draft)
            articles.append(article)
            self._note(draft)
            owners += [(p.at, number) for section in draft.sections for p in section.paragraphs]
            facts += self._builder.write(article, draft.sections)
        facts += self._captions(articles, sorted(owners), photos)
        self._log += unsure_figures(facts)
        held = [span for fact in facts for span in fact.spans]
        held += [span for article in articles for span in _spans(article)]
        held += [span for entry in self._log if entry.kind in _REMOVALS for span in entry.spans]
        self._log += leftovers(self._document, held)
        self._log.sort(key=lambda entry: (not entry.doubt, entry.spans[0].line if entry.spans else 0))
        return ParsedDocument(self._document, tuple(articles), tuple(facts), tuple(self._log))

    def _article(self, draft: ArticleDraft) -> Article:
        raw = self._document.lines
        title = printed(draft.title, raw) if draft.title else SourcedText(_stated(self._document), ())
        kicker = printed(draft.kicker, raw) if draft.kicker else None
        subtitle = printed(draft.subtitle, raw) if draft.subtitle else None
        lead = [p.text[:200] for section in draft.sections[:1] for p in section.paragraphs[:_LEAD]]
        texts = [each.text for each in (kicker, title, subtitle) if each is not None] + lead
        headings = [
            printed(section.heading, raw)
            for section in draft.sections
            if section.heading and section.paragraphs
        ]
        byline = self._byline(draft)
        own = [p for section in draft.sections for p in section.paragraphs]
        said = [self._reading.datelines.get(p.at, "") for p in own[:1]] + [p.text for p in own]
        signed = byline.text if byline else None
        begun = [line.number for line in draft.title] or [p.spans[0].line for p in own[:1] if p.spans]
        page = self._document.on_page(begun[0])[0] if begun else None
        heads = [text for of, text in self._heads if of == page]
        others = [text for of, text in self._heads if of != page]
        known = issue.article_metadata(
            self._document, heads, signed, said, self._credits(draft), others=others
        )
        article = Article(
            make_id(self._document.name, title.text, self._titles[title.text]),
            self._document.name,
            title,
            kicker,
            subtitle,
            byline,
            tuple({heading.spans: heading for heading in headings}.values()),
            known.date.isoformat() if known.date else None,
            issue.campaign(texts),
            known,
        )
        self._titles[title.text] += 1
        return article

    def _credits(self, draft: ArticleDraft) -> list[str]:
        """The lines of credits that stand over an article's text and right under it; in it, where it is the only one.

        Around the text a line is one where the format's reader says so (it has no rival), elsewhere by its words.
        """
        lines, aside = self._reading.labelled, _REMOVED | {BlockRole.BYLINE}
        own = [p.at for section in draft.sections for p in section.paragraphs] or [len(lines)]
        over = list(takewhile(lambda each: each.role is not BlockRole.PARAGRAPH, reversed(lines[: min(own)])))
        if len(over) < min(own):  # what stands over a later title is of the article before
            over = list(takewhile(lambda each: each.role is not BlockRole.TITLE, over))
        rest: Iterable[Labelled] = lines[min(own) :]
        if len(self._reading.drafts) > 1:
            under = dropwhile(lambda each: each.role is BlockRole.PARAGRAPH, lines[max(own) :])
            rest = takewhile(lambda each: each.role in aside, under)
        around = {id(each) for each in over} | {
            id(each) for each in lines[max(own) :] if len(self._reading.drafts) == 1
        }
        found: list[str] = []
        for each, above in [*((each, True) for each in reversed(over)), *((each, False) for each in rest)]:
            known = each.role is BlockRole.CREDIT and each.rival is None and id(each) in around
            if known and not each.opens and found:
                found[-1] += each.line.whole
            elif known or (each.role in aside and issue.is_credits(each.line.whole, above)):
                found.append(each.line.whole)
        return found

    def _byline(self, draft: ArticleDraft) -> SourcedText | None:
        own = {p.at for section in draft.sections for p in section.paragraphs}
        parts = [(line.number, line.printed_spans) for line in draft.signed]
        parts += [(spans[0].line, spans) for at, spans in self._reading.signed if at in own and spans]
        parts.sort()
        texts = [stitch(self._document.lines, spans)[0] for _, spans in parts]
        if not texts:
            return None
        bare = [text[1:-1] if text[0] in "（(" and text[-1] in "）)" else text for text in texts]
        spans = tuple(
            Span(
                span.line,
                span.start + (text != short and at == 0),
                span.end - (text != short and at == len(group) - 1),
            )
            for (_, group), text, short in zip(parts, texts, bare, strict=True)
            for at, span in enumerate(group)
        )
        return SourcedText(" ".join(bare), tuple(span for span in spans if span.end > span.start))

    def _photos(self) -> Iterator[tuple[int, tuple[Span, ...], str]]:
        """Yield each caption: the lines that describe one photo, put together."""
        caption: list[Labelled] = []
        for at, each in enumerate([*self._reading.labelled, None]):
            if (
                each is not None
                and each.role is BlockRole.CAPTION
                and not (caption and caption[-1].line.finished)
            ):
                caption.append(each)
                continue
            if caption:
                spans = tuple(span for part in caption for span in part.line.spans)
                yield at - 1, spans, stitch(self._document.lines, spans)[0]
            caption = [each] if each is not None and each.role is BlockRole.CAPTION else []

    def _captions(
        self,
        articles: Sequence[Article],
        owners: Sequence[tuple[int, int]],
        photos: Sequence[tuple[int, tuple[Span, ...], str]],
    ) -> Iterator[Fact]:
        """Yield each caption as a fact, of the article around it, unless it only repeats a sentence."""
        body = "\n".join(paragraph.text for paragraph in self._reading.paragraphs) if photos else ""
        for at, spans, text in photos:
            caption = trim(Paragraph(at, [], spans, text, stitch(self._document.lines, spans)[1]))
            for noise, where in caption.removed:
                self._log.append(removed(noise, where, stitch(self._document.lines, where)[0]))
            text, spans = caption.paragraph.text, caption.paragraph.spans
            bare = text.rstrip("。！？.").lstrip("▲▼图为：")
            if len(bare) >= _SHORTEST_REPEAT and bare in body:
                self._log.append(removed(NoiseKind.REPEATED, spans, text))
            elif has_words(text):
                place = max(0, bisect_right(owners, (at, len(articles))) - 1)
                yield self._builder.fact(
                    articles[owners[place][1] if owners else 0], text, spans, kind="caption"
                )

    def _note(self, draft: ArticleDraft) -> None:
        first = next((section.paragraphs[0] for section in draft.sections if section.paragraphs), None)
        if first is not None and draft.moved:
            where = tuple(span for line in draft.title for span in line.spans) or first.spans
            reason = "文件里栏目顺序错乱，已按标题、小标题恢复，请核对"
            self._log.append(RepairEntry("reordered", where, first.text[:20], reason, True))
        for section in draft.sections:
            unsure = [paragraph for paragraph in section.paragraphs if paragraph.at in section.unsure]
            if unsure:
                self._doubt("uncertain_section", unsure[0], "不能确定这一栏属于哪个小标题")
            for paragraph in section.paragraphs if self._broken else ():
                self._doubt_sentences(paragraph)

    def _doubt_sentences(self, paragraph: Paragraph) -> None:
        """Doubt the sentences that may not be put together as they were printed."""
        if paragraph.kind != SENTENCE or not paragraph.seams:
            return
        above = self._above.get(id(paragraph))
        for start, end in sentences.split_sentences(paragraph.text):
            doubt = doubt_of(paragraph, start, end, above, self._state)
            if doubt is not None:
                spans = paragraph.spans_of(start, end)
                text = paragraph.text[start:end][:20]
                self._log.append(RepairEntry(doubt.kind, spans, text, doubt.reason, True))

    def _doubt(self, kind: str, paragraph: Paragraph, reason: str) -> None:
        self._log.append(RepairEntry(kind, paragraph.spans, paragraph.text[:20], reason, True))


_REMOVALS: Final = frozenset(removal.value for removal in NoiseKind)


def _stated(document: Document) -> str:
    """The title of a page that prints none: the sidecar's, what the file says of itself, else the file's name."""
    for known in (document.sidecar, document.stated):
        if known is not None and known.title:
            return known.title
    return PurePosixPath(document.name).stem


def _spans(article: Article) -> Iterator[Span]:
    for each in (article.title, article.kicker, article.subtitle, article.byline, *article.headings):
        if each is not None:
            yield from each.spans


def _joins(document: Document, paragraph: Paragraph) -> Iterator[RepairEntry]:
    for span in paragraph.repeats:
        text = document.lines[span.line - 1][span.start : span.end]
        yield RepairEntry(
            NoiseKind.REPEATED.value, (span,), text, "断开处重复印出的字，只留一个，请核对", True
        )
    if len(paragraph.lines) > 1:
        ends = tuple(Span(line.number, line.start, line.end) for line in paragraph.lines)
        yield RepairEntry("joined_lines", ends, paragraph.text[:20], f"{len(paragraph.lines)} 行连成一段")
