"""How likely a line goes on with another one, from the three characters on each side of the break.

The hashed weights are made by `knowledge/training/repair/joins.py`; their card lies beside them in `knowledge/models/repair`.
"""

from __future__ import annotations

from functools import cache, lru_cache
from importlib.resources import files
from io import BytesIO
from typing import Final

import numpy as np

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


def buckets(left: str, right: str) -> list[int]:
    """Return the bucket of each feature of a break between two texts."""
    before = _plain(left[-3:])
    after = _plain(right[:3])
    codes = {-at: ord(before[-at]) if at <= len(before) else 2 for at in (1, 2, 3)}
    codes |= {at: ord(after[at - 1]) if at <= len(after) else 3 for at in (1, 2, 3)}
    found: list[int] = []
    for number, template in enumerate(_TEMPLATES):
        value = number + 1
        for place in template:
            value = (value * 0x9E3779B1 + codes[place]) & 0xFFFFFFFF
            value ^= value >> 15
        found.append((value * 0x85EBCA6B & 0xFFFFFFFF) >> 10)
    return found


@lru_cache(maxsize=20_000)
def join_score(left: str, right: str) -> float:
    """Return the logarithm of the odds that `right` goes on where `left` breaks off; give three characters of each."""
    weights = join_weights()
    found = buckets(left, right)
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


def _plain(text: str) -> str:
    plain = text.translate(_ALIKE).translate(_DIGITS)
    return "".join("a" if char.isascii() and char.isalpha() else char for char in plain)
