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
from bot.state.roles import Roles

log = logging.getLogger(__name__)

KNOCKS = 10  # denials of the door written down a minute; the rest are counted in the next one written
MINUTE = timedelta(minutes=1)


class Log(Protocol):
    """Takes entries: `bot.state.audit.Audit`."""

    async def add(self, entry: Entry) -> None:
        """Write a row down."""


class Ledger:
    """The audit log with a clock."""

    def __init__(self, audit: Log, clock: Callable[[], datetime]) -> None:
        self._audit = audit
        self._clock = clock
        self._knocks: deque[datetime] = deque()
        self._unwritten = 0

    async def write(self, actor: str, act: str, outcome: str, detail: str = "") -> None:
        """Write an act down; it is on the disk when this returns.

        Raises:
            StateError: it cannot be written.
        """
        await self._audit.add(Entry(self._clock(), actor, act, outcome, detail))

    async def knocked(self, actor: str, why: str) -> None:
        """Write down that the admin door refused somebody, a few times a minute."""
        now = self._clock()
        while self._knocks and now - self._knocks[0] > MINUTE:
            self._knocks.popleft()
        if len(self._knocks) >= KNOCKS:
            self._unwritten += 1
            return
        self._knocks.append(now)
        more, self._unwritten = self._unwritten, 0
        try:
            await self.write(actor, "door", "refused", why + (f" (+{more})" if more else ""))
        except StateError as error:
            log.error("a refusal at the admin door could not be written down: %s", error)


class Gate:
    """Lets admins through to their acts and writes down whom it does not."""

    def __init__(
        self, owners: Collection[int], roles: Roles, ledger: Ledger, clock: Callable[[], datetime]
    ) -> None:
        self._owners = owners
        self._roles = roles
        self._ledger = ledger
        self._clock = clock

    async def role(self, claim: Claim) -> Role | None:
        """What the sender is."""
        platform, person = claim.platform, claim.sender.id
        return role_of(platform, person, self._owners, await self._roles.role(platform, person))

    async def refusal(self, act: Act, claim: Claim, detail: str = "") -> Refusal | None:
        """Decide on a claim; a refusal is written down before it is told."""
        refusal = may(act, claim, await self.role(claim), self._clock())
        if refusal is not None:
            await self._ledger.write(claim.actor, act, "refused", f"{refusal.name.lower()} {detail}".strip())
        return refusal
