"""The side that brings updates to a webhook: in order inside a chat, again and again until it is taken."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

import aiohttp


class Courier:
    """Delivers updates; pauses between tries are short where the real ones are 1, 2, 4 … seconds."""

    def __init__(self, url: str, secret: str | None, connections: int) -> None:
        self.url = url
        self.statuses: list[int] = []
        self.bodies: set[bytes] = set()
        self.seconds: list[float] = []
        self.retry_after: list[str] = []
        self._secret = secret
        self._slots = asyncio.Semaphore(connections)
        self._rows: dict[object, deque[Any]] = {}
        self._tasks: dict[object, asyncio.Task[None]] = {}
        self._session: aiohttp.ClientSession | None = None

    def take(self, update: Any) -> None:
        """Bring an update as soon as those of its chat before it were taken."""
        key = _queue_of(update)
        self._rows.setdefault(key, deque()).append(update)
        if key not in self._tasks:
            self._tasks[key] = asyncio.get_running_loop().create_task(self._carry(key))

    @property
    def waiting(self) -> int:
        """How many updates have not been taken."""
        return sum(map(len, self._rows.values()))

    def stop(self) -> list[Any]:
        """Stop; return what was not taken."""
        for task in self._tasks.values():
            task.cancel()
        if self._session is not None:
            session, self._session = self._session, None
            self._closing = asyncio.get_running_loop().create_task(session.close())
        left = [update for row in self._rows.values() for update in row]
        self._rows.clear()
        return sorted(left, key=lambda u: u.get("update_id", 0) if isinstance(u, dict) else 0)

    async def _carry(self, key: object) -> None:
        row, pause = self._rows[key], 0.05
        while row:
            async with self._slots:
                taken = await self._deliver(row[0])
            if taken:
                row.popleft()
                pause = 0.05
            else:
                await asyncio.sleep(pause)
                pause = min(1.0, pause * 2)
        del self._rows[key], self._tasks[key]

    async def _deliver(self, update: Any) -> bool:
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        headers = {"X-Telegram-Bot-Api-Secret-Token": self._secret} if self._secret else {}
        began = asyncio.get_running_loop().time()
        try:
            timeout = aiohttp.ClientTimeout(total=60)
            async with self._session.post(self.url, json=update, headers=headers, timeout=timeout) as answer:
                self.bodies.add(await answer.read())
                self.statuses.append(answer.status)
                self.seconds.append(asyncio.get_running_loop().time() - began)
                if "Retry-After" in answer.headers:
                    self.retry_after.append(answer.headers["Retry-After"])
                return 200 <= answer.status < 300
        except aiohttp.ClientError:
            return False


def _queue_of(update: Any) -> object:
    """tdlib/telegram-bot-api: a chat for messages, a user for presses and inline queries."""
    if not isinstance(update, dict):
        return None
    for kind, content in update.items():
        if isinstance(content, dict):
            chat = content.get("chat") or {}
            return chat.get("id") or (kind, (content.get("from") or {}).get("id"))
    return None
