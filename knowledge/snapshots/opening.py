"""From a stored version to a snapshot that answers; for one command, of the articles folder as it is now."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from knowledge.documents.folder import find_sources
from knowledge.errors import SnapshotDamaged, StorageUnavailable, UnknownFormat
from knowledge.index.index import open_index
from knowledge.search.semantic import Over
from knowledge.snapshot import Models, Snapshot
from knowledge.snapshots.beside import read_aliases, read_dictionary, read_libraries
from knowledge.snapshots.files import exclusive, explain_io_errors, spare_folder, walk_tree
from knowledge.snapshots.manifest import Manifest, read_manifest
from knowledge.snapshots.repository import INDEX, SnapshotRepository, StoredSnapshot
from knowledge.snapshots.request import BuildRequest, Progress, no_progress
from knowledge.snapshots.sources import FolderChanges, build_fingerprint, folder_changes, folder_fingerprint
from knowledge.text.analyzer import Analyzer, ChineseAnalyzer


@dataclass(frozen=True, slots=True)
class Opened:
    """A snapshot ready to serve; `close` gives back its files and lets its version be cleared away."""

    snapshot: Snapshot
    manifest: Manifest
    close: Callable[[], None]


def open_version(
    versions: SnapshotRepository,
    name: str,
    language: Analyzer,
    sealed: Manifest | None = None,
    over: Over | None = None,
) -> Opened:
    """Verify and open one version; `sealed` is the manifest of one that was written a moment ago.

    Raises:
        SnapshotDamaged: it is not what its manifest says, or cannot be opened.
    """
    with ExitStack() as held:
        stored = held.enter_context(versions.pin(name, sealed))
        snapshot = open_stored(stored, language, over)
        held.callback(snapshot.close)
        return Opened(snapshot, stored.manifest, held.pop_all().close)


def open_stored(stored: StoredSnapshot, language: Analyzer, over: Over | None = None) -> Snapshot:
    """Open what is verified and held; `over` finds its facts' vectors.

    Raises:
        SnapshotDamaged: the index in it cannot be opened.
    """
    if dictionary := read_dictionary(stored.folder):
        language = ChineseAnalyzer(dictionary)
    aliases = read_aliases(stored.folder, language)
    held = ExitStack()
    try:
        folder = held.enter_context(writable_view(stored.folder / INDEX))
        index = held.enter_context(open_index(folder, read_libraries(stored.folder)))
        return Snapshot(stored.name, index, held, Models(language, over), aliases, stored.manifest.skipped)
    except BaseException as error:  # the index library panics with a BaseException of its own
        held.close()
        if isinstance(error, KeyboardInterrupt | SystemExit | StorageUnavailable):
            raise
        raise SnapshotDamaged(f"{stored.name}：索引打不开（{error}）") from error


@contextmanager
def writable_view(index: Path) -> Iterator[Path]:
    """An index whose folders can be written, as tantivy makes a lock file beside its files even to read them.

    On a read-only disk these are folders of links elsewhere.
    """
    if os.access(index, os.W_OK):
        yield index
        return
    with spare_folder() as elsewhere:
        for path in walk_tree(index):
            link = elsewhere / path.relative_to(index)
            if path.is_dir():
                link.mkdir()
            elif path.suffix != ".lock":
                link.symlink_to(path.resolve())
        yield elsewhere


def open_newest(
    versions: SnapshotRepository, language: Analyzer, over: Over | None = None
) -> tuple[Opened | None, list[str]]:
    """Open the version that should serve, whichever program built it; if it is damaged, the one before it, and so on.

    Returns None if none is left, and in any case what could not be opened and why, in Chinese; what is damaged is
    moved aside.

    Raises:
        StorageUnavailable: the machine has no descriptor or memory left to look.
    """
    notices: list[str] = []
    for name in versions.candidates():
        try:
            with explain_io_errors(versions.folder):
                return open_version(versions, name, language, over=over), notices
        except UnknownFormat as unknown:
            notices.append(f"{unknown}；留着不动，现在重建")
        except SnapshotDamaged as damage:
            moved = None if _is_whole(versions, name) else versions.quarantine(name)
            notices.append(
                f"存下的版本损坏：{damage}；已移到 {moved}"
                if moved
                else f"存下的版本损坏：{damage}；未能移开，已跳过"
            )
    return None, notices


def needs_rebuild(versions: SnapshotRepository, fingerprint: str) -> bool:
    """Tell whether only other versions of the program built what is stored, so that today's should build one too."""
    for name in versions.names():
        with suppress(SnapshotDamaged):
            if read_manifest(versions.folder / name).build_fingerprint == fingerprint:
                return False
    return True


def _is_whole(versions: SnapshotRepository, name: str) -> bool:
    """Whether every byte is what the manifest says: then the machine failed to open it, and may not the next time."""
    try:
        with explain_io_errors(versions.folder), versions.pin(name):
            return True
    except SnapshotDamaged:
        return False


SERVED = "snapshots"
ASKED = "asked"


@contextmanager
def cached_snapshot(
    articles: Path,
    data: Path,
    tell: Callable[[str], None] = print,
    over: Over | None = None,
    stored_in: Callable[[Path], None] = lambda index: None,
    progress: Progress = no_progress,
) -> Iterator[Snapshot]:
    """Open a stored snapshot if it is of this very folder, else build one, and store it for the next time.

    What is built here is kept apart from what a running bot serves. `tell` hears a sentence for the person in
    front of the terminal when the snapshot could not be stored; `stored_in` hears where its index lies if it was;
    `progress` hears the build.

    Raises:
        NoArticles: the articles folder is missing or no folder.
    """
    seen = folder_fingerprint(articles, find_sources(articles))
    wanted = _Wanted(articles, seen, build_fingerprint(), progress)
    served, asked = SnapshotRepository(data / SERVED), SnapshotRepository(data / ASKED, keep=1)
    with ExitStack() as held:
        stored = wanted.stored_in(held, served, asked)
        if stored is None:
            try:
                stored = wanted.built_in(held, asked, served)
            except StorageUnavailable as error:
                tell(f"{error}；本次用临时索引作答，不保存")
                stored = wanted.built_aside(held)
        if stored.folder.is_relative_to(data):
            stored_in(stored.folder / INDEX)
        snapshot = open_stored(stored, ChineseAnalyzer(), over)
        held.callback(snapshot.close)
        yield snapshot


def changed_since_served(articles: Path, data: Path) -> FolderChanges:
    """How the folder differs from the copies in the version that serves; not at all where none is stored."""
    served = SnapshotRepository(data / SERVED)
    name = served.current()
    return folder_changes(articles, served.folder / name) if name else FolderChanges()


@dataclass(frozen=True, slots=True)
class _Wanted:
    articles: Path
    folder_fingerprint: str
    build_fingerprint: str
    progress: Progress

    def stored_in(self, held: ExitStack, *rooms: SnapshotRepository) -> StoredSnapshot | None:
        """Hold a whole version of this very folder."""
        return _hold(
            held,
            rooms,
            lambda told: (
                (told.folder_fingerprint, told.build_fingerprint)
                == (self.folder_fingerprint, self.build_fingerprint)
            ),
        )

    def built_in(
        self, held: ExitStack, asked: SnapshotRepository, served: SnapshotRepository
    ) -> StoredSnapshot:
        """Build and keep a version, starting from the nearest there is."""
        from knowledge.snapshots.build import build  # only who builds loads what builds

        with explain_io_errors(asked.folder):
            asked.folder.mkdir(parents=True, exist_ok=True)
            with exclusive(asked.folder / ".turn"):
                if stored := self.stored_in(held, asked):
                    return stored  # somebody else asked at the same time and was first
                asked.clean()
                with ExitStack() as based, asked.staging() as folder:
                    base = _hold(
                        based, (asked, served), lambda told: told.build_fingerprint == self.build_fingerprint
                    )
                    request = BuildRequest(
                        self.articles, base.folder if base else None, left_out=asked.suspects()
                    )
                    build(request, folder, self.progress)
                    name = asked.publish(folder)
                stored = held.enter_context(asked.pin(name))
                asked.prune()
                return stored

    def built_aside(self, held: ExitStack) -> StoredSnapshot:
        """Build a version that lasts as long as it is held."""
        from knowledge.snapshots.build import build

        folder = held.enter_context(spare_folder())
        built = build(BuildRequest(self.articles), folder, self.progress)
        return StoredSnapshot("temporary", folder, built.manifest)


def _hold(
    held: ExitStack, rooms: Iterable[SnapshotRepository], fits: Callable[[Manifest], bool]
) -> StoredSnapshot | None:
    for versions in rooms:
        for name in versions.candidates():
            try:
                if fits(read_manifest(versions.folder / name)):
                    return held.enter_context(versions.pin(name))
            except SnapshotDamaged:
                continue  # the running bot moves it aside and tells its admin; a question only needs another
    return None
