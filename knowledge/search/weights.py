"""Every fitted number of the search, in one place.

RANKING and SIMILARITY were fitted on CMRC2018 trial and DRCD dev, equal weight, by
`make models ARGS="ranking cmrc2018_trial.json DRCD_dev.json"`; the decisions on these and the questions in
`tests/gold`. CMRC2018 dev and DRCD test were never fitted to (docs/search.md).
"""

from __future__ import annotations

from functools import cache

import numpy as np

from knowledge.search.corpus import Array
from knowledge.search.features import FEATURES

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
