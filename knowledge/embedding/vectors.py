"""Vectors of sentences on disk: appended by one writer, mapped by any number of readers, searched without an index.

A vector is kept as its difference from the mean of the first ones, in 8 bits a number with a scale of its own, and
as the signs of that difference. The signs, 48 bytes for 384 numbers, are compared with the query's first, all of
them (Charikar 2002); the rows that differ in the fewest are then scored exactly. That takes 18 ms among a million, and
a batch that was appended a moment ago is found at once (docs/search.md).

committed        the generation that serves, how many of its sentences and rows are whole; what lies behind is
                 written over
000001/          one generation:
  about.json       the model's name and the number of dimensions
  mean.f4          what is taken off every vector
  sentences.bin    per sentence: its key, its first row, how many rows it has (itself, then its clauses)
  rows.i8, scales.f4, signs.u8
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np

from knowledge.search.corpus import Array
from knowledge.snapshots.files import exclusive, write_durably

SENTENCE = np.dtype([("key", "<u8"), ("first", "<u4"), ("count", "<u4")])
BLOCK = 4096
"""Rows whose signs lie together, word by word, so that a processor compares many at a time."""
RESCORED = 4000
"""Rows that are scored exactly: of very dense vectors (docs/search.md) .86 of the twenty nearest are among them."""
COUNTED = 100_000
"""Rows at most that are counted to tell how alike the nearest so many are."""
_AT_ONCE = 4
ABOUT, MEAN, SENTENCES, COMMITTED = "about.json", "mean.f4", "sentences.bin", "committed"
ROWS, SCALES, SIGNS = "rows.i8", "scales.f4", "signs.u8"


@dataclass(frozen=True, slots=True)
class Model:
    """What made the vectors: others cannot be compared with them."""

    name: str
    dimension: int


@dataclass(frozen=True, slots=True)
class Committed:
    """What is whole: the generation (0: none), its sentences and rows."""

    generation: int
    sentences: int
    rows: int


def text_key(text: str) -> int:
    """Return 64 bits that stand for a text."""
    return int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "little")


class Vectors:
    """The vectors that were whole when this was opened; lookups may come from any thread."""

    def __init__(self, folder: Path, model: Model, sentences: int, rows: int) -> None:
        self.model = model
        self._mean = np.fromfile(folder / MEAN, "<f4", model.dimension)
        self._sentences = np.fromfile(folder / SENTENCES, SENTENCE, sentences)
        self._rows = mapped(folder / ROWS, "i1", (rows, model.dimension))
        self._scales = mapped(folder / SCALES, "<f4", (rows,))
        self._signs = mapped(folder / SIGNS, "<u8", (-(-rows // BLOCK), _words(model), BLOCK))

    def __len__(self) -> int:
        return len(self._sentences)

    @property
    def keys(self) -> Array:
        """The key of every sentence."""
        return self._sentences["key"]

    def vector(self, sentence: int) -> Array:
        """Return a whole sentence's vector (float32, length 1), by its number."""
        row = int(self._sentences["first"][sentence])
        vector: Array = self._rows[row].astype(np.float32) * self._scales[row] + self._mean
        return vector / max(float(np.linalg.norm(vector)), 1e-9)

    def nearest(self, query: Array) -> Array:
        """Return the sentences (by number, each once, in no order) that some row near the query belongs to."""
        rows = self._alike(packed_signs((query - self._mean)[None])[0])
        found: Array = np.unique(np.searchsorted(self._sentences["first"], rows, "right") - 1)
        return found

    def likeness(self, query: Array, sentences: Array) -> Array:
        """Return how alike a query (float32, length 1) and sentences are.

        The cosine with the whole sentence, averaged with that of its nearest clause where it has clauses: long
        sentences tell several things.
        """
        if not len(sentences):
            return np.zeros(0, np.float32)
        first = self._sentences["first"][sentences].astype(np.int64)
        count = self._sentences["count"][sentences].astype(np.int64)
        starts = np.cumsum(count) - count
        cosines = self._cosines(query, rows_of(first, count))
        whole = cosines[starts]
        cosines[starts] = np.where(count > 1, -np.inf, whole)
        alike: Array = (whole + np.maximum.reduceat(cosines, starts)) / 2
        return alike

    def _cosines(self, query: Array, rows: Array) -> Array:
        cosines: Array = (self._rows[rows].astype(np.float32) @ query) * self._scales[rows]
        cosines += float(query @ self._mean)
        return cosines

    def _alike(self, signs: Array) -> Array:
        """Return the rows whose signs differ least from the query's."""
        if len(self._rows) <= RESCORED:
            return np.arange(len(self._rows))
        differing = np.zeros((len(self._signs), BLOCK), np.uint16)
        for start in range(0, len(self._signs), _AT_ONCE):  # what fits a processor's cache
            part, some = self._signs[start : start + _AT_ONCE], differing[start : start + _AT_ONCE]
            for word, asked in enumerate(signs):
                some += np.bitwise_count(part[:, word] ^ asked)
        flat = differing.reshape(-1)[: len(self._rows)]
        step = max(1, len(flat) // COUNTED)
        most = np.searchsorted(np.bincount(flat[::step]).cumsum(), RESCORED // step)
        return np.flatnonzero(flat <= most)


def open_vectors(folder: Path) -> Vectors | None:
    """Open what is whole now; None where there is nothing, or not all that should be."""
    state = committed(folder)
    here = generation_folder(folder, state)
    model = model_of(here)
    if model is None or not state.sentences:
        return None
    try:
        return Vectors(here, model, state.sentences, state.rows)
    except (OSError, ValueError):
        return None  # cleared away while we looked, or cut short: the next generation is found


def committed(folder: Path) -> Committed:
    """Return what is whole now; costs one small read."""
    try:
        return Committed(*map(int, (folder / COMMITTED).read_bytes().split()))
    except (OSError, ValueError, TypeError):
        return Committed(0, 0, 0)


def generation_folder(folder: Path, state: Committed) -> Path:
    return folder / f"{state.generation:06d}"


def model_of(folder: Path) -> Model | None:
    """Return what made a generation, or None where there is none."""
    try:
        told = json.loads((folder / ABOUT).read_bytes())
        return Model(told["name"], int(told["dimension"]))
    except (OSError, ValueError, KeyError):
        return None


def rows_of(first: Array, count: Array) -> Array:
    """Return the rows of runs, each from `first` on and so many."""
    first, count = first.astype(np.int64), count.astype(np.int64)
    ends = np.cumsum(count)
    rows: Array = np.arange(int(ends[-1])) + np.repeat(first - (ends - count), count)
    return rows


def _words(model: Model) -> int:
    return -(-model.dimension // 64)


def packed_signs(rows: Array) -> Array:
    """Pack which numbers are positive, 64 in a word."""
    bits = np.packbits(rows > 0, axis=1)
    return np.pad(bits, ((0, 0), (0, -bits.shape[1] % 8))).view("<u8")


def mapped(path: Path, kind: str, shape: tuple[int, ...]) -> Array:
    return np.memmap(path, kind, "r", shape=shape)


class VectorsWriter:
    """Appends sentences; only one process at a time has one (`writing_vectors`)."""

    def __init__(self, folder: Path, model: Model) -> None:
        self.model = model
        self._folder = folder
        self._mean: Array | None = None
        self._keys: set[int] = set()
        state = committed(folder)
        if state.generation and model_of(generation_folder(folder, state)) == model:
            self._state = state
            kept = np.fromfile(self._here / SENTENCES, SENTENCE, state.sentences)
            self._mean = np.fromfile(self._here / MEAN, "<f4") if state.sentences else None
            self._keys = set(kept["key"].tolist())
        else:
            self._begin(state.generation + 1)

    def __contains__(self, key: int) -> bool:
        return key in self._keys

    def __len__(self) -> int:
        return self._state.sentences

    @property
    def _here(self) -> Path:
        return generation_folder(self._folder, self._state)

    def add(self, sentences: Sequence[tuple[int, Array]]) -> None:
        """Append sentences, each its key and its vectors (float32 [n, d]: itself, then its clauses); on disk at return.

        Of the first ones, all at once, the mean is taken.
        """
        vectors = np.concatenate([rows for _, rows in sentences])
        if self._mean is None:
            self._mean = vectors.mean(axis=0).astype("<f4")
            self._mean.tofile(self._here / MEAN)
        rest = vectors - self._mean
        scales = np.maximum(np.abs(rest).max(axis=1), 1e-9) / 127
        counts = np.array([len(rows) for _, rows in sentences])
        keys = np.array([key for key, _ in sentences], "<u8")
        self._append(keys, counts, np.rint(rest / scales[:, None]).astype("i1"), scales.astype("<f4"))
        self._commit()

    def keep_only(self, keys: Container[int]) -> None:
        """Leave out the sentences of other keys, if they are the most; readers go on with what they have mapped."""
        before = self._here, self._state
        table = np.fromfile(self._here / SENTENCES, SENTENCE, self._state.sentences)
        kept = table[[key in keys for key in table["key"].tolist()]]
        if 2 * len(kept) >= len(table) or not len(kept):
            return
        rows = mapped(self._here / ROWS, "i1", (self._state.rows, self.model.dimension))
        scales = mapped(self._here / SCALES, "<f4", (self._state.rows,))
        mean = self._mean
        self._begin(self._state.generation + 1)
        self._mean = mean
        assert mean is not None  # there are sentences
        mean.tofile(self._here / MEAN)
        for start in range(0, len(kept), BLOCK):
            some = kept[start : start + BLOCK]
            chosen = rows_of(some["first"], some["count"])
            self._append(some["key"], some["count"], rows[chosen], scales[chosen])
        self._commit()
        shutil.rmtree(before[0], ignore_errors=True)

    def _begin(self, generation: int) -> None:
        self._state = Committed(generation, 0, 0)
        self._mean = None
        self._keys = set()
        shutil.rmtree(self._here, ignore_errors=True)
        self._here.mkdir()
        about = {"name": self.model.name, "dimension": self.model.dimension}
        write_durably(self._here / ABOUT, json.dumps(about).encode())

    def _append(self, keys: Array, counts: Array, rows: Array, scales: Array) -> None:
        state, here = self._state, self._here
        table = np.zeros(len(keys), SENTENCE)
        table["key"], table["count"] = keys, counts
        table["first"] = state.rows + np.cumsum(counts) - counts
        _write_at(here / ROWS, state.rows, rows)
        _write_at(here / SCALES, state.rows, scales)
        _write_signs(here / SIGNS, state.rows, packed_signs(rows))
        _write_at(here / SENTENCES, state.sentences, table)
        self._keys.update(keys.tolist())
        self._state = Committed(state.generation, state.sentences + len(keys), state.rows + len(rows))

    def _commit(self) -> None:
        """Tell readers; another model's generation goes when the first vectors of this one are there."""
        state = self._state
        write_durably(
            self._folder / COMMITTED, f"{state.generation} {state.sentences} {state.rows}\n".encode()
        )
        for other in self._folder.glob("[0-9]*"):
            if other != self._here:
                shutil.rmtree(other, ignore_errors=True)


@contextmanager
def writing_vectors(folder: Path, model: Model) -> Iterator[VectorsWriter]:
    """Wait until nobody else writes, then lend a writer; what another model made serves until something is added."""
    folder.mkdir(parents=True, exist_ok=True)
    with exclusive(folder / ".lock"):
        yield VectorsWriter(folder, model)


def _write_signs(path: Path, place: int, signs: Array) -> None:
    """Put signs (rows, words) behind the first `place` ones, into their blocks (words, rows)."""
    words = signs.shape[1]
    last = -(-(place + len(signs)) // BLOCK)
    with path.open("ab") as file:
        file.truncate(last * words * BLOCK * 8)
    blocks = np.memmap(path, "<u8", "r+", shape=(last, words, BLOCK))
    at = np.arange(place, place + len(signs))
    blocks[at // BLOCK, :, at % BLOCK] = signs
    blocks.flush()


def _write_at(path: Path, place: int, rows: Array) -> None:
    """Write rows behind the first `place` ones of a file, over what an interrupted writer left."""
    with path.open("r+b" if path.exists() else "w+b") as file:
        file.seek(place * rows[:1].nbytes)
        file.write(np.ascontiguousarray(rows).data)
        file.flush()
