"""What both engines' inboxes do by the same statements: what was answered, which chats are closed, how updates ended."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from bot.inbox import KEPT_SECONDS, ClosedChat, QueuedUpdate, UpdateStatus


class StoredInbox(ABC):
    """A platform's own part; `clock` is the time of day in seconds."""

    def __init__(self, platform: str, clock: Callable[[], float]) -> None:
        self._platform = platform
        self._clock = clock
        self._forgotten: set[str] = set()

    @abstractmethod
    async def _ask(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Run a statement, `%s` for each value and `{inbox}` before the name of a table; return what it finds or returns.

        Raises:
            InboxError: it was not run.
        """

    async def position(self) -> str | None:
        """Return how far the platform was read, as it was last stored."""
        query = "SELECT value FROM {inbox}positions WHERE platform = %s"
        rows = await self._ask(query, self._platform)
        return str(rows[0][0]) if rows else None

    async def queued(self) -> list[QueuedUpdate]:
        """Return what was stored and has not ended, in order."""
        query = (
            "SELECT number, queue, kind, attempts > 1 FROM {inbox}updates"
            " WHERE platform = %s AND status IS NULL ORDER BY number"
        )
        return [
            QueuedUpdate(number, queue, kind, begun=True, retried_after_crash=bool(again))
            for number, queue, kind, again in await self._ask(query, self._platform)
        ]

    async def release(self, number: int) -> None:
        """Take back an attempt that was broken off on purpose."""
        update = "UPDATE {inbox}updates SET attempts = attempts - 1 WHERE number = %s AND attempts > 0"
        await self._ask(update, number)

    async def quarantine(self, update: str, body: bytes, reason: str) -> None:
        """Store, as ended, something that is no update at all."""
        insert = (
            "INSERT INTO {inbox}updates (platform, id, kind, status, reason, received, ended)"
            " VALUES (%s, %s, 'unknown', %s, %s, %s, %s) ON CONFLICT (platform, id) DO NOTHING"
        )
        now, told = self._clock(), f"{reason} ({len(body)} bytes)"
        await self._ask(insert, self._platform, update, UpdateStatus.QUARANTINED, told, now, now)

    async def reply_to(self, chat: str, message: str) -> str | None:
        """Return the id of our answer to a message, or None."""
        query = "SELECT reply FROM {inbox}answers WHERE platform = %s AND chat = %s AND message = %s"
        rows = await self._ask(query, self._platform, chat, message)
        return str(rows[0][0]) if rows else None

    async def closed_chats(self) -> list[ClosedChat]:
        """Return the chats that are closed."""
        query = "SELECT chat, why, since FROM {inbox}closed_chats WHERE platform = %s"
        return [ClosedChat(*row) for row in await self._ask(query, self._platform)]

    async def close_chat(self, chat: ClosedChat) -> None:
        """A chat is closed."""
        insert = (
            "INSERT INTO {inbox}closed_chats (platform, chat, why, since) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (platform, chat) DO UPDATE SET why = excluded.why, since = excluded.since"
        )
        await self._ask(insert, self._platform, chat.id, chat.why, chat.since)

    async def reopen_chat(self, chat: str) -> None:
        """A chat is open again."""
        delete = "DELETE FROM {inbox}closed_chats WHERE platform = %s AND chat = %s"
        await self._ask(delete, self._platform, chat)

    async def forget(self, chat: str) -> None:
        """Remove what is kept about a private chat, now and when the request itself has ended."""
        self._forgotten.add(chat)
        answers = "DELETE FROM {inbox}answers WHERE platform = %s AND chat = %s"
        await self._ask(answers, self._platform, chat)
        closed = (
            "DELETE FROM {inbox}closed_chats WHERE platform = %s"
            " AND (chat = %s OR substr(chat, 1, CAST(%s AS INTEGER)) = %s)"
        )
        await self._ask(closed, self._platform, chat, len(chat) + 1, f"{chat}/")

    async def purge(self) -> int:
        """Delete what ended more than seven days ago; return how many updates that were."""
        before = self._clock() - KEPT_SECONDS
        await self._ask("DELETE FROM {inbox}answers WHERE platform = %s AND at < %s", self._platform, before)
        delete = "DELETE FROM {inbox}updates WHERE platform = %s AND ended < %s RETURNING 1"
        return len(await self._ask(delete, self._platform, before))

    async def status_counts(self) -> Mapping[UpdateStatus | None, int]:
        """Return how many updates there are of each status; None stands for those that have not ended."""
        query = "SELECT status, count(*) FROM {inbox}updates WHERE platform = %s GROUP BY status"
        rows = await self._ask(query, self._platform)
        return Counter({UpdateStatus(status) if status else None: count for status, count in rows})


def without_nul(text: str) -> str:
    """Text without NUL, which not every database takes."""
    return text.replace("\0", "")
