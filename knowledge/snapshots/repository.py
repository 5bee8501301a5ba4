"""The stored versions of the knowledge: a numbered folder each, and a pointer to the one that serves.

000011/  000012/      whole versions, each with its manifest
CURRENT               the number that serves, with a checksum
.building-…           being built; what a killed build left is cleared at the next start
damaged/              versions that were not what their manifest says, moved aside
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import astuple, dataclass, replace
from pathlib import Path

from knowledge.errors import EXHAUSTED, SnapshotDamaged
from knowledge.model import Skipped
from knowledge.snapshots import manifest as manifests
from knowledge.snapshots.files import (
    exclusive,
    explain_io_errors,
    in_use,
    reading,
    sync_path,
    sync_tree,
    write_durably,
)
from knowledge.snapshots.manifest import Manifest

HAND = "in-hand.json"
SUSPECTS = "suspects.json"
STRIKES = 2
REMEDY = "其余文件照常；这个文件改动以前不再读它，请检查或换掉它"


@dataclass(frozen=True, slots=True)
class Suspect:
    """A document that a build died over: its name, the digest of its file, the stage, how often and how it died.

    A build that dies alone (its memory, a crash in a library) is tried again at once without that document. Where the
    whole program died with it, nobody knows whether the document was to blame: it is left out when that happened twice.
    """

    name: str
    digest: str
    stage: str
    ending: str = ""
    times: int = 1

    def left_out(self) -> Skipped:
        """What is told of it."""
        reason = f"整个重建在它这里中断了（{self.ending}）" if self.ending else "整个重建在它这里中断了"
        return Skipped(self.name, reason, REMEDY, stage=self.stage)


class Hand:
    """Writes down what is in hand; a line of a file that is open all the while, so it costs some microseconds.

    Without a descriptor it writes nothing.
    """

    def __init__(self, descriptor: int | None = None) -> None:
        self._descriptor = descriptor

    def take(self, name: str, digest: str, stage: str) -> None:
        """Name the document that is in hand from now on, and at which stage."""
        if self._descriptor is not None:
            os.pwrite(self._descriptor, json.dumps([name, digest, stage]).encode() + b"\n", 0)

    def lay_down(self) -> None:
        """Have nothing in hand: what goes wrong now is no document's fault."""
        if self._descriptor is not None:
            os.pwrite(self._descriptor, b"\n", 0)


@contextmanager
def hand_in(folder: Path) -> Iterator[Hand]:
    """Open the note of a build in its own folder; it is gone when the build has ended otherwise than by memory."""
    descriptor = os.open(folder / HAND, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    spent = False
    try:
        yield Hand(descriptor)
    except MemoryError:
        spent = True
        raise
    finally:
        os.close(descriptor)
        if not spent:
            (folder / HAND).unlink(missing_ok=True)


def in_hand(folder: Path) -> Suspect | None:
    """What a build that died had in hand; None if nothing."""
    try:
        name, digest, stage = json.loads((folder / HAND).read_bytes().partition(b"\n")[0])
    except (OSError, ValueError):
        return None
    return Suspect(name, digest, stage)


def remember(repository: Path, dead: Iterable[Suspect]) -> None:
    """Add to the suspects those that were found in the folders of dead builds."""
    known = {(one.name, one.digest): one for one in _read(repository)}
    for one in dead:
        before = known.get((one.name, one.digest))
        known[one.name, one.digest] = replace(one, times=before.times + 1) if before else one
    if known:
        write_durably(repository / SUSPECTS, json.dumps([astuple(one) for one in known.values()]).encode())


def suspects(repository: Path) -> tuple[Suspect, ...]:
    """Those over which the whole program died too often."""
    return tuple(one for one in _read(repository) if one.times >= STRIKES)


def forget(repository: Path) -> None:
    """Suspect nobody any more: a build has ended well, and remembers itself what it left out."""
    (repository / SUSPECTS).unlink(missing_ok=True)


def _read(repository: Path) -> list[Suspect]:
    with suppress(OSError, ValueError, TypeError):
        return [Suspect(*row) for row in json.loads((repository / SUSPECTS).read_bytes())]
    return []


POINTER = "CURRENT"
INDEX = "index"
ASIDE = "damaged"
KEPT_ASIDE = 2


@dataclass(frozen=True, slots=True)
class StoredSnapshot:
    """A whole version on disk, verified when it was handed out."""

    name: str
    folder: Path
    manifest: Manifest


class SnapshotRepository:
    """The versions below one folder; the last `keep` stay, and whichever serves or is being read."""

    def __init__(self, folder: Path, keep: int = 3) -> None:
        self.folder = folder
        self.keep = keep

    def names(self) -> list[str]:
        """Every version there is, newest first, whole or not."""
        if not self.folder.is_dir():
            return []
        return sorted(
            (p.name for p in self.folder.iterdir() if re.fullmatch(r"\d{6,}", p.name)), reverse=True
        )

    def current(self) -> str | None:
        """The version that was chosen to serve, or None if the pointer is missing or damaged."""
        try:
            name, digest = (self.folder / POINTER).read_text(encoding="ascii").split()
        except (OSError, ValueError):
            return None
        return name if digest == _check(name) else None

    @contextmanager
    def pin(self, name: str, sealed: Manifest | None = None) -> Iterator[StoredSnapshot]:
        """Verify a version and keep it from being cleared away until the end.

        Of one that this process has just seen `sealed`, reading it again would tell nothing new.

        Raises:
            SnapshotDamaged: it is not what its manifest says, or is not there at all.
        """
        folder = self.folder / name
        with ExitStack() as held:
            try:
                held.enter_context(reading(folder / manifests.NAME))
            except OSError as error:
                if error.errno in EXHAUSTED:
                    raise
                raise SnapshotDamaged(f"{name}：清单 {manifests.NAME} 缺失或读不出") from error
            yield StoredSnapshot(name, folder, sealed or manifests.verify_files(folder))

    def suspects(self) -> tuple[Suspect, ...]:
        """The documents that the next build should leave out."""
        return suspects(self.folder)

    def candidates(self) -> list[str]:
        """What to try to serve, in order: the chosen version, then those before it, then newer ones."""
        names, chosen = self.names(), self.current()
        if chosen not in names:
            return names
        at = names.index(chosen)
        return names[at:] + names[:at]

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """Lend an empty folder to build in; what is left there at the end is removed.

        Raises:
            NoRoom: the folder cannot be made.
        """
        with explain_io_errors(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            building = self.folder / f".building-{secrets.token_hex(6)}"
            building.mkdir()
        try:
            yield building
        finally:
            shutil.rmtree(building, ignore_errors=True)

    def publish(self, building: Path, after: str | None = None) -> str:
        """Make a sealed folder the version that serves; return its number, which is higher than `after`.

        Raises:
            NoRoom: the disk is full or closed; nothing has changed then.
        """
        with explain_io_errors(self.folder), exclusive(self.folder / ".lock"):
            sync_tree(building)
            name = f"{max(int((self.names() or ['0'])[0]), int(after or 0)) + 1:06d}"
            building.rename(self.folder / name)
            try:
                sync_path(self.folder)
                self._point(name)
            except OSError:
                self._remove(self.folder / name)
                raise
            forget(self.folder)
        return name

    def adopt(self, building: Path, name: str) -> None:
        """Take in a version that was built elsewhere, under the number that it has there; nothing is chosen yet.

        Raises:
            NoRoom: the disk is full or closed; nothing has changed then.
        """
        with explain_io_errors(self.folder), exclusive(self.folder / ".lock"):
            sync_tree(building)
            building.rename(self.folder / name)
            sync_path(self.folder)

    def choose(self, name: str) -> None:
        """Let another stored version serve from the next start on."""
        with explain_io_errors(self.folder), exclusive(self.folder / ".lock"):
            self._point(name)

    def quarantine(self, name: str) -> Path | None:
        """Move a damaged version out of the way, for a person to look at; None where that is not possible."""
        target = self.folder / ASIDE / f"{name}-{secrets.token_hex(3)}"
        try:
            target.parent.mkdir(exist_ok=True)
            (self.folder / name).rename(target)
        except OSError:
            return None  # read-only: it stays, and is passed over again at the next start
        return target

    def prune(self) -> list[str]:
        """Remove what is older than the last `keep` versions; return what was removed."""
        with exclusive(self.folder / ".lock"):
            old = [
                name
                for name in self.names()[self.keep :]
                if name != self.current() and not in_use(self.folder / name / manifests.NAME)
            ]
            for name in old:
                self._remove(self.folder / name)
            aside = sorted((self.folder / ASIDE).glob("*"), key=lambda p: p.stat().st_mtime)
            for path in aside[:-KEPT_ASIDE]:
                self._remove(path)
        return old

    def clean(self) -> int:
        """Clear what killed builds left, but for what they had in hand; only for who knows that nobody builds now.

        Returns how many there were.
        """
        dead = filter(None, map(in_hand, self.folder.glob(".building-*")))
        if self.folder.is_dir():
            remember(self.folder, dead)
        left = [
            *self.folder.glob(".building-*"),
            *self.folder.glob(".gone-*"),
            *self.folder.glob(f".{POINTER}.*"),
        ]
        for path in left:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        return len(left)

    def _point(self, name: str) -> None:
        write_durably(self.folder / POINTER, f"{name} {_check(name)}\n".encode())

    def _remove(self, path: Path) -> None:
        gone = self.folder / f".gone-{secrets.token_hex(6)}"
        path.rename(gone)  # a kill in the middle must not leave half a version under a version's name
        shutil.rmtree(gone, ignore_errors=True)


def _check(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:16]
