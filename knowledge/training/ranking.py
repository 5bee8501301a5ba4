"""Fit RANKING and SIMILARITY of `knowledge/search/ranking.py`: `make models ARGS="ranking FILE.json …"`.

Each data set counts equally. RANKING: linear, listwise softmax loss (Cao et al. 2007). SIMILARITY: logistic
regression of “the article is there” on the first fact's features, half of the articles removed.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np

from knowledge.index.index import Index
from knowledge.query.aliases import Aliases
from knowledge.query.analysis import analyse
from knowledge.search.corpus import Array
from knowledge.search.pool import Pool, find_pool
from knowledge.search.ranking import FEATURES, SIMILARITY, feature_matrix
from knowledge.text.analyzer import ChineseAnalyzer
from knowledge.training.fitting import descend, drawn, logistic, opened
from knowledge.training.question_sets import AskedQuestion, QuestionSet, load

PENALTY = 1e-3
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
    there: bool
    share: float


def main(arguments: Sequence[str]) -> None:
    """Print both models."""
    parser = argparse.ArgumentParser(prog="python -m knowledge.training ranking")
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--sample", type=int, default=1500)
    options = parser.parse_args(arguments)
    language = ChineseAnalyzer()
    examples = [
        example for path in options.files for example in _examples(load(path), options.sample, language)
    ]
    ranking = fit_ranking(examples)
    print("RANKING", {name: round(float(weight), 3) for name, weight in zip(NAMES, ranking, strict=True)})
    chosen = [NAMES.index(name) for name in SIMILARITY]
    firsts = [first for path in options.files for first in _firsts(path, ranking, options.sample, language)]
    there = np.array([first.there for first in firsts], dtype=np.float64)
    share = np.array([first.share for first in firsts])
    similar = np.stack([first.features[chosen] for first in firsts])
    weights, bias = logistic(similar, there, share, PENALTY)
    print("SIMILARITY", {n: round(float(w), 2) for n, w in zip(SIMILARITY, weights, strict=True)})
    print("SIMILARITY_BIAS", round(bias, 2))


def _examples(data: QuestionSet, sample: int, language: ChineseAnalyzer) -> Iterator[Example]:
    asked = drawn([one for one in data.asked if one.fact], sample)
    with opened(data) as index:
        for one in asked:
            pool = find_pool(analyse(one.text, Aliases(), language), index)
            if pool is None:
                continue
            right = right_rows(index, pool, one)
            if right.any():
                yield Example(feature_matrix(pool), right, 1 / len(asked))


def _firsts(path: Path, ranking: Array, sample: int, language: ChineseAnalyzer) -> Iterator[First]:
    random = Random(0)
    kept: dict[int, bool] = {}
    data = load(path, lambda number: kept.setdefault(number, random.random() < 0.5))
    asked = drawn(data.asked, sample)
    with opened(data) as index:
        for one in asked:
            query = analyse(one.text, Aliases(), language)
            pool = find_pool(query, index)
            if pool is None:
                continue
            features = feature_matrix(pool)
            best = int(np.argmax(features @ ranking))
            yield First(features[best], kept[one.article], 1 / len(asked))


def right_rows(index: Index, pool: Pool, asked: AskedQuestion) -> Array:
    """Tell which rows of a pool hold the answer."""
    facts = index.facts_at([int(key) for key in index.columns.keys[pool.rows]])
    return np.array([asked.fact is not None and fact.id == asked.fact.id for fact in facts])


def fit_ranking(examples: Sequence[Example]) -> Array:
    """Fit a linear model by listwise softmax loss."""
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

    weights: Array = descend(gradient, np.zeros(features.shape[1])) / spread
    return weights
