"""What buttons refer to: answers that were shown, acts that wait for a confirmation, files that were sent."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from bot.errors import StateError
from bot.ports import AnswerSession, InMemorySessions
from bot.state.database import Database
from bot.state.tables import confirmations, shown_answers, uploads

log = logging.getLogger(__name__)

KEPT = timedelta(days=7)
QUERY = 256  # characters; a lookup reads no more


class SessionRepository:
    """The answers of the last seven days: `bot.ports.ShownAnswers` that outlive the process."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, shown: AnswerSession) -> None:
        """Write an answer down."""
        async with self._database.adding() as connection:
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


class UploadState(StrEnum):
    """How far an upload is."""

    CHECKED = "checked"
    PUBLISHED = "published"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file somebody sent. `name` is what they called it, for showing; `target` the name it is published under."""

    id: str
    actor: str
    name: str
    size: int
    sha256: str
    state: UploadState
    received_at: datetime
    target: str | None = None


class Uploads:
    """The files' rows; their bytes are in the data folder under the row's id."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, upload: Upload) -> None:
        """Write a new upload down."""
        async with self._database.writing() as connection:
            await connection.execute(
                insert(uploads).values(
                    id=upload.id,
                    actor=upload.actor,
                    name=upload.name,
                    size=upload.size,
                    sha256=upload.sha256,
                    state=upload.state.value,
                    received_at=upload.received_at,
                    target=upload.target,
                )
            )

    async def get(self, upload_id: str) -> Upload | None:
        """The upload of that id, or None."""
        async with self._database.reading() as connection:
            row = (await connection.execute(select(uploads).where(uploads.c.id == upload_id))).one_or_none()
        if row is None:
            return None
        return Upload(
            row.id,
            row.actor,
            row.name,
            row.size,
            row.sha256,
            UploadState(row.state),
            row.received_at,
            row.target,
        )

    async def move(self, upload_id: str, before: UploadState, after: UploadState) -> bool:
        """Take an upload one step on; False if it was not at `before`, so that a button works once."""
        async with self._database.writing() as connection:
            moved = await connection.execute(
                update(uploads)
                .where(uploads.c.id == upload_id, uploads.c.state == before.value)
                .values(state=after.value)
            )
            return moved.rowcount == 1

    async def pending(self, before: datetime) -> list[str]:
        """The ids of checked uploads received before a moment: nobody will press their buttons any more."""
        async with self._database.reading() as connection:
            wanted = select(uploads.c.id).where(
                uploads.c.state == UploadState.CHECKED.value, uploads.c.received_at < before
            )
            return list((await connection.execute(wanted)).scalars())


LASTS = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What will be done if `actor` says yes before `expires`; `detail` is the act's own."""

    id: str
    actor: str
    act: str
    detail: str
    expires: datetime


class Confirmations:
    """Open questions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ask(self, confirmation: Confirmation) -> None:
        """Open a question; what has expired is forgotten on the way."""
        async with self._database.writing() as connection:
            long_ago = confirmation.expires - 2 * LASTS
            await connection.execute(delete(confirmations).where(confirmations.c.expires < long_ago))
            await connection.execute(
                insert(confirmations).values(
                    id=confirmation.id,
                    actor=confirmation.actor,
                    act=confirmation.act,
                    detail=confirmation.detail,
                    expires=confirmation.expires,
                )
            )

    async def forget(self, now: datetime) -> int:
        """Remove what has expired an hour ago; return how many."""
        async with self._database.writing() as connection:
            old = delete(confirmations).where(confirmations.c.expires < now - 6 * LASTS)
            return (await connection.execute(old)).rowcount

    async def get(self, confirmation_id: str) -> Confirmation | None:
        """The question of that id, expired or not; None if it was answered or never asked."""
        async with self._database.reading() as connection:
            wanted = select(confirmations).where(confirmations.c.id == confirmation_id)
            row = (await connection.execute(wanted)).one_or_none()
        return None if row is None else Confirmation(row.id, row.actor, row.act, row.detail, row.expires)

    async def close(self, confirmation_id: str) -> bool:
        """Answer a question; False if somebody already did, so that a double press acts once."""
        async with self._database.writing() as connection:
            gone = delete(confirmations).where(confirmations.c.id == confirmation_id)
            return (await connection.execute(gone)).rowcount == 1
