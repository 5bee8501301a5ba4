"""What is said when the shared state cannot be used: nobody acts where nothing can be written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.admin.desk import said
from bot.admin.ledger import Gate
from bot.admin.rights import Act, Claim
from bot.handlers.commands import TypedCommand
from bot.handlers.dispatcher import Handler
from bot.messages import Message, Reply
from bot.state.audit import Entry
from bot.state.errors import StateClosed
from bot.texts import phrases

READERS = ("watch", "watches", "unwatch", "forget_me")


class ClosedState:
    """An audit log that takes nothing, and grants that nobody knows."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    async def add(self, entry: Entry) -> None:
        """Refuse."""
        raise StateClosed(self.reason)

    async def role(self, platform: str, person: str) -> str | None:
        """Refuse."""
        raise StateClosed(self.reason)


def closed_commands(gate: Gate, reason: str) -> Mapping[str, Handler]:
    """Every command that needs the state; the reason holds addresses, so only an owner is told it."""

    async def admins(message: Message, command: TypedCommand) -> Sequence[Reply]:
        refusal = await gate.refusal(Act.RELOAD, Claim.of_message(message))
        return [said(f"管理命令现在不能用：{reason}" if refusal is None else refusal)]

    async def readers(message: Message, command: TypedCommand) -> Sequence[Reply]:
        return [said(phrases(message.sender.language).feedback.not_now)]

    return {**dict.fromkeys((*map(str, Act), "unalias"), admins), **dict.fromkeys(READERS, readers)}
