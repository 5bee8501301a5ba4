"""What waits for one press of an admin, and not for ever: uploads and confirmations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import delete, insert, select, update

from bot.state.database import Database
from bot.state.tables import confirmations, uploads


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
