"""`/articles`: every article, sorted, filtered, fifty a page; and one as one would print it, by its raw lines, or clipped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from bot.clippings import Clippings, ClippingsBusy, can_be_clipped
from bot.query_service import ask_verified
from bot.rendering.answer import shown_query
from bot.rendering.fact import Permalinks, author, cited, issue, no_permalinks, origin
from bot.rendering.printed import PrintedParagraph, printed_sections
from bot.web.readers import QUERIES, browse_of
from bot.web.templates import TEMPLATES, Piece, Reader, address, pieces, reader_of
from knowledge.model import Article, Browse, Document, Fact, Hit, Listed
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
        chosen=bool(browse.words or browse.libraries or browse.years or browse.newspapers),
        before=_address_of(browse, -1) if browse.first else None,
        after=None if last else _address_of(browse, 1),
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


def _address_of(browse: Browse, step: int) -> str:
    """The address of the page before or after."""
    return address(
        "/articles",
        words=browse.words,
        library="".join(browse.libraries),
        year="".join(map(str, browse.years)),
        newspaper="".join(browse.newspapers),
        sort=browse.order.value,
        page=browse.first // browse.most + 1 + step,
    )


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
    fact = snapshot.fact(fact_id) if fact_id else None
    marked = fact if fact and fact.article.id == article.id and snapshot.proves(fact) else None
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
