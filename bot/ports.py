"""What the handlers stand on and what a chat platform gives: protocols, their nouns, and their plainest kinds.

A new platform is a folder under `bot/platforms/` with its `bot.config.PlatformSetup`, and one line in
`bot/platforms/__init__.py`.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING, Protocol

from bot.messages import (
    Chat,
    ChatMigrations,
    ChatType,
    Conversation,
    MessageGateway,
    Reply,
    Sender,
    SenderKind,
)
from bot.runtime import now
from bot.sharing import Sharing
from knowledge.model import Answer

if TYPE_CHECKING:
    from aiohttp.web import RouteDef

    from bot.inbox import Inboxes
    from bot.observability import Metrics


class FileTooLarge(Exception):
    """A file that somebody sent has more bytes than are taken."""


class GroupAdmins(Protocol):
    """Knows who administers a group on its platform."""

    async def administers(self, chat: Chat, sender: Sender) -> bool:
        """Tell whether the sender administers the chat; False where that cannot be learnt."""


class Platform(MessageGateway, GroupAdmins, Protocol):
    """A chat platform that is open: it brings messages to the `Conversation` and says what the bot has to say."""

    def download(self, attachment: str, limit: int) -> AsyncIterator[bytes]:
        """Yield the pieces of a file that somebody sent; whatever it raises is told.

        Raises:
            FileTooLarge: it has more than `limit` bytes, whatever was said of its size.
        """

    async def forget(self, person: str) -> None:
        """Remove what it keeps on its own about a person, by the platform's id."""

    def person_id(self, typed: str) -> str:
        """Return the id of a person as the platform writes it.

        Raises:
            ValueError: nobody can have that id; the text says why.
        """

    def problem(self) -> str | None:
        """Say what keeps messages from coming in, or None."""

    @property
    def routes(self) -> Sequence[RouteDef]:
        """What the platform needs on the public site, such as a webhook."""


class Severity(StrEnum):
    """How bad a finding is; advice does not keep a platform from working."""

    WELL = "well"
    ADVICE = "advice"
    WRONG = "wrong"


class Presence(StrEnum):
    """Whether a bot serves with the settings that are looked at."""

    NOBODY = "nobody"
    HERE = "here"
    PERHAPS_ELSEWHERE = "perhaps elsewhere"


@dataclass(frozen=True, slots=True)
class Finding:
    """What `chuchu doctor` finds about a platform: `told` is a key of `DoctorPhrases.findings`, `values` fill its gaps.

    A value that is a key of `DoctorPhrases.words` is said in the reader's language; none may hold a secret.
    """

    severity: Severity
    told: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlatformHost:
    """What a platform is opened with; `on_fatal` is told, in Chinese, why it makes no sense to go on.

    `owners` are those of this platform, as it writes their ids.
    """

    conversation: Conversation
    metrics: Metrics
    inboxes: Inboxes
    chat_migrations: ChatMigrations | None
    on_fatal: Callable[[str], None]
    owners: Collection[str] = ()
    sharing: Sharing = field(default_factory=Sharing)


class PlatformRegistry:
    """All platforms; one that opens later is added when it does."""

    def __init__(self, platforms: Mapping[str, Platform] | None = None) -> None:
        self.opened = asyncio.Event()  # everything that will be open is
        self._platforms = dict(platforms or {})

    def add(self, name: str, platform: Platform) -> None:
        self._platforms[name] = platform

    def problems(self) -> dict[str, str | None]:
        return {name: platform.problem() for name, platform in self._platforms.items()}

    async def send(self, chat: Chat, reply: Reply) -> str | None:
        """Send by the chat's platform; None where it is closed."""
        platform = self._platforms.get(chat.platform)
        return await platform.send(chat, reply) if platform else None

    async def tell(self, chat: Chat, reply: Reply) -> str | None:
        """Send what must not be lost; None where the chat is closed.

        Raises:
            LookupError: the platform is not open (now).
        """
        return await self._of(chat.platform).send(chat, reply)

    async def administers(self, chat: Chat, sender: Sender) -> bool:
        """Ask the chat's own platform; an anonymous admin administers by being one."""
        if sender.kind is SenderKind.ANONYMOUS_ADMIN:
            return True
        platform = self._platforms.get(chat.platform)
        return await platform.administers(chat, sender) if platform else False

    def person_id(self, platform: str, typed: str) -> str:
        return self._of(platform).person_id(typed)

    async def forget(self, platform: str, person: str) -> None:
        if platform in self._platforms:
            await self._platforms[platform].forget(person)

    async def fetch(self, platform: str, attachment: str, limit: int) -> AsyncIterator[bytes]:
        """Yield the pieces of a file that somebody sent.

        Raises:
            LookupError: the platform is not open.
        """
        async for piece in self._of(platform).download(attachment, limit):
            yield piece

    def _of(self, name: str) -> Platform:
        if name not in self._platforms:
            raise LookupError(f"{name} is not open")
        return self._platforms[name]


class Askers(StrEnum):
    """Who may ask in a group."""

    EVERYONE = "everyone"
    ADMINS = "admins"


@dataclass(frozen=True, slots=True)
class Preference:
    """A chat's choices; None leaves it to the reader's own language, or to the kind of chat, or asks all libraries."""

    language: str | None = None
    facts: int | None = None
    askers: Askers = Askers.EVERYONE
    library: str | None = None


class Preferences(Protocol):
    """Keeps what chats have chosen."""

    async def get(self, chat: Chat) -> Preference:
        """The chat's choices; the defaults where it made none."""

    async def put(self, chat: Chat, preference: Preference) -> None:
        """Keep the chat's choices."""


class InMemoryPreferences:
    """Choices that are forgotten with the process."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], Preference] = {}

    async def get(self, chat: Chat) -> Preference:
        return self._kept.get((chat.platform, chat.id), Preference())

    async def put(self, chat: Chat, preference: Preference) -> None:
        self._kept[(chat.platform, chat.id)] = preference


class AnonymousOnly:
    """Where the platform cannot be asked, only those whom it calls admins in the message itself."""

    async def administers(self, chat: Chat, sender: Sender) -> bool:
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

    async def latest(
        self, platform: str, chat: str, asker: str | None = None, most: int = 1
    ) -> Sequence[AnswerSession]:
        """Return the latest of a chat, or of one asker there, the newest first."""


class InMemorySessions:
    """The newest shown answers, forgotten with the process."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, AnswerSession] = OrderedDict()

    async def add(self, shown: AnswerSession) -> None:
        self._kept[shown.id] = shown
        while len(self._kept) > KEPT_IN_MEMORY:
            self._kept.popitem(last=False)

    async def get(self, answer_id: str) -> AnswerSession | None:
        return self._kept.get(answer_id)

    async def latest(
        self, platform: str, chat: str, asker: str | None = None, most: int = 1
    ) -> Sequence[AnswerSession]:
        here = (
            shown
            for shown in reversed(self._kept.values())
            if (shown.platform, shown.chat) == (platform, chat)
        )
        return list(islice((shown for shown in here if asker in (None, shown.asker)), most))


class InteractionLog:
    """Hears of questions, what came of them, and votes; never raises, for answering goes on without it.

    This one remembers nothing.
    """

    async def pinned(self, answer: Answer) -> Answer:
        """Put in the fact that an admin pinned, where nothing else was found."""
        return answer

    async def missed(self, query: str, platform: str, person: str) -> str | None:
        """Count a question that found nothing; return its id if one can wait for it."""
        return None

    def missed_by_somebody(self, query: str) -> None:
        """Count a question that found nothing, of a reader whom nobody knows."""

    def asked(self, answer: Answer, milliseconds: int) -> None:
        """Count a question and how long it took."""

    async def voted(self, answer_id: str, platform: str, person: str, liked: bool) -> None:
        """Take a vote on an answer."""


class Interactions:
    """What is remembered of those who ask: the answers that they were shown, and their questions and votes."""

    def __init__(
        self,
        sessions: SessionStore | None = None,
        log: InteractionLog | None = None,
        clock: Callable[[], datetime] = now,
        metrics: Metrics | None = None,
    ) -> None:
        self.sessions = sessions or InMemorySessions()
        self.log = log or InteractionLog()
        self.clock = clock
        self._metrics = metrics

    def asked(self, answer: Answer, begun: float, surface: str) -> None:
        """Count a question that began at `begun`, by `time.perf_counter`, and measure it.

        `surface` is where it was asked: a platform, or a part of the site.
        """
        seconds = time.perf_counter() - begun
        if self._metrics is not None:
            self._metrics.questions.labels(surface, answer.tier.value).inc()
            self._metrics.question_seconds.labels(surface).observe(seconds)
        self.log.asked(answer, round(1000 * seconds))

    async def shown(
        self, query: str, platform: str, chat: str, asker: str, version: str = "", facts: Iterable[str] = ()
    ) -> AnswerSession:
        """Keep an answer as it went out."""
        session = AnswerSession(
            secrets.token_hex(4), query, platform, chat, asker, version, tuple(facts), self.clock()
        )
        await self.sessions.add(session)
        return session


class ChatSettings:
    """What chats have chosen, and who may choose for them."""

    def __init__(self, preferences: Preferences | None = None, admins: GroupAdmins | None = None) -> None:
        self._preferences = preferences or InMemoryPreferences()
        self._admins = admins or AnonymousOnly()

    async def get(self, chat: Chat) -> Preference:
        return await self._preferences.get(chat)

    async def put(self, chat: Chat, preference: Preference) -> None:
        await self._preferences.put(chat, preference)

    async def manages(self, chat: Chat, sender: Sender) -> bool:
        """Tell whether the sender may decide for the chat: in private everybody, in a group its admins."""
        return chat.type is ChatType.PRIVATE or await self._admins.administers(chat, sender)

    async def may_ask(self, chat: Chat, sender: Sender, preference: Preference) -> bool:
        """Tell whether the sender may ask: in a group that chose so its admins alone."""
        if chat.type is not ChatType.GROUP or preference.askers is Askers.EVERYONE:
            return True
        return await self._admins.administers(chat, sender)
