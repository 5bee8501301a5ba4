"""Make, save and map the flat arrays that scoring reads without touching a row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from mmap import ACCESS_READ, mmap
from os import SEEK_CUR
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.lib.format as npy
import numpy.typing as npt

from knowledge.search.corpus import Array, Columns
from knowledge.text.pinyin import sounds
from knowledge.text.script import SEPARATOR

_CHUNK = 100_000


def save_columns(columns: Columns, path: Path) -> None:
    """Write every array to one file, each in the format of numpy and at a place where it can be mapped.

    Not by `numpy.save`: its `tofile` closes a C stream of its own without a look whether what was left could be
    written (npy_PyFile_DupClose2), and zeros stay in its place.
    """
    with path.open("wb") as file:
        for column in fields(columns):
            array = np.ascontiguousarray(getattr(columns, column.name))
            file.seek(_aligned(file.tell()))
            npy.write_array_header_1_0(file, npy.header_data_from_array_1_0(array))
            file.write(array.data)


def open_columns(path: Path) -> Columns:
    """Map what `save_columns` wrote; nothing is read yet."""
    with path.open("rb") as file:
        data = mmap(file.fileno(), 0, access=ACCESS_READ)
        return Columns(*(_mapped(file, data) for _ in fields(Columns)))


def _mapped(file: BinaryIO, data: mmap) -> Array:
    file.seek(_aligned(file.tell()))
    npy.read_magic(file)
    shape, _, kind = npy.read_array_header_1_0(file)
    array = np.ndarray(shape, kind, data, file.tell())
    file.seek(array.nbytes, SEEK_CUR)
    return array


def _aligned(place: int) -> int:
    return -(-place // npy.ARRAY_ALIGN) * npy.ARRAY_ALIGN


@dataclass(frozen=True, slots=True)
class Added:
    """What comes into an index: facts, the key of the article of each, and the articles' heads."""

    facts: Texts
    articles: Array
    heads: Texts


@dataclass(frozen=True, slots=True)
class Texts:
    """Encoded texts in a row with the key of each."""

    codes: Array
    offsets: Array
    keys: Array

    def without(self, gone: npt.NDArray[np.bool_]) -> Texts:
        """Leave out the texts marked in `gone`."""
        lengths = np.diff(self.offsets)
        return Texts(self.codes[~np.repeat(gone, lengths)], _offsets(lengths[~gone]), self.keys[~gone])

    def only(self, chosen: npt.NDArray[np.bool_]) -> Texts:
        """Keep the texts marked in `chosen`."""
        return self.without(~chosen)

    def then(self, other: Texts) -> Texts:
        """Put `other` behind; its keys are all greater."""
        return Texts(
            np.concatenate([self.codes, other.codes]),
            np.concatenate([self.offsets, other.offsets[1:] + self.offsets[-1]]),
            np.concatenate([self.keys, other.keys]),
        )


def texts(rows: Iterable[tuple[int, bytes]]) -> Texts:
    """Lay (key, UTF-16 units) in a row, each closed by a separator."""
    keys: list[int] = []
    parts: list[bytes] = []
    end = SEPARATOR.encode("utf-16-le")
    for key, data in rows:
        keys.append(key)
        parts.append(data + end)
    lengths = np.fromiter((len(part) // 2 for part in parts), dtype=np.int64, count=len(parts))
    codes = np.frombuffer(b"".join(parts), dtype="<u2")
    return Texts(codes, _offsets(lengths), np.array(keys, dtype=np.int64))


def _offsets(lengths: Array) -> Array:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)])


def frequencies(facts: Texts) -> tuple[Array, Array, Array]:
    """Return `char_df`, `grams`, `gram_df` of some facts."""
    char_df = np.zeros(0x10000, dtype=np.int64)
    pairs: list[tuple[Array, Array]] = []
    for first in range(0, len(facts.keys), _CHUNK):
        last = min(first + _CHUNK, len(facts.keys))
        low, high = facts.offsets[first], facts.offsets[last]
        codes = facts.codes[low:high].astype(np.uint64)
        owner = np.repeat(np.arange(last - first, dtype=np.uint64), np.diff(facts.offsets[first : last + 1]))
        seen = np.unique(owner << np.uint64(16) | codes)
        char_df += np.bincount(seen & np.uint64(0xFFFF), minlength=0x10000)
        whole = (codes[:-1] != ord(SEPARATOR)) & (codes[1:] != ord(SEPARATOR))
        both = (owner[:-1] << np.uint64(32) | codes[:-1] << np.uint64(16) | codes[1:])[whole]
        found = np.unique(both) & np.uint64(0xFFFFFFFF)
        pairs.append(np.unique(found.astype(np.uint32), return_counts=True))
    return (char_df.astype(np.int32), *_sum(pairs))


def _sum(pairs: Sequence[Sequence[Array]]) -> tuple[Array, Array]:
    if not pairs:
        return np.zeros(0, np.uint32), np.zeros(0, np.int32)
    grams, place = np.unique(np.concatenate([g for g, _ in pairs]), return_inverse=True)
    counts = np.bincount(place, weights=np.concatenate([c for _, c in pairs]), minlength=len(grams))
    kept = counts > 0.5
    return grams[kept].astype(np.uint32), counts[kept].astype(np.int32)


def build_columns(added: Added) -> Columns:
    """Make the columns of a whole index."""
    return Columns(
        added.facts.codes,
        added.facts.offsets,
        added.facts.keys,
        added.articles,
        *frequencies(added.facts),
        added.heads.codes,
        added.heads.offsets,
        added.heads.keys,
        *sounds(),
    )


def update_columns(
    base: Columns, gone: npt.NDArray[np.bool_], gone_heads: npt.NDArray[np.bool_], added: Added
) -> Columns:
    """Make the columns of an index from another's, some facts and heads gone and others added behind."""
    before = Texts(base.codes, base.offsets, base.keys)
    facts = before.without(gone).then(added.facts)
    heads = Texts(base.heads, base.head_offsets, base.head_keys).without(gone_heads).then(added.heads)
    char_less, *less = frequencies(before.only(gone))
    char_more, *more = frequencies(added.facts)
    counted = ((base.grams, base.gram_df), more, (less[0], -less[1]))
    return Columns(
        facts.codes,
        facts.offsets,
        facts.keys,
        np.concatenate([base.articles[~gone], added.articles]),
        base.char_df + char_more - char_less,
        *_sum(counted),
        heads.codes,
        heads.offsets,
        heads.keys,
        base.syllables,
        base.readings,
        base.speakers,
        base.speaker_offsets,
    )
