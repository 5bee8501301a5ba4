"""The chat-like page and a file's raw lines, drawn by templates that escape everything; they work without scripts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

from bot.query_service import ask_verified
from bot.rendering.answer import Relation, heading, nearest, relation
from bot.rendering.fact import Permalinks, lines, no_permalinks, shown_marks
from bot.texts import Phrases
from bot.web.api import QUERIES, asked, limit
from knowledge.model import Answer, Article, Document, Fact, Hit
from knowledge.snapshot import Snapshot

# What HTML forbids in a document (https://html.spec.whatwg.org/#preprocessing-the-input-stream).
_FORBIDDEN = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
TITLES = 8
OPEN = 3
AROUND = 2
RELATED = 5
MOST_LINES = 2_000

Piece = tuple[str, bool]
"""A run of text, and whether it is marked."""


@dataclass(frozen=True, slots=True)
class FactView:
    """A fact as a template shows it; `context` is empty where it stands alone."""

    source: str
    title: str
    lines: str
    file: str
    campaign: str | None
    pieces: Sequence[Piece]
    context: Sequence[Piece]


@dataclass(frozen=True, slots=True)
class FactGroup:
    """Facts under one another, with what is said of them together; `summary` is what they are folded under."""

    facts: Sequence[FactView]
    notice: str | None
    summary: str | None = None


@dataclass(frozen=True, slots=True)
class AnswerView:
    """An answer as a template shows it; the first few facts lie open."""

    query: str
    found: bool
    notices: Sequence[str]
    short: str | None
    first: FactGroup
    folded: Sequence[FactGroup]


@dataclass(frozen=True, slots=True)
class LineView:
    """A raw line; `shown` is its number as a citation says it."""

    number: int
    shown: str
    quoted: bool
    pieces: Sequence[Piece]


@dataclass(frozen=True, slots=True)
class SourceView:
    """An article's file, the fact to mark in it, and what else is told of the same as that, or as its first."""

    article: Article
    document: Document
    fact: Fact | None
    related: Sequence[Fact] = ()


class Pages:
    """Draws pages in one language."""

    def __init__(self, said: Phrases) -> None:
        self.said = said
        self._templates = Environment(
            loader=PackageLoader("bot.web"),
            autoescape=True,
            finalize=_allowed,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def welcome(self, snapshot: Snapshot) -> str:
        """What stands there before the first question: how to ask, and which articles there are."""
        total, _ = snapshot.counts()
        articles = list(islice(snapshot.articles(), TITLES))
        return self._draw("talk.html", self.said.site.name, answer=None, articles=articles, total=total)

    def answer(self, snapshot: Snapshot, query: str, hits: int) -> str:
        """One question and its answer."""
        view = answer_view(ask_verified(snapshot, query, hits), snapshot, self.said, query)
        return self._draw("talk.html", self._titled(query[:30] if query.strip() else ""), answer=view)

    def source(self, view: SourceView, fact_wanted: bool) -> str:
        """A file as it is: title, the numbered lines, and a way back."""
        return self._draw(
            "source.html",
            self._titled(view.article.title.text),
            headline=view.article.title.text,
            file=view.document.name,
            gone=fact_wanted and view.fact is None,
            lines=source_lines(view),
            related=[(fact.text, fact.article.title.text, source_path(fact)) for fact in view.related],
        )

    def error(self, notice: str) -> str:
        """What is wrong with a request, and a way back."""
        return self._draw("error.html", self.said.site.name, notice=notice)

    def starting(self, progress: str) -> str:
        """How far the first build is; the page asks again by itself."""
        return self._draw("starting.html", self._titled(self.said.operating.starting_page), progress=progress)

    def _titled(self, about: str) -> str:
        return f"{about} · {self.said.site.name}" if about else self.said.site.name

    def _draw(self, template: str, title: str, **shown: object) -> str:
        return self._templates.get_template(template).render(said=self.said, title=title, **shown)


PAGES = web.AppKey("pages", Pages)


async def show_page(request: web.Request) -> web.Response:
    """Show the page, with the answer in it where a query is given."""
    query, hits, pages = asked(request), limit(request), request.app[PAGES]
    if query is None:
        return _html(await request.app[QUERIES].read(pages.welcome))
    return _html(await request.app[QUERIES].read(lambda snapshot: pages.answer(snapshot, query, hits)))


async def show_source(request: web.Request) -> web.Response:
    """Show the snapshot's raw lines of a file, the quote's very characters marked.

    Raises:
        HTTPNotFound: no article of the serving snapshot has this id.
    """
    article, fact, pages = request.match_info["article"], request.query.get("fact"), request.app[PAGES]
    view = await request.app[QUERIES].read(lambda snapshot: find_source(snapshot, article, fact))
    if view is None:
        raise web.HTTPNotFound(text=pages.said.site.no_article)
    return _html(pages.source(view, fact is not None))


def answer_view(answer: Answer, snapshot: Snapshot, said: Phrases, query: str) -> AnswerView:
    """Choose what lies open, what is folded, and what is said above."""
    notices = "".join(run.text for run in heading(answer, said)).strip()
    short = answer.answer if answer.found else None
    main = answer.hits if answer.found else nearest(answer)
    first = main[: 1 if short else OPEN]
    rest = [(main[len(first) :], said.more)]
    if answer.found:
        rest.append((nearest(answer), said.related.rstrip("：:")))
    return AnswerView(
        query,
        answer.found,
        notices.split("\n") if notices else [],
        short,
        FactGroup(*_fact_views(first, snapshot, said, short)),
        [
            FactGroup(*_fact_views(hits, snapshot, said), said.site.folded.format(summary, len(hits)))
            for hits, summary in rest
            if hits
        ],
    )


def find_source(snapshot: Snapshot, article_id: str, fact_id: str | None) -> SourceView | None:
    """Find what to show; a fact of another article marks nothing."""
    article = snapshot.article(article_id)
    held = snapshot.document(article.file) if article else None
    if article is None or held is None:
        return None
    fact = snapshot.fact(fact_id) if fact_id else None
    marked = fact if fact and fact.article.id == article.id else None
    about = marked or next(snapshot.facts(article_id), None)
    related = snapshot.related(about, RELATED) if about else ()
    return SourceView(article, held, marked, [one for one in related if snapshot.proves(one)])


def source_lines(view: SourceView) -> list[LineView]:
    """The lines to show: all of them, or those around the quote in a file too long for a page."""
    numbers = range(1, len(view.document.lines) + 1)
    if len(numbers) > MOST_LINES:
        spans = view.fact.spans if view.fact else view.article.title.spans
        first = max(1, (spans[0].line if spans else 1) - MOST_LINES // 2)
        numbers = range(first, min(first + MOST_LINES, len(view.document.lines) + 1))
    return [_line_view(view, number) for number in numbers]


def source_path(fact: Fact) -> str:
    """The path of the raw lines with the fact marked, scrolled to its first line."""
    line = fact.spans[0].line if fact.spans else 1
    return f"/articles/{fact.article.id}?fact={fact.id}#L{line}"


def permalinks(public_url: str | None) -> Permalinks:
    """Links for chats, where it is known what the page is called outside."""
    if public_url is None:
        return no_permalinks
    return lambda fact: public_url + source_path(fact)


def pieces(text: str, ranges: Iterable[tuple[int, int]]) -> list[Piece]:
    """Cut a text so that the given code point ranges are pieces of their own; joined they are the text."""
    cut: list[Piece] = []
    at = 0
    for start, end in sorted(ranges):
        start, end = max(start, at), min(end, len(text))
        if start < end:
            cut += [(text[at:start], False), (text[start:end], True)]
            at = end
    return [piece for piece in (*cut, (text[at:], False)) if piece[0]]


def _html(text: str) -> web.Response:
    return web.Response(text=text, content_type="text/html", headers={"Cache-Control": "no-store"})


def _allowed(value: object) -> object:
    """Text without what HTML forbids: each such character becomes U+FFFD."""
    return _FORBIDDEN.sub("\ufffd", value) if type(value) is str else value


def _fact_views(
    hits: Sequence[Hit], snapshot: Snapshot, said: Phrases, short: str | None = None
) -> tuple[list[FactView], str | None]:
    kind = relation(hits)
    several = kind is not Relation.ONE_REPORT
    words = said.differing_reports if kind is Relation.DIFFER else said.several_reports
    views = [
        _fact_view(hit, snapshot, said, several, None if number else short) for number, hit in enumerate(hits)
    ]
    return views, words if several else None


def _fact_view(hit: Hit, snapshot: Snapshot, said: Phrases, several: bool, short: str | None) -> FactView:
    fact = hit.fact
    campaign = fact.article.campaign if several else None
    around = snapshot.around(fact.id, AROUND, AROUND)
    return FactView(
        source_path(fact),
        fact.article.title.text,
        lines(fact, said),
        fact.article.file,
        said.campaign.format(campaign) if campaign else None,
        pieces(fact.text, shown_marks(fact.text, hit.matched, short)),
        [(near.text, near.id == fact.id) for near in around] if len(around) > 1 else [],
    )


def _line_view(view: SourceView, number: int) -> LineView:
    spans = [(s.start, s.end) for s in (view.fact.spans if view.fact else ()) if s.line == number]
    page, line = view.document.on_page(number)
    shown = str(line) if page is None else f"{page}:{line}"
    return LineView(number, shown, bool(spans), pieces(view.document.lines[number - 1], spans))
