"""What else is told of the same as a fact, and which facts mean what somebody asked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from knowledge.model import Fact
from knowledge.query.analysis import Analyse
from knowledge.search.ask import rank
from knowledge.search.corpus import Array, Corpus
from knowledge.search.ranking import FEATURES, with_title_character_coverage
from knowledge.search.semantic import ALIKE, TOLD_BY_CHANCE, Meanings, is_meant
from knowledge.text.analyzer import Analyzer

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


def meant_facts(
    query: str, facts: Sequence[Fact], analyse: Analyse, corpus: Corpus, meanings: Meanings
) -> tuple[Fact, ...]:
    """Return those of the facts that mean what a query says, the most alike first; none where it cannot be told."""
    meaning = meanings.of(analyse(query).text)
    numbers = [corpus.number_of(fact.id) for fact in facts]
    known = [(number, fact) for number, fact in zip(numbers, facts, strict=True) if number is not None]
    if meaning is None or not known:
        return ()
    likeness = meaning.likeness(np.array([number for number, _ in known])).tolist()
    meant = [
        (-how, at) for at, how in enumerate(likeness) if is_meant(how, len(corpus.columns), TOLD_BY_CHANCE)
    ]
    return tuple(known[at][1] for _, at in sorted(meant))
