"""Measures of ranking and of knowing when there is nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from knowledge.search.corpus import Array

DEPTH = 10


def reciprocal_rank(shown: Sequence[str], right: frozenset[str]) -> float:
    """Return 1 / the rank of the first right one within DEPTH, else 0."""
    return next((1 / rank for rank, one in enumerate(shown[:DEPTH], 1) if one in right), 0.0)


def recall_at(ranks: Sequence[float], depth: int) -> float:
    """Return the share of reciprocal ranks that lie within `depth`."""
    return float(np.mean([rank >= 1 / depth for rank in ranks]))


def auc(scores: Array, positive: Array) -> float:
    """Return the area under the ROC curve: how often a positive outscores a negative (Hanley and McNeil 1982)."""
    order = np.argsort(scores, kind="stable")
    values, place = np.unique(scores[order], return_inverse=True)
    middle = np.array([np.flatnonzero(place == at).mean() + 1 for at in range(len(values))])
    ranks = np.empty(len(scores))
    ranks[order] = middle[place]
    ones, zeros = int(positive.sum()), int((~positive).sum())
    return float((ranks[positive].sum() - ones * (ones + 1) / 2) / (ones * zeros))


def kept_at(scores: Array, positive: Array, false: float) -> tuple[float, float]:
    """Return the share of positives above the score that lets the share `false` of negatives through, and it."""
    limit = float(np.quantile(scores[~positive], 1 - false))
    return float((scores[positive] > limit).mean()), limit
