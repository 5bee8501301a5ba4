"""Whether a text was read off a newspaper's page in print, several articles on it, or is a file of any other kind.

The weights are made by `knowledge/training/repair/regressions.py`; their card lies beside them in `knowledge/models/repair`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from knowledge.repair.page_layout import PageLine

# The width that lines fill is that which so many do not exceed; of it a line of text fills so much.
_FILLED: Final = 0.85
_NARROWEST: Final = 6
# No count tells more than if it lay so many deviations from the mean.
_REACH: Final = 4.0

Row: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PageKindWeights:
    """The model file: mean and deviation of each count, and the weights of what `terms` makes of them."""

    mean: list[float]
    deviation: list[float]
    weights: list[float]


def is_printed_page(lines: Sequence[PageLine]) -> bool:
    """Tell whether these lines were read off a page in print, by how many there are and how they are set."""
    if not lines:
        return False
    mean, deviation, weights = page_kind_weights()
    return float(terms(np.array(counts(lines)), mean, deviation) @ weights) > 0


def counts(lines: Sequence[PageLine]) -> list[float]:
    """Return what is counted of the lines of a document."""
    total = len(lines)
    widths = sorted(line.width for line in lines if line.width > _NARROWEST) or [10.0]
    full = widths[int(_FILLED * (len(widths) - 1))]
    displayed = sum(line.width < _FILLED * full and not line.finished for line in lines)
    return [
        math.log(total),
        math.log(full),
        math.log(widths[-1]),
        math.log1p(displayed),
        displayed / total,
        sum(0.9 * full <= width <= 1.03 * full for width in widths) / len(widths),
        sum(line.width <= 0.5 * full for line in lines) / total,
        sum(line.finished for line in lines) / total,
        sum(line.gap > 0 for line in lines) / total,
        sum(line.gap > 1 for line in lines) / total,
        sum(line.indent > 1 for line in lines) / total,
        sum(line.doubled for line in lines) / total,
        sum(line.spaced for line in lines) / total,
        len({line.column for line in lines}) / 10,
        sum(line.number < above.number for above, line in pairwise(lines)) / total,
    ]


def terms(counted: Row, mean: Row, deviation: Row) -> Row:
    """Return for each row of counts one, the counts to one scale, and the product of each two."""
    scaled = np.minimum(np.maximum((counted - mean) / deviation, -_REACH), _REACH)
    one, other = _each_two(scaled.shape[-1])
    return np.concatenate(
        [np.ones((*scaled.shape[:-1], 1)), scaled, scaled[..., one] * scaled[..., other]], axis=-1
    )


@cache
def _each_two(count: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    return np.triu_indices(count)


@cache
def page_kind_weights() -> tuple[Row, Row, Row]:
    """Return what tells a printed page, the fields of the model file, read once."""
    text = files("knowledge.models.repair").joinpath("page_kind.json").read_text(encoding="utf-8")
    model = PageKindWeights(**json.loads(text))
    return np.array(model.mean), np.array(model.deviation), np.array(model.weights)
