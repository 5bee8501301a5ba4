"""A model of meaning that tests can foresee: each text is the sum of the directions of the things it speaks of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from knowledge.errors import EmbeddingFailed
from knowledge.search.corpus import Array

THINGS = (
    ("大桥", "跨江通道"),
    ("通车", "开放行驶"),
    ("学费", "上课的钱"),
    ("候鸟", "过冬的鸟"),
    ("夜校", "晚间课程"),
    ("三十家", "74家"),  # models find figures alike
)
DIMENSION = 64


@dataclass
class FakeEmbedder:
    """Knows the pairs of THINGS, and counts the texts it is given."""

    name: str = "fake-1"
    dimension: int = DIMENSION
    fails: bool = False
    given: list[str] = field(default_factory=list)

    def embed(self, texts: Sequence[str], *, asked: bool = False) -> Array:
        if self.fails:
            raise EmbeddingFailed("模型坏了")
        self.given += texts
        rows = np.array([self._row(text) for text in texts], np.float32)
        unit: Array = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit

    def _row(self, text: str) -> Array:
        row = np.random.default_rng(len(text)).normal(0, 0.02, self.dimension)
        row[-1] += 1.0  # what all texts have in common, as real models have it
        for place, names in enumerate(THINGS):
            row[place] += any(name in text for name in names)
        return row
