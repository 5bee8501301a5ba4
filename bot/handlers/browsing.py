"""`/articles` and `/article`: what there is to read, page by page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.messages import Button, ButtonPress, Message, Reply, Run, Style, text_reply
from bot.query_service import QueryService
from bot.rendering.answer import shown_query
from bot.rendering.fact import Permalinks, article_pages, article_runs, issue
from bot.texts import Phrases
from knowledge.model import Article, Browse, Order
from knowledge.query.analysis import read_operators
from knowledge.snapshot import Snapshot
from knowledge.text.nearness import remembered

ARTICLES = "articles"
ARTICLE = "article"
PAGE = 8
_DATA = re.compile(r"(articles|article):(?:([a-z2-7]{13}|date|title)\.)?(\d{1,5})(?:\.(.*))?", re.DOTALL)
LONGEST_DATA = 64  # bytes of a button
SHOWN_WORDS = 3


class ArticleHandlers:
    """Lists articles, and opens one."""

    def __init__(self, lookup: QueryService, links: Permalinks) -> None:
        self._lookup = lookup
        self._links = links

    async def articles(self, message: Message, words: str, said: Phrases) -> Sequence[Reply]:
        """`/articles`: the first page of titles, a numbered button each; words and filters behind it choose."""
        return [await self._page(Order.DATE, 0, words, said)]

    async def article(self, message: Message, words: str, said: Phrases) -> Sequence[Reply]:
        """`/article`: the article of that id, else the first whose title holds all the words."""
        if not words:
            return [await self._page(Order.DATE, 0, "", said)]

        def find(snapshot: Snapshot) -> Reply:
            found = snapshot.article(words) or _numbered(snapshot, words) or _titled(snapshot, words)
            if found is None:
                return text_reply(said.no_article.format(shown_query(words)))
            return self._opened(snapshot, found, 0, said)

        return [await self._lookup.read(find)]

    async def about(self, message: Message, words: str, said: Phrases) -> Sequence[Reply]:
        """`/about`: how much there is."""
        articles, facts = await self._lookup.read(lambda snapshot: snapshot.counts())
        return [text_reply(said.about.format(articles=articles, facts=facts))]

    async def _page(self, order: Order, page: int, words: str, said: Phrases) -> Reply:
        return await self._lookup.read(lambda snapshot: _list(snapshot, order, page, words, said))

    async def press(self, press: ButtonPress, said: Phrases) -> Sequence[Reply]:
        """Turn a page of the list or of an article, or open one."""
        match = _DATA.fullmatch(press.data)
        if not match:
            return [Reply([], notice=said.stale)]
        page = int(match[3])
        if match[1] == ARTICLES:
            order = Order(match[2]) if match[2] in set(Order) else Order.DATE
            return [_replacing(await self._page(order, page, match[4] or "", said), press)]

        def turn(snapshot: Snapshot) -> Reply:
            article = snapshot.article(match[2] or "")
            return self._opened(snapshot, article, page, said) if article else Reply([], notice=said.stale)

        reply = await self._lookup.read(turn)
        return [_replacing(reply, press) if page else reply]

    def _opened(self, snapshot: Snapshot, article: Article, page: int, said: Phrases) -> Reply:
        pages = article_pages(list(snapshot.facts(article.id)))
        if page >= len(pages):
            return Reply([], notice=said.no_more)
        turns = (Button(said.next_page, f"{ARTICLE}:{article.id}.{page + 1}"),)
        runs = article_runs(article, pages, page, said, self._links)
        return Reply(list(runs), [turns] if page + 1 < len(pages) else [])


def _list(snapshot: Snapshot, order: Order, page: int, words: str, said: Phrases) -> Reply:
    asked = read_operators(snapshot.language.fold(words))
    listing = snapshot.browse(Browse(asked.rest, asked.only, order, page * PAGE, PAGE))
    if not listing.articles:
        return Reply([], notice=said.no_more) if page else text_reply(said.site.none_fit)
    first = page * PAGE + 1
    runs = [Run(said.articles_of.format(listing.total), Style.BOLD)]
    for number, one in enumerate(listing.articles, first):
        article = one.article
        runs.append(Run(f"\n{number}. {article.title.text}"))
        where = " ".join(issue(article, said))
        told = [where, article.library or "", said.site.facts.format(one.facts)]
        runs.append(Run("\n　" + " · ".join(part for part in told if part)))
        if article.keywords:
            runs.append(Run(f"\n　{'　'.join(article.keywords[:SHOWN_WORDS])}", Style.ITALIC))
    numbers = [
        Button(str(number), f"{ARTICLE}:{one.article.id}.0")
        for number, one in enumerate(listing.articles, first)
    ]
    other = Order.TITLE if order is Order.DATE else Order.DATE
    label = said.talk.sort_by_title if other is Order.TITLE else said.talk.sort_by_date
    turns = [(said.talk.previous_page, order, page - 1)] if page else []
    turns += [(said.next_page, order, page + 1)] if first + PAGE <= listing.total else []
    turns += [(label, other, 0)] if listing.total > 1 else []
    row = [Button(text, data) for text, by, to in turns if (data := _listed(by, to, words))]
    return Reply(runs, [numbers[:4], *([numbers[4:]] if numbers[4:] else []), *([row] if row else [])])


def _listed(order: Order, page: int, words: str) -> str | None:
    """The data of a button to a page of the list; None where the words do not fit on one."""
    data = f"{ARTICLES}:{order.value}.{page}" + (f".{words}" if words else "")
    return data if len(data.encode()) <= LONGEST_DATA else None


def _numbered(snapshot: Snapshot, words: str) -> Article | None:
    """The article of that number in the list of `/articles`."""
    if not (words.isascii() and words.isdigit() and 0 < int(words[:9]) <= snapshot.counts()[0]):
        return None
    return snapshot.browse(Browse(first=int(words) - 1, most=1)).articles[0].article


def _titled(snapshot: Snapshot, words: str) -> Article | None:
    fold = snapshot.language.fold
    articles = list(snapshot.articles())
    titles = [fold(article.title.text) for article in articles]
    wanted = [fold(word) for word in words.split()]
    for article, title in zip(articles, titles, strict=True):
        if all(word in title for word in wanted):
            return article
    near = remembered("".join(wanted), titles)
    return articles[near[0]] if near else None


def _replacing(reply: Reply, press: ButtonPress) -> Reply:
    return replace(reply, edits=press.message_id) if reply.runs else reply
