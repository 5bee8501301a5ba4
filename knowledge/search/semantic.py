"""Other words for the same thing: what search asks of whoever holds the facts' vectors."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from knowledge.search.corpus import Array, Columns

NEAR = 20
"""Facts nearest in meaning that are looked at whatever their words."""
CLOSE = 3.2
"""The likeness from which on a fact is shown as close (`is_close`)."""
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


def is_close(likeness: float) -> bool:
    """Tell whether a first fact that does not answer says something so alike that it is worth showing.

    Of public questions whose article was taken away somewhat less than half are still shown something at CLOSE
    (docs/search.md): meaning cannot tell other words for the same thing from another thing in the same words, so
    `close` claims nothing.
    """
    return bool(likeness >= CLOSE)
