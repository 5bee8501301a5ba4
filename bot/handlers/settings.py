"""What a chat chooses and wants to be told: `/settings`, `/library`, `/watch`, 有了告诉我; and `/forget_me`."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from bot.feedback.questions import UnansweredQuestions, question_text
from bot.feedback.watches import WatchService
from bot.handlers.intents import TypedCommand
from bot.messages import (
    Button,
    ButtonPress,
    Chat,
    ChatType,
    Message,
    Reply,
    Run,
    Sender,
    SenderKind,
    Style,
    text_reply,
)
from bot.ports import Askers, ChatSettings, Preference
from bot.query_service import QueryService
from bot.rendering.answer import shown_query
from bot.state.chats import MOST, Subscriber, WatchResult
from bot.state.questions import MOST_ALERTS, AlertResult
from bot.texts import NAMES, Phrases, phrases
from bot.texts.phrases import FeedbackPhrases
from knowledge.model import Browse, Facet

SETTINGS = "settings"
FACTS = (1, 3, 5)


class SettingsHandlers:
    """Shows the choices of a chat and takes new ones."""

    def __init__(self, settings: ChatSettings) -> None:
        self._settings = settings

    async def show(self, message: Message, typed: TypedCommand) -> Sequence[Reply]:
        """`/settings`: show the choices; a forwarded command is nobody's wish."""
        said = phrases(message.sender.language)
        if message.forwarded or message.via_bot or message.chat.type is ChatType.CHANNEL:
            return ()
        preference = await self._settings.get(message.chat)
        return [replace(_screen(message.chat, preference, said), reply_to=message.id)]

    async def press(self, press: ButtonPress, said: Phrases) -> Sequence[Reply]:
        if press.chat is None:
            return [Reply([], notice=said.stale)]
        if not await self._settings.manages(press.chat, press.sender):
            return [Reply([], notice=said.only_admins_set)]
        before = await self._settings.get(press.chat)
        after = chosen(before, press.data)
        if after is None:
            return [Reply([], notice=said.stale)]
        await self._settings.put(press.chat, after)
        spoken = phrases(after.language or press.sender.language)
        screen = _screen(press.chat, after, spoken)
        return [replace(screen, edits=press.message_id, notice=spoken.saved)]


def chosen(before: Preference, data: str) -> Preference | None:
    """The preference after a button, or None where the button is not ours."""
    match data.split(":"):
        case [_, "language", value] if value in NAMES or value == "":
            return replace(before, language=value or None)
        case [_, "facts", value] if value in map(str, FACTS) or value == "":
            return replace(before, facts=int(value) if value else None)
        case [_, "askers", value] if value in set(Askers):
            return replace(before, askers=Askers(value))
    return None


def _screen(chat: Chat, preference: Preference, said: Phrases) -> Reply:
    automatic = said.by_default if chat.type is ChatType.PRIVATE else said.as_platform
    who = {Askers.EVERYONE: said.everyone, Askers.ADMINS: said.admins_only}
    lines = [
        said.setting_language.format(NAMES.get(preference.language or "", automatic)),
        said.setting_facts.format(preference.facts or said.by_default),
    ]
    rows = [
        [Button(name, f"{SETTINGS}:language:{tag}") for tag, name in NAMES.items()]
        + [Button(automatic, f"{SETTINGS}:language:")],
        [Button(str(number), f"{SETTINGS}:facts:{number}") for number in FACTS]
        + [Button(said.by_default, f"{SETTINGS}:facts:")],
    ]
    if chat.type is ChatType.GROUP:
        lines.append(said.setting_askers.format(who[preference.askers]))
        rows.append([Button(name, f"{SETTINGS}:askers:{askers}") for askers, name in who.items()])
    return Reply([Run(said.settings_here + "\n", Style.BOLD), Run("\n".join(lines))], rows)


LIBRARY = "library"
A_ROW = 2


class LibraryHandlers:
    """Shows the libraries and takes a choice."""

    def __init__(self, lookup: QueryService, settings: ChatSettings) -> None:
        self._lookup = lookup
        self._settings = settings

    async def show(self, message: Message, typed: TypedCommand) -> Sequence[Reply]:
        """`/library`: the libraries as buttons; with a name behind it, that one is chosen."""
        said, libraries = phrases(message.sender.language), await self._libraries()
        if not libraries:
            return [text_reply(said.talk.no_libraries)]
        if not typed.rest:
            return [await self._screen(message.chat, libraries, said)]
        chosen = next((one.name for one in libraries if one.name == typed.rest), None)
        if chosen is None:
            names = "、".join(one.name for one in libraries)
            return [text_reply(said.talk.no_library.format(typed.rest[:60], names))]
        await self._choose(message.chat, chosen)
        return [text_reply(said.talk.library_chosen.format(chosen))]

    async def press(self, press: ButtonPress, said: Phrases) -> Sequence[Reply]:
        if press.chat is None:
            return [Reply([], notice=said.stale)]
        if not await self._settings.manages(press.chat, press.sender):
            return [Reply([], notice=said.only_admins_set)]
        libraries = await self._libraries()
        wanted = press.data.removeprefix(f"{LIBRARY}:")
        chosen = next((one.name for one in libraries if _key(one.name) == wanted), None)
        if wanted and chosen is None:
            return [Reply([], notice=said.stale)]
        await self._choose(press.chat, chosen)
        screen = await self._screen(press.chat, libraries, said)
        return [replace(screen, edits=press.message_id, notice=said.saved)]

    async def _libraries(self) -> tuple[Facet, ...]:
        return await self._lookup.read(lambda snapshot: snapshot.browse(Browse(most=1)).libraries)

    async def _choose(self, chat: Chat, library: str | None) -> None:
        before = await self._settings.get(chat)
        await self._settings.put(chat, replace(before, library=library))

    async def _screen(self, chat: Chat, libraries: Sequence[Facet], said: Phrases) -> Reply:
        now = (await self._settings.get(chat)).library or said.talk.every_library
        buttons = [Button(f"{one.name}（{one.count}）", f"{LIBRARY}:{_key(one.name)}") for one in libraries]
        every = Button(said.talk.every_library, f"{LIBRARY}:")
        return Reply(
            [Run(said.talk.libraries.format(now))],
            [[every], *(buttons[at : at + A_ROW] for at in range(0, len(buttons), A_ROW))],
        )


def _key(name: str) -> str:
    """What stands for a library on a button: any name is longer than that may be."""
    return hashlib.blake2b(name.encode(), digest_size=8).hexdigest()


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
            AlertResult.FULL: said.alerts_full.format(MOST_ALERTS),
        }
        return [Reply([], notice=told[kept])]

    async def forget_me(self, message: Message, command: TypedCommand) -> Sequence[Reply]:
        """Remove every trace of whoever asks, in private."""
        said = phrases(message.sender.language).feedback
        if message.chat.type is not ChatType.PRIVATE or message.sender.kind is not SenderKind.PERSON:
            return [text_reply(said.forget_in_private)]
        await self._forget(message.chat.platform, message.sender.id)
        return [text_reply(said.forgotten)]


UNWATCH = "unwatch"


class WatchHandlers:
    """Commands and buttons about watches."""

    def __init__(self, watching: WatchService, settings: ChatSettings) -> None:
        self._watching = watching
        self._settings = settings

    async def watch(self, message: Message, typed: TypedCommand) -> Sequence[Reply]:
        said = _said(message.sender)
        if not typed.rest:
            return [text_reply(said.watch_how)]
        words = shown_query(question_text(typed.rest))
        subscriber = Subscriber(message.chat, message.sender.language)
        kept = await self._watching.keep(subscriber, typed.rest)
        texts = {
            WatchResult.KEPT: said.watching.format(words),
            WatchResult.ALREADY: said.watched_already.format(words),
            WatchResult.FULL: said.watch_full.format(MOST),
            None: said.watch_nothing.format(words),
        }
        return [text_reply(texts[kept])]

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
        return [text_reply((said.unwatched if gone else said.not_watched).format(shown_query(words)))]

    async def press(self, press: ButtonPress) -> Sequence[Reply]:
        said = _said(press.sender)
        if press.chat is None or not await self._settings.manages(press.chat, press.sender):
            return [Reply([], notice=said.admins_only)]
        await self._watching.drop(press.chat, press.data.partition(":")[2])
        left = await self._list(press.chat, said)
        return [Reply(left.runs, left.buttons, edits=press.message_id)]

    async def _list(self, chat: Chat, said: FeedbackPhrases) -> Reply:
        watches = await self._watching.of(chat)
        if not watches:
            return text_reply(said.no_watches)
        lines = "\n".join(f"{number}. {shown_query(watch.words)}" for number, watch in enumerate(watches, 1))
        buttons = [
            [Button(said.unwatch.format(shown_query(watch.words)[:20]), f"{UNWATCH}:{watch.id}")]
            for watch in watches
        ]
        return Reply([Run(f"{said.watches}\n{lines}")], buttons)


def _said(sender: Sender) -> FeedbackPhrases:
    return phrases(sender.language).feedback
