"""The way of a query to its answer: wordings, candidates, ranking, decision."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise

import numpy as np

from knowledge.answering.extractor import FactReading
from knowledge.answering.reader import NeuralReader
from knowledge.answering.scorer import AnswerModel
from knowledge.model import Answer, Difference, Hit, MatchKind
from knowledge.query.analysis import Analyse, Query, is_of_one, sides_of
from knowledge.query.question import FEW_WORDS, QuestionType
from knowledge.search.corpus import Array, Corpus
from knowledge.search.decision import READ, Judge, differences, similarity
from knowledge.search.matching import Explainer
from knowledge.search.pool import Pool, find_pool
from knowledge.search.ranking import (
    ALL_KEY_WORDS,
    FEATURES,
    LIKENESS_AGAIN,
    REWRITTEN,
    SAME_FIGURE,
    SPREAD,
    SPREAD_OF_ARTICLES,
    answers_type,
    feature_matrix,
    key_words_held,
    passage_pair_coverage,
    ranking_weights,
)
from knowledge.search.rewriting import Rewriting, rewritings
from knowledge.search.semantic import Meaning, Meanings, is_close, is_whole
from knowledge.search.shelf import Shelf, merge_repeats
from knowledge.search.terms import Lexicon
from knowledge.text.analyzer import Analyzer, Token, is_of_a_person
from knowledge.text.folding import decoded
from knowledge.text.numbers import comparable

BUDGET = 0.150
"""Seconds after the first ranking, after which no further wording is tried; the likeliest one always is."""
CLOSE_FROM = 0.2
"""Confidence from which a first fact that is not claimed is shown as close: one in five of such claims is right."""
READ_FOR_FIGURES = 10
"""Facts looked into for the query's figures."""

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


@dataclass(frozen=True, slots=True)
class Answering:
    """What answering needs besides the index: the learned numbers, the neural reader and the vectors where there are."""

    model: AnswerModel
    reader: NeuralReader | None = None
    meanings: Meanings | None = None


@dataclass(frozen=True, slots=True)
class Examined:
    """The likeliest wording with its facts by rows, best first, and the first few of them read."""

    ranked: Ranked
    order: Array
    readings: tuple[FactReading, ...]
    judge: Judge
    shelf: Shelf
    lexicon: Lexicon

    @property
    def nearest(self) -> int:
        """Where the fact stands that comes nearest though it contradicts: first by rank; 0 where that is the first."""
        best = max(range(len(self.readings)), key=lambda at: self.readings[at].evidence["score"])
        return best if self.readings[best].is_near else 0

    def is_close(self, row: int) -> bool:
        """Tell whether a fact says in other words what was asked, by its likeness; a bare figure has no other words."""
        if self.ranked.query.type is QuestionType.FIGURE:
            return False
        held = float(self.ranked.features[row, FEATURES.index(passage_pair_coverage)])
        likeness = float(self.ranked.pool.meaning[row])
        return is_close(likeness, self.lexicon.size, held, self.shelf.fact(row).text)

    def in_other_words(self) -> Array:
        """The rows by words and meaning alone where the first is close then, else as they are.

        How facts read says little of one in other words: reading looks for the very words. What contradicts comes last.
        """
        scores = self.ranked.scores + LIKENESS_AGAIN * self.ranked.pool.meaning
        ordered: Array = np.argsort(-scores, kind="stable")[: len(self.order)]
        barred = [row for row, reading in zip(self.order, self.readings, strict=False) if reading.is_barred]
        contradicts = np.isin(ordered, barred)
        ordered = np.concatenate([ordered[~contradicts], ordered[contradicts]])
        return ordered if self.is_close(int(ordered[0])) else self.order


def ask(
    text: str,
    analyse: Analyse,
    corpus: Corpus,
    language: Analyzer,
    limit: int,
    clock: Clock,
    answering: Answering,
) -> Answer:
    """Answer a query with at most `limit` facts, `hits` and `related` together."""
    query = analyse(text)
    if query.is_empty or limit < 1 or not len(corpus.columns):
        return Answer(text, False, 0.0, None)

    def answer(one: Query) -> Answer:
        examined = examine_wordings(one, analyse, corpus, language, limit, clock, answering)
        found = _answer(text, examined, language, limit) if examined else Answer(text, False, 0.0, None)
        if found.close and corpus.authors_in(one.text):  # nothing is close to what somebody wrote
            return Answer(text, False, 0.0, None)
        return found

    if is_of_one(query) and (whole := answer(query)).answer:
        return whole
    if sides := sides_of(query, analyse):
        answers = [answer(side.query) for side in sides]
        if is_of_one(query) and not _are_of_one_measure([one.answer for one in answers], language):
            answers = [replace(one, answer=None) for one in answers]
        return joined(
            text, [(side.name, one) for side, one in zip(sides, answers, strict=True)], limit, named=True
        )
    return answer(query)


def _are_of_one_measure(answers: Sequence[str | None], language: Analyzer) -> bool:
    """Tell whether the figures that are said of the sides of a comparison can be compared: not 2111亿元 and 45%."""
    told = [language.quantities(language.fold(answer)) for answer in answers if answer]
    units = [figures[0].unit for figures in told if figures]
    return all(comparable(one, other) for one, other in pairwise(units))


def examine_wordings(
    query: Query,
    analyse: Analyse,
    corpus: Corpus,
    language: Analyzer,
    limit: int,
    clock: Clock,
    answering: Answering,
) -> Examined | None:
    """Rank a query's wordings and read the leading facts of the best; None where nothing has a word of it."""
    meaning = None if answering.meanings is None else answering.meanings.of(query.text)
    tried = [ranked] if (ranked := rank(query, None, corpus, language, meaning)) else []
    deadline = clock() + BUDGET  # from here: the first ranking may load what later ones find loaded
    lexicon = Lexicon(corpus, decoded(tried[0].pool.text) if tried else "")
    for rewriting in rewritings(query, lexicon, language):
        if clock() > deadline and len(tried) > 1:
            break
        wording = _demanding(analyse(rewriting.text), query)
        if ranked := rank(wording, rewriting, corpus, language, meaning):
            tried.append(ranked)
    if not tried:
        return None
    best = max(tried, key=lambda ranked: float(ranked.scores.max()))
    read = max(limit, READ) if best.query.type is QuestionType.LIST else READ
    order = np.argsort(-best.scores, kind="stable")[: max(limit, READ) + REPEATS]
    shelf = Shelf(best.pool, corpus)
    shelf.open(order, read)
    judge = Judge(best.query, lexicon, answering.model, answering.reader)
    leading = shelf.with_replies(order[:read], language)
    order = np.concatenate([leading, order[~np.isin(order, leading)]])
    ranked_as = [
        {"score": float(best.scores[row]), "similar": similarity(best.features[row])}
        for row in leading.tolist()
    ]
    by_merit, readings = judge.read([shelf.passage(row, language) for row in leading.tolist()], ranked_as)
    order = np.concatenate([leading[by_merit], order[len(leading) :]])
    return Examined(best, order, tuple(readings), judge, shelf, lexicon)


def _demanding(rewritten: Query, query: Query) -> Query:
    """A query in other words still demands what its marks did."""
    return replace(
        rewritten, phrases=query.phrases, excluded=query.excluded, titles=query.titles, only=query.only
    )


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
    scores = features @ weights + ALL_KEY_WORDS * key_words_held(pool) - (REWRITTEN if rewriting else 0.0)
    if query.number_keys:
        scores += SAME_FIGURE * _same_figures(query, pool, scores, corpus, language)
    return Ranked(query, rewriting, pool, features, scores)


def _same_figures(query: Query, pool: Pool, scores: Array, corpus: Corpus, language: Analyzer) -> Array:
    """Return 1 for the leading facts that hold every figure of the query, else 0."""
    same = np.zeros(len(pool))
    columns = corpus.columns
    for row in np.argsort(-scores, kind="stable")[:READ_FOR_FIGURES].tolist():
        same[row] = _holds_figures(query, columns.text(int(pool.rows[row])), language)
    return same


def _holds_figures(query: Query, text: str, language: Analyzer) -> bool:
    """Tell whether a text holds each figure of the query, of what may be the same: 18条 is no 18号线."""
    told = language.quantities(text.replace("点", "."))
    return all(
        any(key in other.keys and comparable(one.unit, other.unit) for other in told)
        for one in query.quantities
        for key in one.keys
    )


def _answer(text: str, examined: Examined, language: Analyzer, limit: int) -> Answer:
    best, order = examined.ranked, examined.order
    if _is_printed_nowhere(best, examined.lexicon, language):
        return Answer(text, False, 0.0, None)
    first = examined.readings[0]
    verdict = examined.judge.decide(first)
    if not verdict.found and 0 < (nearest := examined.nearest) < len(order):
        order = np.concatenate([order[[nearest]], np.delete(order, nearest)])
        verdict = replace(verdict, differences=differences(examined.readings[nearest]))
    elif not verdict.found and not verdict.differences and verdict.confidence < CLOSE_FROM:
        order = examined.in_other_words()
    facts = examined.shelf.facts(order)
    shown = merge_repeats(facts, language.fold)[:limit]
    also = [tuple(facts[at] for at in repeats) for _, repeats in shown]
    kept = [at for at, _ in shown]
    order, facts = order[kept], [facts[at] for at in kept]
    scores = best.scores[order].tolist()
    explain = Explainer(best.query, best.rewriting, language).explain
    hits = tuple(
        Hit(fact, score, *explain(fact), also=places)
        for fact, score, places in zip(facts, scores, also, strict=True)
    )
    suggestions = _suggestions(best)
    alike = [examined.is_close(row) for row in order.tolist()]
    if not verdict.found:
        printed = _printed(best, examined.lexicon, language)
        likely = verdict.confidence >= CLOSE_FROM and is_whole(facts[0].text)
        likely = likely and any(examined.lexicon.holds(word.text) for word in best.query.words)
        close = (
            (alike[0] or likely) and not verdict.differences and not _is_named_nowhere(best, examined.lexicon)
        )
        if alike[0] and close:
            hits = tuple(map(_meant, hits))
        return Answer(
            text,
            False,
            verdict.confidence,
            None,
            related=hits,
            suggestions=printed,
            close=close,
            differences=verdict.differences,
        )
    answer = verdict.answer if verdict.surely else None
    beside = tuple(_meant(hit) if one else hit for hit, one in zip(hits, alike, strict=True))
    if best.query.type is QuestionType.LIST:
        listed = set(examined.judge.listed(examined.readings))
        chosen = tuple(hit for at, hit in zip(kept, hits, strict=True) if at in listed)
        rest = tuple(hit for at, hit in zip(kept, beside, strict=True) if at not in listed)
        items = examined.judge.items([examined.readings[at] for at in sorted(listed)])
        one = answer if len(items) < 2 else None
        return Answer(text, True, verdict.confidence, one, chosen, rest, suggestions, answers=items)
    near = _matching(best, order)
    if _holds_figures(
        best.query, facts[0].text, language
    ):  # then what holds another, 1100场 for 110场, does not match
        same = (_holds_figures(best.query, fact.text, language) for fact in facts[:near])
        near = next((at for at, one in enumerate(same) if not one), near)
    return Answer(text, True, verdict.confidence, answer, hits[:near], beside[near:], suggestions)


def _is_printed_nowhere(best: Ranked, lexicon: Lexicon, language: Analyzer) -> bool:
    """Tell whether one word alone was typed that no report has: what is said of others is no answer.

    It is a person's name, or has single characters alone to be found by: 正 of 于正, 大 and 号 of 大号.
    """
    query = best.query
    if best.rewriting or not query.is_one_word or not query.words:
        return False
    if len(query.words) == 1 and len(name := query.words[0].text) > 1:
        return is_of_a_person(query.words[0]) and not language.knows(name) and not lexicon.holds(name)
    return all(len(word.text) == 1 for word in query.words) and not lexicon.holds(query.core)


def _is_named_nowhere(best: Ranked, lexicon: Lexicon) -> bool:
    """Tell whether a query names whom or what is printed nowhere: what is said of others is not close to it."""
    named = {word.text for word in best.query.words if word.tag[:2] in ("ns", "nt") and len(word.text) > 1}
    for word, given in pairwise((*best.query.words, Token("", "x", -1))):
        if is_of_a_person(word):
            cut = len(word.text) == 1 and word.start + 1 == given.start  # 宋|劲松
            named.add(word.text + given.text[:2] * cut)
    return best.rewriting is None and any(not lexicon.holds(name) for name in named if len(name) > 1)


def _meant(hit: Hit) -> Hit:
    """Say that a fact is shown for its meaning."""
    return replace(hit, rung=MatchKind.MEANING, why=f"意思相近；{hit.why}")


def joined(text: str, told: Sequence[tuple[str, Answer]], limit: int, named: bool = False) -> Answer:
    """Put the answers to several things together; of what none answers it is said. `named` says each with what was asked."""
    answers = [answer for _, answer in told]
    found = [answer for answer in answers if answer.found]
    missing = tuple(Difference("part", asked, "") for asked, answer in told if not answer.found)
    firsts = {answer.hits[0].fact.id: answer.hits[0] for answer in found}
    others = {hit.fact.id: hit for answer in answers for hit in (*answer.hits, *answer.related)}
    rest = [hit for key, hit in others.items() if key not in firsts]
    places = [(answer.hits[0].fact.id, answer.answer) if answer.answer else None for answer in answers]
    said = tuple(
        f"{asked}：{answer.answer}" if named else answer.answer
        for (asked, answer), place in zip(told, places, strict=True)
        if answer.answer and not (named and places.count(place) > 1)  # one figure is not said of two sides
    )
    sure = min((answer.confidence for answer in (found or answers)), default=0.0)
    hits = tuple(firsts.values())[:limit]
    related = tuple(rest)[: limit - len(hits)]
    return Answer(
        text,
        bool(found),
        sure,
        None,
        hits,
        related,
        answers=said,
        differences=missing if found else (),
    )


def _matching(best: Ranked, order: Array) -> int:
    """Return how many of the ranked facts match, not merely relate.

    Of a question for a number, a name or a time, other articles' best answers match too: they are told apart.
    """
    few_words = best.query.type in FEW_WORDS
    answering = best.features[order, FEATURES.index(answers_type)].tolist()
    scores = best.scores - ALL_KEY_WORDS * key_words_held(best.pool)  # which order, and take no match away
    below = (scores[order[0]] - scores[order]).tolist()
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
