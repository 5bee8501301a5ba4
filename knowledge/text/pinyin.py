"""How characters sound, without tones: a table per character made from pypinyin, and Latin runs cut into syllables."""

from __future__ import annotations

import unicodedata
from collections.abc import Container, Iterator
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

READINGS = 3
"""Readings kept of a character with several (弄: nong, long), the commonest first."""
MOST_CUTS = 8
LONGEST_SYLLABLE = 6

Syllables = npt.NDArray[np.str_]
Readings = npt.NDArray[np.int16]


@lru_cache(8192)  # a few thousand with their tones; what users type besides
def toneless(syllable: str) -> str:
    """Return a syllable as typed on a keyboard: no tone, v for ü."""
    letters = unicodedata.normalize("NFD", syllable.lower().replace("ü", "v").replace("u:", "v"))
    kept = letters.replace("u\u0308", "v")
    return "".join(char for char in kept if char.isascii() and char.isalpha())


class PinyinTable(NamedTuple):
    """All `syllables`, ascending, and the numbers of each UTF-16 unit's `readings` among them (-1: none).

    The other way round, syllable n is spoken by the units `speakers[speaker_offsets[n]:speaker_offsets[n + 1]]`.
    """

    syllables: Syllables
    readings: Readings
    speakers: npt.NDArray[np.uint16]
    speaker_offsets: npt.NDArray[np.int64]


@cache
def sounds() -> PinyinTable:
    """Return how every character sounds.

    pypinyin is imported here because only a build needs it: it takes .2 s.
    """
    from pypinyin.constants import PINYIN_DICT

    readings = {
        code: list(dict.fromkeys(map(toneless, spoken.split(","))))[:READINGS]
        for code, spoken in PINYIN_DICT.items()
        if code <= 0xFFFF
    }
    syllables = np.array(sorted({name for names in readings.values() for name in names if name}))
    number = {name: at for at, name in enumerate(syllables.tolist())}
    table = np.full((0x10000, READINGS), -1, dtype=np.int16)
    for code, names in readings.items():
        numbers = [number[name] for name in names if name]
        table[code, : len(numbers)] = numbers
    chars, which = np.nonzero(table >= 0)
    order = np.argsort(table[chars, which], kind="stable")
    ends = np.searchsorted(table[chars, which][order], np.arange(len(syllables) + 1))
    return PinyinTable(syllables, table, chars[order].astype(np.uint16), ends)


def cuts(latin: str, known: Container[str]) -> Iterator[tuple[str, ...]]:
    """Yield the ways to cut letters into syllables, fewest syllables first; an apostrophe parts for certain."""
    parts = [toneless(part) for part in latin.replace("’", "'").split("'")]
    found: list[tuple[str, ...]] = [()]
    for part in parts:
        ways = list(_cuts(part, known))
        found = [left + right for left in found for right in ways][:MOST_CUTS]
    yield from sorted(found, key=len)


def _cuts(letters: str, known: Container[str]) -> Iterator[tuple[str, ...]]:
    open_ways: list[tuple[int, tuple[str, ...]]] = [(0, ())]
    steps = 0
    while open_ways and steps < 64 * MOST_CUTS:
        steps += 1
        at, way = open_ways.pop()
        if at == len(letters):
            yield way
            continue
        for size in range(1, LONGEST_SYLLABLE + 1):
            syllable = letters[at : at + size]
            if len(syllable) == size and syllable in known:
                open_ways.append((at + size, (*way, syllable)))
