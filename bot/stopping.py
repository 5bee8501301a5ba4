"""The end of the process: asked for once, and over in time even where a part hangs."""

from __future__ import annotations

import asyncio
import logging
import os
import threading

from bot.errors import WRONG_SETTINGS

log = logging.getLogger(__name__)

# Who runs services kills after ten seconds (Docker's default); the parts share what is less than that.
STOP_SECONDS = 9.0


class Stop:
    """A wish to stop; from then on everything has `seconds` together, and what hangs is cut off."""

    def __init__(self, seconds: float = STOP_SECONDS) -> None:
        self._seconds = seconds
        self._asked = asyncio.Event()
        self.reason: str | None = None

    def ask(self, reason: str | None = None) -> None:
        """Stop; `reason` tells which setting makes it useless to go on, if that is why."""
        if self._asked.is_set():
            return
        self.reason = reason
        self._asked.set()
        # A thread of its own: a lookup that hangs must not keep the interpreter from ending either.
        last = threading.Timer(self._seconds, _cut_off, (self._seconds, reason))
        last.daemon = True
        last.start()

    async def asked(self) -> None:
        """Wait until somebody asks."""
        await self._asked.wait()


def _cut_off(seconds: float, reason: str | None) -> None:
    log.error("not everything stopped within %.0f s; ending without it, what is stored is kept", seconds)
    if reason:
        log.error("%s", reason)
    os._exit(WRONG_SETTINGS if reason else 0)
