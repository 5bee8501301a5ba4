"""The site: which path is answered by which handler."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files

from aiohttp import web

from bot.query_service import QueryService
from bot.web.api import answer_api
from bot.web.articles import show_article
from bot.web.guard import guard
from bot.web.health import HEALTH, Health, alive, ready
from bot.web.keys import LOOKUP
from bot.web.page import show_page

__all__ = ["Health", "make_site"]

STATIC = {"chuchu.css": "text/css", "chuchu.js": "text/javascript", "icon.svg": "image/svg+xml"}


def make_site(lookup: QueryService, health: Health, routes: Sequence[web.RouteDef] = ()) -> web.Application:
    """Build the public site; `routes` adds what other surfaces need there, such as a webhook."""
    site = web.Application(middlewares=[guard])
    site[LOOKUP] = lookup
    site[HEALTH] = health
    site.router.add_get("/", show_page)
    site.router.add_get("/api/ask", answer_api)
    site.router.add_get("/articles/{article}", show_article)
    site.router.add_get("/healthz", alive)
    site.router.add_get("/readyz", ready)
    site.router.add_get("/static/{name}", _static)
    site.router.add_routes(routes)
    return site


async def _static(request: web.Request) -> web.Response:
    name = request.match_info["name"]
    if name not in STATIC:
        raise web.HTTPNotFound
    body = files("bot.web").joinpath("static", name).read_bytes()
    return web.Response(
        body=body,
        content_type=STATIC[name],
        charset="utf-8",
        headers={"Cache-Control": "public, max-age=600"},
    )
