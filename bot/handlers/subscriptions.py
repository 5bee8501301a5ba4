"""`/watch`, `/watches`, `/unwatch`: in private for the reader, in a group for its admins."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from bot.feedback.question_key import question_text
from bot.feedback.watches import WatchService
from bot.handlers.commands import TypedCommand
from bot.handlers.preferences import Administrators
from bot.messages import Button, ButtonPress, Chat, ChatType, Message, Reply, Run, Sender
from bot.rendering.answer import shown_query
from bot.state.chats import Subscriber
from bot.state.watches import MOST, WatchResult
from bot.texts import phrases
from bot.texts.phrases import FeedbackPhrases

UNWATCH = "unwatch"


class WatchHandlers:
    """Commands and buttons about watches."""

    def __init__(self, watching: WatchService, administrators: Administrators) -> None:
        self._watching = watching
        self._administrators = administrators

    async def watch(self, message: Message, command: TypedCommand) -> Sequence[Reply]:
        """`/watch 养老`."""

        async def act(said: FeedbackPhrases) -> Reply:
            if not command.rest:
                return _plain(said.watch_how)
            words = shown_query(question_text(command.rest))
            subscriber = Subscriber(message.chat, message.sender.language)
            kept = await self._watching.keep(subscriber, command.rest)
            texts = {
                WatchResult.KEPT: said.watching.format(words),
                WatchResult.ALREADY: said.watched_already.format(words),
                WatchResult.FULL: said.watch_full.format(MOST),
                None: said.watch_nothing.format(words),
            }
            return _plain(texts[kept])

        return await self._allowed(message, act)

    async def watches(self, message: Message, command: TypedCommand) -> Sequence[Reply]:
        """`/watches`, with a button each to stop it."""
        return await self._allowed(message, lambda said: self._list(message.chat, said))

    async def unwatch(self, message: Message, command: TypedCommand) -> Sequence[Reply]:
        """`/unwatch 养老`; alone it shows the list."""

        async def act(said: FeedbackPhrases) -> Reply:
            if not command.rest:
                return await self._list(message.chat, said)
            words = question_text(command.rest)
            mine = [watch for watch in await self._watching.of(message.chat) if watch.words == words]
            gone = [watch for watch in mine if await self._watching.drop(message.chat, watch.id)]
            return _plain((said.unwatched if gone else said.not_watched).format(shown_query(words)))

        return await self._allowed(message, act)

    async def press(self, press: ButtonPress) -> Sequence[Reply]:
        """The button that stops a watch."""
        said = _said(press.sender)
        if press.chat is None or not await self._may(press.chat, press.sender):
            return [Reply([], notice=said.admins_only)]
        await self._watching.drop(press.chat, press.data.partition(":")[2])
        left = await self._list(press.chat, said)
        return [Reply(left.runs, left.buttons, edits=press.message_id)]

    async def _allowed(
        self, message: Message, act: Callable[[FeedbackPhrases], Awaitable[Reply]]
    ) -> Sequence[Reply]:
        said = _said(message.sender)
        if not await self._may(message.chat, message.sender):
            return [_plain(said.admins_only)]
        return [await act(said)]

    async def _may(self, chat: Chat, sender: Sender) -> bool:
        return chat.type is ChatType.PRIVATE or await self._administrators.administers(chat, sender)

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
