"""What a request asks for, checked."""

from __future__ import annotations

from aiohttp import web

from bot.query_service import LONGEST_QUERY

MOST_HITS = 100


def asked(request: web.Request) -> str | None:
    """The query, or None where there is none.

    Raises:
        HTTPBadRequest: it is given twice.
        HTTPRequestURITooLong: it is longer than any question.
    """
    given = request.query.getall("q", [])
    if len(given) > 1:
        raise web.HTTPBadRequest(text="q 只能写一次。")
    if given and len(given[0]) > LONGEST_QUERY:
        raise web.HTTPRequestURITooLong(text=f"问题太长了，最多 {LONGEST_QUERY} 个字。")
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
        raise web.HTTPBadRequest(text=f"limit 要写 1 到 {MOST_HITS} 的整数。")
    return number
