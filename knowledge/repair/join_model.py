"""How likely a line goes on with another one, from the three characters on each side of the break.

The hashed weights are made by `knowledge/training/repair/regressions.py`; their card lies beside them in `knowledge/models/repair`.
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


def codes_of(lefts: Sequence[str], rights: Sequence[str]) -> dict[int, npt.NDArray[np.uint64]]:
    """Return the codes of the last three characters of many texts before a break, and of the first ones of those after."""
    before = _table([plain_text(text[-3:]).rjust(3, "\2") for text in lefts])
    after = _table([plain_text(text[:3]).ljust(3, "\3") for text in rights])
    return {at: before[:, at] for at in (-3, -2, -1)} | {at: after[:, at - 1] for at in (1, 2, 3)}


def _table(texts: Sequence[str]) -> npt.NDArray[np.uint64]:
    codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32)
    return codes.reshape(-1, 3).astype(np.uint64)


def each_goes_on(lefts: Sequence[str], rights: Sequence[str]) -> list[list[float]]:
    """Return as `goes_on` how each of some lines goes on with each of others: a row for each of `lefts`."""
    codes = codes_of(lefts, rights)
    buckets = buckets_of({at: each[:, None] if at < 0 else each[None, :] for at, each in codes.items()})
    weights = np.frombuffer(join_weights(), np.uint8)
    total = sum((weights[bucket].astype(np.int64) for bucket in buckets), np.zeros((1, 1), np.int64))
    scores: list[list[float]] = ((total - _ZERO * len(_TEMPLATES)) / SCALE).tolist()
    return scores


@lru_cache(maxsize=20_000)
def join_score(left: str, right: str) -> float:
    """Return the logarithm of the odds that `right` goes on where `left` breaks off; give three characters of each."""
    weights = join_weights()
    codes = _codes_after(right)
    total = 0
    for mixed, places in zip(_mixed_before(left), _AFTER, strict=True):
        for place in places:  # as `_mixed` and `_bucket`, which would be called two dozen times
            mixed = (mixed * 0x9E3779B1 + codes[place]) & 0xFFFFFFFF
            mixed ^= mixed >> 15
        total += weights[(mixed * 0x85EBCA6B & 0xFFFFFFFF) >> 10]
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
