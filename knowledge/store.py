"""The one mutable place of `knowledge`: which snapshot serves now."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from knowledge.snapshot import Snapshot


class KnowledgeStore:
    """Holds the serving snapshot and swaps it in one assignment.

    A snapshot that was swapped out is closed when its last lookup has ended.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._current = snapshot
        self._readers: dict[int, int] = {}

    @contextmanager
    def lease(self) -> Iterator[Snapshot]:
        """Lend the serving snapshot for one lookup."""
        snapshot = self._current
        key = id(snapshot)
        self._readers[key] = self._readers.get(key, 0) + 1
        try:
            yield snapshot
        finally:
            self._readers[key] -= 1
            if not self._readers[key]:
                del self._readers[key]
                if snapshot is not self._current:
                    snapshot.close()

    def swap(self, snapshot: Snapshot) -> None:
        """Serve `snapshot` from now on."""
        before, self._current = self._current, snapshot
        if before is not snapshot and id(before) not in self._readers:
            before.close()

    def close(self) -> None:
        """Close the serving snapshot."""
        self._current.close()
