"""What an update of a platform can mean to us."""

from __future__ import annotations

from dataclasses import dataclass

from bot.messages import ButtonPress, Chat, InlineQuery, Message, Reply


@dataclass(frozen=True, slots=True)
class Migrated:
    """A chat has a new id."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Membership:
    """We were let in or put out; `at` is when, by the platform's clock, in seconds of Unix time."""

    chat: str
    member: bool
    at: float = float("inf")


@dataclass(frozen=True, slots=True)
class Ignored:
    """An update that is not for us; `why` is for the log."""

    why: str


@dataclass(frozen=True, slots=True)
class Excuse:
    """Something that the platform itself cannot serve, and says so."""

    chat: Chat
    reply: Reply


Event = Message | ButtonPress | InlineQuery | Migrated | Membership | Ignored | Excuse
