"""A small platform of the tests: plain text, numbered buttons, files from a dictionary."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from aiohttp.web import RouteDef

from bot.messages import Chat, Reply, Sender
from bot.ports import FileTooLarge


@dataclass
class FakePlatform:
    """Keeps what was sent, message by message, as its readers see it."""

    sent: list[Reply] = field(default_factory=list)
    files: dict[str, Sequence[bytes]] = field(default_factory=dict)
    admins: set[tuple[str, str]] = field(default_factory=set)
    forgotten: list[str] = field(default_factory=list)
    screen: dict[str, str] = field(default_factory=dict)
    heard: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    routes: Sequence[RouteDef] = ()

    async def send(self, chat: Chat, reply: Reply) -> str | None:
        """Show a message, or another in the place of an old one."""
        self.sent.append(reply)
        self.heard[chat.id].append(reply.text)
        message = reply.edits or f"m{len(self.sent)}"
        labels = [button.label for row in reply.buttons for button in row]
        self.screen[message] = "\n".join(
            [reply.text, *(f"{number}. {label}" for number, label in enumerate(labels, 1))]
        )
        return message

    async def download(self, attachment: str, limit: int) -> AsyncIterator[bytes]:
        left = limit
        for piece in self.files[attachment]:
            if (left := left - len(piece)) < 0:
                raise FileTooLarge(f"the file has more than {limit} bytes")
            yield piece

    async def administers(self, chat: Chat, sender: Sender) -> bool:
        return (chat.id, sender.id) in self.admins

    async def forget(self, person: str) -> None:
        self.forgotten.append(person)

    def person_id(self, typed: str) -> str:
        if not (typed.isascii() and typed.isdigit()):
            raise ValueError("要写数字 id")
        return typed

    def problem(self) -> str | None:
        return None
