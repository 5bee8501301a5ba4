"""The facts of one lookup, read when looked at, each once, many at a time; and which of them only repeat another.

Repeats are looked for among the facts of one ranking: they share their words, so they rank together, and the work is
bounded by the length of the ranking however many files there are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from knowledge.answering.window import Passage
from knowledge.model import Fact
from knowledge.search.corpus import Array, Corpus
from knowledge.search.pool import Pool
from knowledge.text.analyzer import Analyzer
from knowledge.text.folding import fold
from knowledge.text.nearness import changes, near_pairs

BEFORE, AFTER = 2, 1
"""Neighbours that a fact is read with."""
# Of two repeats so much is alike at least; what differs are marks and words that carry nothing.
_ALIKE = 0.92
_SHORTEST = 12
_MARKS = re.compile(r"[\W_]+")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_EMPTY = frozenset("的地得了着过也就都而并且在于是有其该此这")


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
        """Return the rows with what follows each printed question or heading: a reply or value need not repeat it."""
        found: list[int] = []
        for row in rows.tolist():
            found.append(row)
            number = int(self._pool.rows[row]) + 1
            passage = self.passage(row, language)
            if number < int(self._pool.closes[row]) and (passage.asks or passage.only_heads):
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


def merge_repeats(
    facts: Sequence[Fact], fold: Callable[[str], str] = fold
) -> list[tuple[int, tuple[int, ...]]]:
    """Return the places of the facts to show, in order, each with those of the later facts that only repeat it.

    Figures must be the same, however they are written (8600万元, 8,600万元): 8600 and 8700 are two facts.
    """
    plain = [_plain(fold(fact.text)) for fact in facts]
    repeats: dict[int, list[int]] = {at: [] for at in range(len(plain))}
    for first, at in near_pairs(plain, _ALIKE):
        if first in repeats and at in repeats and _repeats(plain[first], plain[at]):
            repeats[first].append(at)
            del repeats[at]
    return [(at, tuple(later)) for at, later in repeats.items()]


def _plain(folded: str) -> str:
    return _MARKS.sub("", _THOUSANDS.sub("", folded) if "," in folded else folded)


def _repeats(first: str, other: str) -> bool:
    if first == other:
        return True
    if min(len(first), len(other)) < _SHORTEST:
        return False
    changed = (
        first[part.start : part.end] + other[part.after_start : part.after_end]
        for part in changes(first, other)
    )
    return all(char in _EMPTY for run in changed for char in run)
