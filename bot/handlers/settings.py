"""`/settings`: what a chat chooses, by buttons; in a group only its admins choose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.handlers.intents import TypedCommand
from bot.messages import Button, ButtonPress, Chat, ChatType, Message, Reply, Run, Style
from bot.ports import Askers, GroupAdmins, Preference, Preferences, manages
from bot.texts import Phrases, phrases

SETTINGS = "settings"
FACTS = (1, 3, 5)
LANGUAGES = {"zh-Hans": "简体中文", "zh-Hant": "繁體中文", "en": "English"}


class SettingsHandlers:
    """Shows the choices of a chat and takes new ones."""

    def __init__(self, preferences: Preferences, administrators: GroupAdmins) -> None:
        self._preferences = preferences
        self._administrators = administrators

    async def show(self, message: Message, typed: TypedCommand) -> Sequence[Reply]:
        """`/settings`: show the choices; a forwarded command is nobody's wish."""
        said = phrases(message.sender.language)
        if message.forwarded or message.via_bot or message.chat.type is ChatType.CHANNEL:
            return ()
        preference = await self._preferences.get(message.chat)
        return [replace(_screen(message.chat, preference, said), reply_to=message.id)]

    async def press(self, press: ButtonPress, said: Phrases) -> Sequence[Reply]:
        """Take one choice."""
        if press.chat is None:
            return [Reply([], notice=said.stale)]
        if not await manages(self._administrators, press.chat, press.sender):
            return [Reply([], notice=said.only_admins_set)]
        before = await self._preferences.get(press.chat)
        after = chosen(before, press.data)
        if after is None:
            return [Reply([], notice=said.stale)]
        await self._preferences.put(press.chat, after)
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
