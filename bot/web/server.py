"""Listening: one site on one address, from bind to graceful close."""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from bot.config import Address
from bot.errors import CannotListen

# A query of 10,000 hanzi, percent-encoded, and room for the rest of the request line.
LONGEST_REQUEST_LINE = 96 * 1024
GRACE_SECONDS = 5.0
log = logging.getLogger(__name__)


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
    try:
        try:
            await web.TCPSite(runner, address.host, address.port).start()
        except OSError as error:
            raise CannotListen(
                f"{address.host}:{address.port} 不能用（{_said(error)}）；"
                f"请停掉占用它的程序，或用 {setting} 换一个端口"
            ) from error
        yield Address(address.host, runner.addresses[0][1])
    finally:
        await runner.cleanup()


def _said(error: OSError) -> str:
    """Why, without asyncio's repetition of the address."""
    return os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror or str(error)


def _is_ours(record: logging.LogRecord) -> bool:
    """Whether a line is about our own failure: what is no HTTP gets its 400, and no traceback in the log."""
    error = record.exc_info[1] if record.exc_info else None
    while error is not None and not isinstance(error, HttpProcessingError):
        error = error.__cause__
    return error is None
