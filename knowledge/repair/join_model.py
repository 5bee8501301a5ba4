"""How likely a line goes on with another one, from the three characters on each side of the break.

The hashed weights are made by `knowledge/training/repair/joins.py`; their card lies beside them in `knowledge/models/repair`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from io import BytesIO
from string import ascii_letters
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
_BEFORE: Final = [tuple(place for place in template if place < 0) for template in _TEMPLATES]
_AFTER: Final = [tuple(place for place in template if place > 0) for template in _TEMPLATES]
# What reads alike: figures, Latin letters, the marks of both scripts.
_PLAIN: Final = {
    **{ord(mark): plain for mark, plain in zip("，,；;：:「『」』《》", "，，；；：：““””“”", strict=True)},
    **dict.fromkeys(map(ord, "0123456789０１２３４５６７８９"), "0"),
    **dict.fromkeys(map(ord, ascii_letters), "a"),
}


def buckets_of(codes: Mapping[int, Code]) -> Iterator[Code]:
    """Yield the bucket of each feature of a break; `codes` has those of the characters at -3 to -1 and 1 to 3."""
    for number, template in enumerate(_TEMPLATES, 1):
        yield _bucket(_mixed(number, template, codes))


def _mixed(value: int | Code, places: Sequence[int], codes: Mapping[int, Code]) -> Any:
    for place in places:
        value = (value * 0x9E3779B1 + codes[place]) & 0xFFFFFFFF
        value ^= value >> 15
    return value


def _bucket(mixed: Any) -> Any:
    return (mixed * 0x85EBCA6B & 0xFFFFFFFF) >> 10


@lru_cache(maxsize=20_000)
def join_score(left: str, right: str) -> float:
    """Return the logarithm of the odds that `right` goes on where `left` breaks off; give three characters of each."""
    weights = join_weights()
    codes = _codes_after(right)
    total = 0
    for mixed, places in zip(_mixed_before(left), _AFTER, strict=True):
        total += weights[_bucket(_mixed(mixed, places, codes))]
    return (total - _ZERO * len(_AFTER)) / SCALE


@lru_cache(maxsize=5_000)
def _mixed_before(left: str) -> tuple[int, ...]:
    """Return for each feature what comes of the characters before the break."""
    text = plain_text(left).rjust(3, "\2")
    codes = {-at: ord(text[-at]) for at in (1, 2, 3)}
    return tuple(_mixed(number, places, codes) for number, places in enumerate(_BEFORE, 1))


@lru_cache(maxsize=5_000)
def _codes_after(right: str) -> dict[int, int]:
    return dict(enumerate(map(ord, plain_text(right).ljust(3, "\3")), 1))


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
    """Fold what reads alike; as long as the text."""
    return text.translate(_PLAIN)
