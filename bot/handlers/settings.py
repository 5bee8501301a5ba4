"""What a chat chooses, by buttons: `/settings` and `/library`; in a group only its admins choose."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from bot.handlers.intents import TypedCommand
from bot.messages import Button, ButtonPress, Chat, ChatType, Message, Reply, Run, Style
from bot.ports import Askers, ChatSettings, Preference
from bot.query_service import QueryService
from bot.texts import Phrases, phrases
from knowledge.model import Browse, Facet

SETTINGS = "settings"
FACTS = (1, 3, 5)
LANGUAGES = {"zh-Hans": "简体中文", "zh-Hant": "繁體中文", "en": "English"}


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
        """Take one choice."""
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
        case [_, "language", value] if value in LANGUAGES or value == "":
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
        said.setting_language.format(LANGUAGES.get(preference.language or "", automatic)),
        said.setting_facts.format(preference.facts or said.by_default),
    ]
    rows = [
        [Button(name, f"{SETTINGS}:language:{tag}") for tag, name in LANGUAGES.items()]
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
            return [Reply([Run(said.talk.no_libraries)])]
        if not typed.rest:
            return [await self._screen(message.chat, libraries, said)]
        chosen = next((one.name for one in libraries if one.name == typed.rest), None)
        if chosen is None:
            names = "、".join(one.name for one in libraries)
            return [Reply([Run(said.talk.no_library.format(typed.rest[:60], names))])]
        await self._choose(message.chat, chosen)
        return [Reply([Run(said.talk.library_chosen.format(chosen))])]

    async def press(self, press: ButtonPress, said: Phrases) -> Sequence[Reply]:
        """Take one choice."""
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
