"""The way of a query to its answer: wordings, candidates, ranking, decision."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations

import numpy as np

from knowledge.answering.support import Bearing
from knowledge.model import Answer, Hit, MatchKind
from knowledge.query.analysis import Query
from knowledge.search.corpus import Array, Corpus
from knowledge.search.decision import ASKS_FOR_A_FEW_WORDS, Evidence, judge
from knowledge.search.duplicates import merge_repeats
from knowledge.search.features import FEATURES, answers_type, feature_matrix, passage_pair_coverage
from knowledge.search.lexicon import Lexicon
from knowledge.search.matching import Explainer
from knowledge.search.pool import Pool, find_pool
from knowledge.search.promotion import CONSIDERED, promoted
from knowledge.search.rewriting import Rewriting, rewritings
from knowledge.search.semantic import Meaning, Meanings, is_close
from knowledge.search.shelf import Shelf
from knowledge.search.units import substance
from knowledge.search.weights import (
    REWRITTEN,
    SAME_FIGURE,
    SPREAD,
    SPREAD_OF_ARTICLES,
    ranking_weights,
)
from knowledge.text.analyzer import Analyzer
from knowledge.text.folding import decode
from knowledge.text.numbers import number_keys

BUDGET = 0.150
"""Seconds after which no further wording of the query is tried; the likeliest one always is."""
READ_FOR_FIGURES = 10
"""Facts looked into for the query's figures."""

Analyse = Callable[[str], Query]
Clock = Callable[[], float]


REPEATS = 10
"""Facts looked at beyond those to show, as some may only repeat others."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """One wording of the query with its facts by number, best first."""

    query: Query
    rewriting: Rewriting | None
    pool: Pool
    features: Array
    scores: Array


def ask(
    text: str,
    analyse: Analyse,
    corpus: Corpus,
    language: Analyzer,
    limit: int,
    clock: Clock,
    meanings: Meanings | None = None,
) -> Answer:
    """Answer a query with at most `limit` facts, `hits` and `related` together."""
    query = analyse(text)
    if query.is_empty or limit < 1 or not len(corpus.columns):
        return Answer(text, False, 0.0, None)
    meaning = None if meanings is None else meanings.of(query.text)
    deadline = clock() + BUDGET
    tried = [ranked] if (ranked := rank(query, None, corpus, language, meaning)) else []
    lexicon = Lexicon(corpus, decode(tried[0].pool.text) if tried else "")
    for rewriting in rewritings(query, lexicon, language):
        if clock() > deadline and len(tried) > 1:
            break
        wording = _demanding(analyse(rewriting.text), query)
        if ranked := rank(wording, rewriting, corpus, language, meaning):
            tried.append(ranked)
    if not tried:
        return Answer(text, False, 0.0, None)
    return _answer(text, tried, corpus, lexicon, language, limit)


def _demanding(rewritten: Query, query: Query) -> Query:
    """A query in other words still demands what its marks did."""
    return replace(rewritten, phrases=query.phrases, excluded=query.excluded, titles=query.titles)


def rank(
    query: Query,
    rewriting: Rewriting | None,
    corpus: Corpus,
    language: Analyzer,
    meaning: Meaning | None = None,
) -> Ranked | None:
    """Rank what one wording of a query may be answered by, by words and, where there is one, by meaning."""
    pool = find_pool(query, corpus, meaning)
    if pool is None:
        return None
    features = feature_matrix(pool)
    weights = ranking_weights(with_meaning=meaning is not None)
    scores = features @ weights - (REWRITTEN if rewriting else 0.0)
    if query.number_keys:
        scores += SAME_FIGURE * _same_figures(query, pool, scores, corpus, language)
    return Ranked(query, rewriting, pool, features, scores)


def _same_figures(query: Query, pool: Pool, scores: Array, corpus: Corpus, language: Analyzer) -> Array:
    """Return 1 for the leading facts that hold every figure of the query, else 0."""
    same = np.zeros(len(pool))
    columns = corpus.columns
    for row in np.argsort(-scores, kind="stable")[:READ_FOR_FIGURES].tolist():
        fact = int(pool.rows[row])
        text = columns.text(fact)
        same[row] = set(query.number_keys) <= set(number_keys(language.quantities(text.replace("点", "."))))
    return same


def _answer(
    text: str, tried: list[Ranked], corpus: Corpus, lexicon: Lexicon, language: Analyzer, limit: int
) -> Answer:
    best = max(tried, key=lambda ranked: float(ranked.scores.max()))
    order = np.argsort(-best.scores, kind="stable")[: max(limit, CONSIDERED) + REPEATS]
    shelf = Shelf(best.pool, corpus)
    shelf.open(order)

    @cache
    def bearing(row: int) -> Bearing:
        return Bearing(best.query, shelf.fact(row).text, shelf.context(row), language)

    order = promoted(best.query, order, best.scores, lambda row: bearing(row).support)
    facts = shelf.facts(order)
    shown = merge_repeats(facts)[:limit]
    also = [tuple(facts[at] for at in repeats) for _, repeats in shown]
    order, facts = order[[at for at, _ in shown]], [facts[at] for at, _ in shown]
    first = int(order[0])
    evidence = Evidence(
        best.query,
        facts[0],
        shelf.context(first),
        best.features[first],
        substance(best.pool.units),
        bearing(first),
    )
    verdict = judge(evidence, lexicon, language)
    scores = best.scores[order].tolist()
    explain = Explainer(best.query, best.rewriting, language).explain
    hits = tuple(
        Hit(fact, score, *explain(fact), also=places)
        for fact, score, places in zip(facts, scores, also, strict=True)
    )
    suggestions = _suggestions(best)
    if not verdict.found:
        printed = _printed(best, lexicon, language)
        held = float(best.features[first, FEATURES.index(passage_pair_coverage)])
        close = is_close(float(best.pool.meaning[first]), len(corpus.columns), held)
        if close:
            hits = tuple(replace(hit, rung=MatchKind.MEANING, why=f"意思相近；{hit.why}") for hit in hits)
        return Answer(text, False, verdict.confidence, None, related=hits, suggestions=printed, close=close)
    answer = bearing(first).said_with(hits[0].matched)
    near = _matching(best, order)
    return Answer(text, True, verdict.confidence, answer, hits[:near], hits[near:], suggestions)


def _matching(best: Ranked, order: Array) -> int:
    """Return how many of the ranked facts match, not merely relate.

    Of a question for a number, a name or a time, other articles' best answers match too: they are told apart.
    """
    few_words = best.query.type in ASKS_FOR_A_FEW_WORDS
    answering = best.features[order, FEATURES.index(answers_type)].tolist()
    below = (best.scores[order[0]] - best.scores[order]).tolist()
    articles: set[int] = set()
    matching = 0
    for place, article in enumerate(best.pool.articles[order].tolist()):
        apart = few_words and article not in articles and answering[place] > 0
        if below[place] <= (SPREAD_OF_ARTICLES if apart else SPREAD):
            matching = place + 1
        articles.add(article)
    return matching


def _suggestions(ranked: Ranked) -> tuple[str, ...]:
    rewriting = ranked.rewriting
    return (
        (rewriting.taken,) if rewriting and rewriting.rung in (MatchKind.SPELLING, MatchKind.PINYIN) else ()
    )


def _printed(ranked: Ranked, lexicon: Lexicon, language: Analyzer) -> tuple[str, ...]:
    """Return the suggestion as far as the corpus holds it: 奉贤区 of 奉贤区机; nothing of 上海的士尼."""
    rewriting = ranked.rewriting
    suggested = _suggestions(ranked)
    if rewriting is None or all(map(lexicon.holds, suggested)):
        return suggested
    places = combinations(range(len(rewriting.taken) + 1), 2)
    runs = (rewriting.taken[start:end] for start, end in places if end - start > 1)
    words = [r for r in runs if r not in rewriting.typed and language.knows(r) and lexicon.holds(r)]
    return tuple(sorted(words, key=len)[-1:])
