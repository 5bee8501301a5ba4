"""Fitting small models with numpy alone: logistic regression and a listwise net, both by Adam; doubts and scorer with them."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import numpy.typing as npt

from knowledge.answering.alignment import LEVELS, Aligner, Doubts
from knowledge.answering.candidates import candidates
from knowledge.answering.constraints import SlotKind, constraints
from knowledge.answering.scorer import UNTAUGHT, Net, feature_rows
from knowledge.answering.window import Passage, tight
from knowledge.index.index import Index, build_index, open_index
from knowledge.query.aliases import Aliases
from knowledge.query.analysis import analyse
from knowledge.query.question import QuestionType
from knowledge.search.terms import Lexicon, idf
from knowledge.text.analyzer import Analyzer
from knowledge.training.near_misses import Changer
from knowledge.training.question_sets import AskedQuestion, QuestionSet, f1

Array = npt.NDArray[np.float64]
Gradient = Callable[[Array], Array]

_RATE = 0.05
_NET_RATE, _NET_PENALTY = 2e-3, 2e-5


def descend(gradient: Gradient, start: Array, steps: int = 500, least: Array | None = None) -> Array:
    """Minimise by Adam (Kingma and Ba 2015); `least` bounds the weights from below."""
    weights, mean, square = start.copy(), np.zeros_like(start), np.zeros_like(start)
    for step in range(1, steps + 1):
        slope = gradient(weights)
        mean = 0.9 * mean + 0.1 * slope
        square = 0.99 * square + 0.01 * slope**2
        weights -= _RATE * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-8)
        if least is not None:
            np.maximum(weights, least, out=weights)
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
        slope: Array = scaled.T @ ((sigmoid(scaled @ weights) - right) * weighed) + free * weights
        return slope

    bounds = None if least is None else np.append(least, -np.inf)
    found = descend(gradient, np.zeros(scaled.shape[1]), least=bounds)
    weights = found[:-1] / spread
    return weights, float(found[-1] - weights @ middle)


def sigmoid(logits: Array) -> Array:
    """Return probabilities of logits."""
    found: Array = 1 / (1 + np.exp(-np.clip(logits, -30, 30)))
    return found


def added(told: Array, more: Array, right: Array, penalty: float) -> float:
    """Return what weight `more` has beside log odds that are `told` already: a logistic regression with an offset."""

    def gradient(weight: Array) -> Array:
        wrong = sigmoid(told + weight[0] * more) - right
        return np.array([(wrong * more).mean() + penalty * weight[0]])

    return float(descend(gradient, np.zeros(1))[0])


def listwise_net(
    lists: Sequence[tuple[npt.NDArray[np.floating[Any]], Array]],
    hidden: int,
    epochs: int,
) -> tuple[Array, Array, Array]:
    """Fit a net of two layers that gives the right rows of each list the mass (ListNet: Cao et al. 2007).

    A list is its rows and what each is worth (summing to one). Returns inner weights, inner bias, outer weights.
    """
    random = np.random.default_rng(0)
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
            pace = _NET_RATE * min(1.0, 2 * (1 - step / total)) + 1e-5
            for at, gradient in enumerate(slopes):
                gradient = gradient + _NET_PENALTY * weights[at]
                means[at] = 0.9 * means[at] + 0.1 * gradient
                squares[at] = 0.99 * squares[at] + 0.01 * gradient**2
                weights[at] -= (
                    pace * (means[at] / (1 - 0.9**step)) / (np.sqrt(squares[at] / (1 - 0.99**step)) + 1e-8)
                )
    return weights[0], weights[1], weights[2]


KEPT_BACK = 4
HIDDEN = 48
EPOCHS = 10


def fit_doubts(
    sets: Sequence[QuestionSet], changer: Changer, opposites: dict[str, str], most: int, language: Analyzer
) -> Doubts:
    """Fit the doubt of a word by kind and level: the changed words against the unchanged ones."""
    kinds = [kind.value for kind in SlotKind]
    untaught = Doubts({kind: [0.0] * len(LEVELS) for kind in kinds}, 0, 0, 0, opposites)
    random = Random(3)
    rows: list[tuple[int, list[float]]] = []
    labels: list[float] = []
    for one in sets:
        passages = passages_of(one, language)
        with opened(one) as index:
            rarity = rarity_in(index)
            for asked in drawn(one.asked, most):
                if asked.fact is None:
                    continue
                passage = passages[asked.fact.id]
                window = passage.folded + passage.heads + passage.near
                changed = changer.change(asked.text, window, random)
                for text, miss in ((asked.text, None), *(((changed.text, changed),) if changed else ())):
                    query = analyse(text, Aliases(), language)
                    aligner = Aligner(query, untaught, rarity)
                    for alignment in aligner.align(passage):
                        kind, level, *others = aligner.features(alignment)
                        new = miss.text[miss.start : miss.end] if miss else ""
                        word = alignment.constraint.text
                        rows.append((kinds.index(kind) * len(LEVELS) + level, [*others, float(level >= 2)]))
                        labels.append(float(bool(new) and (word in new or new in word)))
    table = np.zeros((len(rows), len(kinds) * len(LEVELS) + 3))
    for at, (cell, others) in enumerate(rows):
        rare, unknown, single, absent = others
        table[at, cell] = 1
        table[at, -3:] = (rare * absent, unknown * absent, single * absent)
    weights, bias = logistic(table, np.array(labels), penalty=3e-4)
    cells = (weights[:-3] + bias).reshape(len(kinds), len(LEVELS))
    rare, unknown, single = (round(float(w), 3) for w in weights[-3:])
    rounded = {kind: [round(float(x), 3) for x in cells[at]] for at, kind in enumerate(kinds)}
    return Doubts(rounded, rare, unknown, single, opposites, hollow_words(sets, language))


ASKED_OFTEN = 6
"""Questions that a word stands in, from which on it tells whether answers do without it."""


def hollow_words(sets: Sequence[QuestionSet], language: Analyzer) -> tuple[str, ...]:
    """Return the verbs and qualities of questions that stand nowhere about what answers them more often than not."""
    asked, missing = Counter[str](), Counter[str]()
    for one in sets:
        passages = passages_of(one, language)
        for question in one.asked:
            if question.fact is None or not question.answerable:
                continue
            passage = passages[question.fact.id]
            window = passage.tight + passage.heads + passage.near
            for bound in constraints(analyse(question.text, Aliases(), language)):
                if bound.kind in (SlotKind.DEED, SlotKind.QUALITY) and "不" not in bound.text:
                    asked[bound.text] += 1
                    missing[bound.text] += tight(bound.text) not in window
    return tuple(sorted(w for w, n in asked.items() if n >= ASKED_OFTEN and 2 * missing[w] >= n))


def fit_net(sets: Sequence[QuestionSet], doubts: Doubts, most: int, language: Analyzer) -> Net:
    """Fit the scorer on every candidate of the right facts; where none is right, on those nearly so."""
    lists: list[tuple[npt.NDArray[np.float16], Array]] = []
    for one in sets:
        passages = passages_of(one, language)
        for asked in drawn(one.asked, most):
            if asked.fact is None or not asked.answers or is_kept_back(asked):
                continue
            passage = passages[asked.fact.id]
            query = analyse(asked.text, Aliases(), language)
            proposed = candidates(passage, query.type)
            if not proposed or (query.type is QuestionType.NONE and len(query.keywords) < 2):
                continue
            alike = np.array(
                [max(f1(passage.text[c.start : c.end], a) for a in asked.answers) for c in proposed]
            )
            worth = (
                np.where(alike >= 1.0, 1.0, 0.0)
                if (alike >= 1.0).any()
                else np.where(alike >= 0.6, alike**4, 0.0)
            )
            if worth.any():
                aligned = Aligner(query, doubts, lambda word: 0.5).align(passage)
                rows = feature_rows(query, passage, aligned, proposed, {}).astype(np.float16)
                lists.append((rows, worth / worth.sum()))
    inner, bias, outer = listwise_net(lists, HIDDEN, EPOCHS)
    inner[list(UNTAUGHT)] = 0.0  # nothing was read while this was fitted
    return Net(inner, bias, outer)


def passages_of(one: QuestionSet, language: Analyzer) -> dict[str, Passage]:
    """Return every fact of a set between its neighbours, by id."""
    found: dict[str, Passage] = {}
    for parsed in one.articles.values():
        facts = parsed.facts
        for at, fact in enumerate(facts):
            found[fact.id] = Passage.of(
                fact, tuple(facts[max(0, at - 2) : at]), tuple(facts[at + 1 : at + 2]), language
            )
    return found


def rarity_in(index: Index) -> Callable[[str], float]:
    """Return what tells of a word 0 (everywhere) to 1 (nowhere in the index)."""
    lexicon = Lexicon(index)
    nowhere = float(idf(0, lexicon.size))
    return lambda word: float(idf(lexicon.frequency(word), lexicon.size)) / nowhere


def drawn(asked: Sequence[AskedQuestion], most: int) -> list[AskedQuestion]:
    """Return a random sample of some questions, the same every time."""
    return Random(1).sample(asked, min(most, len(asked)))


def is_kept_back(asked: AskedQuestion) -> bool:
    """A quarter, by article: every question of one article is on one side."""
    return asked.article % KEPT_BACK == 0


@contextmanager
def opened(one: QuestionSet) -> Iterator[Index]:
    """Build and open an index of a set's articles."""
    with tempfile.TemporaryDirectory() as folder:
        build_index(Path(folder) / "index", ((parsed, b"") for parsed in one.articles.values()))
        with open_index(Path(folder) / "index") as index:
            yield index
