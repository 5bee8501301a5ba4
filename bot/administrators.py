"""Who administers a group, asked of the platform that the group is on."""

from __future__ import annotations

from bot.handlers.preferences import Administrators
from bot.messages import Chat, Sender, SenderKind


class PlatformAdministrators:
    """Asks each chat's own platform; one that opens later is added when it does."""

    def __init__(self) -> None:
        self._platforms: dict[str, Administrators] = {}

    def add(self, platform: str, administrators: Administrators) -> None:
        """Open a platform."""
        self._platforms[platform] = administrators

    async def administers(self, chat: Chat, sender: Sender) -> bool:
        """Tell whether the sender administers the chat; an anonymous admin does by being one."""
        if sender.kind is SenderKind.ANONYMOUS_ADMIN:
            return True
        platform = self._platforms.get(chat.platform)
        return await platform.administers(chat, sender) if platform else False
