"""Platform-neutral chat in and out: what every adapter translates from and to.

An adapter that lacks a feature degrades by this rule: buttons become a numbered list, that becomes plain text;
the citation is never what is dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class ChatType(StrEnum):
    """Where a message was written."""

    PRIVATE = "private"
    GROUP = "group"
    CHANNEL = "channel"


class SenderKind(StrEnum):
    """What kind of sender speaks; rights are decided on this and the numeric id, never on names."""

    PERSON = "person"
    ANONYMOUS_ADMIN = "anonymous_admin"
    CHANNEL = "channel"
    AUTO_FORWARD = "auto_forward"
    BOT = "bot"


@dataclass(frozen=True, slots=True)
class Chat:
    """A conversation on a platform; `id` and `thread` are the platform's own, as text."""

    platform: str
    id: str
    type: ChatType
    thread: str | None = None


@dataclass(frozen=True, slots=True)
class Sender:
    """Who speaks. `language` is a BCP 47 tag if the platform tells."""

    id: str
    kind: SenderKind = SenderKind.PERSON
    language: str | None = None
    group_admin: bool | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file somebody sent; `name` is for showing only and never a path."""

    id: str
    name: str
    size: int | None


@dataclass(frozen=True, slots=True)
class Message:
    """One thing somebody said. `addressed` tells whether the bot itself is meant (always so in private).

    The platform's way of naming the bot (`@name`, `/command@name`) is taken out of `text`. `answered_by` is the id
    of our answer to what an edited message said before, `replied_to` the text of the message that this one replies
    to, whoever wrote it.
    """

    chat: Chat
    id: str
    sender: Sender
    text: str
    sent_at: datetime
    addressed: bool = True
    edited: bool = False
    forwarded: bool = False
    via_bot: bool = False
    attachment: Attachment | None = None
    answered_by: str | None = None
    replied_to: str | None = None

    @property
    def actor(self) -> str:
        """Who speaks, as `platform:id`: the name under which rights are given and acts written down."""
        return f"{self.chat.platform}:{self.sender.id}"


@dataclass(frozen=True, slots=True)
class ButtonPress:
    """Somebody pressed a button; `data` is what the button carried, at most 64 bytes."""

    chat: Chat | None
    message_id: str | None
    id: str
    sender: Sender
    data: str

    @property
    def actor(self) -> str | None:
        """Who presses, as `platform:id`; None where the button hangs in no chat of ours."""
        return f"{self.chat.platform}:{self.sender.id}" if self.chat else None

    @property
    def payload(self) -> tuple[str, str, str]:
        """The data in its three parts, divided by colons; what is missing is empty."""
        first, second, third = (*self.data.split(":", 2), "", "")[:3]
        return first, second, third


@dataclass(frozen=True, slots=True)
class InlineQuery:
    """Somebody types `@bot words` in any chat."""

    id: str
    sender: Sender
    text: str
    offset: str = ""


class Style(StrEnum):
    """How a run of text looks."""

    PLAIN = "plain"
    BOLD = "bold"
    ITALIC = "italic"
    CODE = "code"
    QUOTE = "quote"


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of text of one style; never markup, so nothing in it can break out."""

    text: str
    style: Style = Style.PLAIN
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Button:
    """A button; `data` holds ids only and at most 64 bytes."""

    label: str
    data: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What is said back: runs of text and rows of buttons.

    `edits` is the id of an own message to edit instead of sending; `notice` is a short notice for a press;
    `picture` is a PNG that stands under the text, and is left out where pictures cannot be shown. `key` is the same
    whenever the same is said again, so that a platform that can says it once.
    """

    runs: Sequence[Run]
    buttons: Sequence[Sequence[Button]] = field(default=())
    reply_to: str | None = None
    edits: str | None = None
    notice: str | None = None
    picture: bytes | None = None
    key: str | None = None

    @property
    def text(self) -> str:
        return "".join(run.text for run in self.runs)


def text_reply(text: str) -> Reply:
    return Reply([Run(text)])


@dataclass(frozen=True, slots=True)
class InlineResult:
    """One result of an inline query; `id` at most 64 bytes."""

    id: str
    title: str
    description: str
    reply: Reply


@dataclass(frozen=True, slots=True)
class InlineAnswer:
    """One page of inline results; `next_offset` is empty on the last."""

    results: Sequence[InlineResult]
    next_offset: str = ""
    cache_seconds: int = 60
    personal: bool = False


class MessageGateway(Protocol):
    """The full list of what a platform owes us."""

    async def send(self, chat: Chat, reply: Reply) -> str | None:
        """Send or edit; return the message's id, or None where the chat is closed to us."""


class ChatMigrations(Protocol):
    """Who keeps something per chat is told when a chat changes."""

    async def moves(self, platform: str) -> dict[str, str] | None:
        """Return today's ids of the chats that have moved, by their old ones; None where they cannot be read now."""

    async def moved(self, platform: str, old: str, new: str) -> bool:
        """A chat has a new id: what is kept for the old one, and that it moved, are one transaction.

        May be told twice. Returns whether it is on the disk; if not, nothing has moved.
        """

    async def closed(self, platform: str, chat: str) -> None:
        """A chat takes nothing from us any more."""


class Conversation(Protocol):
    """What a platform calls: the feature side, which knows no platform."""

    async def message(self, message: Message) -> Sequence[Reply]:
        """Answer a message; empty means silence, a reply without text that it is being done and tells of itself."""

    async def too_many(self, message: Message) -> Sequence[Reply]:
        """Say that messages of this chat are left unanswered, because too many came at once."""

    async def press(self, press: ButtonPress) -> Sequence[Reply]:
        """Answer a button."""

    async def inline(self, query: InlineQuery) -> InlineAnswer:
        """Answer an inline query."""
