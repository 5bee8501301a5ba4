"""Files that admins send, from receiving to undoing: kept apart, tried out, published by one rename, or discarded."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import os
import re
import unicodedata
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path, PurePosixPath

from bot.admin.knowledge import Previewer, PreviewFailed
from bot.admin.permissions import AuditLog, Permission
from bot.admin.reload_service import ReloadReport, ReloadRequest, ReloadStatus
from bot.admin.reports import preview_text
from bot.backup import keep_replaced
from bot.errors import StateError
from bot.messages import Attachment
from bot.ports import FileTooLarge, PlatformRegistry
from bot.state.database import fresh_id
from bot.state.sessions import Upload, Uploads, UploadState
from bot.texts import reworded
from bot.texts.phrases import AdminPhrases
from knowledge.documents.folder import find_sources
from knowledge.documents.sidecar import SUFFIX, read_sidecar
from knowledge.errors import StorageUnavailable
from knowledge.model import Metadata
from knowledge.snapshots.files import explain_io_errors, sync_path, write_durably

log = logging.getLogger(__name__)

SHOWN = 80  # characters
STORED = 120  # bytes of UTF-8 before the extension; file systems take 255 for a name
RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)")
TEMPLATE = "文章"


def shown_name(name: str) -> str:
    """A name as text: no control, direction or invisible characters, and not too long."""
    clean = "".join(c if unicodedata.category(c)[0] != "C" else "�" for c in name)
    return clean if len(clean) <= SHOWN else clean[: SHOWN // 2] + "…" + clean[-SHOWN // 2 :]


def stored_name(name: str) -> str:
    """A file name of one plain component that keeps the extension; never a path, never hidden."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    kept = "".join(c for c in last if unicodedata.category(c)[0] != "C" and c not in '<>:"|?*')
    stem, dot, suffix = kept.rpartition(".")
    if not dot or not re.fullmatch(r"[A-Za-z0-9]{1,10}", suffix):
        stem, suffix = kept, ""
    stem = " ".join(stem.split()).lstrip(".~-$ ").rstrip(". ")
    stem = stem.encode()[:STORED].decode("utf-8", "ignore")
    if not stem or RESERVED.fullmatch(stem):
        stem = TEMPLATE + stem
    return f"{stem}.{suffix.lower()}" if suffix else stem


LIMIT = 20 * 1024 * 1024  # bytes; no platform hands out more


@dataclass(frozen=True, slots=True)
class StoredUpload:
    """A file in quarantine."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Publication:
    """A file put into the served folder; `history` is where the one it replaced went."""

    path: Path
    history: Path | None


class UploadStore:
    """`quarantine/` under random names, `history/` for what was replaced."""

    def __init__(self, data: Path, articles: Path) -> None:
        self._quarantine = data / "uploads"
        self._data = data
        self._articles = articles

    def path(self, upload: str) -> Path:
        """Where an upload lies, by its id; the sender's name for it plays no part."""
        return self._quarantine / upload

    async def keep(self, upload: str, pieces: AsyncIterator[bytes]) -> StoredUpload:
        """Take a file in, counting as it comes; what is not wholly kept is gone.

        Raises:
            StorageUnavailable: it cannot be stored.
        """
        digest, size, path = hashlib.sha256(), 0, self.path(upload)
        try:
            with explain_io_errors(self._quarantine):
                self._quarantine.mkdir(mode=0o700, parents=True, exist_ok=True)
                with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                    async for piece in pieces:
                        size += len(piece)
                        digest.update(piece)
                        file.write(piece)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return StoredUpload(size, digest.hexdigest())

    def kept(self) -> list[str]:
        return [path.name for path in self._quarantine.iterdir()] if self._quarantine.is_dir() else []

    def discard(self, upload: str) -> None:
        """Forget an upload's bytes."""
        self.path(upload).unlink(missing_ok=True)

    def replaces(self, name: str) -> bool:
        """Tell whether publishing under this name replaces an article."""
        return (self._articles / name).exists()

    def place(self, upload: str, name: str, at: datetime) -> Publication:
        """Put an upload into the served folder under a stored name; what was there goes into the history.

        Raises:
            StorageUnavailable: one of the folders cannot be written; nothing has changed then.
        """
        target = self._articles / name
        with explain_io_errors(self._articles):
            history = self._remember(target, at)
            write_durably(target, self.path(upload).read_bytes())
        return Publication(target, history)

    def undo(self, publication: Publication) -> None:
        if publication.history:
            write_durably(publication.path, publication.history.read_bytes())
            publication.history.unlink()
        else:
            publication.path.unlink(missing_ok=True)
            sync_path(publication.path.parent)

    def write_metadata(self, name: str, stated: Mapping[str, str], at: datetime) -> str | None:
        """State a file's title, newspaper, date, edition or address beside it; return the sidecar's name.

        None where the folder lists no such article: what a person types is never a path. An empty value takes a key out.

        Raises:
            KnowledgeError: a value is none, or the folder cannot be read or written.
        """
        source = next((s for s in find_sources(self._articles) if s.name == name and s.fault is None), None)
        if source is None:
            return None
        sidecar = source.sidecar.name if source.sidecar else PurePosixPath(name).name + SUFFIX
        beside = PurePosixPath(name).with_name(sidecar).as_posix()
        before = read_sidecar(beside, source.sidecar.read_bytes()) if source.sidecar else Metadata()
        text = "".join(
            f"{key} = {_toml(key, value)}\n" for key, value in {**asdict(before), **stated}.items() if value
        )
        read_sidecar(beside, text.encode())
        self.write_beside(beside, text, at)
        return beside

    def write_beside(self, name: str, text: str, at: datetime) -> None:
        """Write a small file of our own into the served folder, such as a sidecar.

        Raises:
            StorageUnavailable: the folder cannot be written.
        """
        with explain_io_errors(self._articles):
            self._remember(self._articles / name, at)
            write_durably(self._articles / name, text.encode())

    def _remember(self, target: Path, at: datetime) -> Path | None:
        if not target.exists():
            return None
        if target.is_symlink() or not target.is_file():
            raise StorageUnavailable(f"{target} 不是普通文件，没有动它")
        return keep_replaced(target, self._data, at)


def _toml(key: str, value: str | date) -> str:
    if isinstance(value, date) or (key == "date" and re.fullmatch(r"\d{4}-\d\d-\d\d", value)):
        return str(value)
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


WAITS = timedelta(days=1)  # for somebody to decide

RunReload = Callable[[ReloadRequest], Awaitable[ReloadReport]]
"""Reloads, and tells whoever waits for it how it goes and what came of it."""


class UploadRefused(Exception):
    """A file is not taken in, or not published; the text says why, in the language of whoever sent it."""

    def __init__(self, text: str, outcome: str = "refused") -> None:
        super().__init__(text)
        self.outcome = outcome


class UploadService:
    """What becomes of a file: each step is taken once, written down, and taken up again after a kill."""

    def __init__(
        self,
        rows: Uploads,
        store: UploadStore,
        platforms: PlatformRegistry,
        audit_log: AuditLog,
        clock: Callable[[], datetime],
        preview: Previewer,
    ) -> None:
        self._rows = rows
        self._store = store
        self._platforms = platforms
        self._audit_log = audit_log
        self._clock = clock
        self._preview = preview
        self._objections: dict[str, str] = {}  # by upload: what publishing it once more confirms

    async def get(self, upload: str) -> Upload | None:
        return await self._rows.get(upload)

    async def receive(
        self, actor: str, platform: str, attachment: Attachment, said: AdminPhrases
    ) -> tuple[str, str]:
        """Take a file in and try it out; return the upload's id, and what would become of it.

        Raises:
            UploadRefused: it is not taken; nothing of it is kept.
        """
        upload, name = fresh_id(), shown_name(attachment.name)
        try:
            try:
                preview = await self._check(upload, actor, platform, attachment, said)
            except UploadRefused as refused:
                await self._audit_log.write(actor, Permission.UPLOAD, refused.outcome, name)
                raise
            await self._audit_log.write(actor, Permission.UPLOAD, "checked", name)
        except StateError as error:
            await self._audit_log.record_done(actor, Permission.UPLOAD, "failed", name)
            await asyncio.to_thread(self._store.discard, upload)
            raise _not_taken(error, said) from error
        except UploadRefused:
            await asyncio.to_thread(self._store.discard, upload)
            raise
        return upload, preview

    async def begin(self, upload: Upload) -> bool:
        """Begin to publish a checked file; False where somebody has decided already."""
        return await self._rows.move(upload.id, UploadState.CHECKED, UploadState.PUBLISHED)

    async def publish(
        self, upload: Upload, target: str, confirmed: bool, reload: RunReload, said: AdminPhrases
    ) -> str:
        """Put in a file whose publishing was begun, and reload; return what that report must add.

        `confirmed` is also against what was objected last.

        Raises:
            UploadRefused: it did not come to serve, and was taken out again; it waits as before.
        """
        objection = self._objections.pop(upload.id, None)
        try:
            publication = await asyncio.to_thread(self._store.place, upload.id, target, self._clock())
        except StorageUnavailable as error:
            raise await self._put_back(
                upload, reworded(error, said.language), said.try_later, said
            ) from error
        report = await reload(ReloadRequest(upload.actor, despite=objection if confirmed else None))
        if report.status in (ReloadStatus.PUBLISHED, ReloadStatus.UNCHANGED):
            detail = f"{target} {upload.sha256}"
            unwritten = await self._audit_log.record_done(
                upload.actor, Permission.UPLOAD, "published", detail
            )
            await asyncio.to_thread(self._store.discard, upload.id)
            return unwritten
        await asyncio.to_thread(self._store.undo, publication)
        if report.confirm and report.objection:
            self._objections[upload.id] = report.objection
        how = said.put_back.format(said.anyway) if report.confirm else said.try_later
        raise await self._put_back(upload, said.taken_back, how, said)

    async def discard(self, upload: Upload) -> bool:
        """Forget a checked file; False where somebody has decided already."""
        if not await self._forget(upload.id):
            return False
        name = shown_name(upload.name)
        await self._audit_log.write(upload.actor, Permission.UPLOAD, "discarded", name)
        return True

    async def describe(self, name: str, stated: Mapping[str, str]) -> str | None:
        return await asyncio.to_thread(self._store.write_metadata, name, stated, self._clock())

    async def forget_old(self) -> None:
        """Discard what nobody decided on for a day."""
        for upload in await self._rows.pending(self._clock() - WAITS):
            await self._forget(upload)

    async def recover(self) -> None:
        """Clear up after a kill: what no row knows goes, what was being published waits again."""
        for kept in await asyncio.to_thread(self._store.kept):
            upload = await self._rows.get(kept)
            if upload and upload.state is not UploadState.DISCARDED:
                await self._rows.move(kept, UploadState.PUBLISHED, UploadState.CHECKED)
            else:
                await asyncio.to_thread(self._store.discard, kept)

    async def _check(
        self, upload: str, actor: str, platform: str, attachment: Attachment, said: AdminPhrases
    ) -> str:
        target = stored_name(attachment.name)
        try:
            kept = await self._store.keep(upload, self._platforms.fetch(platform, attachment.id, LIMIT))
            preview = await self._preview(self._store.path(upload), target)
        except FileTooLarge:  # whatever size was claimed
            raise UploadRefused(said.too_big.format(LIMIT >> 20)) from None
        except StorageUnavailable as error:
            raise _not_taken(error, said) from error
        except PreviewFailed as error:
            raise UploadRefused(said.too_costly) from error
        except Exception as error:  # whatever a platform's download may raise
            log.exception("attachment %s could not be fetched", upload)
            raise UploadRefused(said.unfetched, "failed") from error
        text = preview_text(shown_name(attachment.name), target, preview, self._store.replaces(target), said)
        if not preview.facts:
            raise UploadRefused(f"{text}\n{said.no_facts}")
        name, state = attachment.name.encode("utf-8", "replace").decode(), UploadState.CHECKED
        await self._rows.add(
            Upload(upload, actor, name, kept.size, kept.sha256, state, self._clock(), target)
        )
        return text

    async def _forget(self, upload: str) -> bool:
        if not await self._rows.move(upload, UploadState.CHECKED, UploadState.DISCARDED):
            return False
        self._objections.pop(upload, None)
        await asyncio.to_thread(self._store.discard, upload)
        return True

    async def _put_back(self, upload: Upload, why: str, how: str, said: AdminPhrases) -> UploadRefused:
        await self._rows.move(upload.id, UploadState.PUBLISHED, UploadState.CHECKED)
        await self._audit_log.write(upload.actor, Permission.UPLOAD, "failed", f"{upload.target} {why}")
        return UploadRefused(said.upload_failed.format(why, how), "failed")


def _not_taken(error: Exception, said: AdminPhrases) -> UploadRefused:
    return UploadRefused(said.not_taken.format(reworded(error, said.language)), "failed")
