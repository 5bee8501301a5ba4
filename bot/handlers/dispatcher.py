"""The conversation: who is answered by which handler; and before there is anything to answer from, how far it is."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from bot.admin.permissions import Authorizer, Permission
from bot.admin.wiring import AdminModule
from bot.clippings import Clippings
from bot.errors import StateError
from bot.feedback.wiring import FeedbackModule
from bot.handlers.admin_content import POINT, QUESTION, UPLOAD, FeedbackHandlers, UploadHandlers
from bot.handlers.administration import CONFIRM, ReloadHandlers, RoleHandlers
from bot.handlers.answer_buttons import AnswerButtons
from bot.handlers.answers import ALERT, ASK, AnswerHandler
from bot.handlers.browsing import ARTICLE, ARTICLES, ArticleHandlers
from bot.handlers.commands import (
    COMMANDS,
    START,
    Audience,
    Command,
    HelpHandlers,
    Intent,
    Search,
    SmallTalk,
    TypedCommand,
    bound,
    command_of,
    parse_intent,
)
from bot.handlers.settings import (
    LIBRARY,
    SETTINGS,
    UNWATCH,
    AlertHandlers,
    LibraryHandlers,
    SettingsHandlers,
    WatchHandlers,
)
from bot.messages import (
    ButtonPress,
    Chat,
    ChatType,
    Conversation,
    InlineAnswer,
    InlineQuery,
    Message,
    Reply,
    Run,
    Sender,
    text_reply,
)
from bot.ports import ChatSettings, Interactions, PlatformRegistry, Preference
from bot.query_service import QueryService, TooSlow
from bot.rendering.fact import Permalinks, no_permalinks
from bot.runtime import waited
from bot.texts import Phrases, phrases, reworded
from knowledge.text.nearness import nearest

log = logging.getLogger(__name__)

SILENT = 3.0  # seconds in which a stored version is opened, of which nobody need hear
EDITS = 5.0  # seconds between two edits of one message


class Reception:
    """A `Conversation` that hands over to another once that is there.

    A message waits here in hand: its platform has not recorded its end, so it is answered after a kill, too.
    """

    def __init__(
        self, platforms: PlatformRegistry, progress: Callable[[Phrases], str], silent: float = SILENT
    ) -> None:
        """`progress` says in a language how far the build is."""
        self._platforms = platforms
        self._progress = progress
        self._silent = silent
        self._next: Conversation | None = None
        self._open = asyncio.Event()
        self._waiting: set[asyncio.Task[object]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._waiting:  # what they have in hand is for the next start
            task.cancel()

    @property
    def is_over(self) -> bool:
        """Whether somebody answers by now."""
        return self._next is not None

    def hand_over(self, conversation: Conversation) -> None:
        """Let `conversation` answer from now on, and what waits."""
        self._next = conversation
        self._open.set()

    async def message(self, message: Message) -> Sequence[Reply]:
        """Hand on, or tell the asker how far it is until there is an answer, which takes the place of that."""
        if self._next:
            return await self._next.message(message)
        if parse_intent(message) is None:
            return ()
        shown = await self._wait(message.chat, phrases(message.sender.language))
        assert self._next is not None
        replies = await self._next.message(message)
        if shown is None or not replies or not replies[0].text:
            return replies
        return [replace(replies[0], edits=replies[0].edits or shown), *replies[1:]]

    async def too_many(self, message: Message) -> Sequence[Reply]:
        """Hand on, or stay silent."""
        return await self._next.too_many(message) if self._next else ()

    async def press(self, press: ButtonPress) -> Sequence[Reply]:
        """Hand on, or say how far it is."""
        if self._next:
            return await self._next.press(press)
        return [Reply([], notice=self._progress(phrases(press.sender.language)))]

    async def inline(self, query: InlineQuery) -> InlineAnswer:
        """Hand on, or show nothing."""
        return await self._next.inline(query) if self._next else InlineAnswer((), cache_seconds=0)

    async def _wait(self, chat: Chat, said: Phrases) -> str | None:
        """Wait until somebody answers; return the id of the message that shows how far it is, if it took long."""
        task = asyncio.current_task()
        assert task is not None
        self._waiting.add(task)
        try:
            shown = text = None
            pause = self._silent
            while not await waited(self._open, pause):
                now = said.operating.starting_chat.format(self._progress(said))
                if now != text:
                    text = now
                    sent = await self._platforms.send(chat, Reply([Run(now)], edits=shown))
                    shown = shown or sent
                pause = EDITS
            return shown
        finally:
            self._waiting.discard(task)


SIMILAR = 0.6
"""Share of letters that a mistyped command has in common with the right one."""

FileHandler = Callable[[Message, Phrases], Awaitable[Sequence[Reply]]]
PressHandler = Callable[[ButtonPress, Phrases], Awaitable[Sequence[Reply]]]


@dataclass(frozen=True, slots=True)
class HandlerSet:
    """Handlers beside the readers': objects whose methods the registry names, presses by the first word of a button's
    data, up to a colon, and who takes what people send in private."""

    handlers: Sequence[object] = ()
    presses: Mapping[str, PressHandler] = field(default_factory=dict)
    files: FileHandler | None = None
    authorizer: Authorizer | None = None


class Dispatcher:
    """Implements `bot.messages.Conversation`; handlers are given the texts of the language that their chat has chosen."""

    def __init__(
        self,
        lookup: QueryService,
        interactions: Interactions,
        settings: ChatSettings | None = None,
        links: Permalinks = no_permalinks,
        more: HandlerSet | None = None,
        clippings: Clippings | None = None,
    ) -> None:
        more, self._settings = more or HandlerSet(), settings or ChatSettings()
        self._answers = AnswerHandler(lookup, interactions, links)
        self._buttons = AnswerButtons(self._answers.again, lookup, interactions, links, clippings)
        articles, choices = ArticleHandlers(lookup, links), SettingsHandlers(self._settings)
        libraries = LibraryHandlers(lookup, self._settings)
        readers = (self._answers, articles, choices, libraries, HelpHandlers(more.authorizer))
        self._screens = {
            SETTINGS: choices.press,
            LIBRARY: libraries.press,
            ARTICLES: articles.press,
            ARTICLE: articles.press,
        }
        self._commands = bound([*readers, *more.handlers])
        self._presses, self._files, self._authorizer = more.presses, more.files, more.authorizer

    async def message(self, message: Message) -> Sequence[Reply]:
        intent = parse_intent(message)
        if intent is None:
            return ()
        said = phrases(message.sender.language)
        try:
            said, preference = await self._spoken(message.chat, message.sender)
            return await self._answer(message, intent, said, preference)
        except TooSlow:
            return [Reply([Run(said.too_slow)], reply_to=message.id)]
        except Exception:
            log.exception("message %s could not be answered", message.id)
            return [Reply([Run(said.failed)], reply_to=message.id)]

    async def too_many(self, message: Message) -> Sequence[Reply]:
        said, _ = await self._spoken(message.chat, message.sender)
        return [Reply([Run(said.too_many)], reply_to=_quoted(message))]

    async def press(self, press: ButtonPress) -> Sequence[Reply]:
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
            return await self._answers.inline(query)
        except TooSlow:
            return InlineAnswer((), cache_seconds=0)
        except Exception:
            log.exception("inline query %s could not be answered", query.id)
            return InlineAnswer((), cache_seconds=0)

    async def _answer(
        self, message: Message, intent: Intent, said: Phrases, preference: Preference
    ) -> Sequence[Reply]:
        if message.attachment and self._files and self._authorizer and message.chat.type is ChatType.PRIVATE:
            refused = await self._authorizer.require(Permission.UPLOAD, message, said, said.no_files)
            return await _telling(self._files(message, said), said) if refused is None else refused
        if isinstance(intent, SmallTalk):
            text = said.start if intent is SmallTalk.GREETING else said.welcome
            return [Reply([Run(text)], reply_to=_quoted(message), edits=message.answered_by)]
        if _asks(intent) and not await self._settings.may_ask(message.chat, message.sender, preference):
            return [Reply([Run(said.only_admins_ask)], reply_to=message.id)]
        if isinstance(intent, Search):
            reply = await self._answers.answer(
                intent.text, message.chat, message.sender, said, preference, message.replied_to
            )
            return [replace(reply, reply_to=_quoted(message), edits=message.answered_by)]
        command = command_of(intent.name)
        if command is None:
            return [text_reply(_no_such(intent.name, said))] if message.chat.type is ChatType.PRIVATE else ()
        return await self._run(command, message, intent.rest, said)

    async def _run(self, command: Command, message: Message, words: str, said: Phrases) -> Sequence[Reply]:
        handler = self._commands.get(command.name)
        if isinstance(command.permission, Permission):
            if self._authorizer is None:
                return [text_reply(said.unknown_command)]
            if (refused := await self._authorizer.require(command.permission, message, said)) is not None:
                return refused
            if handler is None:
                return self._authorizer.closed(said)
            return await _telling(handler(message, words, said), said)
        if handler is None:
            return [text_reply(said.feedback.not_now)]
        if command.permission is not Audience.CHAT_ADMINS or await self._settings.manages(
            message.chat, message.sender
        ):
            return await handler(message, words, said)
        return [Reply([Run(command.denied(said))], reply_to=message.id)]

    async def _act(self, press: ButtonPress, said: Phrases, preference: Preference) -> Sequence[Reply]:
        kind, colon, _ = press.data.partition(":")
        if colon and kind in self._presses:
            return await self._presses[kind](press, said)
        if press.chat and not await self._settings.may_ask(press.chat, press.sender, preference):
            return [Reply([], notice=said.only_admins_ask)]
        if colon and kind in self._screens:
            return await self._screens[kind](press, said)
        if colon and kind == ASK and press.chat:
            query = press.data.removeprefix(f"{ASK}:")
            return [await self._answers.answer(query, press.chat, press.sender, said, preference)]
        return await self._buttons.press(press, said, preference.facts)

    async def _spoken(self, chat: Chat | None, sender: Sender) -> tuple[Phrases, Preference]:
        preference = await self._settings.get(chat) if chat else Preference()
        return phrases(preference.language or sender.language), preference


def _asks(intent: Intent) -> bool:
    """Tell whether something of the articles is wanted, and no help or settings."""
    if isinstance(intent, TypedCommand):
        command = command_of(intent.name)
        deep_link = intent.name == START and bool(intent.rest)
        return deep_link or (command is not None and command.permission is Audience.ASKERS)
    return isinstance(intent, Search)


async def _telling(acting: Awaitable[Sequence[Reply]], said: Phrases) -> Sequence[Reply]:
    """What an admin's command says; where the state cannot be used, why: only who was admitted comes as far as that."""
    try:
        return await acting
    except StateError as error:
        return [text_reply(reworded(error, said.language))]


def _quoted(message: Message) -> str | None:
    return None if message.chat.type is ChatType.PRIVATE else message.id


def _no_such(name: str, said: Phrases) -> str:
    """Admins' commands are told to nobody who mistypes."""
    public = [command.name for command in COMMANDS if isinstance(command.permission, Audience)]
    near = nearest(name, public, SIMILAR)
    return said.nearest_command.format(near) if near else said.unknown_command


def admin_handlers(admin: AdminModule, feedback: FeedbackModule | None, settings: ChatSettings) -> HandlerSet:
    """Build what the shared state allows; without it only who lets admins through, and says so."""
    context, uploading = admin.context, admin.uploads
    if context is None or uploading is None or feedback is None:
        return HandlerSet(authorizer=admin.authorizer)
    reloads, watches = ReloadHandlers(context), WatchHandlers(feedback.watches, settings)
    uploads = UploadHandlers(context, uploading, reloads)
    alerts = AlertHandlers(feedback.unanswered, feedback.forget)
    content = FeedbackHandlers(context, feedback.unanswered, feedback.aliases, feedback.usage)
    presses: dict[str, PressHandler] = {
        CONFIRM: reloads.confirm,
        UPLOAD: uploads.press,
        ALERT: alerts.subscribe,
        UNWATCH: watches.press,
        QUESTION: content.press,
        POINT: content.pin,
    }
    admin.reload_trigger.on_report = reloads.announce
    handlers = (reloads, uploads, RoleHandlers(context), content, alerts, watches)
    return HandlerSet(handlers, presses, uploads.receive, admin.authorizer)
