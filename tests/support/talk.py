"""A conversation without a platform: what is said and pressed goes straight to the dispatcher."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bot.handlers.dispatcher import Dispatcher
from bot.messages import Chat, ChatType, Message, Reply, Sender, SenderKind
from bot.ports import ChatSettings, InMemoryPreferences, Interactions
from bot.query_service import open_query_service
from knowledge.snapshot import Snapshot, SnapshotHolder

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
PRIVATE, GROUP = Chat("test", "7", ChatType.PRIVATE), Chat("test", "-5", ChatType.GROUP, "3")
READER, OTHER, ADMIN = (Sender(number, language="zh") for number in "789")
ANONYMOUS = Sender("1087968824", SenderKind.ANONYMOUS_ADMIN, group_admin=True)


class Admins:
    """Groups are administered by `ADMIN`, and by whom the platform calls an admin."""

    async def administers(self, chat: Chat, sender: Sender) -> bool:
        return sender.id == ADMIN.id or bool(sender.group_admin)


@dataclass
class Talk:
    """People who talk to a dispatcher, and what it stands on."""

    dispatcher: Dispatcher
    store: SnapshotHolder
    preferences: InMemoryPreferences
    now: datetime = NOON

    def message(self, text: str, chat: Chat = PRIVATE, sender: Sender = READER, **more: object) -> Message:
        said = Message(chat, "m1", sender, text, self.now)
        return replace(said, **more)  # type: ignore[arg-type]  # the names are Message's own

    async def heard(
        self, text: str, chat: Chat = PRIVATE, sender: Sender = READER, **more: object
    ) -> list[Reply]:
        return list(await self.dispatcher.message(self.message(text, chat, sender, **more)))

    async def say(self, text: str, chat: Chat = PRIVATE, sender: Sender = READER, **more: object) -> Reply:
        """Say something; return the only reply."""
        (reply,) = await self.heard(text, chat, sender, **more)
        return reply


@contextmanager
def talking(snapshot: Snapshot, patience: float = 5.0) -> Iterator[Talk]:
    """Begin a talk over a snapshot, which stays open."""
    store, preferences = SnapshotHolder(snapshot, close=lambda: None), InMemoryPreferences()
    with open_query_service(store, patience) as lookup:
        told = Talk(
            Dispatcher(lookup, Interactions(clock=lambda: told.now), ChatSettings(preferences, Admins())),
            store,
            preferences,
        )
        yield told
