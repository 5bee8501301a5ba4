"""Who administers a group, by Telegram's word."""

from __future__ import annotations

import logging

from telegram import Bot
from telegram.constants import ChatMemberStatus

from bot.messages import Chat, Sender, SenderKind
from bot.telegram.errors import ApiError

ADMINS = (ChatMemberStatus.OWNER, ChatMemberStatus.ADMINISTRATOR)
logger = logging.getLogger(__name__)


class Members:
    """Asks Telegram each time: rights that were taken away are gone at once."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    async def administers(self, chat: Chat, sender: Sender) -> bool:
        """Tell whether a person administers a group; False where Telegram does not say so."""
        if sender.kind is not SenderKind.PERSON:
            return False
        try:
            member = await self._bot.get_chat_member(chat.id, int(sender.id))
        except ApiError as error:
            logger.warning("who administers a chat could not be learnt: %s", error)
            return False
        return member.status in ADMINS
