"""What a chat wants to be told: 有了告诉我, /watch, /watches, /unwatch; and /forget_me."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from bot.feedback.questions import UnansweredQuestions, question_text
from bot.feedback.watches import WatchService
from bot.handlers.intents import TypedCommand
from bot.messages import Button, ButtonPress, Chat, ChatType, Message, Reply, Run, Sender, SenderKind
from bot.ports import ChatSettings
from bot.rendering.answer import shown_query
from bot.state.chats import Subscriber
from bot.state.outbox import MOST, WatchResult
from bot.state.questions import MOST_HOPES, AlertResult
from bot.texts import phrases
from bot.texts.phrases import FeedbackPhrases

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


UNWATCH = "unwatch"


class WatchHandlers:
    """Commands and buttons about watches."""

    def __init__(self, watching: WatchService, settings: ChatSettings) -> None:
        self._watching = watching
        self._settings = settings

    async def watch(self, message: Message, typed: TypedCommand) -> Sequence[Reply]:
        """`/watch 养老`."""
        said = _said(message.sender)
        if not typed.rest:
            return [_plain(said.watch_how)]
        words = shown_query(question_text(typed.rest))
        subscriber = Subscriber(message.chat, message.sender.language)
        kept = await self._watching.keep(subscriber, typed.rest)
        texts = {
            WatchResult.KEPT: said.watching.format(words),
            WatchResult.ALREADY: said.watched_already.format(words),
            WatchResult.FULL: said.watch_full.format(MOST),
            None: said.watch_nothing.format(words),
        }
        return [_plain(texts[kept])]

    async def watches(self, message: Message, typed: TypedCommand) -> Sequence[Reply]:
        """`/watches`, with a button each to stop it."""
        return [await self._list(message.chat, _said(message.sender))]

    async def unwatch(self, message: Message, typed: TypedCommand) -> Sequence[Reply]:
        """`/unwatch 养老`; alone it shows the list."""
        said = _said(message.sender)
        if not typed.rest:
            return [await self._list(message.chat, said)]
        words = question_text(typed.rest)
        mine = [watch for watch in await self._watching.of(message.chat) if watch.words == words]
        gone = [watch for watch in mine if await self._watching.drop(message.chat, watch.id)]
        return [_plain((said.unwatched if gone else said.not_watched).format(shown_query(words)))]

    async def press(self, press: ButtonPress) -> Sequence[Reply]:
        """The button that stops a watch."""
        said = _said(press.sender)
        if press.chat is None or not await self._settings.manages(press.chat, press.sender):
            return [Reply([], notice=said.admins_only)]
        await self._watching.drop(press.chat, press.data.partition(":")[2])
        left = await self._list(press.chat, said)
        return [Reply(left.runs, left.buttons, edits=press.message_id)]

    async def _list(self, chat: Chat, said: FeedbackPhrases) -> Reply:
        watches = await self._watching.of(chat)
        if not watches:
            return _plain(said.no_watches)
        lines = "\n".join(f"{number}. {shown_query(watch.words)}" for number, watch in enumerate(watches, 1))
        buttons = [
            [Button(said.unwatch.format(shown_query(watch.words)[:20]), f"{UNWATCH}:{watch.id}")]
            for watch in watches
        ]
        return Reply([Run(f"{said.watches}\n{lines}")], buttons)


def _said(sender: Sender) -> FeedbackPhrases:
    return phrases(sender.language).feedback


def _plain(text: str) -> Reply:
    return Reply([Run(text)])
