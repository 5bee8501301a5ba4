"""Every fitted number of the search, in one place.

RANKING and SIMILARITY were fitted on CMRC2018 trial and DRCD dev, equal weight, by
`python -m tests.bench fit cmrc2018_trial.json DRCD_dev.json`; the decisions on these and the questions in
`tests/gold`. CMRC2018 dev and DRCD test were never fitted to (docs/search.md).
"""

from __future__ import annotations

from dataclasses import dataclass
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
    "passage_score": 2.0,
    "passage_pair_coverage": 6.76,
    "passage_character_coverage": 0.51,
    "title_character_coverage": 6.05,
    "with_title_pair_coverage": 1.33,
    "with_title_character_coverage": 7.9,
    "opening": 0.78,
    "length": 0.0,
    "answers_type": 2.38,
    "counts_what_is_asked": 3.4,
    "means_the_same": 0.15,
    "in_other_words": 1.06,
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


@dataclass(frozen=True, slots=True)
class Decision:
    """What the parts of the evidence weigh for one kind of question; 0 is as likely found as not.

    `more` weighs what the kind adds: support by an answer, or the query's substance.
    """

    bias: float
    similarity: float
    presence: float
    more: float

    def of(self, similarity: float, presence: float, more: float) -> float:
        """Return the evidence as a logit."""
        return self.bias + self.similarity * similarity + self.presence * presence + self.more * more


SPOKEN_OF = Decision(-6.67, 0.46, 4.67, 0.79)
"""Confidence: a logistic regression on similarity, presence and substance, as for SIMILARITY."""


SAID = Decision(-3.9, 0.30, 0.2, 6.3)
"""A number, a time, a name is asked for."""
TOLD = Decision(-2.45, 0.30, 6.2, 0.0)
"""为什么, 怎么, 是什么, 哪些."""
KEYWORDS = Decision(-7.9, 0.31, 12.0, 0.0)
"""No question: the words themselves are to be there."""
WORDLESS = 1.46
"""What a fact that bears a question out without saying the name gets back: `supports` halves it."""
HEADLESS = 4.0
"""What counts against keywords of which the last, the head of a Chinese compound, stands nowhere: 派出所电话."""

PROMOTION = 6.0
"""What bearing the question out is worth beside the ranking's score."""
BORNE_OUT = 0.7
"""The support from which on a fact may go before one that has none."""

SPREAD = 5.0
"""Facts this much below the first are only related: by the model, e⁵ times less likely to be the right one."""

SPREAD_OF_ARTICLES = 8.0
"""The same for the first fact of another article that holds an answer of the asked kind."""

SAME_FIGURE = 3.0
"""What a fact gets that holds the very figures of the query, in whatever writing."""

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
