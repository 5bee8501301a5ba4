"""Damages bytes as disks, mail and malice do; the same seed gives the same damage."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Final

_NASTY: Final = (
    b"\0",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"PK\x05\x06",
    b"%PDF-",
    b"<![CDATA[",
    b"\xed\xa0\x80",
    b"<" * 99,
)


def mutated(data: bytes, seed: int, number: int, others: Sequence[bytes] = ()) -> Iterator[bytes]:
    """Yield `number` damaged versions of `data`, each damaged one to four times.

    One in eight is spliced with one of `others`, one in eight in a wrong encoding or mere noise.
    """
    pick = random.Random(seed)
    for number_of_it in range(number):
        damaged = bytearray(data)
        if number_of_it % 8 == 0 and others:
            _splice(damaged, pick, pick.choice(others))
        elif number_of_it % 8 == 1:
            pick.choice((_recode, _noise))(damaged, pick)
        for _ in range(pick.randint(1, 4)):
            pick.choice(_DAMAGES)(damaged, pick)
        yield bytes(damaged)


def _splice(data: bytearray, pick: random.Random, other: bytes) -> None:
    data[pick.randint(0, len(data)) :] = other[pick.randint(0, len(other)) :]


def _recode(data: bytearray, pick: random.Random) -> None:
    known, wrong = pick.sample(("utf-8", "gb18030", "utf-16", "big5", "latin-1"), 2)
    data[:] = bytes(data).decode(known, "replace").encode(wrong, "replace")


def _noise(data: bytearray, pick: random.Random) -> None:
    """Random bytes behind what tells the format."""
    data[8:] = pick.randbytes(pick.choice((0, 1, 100, 5_000)))


def _flip(data: bytearray, pick: random.Random) -> None:
    for _ in range(pick.randint(1, 16)):
        if data:
            data[pick.randrange(len(data))] ^= 1 << pick.randrange(8)


def _cut(data: bytearray, pick: random.Random) -> None:
    del data[pick.randint(0, len(data)) :]


def _drop(data: bytearray, pick: random.Random) -> None:
    start = pick.randint(0, len(data))
    del data[start : start + pick.randint(1, 200)]


def _repeat(data: bytearray, pick: random.Random) -> None:
    start = pick.randint(0, len(data))
    data[start:start] = data[start : start + pick.randint(1, 500)] * pick.randint(1, 9)


def _insert(data: bytearray, pick: random.Random) -> None:
    start = pick.randint(0, len(data))
    data[start:start] = pick.choice(_NASTY)


def _overwrite(data: bytearray, pick: random.Random) -> None:
    start = pick.randint(0, len(data))
    data[start : start + 8] = pick.choice((b"\xff" * 8, b"\0" * 8, b"99999999", pick.randbytes(8)))


_DAMAGES: Final[tuple[Callable[[bytearray, random.Random], None], ...]] = (
    _flip,
    _cut,
    _drop,
    _repeat,
    _insert,
    _overwrite,
)
