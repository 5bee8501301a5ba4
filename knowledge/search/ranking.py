"""What tells a right fact from a near one: one function each, a number per fact of the pool, and what was fitted to them.

RANKING and SIMILARITY were fitted on CMRC2018 trial and DRCD dev, equal weight, by
`make models ARGS="ranking cmrc2018_trial.json DRCD_dev.json"`; the decisions on these and the questions in
`tests/gold`. CMRC2018 dev and DRCD test were never fitted to (docs/search.md).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from knowledge.query.question import NUMBERS, QuestionType
from knowledge.search.corpus import Array
from knowledge.search.pool import WINDOW, Pool
from knowledge.search.terms import CHARS, PAIRS, Counts, Units
from knowledge.text.folding import encode

Feature = Callable[[Pool], Array]

K1 = 0.3
B = 0.6
"""Fitted for single sentences on CMRC2018 trial and DRCD dev (docs/search.md); the usual 1.2 and .75 suit long pages."""
GRAM_SHARE = 0.5
"""What a character pair counts beside a character."""


def passage_score(pool: Pool) -> Array:
    """BM25 of the sentence with its neighbours (passage evidence: Callan 1994)."""
    average = pool.average * (2 * WINDOW + 1)
    return _characters_and_pairs(pool.passage, average) / _attainable(pool.units)


def passage_pair_coverage(pool: Pool) -> Array:
    """Share of the query's pairs that the passage holds."""
    return pool.passage.coverage[:, PAIRS]


def passage_character_coverage(pool: Pool) -> Array:
    """Share of the query's characters that the passage holds."""
    return pool.passage.coverage[:, CHARS]


def title_character_coverage(pool: Pool) -> Array:
    """Share of the query's characters that the article's titles hold."""
    return pool.head.coverage[:, CHARS]


def with_title_pair_coverage(pool: Pool) -> Array:
    """Share of the query's pairs that the sentence and its titles hold together: titles name what sentences omit."""
    return pool.with_head.coverage[:, PAIRS]


def with_title_character_coverage(pool: Pool) -> Array:
    """Share of the query's characters that the sentence and its titles hold together."""
    return pool.with_head.coverage[:, CHARS]


def opening(pool: Pool) -> Array:
    """Whether the fact opens its article: that is where things are introduced."""
    opens: Array = (pool.rows == pool.opens).astype(np.float64)
    return opens


def length(pool: Pool) -> Array:
    """Root of the sentence's length: long sentences hold more by chance."""
    roots: Array = np.sqrt(pool.sentence.lengths)
    return roots


def answers_type(pool: Pool) -> Array:
    """Whether the sentence holds characters of the kind asked for: figures, dates, places, reasons."""
    wanted = _KINDS.get(pool.question.type)
    if wanted is None:
        return np.zeros(len(pool))
    return pool.holding(_marks(wanted)[pool.text])


def counts_what_is_asked(pool: Pool) -> Array:
    """Whether a figure stands beside the noun or unit that 多少 and 几 ask for: 问题60余项, 54所, 15元 for 多少钱."""
    told = ("元" if pool.question.noun == "钱" else pool.question.noun[:2], pool.question.unit[:2])
    wanted = [encode(word) for word in told if word]
    if pool.question.type not in NUMBERS or not wanted:
        return np.zeros(len(pool))
    quantities = np.concatenate([[0], np.cumsum(_marks(_DIGITS)[pool.text])])
    found: list[Array] = []
    for word in wanted:
        at = _places(pool.text, word)
        near = (
            quantities[np.minimum(at + len(word) + BESIDE, len(pool.text))]
            - quantities[np.maximum(at - BESIDE, 0)]
        )
        found.append(at[near > 0])
    return pool.holding(np.concatenate(found))


def means_the_same(pool: Pool) -> Array:
    """How alike the fact and the query are in meaning."""
    return pool.meaning


def in_other_words(pool: Pool) -> Array:
    """The same, the more the less any fact has the query's words: where words are sure, meaning need say nothing.

    Squared: it is to matter where most of the words are missing, not where one is.
    """
    unsaid = 1.0 - float(with_title_character_coverage(pool).max())
    alike: Array = pool.meaning * unsaid**2
    return alike


def key_words_held(pool: Pool) -> Array:
    """Share of a query's pairs that the sentence itself holds, where key words were typed; 0 for a question."""
    is_asked = pool.question.type is not QuestionType.NONE
    return np.zeros(len(pool)) if is_asked else pool.sentence.coverage[:, PAIRS]


BESIDE = 4


def _places(text: Array, word: Array) -> Array:
    """Return where a word of one or two characters begins."""
    if len(word) == 1:
        return np.flatnonzero(text == word[0])
    return (
        np.flatnonzero((text[:-1] == word[0]) & (text[1:] == word[1])) if len(word) else np.zeros(0, np.int64)
    )


_DIGITS = "0123456789一二三四五六七八九十百千万两亿半"
_KINDS = {
    **dict.fromkeys(NUMBERS, _DIGITS),
    QuestionType.DURATION: "年月日天时周久",
    QuestionType.TIME: "年月日时代世初末晨晚",
    QuestionType.PLACE: "省市县区国州岛路街镇村洲城乡山河湾港",
    QuestionType.WHY: "因由故致为",
}


@cache
def _marks(chars: str) -> Array:
    marks = np.zeros(0x10000, dtype=np.bool_)
    marks[[ord(c) for c in chars]] = True
    return marks


FEATURES: tuple[Feature, ...] = (
    passage_score,
    passage_pair_coverage,
    passage_character_coverage,
    title_character_coverage,
    with_title_pair_coverage,
    with_title_character_coverage,
    opening,
    length,
    answers_type,
    counts_what_is_asked,
    means_the_same,
    in_other_words,
)


def feature_matrix(pool: Pool) -> Array:
    """Return every feature (columns) of every fact (rows)."""
    matrix = np.empty((len(pool), len(FEATURES)))
    for column, feature in enumerate(FEATURES):
        matrix[:, column] = feature(pool)
    return matrix


def _characters_and_pairs(counts: Counts, average: float) -> Array:
    """Score windows by their characters and, at half weight, their character pairs.

    BM25 as in Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009.
    """
    norm = K1 * (1 - B + B * counts.lengths / average)
    scores: Array = (counts.tf / (counts.tf + norm[:, None])) @ _weights(counts.units)
    return scores


def _attainable(units: Units) -> float:
    """Return the most that `_characters_and_pairs` can give a query, so that scores compare across queries."""
    return float(_weights(units).sum()) or 1.0


def _weights(units: Units) -> Array:
    return (K1 + 1) * np.concatenate([units.char_idf, GRAM_SHARE * units.gram_idf])


RANKING = {
    "passage_score": 5.144,
    "passage_pair_coverage": 2.786,
    "passage_character_coverage": 1.774,
    "title_character_coverage": 4.931,
    "with_title_pair_coverage": 1.935,
    "with_title_character_coverage": 8.94,
    "opening": 1.313,
    "length": -0.071,
    "answers_type": 1.658,
    "counts_what_is_asked": 3.318,
}
"""What a feature is worth: a linear model of listwise softmax loss (Cao et al. 2007, ListNet)."""

RANKING_WITH_MEANING = {
    "passage_score": 2.428,
    "passage_pair_coverage": 6.009,
    "passage_character_coverage": 0.693,
    "title_character_coverage": 6.775,
    "with_title_pair_coverage": 1.933,
    "with_title_character_coverage": 7.193,
    "opening": 0.776,
    "length": -0.011,
    "answers_type": 2.348,
    "counts_what_is_asked": 3.232,
    "means_the_same": 0.272,
    "in_other_words": 2.255,
}
"""The same where vectors are there; half of its questions had words replaced by synonyms."""

SIMILARITY = {
    "passage_score": 4.51,
    "passage_pair_coverage": 10.81,
    "title_character_coverage": 8.34,
    "with_title_character_coverage": 4.14,
}
SIMILARITY_BIAS = -8.09
MOST_SIMILAR = 10.0
"""Logistic regression of “the corpus holds an answer” on the first fact's features, bounded on either side."""


SPREAD = 5.0
"""Facts this much below the first are only related: by the model, e⁵ times less likely to be the right one."""

SPREAD_OF_ARTICLES = 8.0
"""The same for the first fact of another article that holds an answer of the asked kind."""

SAME_FIGURE = 3.0
"""What a fact gets that holds the very figures of the query, in whatever writing."""

ALL_KEY_WORDS = 3.0
"""What a fact gets that holds all key words itself: it comes before one whose title or neighbours have them."""

LIKENESS_AGAIN = 1.0
"""What likeness counts once more, a spread, where no fact answers: then its words say less (docs/search.md)."""

REWRITTEN = 0.5
"""What another wording of the query must be better by."""


@cache
def ranking_weights(with_meaning: bool = False) -> Array:
    """Return RANKING, or RANKING_WITH_MEANING, in the order of the feature matrix."""
    weights = RANKING_WITH_MEANING if with_meaning else RANKING
    return np.array([weights.get(feature.__name__, 0.0) for feature in FEATURES])


@cache
def similarity_weights() -> Array:
    """Return SIMILARITY in the order of the feature matrix, 0 for features that it does not use."""
    return np.array([SIMILARITY.get(feature.__name__, 0.0) for feature in FEATURES])
