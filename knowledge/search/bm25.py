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


def bm25(tf: Array, idf: Array, lengths: Array, average: float) -> Array:
    """Score windows (rows) by units (columns): Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009."""
    norm = K1 * (1 - B + B * lengths / average)
    scores: Array = (tf * (K1 + 1) / (tf + norm[:, None])) @ idf
    return scores


def characters_and_pairs(counts: Counts, units: Units, average: float) -> Array:
    """Score windows by their characters and, at half weight, their character pairs."""
    chars = bm25(counts.chars, units.char_idf, counts.lengths, average)
    grams = bm25(counts.grams, units.gram_idf, counts.lengths, average)
    return chars + GRAM_SHARE * grams


def attainable(units: Units) -> float:
    """Return the most that `characters_and_pairs` can give a query, so that scores compare across queries."""
    most = (K1 + 1) * (units.char_idf.sum() + GRAM_SHARE * units.gram_idf.sum())
    return float(most) or 1.0


def coverage(tf: Array, idf: Array) -> Array:
    """Return the share of the query's weight that each window holds, 0-1."""
    total = float(idf.sum())
    held: Array = (tf > 0) @ idf
    return held / total if total else np.zeros(len(tf))
