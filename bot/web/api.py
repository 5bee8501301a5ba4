"""`GET /api/ask?q=&limit=`: one Answer as JSON; and what every request asks for, checked."""

from __future__ import annotations

from aiohttp import web

from bot.query_service import LONGEST_QUERY, QueryService
from bot.texts import Phrases
from knowledge.schemas import answer_json, dump

MOST_HITS = 100

QUERIES = web.AppKey("queries", QueryService)
SAID = web.AppKey("said", Phrases)


async def answer_api(request: web.Request) -> web.Response:
    """Answer one query.

    Raises:
        HTTPBadRequest: there is no `q`, or a bad limit.
    """
    query = asked(request)
    if query is None:
        raise web.HTTPBadRequest(text=request.app[SAID].site.no_question)
    answer = await request.app[QUERIES].ask(query, limit(request))
    return web.Response(
        text=dump(answer_json(answer)),
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


def asked(request: web.Request) -> str | None:
    """The query, or None where there is none.

    Raises:
        HTTPBadRequest: it is given twice.
        HTTPRequestURITooLong: it is longer than any question.
    """
    given = request.query.getall("q", [])
    if len(given) > 1:
        raise web.HTTPBadRequest(text=request.app[SAID].site.asked_twice)
    if given and len(given[0]) > LONGEST_QUERY:
        raise web.HTTPRequestURITooLong(text=request.app[SAID].site.longest_question.format(LONGEST_QUERY))
    return given[0] if given else None


def limit(request: web.Request, otherwise: int = 10) -> int:
    """How many facts at most.

    Raises:
        HTTPBadRequest: it is no number from 1 to 100.
    """
    given = request.query.get("limit")
    if given is None:
        return otherwise
    number = int(given) if given.isascii() and given.isdigit() and len(given) < 5 else 0
    if not 1 <= number <= MOST_HITS:
        raise web.HTTPBadRequest(text=request.app[SAID].site.wrong_limit.format(MOST_HITS))
    return number
