"""Files that admins sent: named safely, kept outside the served folder until published, put in by one rename."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import unicodedata
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from knowledge.errors import StorageUnavailable
from knowledge.snapshots.files import explain_io_errors, sync_path, write_durably

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
    stem = _cut(" ".join(stem.split()).lstrip(".~-$ ").rstrip(". "))
    if not stem or RESERVED.fullmatch(stem):
        stem = TEMPLATE + stem
    return f"{stem}.{suffix.lower()}" if suffix else stem


def _cut(stem: str) -> str:
    return stem.encode()[:STORED].decode("utf-8", "ignore")


LIMIT = 20 * 1024 * 1024  # bytes; no platform hands out more


class TooBig(Exception):
    """More bytes came than are taken."""


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
        self._history = data / "history"
        self._articles = articles

    def path(self, upload: str) -> Path:
        """Where an upload lies, by its id; the sender's name for it plays no part."""
        return self._quarantine / upload

    async def keep(self, upload: str, pieces: AsyncIterator[bytes]) -> StoredUpload:
        """Take a file in, counting as it comes; what is not wholly kept is gone.

        Raises:
            TooBig: it is over the limit, whatever size was claimed.
            StorageUnavailable: it cannot be stored.
        """
        digest, size, path = hashlib.sha256(), 0, self.path(upload)
        try:
            with explain_io_errors(self._quarantine):
                self._quarantine.mkdir(mode=0o700, parents=True, exist_ok=True)
                with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                    async for piece in pieces:
                        size += len(piece)
                        if size > LIMIT:
                            raise TooBig
                        digest.update(piece)
                        file.write(piece)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return StoredUpload(size, digest.hexdigest())

    def kept(self) -> list[str]:
        """The ids of all uploads whose bytes are here."""
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
        """Undo a `place`."""
        if publication.history:
            write_durably(publication.path, publication.history.read_bytes())
            publication.history.unlink()
        else:
            publication.path.unlink(missing_ok=True)
            sync_path(publication.path.parent)

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
        folder = self._history / target.name
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        kept = folder / f"{at:%Y%m%dT%H%M%S.%fZ}{target.suffix}"
        shutil.copy2(target, kept)
        sync_path(kept)
        return kept
