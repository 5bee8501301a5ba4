"""The poll loop: stores what it gets, then confirms it; outlives whatever the server does."""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
from collections.abc import Callable, Iterable

from bot.metrics import Metrics
from bot.telegram.envelope import KINDS, seal
from bot.telegram.errors import AnswerLost, ApiError, Conflicting, Flooded, Unauthorized
from bot.telegram.inbox import Inbox, Pending
from bot.telegram.readiness import Readiness
from bot.telegram.request import AiohttpRequest, parse

BATCH = 100
FIRST_PAUSE, LONGEST_PAUSE, CONFLICT_PAUSE = 0.25, 10.0, 3.0
logger = logging.getLogger(__name__)


class Poller:
    """Asks for updates.

    `address` is that of the Bot API with the token, `seconds` how long a poll waits; `stored` is told what is new,
    `more` whether more is waiting.
    """

    def __init__(
        self,
        request: AiohttpRequest,
        address: str,
        inbox: Inbox,
        stored: Callable[[Iterable[Pending]], None],
        more: Callable[[bool], None],
        readiness: Readiness,
        metrics: Metrics,
        seconds: int = 10,
        grace: float = 5.0,
    ) -> None:
        self._request = request
        self._address = address
        self._inbox = inbox
        self._stored = stored
        self._more = more
        self._readiness = readiness
        self._metrics = metrics
        self._seconds = seconds
        self._grace = grace
        self._offset: int | None = None
        self._limit = BATCH

    async def run(self) -> None:
        """Poll until cancelled."""
        failures = 0
        while True:
            try:
                await self._once()
            except (ApiError, sqlite3.Error) as error:
                self._more(False)
                pause = self._pause(error, failures)
                self._complain(error, failures)
                failures += 1
                if _webhook_is_set(error):
                    await self._take_over()
                await asyncio.sleep(pause)
            else:
                if failures:
                    logger.info("polling again after %d failures", failures)
                failures = 0

    async def _once(self) -> None:
        """One poll: nothing is confirmed before it is stored."""
        parameters = {
            "timeout": str(self._seconds),
            "limit": str(self._limit),
            "allowed_updates": json.dumps(KINDS),
        }
        if self._offset is not None:
            parameters["offset"] = str(self._offset)
        body = await self._request.call(
            f"{self._address}/getUpdates", parameters, self._seconds + self._grace
        )
        answer = parse(body)
        updates = answer.get("result") if isinstance(answer, dict) and answer.get("ok") is True else None
        if not isinstance(updates, list):
            raise AnswerLost("the answer to getUpdates is no list of updates")
        await self._keep(updates)
        self._more(len(updates) >= self._limit)
        self._limit = BATCH
        self._readiness.good()

    async def _keep(self, updates: list[object]) -> None:
        sealed = [seal(update) for update in updates]
        for update, incoming in zip(updates, sealed, strict=True):
            if incoming is None:
                logger.error(
                    "an update without a usable update_id was dropped: %d characters", len(str(update))
                )
                self._metrics.received.labels("unusable").inc()
        good = [incoming for incoming in sealed if incoming is not None]
        if good:
            self._stored(await self._inbox.store(good))
            self._offset = good[-1].id + 1

    def _pause(self, error: Exception, failures: int) -> float:
        if isinstance(error, Flooded):
            return error.seconds
        longest = CONFLICT_PAUSE if isinstance(error, Conflicting) else LONGEST_PAUSE
        return min(longest, FIRST_PAUSE * 2.0 ** min(failures, 10))

    def _complain(self, error: Exception, failures: int) -> None:
        name = type(error).__name__
        self._metrics.poll_errors.labels(name).inc()
        if isinstance(error, sqlite3.Error):
            self._metrics.inbox_errors.inc()
        if isinstance(error, AnswerLost):
            self._limit = max(1, self._limit // 4)  # perhaps the batch was too big to arrive
        news = self._readiness.bad(f"{name}: {error}", isinstance(error, Unauthorized))
        logger.log(logging.ERROR if news else logging.DEBUG, "polling: %s: %s", name, error)

    async def _take_over(self) -> None:
        """Somebody set a webhook; we were told to poll. What waits there waits on for us."""
        logger.error("a webhook is set for this bot; it is removed, because polling is configured")
        try:
            await self._request.call(
                f"{self._address}/deleteWebhook", {"drop_pending_updates": "false"}, self._grace
            )
        except ApiError as error:
            logger.error("deleteWebhook failed: %s", error)


def _webhook_is_set(error: Exception) -> bool:
    return isinstance(error, Conflicting) and "webhook" in str(error).lower()
