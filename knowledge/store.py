"""The one mutable place of `knowledge`: which snapshot serves now."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from knowledge.query.aliases import Aliases
from knowledge.snapshot import Snapshot


@dataclass(slots=True, eq=False)
class _Shelf:
    bare: Snapshot
    snapshot: Snapshot
    close: Callable[[], None]
    readers: int = 0


class KnowledgeStore:
    """Holds the serving snapshot and swaps it in one assignment; lookups may come from any thread.

    A snapshot that was swapped out is closed when its last lookup has ended. `close` replaces the snapshot's own
    `close` where more than the snapshot is to be given back.
    """

    def __init__(self, snapshot: Snapshot, close: Callable[[], None] | None = None) -> None:
        self._aliases = Aliases()
        self._shelf = _Shelf(snapshot, snapshot, close or snapshot.close)
        self._lock = threading.Lock()

    @property
    def version(self) -> str:
        """The version that serves now."""
        return self._shelf.snapshot.version

    @contextmanager
    def lease(self) -> Iterator[Snapshot]:
        """Lend the serving snapshot for one lookup."""
        with self._lock:
            shelf = self._shelf
            shelf.readers += 1
        try:
            yield shelf.snapshot
        finally:
            with self._lock:
                shelf.readers -= 1
                last = not shelf.readers and shelf is not self._shelf
            if last:
                shelf.close()

    def swap(self, snapshot: Snapshot, close: Callable[[], None] | None = None) -> None:
        """Serve `snapshot` from now on."""
        with self._lock:
            taught = snapshot.with_aliases(self._aliases) if self._aliases.groups else snapshot
            before, self._shelf = self._shelf, _Shelf(snapshot, taught, close or snapshot.close)
            idle = not before.readers
        if idle:
            before.close()

    def teach(self, aliases: Aliases) -> None:
        """Let this and every later snapshot know these names too, in place of those taught before."""
        with self._lock:
            self._aliases = aliases
            self._shelf.snapshot = self._shelf.bare.with_aliases(aliases)

    def close(self) -> None:
        """Close the serving snapshot."""
        self._shelf.close()
