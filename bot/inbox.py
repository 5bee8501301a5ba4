"""The durable inbox: an update is stored before its platform hears that we have it, and is handled once.

One inbox, two engines: `bot/state/sqlite_inbox.py` for one process, `bot/state/postgres_inbox.py` for several.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

ATTEMPTS = 3  # so often is an update begun that does not end
KEPT_SECONDS = 7 * 86400.0


class UpdateStatus(StrEnum):
    """How an update ended; every stored update gets exactly one."""

    ANSWERED = "answered"
    IGNORED = "ignored"
    REFUSED = "refused"
    EXPIRED = "expired"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class NewUpdate:
    """An update as it came: `id` as its platform names it, `body` as it spelled it, `queue` where order is kept."""

    id: str
    queue: str
    kind: str
    body: bytes

    def __post_init__(self) -> None:
        """Take NUL out, which not every database keeps."""
        for name in ("id", "queue", "kind"):
            if "\0" in (text := getattr(self, name)):
                object.__setattr__(self, name, text.replace("\0", "\ufffd"))


@dataclass(frozen=True, slots=True)
class QueuedUpdate:
    """A stored update without its body: what the workers keep in memory.

    `number` is the inbox's own, in the order of arrival. `counted` tells that its next attempt is counted already, `begun` that one
    was counted before, perhaps by a process that died of it, `failed` that an earlier one failed in this process,
    `retried_after_crash` that it was begun anew after one death and cut off by the next.
    """

    number: int
    queue: str
    kind: str
    counted: bool = False
    begun: bool = False
    failed: bool = False
    retried_after_crash: bool = False


@dataclass(frozen=True, slots=True)
class ClaimedUpdate:
    """A stored update whose attempt has been counted; `id` is its platform's, `number` the inbox's."""

    number: int
    id: str
    kind: str
    body: bytes
    received: float
    attempts: int


@dataclass(frozen=True, slots=True)
class ClosedChat:
    """A chat, or a topic of one, that takes nothing from us."""

    id: str
    why: str
    since: float


class UpdateConsumer(Protocol):
    """Works on what an inbox delivers."""

    def add(self, updates: Iterable[QueuedUpdate]) -> None:
        """Line up stored updates."""

    def drop(self, queues: Iterable[str]) -> None:
        """Forget what waits in these queues and break off what is in work: another process has them now."""


class Inbox(ABC):
    """What one platform brought, what was answered to it, and which of its chats are closed.

    An engine says how updates come, go and end; the rest it does by statements that every engine takes. `clock` is the
    time of day in seconds.
    """

    def __init__(self, platform: str, clock: Callable[[], float]) -> None:
        self._platform = platform
        self._clock = clock
        self._forgotten: set[str] = set()

    @abstractmethod
    def delivering(self, consumer: UpdateConsumer) -> AbstractAsyncContextManager[None]:
        """While the block runs, hand over what waits and what comes, whichever process stored it."""

    @abstractmethod
    async def held(self) -> None:
        """Return when it is certain that what was delivered is still ours: what is said before may be said twice.

        Raises:
            LeaseLost: it is not.
        """

    @abstractmethod
    async def store(self, updates: Sequence[NewUpdate], position: str | None = None) -> int:
        """Commit updates, and with them how far their platform was read; return how many were not known yet.

        Raises:
            InboxError: nothing was stored, or nobody knows; what is stored again is known.
        """

    @abstractmethod
    async def claim(self, queued: QueuedUpdate) -> ClaimedUpdate | None:
        """Return an update, its attempt counted for good; None if it has ended or is another process's."""

    @abstractmethod
    async def end(
        self,
        number: int,
        status: UpdateStatus,
        reason: str | None = None,
        reply: tuple[str, str, str] | None = None,
    ) -> None:
        """Record how an update ended and forget its body; `reply` is (chat, message, our answer's id).

        Raises:
            LeaseLost: it has ended already, or is another process's now; nothing was recorded.
        """

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
        query = "SELECT chat, why, since FROM {inbox}closed_chats WHERE platform = %s"
        return [ClosedChat(*row) for row in await self._ask(query, self._platform)]

    async def close_chat(self, chat: ClosedChat) -> None:
        insert = (
            "INSERT INTO {inbox}closed_chats (platform, chat, why, since) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (platform, chat) DO UPDATE SET why = excluded.why, since = excluded.since"
        )
        await self._ask(insert, self._platform, chat.id, chat.why, chat.since)

    async def reopen_chat(self, chat: str) -> None:
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


class Inboxes:
    """The inboxes of all platforms in one place; `make` makes a platform's."""

    def __init__(self, make: Callable[[str], Inbox]) -> None:
        self._make = make
        self._made: dict[str, Inbox] = {}

    def of(self, platform: str) -> Inbox:
        if platform not in self._made:
            self._made[platform] = self._make(platform)
        return self._made[platform]
