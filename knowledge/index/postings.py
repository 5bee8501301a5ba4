"""Where characters stand: flat arrays that scoring reads without touching a row, and candidates from tantivy.

Term queries only: tantivy's query parser can be made to kill the process, and a query is never a language here.
"""

from __future__ import annotations

import errno
import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, fields
from itertools import accumulate, islice, pairwise
from mmap import ACCESS_READ, mmap
from os import SEEK_CUR
from pathlib import Path
from typing import BinaryIO, Self

import numpy as np
import numpy.lib.format as npy
import numpy.typing as npt
import tantivy

from knowledge.search.corpus import Array, Columns, distinct
from knowledge.text.folding import SEPARATOR, decoded, encode_all
from knowledge.text.pinyin import sounds

_CHUNK = 1 << 14
"""Facts counted at once: what they come to is sorted in a processor's own memory, and takes 45 MB."""


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
        return Columns(*(_mapped(file, data) for _ in fields(Columns) if file.tell() < len(data)))


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
class Additions:
    """What comes into an index or leaves it: facts, the key of the article of each, the articles' heads, their sections'.

    A section's heading has the key of the fact that it stands over.
    """

    facts: EncodedTexts
    articles: Array
    heads: EncodedTexts
    sections: EncodedTexts


@dataclass(frozen=True, slots=True)
class EncodedTexts:
    """Encoded texts in a row, each closed by a separator, with the key of each."""

    codes: Array
    offsets: Array
    keys: Array

    @classmethod
    def of(cls, keys: Sequence[int], texts: Sequence[str]) -> EncodedTexts:
        codes, lengths = encode_all(texts)
        return cls(codes, _offsets(np.array(lengths, dtype=np.int64)), np.array(keys, dtype=np.int64))

    def parted(self, *counts: int) -> list[EncodedTexts]:
        """Return the first so many texts, the next so many, and so on."""
        return [
            EncodedTexts(
                self.codes[self.offsets[first] : self.offsets[last]],
                self.offsets[first : last + 1] - self.offsets[first],
                self.keys[first:last],
            )
            for first, last in pairwise(accumulate(counts, initial=0))
        ]

    @classmethod
    def joined(cls, parts: Sequence[EncodedTexts]) -> EncodedTexts:
        """Put texts behind others; the keys ascend."""
        lengths = [np.zeros(0, np.int64), *(np.diff(part.offsets) for part in parts)]
        return cls(
            np.concatenate([np.zeros(0, "<u2"), *(part.codes for part in parts)]),
            _offsets(np.concatenate(lengths)),
            np.concatenate([np.zeros(0, np.int64), *(part.keys for part in parts)]),
        )

    def without(self, gone: npt.NDArray[np.bool_]) -> EncodedTexts:
        lengths = np.diff(self.offsets)
        return EncodedTexts(self.codes[~np.repeat(gone, lengths)], _offsets(lengths[~gone]), self.keys[~gone])

    def only(self, chosen: npt.NDArray[np.bool_]) -> EncodedTexts:
        return self.without(~chosen)


def _offsets(lengths: Array) -> Array:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)])


def frequencies(added: Additions) -> tuple[Array, Array, Array]:
    """Return `char_df`, `grams`, `gram_df` of some facts; what stands over a fact it holds, too."""
    facts = added.facts
    over = (
        (np.searchsorted(added.articles, added.heads.keys), added.heads),
        (np.searchsorted(facts.keys, added.sections.keys), added.sections),
    )
    char_df = np.zeros(0x10000, dtype=np.int64)
    pairs: list[tuple[Array, Array]] = []
    for first in range(0, len(facts.keys), _CHUNK):
        last = min(first + _CHUNK, len(facts.keys))
        owners = [np.arange(first, last).repeat(np.diff(facts.offsets[first : last + 1]))]
        texts = [facts.codes[facts.offsets[first] : facts.offsets[last]]]
        for under, heads in over:
            within = (first <= under) & (under < last)
            owners.append(under[within].repeat(np.diff(heads.offsets)[within]))
            texts.append(heads.only(within).codes)
        owner = (np.concatenate(owners) - first).astype(np.uint32)
        codes = np.concatenate(texts).astype(np.uint32)
        seen = distinct(owner << np.uint32(16) | codes)
        char_df += np.bincount(seen & np.uint32(0xFFFF), minlength=0x10000)
        whole = (codes[:-1] != ord(SEPARATOR)) & (codes[1:] != ord(SEPARATOR))
        grams = (codes[:-1] << np.uint32(16) | codes[1:])[whole]
        both = distinct(grams.astype(np.uint64) << np.uint64(16) | owner[:-1][whole])
        pairs.append(_counted((both >> np.uint64(16)).astype(np.uint32)))
    return (char_df.astype(np.int32), *_sum(pairs))


def _counted(ascending: Array) -> tuple[Array, Array]:
    """Return what there is, and how often."""
    first = np.flatnonzero(np.diff(ascending, prepend=ascending[:1] ^ 1))
    return ascending[first], np.diff(first, append=len(ascending))


def _sum(pairs: Sequence[Sequence[Array]]) -> tuple[Array, Array]:
    if not pairs:
        return np.zeros(0, np.uint32), np.zeros(0, np.int32)
    grams, place = np.unique(np.concatenate([g for g, _ in pairs]), return_inverse=True)
    counts = np.bincount(place, weights=np.concatenate([c for _, c in pairs]), minlength=len(grams))
    kept = counts > 0.5
    return grams[kept].astype(np.uint32), counts[kept].astype(np.int32)


def build_columns(added: Additions) -> Columns:
    return Columns(
        added.facts.codes,
        added.facts.offsets,
        added.facts.keys,
        added.articles,
        *frequencies(added),
        added.heads.codes,
        added.heads.offsets,
        added.heads.keys,
        *sounds(),
        added.sections.codes,
        added.sections.offsets,
        added.sections.keys,
    )


def update_columns(
    base: Columns,
    gone: npt.NDArray[np.bool_],
    gone_heads: npt.NDArray[np.bool_],
    gone_sections: npt.NDArray[np.bool_],
    added: Additions,
) -> Columns:
    """Make the columns of an index from another's, some facts and heads gone and others added behind."""
    parts = (
        (EncodedTexts(base.codes, base.offsets, base.keys), gone),
        (EncodedTexts(base.heads, base.head_offsets, base.head_keys), gone_heads),
        (EncodedTexts(base.sections, base.section_offsets, base.section_keys), gone_sections),
    )
    new = (added.facts, added.heads, added.sections)
    facts, heads, sections = (
        EncodedTexts.joined([before.without(lost), its])
        for (before, lost), its in zip(parts, new, strict=True)
    )
    lost_facts, lost_heads, lost_sections = (before.only(lost) for before, lost in parts)
    char_less, *less = frequencies(Additions(lost_facts, base.articles[gone], lost_heads, lost_sections))
    char_more, *more = frequencies(added)
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
        sections.codes,
        sections.offsets,
        sections.keys,
    )


_HEAP = 64_000_000


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("key", fast=True)
    builder.add_unsigned_field("file", indexed=True)
    builder.add_text_field("grams", tokenizer_name="whitespace", index_option="freq")
    return builder.build()


def _grams(texts: EncodedTexts) -> Iterator[str]:
    """Yield each text's character pairs, parted by spaces; a run's last character stands alone as well.

    So one character is found as the beginning of some token wherever it stands.
    """
    pairs = np.full((len(texts.codes), 3), ord(SEPARATOR), "<u2")
    pairs[:, 0] = texts.codes
    pairs[:-1, 1] = texts.codes[1:]
    begins = texts.codes != ord(SEPARATOR)
    whole = decoded(pairs[begins].reshape(-1))
    ends = np.concatenate([[0], np.cumsum(begins)])[texts.offsets].tolist()
    return (whole[3 * start : 3 * end] for start, end in pairwise(ends))


@contextmanager
def _told_by_the_system() -> Iterator[None]:
    """Raise an OSError for what tantivy tells of the system: a ValueError, mostly with the error's number in it."""
    try:
        yield
    except ValueError as error:
        told = re.search(r"code: (\d+)|os error (\d+)", str(error))
        number = int(told[1] or told[2]) if told else errno.EIO
        raise OSError(number, os.strerror(number)) from error


class BigramWriter:
    """Adds and removes facts; all is on disk when the block that it opens has ended.

    Raises:
        OSError: the disk is full, closed or broken.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        with _told_by_the_system():
            self._index = tantivy.Index(_schema(), path=str(folder), reuse=True)
            self._writer = self._index.writer(heap_size=_HEAP, num_threads=1)
        self._pool = ThreadPoolExecutor(1)
        self._committed: Future[None] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._pool:
            if self._committed:
                self._committed.result()

    def remove(self, file: int) -> None:
        # Not by term: tantivy-py then takes the number for a signed one, and nothing is deleted.
        self._writer.delete_documents_by_query(tantivy.Query.term_query(self._index.schema, "file", file))

    def add(self, file: int, texts: EncodedTexts, over: Sequence[int | None] = ()) -> None:
        """Add a file's facts by their keys; behind them in `texts` is what stands `over` some, by which they are found, too."""
        keys = texts.keys.tolist()
        facts = keys[: len(keys) - len(over)]
        grams = _grams(texts)
        own = list(islice(grams, len(facts)))
        more: defaultdict[int | None, str] = defaultdict(str)
        for key, its in zip(over, grams, strict=True):
            more[key] += its
        with _told_by_the_system():
            for key, its in zip(facts, own, strict=True):
                document = tantivy.Document()
                document.add_unsigned("file", file)
                document.add_unsigned("key", key)
                document.add_text("grams", its + more.get(key, ""))
                self._writer.add_document(document)

    def commit(self) -> None:
        """Begin to write everything to the disk, and to merge, while others work; nothing may be added after it."""
        self._committed = self._pool.submit(self._finish)

    def _finish(self) -> None:
        with _told_by_the_system():
            self._writer.commit()
            self._writer.wait_merging_threads()


class BigramIndex:
    def __init__(self, folder: Path) -> None:
        self._schema = _schema()
        with _told_by_the_system():
            self._searcher = tantivy.Index.open(str(folder)).searcher()

    def find(self, groups: Sequence[Sequence[str]], limit: int) -> npt.NDArray[np.int64]:
        """Return the keys of at most `limit` facts that hold a term of every group, best first."""
        if not all(groups):
            return np.zeros(0, np.int64)
        either = [self._join(tantivy.Occur.Should, map(self._term, group)) for group in groups]
        hits = self._searcher.search(self._join(tantivy.Occur.Must, either), limit, count=False).hits
        keys = self._searcher.fast_field_values("key", [address for _, address in hits])
        return np.array(keys, dtype=np.int64)

    def _term(self, term: str) -> tantivy.Query:
        return tantivy.Query.term_query(self._schema, "grams", term, "freq")

    @staticmethod
    def _join(occur: tantivy.Occur, parts: Iterable[tantivy.Query]) -> tantivy.Query:
        queries = list(parts)
        return queries[0] if len(queries) == 1 else tantivy.Query.boolean_query([(occur, q) for q in queries])
