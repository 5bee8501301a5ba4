"""From a stored version to a snapshot that answers."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from knowledge.errors import SnapshotDamaged, StorageUnavailable
from knowledge.snapshot import Snapshot
from knowledge.snapshots.aliases import read_aliases
from knowledge.snapshots.durable import below, room_needed, spare_folder
from knowledge.snapshots.manifest import Manifest, read
from knowledge.snapshots.order import INDEX
from knowledge.snapshots.versions import Stored, Versions
from knowledge.text.analyzer import Analyzer


@dataclass(frozen=True, slots=True)
class Opened:
    """A snapshot ready to serve; `close` gives back its files and lets its version be cleared away."""

    snapshot: Snapshot
    manifest: Manifest
    close: Callable[[], None]


def open_version(versions: Versions, name: str, language: Analyzer, sealed: Manifest | None = None) -> Opened:
    """Verify and open one version; `sealed` is the manifest of one that was written a moment ago.

    Raises:
        SnapshotDamaged: it is not what its manifest says, or cannot be opened.
    """
    with ExitStack() as held:
        stored = held.enter_context(versions.hold(name, sealed))
        snapshot = open_stored(stored, language)
        held.callback(snapshot.close)
        return Opened(snapshot, stored.manifest, held.pop_all().close)


def open_stored(stored: Stored, language: Analyzer) -> Snapshot:
    """Open what is verified and held.

    Raises:
        SnapshotDamaged: the index in it cannot be opened.
    """
    aliases = read_aliases(stored.folder, language)
    held = ExitStack()
    try:
        index = held.enter_context(_lockable(stored.folder / INDEX))
        return Snapshot(stored.name, index, stored.manifest.skipped, aliases, held, language)
    except BaseException as error:  # the index library panics with a BaseException of its own
        held.close()
        if isinstance(error, KeyboardInterrupt | SystemExit | StorageUnavailable):
            raise
        raise SnapshotDamaged(f"{stored.name}：索引打不开（{error}）") from error


@contextmanager
def _lockable(index: Path) -> Iterator[Path]:
    """An index whose folders can be written, as tantivy makes a lock file beside its files even to read them.

    On a read-only disk these are folders of links elsewhere.
    """
    if os.access(index, os.W_OK):
        yield index
        return
    with spare_folder() as elsewhere:
        for path in below(index):
            link = elsewhere / path.relative_to(index)
            if path.is_dir():
                link.mkdir()
            elif path.suffix != ".lock":
                link.symlink_to(path.resolve())
        yield elsewhere


def open_newest(versions: Versions, recipe: str, language: Analyzer) -> tuple[Opened | None, list[str]]:
    """Open the version that should serve; if it is damaged, the one before it, and so on.

    Versions that another program version made are passed over. Returns None if none is left, and in any case
    what was found damaged (and moved aside), in Chinese.

    Raises:
        NoRoom: the machine has no descriptor or memory left to look.
    """
    damages: list[str] = []
    for name in versions.candidates():
        try:
            with room_needed(versions.folder):
                if read(versions.folder / name).recipe == recipe:
                    return open_version(versions, name, language), damages
        except SnapshotDamaged as damage:
            moved = None if _is_whole(versions, name) else versions.set_aside(name)
            damages.append(f"{damage}；" + (f"已移到 {moved}" if moved else "未能移开，已跳过"))
    return None, damages


def _is_whole(versions: Versions, name: str) -> bool:
    """Whether every byte is what the manifest says: then the machine failed to open it, and may not the next time."""
    try:
        with room_needed(versions.folder), versions.hold(name):
            return True
    except SnapshotDamaged:
        return False
