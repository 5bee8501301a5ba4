"""Readers of page and API, of whom nobody is known: what they ask for, checked, answered and counted; the API; their votes."""

from __future__ import annotations

import re
import secrets
import threading
import time
import weakref
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from datetime import datetime

from aiohttp import web

from bot.ports import Interactions
from bot.query_service import LONGEST_QUERY, QueryService, ask_verified, in_library
from bot.web.templates import reader_of
from knowledge.model import Answer, Browse, Order
from knowledge.query.analysis import read_operators
from knowledge.schemas import answer_json, dump, listing_json
from knowledge.snapshot import Snapshot
from knowledge.text.folding import fold

KEPT = 500  # answers, some kilobytes each
PAGE = "page"
LARGEST = 64 * 1024
MOST, WITHIN = 60, 60.0  # votes of all readers in so many seconds


class Readers:
    """Looks up what they ask and takes how they liked it."""

    def __init__(self, queries: QueryService, interactions: Interactions) -> None:
        self.queries = queries
        self._interactions = interactions
        self._lately = _LatelyAnswered()
        self._voted: deque[datetime] = deque(maxlen=MOST)

    async def ask(self, surface: str, key: Hashable, work: Callable[[Snapshot], Answer]) -> Answer:
        """Answer by `work`, or by the fact that an admin pinned where it finds nothing.

        `key` is all that the answer depends on beside the snapshot: what was answered lately is not worked out again.

        Raises:
            TooSlow: the budget is spent.
        """
        begun = time.perf_counter()
        answer = await self.queries.read(lambda snapshot: self._lately.get(snapshot, key, work))
        self._interactions.asked(answer, begun, surface)
        if answer.found:
            return answer
        pinned = await self._interactions.log.pinned(answer)
        if not pinned.found and answer.query.strip():
            self._interactions.log.missed_by_somebody(answer.query)
        return pinned

    def voted_enough(self) -> bool:
        """Whether too many votes came lately to take another; else this one counts."""
        voted, moment = self._voted, self._interactions.clock()
        full = len(voted) == MOST and (moment - voted[0]).total_seconds() < WITHIN
        if not full:
            voted.append(moment)
        return full

    async def vote(self, query: str, liked: bool) -> None:
        """Keep the answer as it is now, and the vote on it, as a chat's are kept: each vote is somebody's.

        Raises:
            TooSlow: the budget is spent.
        """
        answer, version = await self.queries.read(
            lambda snapshot: (ask_verified(snapshot, query, 10), snapshot.version)
        )
        facts = [hit.fact.id for hit in (*answer.hits, *answer.related)]
        shown = await self._interactions.shown(query, PAGE, PAGE, "", version, facts)
        await self._interactions.log.voted(shown.id, PAGE, secrets.token_hex(4), liked)


class _LatelyAnswered:
    """The newest answers of one snapshot with its names and vectors: another snapshot, alias or vector, and they go."""

    def __init__(self) -> None:
        self._of: tuple[weakref.ref[Snapshot], int] | None = None
        self._answers: OrderedDict[Hashable, Answer] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, snapshot: Snapshot, key: Hashable, work: Callable[[Snapshot], Answer]) -> Answer:
        """The answer kept under a key, else what `work` says."""
        coverage = snapshot.coverage
        embedded = coverage.embedded if coverage else 0
        with self._lock:
            if self._of is None or self._of[0]() is not snapshot or self._of[1] != embedded:
                self._answers.clear()
                self._of = weakref.ref(snapshot), embedded
            if (kept := self._answers.get(key)) is not None:
                self._answers.move_to_end(key)
                return kept
        answer = work(snapshot)
        with self._lock:
            if self._of is not None and self._of[0]() is snapshot and self._of[1] == embedded:
                self._answers[key] = answer
                if len(self._answers) > KEPT:
                    self._answers.popitem(last=False)
        return answer


READERS = web.AppKey("readers", Readers)


async def take_vote(request: web.Request) -> web.Response:
    """Take a vote, and lead back to the answer.

    Raises:
        HTTPForbidden: another site sent it.
        HTTPTooManyRequests: too many came lately.
    """
    readers, said = request.app[READERS], reader_of(request).said.site
    origin = request.headers.get("Origin")
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none") or (
        origin is not None and origin != f"{request.scheme}://{request.host}" and origin != "null"
    ):
        raise web.HTTPForbidden(text=said.vote_from_elsewhere)
    if (request.content_length or 0) > LARGEST:
        raise web.HTTPRequestEntityTooLarge(max_size=LARGEST, actual_size=request.content_length or 0)
    form = await request.post()
    query, library = str(form.get("q", ""))[:LONGEST_QUERY], "".join(str(form.get("library", "")).split())
    liked = str(form.get("liked", ""))
    if liked not in ("yes", "no") or not query.strip():
        raise web.HTTPBadRequest
    if readers.voted_enough():
        raise web.HTTPTooManyRequests
    await readers.vote(in_library(library, query), liked == "yes")
    if "application/json" in request.headers.get("Accept", ""):
        return web.json_response({"thanks": said.thanks})
    back = str(form.get("back", "/"))
    raise web.HTTPSeeOther(back if re.fullmatch(r"/\?[^\s\\]*", back) else "/")


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
        return in_library(self.library, self.query)


async def answer_api(request: web.Request) -> web.Response:
    """Answer one query.

    Raises:
        HTTPBadRequest: there is no `q`, or a bad limit.
    """
    asked = question_of(request)
    if asked is None:
        raise web.HTTPBadRequest(text=reader_of(request).said.site.no_question)
    answer = await request.app[READERS].ask(
        "api", asked, lambda snapshot: ask_verified(snapshot, asked.filtered, asked.hits, asked.context)
    )
    return _json(dump(answer_json(answer) | {"query": asked.query}))


async def articles_api(request: web.Request) -> web.Response:
    browse = browse_of(request)
    listing = await request.app[QUERIES].read(lambda snapshot: snapshot.browse(browse))
    return _json(dump(listing_json(listing)))


def question_of(request: web.Request) -> ApiQuestion | None:
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
    hits = limit_of(request)
    if not given:
        return None
    return ApiQuestion(given[0], hits, _name(request, "library"), tuple(context[-MOST_CONTEXT:]))


def browse_of(request: web.Request) -> Browse:
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
    most = limit_of(request, A_PAGE)
    library, newspaper = _name(request, "library"), _name(request, "newspaper")
    typed = read_operators(fold(query.get("words", "")[:_NAME]))
    only = replace(
        typed.only,
        libraries=(library,) if library else typed.only.libraries,
        years=(int(year),) if year else typed.only.years,
        newspapers=(newspaper,) if newspaper else typed.only.newspapers,
    )
    return Browse(typed.rest, only, Order(order), (int(page) - 1) * most, most)


def limit_of(request: web.Request, otherwise: int = 10) -> int:
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
