"""Hold what a build makes beside what the version before it has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from knowledge.index.build import Kept
from knowledge.index.opened import OpenedIndex, open_index
from knowledge.model import Article, Fact
from knowledge.snapshots.difference import Difference


class Comparison:
    """Counts the difference one document at a time, so that no more than one is held in memory."""

    def __init__(self, before: OpenedIndex) -> None:
        self._before = before
        self._difference = Difference()
        self._seen: set[str] = set()

    @classmethod
    @contextmanager
    def with_index(cls, folder: Path) -> Iterator[Comparison]:
        """Compare with a stored version's index."""
        with open_index(folder) as before:
            yield cls(before)

    def passing(self, repaired: Iterable[Kept]) -> Iterator[Kept]:
        """Hand documents through, comparing each with what it was."""
        for new, data in repaired:
            facts: dict[str, list[Fact]] = defaultdict(list)
            for fact in new.facts:
                facts[fact.article.id].append(fact)
            self._seen.add(new.document.name)
            self._difference.document(
                self._old(new.document.name), [(article, facts[article.id]) for article in new.articles]
            )
            yield new, data

    def finish(self, gone: Iterable[str]) -> Difference:
        """Count the documents that did not come again; return the whole difference."""
        for name in sorted(set(gone) - self._seen):
            self._difference.document(self._old(name), ())
        return self._difference

    def _old(self, name: str) -> list[tuple[Article, list[Fact]]]:
        return [(article, list(self._before.facts(article.id))) for article in self._before.articles(name)]
