"""WeCom, open: what its one connection brings is stored, and kept in memory until it is."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Self

from bot.errors import InboxError
from bot.inbox import ClaimedUpdate
from bot.platforms.client import HttpClient, Json, Refused
from bot.platforms.receiving import stay_connected
from bot.platforms.service import Clocks, Pace, PlatformService
from bot.platforms.text import utf8
from bot.platforms.updates import Event, Translate
from bot.platforms.wecom import WeCom
from bot.platforms.wecom.client import WeComConnection, WeComOptions
from bot.platforms.wecom.sending import WeComDraft, WeComTransport
from bot.platforms.wecom.updates import MESSAGE, callback, to_update, translate
from bot.ports import PlatformHost
from bot.sharing import Leadership

log = logging.getLogger(__name__)

UNSTORED_KEPT, UNSTORED_BYTES = 10_000, 64 * 1024 * 1024
RETRY_SECONDS = 0.5
LAST_SECONDS = 0.5


class UnstoredFrames:
    """What came and is not stored yet: in memory only, so bounded in number and size."""

    def __init__(self) -> None:
        self.frames: deque[Json] = deque()
        self.trouble: str | None = None  # why the first could not be stored
        self._sizes: deque[int] = deque()
        self._bytes = 0

    @property
    def problem(self) -> str | None:
        """Say what waits, where it waits for more than its turn."""
        return f"{len(self.frames)} messages wait in memory only: {self.trouble}" if self.trouble else None

    def add(self, frame: Json) -> bool:
        """Keep a frame; False where there is no room."""
        size = utf8(json.dumps(frame, ensure_ascii=False))
        if len(self.frames) >= UNSTORED_KEPT or self._bytes + size > UNSTORED_BYTES:
            return False
        self.frames.append(frame)
        self._sizes.append(size)
        self._bytes += size
        return True

    def take(self) -> Json:
        self._bytes -= self._sizes.popleft()
        self.trouble = None
        return self.frames.popleft()


class WeComService(PlatformService[WeComDraft]):
    """WeCom, open."""

    setup = WeCom
    refused = "企业微信五分钟来一直不认这个机器人；请在管理后台核对 CHUCHU_WECOM_BOT 和 CHUCHU_WECOM_SECRET"

    def __init__(self, options: WeComOptions, host: PlatformHost, clocks: Clocks | None = None) -> None:
        self._transport = WeComTransport()
        pace = Pace(per_chat=options.per_chat, per_group=options.per_chat)
        super().__init__(host, self._transport, pace, clocks=clocks, led=Leadership.EVERYTHING)
        self._http = HttpClient(connections=4)
        self._connection = self._transport.connection = WeComConnection(
            self._http, options, self.health, self._take
        )
        self._unstored = UnstoredFrames()
        self._arrived = asyncio.Event()

    def problem(self) -> str | None:
        """Say what keeps messages from coming in, or what they wait for in memory, or None."""
        return super().problem() or self._unstored.problem

    async def is_admin(self, chat: str, person: str) -> bool:
        """WeCom tells nobody who administers a group."""
        return False

    async def download(self, attachment: str, limit: int) -> AsyncIterator[bytes]:
        """Files are not taken.

        Raises:
            Refused: always.
        """
        raise Refused("WeCom's files are not taken")
        yield b""

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Self]:
        connect = partial(stay_connected, self._connection.connect, self.health)
        async with self._http:
            async with self.at_work(connect, self._store):
                yield self
            with suppress(InboxError):
                async with asyncio.timeout(LAST_SECONDS):
                    while self._unstored.frames:  # WeCom brings nothing twice
                        await self._keep(self._unstored.take())

    async def identify(self) -> Translate:
        """Nothing is to be learnt: only what is meant for us comes."""
        return self._translate

    def _take(self, frame: Json) -> None:
        """Put a frame where it is stored from, even if that takes a while: WeCom brings nothing twice."""
        if not self._unstored.add(frame):
            self.metrics.received.labels("unusable").inc()
            log.error("wecom: a frame was dropped: %d wait to be stored", len(self._unstored.frames))
            return
        self._arrived.set()

    async def _store(self) -> None:
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while self._unstored.frames:
                try:
                    await self._keep(self._unstored.frames[0])
                    self._unstored.take()
                except InboxError as error:
                    self.metrics.inbox_errors.inc()
                    log.error("inbox: a message could not be stored (%s); trying again", error)
                    self._unstored.trouble = str(error)
                    await asyncio.sleep(RETRY_SECONDS)

    async def _keep(self, frame: Json) -> None:
        called = callback(frame)
        update = to_update(called, frame) if called else None
        if update is None:
            log.error("wecom: a frame that brings nothing we know was dropped: %d keys", len(frame))
            self.metrics.received.labels("unusable").inc()
            return
        await self.receiver.keep([update])

    async def _translate(self, update: ClaimedUpdate) -> Event:
        event, request = translate(update.body)
        if update.kind == MESSAGE and request:
            self._transport.asked(update.id, request)
        return event
