"""The site: which path is answered by which handler, security headers around all, and the address it listens on."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from importlib.resources import files
from typing import cast

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler, Middleware

from bot.clippings import Clippings
from bot.config import Address
from bot.errors import CannotListen
from bot.observability import Metrics
from bot.query_service import TooSlow
from bot.texts import Phrases
from bot.web.articles import CLIPPINGS, show_article, show_articles, show_clipping
from bot.web.pages import show_page
from bot.web.readers import QUERIES, READERS, Readers, answer_api, articles_api, take_vote
from bot.web.templates import SAID, TEMPLATES, Templates, reader_of, switch
from knowledge.errors import NothingServes
from knowledge.schemas import dump

log = logging.getLogger(__name__)

# A query of 10,000 hanzi, percent-encoded, and room for the rest of the request line.
LONGEST_REQUEST_LINE = 96 * 1024
GRACE_SECONDS = 5.0
RENEWED = 2  # seconds after which a page that says how far it is asks again
LONGEST_HEAD = 2 * LONGEST_REQUEST_LINE
# What may come after such a head is the next request and no body (RFC 9112, section 6.3).
_BODILESS = re.compile(rb"(?:GET|HEAD) (?:(?!content-length|transfer-encoding|upgrade).)*", re.DOTALL | re.I)
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
STATIC = {"chuchu.css": "text/css", "chuchu.js": "text/javascript", "icon.svg": "image/svg+xml"}

Check = Callable[[], str | None]


class HealthChecks:
    """Named checks; each returns what is wrong, or None.

    `starting` says how far it is while there is nothing to answer from yet.
    """

    def __init__(self, starting: Callable[[], str] = str) -> None:
        self.starting = starting
        self._checks: dict[str, Check] = {}
        self._notes: dict[str, Check] = {}

    def add(self, name: str, check: Check) -> None:
        self._checks[name] = check

    def tell(self, name: str, note: Check) -> None:
        """Say one more thing that is worth knowing and nothing wrong."""
        self._notes[name] = note

    def notes(self) -> dict[str, str]:
        """What there is to say now, by name."""
        told = {name: note() for name, note in self._notes.items()}
        return {name: note for name, note in told.items() if note}

    def problems(self) -> dict[str, str]:
        """What is wrong now, by name."""
        asked = {name: check() for name, check in self._checks.items()}
        return {name: problem for name, problem in asked.items() if problem}


HEALTH = web.AppKey("health", HealthChecks)


def make_site(
    readers: Readers,
    health: HealthChecks,
    said: Phrases,
    routes: Sequence[web.RouteDef] = (),
    metrics: Metrics | None = None,
    clippings: Clippings | None = None,
) -> web.Application:
    """Build the public site; `routes` adds what other surfaces need there, such as a webhook.

    `said` is for readers whose browsers ask for no language of ours.
    """
    site = web.Application(middlewares=[*([measuring(metrics)] if metrics else []), guard])
    site[QUERIES], site[READERS], site[HEALTH], site[SAID] = readers.queries, readers, health, said
    site[TEMPLATES], site[CLIPPINGS] = Templates(), clippings
    site.router.add_get("/", show_page)
    site.router.add_get("/api/ask", answer_api)
    site.router.add_get("/api/articles", articles_api)
    site.router.add_get("/articles", show_articles)
    site.router.add_get("/articles/{article}", show_article)
    site.router.add_get("/clippings/{fact}.png", show_clipping)
    site.router.add_get("/language", switch)
    site.router.add_post("/vote", take_vote)
    site.router.add_get("/healthz", alive)
    site.router.add_get("/readyz", ready)
    site.router.add_get("/static/{name}", _static)
    site.router.add_routes(routes)
    return site


def measuring(metrics: Metrics) -> Middleware:
    """Count every request by its route and status, and how long it took."""

    @web.middleware
    async def measured(request: web.Request, handler: Handler) -> web.StreamResponse:
        begun = time.perf_counter()
        status = 500
        try:
            response = await handler(request)
            status = response.status
            return response
        except web.HTTPException as error:
            status = error.status
            raise
        finally:
            resource = request.match_info.route.resource
            route = resource.canonical if resource else "other"
            metrics.requests.labels(route, str(status)).inc()
            metrics.request_seconds.labels(route).observe(time.perf_counter() - begun)

    return measured


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer with security headers whatever happens inside, and say what is wrong and what to do."""
    said = reader_of(request).said
    try:
        response = await handler(request)
    except TooSlow:
        response = _error(request, 503, said.too_slow)
        response.headers["Retry-After"] = "2"
    except NothingServes:
        response = _starting(request)
    except web.HTTPException as error:
        if error.status < 400:
            error.headers.update(HEADERS)
            raise
        given = error.text or ""
        response = _error(
            request, error.status, said.site.wrong.get(str(error.status), given) if _dull(given) else given
        )
        if "Allow" in error.headers:
            response.headers["Allow"] = error.headers["Allow"]
    except Exception:
        log.exception("%s %s could not be answered", request.method, request.path)
        response = _error(request, 500, said.failed)
    response.headers.update(HEADERS)
    return response


async def alive(request: web.Request) -> web.Response:
    return web.json_response({"alive": True})


async def ready(request: web.Request) -> web.Response:
    """Tell whether answers can be given; 503 names what is wrong."""
    health = request.app[HEALTH]
    problems = health.problems()
    told = {"ready": not problems, "problems": problems, "notes": health.notes()}
    return web.Response(
        text=json.dumps(told, ensure_ascii=False),
        status=503 if problems else 200,
        content_type="application/json",
    )


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


def _dull(text: str) -> bool:
    """Whether a text is only the library's own, such as `404: Not Found`."""
    return not text or text[:3].isdigit()


def _starting(request: web.Request) -> web.Response:
    """Say how far the first build is; a page asks again by itself."""
    progress = request.app[HEALTH].starting()
    if request.path.startswith("/api/"):
        response = _error(request, 503, progress)
    else:
        reader = reader_of(request)
        about = reader.said.operating.starting_page
        response = request.app[TEMPLATES].page("starting.html", reader, about, progress=progress)
        response.set_status(503)
        response.headers["Refresh"] = str(RENEWED)
    response.headers["Retry-After"] = str(RENEWED)
    return response


def _error(request: web.Request, status: int, notice: str) -> web.Response:
    if request.path.startswith("/api/"):
        return web.Response(text=dump({"error": notice}), status=status, content_type="application/json")
    page = request.app[TEMPLATES].page("error.html", reader_of(request), "", notice=notice)
    page.set_status(status)
    return page


@asynccontextmanager
async def listening(
    site: web.Application, address: Address, setting: str = "CHUCHU_HTTP"
) -> AsyncIterator[Address]:
    """Serve `site` and yield the address really bound, which tells the port when 0 was asked for.

    Raises:
        CannotListen: the address is taken or not ours; the text names `setting`.
    """
    log.addFilter(_is_ours)
    runner = web.AppRunner(
        site, logger=log, access_log=None, max_line_size=LONGEST_REQUEST_LINE, shutdown_timeout=GRACE_SECONDS
    )
    await runner.setup()
    factory = runner.server
    assert factory is not None
    listener: asyncio.Server | None = None
    try:
        try:
            listener = await asyncio.get_running_loop().create_server(
                lambda: cast("asyncio.Protocol", RawRequestLine(factory())), address.host, address.port
            )
        except OSError as error:
            at, why = f"{address.host}:{address.port}", _said(error)
            raise CannotListen(
                f"{at} 不能用（{why}）；请停掉占用它的程序，或用 {setting} 换一个端口"
            ) from error
        yield Address(address.host, listener.sockets[0].getsockname()[1])
    finally:
        if listener:
            listener.close()
        await runner.cleanup()


class RawRequestLine:
    """Percent-encodes what people type raw in an address (`?q=中文`) before aiohttp's parser refuses it.

    Only the first lines of requests that have no body are touched: once a body may come, nobody here could tell a
    request from it, and everything is passed on as it is until the connection ends. All else a protocol is told is
    told to `inner`.
    """

    def __init__(self, inner: asyncio.Protocol) -> None:
        self._inner = inner
        self._head: bytes | None = b""  # what came of a request; None once bytes are passed on unread

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    def eof_received(self) -> bool | None:
        """Pass it on, after what was held."""
        if self._head:
            self._inner.data_received(self._head)
        self._head = None
        return self._inner.eof_received()

    def data_received(self, data: bytes) -> None:
        """Hold the head of a request until it is whole."""
        if self._head is None:
            self._inner.data_received(data)
            return
        held = self._head + data
        while held.startswith((b"GET ", b"HEAD ")) and (end := held.find(b"\r\n\r\n")) >= 0:
            head, held = held[: end + 4], held[end + 4 :]
            line, rest = head.split(b"\r\n", 1)
            if not _BODILESS.fullmatch(head):
                held = head + held
                break
            self._inner.data_received(_encoded(line) + b"\r\n" + rest)
        begun = any(method.startswith(held[:5]) or held.startswith(method) for method in (b"GET ", b"HEAD "))
        if begun and len(held) < LONGEST_HEAD and b"\r\n\r\n" not in held:
            self._head = held
        else:
            self._head = None
            self._inner.data_received(held)


def _encoded(line: bytes) -> bytes:
    return re.sub(rb"[\x80-\xff]", lambda found: f"%{found[0][0]:02X}".encode(), line)


def _said(error: OSError) -> str:
    """Why, without asyncio's repetition of the address."""
    return os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror or str(error)


def _is_ours(record: logging.LogRecord) -> bool:
    """Whether a line is about our own failure: what is no HTTP gets its 400, and no traceback in the log."""
    error = record.exc_info[1] if record.exc_info else None
    while error is not None and not isinstance(error, HttpProcessingError):
        error = error.__cause__
    return error is None
