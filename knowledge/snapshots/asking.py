"""The snapshot of the articles folder as it is now, for one command in the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from knowledge.documents.walk import find_sources
from knowledge.errors import SnapshotDamaged, StorageUnavailable
from knowledge.snapshot import Snapshot
from knowledge.snapshots.changes import touched
from knowledge.snapshots.durable import room_needed, spare_folder
from knowledge.snapshots.lock import exclusive
from knowledge.snapshots.manifest import Manifest, read
from knowledge.snapshots.opening import open_stored
from knowledge.snapshots.order import Order
from knowledge.snapshots.records import listing, recipe
from knowledge.snapshots.versions import Stored, Versions
from knowledge.text.analyzer import ChineseAnalyzer

SERVED = "snapshots"
ASKED = "asked"


@contextmanager
def snapshot_of(articles: Path, data: Path, tell: Callable[[str], None] = print) -> Iterator[Snapshot]:
    """Open a stored snapshot if it is of this very folder, else build one, and store it for the next time.

    What is built here is kept apart from what a running bot serves. `tell` hears a sentence for the person in
    front of the terminal when the snapshot could not be stored.

    Raises:
        NoArticles: the articles folder is missing or no folder.
    """
    wanted = _Wanted(articles, listing(articles, find_sources(articles)), recipe())
    served, asked = Versions(data / SERVED), Versions(data / ASKED, keep=1)
    with ExitStack() as held:
        stored = wanted.stored_in(held, served, asked)
        if stored is None:
            try:
                stored = wanted.built_in(held, asked, served)
            except StorageUnavailable as error:
                tell(f"{error}；本次用临时索引作答，不保存")
                stored = wanted.built_aside(held)
        snapshot = open_stored(stored, ChineseAnalyzer())
        held.callback(snapshot.close)
        yield snapshot


def touched_since_served(articles: Path, data: Path) -> list[str]:
    """The names of files that differ from the copies in the version that serves; empty where none is stored."""
    served = Versions(data / SERVED)
    name = served.current()
    return touched(articles, served.folder / name) if name else []


@dataclass(frozen=True, slots=True)
class _Wanted:
    articles: Path
    listing: str
    recipe: str

    def stored_in(self, held: ExitStack, *rooms: Versions) -> Stored | None:
        """Hold a whole version of this very folder."""
        return _hold(held, rooms, lambda told: (told.listing, told.recipe) == (self.listing, self.recipe))

    def built_in(self, held: ExitStack, asked: Versions, served: Versions) -> Stored:
        """Build and keep a version, starting from the nearest there is."""
        from knowledge.snapshots.build import build  # only who builds loads what builds

        with room_needed(asked.folder):
            asked.folder.mkdir(parents=True, exist_ok=True)
            with exclusive(asked.folder / ".turn"):
                if stored := self.stored_in(held, asked):
                    return stored  # somebody else asked at the same time and was first
                asked.collect()
                with ExitStack() as based, asked.workshop() as folder:
                    base = _hold(based, (asked, served), lambda told: told.recipe == self.recipe)
                    build(Order(self.articles, base.folder if base else None), folder)
                    name = asked.publish(folder)
                stored = held.enter_context(asked.hold(name))
                asked.prune()
                return stored

    def built_aside(self, held: ExitStack) -> Stored:
        """Build a version that lasts as long as it is held."""
        from knowledge.snapshots.build import build

        folder = held.enter_context(spare_folder())
        return Stored("temporary", folder, build(Order(self.articles), folder).manifest)


def _hold(held: ExitStack, rooms: Iterable[Versions], fits: Callable[[Manifest], bool]) -> Stored | None:
    for versions in rooms:
        for name in versions.candidates():
            try:
                if fits(read(versions.folder / name)):
                    return held.enter_context(versions.hold(name))
            except SnapshotDamaged:
                continue  # the running bot moves it aside and tells its admin; a question only needs another
    return None
