"""What a chat has chosen: language, how many facts at once, and in a group who may ask."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.messages import Chat, Sender

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


class Administrators(Protocol):
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
