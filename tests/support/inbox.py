"""An inbox of one platform, updates to put into it, and what a platform is opened with."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bot.inbox import Inbox, NewUpdate, QueuedUpdate
from bot.messages import ChatMigrations, Conversation
from bot.observability import Metrics
from bot.ports import PlatformHost
from bot.state.sqlite_inbox import open_inboxes, read_statuses
from tests.support.server import until

PLATFORM = "telegram"


@asynccontextmanager
async def open_inbox(path: Path, clock: Callable[[], float]) -> AsyncIterator[Inbox]:
    """Telegram's inbox in a file."""
    async with open_inboxes(path, clock, PLATFORM) as inboxes:
        yield inboxes.of(PLATFORM)


@asynccontextmanager
async def open_host(
    folder: Path,
    conversation: Conversation,
    metrics: Metrics | None = None,
    events: ChatMigrations | None = None,
    on_fatal: Callable[[str], None] = print,
    clock: Callable[[], float] = time.time,
) -> AsyncIterator[PlatformHost]:
    """What a platform is opened with, its inbox in a file of the folder."""
    async with open_inboxes(folder / "inbox.sqlite", clock, PLATFORM) as inboxes:
        yield PlatformHost(conversation, metrics or Metrics(), inboxes, events, on_fatal)


@contextmanager
def nothing_stored(folder: Path) -> Iterator[None]:
    """The inbox takes nothing meanwhile, as on a full disk: commits fail."""
    with closing(sqlite3.connect(folder / "inbox.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def statuses(folder: Path, platform: str = PLATFORM) -> dict[str, str | None]:
    """How each stored update of a platform ended, by its id; None while it has not."""
    found = read_statuses(folder / "inbox.sqlite", platform)
    return {update: status for update, (status, _) in found.items()}


def new_update(number: int, queue: str = "7") -> NewUpdate:
    """An update whose body holds its number."""
    return NewUpdate(str(number), queue, "message", b'{"update_id": %d}' % number)


@dataclass
class Collected:
    """Remembers what it is given to work on, and which queues were taken from it."""

    updates: list[QueuedUpdate] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)

    async def until(self, count: int) -> list[QueuedUpdate]:
        """Wait for so many; return all that came."""
        await until(lambda: len(self.updates) >= count)
        return self.updates

    def add(self, updates: Iterable[QueuedUpdate]) -> None:
        self.updates.extend(updates)

    def drop(self, queues: Iterable[str]) -> None:
        self.dropped.extend(queues)
