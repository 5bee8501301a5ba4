"""Commands: who is heard at all, and what in a message is one or is asked; the registry: who handles each, and who may.

By it go the dispatcher, the menus, `/help`, the answers of a state that cannot be used and docs/permissions.md.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum

from bot.admin.permissions import Authorizer, Permission
from bot.handlers.admin_content import FeedbackHandlers, UploadHandlers
from bot.handlers.administration import ReloadHandlers, RoleHandlers
from bot.handlers.answers import AnswerHandler
from bot.handlers.browsing import ArticleHandlers
from bot.handlers.settings import AlertHandlers, LibraryHandlers, SettingsHandlers, WatchHandlers
from bot.messages import ChatType, Message, Reply, Run, SenderKind, Style, text_reply
from bot.texts import Phrases, phrases

FIND, START = "find", "start"


@dataclass(frozen=True, slots=True)
class TypedCommand:
    """A command's name in lower case, and what follows it."""

    name: str
    rest: str


_COMMAND = re.compile(r"/([A-Za-z][A-Za-z0-9_]{0,31})(?:@[A-Za-z0-9_]{1,64})?(?:\s+(.*))?", re.DOTALL)
_CHANNEL_QUESTION = re.compile(r"查[：:]\s*(.+)", re.DOTALL)

_END = r"[\s,，!！。.~～?？]*"
_GREETING = re.compile(
    rf"(?:[你您妳]好[呀啊]?|大家好|嗨|hi|hello|在[吗嗎么麼]|你是[谁誰]){_END}", re.IGNORECASE
)
_THANKS = re.compile(rf"(?:多?[谢謝]{{1,2}}[你您啦了]?|感[谢謝]|thanks|thank you|thx){_END}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Search:
    """Free text, or what follows `/find`."""

    text: str


class SmallTalk(Enum):
    """What is said to be kind, and looks for nothing."""

    GREETING = "greeting"
    THANKS = "thanks"


Intent = TypedCommand | Search | SmallTalk


def parse_intent(message: Message) -> Intent | None:
    """Read a message that is meant for us; None is silence.

    Bots and auto-forwards are never answered; a channel is only where a post begins with `/find` or 查：; an edited
    command does not act again, but an edited question does.
    """
    if message.sender.kind in (SenderKind.BOT, SenderKind.AUTO_FORWARD):
        return None
    match = _COMMAND.fullmatch(message.text.strip())
    typed = TypedCommand(match[1].lower(), (match[2] or "").strip()) if match else None
    if message.chat.type is ChatType.CHANNEL:
        return _in_channel(message, typed)
    if not message.addressed:
        return None
    if typed is None:
        return _courtesy(message.text.strip()) or Search(message.text)
    if typed.name == FIND:
        return Search(typed.rest)
    return None if message.edited else typed


def _in_channel(message: Message, typed: TypedCommand | None) -> Search | None:
    if typed and typed.name == FIND:
        return Search(typed.rest)
    match = _CHANNEL_QUESTION.match(message.text.strip())
    return Search(match[1]) if match else None


def _courtesy(text: str) -> SmallTalk | None:
    if _GREETING.fullmatch(text):
        return SmallTalk.GREETING
    return SmallTalk.THANKS if _THANKS.fullmatch(text) else None


Handler = Callable[[Message, str, Phrases], Awaitable[Sequence[Reply]]]
"""Answers a command by the words behind it, in the language that its chat has chosen."""


class Scope(StrEnum):
    """Where a menu is opened."""

    PRIVATE = "private"
    GROUP = "group"
    GROUP_ADMIN = "group_admin"
    OWNER = "owner"  # in private, for those whom the settings name


class Audience(StrEnum):
    """Who may use a command that is no admin's: everybody, who may ask in this chat, or who manages the chat."""

    EVERYBODY = "everybody"
    ASKERS = "askers"
    CHAT_ADMINS = "chat_admins"


@dataclass(frozen=True, slots=True)
class Command:
    """A command.

    `handler` is a method of a handler class, None where the words behind the command are looked up as they are. Its
    description is `Phrases.commands[name]`. `denied` is what a member of a group is told whom its admins alone may stand for.
    """

    name: str
    handler: Callable[..., Awaitable[Sequence[Reply]]] | None
    permission: Permission | Audience
    scopes: frozenset[Scope] = frozenset()
    needs_state: bool = False
    denied: Callable[[Phrases], str] = lambda said: said.only_admins_set


@dataclass(frozen=True, slots=True)
class Menu:
    """Commands with what they do, in order; `language` is two letters, None for everybody else."""

    scope: Scope
    language: str | None
    commands: tuple[tuple[str, str], ...]


class HelpHandlers:
    """`/help` and `/whoami`."""

    def __init__(self, authorizer: Authorizer | None = None) -> None:
        self._authorizer = authorizer

    async def help(self, message: Message, words: str, said: Phrases) -> Sequence[Reply]:
        """How to ask, and the commands of this kind of chat."""
        private = message.chat.type is ChatType.PRIVATE
        scope = Scope.PRIVATE if private else Scope.GROUP
        lines = [f"/{command.name} {said.commands[command.name]}" for command in offered(scope)]
        how = said.help if private else said.group_help
        permissions = await self._authorizer.permissions(message) if self._authorizer and private else ()
        acts = [command for command in COMMANDS if command.permission in permissions]
        if acts:
            lines += ["", said.operating.admin_commands]
            lines += [f"/{command.name} {said.commands[command.name]}" for command in acts]
        return [text_reply("\n".join([f"{how}\n", said.commands_here, *lines]))]

    async def whoami(self, message: Message, words: str, said: Phrases) -> Sequence[Reply]:
        """The sender's id, as owners' ids are written in the settings."""
        return [Reply([Run(f"{said.you_are} "), Run(message.actor, Style.CODE)], reply_to=message.id)]


def _not_watching(said: Phrases) -> str:
    return said.feedback.admins_only


NOWHERE: frozenset[Scope] = frozenset()
EVERYWHERE = frozenset(Scope)
MANAGED = frozenset({Scope.PRIVATE, Scope.GROUP_ADMIN, Scope.OWNER})
PRIVATE = frozenset({Scope.PRIVATE, Scope.OWNER})
ADMIN = frozenset({Scope.OWNER})

COMMANDS = (
    Command(FIND, None, Audience.ASKERS, EVERYWHERE),
    Command("articles", ArticleHandlers.articles, Audience.ASKERS, EVERYWHERE),
    Command("library", LibraryHandlers.show, Audience.CHAT_ADMINS, MANAGED),
    Command("compare", AnswerHandler.compare, Audience.ASKERS, EVERYWHERE),
    Command("new", AnswerHandler.begin_anew, Audience.ASKERS, PRIVATE),
    Command("article", ArticleHandlers.article, Audience.ASKERS, PRIVATE),
    Command("watch", WatchHandlers.watch, Audience.CHAT_ADMINS, MANAGED, True, _not_watching),
    Command("watches", WatchHandlers.watches, Audience.CHAT_ADMINS, MANAGED, True, _not_watching),
    Command("unwatch", WatchHandlers.unwatch, Audience.CHAT_ADMINS, NOWHERE, True, _not_watching),
    Command("settings", SettingsHandlers.show, Audience.CHAT_ADMINS, MANAGED),
    Command("help", HelpHandlers.help, Audience.EVERYBODY, EVERYWHERE),
    Command("forget_me", AlertHandlers.forget_me, Audience.EVERYBODY, PRIVATE, True),
    Command(START, AnswerHandler.start, Audience.EVERYBODY),
    Command("about", ArticleHandlers.about, Audience.EVERYBODY),
    Command("whoami", HelpHandlers.whoami, Audience.EVERYBODY),
    Command("reload", ReloadHandlers.reload, Permission.RELOAD, ADMIN, True),
    Command("versions", ReloadHandlers.versions, Permission.VERSIONS, ADMIN, True),
    Command("rollback", ReloadHandlers.rollback, Permission.ROLLBACK, ADMIN, True),
    Command("upload", UploadHandlers.how, Permission.UPLOAD, ADMIN, True),
    Command("meta", UploadHandlers.meta, Permission.META, ADMIN, True),
    Command("unanswered", FeedbackHandlers.unanswered, Permission.UNANSWERED, ADMIN, True),
    Command("alias", FeedbackHandlers.alias, Permission.ALIAS, ADMIN, True),
    Command("unalias", FeedbackHandlers.unalias, Permission.ALIAS, ADMIN, True),
    Command("stats", FeedbackHandlers.stats, Permission.STATS, ADMIN, True),
    Command("grant", RoleHandlers.grant, Permission.GRANT, ADMIN, True),
    Command("revoke", RoleHandlers.revoke, Permission.REVOKE, ADMIN, True),
    Command("audit", RoleHandlers.audit, Permission.AUDIT, ADMIN, True),
)


def command_of(name: str) -> Command | None:
    return next((command for command in COMMANDS if command.name == name), None)


def offered(scope: Scope) -> list[Command]:
    """The commands that the menu of a scope offers, in order."""
    return [command for command in COMMANDS if scope in command.scopes]


def menus() -> list[Menu]:
    """Every menu: in Chinese for those whose platform says so, in English for everybody else."""
    return [
        Menu(
            scope,
            language,
            tuple(
                (command.name, phrases(language or "en").commands[command.name]) for command in offered(scope)
            ),
        )
        for scope in Scope
        for language in (None, "zh")
    ]


def bound(handlers: Sequence[object]) -> dict[str, Handler]:
    """The commands that these handlers can handle, by name."""
    owned = {
        method: getattr(handler, name) for handler in handlers for name, method in vars(type(handler)).items()
    }
    return {command.name: owned[command.handler] for command in COMMANDS if command.handler in owned}
