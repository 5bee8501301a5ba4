"""Questions of readers whom nobody knows: answered, measured, counted, and kept where nothing was found."""

from __future__ import annotations

import time
from collections.abc import Callable

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.observability import Metrics
from bot.ports import InteractionLog, NullLog
from bot.query_service import QueryService
from knowledge.model import Answer
from knowledge.snapshot import Snapshot


class Asking:
    """Looks questions up for the page and the API; what is asked before `remember` is not counted."""

    def __init__(self, queries: QueryService, memory: InteractionLog | None = None) -> None:
        self._queries = queries
        self._memory = memory or NullLog()

    def remember(self, memory: InteractionLog) -> None:
        """Tell `memory` from now on."""
        self._memory = memory

    async def ask(self, surface: str, work: Callable[[Snapshot], Answer]) -> Answer:
        """Answer by `work`, or by the fact that an admin pointed to where it finds nothing.

        Raises:
            TooSlow: the budget is spent.
        """
        begun = time.perf_counter()
        answer = await self._queries.read(work)
        self._memory.asked(answer, round(1000 * (time.perf_counter() - begun)), surface)
        if answer.found:
            return answer
        pointed = await self._memory.pointed(answer)
        if not pointed.found and answer.query.strip():
            self._memory.missed_by_somebody(answer.query)
        return pointed


ASKING = web.AppKey("asking", Asking)


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
