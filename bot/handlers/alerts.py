"""有了告诉我, and `/forget_me`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from bot.feedback.questions import UnansweredQuestions
from bot.handlers.commands import TypedCommand
from bot.messages import ButtonPress, ChatType, Message, Reply, Run, SenderKind
from bot.state.chats import Subscriber
from bot.state.questions import MOST_HOPES, AlertResult
from bot.texts import phrases

Forget = Callable[[str, str], Awaitable[None]]
"""Removes every trace of a person: platform, numeric id."""


class AlertHandlers:
    """What a reader may want to be kept, and to be gone."""

    def __init__(self, unanswered: UnansweredQuestions, forget: Forget) -> None:
        self._unanswered = unanswered
        self._forget = forget

    async def subscribe(self, press: ButtonPress) -> Sequence[Reply]:
        """The button under a reply that found nothing."""
        spoken = phrases(press.sender.language)
        said = spoken.feedback
        if press.chat is None:
            return [Reply([], notice=spoken.stale)]
        subscriber = Subscriber(press.chat, press.sender.language)
        kept = await self._unanswered.subscribe(press.data.partition(":")[2], subscriber)
        told = {
            AlertResult.KEPT: said.will_tell,
            AlertResult.GONE: said.ask_again,
            AlertResult.FULL: said.hope_full.format(MOST_HOPES),
        }
        return [Reply([], notice=told[kept])]

    async def forget_me(self, message: Message, command: TypedCommand) -> Sequence[Reply]:
        """Remove every trace of whoever asks, in private."""
        said = phrases(message.sender.language).feedback
        if message.chat.type is not ChatType.PRIVATE or message.sender.kind is not SenderKind.PERSON:
            return [Reply([Run(said.forget_in_private)])]
        await self._forget(message.chat.platform, message.sender.id)
        return [Reply([Run(said.forgotten)])]
