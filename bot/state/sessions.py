"""Answers that were shown, so that their buttons work, and that a reload can tell whose quotes would go."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, insert, select

from bot.errors import StateError
from bot.ports import AnswerSession, InMemorySessions
from bot.state.database import Database
from bot.state.tables import shown_answers

log = logging.getLogger(__name__)

KEPT = timedelta(days=7)
QUERY = 256  # characters; a lookup reads no more


class SessionRepository:
    """The answers of the last seven days: `bot.ports.ShownAnswers` that outlive the process."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, shown: AnswerSession) -> None:
        """Write an answer down."""
        async with self._database.writing() as connection:
            await connection.execute(
                insert(shown_answers).values(
                    id=shown.id,
                    query=shown.query.encode("utf-8", "replace").decode()[:QUERY],
                    platform=shown.platform,
                    chat=shown.chat,
                    asker=shown.asker,
                    version=shown.version,
                    facts=list(shown.facts),
                    created=shown.created,
                )
            )

    async def get(self, answer_id: str) -> AnswerSession | None:
        """The answer of that id, or None if there is none (any more)."""
        async with self._database.reading() as connection:
            wanted = select(shown_answers).where(shown_answers.c.id == answer_id)
            row = (await connection.execute(wanted)).one_or_none()
        return None if row is None else _session(row)

    async def latest(
        self, platform: str, chat: str, asker: str | None = None, most: int = 1
    ) -> Sequence[AnswerSession]:
        """The latest of a chat, or of one asker there, the newest first."""
        here = (shown_answers.c.platform == platform) & (shown_answers.c.chat == chat)
        wanted = select(shown_answers).where(
            here if asker is None else here & (shown_answers.c.asker == asker)
        )
        async with self._database.reading() as connection:
            rows = (
                await connection.execute(wanted.order_by(shown_answers.c.created.desc()).limit(most))
            ).all()
        return [_session(row) for row in rows]

    async def quoted(self) -> set[str]:
        """The ids of every fact that somebody was shown."""
        async with self._database.reading() as connection:
            rows = (await connection.execute(select(shown_answers.c.facts))).scalars()
            return {fact for facts in rows for fact in facts}

    async def forget(self, now: datetime) -> int:
        """Remove what is older than seven days; return how many."""
        async with self._database.writing() as connection:
            old = delete(shown_answers).where(shown_answers.c.created < now - KEPT)
            return (await connection.execute(old)).rowcount


def _session(row: Row[Any]) -> AnswerSession:
    return AnswerSession(
        row.id, row.query, row.platform, row.chat, row.asker, row.version, tuple(row.facts), row.created
    )


class FallbackSessions:
    """Stored answers that do without the disk while it is full: lookups go on, and buttons of theirs too."""

    def __init__(self, stored: SessionRepository) -> None:
        self._stored = stored
        self._unstored = InMemorySessions()

    async def add(self, shown: AnswerSession) -> None:
        """Write an answer down, or keep it in memory where that fails."""
        try:
            await self._stored.add(shown)
        except StateError as error:
            log.warning("a shown answer is kept in memory only: %s", error)
            await self._unstored.add(shown)

    async def get(self, answer_id: str) -> AnswerSession | None:
        """The answer of that id, or None."""
        return await self._unstored.get(answer_id) or await self._stored.get(answer_id)

    async def latest(
        self, platform: str, chat: str, asker: str | None = None, most: int = 1
    ) -> Sequence[AnswerSession]:
        """The latest of a chat; none where they cannot be read, so that a follow-up stands on its own."""
        unstored = await self._unstored.latest(platform, chat, asker, most)
        try:
            stored = await self._stored.latest(platform, chat, asker, most)
        except StateError as error:
            log.warning("what was asked before cannot be read: %s", error)
            return unstored
        return sorted([*unstored, *stored], key=lambda shown: shown.created, reverse=True)[:most]
