"""What buttons refer to: answers that were shown, acts that wait for a confirmation, files that were sent."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from bot.errors import StateError
from bot.ports import AnswerSession, InMemorySessions
from bot.state.chats import in_chat
from bot.state.database import Repository
from bot.state.tables import confirmations, shown_answers, uploads

log = logging.getLogger(__name__)

KEPT = timedelta(days=7)
QUERY = 256  # characters; a lookup reads no more


class SessionRepository(Repository):
    """The answers of the last seven days: `bot.ports.SessionStore` that outlive the process."""

    async def add(self, shown: AnswerSession) -> None:
        async with self._database.adding() as connection:
            query = shown.query.encode("utf-8", "replace").decode()[:QUERY]
            row = {**asdict(shown), "query": query, "facts": list(shown.facts)}
            await connection.execute(insert(shown_answers).values(**row))

    async def get(self, answer_id: str) -> AnswerSession | None:
        rows = await self._database.rows(select(shown_answers).where(shown_answers.c.id == answer_id))
        return _session(rows[0]) if rows else None

    async def latest(
        self, platform: str, chat: str, asker: str | None = None, most: int = 1
    ) -> Sequence[AnswerSession]:
        here = in_chat(shown_answers, platform, chat)
        theirs = here if asker is None else here & (shown_answers.c.asker == asker)
        wanted = select(shown_answers).where(theirs).order_by(shown_answers.c.created.desc()).limit(most)
        return [_session(row) for row in await self._database.rows(wanted)]

    async def quoted(self) -> set[str]:
        """The ids of every fact that somebody was shown."""
        rows = await self._database.rows(select(shown_answers.c.facts))
        return {fact for (facts,) in rows for fact in facts}

    async def forget(self, now: datetime) -> int:
        """Remove what is older than seven days; return how many."""
        return await self._database.change(delete(shown_answers).where(shown_answers.c.created < now - KEPT))


def _session(row: Row[Any]) -> AnswerSession:
    return AnswerSession(**{**row._mapping, "facts": tuple(row.facts)})


class FallbackSessions:
    """Stored answers that do without the disk while it is full: lookups go on, and buttons of theirs too."""

    def __init__(self, stored: SessionRepository) -> None:
        self._stored = stored
        self._unstored = InMemorySessions()

    async def add(self, shown: AnswerSession) -> None:
        try:
            await self._stored.add(shown)
        except StateError as error:
            log.warning("a shown answer is kept in memory only: %s", error)
            await self._unstored.add(shown)

    async def get(self, answer_id: str) -> AnswerSession | None:
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


class Uploads(Repository):
    """The files' rows; their bytes are in the data folder under the row's id."""

    async def add(self, upload: Upload) -> None:
        await self._database.change(insert(uploads).values(**asdict(upload)))

    async def get(self, upload_id: str) -> Upload | None:
        rows = await self._database.rows(select(uploads).where(uploads.c.id == upload_id))
        return Upload(**{**rows[0]._mapping, "state": UploadState(rows[0].state)}) if rows else None

    async def move(self, upload_id: str, before: UploadState, after: UploadState) -> bool:
        """Take an upload one step on; False if it was not at `before`, so that a button works once."""
        mine = update(uploads).where(uploads.c.id == upload_id, uploads.c.state == before.value)
        return await self._database.change(mine.values(state=after.value)) == 1

    async def pending(self, before: datetime) -> list[str]:
        """The ids of checked uploads received before a moment: nobody will press their buttons any more."""
        checked = uploads.c.state == UploadState.CHECKED.value
        wanted = select(uploads.c.id).where(checked, uploads.c.received_at < before)
        return [upload for (upload,) in await self._database.rows(wanted)]


LASTS = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What will be done if `actor` says yes before `expires`; `detail` is the act's own."""

    id: str
    actor: str
    act: str
    detail: str
    expires: datetime


class Confirmations(Repository):
    """Open questions."""

    async def ask(self, confirmation: Confirmation) -> None:
        """Open a question; what has expired is forgotten on the way."""
        expired = delete(confirmations).where(confirmations.c.expires < confirmation.expires - 2 * LASTS)
        await self._database.change(expired, insert(confirmations).values(**asdict(confirmation)))

    async def forget(self, now: datetime) -> int:
        """Remove what has expired an hour ago; return how many."""
        expired = confirmations.c.expires < now - 6 * LASTS
        return await self._database.change(delete(confirmations).where(expired))

    async def get(self, confirmation_id: str) -> Confirmation | None:
        """The question of that id, expired or not; None if it was answered or never asked."""
        rows = await self._database.rows(select(confirmations).where(confirmations.c.id == confirmation_id))
        return Confirmation(*rows[0]) if rows else None

    async def close(self, confirmation_id: str) -> bool:
        """Answer a question; False if somebody already did, so that a double press acts once."""
        mine = delete(confirmations).where(confirmations.c.id == confirmation_id)
        return await self._database.change(mine) == 1
