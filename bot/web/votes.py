"""`POST /vote`: 有用 and 没用 on the page, kept as a chat's votes are, and only where a reader casts one."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from datetime import datetime

from aiohttp import web

from bot.ports import AnswerSession, InMemorySessions, InteractionLog, NullLog, SessionStore, new_id
from bot.query_service import LONGEST_QUERY, ask_verified
from bot.web.api import QUERIES
from bot.web.reader import reader_of

PAGE = "page"
LARGEST = 64 * 1024
MOST, WITHIN = 60, 60.0  # votes of all readers in so many seconds


class PageVotes:
    """Takes votes on answers that the page has shown; nobody is known, so each vote is somebody's."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._sessions: SessionStore = InMemorySessions()
        self._log: InteractionLog = NullLog()
        self._lately: deque[datetime] = deque(maxlen=MOST)

    def keep_in(self, sessions: SessionStore, log: InteractionLog) -> None:
        """Keep votes from now on; those before are thanked for and lost."""
        self._sessions, self._log = sessions, log

    def is_full(self) -> bool:
        """Whether too many came lately to take another."""
        lately = self._lately
        full = len(lately) == MOST and (self._clock() - lately[0]).total_seconds() < WITHIN
        if not full:
            lately.append(self._clock())
        return full

    async def vote(self, query: str, version: str, facts: tuple[str, ...], liked: bool) -> None:
        """Keep the answer, and the vote on it."""
        shown = AnswerSession(new_id(), query, PAGE, PAGE, "", version, facts, self._clock())
        await self._sessions.add(shown)
        await self._log.voted(shown.id, PAGE, new_id(), liked)


VOTES: web.AppKey[PageVotes | None] = web.AppKey("votes")


async def take_vote(request: web.Request) -> web.Response:
    """Take a vote, and lead back to the answer.

    Raises:
        HTTPForbidden: another site sent it.
        HTTPTooManyRequests: too many came lately.
    """
    votes, said = request.app[VOTES], reader_of(request).said.site
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
    if votes is not None:
        if votes.is_full():
            raise web.HTTPTooManyRequests
        asked = f"库:{library} {query}" if library else query
        answer, version = await request.app[QUERIES].read(
            lambda snapshot: (ask_verified(snapshot, asked, 10), snapshot.version)
        )
        facts = tuple(hit.fact.id for hit in (*answer.hits, *answer.related))
        await votes.vote(asked, version, facts, liked == "yes")
    if "application/json" in request.headers.get("Accept", ""):
        return web.json_response({"thanks": said.thanks})
    back = str(form.get("back", "/"))
    raise web.HTTPSeeOther(back if re.fullmatch(r"/\?[^\s\\]*", back) else "/")
