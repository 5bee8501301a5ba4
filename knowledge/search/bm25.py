"""BM25 for short passages."""

from __future__ import annotations

import numpy as np

from knowledge.search.corpus import Array
from knowledge.search.units import Units
from knowledge.search.windows import Counts

K1 = 0.3
B = 0.6
"""Fitted for single sentences on CMRC2018 trial and DRCD dev (docs/search.md); the usual 1.2 and .75 suit long pages."""
GRAM_SHARE = 0.5
"""What a character pair counts beside a character."""


def characters_and_pairs(counts: Counts, average: float) -> Array:
    """Score windows by their characters and, at half weight, their character pairs.

    BM25 as in Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009.
    """
    norm = K1 * (1 - B + B * counts.lengths / average)
    scores: Array = (counts.tf / (counts.tf + norm[:, None])) @ _weights(counts.units)
    return scores


def attainable(units: Units) -> float:
    """Return the most that `characters_and_pairs` can give a query, so that scores compare across queries."""
    return float(_weights(units).sum()) or 1.0


def _weights(units: Units) -> Array:
    return (K1 + 1) * np.concatenate([units.char_idf, GRAM_SHARE * units.gram_idf])
