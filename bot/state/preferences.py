"""What chats have chosen, kept over restarts."""

from __future__ import annotations

import logging

from sqlalchemy import delete, insert, select

from bot.handlers.preferences import Askers, Preference
from bot.messages import Chat
from bot.state.database import Database
from bot.state.errors import StateError
from bot.state.tables import preferences

log = logging.getLogger(__name__)


class StoredPreferences:
    """One row per chat that chose anything."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, chat: Chat) -> Preference:
        """The chat's choices; the defaults where it made none, or where they cannot be read just now."""
        wanted = select(preferences).where(
            preferences.c.platform == chat.platform, preferences.c.chat == chat.id
        )
        try:
            async with self._database.reading() as connection:
                row = (await connection.execute(wanted)).one_or_none()
        except StateError as error:
            log.warning("a chat's choices cannot be read, the defaults hold: %s", error)
            return Preference()
        return Preference(row.language, row.facts, Askers(row.askers)) if row else Preference()

    async def put(self, chat: Chat, preference: Preference) -> None:
        """Keep the chat's choices, on the disk when this returns.

        Raises:
            StateError: they cannot be written.
        """
        here = delete(preferences).where(
            preferences.c.platform == chat.platform, preferences.c.chat == chat.id
        )
        row = insert(preferences).values(
            platform=chat.platform,
            chat=chat.id,
            language=preference.language,
            facts=preference.facts,
            askers=preference.askers.value,
        )
        async with self._database.writing() as connection:
            await connection.execute(here)
            if preference != Preference():
                await connection.execute(row)
