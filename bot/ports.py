"""What the handlers stand on and what a platform gives: protocols, their nouns, and their plainest kinds."""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.messages import Chat, Erasable, FileSource, MessageGateway, Reply, Sender, SenderKind
from knowledge.model import Answer


class PlatformGroupAdmins:
    """Asks each chat's own platform; one that opens later is added when it does."""

    def __init__(self) -> None:
        self._platforms: dict[str, GroupAdmins] = {}

    def add(self, platform: str, administrators: GroupAdmins) -> None:
        """Open a platform."""
        self._platforms[platform] = administrators

    async def administers(self, chat: Chat, sender: Sender) -> bool:
        """Tell whether the sender administers the chat; an anonymous admin does by being one."""
        if sender.kind is SenderKind.ANONYMOUS_ADMIN:
            return True
        platform = self._platforms.get(chat.platform)
        return await platform.administers(chat, sender) if platform else False


class Platforms:
    """An outbox and downloads for all platforms; one that opens later is added when it does."""

    def __init__(self) -> None:
        self.opened = asyncio.Event()  # everything that will be open is
        self._outboxes: dict[str, MessageGateway] = {}
        self._downloads: dict[str, FileSource] = {}
        self._forgetful: dict[str, Erasable] = {}

    def add(
        self,
        platform: str,
        outbox: MessageGateway,
        downloads: FileSource | None = None,
        forgetful: Erasable | None = None,
    ) -> None:
        """Open a platform."""
        if forgetful is not None:
            self._forgetful[platform] = forgetful
        self._outboxes[platform] = outbox
        if downloads is not None:
            self._downloads[platform] = downloads

    async def send(self, chat: Chat, reply: Reply) -> str | None:
        """Send by the chat's platform; None where it is closed."""
        outbox = self._outboxes.get(chat.platform)
        return await outbox.send(chat, reply) if outbox else None

    async def tell(self, chat: Chat, reply: Reply) -> str | None:
        """Send what must not be lost; None where the chat is closed.

        Raises:
            LookupError: the platform is not open (now).
        """
        if chat.platform not in self._outboxes:
            raise LookupError(f"{chat.platform} is not open")
        return await self.send(chat, reply)

    async def forget(self, platform: str, person: str) -> None:
        """Have a platform forget a person."""
        if platform in self._forgetful:
            await self._forgetful[platform].forget(person)

    async def fetch(self, platform: str, attachment: str, limit: int) -> AsyncIterator[bytes]:
        """Yield the pieces of a file that somebody sent.

        Raises:
            LookupError: the platform has no files, or is not open.
        """
        if platform not in self._downloads:
            raise LookupError(f"{platform} has no files to fetch")
        async for piece in self._downloads[platform].download(attachment, limit):
            yield piece


FACTS = (1, 3, 5)
LANGUAGES = {"zh-Hans": "简体中文", "zh-Hant": "繁體中文", "en": "English"}


class Askers(StrEnum):
    """Who may ask in a group."""

    EVERYONE = "everyone"
    ADMINS = "admins"


@dataclass(frozen=True, slots=True)
class Preference:
    """A chat's choices; None leaves it to the reader's own language, or to the kind of chat."""

    language: str | None = None
    facts: int | None = None
    askers: Askers = Askers.EVERYONE


class Preferences(Protocol):
    """Keeps what chats have chosen."""

    async def get(self, chat: Chat) -> Preference:
        """The chat's choices; the defaults where it made none."""

    async def put(self, chat: Chat, preference: Preference) -> None:
        """Keep the chat's choices."""


class GroupAdmins(Protocol):
    """Knows who administers a group on its platform."""

    async def administers(self, chat: Chat, sender: Sender) -> bool:
        """Tell whether the sender administers the chat; False where that cannot be learnt."""


class InMemoryPreferences:
    """Choices that are forgotten with the process."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], Preference] = {}

    async def get(self, chat: Chat) -> Preference:
        """The chat's choices; the defaults where it made none."""
        return self._kept.get((chat.platform, chat.id), Preference())

    async def put(self, chat: Chat, preference: Preference) -> None:
        """Keep the chat's choices."""
        self._kept[(chat.platform, chat.id)] = preference


class AnonymousOnly:
    """Where the platform cannot be asked, only those whom it calls admins in the message itself."""

    async def administers(self, chat: Chat, sender: Sender) -> bool:
        """Tell whether the message itself says so."""
        return bool(sender.group_admin)


KEPT_IN_MEMORY = 2_000


@dataclass(frozen=True, slots=True)
class AnswerSession:
    """An answer as it went out: the query, where to and for whom, and the facts it named."""

    id: str
    query: str
    platform: str
    chat: str
    asker: str
    version: str
    facts: tuple[str, ...]
    created: datetime


class SessionStore(Protocol):
    """Keeps shown answers for seven days."""

    async def add(self, shown: AnswerSession) -> None:
        """Remember it."""

    async def get(self, answer_id: str) -> AnswerSession | None:
        """Return it, or None once it is forgotten."""


class InMemorySessions:
    """The newest shown answers, forgotten with the process."""

    def __init__(self, limit: int = KEPT_IN_MEMORY) -> None:
        self._limit = limit
        self._kept: OrderedDict[str, AnswerSession] = OrderedDict()

    async def add(self, shown: AnswerSession) -> None:
        """Remember it, forgetting the oldest beyond the limit."""
        self._kept[shown.id] = shown
        while len(self._kept) > self._limit:
            self._kept.popitem(last=False)

    async def get(self, answer_id: str) -> AnswerSession | None:
        """Return it, or None once it is forgotten."""
        return self._kept.get(answer_id)


def new_id() -> str:
    """Eight characters that nobody guesses among the few that live."""
    return secrets.token_hex(4)


class InteractionLog(Protocol):
    """Hears of questions, what came of them, and votes; never raises, for answering goes on without it."""

    async def pointed(self, answer: Answer) -> Answer:
        """Put in the fact that an admin pointed to, where nothing else was found."""

    async def missed(self, query: str, chat: Chat, sender: Sender) -> str | None:
        """Count a question that found nothing; return its id if one can wait for it."""

    def asked(self, answer: Answer, milliseconds: int) -> None:
        """Count a question and how long it took."""

    async def voted(self, answer_id: str, platform: str, person: str, liked: bool) -> None:
        """Take a vote on an answer."""


class NullLog:
    """Where nothing is remembered."""

    async def pointed(self, answer: Answer) -> Answer:
        """Leave it."""
        return answer

    async def missed(self, query: str, chat: Chat, sender: Sender) -> str | None:
        """Count nothing."""
        return None

    def asked(self, answer: Answer, milliseconds: int) -> None:
        """Count nothing."""

    async def voted(self, answer_id: str, platform: str, person: str, liked: bool) -> None:
        """Take nothing."""
