"""The facts of one lookup, read when looked at, each once, many at a time."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from knowledge.answering.window import Passage
from knowledge.model import Fact
from knowledge.search.corpus import Array, Corpus
from knowledge.search.pool import Pool
from knowledge.text.analyzer import Analyzer

BEFORE, AFTER = 2, 1
"""Neighbours that a fact is read with."""


class Shelf:
    """Facts and their surroundings by their row of a pool."""

    def __init__(self, pool: Pool, corpus: Corpus) -> None:
        self._pool = pool
        self._corpus = corpus
        self._read: dict[int, Fact] = {}

    def open(self, rows: Array, passages: int) -> None:
        """Read some facts, and the surroundings of the first few, at once: they are to be shown."""
        near = (number for row in rows[:passages].tolist() for number in self._near(int(row)))
        self._take([*self._pool.rows[rows].tolist(), *near])

    def facts(self, rows: Array) -> list[Fact]:
        """Return the facts of some rows, in their order."""
        return self._take(self._pool.rows[rows].tolist())

    def fact(self, row: int) -> Fact:
        """Return the fact of one row."""
        return self._take([int(self._pool.rows[row])])[0]

    def passage(self, row: int, language: Analyzer) -> Passage:
        """Return a fact between its neighbours, two before and one after."""
        at = int(self._pool.rows[row])
        before = range(max(int(self._pool.opens[row]), at - BEFORE), at)
        after = range(at + 1, min(int(self._pool.closes[row]), at + 1 + AFTER))
        facts = self._take([*before, at, *after])
        return Passage.of(
            facts[len(before)], tuple(facts[: len(before)]), tuple(facts[len(before) + 1 :]), language
        )

    def with_replies(self, rows: Array, language: Analyzer) -> Array:
        """Return the rows with each printed question followed by the next fact: a question's reply need not repeat it."""
        found: list[int] = []
        for row in rows.tolist():
            found.append(row)
            number = int(self._pool.rows[row]) + 1
            if number < int(self._pool.closes[row]) and self.passage(row, language).asks:
                at = int(np.searchsorted(self._pool.rows, number))
                if at < len(self._pool.rows) and int(self._pool.rows[at]) == number:
                    found.append(at)
        return np.array(list(dict.fromkeys(found)), dtype=np.int64)

    def _near(self, row: int) -> range:
        at = int(self._pool.rows[row])
        return range(
            max(int(self._pool.opens[row]), at - BEFORE), min(int(self._pool.closes[row]), at + 1 + AFTER)
        )

    def _take(self, numbers: Iterable[int]) -> list[Fact]:
        wanted = list(numbers)
        missing = [number for number in dict.fromkeys(wanted) if number not in self._read]
        if missing:
            found = self._corpus.facts_at(self._corpus.columns.keys[missing].tolist())
            self._read.update(zip(missing, found, strict=True))
        return [self._read[number] for number in wanted]
