"""The menu of commands that Telegram shows beside the text box."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
)

from bot.handlers.menus import Menu, Scope

SCOPES: Mapping[Scope, Callable[[], BotCommandScope]] = {
    Scope.PRIVATE: BotCommandScopeAllPrivateChats,
    Scope.GROUP: BotCommandScopeAllGroupChats,
    Scope.GROUP_ADMIN: BotCommandScopeAllChatAdministrators,
}


async def set_menus(bot: Bot, menus: Iterable[Menu]) -> None:
    """Tell Telegram every menu.

    Raises:
        ApiError: it could not be told.
    """
    for menu in menus:
        commands = [BotCommand(name, description) for name, description in menu.commands]
        await bot.set_my_commands(commands, SCOPES[menu.scope](), menu.language)
