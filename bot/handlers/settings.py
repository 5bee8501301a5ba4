"""What a chat chooses and wants to be told: `/settings`, `/library`, `/watch`, 有了告诉我; and `/forget_me`."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from bot.feedback.questions import UnansweredQuestions, question_text
from bot.feedback.watches import WatchService
from bot.messages import (
    Button,
    ButtonPress,
    Chat,
    ChatType,
    Message,
    Reply,
    Run,
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

    async def show(self, message: Message, words: str, said: Phrases) -> Sequence[Reply]:
        """`/settings`: show the choices; a forwarded command is nobody's wish."""
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

    async def show(self, message: Message, words: str, said: Phrases) -> Sequence[Reply]:
        """`/library`: the libraries as buttons; with a name behind it, that one is chosen."""
        libraries = await self._libraries()
        if not libraries:
            return [text_reply(said.talk.no_libraries)]
        if not words:
            return [await self._screen(message.chat, libraries, said)]
        names = [one.name for one in libraries]
        if words not in names:
            return [text_reply(said.talk.no_library.format(words[:60], "、".join(names)))]
        await self._choose(message.chat, words)
        return [text_reply(said.talk.library_chosen.format(words))]

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

    async def subscribe(self, press: ButtonPress, said: Phrases) -> Sequence[Reply]:
        """The button under a reply that found nothing."""
        if press.chat is None:
            return [Reply([], notice=said.stale)]
        subscriber = Subscriber(press.chat, said.language)
        kept = await self._unanswered.subscribe(press.data.partition(":")[2], subscriber)
        told = {
            AlertResult.KEPT: said.feedback.will_tell,
            AlertResult.GONE: said.feedback.ask_again,
            AlertResult.FULL: said.feedback.alerts_full.format(MOST_ALERTS),
        }
        return [Reply([], notice=told[kept])]

    async def forget_me(self, message: Message, words: str, said: Phrases) -> Sequence[Reply]:
        """Remove every trace of whoever asks, in private."""
        if message.chat.type is not ChatType.PRIVATE or message.sender.kind is not SenderKind.PERSON:
            return [text_reply(said.feedback.forget_in_private)]
        await self._forget(message.chat.platform, message.sender.id)
        return [text_reply(said.feedback.forgotten)]


UNWATCH = "unwatch"


class WatchHandlers:
    """Commands and buttons about watches."""

    def __init__(self, watching: WatchService, settings: ChatSettings) -> None:
        self._watching = watching
        self._settings = settings

    async def watch(self, message: Message, words: str, said: Phrases) -> Sequence[Reply]:
        if not words:
            return [text_reply(said.feedback.watch_how)]
        kept = await self._watching.keep(Subscriber(message.chat, said.language), words)
        texts = {
            WatchResult.KEPT: said.feedback.watching,
            WatchResult.ALREADY: said.feedback.watched_already,
            WatchResult.FULL: said.feedback.watch_full,
            None: said.feedback.watch_nothing,
        }
        about = MOST if kept is WatchResult.FULL else shown_query(question_text(words))
        return [text_reply(texts[kept].format(about))]

    async def watches(self, message: Message, words: str, said: Phrases) -> Sequence[Reply]:
        """`/watches`, with a button each to stop it."""
        return [await self._list(message.chat, said.feedback)]

    async def unwatch(self, message: Message, words: str, said: Phrases) -> Sequence[Reply]:
        """`/unwatch 养老`; alone it shows the list."""
        if not words:
            return [await self._list(message.chat, said.feedback)]
        text = question_text(words)
        mine = [watch for watch in await self._watching.of(message.chat) if watch.words == text]
        gone = [watch for watch in mine if await self._watching.drop(message.chat, watch.id)]
        told = said.feedback.unwatched if gone else said.feedback.not_watched
        return [text_reply(told.format(shown_query(text)))]

    async def press(self, press: ButtonPress, said: Phrases) -> Sequence[Reply]:
        if press.chat is None or not await self._settings.manages(press.chat, press.sender):
            return [Reply([], notice=said.feedback.admins_only)]
        await self._watching.drop(press.chat, press.data.partition(":")[2])
        left = await self._list(press.chat, said.feedback)
        return [replace(left, edits=press.message_id)]

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
