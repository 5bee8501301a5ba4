"""From a stored version to a snapshot that answers."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from knowledge.errors import SnapshotDamaged
from knowledge.snapshot import Snapshot
from knowledge.snapshots.aliases import read_aliases
from knowledge.snapshots.build import INDEX
from knowledge.snapshots.manifest import Manifest
from knowledge.snapshots.versions import Stored, Versions
from knowledge.text.language import Language


@dataclass(frozen=True, slots=True)
class Opened:
    """A snapshot ready to serve; `close` gives back its files and lets its version be cleared away."""

    snapshot: Snapshot
    manifest: Manifest
    close: Callable[[], None]


def open_version(versions: Versions, name: str, language: Language) -> Opened:
    """Verify and open one version.

    Raises:
        SnapshotDamaged: it is not what its manifest says, or cannot be opened.
    """
    with ExitStack() as held:
        stored = held.enter_context(versions.hold(name))
        snapshot = open_stored(stored, language)
        held.callback(snapshot.close)
        return Opened(snapshot, stored.manifest, held.pop_all().close)


def open_stored(stored: Stored, language: Language) -> Snapshot:
    """Open what is verified and held.

    Raises:
        SnapshotDamaged: the index in it cannot be opened.
    """
    try:
        aliases = read_aliases(stored.folder, language)
        skipped = stored.manifest.skipped
        return Snapshot(stored.name, stored.folder / INDEX, skipped, aliases, language=language)
    except (KeyboardInterrupt, SystemExit, SnapshotDamaged):
        raise
    except BaseException as error:  # the index library panics with a BaseException of its own
        raise SnapshotDamaged(f"{stored.name}：索引打不开（{error}）") from error


def open_newest(versions: Versions, recipe: str, language: Language) -> tuple[Opened | None, list[str]]:
    """Open the version that should serve; if it is damaged, the one before it, and so on.

    Versions that another program version made are passed over. Returns None if none is left, and in any case
    what was found damaged (and moved aside), in Chinese.
    """
    damages: list[str] = []
    for name in versions.candidates():
        try:
            opened = open_version(versions, name, language)
        except SnapshotDamaged as damage:
            moved = versions.set_aside(name)
            damages.append(f"{damage}；" + (f"已移到 {moved}" if moved else "未能移开，已跳过"))
            continue
        if opened.manifest.recipe == recipe:
            return opened, damages
        opened.close()
    return None, damages
