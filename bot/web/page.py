"""`GET /`: the chat-like page; it works as a plain form, the script only keeps the talk together."""

from __future__ import annotations

from itertools import islice

from aiohttp import web

from bot.query_service import ask_verified
from bot.texts import phrases
from bot.web.answer import answer_html
from bot.web.html import document, e
from bot.web.keys import LOOKUP
from bot.web.query import asked, limit
from knowledge.snapshot import Snapshot

TITLES = 8


async def show_page(request: web.Request) -> web.Response:
    """Show the page, with the answer in it where a query is given."""
    query = asked(request)
    hits = limit(request)
    if query is None:
        talk = await request.app[LOOKUP].read(welcome_html)
    else:
        talk = await request.app[LOOKUP].read(lambda snapshot: turn_html(snapshot, query, hits))
    title = f"{query[:30]} · 出处" if query and query.strip() else "出处"
    return web.Response(
        text=document(title, page_html(talk)),
        content_type="text/html",
        headers={"Cache-Control": "no-store"},
    )


def page_html(talk: str) -> str:
    """Masthead, talk and question box."""
    said = phrases(None)
    return f"""<a class="skip" href="#q">跳到提问框</a>
<header class="masthead">
<h1><a href="/">出处</a></h1>
<p>报上怎么写，就怎么答；每句话都带出处</p>
</header>
<main class="paper">
<div id="talk" role="log" aria-live="polite" aria-relevant="additions" aria-label="问答">
{talk}
</div>
</main>
<form class="ask" action="/" method="get" role="search">
<label class="unseen" for="q">问题</label>
<input id="q" name="q" type="search" required maxlength="500" autocomplete="off" enterkeyhint="search"
 placeholder="写一个词，或者一个问题" aria-describedby="hint">
<button type="submit">查</button>
<p id="hint" class="unseen">{e(said.nothing_asked)}</p>
</form>"""


def turn_html(snapshot: Snapshot, query: str, hits: int) -> str:
    """One question and its answer."""
    answer = ask_verified(snapshot, query, hits)
    return f"""<section class="turn">
<h2 class="question"><span class="unseen">你问：</span>{e(query) or "（空）"}</h2>
{answer_html(answer, snapshot)}
</section>"""


def welcome_html(snapshot: Snapshot) -> str:
    """What stands there before the first question: how to ask, and which articles there are."""
    total, _ = snapshot.counts()
    titles = "\n".join(
        f'<li><a href="/articles/{e(article.id)}">{e(article.title.text)}</a></li>'
        for article in islice(snapshot.articles(), TITLES)
    )
    rest = f"<p>等共 {total} 篇</p>" if total > TITLES else ""
    return f"""<section class="welcome">
<p>写一个词：地名、人名、单位名；<br>几个词，用空格分开；<br>或者一个问题：……是多少？……是谁？……为什么？</p>
<h2>现有文章</h2>
<ul class="titles">
{titles}
</ul>
{rest}
</section>"""
