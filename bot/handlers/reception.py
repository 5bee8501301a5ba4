"""The conversation before there is anything to answer from: says how far it is, and answers when it can."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from types import TracebackType
from typing import Self

from bot.handlers.intents import parse_intent
from bot.messages import ButtonPress, Chat, Conversation, InlineAnswer, InlineQuery, Message, Reply, Run
from bot.ports import PlatformRegistry
from bot.texts import phrases
from bot.texts.phrases import Phrases

SILENT = 3.0  # seconds in which a stored version is opened, of which nobody need hear
EDITS = 5.0  # seconds between two edits of one message


class Reception:
    """A `Conversation` that hands over to another once that is there.

    A message waits here in hand: its platform has not recorded its end, so it is answered after a kill, too.
    """

    def __init__(
        self, platforms: PlatformRegistry, progress: Callable[[Phrases], str], silent: float = SILENT
    ) -> None:
        """`progress` says in a language how far the build is."""
        self._platforms = platforms
        self._progress = progress
        self._silent = silent
        self._next: Conversation | None = None
        self._open = asyncio.Event()
        self._waiting: set[asyncio.Task[object]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._waiting:  # what they have in hand is for the next start
            task.cancel()

    @property
    def is_over(self) -> bool:
        """Whether somebody answers by now."""
        return self._next is not None

    def hand_over(self, conversation: Conversation) -> None:
        """Let `conversation` answer from now on, and what waits."""
        self._next = conversation
        self._open.set()

    async def message(self, message: Message) -> Sequence[Reply]:
        """Hand on, or tell the asker how far it is until there is an answer, which takes the place of that."""
        if self._next:
            return await self._next.message(message)
        if parse_intent(message) is None:
            return ()
        shown = await self._wait(message.chat, phrases(message.sender.language))
        assert self._next is not None
        replies = await self._next.message(message)
        if shown is None or not replies or not replies[0].text:
            return replies
        return [replace(replies[0], edits=replies[0].edits or shown), *replies[1:]]

    async def too_many(self, message: Message) -> Sequence[Reply]:
        """Hand on, or stay silent."""
        return await self._next.too_many(message) if self._next else ()

    async def press(self, press: ButtonPress) -> Sequence[Reply]:
        """Hand on, or say how far it is."""
        if self._next:
            return await self._next.press(press)
        return [Reply([], notice=self._progress(phrases(press.sender.language)))]

    async def inline(self, query: InlineQuery) -> InlineAnswer:
        """Hand on, or show nothing."""
        return await self._next.inline(query) if self._next else InlineAnswer((), cache_seconds=0)

    async def _wait(self, chat: Chat, said: Phrases) -> str | None:
        """Wait until somebody answers; return the id of the message that shows how far it is, if it took long."""
        task = asyncio.current_task()
        assert task is not None
        self._waiting.add(task)
        try:
            shown = text = None
            pause = self._silent
            while not await self._opened(pause):
                now = said.operating.starting_chat.format(self._progress(said))
                if now != text:
                    text = now
                    sent = await self._platforms.send(chat, Reply([Run(now)], edits=shown))
                    shown = shown or sent
                pause = EDITS
            return shown
        finally:
            self._waiting.discard(task)

    async def _opened(self, seconds: float) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._open.wait()
        return self._open.is_set()
