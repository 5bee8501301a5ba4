"""`/articles`: every article, sorted, filtered, fifty a page; and one as one would print it, by its raw lines, or clipped."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from aiohttp import web

from bot.clippings import Clippings, ClippingsBusy, can_be_clipped
from bot.query_service import ask_verified, fact_verified
from bot.rendering.answer import shown_query
from bot.rendering.fact import Permalinks, author, cited, issue, no_permalinks, origin
from bot.web.readers import QUERIES, browse_of
from bot.web.templates import TEMPLATES, Piece, Reader, address, pieces, reader_of
from knowledge.model import Article, Block, Browse, Cell, Document, Fact, Hit, Listed
from knowledge.schemas import KEYWORDS
from knowledge.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class ArticleLine:
    """An article of the list as a template shows it."""

    path: str
    title: str
    where: str
    library: str | None
    file: str
    facts: str
    keywords: Sequence[tuple[str, str]]


async def show_articles(request: web.Request) -> web.Response:
    """List one page of articles, with what they can be chosen by."""
    browse, reader = browse_of(request), reader_of(request)
    listing = await request.app[QUERIES].read(lambda snapshot: snapshot.browse(browse))
    last = browse.first + browse.most >= listing.total
    return request.app[TEMPLATES].page(
        "articles.html",
        reader,
        reader.said.site.articles,
        browse=browse,
        listing=listing,
        rows=[_article_line(one, reader) for one in listing.articles],
        words=request.query.get("words", ""),
        chosen=bool(browse.words or browse.only),
        before=_address_of(request, browse, -1) if browse.first else None,
        after=None if last else _address_of(request, browse, 1),
    )


def _article_line(one: Listed, reader: Reader) -> ArticleLine:
    article = one.article
    return ArticleLine(
        f"/articles/{article.id}",
        article.title.text,
        " ".join(issue(article, reader.said)),
        article.library,
        article.file,
        reader.said.site.facts.format(one.facts),
        [(word, address("/articles", words=word)) for word in article.keywords[:KEYWORDS]],
    )


def _address_of(request: web.Request, browse: Browse, step: int) -> str:
    """The address of the page before or after."""
    kept = {name: request.query.get(name, "") for name in ("words", "library", "year", "newspaper", "sort")}
    return address("/articles", **kept, page=browse.first // browse.most + 1 + step)


RELATED = 5
MOST_LINES = 2_000
HITS = 30
LONGEST_QUERY = 500
CLIPPINGS: web.AppKey[Clippings | None] = web.AppKey("clippings")


@dataclass(frozen=True, slots=True)
class LineView:
    """A raw line; `shown` is its number as a citation says it."""

    number: int
    shown: str
    quoted: bool
    pieces: Sequence[Piece]


@dataclass(frozen=True, slots=True)
class HitsView:
    """The way through the places that a question found: which one this is, and those beside it."""

    place: int
    total: int
    before: str | None
    after: str | None
    back: str
    query: str


@dataclass(frozen=True, slots=True)
class ArticleView:
    """An article to be read: its facts, the one to mark, and the hits of the question that led here."""

    article: Article
    document: Document
    facts: Sequence[Fact]
    fact: Fact | None
    hits: Sequence[Hit]
    related: Sequence[Fact]
    sharing: Sequence[tuple[Article, tuple[str, ...]]]


async def show_article(request: web.Request) -> web.Response:
    """Show an article, its raw lines (`view=lines`, or a `fact` to mark in them), or a clipping.

    Raises:
        HTTPNotFound: no article of the serving snapshot has this id.
    """
    reader, query = reader_of(request), request.query
    wanted = query.get("hit") or query.get("fact") or ""
    view = query.get("view") or ("lines" if query.get("fact") else "read")
    asked = query.get("q", "")[:LONGEST_QUERY]
    found = await request.app[QUERIES].read(
        lambda snapshot: find(snapshot, request.match_info["article"], wanted, asked)
    )
    if found is None:
        raise web.HTTPNotFound(text=reader.said.site.no_article)
    article, fact = found.article, found.fact
    return request.app[TEMPLATES].page(
        "article.html",
        reader,
        article.title.text,
        view="read" if view not in ("lines", "clipping") else view,
        article=article,
        where=" ".join(issue(article, reader.said)),
        author=author(article, reader.said),
        origin=origin(article, reader.said),
        file=article.file,
        gone=bool(wanted) and fact is None,
        fact=fact,
        cited=cited(fact, reader.said) if fact else "",
        raw=source_path(fact) if fact else f"/articles/{article.id}?view=lines",
        read=fact_path(fact, asked) if fact else f"/articles/{article.id}",
        clipping=f"/clippings/{fact.id}.png" if fact and can_be_clipped(fact) else None,
        sections=printed_sections(found.facts, found.document) if view not in ("lines", "clipping") else (),
        marks={hit.fact.id: pieces(hit.fact.text, hit.matched) for hit in found.hits},
        lines=source_lines(found) if view == "lines" else (),
        hits=_hits(found, asked),
        related=[(one.text, one.article.title.text, fact_path(one)) for one in found.related],
        keywords=[(word, address("/articles", words=word)) for word in article.keywords],
        sharing=[
            (one.title.text, f"/articles/{one.id}", one.library, "、".join(words))
            for one, words in found.sharing
        ],
        link_here=lambda one: fact_path(one, asked),
        can_be_clipped=can_be_clipped,
        is_paragraph=lambda part: isinstance(part, PrintedParagraph),
    )


async def show_clipping(request: web.Request) -> web.Response:
    """Show the printed place of a fact as a picture.

    Raises:
        HTTPNotFound: the fact is not known, or stands in no PDF.
        HTTPServiceUnavailable: too many wait for a clipping.
    """
    said, clippings = reader_of(request).said.site, request.app[CLIPPINGS]
    fact = request.match_info["fact"]
    try:
        picture = await clippings.clipping(fact, "picture" in request.query) if clippings else None
    except ClippingsBusy:
        raise web.HTTPServiceUnavailable(text=said.clipping_busy) from None
    if picture is None:
        raise web.HTTPNotFound(text=said.no_clipping)
    headers = {"Cache-Control": "private, max-age=600"}
    return web.Response(body=picture, content_type="image/png", headers=headers)


def find(snapshot: Snapshot, article_id: str, fact_id: str, asked: str) -> ArticleView | None:
    """Find what to show; a fact of another article marks nothing."""
    article = snapshot.article(article_id)
    held = snapshot.document(article.file) if article else None
    if article is None or held is None:
        return None
    fact = fact_verified(snapshot, fact_id)
    marked = fact if fact and fact.article.id == article.id else None
    facts = [one for one in snapshot.facts(article_id) if snapshot.proves(one)]
    about = marked or (facts[0] if facts else None)
    related = snapshot.related(about, RELATED) if about else ()
    hits: Sequence[Hit] = ()
    if asked.strip():
        answer = ask_verified(snapshot, asked, HITS)
        hits = answer.hits or answer.related[:RELATED]
    return ArticleView(
        article,
        held,
        facts,
        marked,
        hits,
        [one for one in related if snapshot.proves(one)],
        snapshot.sharing(article, RELATED),
    )


def source_lines(found: ArticleView) -> list[LineView]:
    """The lines to show: all of them, or those around the quote in a file too long for a page."""
    document = found.document
    numbers = range(1, len(document.lines) + 1)
    if len(numbers) > MOST_LINES:
        spans = found.fact.spans if found.fact else found.article.title.spans
        first = max(1, (spans[0].line if spans else 1) - MOST_LINES // 2)
        numbers = range(first, min(first + MOST_LINES, len(document.lines) + 1))
    return [_line_view(found, number) for number in numbers]


def fact_path(fact: Fact, asked: str = "") -> str:
    """The path of the article with the fact marked, scrolled to it; the question it answers leads back."""
    return address(f"/articles/{fact.article.id}", q=asked, hit=fact.id) + f"#f-{fact.id}"


def source_path(fact: Fact) -> str:
    """The path of the raw lines with the fact marked, scrolled to its first line."""
    line = fact.spans[0].line if fact.spans else 1
    return f"/articles/{fact.article.id}?fact={fact.id}#L{line}"


def permalinks(public_url: str | None) -> Permalinks:
    """Links for chats, where it is known what the page is called outside."""
    if public_url is None:
        return no_permalinks
    return lambda fact: public_url + source_path(fact)


def _hits(found: ArticleView, asked: str) -> HitsView | None:
    ids = [hit.fact.id for hit in found.hits]
    if not ids or found.fact is None or found.fact.id not in ids:
        return None
    at = ids.index(found.fact.id)
    return HitsView(
        at + 1,
        len(ids),
        fact_path(found.hits[at - 1].fact, asked) if at else None,
        fact_path(found.hits[at + 1].fact, asked) if at + 1 < len(ids) else None,
        address("/", q=asked),
        shown_query(asked),
    )


def _line_view(found: ArticleView, number: int) -> LineView:
    spans = [(s.start, s.end) for s in (found.fact.spans if found.fact else ()) if s.line == number]
    page, line = found.document.on_page(number)
    shown = str(line) if page is None else f"{page}:{line}"
    return LineView(number, shown, bool(spans), pieces(found.document.lines[number - 1], spans))


SHORT = 0.8
"""Share of the usual line below which a line ends its paragraph."""


@dataclass(frozen=True, slots=True)
class PrintedParagraph:
    """Sentences that were printed as one paragraph; `caption` where they stand under a picture."""

    facts: tuple[Fact, ...]
    caption: bool = False


@dataclass(frozen=True, slots=True)
class PrintedTable:
    """A table cell by cell; each row with the fact that tells it, where one does."""

    head: tuple[str, ...]
    rows: tuple[tuple[Fact | None, tuple[str, ...]], ...]


@dataclass(slots=True)
class PrintedSection:
    """What is printed under one heading; None for what comes before the first."""

    heading: str | None
    parts: list[PrintedParagraph | PrintedTable] = field(default_factory=list)


def printed_sections(facts: Sequence[Fact], document: Document) -> list[PrintedSection]:
    """Put an article's facts, in reading order, into the sections and paragraphs they were printed in."""
    layout = _Layout(document, facts)
    sections: list[PrintedSection] = []
    open_: list[Fact] = []
    shown: set[int] = set()

    def close() -> None:
        if open_:
            sections[-1].parts.append(PrintedParagraph(tuple(open_), open_[0].kind == "caption"))
            open_.clear()

    for fact in facts:
        if not sections or (fact.section is not None and fact.section != sections[-1].heading):
            if sections:
                close()
            sections.append(PrintedSection(fact.section))
        table = layout.table(fact)
        if table is not None:
            close()
            if table.first not in shown:
                shown.add(table.first)
                sections[-1].parts.append(_table(table, facts, document))
            continue
        if open_ and layout.parted(open_[-1], fact):
            close()
        open_.append(fact)
    close()
    return sections


class _Layout:
    """Where paragraphs end: by the blocks that the format shows, else by blank, indented and short lines."""

    def __init__(self, document: Document, facts: Sequence[Fact]) -> None:
        self._lines = document.lines
        self._blocks = document.blocks
        self._starts = [(block.first, block.start) for block in document.blocks]
        lengths = sorted(len(document.lines[span.line - 1].strip()) for fact in facts for span in fact.spans)
        self._usual = lengths[len(lengths) * 3 // 4] if lengths else 0

    def table(self, fact: Fact) -> Block | None:
        """The table that a fact is a row of."""
        if not fact.kind.startswith("table") or not fact.spans:
            return None
        lines = {span.line for span in fact.spans}
        tables = (b for b in self._blocks if b.table is not None)
        return next((b for b in tables if any(b.first <= line <= b.last for line in lines)), None)

    def parted(self, one: Fact, other: Fact) -> bool:
        """Whether a paragraph ends between two sentences."""
        if not one.spans or not other.spans or (one.kind == "caption") != (other.kind == "caption"):
            return True
        before, after = one.spans[-1], other.spans[0]
        if self._blocks:
            mine, its = self._block(before.line, before.start), self._block(after.line, after.start)
            if mine is not None and its is not None:
                return mine is not its and not its.goes_on
        if before.line == after.line:
            return False
        first, last = sorted((before.line, after.line))
        if any(not line.strip() for line in self._lines[first : last - 1]):
            return True
        start, end = self._lines[after.line - 1], self._lines[before.line - 1].rstrip()
        indented = after.start > 0 and not start[: after.start].strip()
        return indented or len(end.strip()) < SHORT * self._usual

    def _block(self, line: int, column: int) -> Block | None:
        at = bisect_right(self._starts, (line, column)) - 1
        block = self._blocks[at] if at >= 0 else None
        return block if block is not None and block.first <= line <= block.last else None


def _table(block: Block, facts: Sequence[Fact], document: Document) -> PrintedTable:
    assert block.table is not None
    rows = []
    for row in block.table.rows:
        spans = {span for cell in row for span in cell.spans}
        fact = next((f for f in facts if spans & set(f.spans) and f.kind.startswith("table")), None)
        rows.append((fact, tuple(_text(cell, document) for cell in row)))
    return PrintedTable(tuple(_text(cell, document) for cell in block.table.head), tuple(rows))


def _text(cell: Cell, document: Document) -> str:
    return "".join(document.lines[span.line - 1][span.start : span.end] for span in cell.spans)
