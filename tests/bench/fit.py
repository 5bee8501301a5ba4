"""Fit the numbers of `knowledge/search/weights.py`: `python -m tests.bench fit FILE.json …`.

Each data set counts equally. RANKING: linear, listwise softmax loss (Cao et al. 2007). SIMILARITY: logistic
regression of “the article is there” on the first fact's features, half of the articles removed. SPOKEN_OF: the
same on similarity (as weights.py has it), presence and substance: bias first.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np

from knowledge.index.index import Index, build_index, open_index
from knowledge.query.aliases import Aliases
from knowledge.query.analysis import analyse
from knowledge.search.corpus import Array
from knowledge.search.decision import similarity
from knowledge.search.features import FEATURES, feature_matrix
from knowledge.search.lexicon import Lexicon
from knowledge.search.pool import Pool, find_pool
from knowledge.search.presence import around, presence
from knowledge.search.shelf import Shelf
from knowledge.search.units import substance
from knowledge.search.weights import SIMILARITY
from knowledge.text.analyzer import ChineseAnalyzer
from tests.bench.squad import Asked, Data, load

STEPS = 500
RATE = 0.05
PENALTY = 1e-3
PENALTY_OF_CONFIDENCE = 1e-2
NAMES = [feature.__name__ for feature in FEATURES]


@dataclass(frozen=True, slots=True)
class Example:
    """One question's features by fact, which facts are right, and what the question counts."""

    features: Array
    right: Array
    share: float


@dataclass(frozen=True, slots=True)
class First:
    """What the first fact of one question shows, whether the question's article is there, and what it counts."""

    features: Array
    presence: float
    substance: float
    there: bool
    share: float


def main(arguments: Sequence[str]) -> None:
    """Print both models."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench fit")
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--sample", type=int, default=1500)
    options = parser.parse_args(arguments)
    if not options.files:
        print("  no data set named: make bench ARGS='fit FILE.json …'")
        return
    language = ChineseAnalyzer()
    examples = [
        example for path in options.files for example in _examples(load(path), options.sample, language)
    ]
    ranking = _fit_ranking(examples)
    print("RANKING", {name: round(float(weight), 3) for name, weight in zip(NAMES, ranking, strict=True)})
    chosen = [NAMES.index(name) for name in SIMILARITY]
    firsts = [first for path in options.files for first in _firsts(path, ranking, options.sample, language)]
    there = np.array([first.there for first in firsts], dtype=np.float64)
    share = np.array([first.share for first in firsts])
    similar = np.stack([first.features[chosen] for first in firsts])
    weights, bias = _fit_logistic(similar, there, share, PENALTY)
    print("SIMILARITY", {n: round(float(w), 2) for n, w in zip(SIMILARITY, weights, strict=True)})
    print("SIMILARITY_BIAS", round(bias, 2))
    evidence = np.array([[similarity(f.features), f.presence, f.substance] for f in firsts])
    weights, bias = _fit_logistic(evidence, there, share, PENALTY_OF_CONFIDENCE)
    print("SPOKEN_OF", [round(float(number), 3) for number in (bias, *weights)])


def _examples(data: Data, sample: int, language: ChineseAnalyzer) -> Iterator[Example]:
    asked = _drawn([one for one in data.asked if one.right], sample)
    with _opened(data) as index:
        for one in asked:
            pool = find_pool(analyse(one.text, Aliases(), language), index)
            if pool is None:
                continue
            right = _right(index, pool, one)
            if right.any():
                yield Example(feature_matrix(pool), right, 1 / len(asked))


def _firsts(path: Path, ranking: Array, sample: int, language: ChineseAnalyzer) -> Iterator[First]:
    random = Random(0)
    kept: dict[int, bool] = {}
    data = load(path, lambda number: kept.setdefault(number, random.random() < 0.5))
    asked = _drawn(data.asked, sample)
    with _opened(data) as index:
        for one in asked:
            query = analyse(one.text, Aliases(), language)
            pool = find_pool(query, index)
            if pool is None:
                continue
            features = feature_matrix(pool)
            best = int(np.argmax(features @ ranking))
            shelf = Shelf(pool, index)
            place = around(shelf.fact(best).text, shelf.context(best), language)
            held, says = presence(query, place, Lexicon(index)), substance(pool.units)
            yield First(features[best], held, says, kept[one.article], 1 / len(asked))


def _right(index: Index, pool: Pool, asked: Asked) -> Array:
    facts = index.facts_at([int(key) for key in index.columns.keys[pool.rows]])
    return np.array([fact.id in asked.right for fact in facts])


def _drawn(asked: Sequence[Asked], sample: int) -> Sequence[Asked]:
    return Random(1).sample(asked, min(sample, len(asked)))


@contextmanager
def _opened(data: Data) -> Iterator[Index]:
    with tempfile.TemporaryDirectory() as folder:
        build_index(Path(folder) / "index", ((one, b"") for one in data.repaired))
        with open_index(Path(folder) / "index") as index:
            yield index


def _fit_ranking(examples: Sequence[Example]) -> Array:
    features = np.concatenate([example.features for example in examples])
    lengths = [len(example.features) for example in examples]
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    owner = np.repeat(np.arange(len(examples)), lengths)
    right = np.concatenate([example.right for example in examples])
    share = np.array([example.share for example in examples])[owner]
    spread = features.std(axis=0) + 1e-9
    scaled = (features - features.mean(axis=0)) / spread

    def gradient(weights: Array) -> Array:
        scores = scaled @ weights
        mass = np.exp(scores - np.maximum.reduceat(scores, starts)[owner])
        good = np.where(right, mass, 0.0)
        expected = mass / np.add.reduceat(mass, starts)[owner] - good / np.add.reduceat(good, starts)[owner]
        slope: Array = scaled.T @ (expected * share) + PENALTY * weights
        return slope

    weights: Array = _descend(gradient, features.shape[1]) / spread
    return weights


def _fit_logistic(features: Array, there: Array, share: Array, penalty: float) -> tuple[Array, float]:
    middle, spread = features.mean(axis=0), features.std(axis=0) + 1e-9
    scaled = np.column_stack([(features - middle) / spread, np.ones(len(features))])
    free = np.append(np.full(features.shape[1], penalty), 0.0)

    def gradient(weights: Array) -> Array:
        slope: Array = scaled.T @ ((1 / (1 + np.exp(-scaled @ weights)) - there) * share) + free * weights
        return slope

    found = _descend(gradient, scaled.shape[1])
    weights = found[:-1] / spread
    return weights, float(found[-1] - weights @ middle)


def _descend(gradient: Callable[[Array], Array], size: int) -> Array:
    """Minimise by Adam (Kingma and Ba 2015)."""
    weights, mean, square = np.zeros(size), np.zeros(size), np.zeros(size)
    for step in range(1, STEPS + 1):
        slope = gradient(weights)
        mean = 0.9 * mean + 0.1 * slope
        square = 0.99 * square + 0.01 * slope**2
        weights = weights - RATE * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-8)
    return weights
