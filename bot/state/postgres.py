"""PostgreSQL as the inbox, the leaders and the snapshots speak to it: psycopg on the event loop, and notifications."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import psycopg
from psycopg import AsyncConnection
from psycopg.conninfo import make_conninfo
from sqlalchemy.engine import make_url

from bot.runtime import backoff
from bot.sharing import CHANNELS

log = logging.getLogger(__name__)

Connection = AsyncConnection[tuple[Any, ...]]
# A cut cable would else keep a session and its locks for two hours, a frozen process its transaction for ever.
SETTINGS: dict[str, str | int] = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
    "options": "-c statement_timeout=10s -c idle_in_transaction_session_timeout=3s"
    " -c tcp_keepalives_idle=10 -c tcp_keepalives_interval=3 -c tcp_keepalives_count=3",
}
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 1.0


def is_postgres(url: str) -> bool:
    """Tell whether a SQLAlchemy address is PostgreSQL's."""
    return make_url(url).get_backend_name() == "postgresql"


async def connect(url: str) -> Connection:
    """Connect to the database at a SQLAlchemy address; each statement is a transaction of its own.

    Raises:
        psycopg.Error: it cannot be reached.
    """
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    # A statement is planned for what it is asked: arrays of one and of five hundred want different plans.
    told = make_conninfo(address, **SETTINGS)
    return await AsyncConnection.connect(told, autocommit=True, prepare_threshold=5)


class Signals:
    """Calls by name from every process on the database; one that was away is called as if all had been."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._heard: dict[str, list[Callable[[str], None]]] = {}

    def subscribe(self, channel: str, call: Callable[[str], None]) -> None:
        """Have `call` called with what is said on a channel; with "" when something may have been missed."""
        self._heard.setdefault(channel, []).append(call)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Listen while the block runs."""
        task = asyncio.create_task(self._listen(), name="signals")
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _listen(self) -> None:
        failures = 0
        while True:
            try:
                async with await connect(self._url) as connection:
                    for channel in CHANNELS:
                        await connection.execute(f"LISTEN {channel}".encode())
                    failures = 0
                    self._call_all()
                    async for notice in connection.notifies():
                        for call in self._heard.get(notice.channel, ()):
                            call(notice.payload)
            except (psycopg.Error, OSError) as error:
                log.log(logging.DEBUG if failures else logging.WARNING, "signals: %s", error)
            await asyncio.sleep(backoff(failures, FIRST_PAUSE, LONGEST_PAUSE))
            failures += 1

    def _call_all(self) -> None:
        for calls in self._heard.values():
            for call in calls:
                call("")
