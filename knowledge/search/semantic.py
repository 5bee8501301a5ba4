"""Other words for the same thing: what search asks of whoever holds the facts' vectors."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from knowledge.search.corpus import Array, Columns

NEAR = 20
"""Facts nearest in meaning that are looked at whatever their words."""
SAME_WORDS = 1 / 3
"""Where a query's words count as standing there: of public questions in synonyms three quarters have fewer, of the
unanswerable ones that people wrote beside a text three in ten (docs/search.md)."""
BY_CHANCE = 2.0
"""Facts as alike as the first that chance may be expected to bring, where it is still shown as close."""
TOLD_BY_CHANCE = 0.3
"""The same where somebody is told of a fact unasked."""
ALIKE = 2.5
"""Likeness from which on two texts are of the same matter: among a handful of facts chance says too little."""
_SHORTEST_CLAUSE = 8
_END_OF_CLAUSE = re.compile(r"[,;:。!?]+")


class Embedder(Protocol):
    """Turns texts into vectors whose cosine says how alike they are in meaning."""

    @property
    def name(self) -> str:
        """What tells this model from others, also from another version of itself."""

    @property
    def dimension(self) -> int:
        """The numbers in a vector."""

    def embed(self, texts: Sequence[str], *, asked: bool = False) -> Array:
        """Return a vector (float32, length 1) for each folded text, [n, dimension]; `asked`: they are queries.

        Raises:
            EmbeddingFailed: the model cannot be reached or does not answer as it should.
        """


class Meaning(Protocol):
    """One query held beside the facts' vectors."""

    def nearest(self, most: int) -> Array:
        """Return the numbers of at most so many facts, the most alike first."""

    def likeness(self, facts: Array) -> Array:
        """Return how alike facts (by number) are: how many spreads above the middle of this corpus' facts.

        0 for those not embedded yet: nothing is known of them.
        """


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many of a snapshot's facts are embedded, and by which model; none by None."""

    model: str | None
    dimension: int
    embedded: int
    facts: int


class Meanings(Protocol):
    """The vectors of one snapshot's facts."""

    @property
    def coverage(self) -> Coverage:
        """How far the embedding has come."""

    def of(self, query: str) -> Meaning | None:
        """Hold a folded query beside them; None where there are none, or the time for it is up."""

    def like(self, fact: int) -> Meaning | None:
        """Hold a fact's own sentence (by number) beside them; None while it is not embedded."""


Over = Callable[[Columns], Meanings]
"""Finds the vectors of an index's facts."""


def clauses(text: str) -> tuple[str, ...]:
    """Cut a folded sentence into clauses long enough to mean something; none where it is a single one."""
    parts: list[str] = []
    start = 0
    for mark in _END_OF_CLAUSE.finditer(text):
        if mark.end() - start >= _SHORTEST_CLAUSE:
            parts.append(text[start : mark.end()])
            start = mark.end()
    if rest := text[start:]:
        if parts and len(rest) < _SHORTEST_CLAUSE:
            parts[-1] += rest
        else:
            parts.append(rest)
    return tuple(parts) if len(parts) > 1 else ()


def likenesses(meaning: Meaning | None, facts: Array) -> Array:
    """Return `Meaning.likeness`, 0 for all where there is no meaning to go by."""
    return np.zeros(len(facts)) if meaning is None else meaning.likeness(facts)


def is_close(likeness: float, facts: int, held: float, text: str) -> bool:
    """Tell whether a first fact that does not answer says something so alike that it is worth showing.

    A fragment says nothing (作。). `held` is the share of the query's character pairs that stand around it: where the
    words are there and the answer is not, another thing is told in the same words.
    """
    return held <= SAME_WORDS and likeness >= ALIKE and is_meant(likeness, facts) and is_whole(text)


def is_whole(text: str) -> bool:
    """Tell a sentence that says something from a fragment."""
    return sum(char.isalnum() for char in text) >= _SHORTEST_CLAUSE


def is_meant(likeness: float, facts: int, by_chance: float = BY_CHANCE) -> bool:
    """Tell whether chance would hardly bring so alike a fact among so many.

    As in searches through sequences (Karlin and Altschul 1990) it counts how many of them would be as alike by
    chance, likeness being normal.
    """
    return facts * math.erfc(likeness / math.sqrt(2)) / 2 <= by_chance
