"""Who may do what: decided by one function on numeric ids, denying by default, and always written down."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.errors import StateError, StateReadOnly
from bot.messages import ButtonPress, ChatType, Message, Reply, Sender, SenderKind, text_reply
from bot.state.people import Audit, AuditEntry, Roles
from bot.texts import Phrases, reworded

log = logging.getLogger(__name__)

FRESH = timedelta(minutes=5)


class Role(StrEnum):
    """What somebody is. Owners stand in the settings, editors are granted by an owner in chat."""

    OWNER = "owner"
    EDITOR = "editor"


class Permission(StrEnum):
    """What only admins do."""

    RELOAD = "reload"
    VERSIONS = "versions"
    UPLOAD = "upload"
    META = "meta"
    ROLLBACK = "rollback"
    AUDIT = "audit"
    GRANT = "grant"
    REVOKE = "revoke"
    UNANSWERED = "unanswered"
    ALIAS = "alias"
    STATS = "stats"


EDITORS = frozenset(
    {
        Permission.RELOAD,
        Permission.VERSIONS,
        Permission.UPLOAD,
        Permission.META,
        Permission.UNANSWERED,
        Permission.ALIAS,
        Permission.STATS,
    }
)


class Denial(StrEnum):
    """Why not; `AdminPhrases.denials` has what the person is told, nothing where an answer would only help a stranger."""

    NOBODY = "nobody"
    OWNER_ONLY = "owner_only"
    NOT_PRIVATE = "not_private"
    NOT_THEMSELVES = "not_themselves"
    EDITED = "edited"
    TOO_OLD = "too_old"
    CLOCK = "clock"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class AccessRequest:
    """Somebody wants to act: who, where, and how that reached us. `sent_at` is None for a button."""

    platform: str
    sender: Sender
    place: ChatType
    sent_at: datetime | None
    edited: bool = False
    relayed: bool = False

    @property
    def actor(self) -> str:
        """The person's name in the audit log."""
        return f"{self.platform}:{self.sender.id}"

    @classmethod
    def of_message(cls, message: Message) -> AccessRequest:
        """The claim that a typed command makes."""
        relayed = message.forwarded or message.via_bot
        chat = message.chat
        return cls(chat.platform, message.sender, chat.type, message.sent_at, message.edited, relayed)

    @classmethod
    def of_press(cls, press: ButtonPress) -> AccessRequest | None:
        """The claim that a button makes; None where it hangs in no chat of ours."""
        if press.chat is None:
            return None
        return cls(press.chat.platform, press.sender, press.chat.type, None)


def authorize(act: Permission, access: AccessRequest, role: Role | None, now: datetime) -> Denial | None:
    """Decide whether a claim is good; None if it is, else why not.

    `role` is what the settings and grants say of the sender's numeric id.
    """
    if access.edited:
        return Denial.EDITED
    if access.sender.kind is not SenderKind.PERSON or access.relayed:
        return Denial.NOT_THEMSELVES
    if role is None:
        return Denial.NOBODY
    if access.place is not ChatType.PRIVATE:
        return Denial.NOT_PRIVATE
    if access.sent_at is not None and now - access.sent_at > FRESH:
        return Denial.TOO_OLD
    if access.sent_at is not None and access.sent_at - now > FRESH:
        return Denial.CLOCK
    if role is Role.OWNER or (role is Role.EDITOR and act in EDITORS):
        return None
    return Denial.OWNER_ONLY


def role_of(person: str, owners: Collection[str], granted: str | None) -> Role | None:
    """What somebody (`platform:id`) is, by the settings' owners and by what was granted; None for a stranger."""
    if person in owners:
        return Role.OWNER
    return Role.EDITOR if granted == Role.EDITOR else None


REFUSALS = 10  # strangers written down a minute at each door; the rest are counted in the next one written
MINUTE = timedelta(minutes=1)


class DegradedState:
    """An audit log that takes nothing, and grants that nobody knows."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    async def add(self, entry: AuditEntry) -> None:
        raise StateReadOnly(self.reason)

    async def role(self, platform: str, person: str) -> str | None:
        raise StateReadOnly(self.reason)


class AuditLog:
    """The audit log with a clock."""

    def __init__(self, audit: Audit | DegradedState, clock: Callable[[], datetime]) -> None:
        self._audit = audit
        self._clock = clock
        self._in_http, self._in_chat = RateCap(clock), RateCap(clock)

    async def write(self, actor: str, act: str, outcome: str, detail: str = "") -> None:
        """Write an act down; it is on the disk when this returns.

        Raises:
            StateError: it cannot be written.
        """
        await self._audit.add(AuditEntry(self._clock(), actor, act, outcome, detail))

    async def record_done(self, actor: str, act: str, outcome: str, detail: str = "") -> str:
        """Write down what is done already; return what its report must add where that fails, else nothing."""
        try:
            await self.write(actor, act, outcome, detail)
        except StateError as error:
            log.error("%s: %s could not be written down: %s", act, outcome, error)
            return f"这次操作没能记入审计：{error}"
        return ""

    async def record_denied_http(self, actor: str, why: str) -> None:
        """Write down that the admin door refused somebody, a few times a minute."""
        if detail := self._in_http.told(why):
            await self.record_done(actor, "door", "refused", detail)

    async def record_denied_chat(self, actor: str, act: str, why: str) -> None:
        """Write down that a stranger was refused in chat, a few times a minute.

        Raises:
            StateError: it cannot be written.
        """
        if detail := self._in_chat.told(why):
            await self.write(actor, act, "refused", detail)


class Authorizer:
    """Lets admins through to their acts, and writes down whom it does not.

    `reason` is why nobody can act, which holds addresses, so that only an owner is told it.
    """

    def __init__(
        self,
        owners: Collection[str],
        grants: Roles | DegradedState,
        audit_log: AuditLog,
        clock: Callable[[], datetime],
        reason: str = "",
    ) -> None:
        self._owners = owners
        self._grants = grants
        self.audit_log = audit_log
        self._clock = clock
        self._reason = reason

    async def permissions(self, message: Message) -> Collection[Permission]:
        """Everything that the sender may do, to be listed; nothing is written down."""
        access = AccessRequest.of_message(message)
        try:
            role, now = await self._role(access), self._clock()
        except StateError:
            return ()
        return [act for act in Permission if authorize(act, access, role, now) is None]

    async def require(
        self, act: Permission, message: Message, said: Phrases, stranger: str | None = None
    ) -> Sequence[Reply] | None:
        """Let a command through (None), or return what its sender is told, `stranger` if that is nobody we know."""
        denial = await self._denial(act, AccessRequest.of_message(message), message.text[:100])
        if denial is None:
            return None
        text = stranger if stranger is not None and denial is Denial.NOBODY else said.admin.denials[denial]
        return [text_reply(text)] if text else []

    async def require_press(
        self, act: Permission, press: ButtonPress, said: Phrases, whose: str | None = None
    ) -> Sequence[Reply] | None:
        """Let a button through (None), where it is made for one person only for `whose` it is, or return the notice."""
        access = AccessRequest.of_press(press)
        if access is None:
            return [Reply([], notice=said.admin.not_here)]
        denial = await self._denial(act, access, press.data)
        if denial is not None:
            return [Reply([], notice=said.admin.denials[denial] or said.admin.not_here)]
        if whose is not None and access.actor != whose:
            await self.audit_log.write(access.actor, act, "refused", f"not_theirs {press.data}")
            return [Reply([], notice=said.admin.not_yours)]
        return None

    def closed(self, said: Phrases) -> Sequence[Reply]:
        """Say why admins' commands cannot be used now."""
        return [text_reply(said.admin.closed.format(reworded(self._reason, said.language)))]

    async def _role(self, access: AccessRequest) -> Role | None:
        """What the sender is; an owner is one whatever the grants say."""
        if owner := role_of(access.actor, self._owners, None):
            return owner
        return role_of(access.actor, self._owners, await self._grants.role(access.platform, access.sender.id))

    async def _denial(self, act: Permission, access: AccessRequest, detail: str) -> Denial | None:
        """Decide on a claim; a refusal is written down before it is told."""
        try:
            role = await self._role(access)
            denial = authorize(act, access, role, self._clock())
            if denial is not None:
                why = f"{denial} {detail}".strip()
                if role is None:
                    await self.audit_log.record_denied_chat(access.actor, act, why)
                else:
                    await self.audit_log.write(access.actor, act, "refused", why)
        except StateError as error:
            log.error("%s was refused, as the shared state cannot be used: %s", act, error)
            return Denial.CLOSED
        return denial


class RateCap:
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
        if len(self._told) >= REFUSALS:
            self._kept_back += 1
            return ""
        self._told.append(now)
        more, self._kept_back = self._kept_back, 0
        return why + (f" (+{more})" if more else "")
