"""How likely a line goes on with another one, from the three characters on each side of the break.

The hashed weights are made by `knowledge/training/repair/joins.py`; their card lies beside them in `knowledge/models/repair`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from importlib.resources import files
from io import BytesIO
from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt

# Of one character, or of a character in each of many texts.
Code = TypeVar("Code", int, npt.NDArray[Any])

BUCKETS: Final = 1 << 22
SCALE: Final = 16
_ZERO: Final = 128
# Which characters each feature reads: negative before the break, positive after it, 1 the nearest.
_TEMPLATES: Final = (
    (-1, 1),
    (-2, -1, 1),
    (-1, 1, 2),
    (-2, -1, 1, 2),
    (-3, -2, -1, 1),
    (-1, 1, 2, 3),
    (-1,),
    (1,),
    (1, 2),
    (-2, -1),
    (-2, 1),
    (-1, 2),
)
_ALIKE: Final = {ord(a): b for a, b in zip("，,；;：:「『」』《》", "，，；；：：““””“”", strict=True)}
_DIGITS: Final = {ord(digit): "0" for digit in "0123456789０１２３４５６７８９"}


def buckets_of(codes: Mapping[int, Code]) -> Iterator[Code]:
    """Yield the bucket of each feature of a break; `codes` has those of the characters at -3 to -1 and 1 to 3."""
    for number, template in enumerate(_TEMPLATES):
        first, *rest = template
        value = ((number + 1) * 0x9E3779B1 + codes[first]) & 0xFFFFFFFF
        value ^= value >> 15
        for place in rest:
            value = (value * 0x9E3779B1 + codes[place]) & 0xFFFFFFFF
            value ^= value >> 15
        yield (value * 0x85EBCA6B & 0xFFFFFFFF) >> 10


@lru_cache(maxsize=20_000)
def join_score(left: str, right: str) -> float:
    """Return the logarithm of the odds that `right` goes on where `left` breaks off; give three characters of each."""
    weights = join_weights()
    before, after = plain_text(left).rjust(3, "\2"), plain_text(right).ljust(3, "\3")
    codes = {-at: ord(before[-at]) for at in (1, 2, 3)} | {at: ord(after[at - 1]) for at in (1, 2, 3)}
    found = list(buckets_of(codes))
    return (sum([weights[each] for each in found]) - _ZERO * len(found)) / SCALE


def goes_on(left: str, right: str) -> float:
    """As `join_score`, for whole lines."""
    return join_score(left[-3:], right[:3])


@cache
def join_weights() -> bytes:
    """Read the weights into a table with a byte for each bucket, `_ZERO` for none."""
    data = files("knowledge.models.repair").joinpath("joins.npy").read_bytes()
    table = np.load(BytesIO(data), allow_pickle=False)
    weights = np.full(BUCKETS, _ZERO, np.uint8)
    weights[table["bucket"]] = table["weight"].astype(np.int16) + _ZERO
    return weights.tobytes()


def plain_text(text: str) -> str:
    """Fold what reads alike: figures, Latin letters, the marks of both scripts; as long as the text."""
    plain = text.translate(_ALIKE).translate(_DIGITS)
    return "".join("a" if char.isascii() and char.isalpha() else char for char in plain)
