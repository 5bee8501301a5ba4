"""The way of a query to its answer."""

from __future__ import annotations

import numpy as np

from knowledge.answering.span import answer_span
from knowledge.model import Answer, Hit, Rung
from knowledge.query.analysis import Query
from knowledge.search.corpus import Array, Corpus
from knowledge.search.features import FEATURES, feature_matrix
from knowledge.search.matching import matched
from knowledge.search.pool import CANDIDATES, Pool, make_pool
from knowledge.search.units import Units, units
from knowledge.search.weights import vector
from knowledge.text.language import Language
from knowledge.text.script import encode


def ask(query: Query, corpus: Corpus, language: Language, limit: int) -> Answer:
    """Answer a query with at most `limit` facts, `hits` and `related` together."""
    if query.is_empty or limit < 1 or not len(corpus.columns):
        return Answer(query.original, False, 0.0, None)
    weighed = units(encode(query.text), corpus.columns)
    candidates = _candidates(corpus, weighed)
    if not len(candidates):
        return Answer(query.original, False, 0.0, None)
    pool = make_pool(corpus.columns, weighed, candidates, query.type)
    features = feature_matrix(pool)
    scores = features @ vector(tuple(feature.__name__ for feature in FEATURES))
    best = np.argsort(-scores, kind="stable")[:limit]
    confidence = _confidence(features, int(best[0]))
    hits = _hits(query, corpus, pool, scores, best)
    if confidence < 0.5:
        return Answer(query.original, False, confidence, None, related=hits)
    answer = answer_span(query, hits[0].fact.text, language, hits[0].matched)
    return Answer(query.original, True, confidence, answer, hits=hits)


def _candidates(corpus: Corpus, weighed: Units) -> Array:
    """Return fact numbers, best first."""
    known = weighed.grams[weighed.gram_df > 0].tolist()
    keys = corpus.find([(chr(g >> 16) + chr(g & 0xFFFF), 1.0) for g in known], CANDIDATES)
    return np.searchsorted(corpus.columns.keys, keys)


def _confidence(features: Array, best: int) -> float:
    names = [feature.__name__ for feature in FEATURES]
    return float(features[best, names.index("pair_coverage")])


def _hits(query: Query, corpus: Corpus, pool: Pool, scores: Array, best: Array) -> tuple[Hit, ...]:
    facts = corpus.facts_at([int(corpus.columns.keys[pool.rows[row]]) for row in best])
    terms = [word.text for word in query.words]
    return tuple(
        Hit(fact, float(scores[row]), Rung.WORDS, matched(fact.text, terms))
        for fact, row in zip(facts, best, strict=True)
    )
