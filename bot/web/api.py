"""`/api/ask` and `/api/articles` as JSON; and what every request asks for, checked."""

from __future__ import annotations

import re
from dataclasses import dataclass

from aiohttp import web

from bot.query_service import LONGEST_QUERY, QueryService, ask_verified
from bot.web.readers import READERS
from bot.web.templates import reader_of
from knowledge.model import Browse, Order
from knowledge.schemas import answer_json, dump, listing_json

MOST_HITS = 100
MOST_CONTEXT = 5
MOST_PAGES = 100_000
A_PAGE = 50
_NAME = 200

QUERIES = web.AppKey("queries", QueryService)


@dataclass(frozen=True, slots=True)
class ApiQuestion:
    """What is asked: within a library where one is named, after other questions where they are told."""

    query: str
    hits: int
    library: str = ""
    context: tuple[str, ...] = ()

    @property
    def filtered(self) -> str:
        """The query as search reads it."""
        return f"库:{self.library} {self.query}" if self.library else self.query


async def answer_api(request: web.Request) -> web.Response:
    """Answer one query.

    Raises:
        HTTPBadRequest: there is no `q`, or a bad limit.
    """
    asked = question(request)
    if asked is None:
        raise web.HTTPBadRequest(text=reader_of(request).said.site.no_question)
    answer = await request.app[READERS].ask(
        "api", asked, lambda snapshot: ask_verified(snapshot, asked.filtered, asked.hits, asked.context)
    )
    return _json(dump(answer_json(answer) | {"query": asked.query}))


async def articles_api(request: web.Request) -> web.Response:
    """List one page of articles."""
    browse = browsing(request)
    listing = await request.app[QUERIES].read(lambda snapshot: snapshot.browse(browse))
    return _json(dump(listing_json(listing)))


def question(request: web.Request) -> ApiQuestion | None:
    """What is asked, or None where nothing is.

    Raises:
        HTTPBadRequest: it is given twice, or the limit is none.
        HTTPRequestURITooLong: it is longer than any question.
    """
    said = reader_of(request).said.site
    given = request.query.getall("q", [])
    if len(given) > 1:
        raise web.HTTPBadRequest(text=said.asked_twice)
    context = [text for text in request.query.getall("context", []) if text.strip()]
    if any(len(text) > LONGEST_QUERY for text in (*given, *context)):
        raise web.HTTPRequestURITooLong(text=said.longest_question.format(LONGEST_QUERY))
    hits = limit(request)
    if not given:
        return None
    return ApiQuestion(given[0], hits, _name(request, "library"), tuple(context[-MOST_CONTEXT:]))


def browsing(request: web.Request) -> Browse:
    """Which articles are to be listed.

    Raises:
        HTTPBadRequest: year, sort, page or limit are none.
    """
    said = reader_of(request).said.site
    query = request.query
    year, order = query.get("year", ""), query.get("sort", "") or Order.DATE
    if year and not re.fullmatch(r"(?:19|20)\d\d", year):
        raise web.HTTPBadRequest(text=said.wrong_year)
    if order not in set(Order):
        raise web.HTTPBadRequest(text=said.wrong_order)
    page = query.get("page", "") or "1"
    if not (page.isascii() and page.isdigit() and 0 < int(page[:7]) <= MOST_PAGES):
        raise web.HTTPBadRequest(text=said.wrong_page)
    most = limit(request, A_PAGE)
    library, newspaper = _name(request, "library"), _name(request, "newspaper")
    return Browse(
        query.get("words", "")[:_NAME].strip(),
        (library,) if library else (),
        (int(year),) if year else (),
        (newspaper,) if newspaper else (),
        Order(order),
        (int(page) - 1) * most,
        most,
    )


def limit(request: web.Request, otherwise: int = 10) -> int:
    """How many at most.

    Raises:
        HTTPBadRequest: it is no number from 1 to 100.
    """
    given = request.query.get("limit")
    if given is None:
        return otherwise
    number = int(given) if given.isascii() and given.isdigit() and len(given) < 5 else 0
    if not 1 <= number <= MOST_HITS:
        raise web.HTTPBadRequest(text=reader_of(request).said.site.wrong_limit.format(MOST_HITS))
    return number


def _name(request: web.Request, field: str) -> str:
    """A library or newspaper; what could not be a name of one is none: it holds no blank."""
    return "".join(request.query.get(field, "")[:_NAME].split())


def _json(text: str) -> web.Response:
    return web.Response(text=text, content_type="application/json", headers={"Cache-Control": "no-store"})
