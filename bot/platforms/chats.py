"""What we learnt about chats by speaking to them: moved, closed, a topic closed; remembered over restarts."""

from __future__ import annotations

from collections.abc import Callable

from bot.inbox import ClosedChat, Inbox
from bot.messages import ChatMigrations


class ChatDirectory:
    """Knowledge about chats; `clock` is the time of day in seconds.

    Which ones moved is written where their settings are, in one transaction with these, and everything that has
    an old id finds the new one through it; which ones are closed is in the inbox's file.
    """

    def __init__(
        self, platform: str, inbox: Inbox, events: ChatMigrations | None, clock: Callable[[], float]
    ) -> None:
        self._platform = platform
        self._inbox = inbox
        self._events = events
        self._clock = clock
        self._moves: dict[str, str] = {}
        self._closed: dict[str, ClosedChat] = {}
        self._learnt = 0  # counts what we learn, before it is stored and after

    async def load(self) -> None:
        """Read what was learnt before, or elsewhere; anew where we learn something while it is read.

        Moves that cannot be read stay as they are known.
        """
        learnt = -1
        while learnt != self._learnt:
            learnt = self._learnt
            moves = await self._events.moves(self._platform) if self._events is not None else {}
            closed = {chat.id: chat for chat in await self._inbox.closed_chats()}
        self._moves = self._moves if moves is None else moves
        self._closed = closed

    def resolve(self, chat: str) -> str:
        """Return the id that a chat has today."""
        return self._moves.get(chat, chat)

    async def moved(self, old: str, new: str) -> bool:
        """A chat has a new id; return whether that was news and is remembered."""
        if self.resolve(old) == new:
            return False
        self._learnt += 1
        if self._events is not None and not await self._events.moved(self._platform, old, new):
            return False
        self._learnt += 1
        self._moves = {chat: new if now == old else now for chat, now in self._moves.items()} | {old: new}
        return True

    async def close(self, chat: str, why: str, thread: str | None = None, at: float | None = None) -> None:
        """A chat, or one topic of it, takes nothing from us any more: since `at`, or now."""
        closed = ClosedChat(_key(chat, thread), why[:100], self._clock() if at is None else at)
        self._closed[closed.id] = closed
        self._learnt += 1
        await self._inbox.close_chat(closed)
        self._learnt += 1
        if thread is None and self._events is not None:
            await self._events.closed(self._platform, chat)

    async def reopen(self, chat: str, thread: str | None = None, at: float = float("inf")) -> None:
        """A chat, and the topic of it that was spoken in, take messages again: what was closed after `at` stays so."""
        for key in {_key(chat, None), _key(chat, thread)} & self._closed.keys():
            if self._closed[key].since > at:
                continue
            del self._closed[key]
            self._learnt += 1
            await self._inbox.reopen_chat(key)
            self._learnt += 1

    def closed(self, chat: str, thread: str | None = None, since: float = 0.0) -> str | None:
        """Return why a chat or topic is closed, or None; what was said after the closing reopens it."""
        for key in {_key(chat, None), _key(chat, thread)}:
            known = self._closed.get(key)
            if known is not None and known.since >= since:
                return known.why
        return None


def _key(chat: str, thread: str | None) -> str:
    return chat if thread is None else f"{chat}/{thread}"
