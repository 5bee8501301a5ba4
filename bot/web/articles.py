"""`GET /articles/{id}?fact={fact id}#L{line}`: the snapshot's raw lines, the quote's very characters marked."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from bot.web.html import document, e, marked
from bot.web.keys import LOOKUP
from knowledge.model import Article, Document, Fact
from knowledge.snapshot import Snapshot

MOST_LINES = 2_000


@dataclass(frozen=True, slots=True)
class SourceView:
    """An article's file, and the fact to mark in it."""

    article: Article
    document: Document
    fact: Fact | None


async def show_article(request: web.Request) -> web.Response:
    """Show a file as it is.

    Raises:
        HTTPNotFound: no article of the serving snapshot has this id.
    """
    article_id, fact_id = request.match_info["article"], request.query.get("fact")
    place = await request.app[LOOKUP].read(lambda snapshot: find_place(snapshot, article_id, fact_id))
    if place is None:
        raise web.HTTPNotFound(text="没有这篇文章，也许更新时换掉了。")
    return web.Response(
        text=document(f"{place.article.title.text} · 出处", place_html(place, fact_id is not None)),
        content_type="text/html",
        headers={"Cache-Control": "no-store"},
    )


def find_place(snapshot: Snapshot, article_id: str, fact_id: str | None) -> SourceView | None:
    """Find what to show; a fact of another article marks nothing."""
    article = snapshot.article(article_id)
    held = snapshot.document(article.file) if article else None
    if article is None or held is None:
        return None
    fact = snapshot.fact(fact_id) if fact_id else None
    return SourceView(article, held, fact if fact and fact.article.id == article.id else None)


def place_html(place: SourceView, fact_wanted: bool) -> str:
    """Title, the numbered lines, and a way back."""
    article = place.article
    gone = "" if place.fact or not fact_wanted else '<p class="notice">这句话已不在现有报道里。</p>'
    return f"""<header class="masthead small"><h1><a href="/">出处</a></h1></header>
<main class="paper">
<h2 class="headline">{e(article.title.text)}</h2>
<p class="file">{e(place.document.name)}</p>
{gone}<div class="lines" role="list" aria-label="文件原文">
{_lines(place)}
</div>
<p><a href="/">回到提问</a></p>
</main>"""


def _lines(place: SourceView) -> str:
    shown = range(1, len(place.document.lines) + 1)
    if len(shown) > MOST_LINES:
        spans = place.fact.spans if place.fact else place.article.title.spans
        first = max(1, (spans[0].line if spans else 1) - MOST_LINES // 2)
        shown = range(first, min(first + MOST_LINES, len(place.document.lines) + 1))
    return "\n".join(_line(place, number) for number in shown)


def _line(place: SourceView, number: int) -> str:
    text = place.document.lines[number - 1]
    spans = [(s.start, s.end) for s in (place.fact.spans if place.fact else ()) if s.line == number]
    quoted = ' class="quoted"' if spans else ""
    return (
        f'<div id="L{number}" role="listitem"{quoted}><span class="number">{_shown(place, number)}</span>'
        f"<span>{marked(text, spans)}</span></div>"
    )


def _shown(place: SourceView, number: int) -> str:
    """The line's number as a citation says it: on its page's own count where there are pages."""
    page, line = place.document.on_page(number)
    return str(line) if page is None else f"{page}:{line}"
