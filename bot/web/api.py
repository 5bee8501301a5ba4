"""`GET /api/ask?q=&limit=`: one Answer as JSON."""

from __future__ import annotations

from aiohttp import web

from bot.web.keys import LOOKUP
from bot.web.query import asked, limit
from knowledge.schemas import answer_json, dump


async def answer_api(request: web.Request) -> web.Response:
    """Answer one query.

    Raises:
        HTTPBadRequest: there is no `q`, or a bad limit.
    """
    query = asked(request)
    if query is None:
        raise web.HTTPBadRequest(text="请用 q 写上问题，例如 /api/ask?q=词")
    answer = await request.app[LOOKUP].ask(query, limit(request))
    return web.Response(
        text=dump(answer_json(answer)),
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )
