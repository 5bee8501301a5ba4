"""Who may do what: one function, on numeric ids, denying by default."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.messages import ButtonPress, ChatType, Message, Sender, SenderKind

FRESH = timedelta(minutes=5)
PLATFORMS = frozenset({"telegram"})  # where a sender's id is proved by the platform


class Role(StrEnum):
    """What somebody is. Owners stand in the settings, editors are granted by an owner in chat."""

    OWNER = "owner"
    EDITOR = "editor"


class Act(StrEnum):
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


EDITORS = frozenset({Act.RELOAD, Act.VERSIONS, Act.UPLOAD, Act.META, Act.UNANSWERED, Act.ALIAS, Act.STATS})


class Refusal(StrEnum):
    """Why not; the value is what the person is told, empty where an answer would only help a stranger."""

    NOBODY = "这个命令只给管理员用。"
    OWNER_ONLY = "这个命令只有所有者能用。"
    NOT_PRIVATE = "管理命令请在私聊里用。"
    NOT_THEMSELVES = "请以本人身份直接发这个命令：匿名、频道身份、转发和代发的都不算。"
    EDITED = ""
    TOO_OLD = "这条命令是五分钟以前发的，没有执行；请再发一次。"
    CLOCK = "这条命令的时间在将来，没有执行；请检查服务器的时钟。"
    CLOSED = "现在不能用，请稍后再试。"


@dataclass(frozen=True, slots=True)
class Claim:
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
    def of_message(cls, message: Message) -> Claim:
        """The claim that a typed command makes."""
        relayed = message.forwarded or message.via_bot
        chat = message.chat
        return cls(chat.platform, message.sender, chat.type, message.sent_at, message.edited, relayed)

    @classmethod
    def of_press(cls, press: ButtonPress) -> Claim | None:
        """The claim that a button makes; None where it hangs in no chat of ours."""
        if press.chat is None:
            return None
        return cls(press.chat.platform, press.sender, press.chat.type, None)


def may(act: Act, claim: Claim, role: Role | None, now: datetime) -> Refusal | None:
    """Decide whether a claim is good; None if it is, else why not.

    `role` is what the settings and grants say of the sender's numeric id.
    """
    if claim.edited:
        return Refusal.EDITED
    if claim.sender.kind is not SenderKind.PERSON or claim.relayed:
        return Refusal.NOT_THEMSELVES
    if role is None:
        return Refusal.NOBODY
    if claim.place is not ChatType.PRIVATE:
        return Refusal.NOT_PRIVATE
    if claim.sent_at is not None and now - claim.sent_at > FRESH:
        return Refusal.TOO_OLD
    if claim.sent_at is not None and claim.sent_at - now > FRESH:
        return Refusal.CLOCK
    if role is Role.OWNER or (role is Role.EDITOR and act in EDITORS):
        return None
    return Refusal.OWNER_ONLY


def role_of(platform: str, person: str, owners: Collection[int], granted: str | None) -> Role | None:
    """What a numeric id is, by the settings' owners and by what was granted; None for a stranger."""
    if platform not in PLATFORMS or not (person.isascii() and person.isdigit()):
        return None
    if int(person) in owners:
        return Role.OWNER
    return Role.EDITOR if granted == Role.EDITOR else None
