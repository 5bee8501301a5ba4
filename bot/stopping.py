"""The end of the process: asked for once, and over in time even where a part hangs."""

from __future__ import annotations

import asyncio
import logging
import os
import threading

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
        """Stop; `reason` tells why nobody wanted it."""
        if self._asked.is_set():
            return
        self.reason = reason
        self._asked.set()
        # A thread of its own: a lookup that hangs must not keep the interpreter from ending either.
        last = threading.Timer(self._seconds, _cut_off, (self._seconds,))
        last.daemon = True
        last.start()

    async def asked(self) -> None:
        """Wait until somebody asks."""
        await self._asked.wait()


def _cut_off(seconds: float) -> None:
    log.error("not everything stopped within %.0f s; ending without it, what is stored is kept", seconds)
    os._exit(0)
