"""What else is told of the same as a fact: by its words and its meaning, other articles first."""

from __future__ import annotations

import numpy as np

from knowledge.model import Fact
from knowledge.search.ask import Analyse, rank
from knowledge.search.corpus import Array, Corpus
from knowledge.search.features import FEATURES, with_title_character_coverage
from knowledge.search.semantic import Meanings
from knowledge.text.analyzer import Analyzer

ALIKE = 2.5
"""Likeness from which on a fact is of the same matter; a question, which is shorter, needs more (`semantic.CLOSE`)."""
SHARED = 0.5
"""The part of a fact's characters that says the same where there is no meaning to go by."""
_HELD = FEATURES.index(with_title_character_coverage)


def related(
    fact: Fact,
    analyse: Analyse,
    corpus: Corpus,
    language: Analyzer,
    limit: int,
    meanings: Meanings | None = None,
) -> tuple[Fact, ...]:
    """Return at most `limit` facts, best first, those of other articles before those of its own."""
    number = corpus.number_of(fact.id)
    query = analyse(fact.text)
    if number is None or query.is_empty:
        return ()
    meaning = None if meanings is None else meanings.like(number)
    ranked = rank(query, None, corpus, language, meaning)
    if ranked is None:
        return ()
    pool = ranked.pool
    same = ranked.features[:, _HELD] >= SHARED if meaning is None else pool.meaning >= ALIKE
    same &= pool.rows != number
    order: Array = np.flatnonzero(same)
    own = pool.articles[order] == corpus.columns.articles[number]
    order = order[np.lexsort((-ranked.scores[order], own))]
    found: dict[str, Fact] = {}
    for other in corpus.facts_at(corpus.columns.keys[pool.rows[order[: 3 * limit]]].tolist()):
        if other.text != fact.text:
            found.setdefault(other.text, other)
    return tuple(found.values())[:limit]
