"""Around every request: security headers, and errors that say what to do."""

from __future__ import annotations

import logging

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.query_service import TooSlow
from bot.texts import phrases
from bot.web.html import document, e
from knowledge.schemas import dump

log = logging.getLogger(__name__)

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
SAID = {
    400: "这个请求写得不对。",
    404: "没有这一页。",
    405: "这里只能读，不能写。",
    414: "问题太长了。",
}


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer with security headers whatever happens inside."""
    try:
        response = await handler(request)
    except TooSlow:
        response = _error(request, 503, phrases(None).too_slow)
        response.headers["Retry-After"] = "2"
    except web.HTTPException as error:
        if error.status < 400:
            raise
        given = error.text or ""
        response = _error(request, error.status, SAID.get(error.status, given) if _dull(given) else given)
        if "Allow" in error.headers:
            response.headers["Allow"] = error.headers["Allow"]
    except Exception:
        log.exception("%s %s could not be answered", request.method, request.path)
        response = _error(request, 500, phrases(None).failed)
    response.headers.update(HEADERS)
    return response


def _dull(text: str) -> bool:
    """Whether a text is only the library's own, such as `404: Not Found`."""
    return not text or text[:3].isdigit()


def _error(request: web.Request, status: int, said: str) -> web.Response:
    if request.path.startswith("/api/"):
        text = dump({"error": said})
        return web.Response(text=text, status=status, content_type="application/json")
    body = f'<main class="paper"><p class="notice">{e(said)}</p><p><a href="/">回到提问</a></p></main>'
    return web.Response(text=document("出处", body), status=status, content_type="text/html")
