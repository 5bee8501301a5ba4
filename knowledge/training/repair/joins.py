"""Fit the model of line breaks: logistic regression on hashed characters, by AdaGrad, in eight-bit weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import BytesIO
from random import Random
from typing import Final

import numpy as np
import numpy.typing as npt
from opencc import OpenCC

from knowledge.repair.join_model import BUCKETS, SCALE, buckets_of, codes_of
from knowledge.training.repair.corpus import ArticleCorpus, CleanArticle

PAIRS: Final = 5_000_000
_EPOCHS: Final = 3
_BATCH: Final = 8192
_RATE: Final = 0.25
# A feature seen less often is left out; of the others so many are kept.
_RARE: Final = 6
_KEPT: Final = 450_000
_FINISHED: Final = "。！？"


def fit_joins(corpus: ArticleCorpus, pairs: int = PAIRS) -> bytes:
    """Return the weights as a NumPy file."""
    features, truth = _examples(corpus.training, pairs, 1)
    counts = np.bincount(features.ravel(), minlength=BUCKETS)
    often = np.flatnonzero(counts >= _RARE)
    places = np.zeros(BUCKETS, np.int32)
    places[often] = np.arange(1, len(often) + 1)
    features = places[features]
    weights = np.zeros(len(often) + 1, np.float32)
    squares = np.full(len(weights), 1e-2, np.float32)
    order = np.random.default_rng(1)
    for _ in range(_EPOCHS):
        for batch in np.array_split(order.permutation(len(truth)), max(1, len(truth) // _BATCH)):
            rows = features[batch]
            error = 1 / (1 + np.exp(-weights[rows].sum(1))) - truth[batch]
            gradient = np.bincount(rows.ravel(), np.repeat(error, rows.shape[1]), len(weights)).astype(
                np.float32
            )
            gradient[0] = 0
            squares += gradient**2
            weights -= _RATE * gradient / np.sqrt(squares)
    rounded = np.clip(np.round(weights[1:] * SCALE), -127, 127).astype(np.int8)
    # The sure evidence for a weight grows with the root of how often it was seen.
    worth = np.abs(rounded) * np.sqrt(counts[often])
    kept = np.sort(np.argsort(-worth, kind="stable")[:_KEPT])
    table = np.zeros(len(kept), [("bucket", "<u4"), ("weight", "i1")])
    table["bucket"], table["weight"] = often[kept], rounded[kept]
    target = BytesIO()
    np.save(target, table)
    return target.getvalue()


def _examples(
    articles: Sequence[CleanArticle], count: int, seed: int
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    lefts, rights, truth = zip(*_breaks(articles, count, seed), strict=True)
    columns = [bucket.astype(np.int32) for bucket in buckets_of(codes_of(lefts, rights))]
    return np.stack(columns, 1), np.array(truth, np.float32)


def _breaks(articles: Sequence[CleanArticle], count: int, seed: int) -> Iterator[tuple[str, str, float]]:
    """Yield a true break inside a paragraph, and a false one: another column's, a title's, a paragraph's."""
    r = Random(seed)
    traditional = OpenCC("s2t")
    for _ in range(count // 2):
        article = r.choice(articles)
        text, at = _inside(r, article.paragraphs)
        left, right = text[max(0, at - 3) : at], text[at : at + 3]
        chance = r.random()
        if chance < 0.5:
            other, place = _inside(r, article.paragraphs)
            wrong = left, other[place : place + 3]
        elif chance < 0.64:
            other, place = _inside(r, r.choice(articles).paragraphs)
            wrong = left, other[place : place + 3]
        elif chance < 0.74:
            wrong = left, r.choice(article.paragraphs)[:3]
        elif chance < 0.84:
            wrong = left, r.choice(articles).title[:3]
        elif chance < 0.92:
            wrong = r.choice(articles).title[-3:], r.choice(article.paragraphs)[:3]
        else:
            other, place = _inside(r, article.paragraphs)
            wrong = r.choice(articles).title[-3:], other[place : place + 3]
        if r.random() < 0.2:
            left, right = traditional.convert(left), traditional.convert(right)
            wrong = traditional.convert(wrong[0]), traditional.convert(wrong[1])
        yield left, right, 1.0
        yield *wrong, 0.0


def _inside(r: Random, paragraphs: Sequence[str]) -> tuple[str, int]:
    """Choose a break inside a sentence, where a line may end."""
    text, at = paragraphs[0], 4
    for _ in range(20):
        text = r.choice(paragraphs)
        if len(text) < 12:
            continue
        at = r.randrange(4, len(text) - 4)
        ended = text[at - 1] in _FINISHED or (text[at - 1] in "”’）」" and text[at - 2] in _FINISHED)
        if ended or (text[at] in "，。、；：！？”’）》」" and r.random() < 0.8):
            continue
        break
    return text, at
