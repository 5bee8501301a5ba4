"""What we learnt about chats by speaking to them: moved, closed, a topic closed; remembered over restarts."""

from __future__ import annotations

from collections.abc import Callable

from bot.telegram.inbox import Inbox, KnownChat


class Chats:
    """Knowledge about chats, in memory and in the inbox's file; `clock` is the time of day in seconds."""

    def __init__(self, inbox: Inbox, clock: Callable[[], float]) -> None:
        self._inbox = inbox
        self._clock = clock
        self._known: dict[str, KnownChat] = {}

    async def load(self) -> None:
        """Read what was learnt before."""
        self._known = {chat.id: chat for chat in await self._inbox.chats()}

    def resolve(self, chat: str) -> str:
        """Return the id that a chat has today."""
        for _ in range(4):
            known = self._known.get(chat)
            if known is None or known.moved_to is None:
                break
            chat = known.moved_to
        return chat

    async def moved(self, old: str, new: str) -> bool:
        """A group has become a supergroup; return whether that was news."""
        if old == new or self.resolve(old) == new:
            return False
        await self._learn(KnownChat(old, new, None, self._clock()))
        return True

    async def close(self, chat: str, why: str, thread: str | None = None) -> None:
        """A chat, or one topic of it, takes nothing from us any more."""
        await self._learn(KnownChat(_key(chat, thread), None, why[:100], self._clock()))

    async def reopen(self, chat: str) -> None:
        """A chat takes messages again."""
        if chat in self._known and self._known[chat].closed:
            del self._known[chat]
            await self._inbox.forget_chat(chat)

    def closed(self, chat: str, thread: str | None = None, since: float = 0.0) -> str | None:
        """Return why a chat or topic is closed, or None; what was said after the closing reopens it."""
        for key in {_key(chat, None), _key(chat, thread)}:
            known = self._known.get(key)
            if known is not None and known.closed and known.since >= since:
                return known.closed
        return None

    async def _learn(self, chat: KnownChat) -> None:
        self._known[chat.id] = chat
        await self._inbox.remember(chat)


def _key(chat: str, thread: str | None) -> str:
    return chat if thread is None else f"{chat}/{thread}"
