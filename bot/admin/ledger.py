"""Writing admin acts down, and who is let through to them."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Protocol

from bot.admin.rights import Act, Claim, Refusal, Role, may, role_of
from bot.state.audit import Entry
from bot.state.errors import StateError

log = logging.getLogger(__name__)

KNOCKS = 10  # strangers written down a minute at each door; the rest are counted in the next one written
MINUTE = timedelta(minutes=1)


class Log(Protocol):
    """Takes entries: `bot.state.audit.Audit`."""

    async def add(self, entry: Entry) -> None:
        """Write a row down."""


class Grants(Protocol):
    """Knows who was granted what: `bot.state.roles.Roles`."""

    async def role(self, platform: str, person: str) -> str | None:
        """The role somebody has, or None."""


class Ledger:
    """The audit log with a clock."""

    def __init__(self, audit: Log, clock: Callable[[], datetime]) -> None:
        self._audit = audit
        self._clock = clock
        self._at_the_door, self._in_chat = _Few(clock), _Few(clock)

    async def write(self, actor: str, act: str, outcome: str, detail: str = "") -> None:
        """Write an act down; it is on the disk when this returns.

        Raises:
            StateError: it cannot be written.
        """
        await self._audit.add(Entry(self._clock(), actor, act, outcome, detail))

    async def note(self, actor: str, act: str, outcome: str, detail: str = "") -> str:
        """Write down what is done already; return what its report must add where that fails, else nothing."""
        try:
            await self.write(actor, act, outcome, detail)
        except StateError as error:
            log.error("%s: %s could not be written down: %s", act, outcome, error)
            return f"这次操作没能记入审计：{error}"
        return ""

    async def knocked(self, actor: str, why: str) -> None:
        """Write down that the admin door refused somebody, a few times a minute."""
        if detail := self._at_the_door.told(why):
            await self.note(actor, "door", "refused", detail)

    async def turned_away(self, actor: str, act: str, why: str) -> None:
        """Write down that a stranger was refused in chat, a few times a minute.

        Raises:
            StateError: it cannot be written.
        """
        if detail := self._in_chat.told(why):
            await self.write(actor, act, "refused", detail)


class Gate:
    """Lets admins through to their acts and writes down whom it does not."""

    def __init__(
        self, owners: Collection[int], grants: Grants, ledger: Ledger, clock: Callable[[], datetime]
    ) -> None:
        self._owners = owners
        self._grants = grants
        self._ledger = ledger
        self._clock = clock

    async def role(self, claim: Claim) -> Role | None:
        """What the sender is; an owner is one whatever the grants say."""
        platform, person = claim.platform, claim.sender.id
        owner = role_of(platform, person, self._owners, None)
        return owner or role_of(platform, person, self._owners, await self._grants.role(platform, person))

    async def refusal(self, act: Act, claim: Claim, detail: str = "") -> Refusal | None:
        """Decide on a claim; a refusal is written down before it is told."""
        try:
            role = await self.role(claim)
            refusal = may(act, claim, role, self._clock())
            if refusal is not None:
                why = f"{refusal.name.lower()} {detail}".strip()
                if role is None:
                    await self._ledger.turned_away(claim.actor, act, why)
                else:
                    await self._ledger.write(claim.actor, act, "refused", why)
        except StateError as error:
            log.error("%s was refused, as the shared state cannot be used: %s", act, error)
            return Refusal.CLOSED
        return refusal


class _Few:
    """A few a minute; the rest are counted."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._told: deque[datetime] = deque()
        self._kept_back = 0

    def told(self, why: str) -> str:
        """What to write down, with how many were kept back before; empty to keep this one back."""
        now = self._clock()
        while self._told and now - self._told[0] > MINUTE:
            self._told.popleft()
        if len(self._told) >= KNOCKS:
            self._kept_back += 1
            return ""
        self._told.append(now)
        more, self._kept_back = self._kept_back, 0
        return why + (f" (+{more})" if more else "")
