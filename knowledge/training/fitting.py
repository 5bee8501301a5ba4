"""Fitting small models with numpy alone: logistic regression and a listwise net, both by Adam."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Gradient = Callable[[Array], Array]


def descend(gradient: Gradient, start: Array, steps: int = 500, rate: float = 0.05) -> Array:
    """Minimise by Adam (Kingma and Ba 2015)."""
    weights, mean, square = start.copy(), np.zeros_like(start), np.zeros_like(start)
    for step in range(1, steps + 1):
        slope = gradient(weights)
        mean = 0.9 * mean + 0.1 * slope
        square = 0.99 * square + 0.01 * slope**2
        weights -= rate * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-8)
    return weights


def logistic(
    features: Array,
    right: Array,
    share: Array | None = None,
    penalty: float = 1e-3,
    least: Array | None = None,
) -> tuple[Array, float]:
    """Return weights and bias of a logistic regression; `least` bounds the weights from below."""
    weighed = np.ones(len(right)) if share is None else share
    weighed = weighed / weighed.sum()
    middle, spread = features.mean(axis=0), features.std(axis=0) + 1e-9
    scaled = np.column_stack([(features - middle) / spread, np.ones(len(features))])
    free = np.append(np.full(features.shape[1], penalty), 0.0)

    def gradient(weights: Array) -> Array:
        if least is not None:
            np.maximum(weights[:-1], least, out=weights[:-1])
        slope: Array = scaled.T @ ((sigmoid(scaled @ weights) - right) * weighed) + free * weights
        return slope

    found = descend(gradient, np.zeros(scaled.shape[1]))
    if least is not None:
        found[:-1] = np.maximum(found[:-1], least)
    weights = found[:-1] / spread
    return weights, float(found[-1] - weights @ middle)


def sigmoid(logits: Array) -> Array:
    """Return probabilities of logits."""
    found: Array = 1 / (1 + np.exp(-np.clip(logits, -30, 30)))
    return found


def listwise_net(
    lists: Sequence[tuple[npt.NDArray[np.floating[Any]], Array]],
    hidden: int,
    epochs: int,
    seed: int = 0,
    rate: float = 2e-3,
    penalty: float = 2e-5,
) -> tuple[Array, Array, Array]:
    """Fit a net of two layers that gives the right rows of each list the mass (ListNet: Cao et al. 2007).

    A list is its rows and what each is worth (summing to one). Returns inner weights, inner bias, outer weights.
    """
    random = np.random.default_rng(seed)
    width = lists[0][0].shape[1]
    weights = [
        random.normal(0, (2 / width) ** 0.5, (width, hidden)),
        np.zeros(hidden),
        random.normal(0, hidden**-0.5, hidden),
    ]
    means = [np.zeros_like(w) for w in weights]
    squares = [np.zeros_like(w) for w in weights]
    step, total = 0, epochs * ((len(lists) + 63) // 64)
    for _ in range(epochs):
        order = random.permutation(len(lists))
        for first in range(0, len(order), 64):
            chosen = [lists[at] for at in order[first : first + 64]]
            rows = np.concatenate([one[0] for one in chosen]).astype(np.float64)
            worth = np.concatenate([one[1] for one in chosen])
            sizes = np.array([len(one[0]) for one in chosen])
            starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
            kept = random.random(hidden) > 0.15
            before = rows @ weights[0] + weights[1]
            after = np.maximum(before, 0.0) * kept / 0.85
            scores = after @ weights[2]
            mass = np.exp(scores - np.repeat(np.maximum.reduceat(scores, starts), sizes))
            mass /= np.repeat(np.add.reduceat(mass, starts), sizes)
            slope = (mass - worth) / len(chosen)
            inner = np.outer(slope, weights[2]) * (before > 0) * kept / 0.85
            slopes = [rows.T @ inner, inner.sum(axis=0), after.T @ slope]
            step += 1
            pace = rate * min(1.0, 2 * (1 - step / total)) + 1e-5
            for at, gradient in enumerate(slopes):
                gradient = gradient + penalty * weights[at]
                means[at] = 0.9 * means[at] + 0.1 * gradient
                squares[at] = 0.99 * squares[at] + 0.01 * gradient**2
                weights[at] -= (
                    pace * (means[at] / (1 - 0.9**step)) / (np.sqrt(squares[at] / (1 - 0.99**step)) + 1e-8)
                )
    return weights[0], weights[1], weights[2]
