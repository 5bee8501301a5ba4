"""Listening: one site on one address, from bind to graceful close."""

from __future__ import annotations

import asyncio
import logging
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from bot.config import Address
from bot.errors import CannotListen

# A query of 10,000 hanzi, percent-encoded, and room for the rest of the request line.
LONGEST_REQUEST_LINE = 96 * 1024
GRACE_SECONDS = 5.0
LONGEST_HEAD = 2 * LONGEST_REQUEST_LINE
# What may come after such a head is the next request and no body (RFC 9112, section 6.3).
_BODILESS = re.compile(rb"(?:GET|HEAD) (?:(?!content-length|transfer-encoding|upgrade).)*", re.DOTALL | re.I)
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
    factory = runner.server
    assert factory is not None
    listener: asyncio.Server | None = None
    try:
        try:
            listener = await asyncio.get_running_loop().create_server(
                lambda: RawRequestLine(factory()), address.host, address.port
            )
        except OSError as error:
            raise CannotListen(
                f"{address.host}:{address.port} 不能用（{_said(error)}）；"
                f"请停掉占用它的程序，或用 {setting} 换一个端口"
            ) from error
        yield Address(address.host, listener.sockets[0].getsockname()[1])
    finally:
        if listener:
            listener.close()
        await runner.cleanup()


class RawRequestLine(asyncio.Protocol):
    """Percent-encodes what people type raw in an address (`?q=中文`) before aiohttp's parser refuses it.

    Only the first lines of requests that have no body are touched: once a body may come, nobody here could tell a
    request from it, and everything is passed on as it is until the connection ends.
    """

    def __init__(self, inner: asyncio.Protocol) -> None:
        self._inner = inner
        self._head: bytes | None = b""  # what came of a request; None once bytes are passed on unread

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Pass it on."""
        self._inner.connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Pass it on."""
        self._inner.connection_lost(error)

    def pause_writing(self) -> None:
        """Pass it on."""
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        """Pass it on."""
        self._inner.resume_writing()

    def eof_received(self) -> bool | None:
        """Pass it on, after what was held."""
        if self._head:
            self._inner.data_received(self._head)
        self._head = None
        return self._inner.eof_received()

    def data_received(self, data: bytes) -> None:
        """Hold the head of a request until it is whole."""
        if self._head is None:
            self._inner.data_received(data)
            return
        held = self._head + data
        while held.startswith((b"GET ", b"HEAD ")) and (end := held.find(b"\r\n\r\n")) >= 0:
            head, held = held[: end + 4], held[end + 4 :]
            line, rest = head.split(b"\r\n", 1)
            if not _BODILESS.fullmatch(head):
                held = head + held
                break
            self._inner.data_received(_encoded(line) + b"\r\n" + rest)
        begun = any(method.startswith(held[:5]) or held.startswith(method) for method in (b"GET ", b"HEAD "))
        if begun and len(held) < LONGEST_HEAD and b"\r\n\r\n" not in held:
            self._head = held
        else:
            self._head = None
            self._inner.data_received(held)


def _encoded(line: bytes) -> bytes:
    return re.sub(rb"[\x80-\xff]", lambda found: f"%{found[0][0]:02X}".encode(), line)


def _said(error: OSError) -> str:
    """Why, without asyncio's repetition of the address."""
    return os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror or str(error)


def _is_ours(record: logging.LogRecord) -> bool:
    """Whether a line is about our own failure: what is no HTTP gets its 400, and no traceback in the log."""
    error = record.exc_info[1] if record.exc_info else None
    while error is not None and not isinstance(error, HttpProcessingError):
        error = error.__cause__
    return error is None
