"""The conversation: says who is answered and which handler answers."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.handlers.answer_buttons import AnswerButtons
from bot.handlers.answers import AnswerHandler, inline_answer
from bot.handlers.browsing import ARTICLE, ARTICLES, ArticleHandlers
from bot.handlers.intents import Intent, Search, SmallTalk, TypedCommand, needs_permission, parse_intent
from bot.handlers.settings import SETTINGS, SettingsHandlers
from bot.messages import ButtonPress, Chat, ChatType, InlineAnswer, InlineQuery, Message, Reply, Run, Sender
from bot.ports import (
    AnonymousOnly,
    Askers,
    GroupAdmins,
    InMemoryPreferences,
    InteractionLog,
    Preference,
    Preferences,
    SessionStore,
)
from bot.query_service import QueryService, TooSlow
from bot.rendering.fact import Permalinks, no_permalinks
from bot.texts import Phrases, phrases

log = logging.getLogger(__name__)

Handler = Callable[[Message, TypedCommand], Awaitable[Sequence[Reply]]]
FileHandler = Callable[[Message], Awaitable[Sequence[Reply]]]
PressHandler = Callable[[ButtonPress], Awaitable[Sequence[Reply]]]


class Dispatcher:
    """Implements `bot.messages.Conversation`.

    `commands` adds handlers by command name; `presses` by the first word of a button's data, up to a colon; `files`
    takes what people send in private. All of them are given senders with the language that their chat has chosen.
    """

    def __init__(
        self,
        lookup: QueryService,
        shown: SessionStore,
        clock: Callable[[], datetime],
        links: Permalinks = no_permalinks,
        commands: Mapping[str, Handler] | None = None,
        presses: Mapping[str, PressHandler] | None = None,
        files: FileHandler | None = None,
        preferences: Preferences | None = None,
        administrators: GroupAdmins | None = None,
        memory: InteractionLog | None = None,
    ) -> None:
        self._lookup = lookup
        self._links = links
        self._preferences = preferences or InMemoryPreferences()
        self._administrators = administrators or AnonymousOnly()
        self._asking = AnswerHandler(lookup, shown, links, clock, memory)
        self._pressing = AnswerButtons(self._asking, lookup, shown, links, memory)
        self._browsing = ArticleHandlers(lookup, links)
        self._choosing = SettingsHandlers(self._preferences, self._administrators)
        self._commands: dict[str, Handler] = {
            "start": self._start,
            "help": self._help,
            "about": self._about,
            "articles": self._articles,
            "article": self._article,
            SETTINGS: self._settings,
            **(commands or {}),
        }
        self._presses = dict(presses or {})
        self._files = files

    async def message(self, message: Message) -> Sequence[Reply]:
        """Answer a message; empty means silence, a reply without text that it is being done and tells of itself."""
        meant = parse_intent(message)
        if meant is None:
            return ()
        said = phrases(message.sender.language)
        try:
            said, preference = await self._spoken(message.chat, message.sender)
            message = replace(message, sender=replace(message.sender, language=said.language))
            return await self._answer(message, meant, said, preference)
        except TooSlow:
            return [Reply([Run(said.too_slow)], reply_to=message.id)]
        except Exception:
            log.exception("message %s could not be answered", message.id)
            return [Reply([Run(said.failed)], reply_to=message.id)]

    async def too_many(self, message: Message) -> Sequence[Reply]:
        """Say that messages of this chat are left unanswered, because too many came at once."""
        said, _ = await self._spoken(message.chat, message.sender)
        return [Reply([Run(said.too_many)], reply_to=_quoted(message))]

    async def press(self, press: ButtonPress) -> Sequence[Reply]:
        """Answer a button."""
        said = phrases(press.sender.language)
        try:
            said, preference = await self._spoken(press.chat, press.sender)
            return await self._act(press, said, preference)
        except TooSlow:
            return [Reply([], notice=said.too_slow)]
        except Exception:
            log.exception("button %s could not be answered", press.id)
            return [Reply([], notice=said.failed)]

    async def inline(self, query: InlineQuery) -> InlineAnswer:
        """Answer an inline query; one that fails shows nothing, for there is no place to say more."""
        try:
            return await inline_answer(self._lookup, query, phrases(query.sender.language), self._links)
        except TooSlow:
            return InlineAnswer((), cache_seconds=0)
        except Exception:
            log.exception("inline query %s could not be answered", query.id)
            return InlineAnswer((), cache_seconds=0)

    async def _answer(
        self, message: Message, meant: Intent, said: Phrases, preference: Preference
    ) -> Sequence[Reply]:
        if message.attachment and self._files and message.chat.type is ChatType.PRIVATE:
            return await self._files(message)
        if needs_permission(meant) and not await self._may_ask(message.chat, message.sender, preference):
            return [Reply([Run(said.only_admins_ask)], reply_to=message.id)]
        if isinstance(meant, Search):
            reply = await self._asking.answer(
                meant.text, message.chat, message.sender, said, preference.facts
            )
            return [replace(reply, reply_to=_quoted(message), edits=message.answered_by)]
        if isinstance(meant, SmallTalk):
            text = said.start if meant is SmallTalk.GREETING else said.welcome
            return [Reply([Run(text)], reply_to=_quoted(message), edits=message.answered_by)]
        if meant.name in self._commands:
            return await self._commands[meant.name](message, meant)
        return [Reply([Run(said.unknown_command)])] if message.chat.type is ChatType.PRIVATE else ()

    async def _act(self, press: ButtonPress, said: Phrases, preference: Preference) -> Sequence[Reply]:
        kind, colon, _ = press.data.partition(":")
        if colon and kind in self._presses:
            sender = replace(press.sender, language=said.language)
            return await self._presses[kind](replace(press, sender=sender))
        if press.chat and not await self._may_ask(press.chat, press.sender, preference):
            return [Reply([], notice=said.only_admins_ask)]
        if colon and kind == SETTINGS:
            return await self._choosing.press(press, said)
        if colon and kind in (ARTICLES, ARTICLE):
            return await self._browsing.press(press, said)
        return await self._pressing.press(press, said, preference.facts)

    async def _may_ask(self, chat: Chat, sender: Sender, preference: Preference) -> bool:
        if chat.type is not ChatType.GROUP or preference.askers is Askers.EVERYONE:
            return True
        return await self._administrators.administers(chat, sender)

    async def _spoken(self, chat: Chat | None, sender: Sender) -> tuple[Phrases, Preference]:
        preference = await self._preferences.get(chat) if chat else Preference()
        return phrases(preference.language or sender.language), preference

    async def _start(self, message: Message, typed: TypedCommand) -> Sequence[Reply]:
        said = _said(message)
        if typed.rest:
            return [await self._asking.fact(typed.rest, message.chat, message.sender, said)]
        return [Reply([Run(said.start)])]

    async def _help(self, message: Message, typed: TypedCommand) -> Sequence[Reply]:
        said = _said(message)
        return [Reply([Run(said.help if message.chat.type is ChatType.PRIVATE else said.group_help)])]

    async def _about(self, message: Message, typed: TypedCommand) -> Sequence[Reply]:
        articles, facts = await self._lookup.read(lambda snapshot: snapshot.counts())
        return [Reply([Run(_said(message).about.format(articles=articles, facts=facts))])]

    async def _articles(self, message: Message, typed: TypedCommand) -> Sequence[Reply]:
        return [await self._browsing.articles(0, _said(message))]

    async def _article(self, message: Message, typed: TypedCommand) -> Sequence[Reply]:
        return [await self._browsing.article(typed.rest, _said(message))]

    async def _settings(self, message: Message, typed: TypedCommand) -> Sequence[Reply]:
        return await self._choosing.show(message, _said(message))


def _said(message: Message) -> Phrases:
    return phrases(message.sender.language)


def _quoted(message: Message) -> str | None:
    return None if message.chat.type is ChatType.PRIVATE else message.id
