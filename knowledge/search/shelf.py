"""The facts of one lookup, read when looked at, each once, many at a time."""

from __future__ import annotations

from collections.abc import Iterable

from knowledge.model import Fact
from knowledge.search.corpus import Array, Corpus
from knowledge.search.pool import Pool


class Shelf:
    """Facts and their surroundings by their row of a pool."""

    def __init__(self, pool: Pool, corpus: Corpus) -> None:
        self._pool = pool
        self._corpus = corpus
        self._read: dict[int, Fact] = {}

    def open(self, rows: Array) -> None:
        """Read some facts, and the surroundings of the first, at once: they are to be shown."""
        self._take([*self._pool.rows[rows].tolist(), *self._near(int(rows[0]))])

    def facts(self, rows: Array) -> list[Fact]:
        """Return the facts of some rows, in their order."""
        return self._take(self._pool.rows[rows].tolist())

    def fact(self, row: int) -> Fact:
        """Return the fact of one row."""
        return self._take([int(self._pool.rows[row])])[0]

    def context(self, row: int) -> str:
        """Return the titles and the neighbours of a fact."""
        facts = self._take(self._near(row))
        article = facts[0].article
        heads = (article.kicker, article.title, article.subtitle)
        sections = dict.fromkeys(fact.section for fact in facts if fact.section)
        return " ".join([*(head.text for head in heads if head), *sections, *(fact.text for fact in facts)])

    def _near(self, row: int) -> range:
        at = int(self._pool.rows[row])
        return range(max(int(self._pool.opens[row]), at - 1), min(int(self._pool.closes[row]), at + 2))

    def _take(self, numbers: Iterable[int]) -> list[Fact]:
        wanted = list(numbers)
        missing = [number for number in dict.fromkeys(wanted) if number not in self._read]
        if missing:
            found = self._corpus.facts_at(self._corpus.columns.keys[missing].tolist())
            self._read.update(zip(missing, found, strict=True))
        return [self._read[number] for number in wanted]
