"""What a process shares with others of the same bot: who does what only one may do, how fast all may speak, what serves."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Protocol


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `burst` at once, then one every `interval` seconds."""

    interval: float
    burst: int


@dataclass(frozen=True, slots=True)
class Rates:
    """How fast a platform lets us speak: over all, to one chat, to one group."""

    overall: Rate
    per_chat: Rate
    per_group: Rate


SPEAKING = "speaking"
"""What is led together: telling unasked, and every platform whose one connection is needed for that."""


INBOX, OUTBOX, ALIASES, SNAPSHOTS = "chuchu_inbox", "chuchu_outbox", "chuchu_aliases", "chuchu_snapshots"
CHANNELS = (INBOX, OUTBOX, ALIASES, SNAPSHOTS)
"""What processes call to each other about."""


class Leadership(StrEnum):
    """How much of a platform only one of several processes may do."""

    NOTHING = "nothing"
    RECEIVING = "receiving"
    EVERYTHING = "everything"


@dataclass(frozen=True, slots=True)
class ReplicaState:
    """What a replica serves, and why it does not serve what it should."""

    id: str
    version: str | None
    trouble: str | None = None


class Limits(Protocol):
    """How long to wait before a call; seconds."""

    async def reserve_overall(self) -> float:
        """Take the next place in the overall row; return the seconds until it comes."""

    async def take_spare(self) -> float:
        """Take an overall place that leaves the whole burst to others and return 0; or the seconds until one may come."""

    async def reserve(self, chat: str, group: bool) -> float:
        """Take the next place in a chat's row; return the seconds until it comes."""

    async def hold(self, chat: str, seconds: float) -> None:
        """Keep silent in a chat for so long, and in no other."""

    async def held(self, chat: str) -> float:
        """Return the seconds for which a chat is still held, 0 if it is not."""


class Sharing:
    """One of several processes; this one is the only one, and everything is its to do."""

    several: ClassVar[bool] = False

    async def lead(self, name: str, work: Callable[[], Awaitable[object]]) -> None:
        """Do work whenever it is ours to do, and break it off when it is not any more; until cancelled.

        What is led under one name is led by one process. What the work stores must be harmless when another has stored it too: for a moment there may be two.
        """
        await work()

    def leads(self, name: str) -> bool:
        """Tell whether it is ours to do now."""
        return True

    def leaderless(self, name: str) -> str | None:
        """Say that nobody has done it for too long, or None."""
        return None

    def limits(self, platform: str, rates: Rates) -> Limits | None:
        """Return limits that hold over all processes; None where there is but one."""
        return None

    def subscribe(self, channel: str, call: Callable[[str], None]) -> None:
        """Have `call` called when any process has changed something, by its name; with "" when that may be."""


class Replication:
    """The versions that all replicas share; where there is but one process, what it serves, serves."""

    @asynccontextmanager
    async def changing(self) -> AsyncIterator[None]:
        """Be the only one of all processes that changes what serves.

        Raises:
            StateError: another has been at it for ten minutes, or that cannot be known.
        """
        yield

    async def current(self) -> str | None:
        """Return the version that should serve everywhere, None before the first, or where nobody else is asked."""
        return None

    async def newest(self) -> str | None:
        """Return the highest version that there is, None before the first, or where nobody else is asked."""
        return None

    async def publish(self, name: str) -> None:
        """Send what others lack of a version of our own, and let it serve everywhere; only inside `changing`.

        Raises:
            StateError: it could not be sent; what served before goes on serving.
        """

    async def choose(self, name: str) -> None:
        """Let an older version of our own serve everywhere; only inside `changing`.

        Raises:
            StateError: others could not be given it.
        """

    async def fetch(self, name: str) -> None:
        """Have a version among our own, taking over the files that we have already.

        Raises:
            StateError: it cannot be fetched, or what came is not what was sent.
            KnowledgeError: there is no room.
        """

    async def tell(self, version: str, trouble: str | None) -> None:
        """Let all know what serves here."""

    async def replicas(self) -> Sequence[ReplicaState]:
        """Return who is alive and what each serves."""
        return ()
