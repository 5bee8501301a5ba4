"""What the conversation leaves behind to learn from."""

from __future__ import annotations

from typing import Protocol

from bot.messages import Chat, Sender
from knowledge.model import Answer


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
