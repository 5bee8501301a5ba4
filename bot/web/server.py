"""Listening: one site on one address, from bind to graceful close."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from bot.config import Address
from bot.errors import CannotListen

# A query of 10,000 hanzi, percent-encoded, and room for the rest of the request line.
LONGEST_REQUEST_LINE = 96 * 1024
GRACE_SECONDS = 5.0


@asynccontextmanager
async def listening(
    site: web.Application, address: Address, setting: str = "CHUCHU_HTTP"
) -> AsyncIterator[Address]:
    """Serve `site` and yield the address really bound, which tells the port when 0 was asked for.

    Raises:
        CannotListen: the address is taken or not ours; the text names `setting`.
    """
    runner = web.AppRunner(
        site, access_log=None, max_line_size=LONGEST_REQUEST_LINE, shutdown_timeout=GRACE_SECONDS
    )
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, address.host, address.port).start()
        except OSError as error:
            raise CannotListen(
                f"{address.host}:{address.port} 不能用（{error.strerror or error}）；"
                f"请停掉占用它的程序，或用 {setting} 换一个端口"
            ) from error
        yield Address(address.host, runner.addresses[0][1])
    finally:
        await runner.cleanup()
