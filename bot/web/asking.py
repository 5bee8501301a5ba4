"""Questions of readers whom nobody knows: answered, measured, counted, and kept where nothing was found."""

from __future__ import annotations

import threading
import time
import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.observability import Metrics
from bot.ports import InteractionLog, NullLog
from bot.query_service import QueryService
from knowledge.model import Answer
from knowledge.snapshot import Snapshot

KEPT = 500  # answers, some kilobytes each


class Asking:
    """Looks questions up for the page and the API; what is asked before `remember` is not counted."""

    def __init__(self, queries: QueryService, memory: InteractionLog | None = None) -> None:
        self._queries = queries
        self._memory = memory or NullLog()
        self._lately = _LatelyAnswered()

    def remember(self, memory: InteractionLog) -> None:
        """Tell `memory` from now on."""
        self._memory = memory

    async def ask(self, surface: str, key: Hashable, work: Callable[[Snapshot], Answer]) -> Answer:
        """Answer by `work`, or by the fact that an admin pointed to where it finds nothing.

        `key` is all that the answer depends on beside the snapshot: what was answered lately is not worked out again.

        Raises:
            TooSlow: the budget is spent.
        """
        begun = time.perf_counter()
        answer = await self._queries.read(lambda snapshot: self._lately.get(snapshot, key, work))
        self._memory.asked(answer, round(1000 * (time.perf_counter() - begun)), surface)
        if answer.found:
            return answer
        pointed = await self._memory.pointed(answer)
        if not pointed.found and answer.query.strip():
            self._memory.missed_by_somebody(answer.query)
        return pointed


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
