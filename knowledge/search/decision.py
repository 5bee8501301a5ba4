"""Found, or not found: how sure the first fact makes us that the corpus answers."""

from __future__ import annotations

import math
from dataclasses import dataclass

from knowledge.answering.support import Bearing
from knowledge.model import Fact
from knowledge.query.analysis import Query
from knowledge.query.question import FEW_WORDS, QuestionType
from knowledge.search.corpus import Array
from knowledge.search.lexicon import Lexicon
from knowledge.search.presence import around, is_headless, is_statement, presence
from knowledge.search.weights import (
    HEADLESS,
    KEYWORDS,
    MOST_SIMILAR,
    SAID,
    SIMILARITY_BIAS,
    SPOKEN_OF,
    TOLD,
    WORDLESS,
    similarity_weights,
)
from knowledge.text.analyzer import Analyzer


@dataclass(frozen=True, slots=True)
class Evidence:
    """The first fact with its titles and neighbours (`context`), its row of features, and how it bears the query out.

    `substance` says how much there is in the query to be matched (`units.substance`).
    """

    query: Query
    fact: Fact
    context: str
    features: Array
    substance: float
    bearing: Bearing


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an answer is claimed, and how likely the corpus holds one (0-1, comparable across queries)."""

    found: bool
    confidence: float


def judge(evidence: Evidence, lexicon: Lexicon, language: Analyzer) -> Verdict:
    """Weigh similarity, presence of the words, and an answer of the asked kind.

    A claim asks that the fact bear the query out; confidence asks whether the corpus speaks of the matter at all, of
    which long and rare wordings that are matched tell more than short and common ones.
    """
    query, fact = evidence.query, evidence.fact
    alike = similarity(evidence.features)
    place = around(fact.text, evidence.context, language)
    held = presence(query, place, lexicon)
    if query.type in ASKS_FOR_A_FEW_WORDS:
        borne = evidence.bearing.support
        evident = SAID.of(alike, held, borne)
        if evidence.bearing.said is None and borne:
            evident += WORDLESS
    elif query.type is not QuestionType.NONE or is_statement(query):
        evident = TOLD.of(alike, held, 0.0)
    else:
        evident = KEYWORDS.of(alike, held, 0.0)
    if query.type is QuestionType.NONE and is_headless(query, place):
        evident -= HEADLESS
    return Verdict(evident >= 0, 1 / (1 + math.exp(-SPOKEN_OF.of(alike, held, evidence.substance))))


def similarity(features: Array) -> float:
    """Return a logit of “the corpus holds an answer” from one fact's row of features."""
    similar = float(features @ similarity_weights()) + SIMILARITY_BIAS
    return min(max(similar, -MOST_SIMILAR), MOST_SIMILAR)


ASKS_FOR_A_FEW_WORDS = FEW_WORDS
"""Questions that a few words of the right kind answer; the others are told in a sentence."""
