"""What a platform gives the bot, and every open platform found by the name its chats carry."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from bot.handlers.preferences import Administrators
from bot.messages import Chat, Erasable, FileSource, MessageGateway, Reply, Sender, SenderKind


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
