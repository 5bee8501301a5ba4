"""`/articles`: every article, sorted, filtered, fifty a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from bot.rendering.fact import issue
from bot.web.api import QUERIES, browsing
from bot.web.reader import Reader, reader_of
from bot.web.templates import TEMPLATES, address
from knowledge.model import Browse, Listed
from knowledge.schemas import KEYWORDS


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
    browse, reader = browsing(request), reader_of(request)
    listing = await request.app[QUERIES].read(lambda snapshot: snapshot.browse(browse))
    last = browse.first + browse.most >= listing.total
    return request.app[TEMPLATES].page(
        "articles.html",
        reader,
        reader.said.site.articles,
        browse=browse,
        listing=listing,
        rows=[_line(one, reader) for one in listing.articles],
        chosen=bool(browse.words or browse.libraries or browse.years or browse.newspapers),
        before=_page(browse, -1) if browse.first else None,
        after=None if last else _page(browse, 1),
    )


def _line(one: Listed, reader: Reader) -> ArticleLine:
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


def _page(browse: Browse, step: int) -> str:
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
