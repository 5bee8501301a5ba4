"""Answers that were shown, so that their buttons go on working."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

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
