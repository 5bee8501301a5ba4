"""What is kept per chat follows a chat that gets a new id."""

from __future__ import annotations

import logging

from sqlalchemy import Delete, delete, exists, update

from bot.state.database import Database
from bot.state.errors import StateError
from bot.state.tables import preferences, shown_answers

KEPT_PER_CHAT = (shown_answers, preferences)  # every table with the columns `platform` and `chat`
log = logging.getLogger(__name__)


class ChatMoves:
    """`bot.messages.ChatEvents`: moves a chat's rows of every table in one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def moved(self, platform: str, old: str, new: str) -> None:
        """Give the rows of the old id to the new one."""
        try:
            async with self._database.writing() as connection:
                await connection.execute(_chosen_anew(platform, old, new))
                for table in KEPT_PER_CHAT:
                    rows = (table.c.platform == platform) & (table.c.chat == old)
                    await connection.execute(update(table).where(rows).values(chat=new))
        except StateError as error:
            log.error("chat %s is now %s, and what is kept for it could not follow: %s", old, new, error)

    async def closed(self, platform: str, chat: str) -> None:
        """Nothing is kept that a closed chat would have to lose before its time."""


def _chosen_anew(platform: str, old: str, new: str) -> Delete:
    """Drop the old choices where the chat has chosen again under its new id."""
    newer = preferences.alias()
    chosen = exists().where((newer.c.platform == platform) & (newer.c.chat == new))
    return delete(preferences).where(
        (preferences.c.platform == platform) & (preferences.c.chat == old) & chosen
    )
