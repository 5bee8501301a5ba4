"""Append vectors to those on disk (`index.vectors` says how they lie); only one process at a time does."""

from __future__ import annotations

import json
import shutil
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from knowledge.index.vectors import (
    ABOUT,
    BLOCK,
    COMMITTED,
    MEAN,
    ROWS,
    SCALES,
    SENTENCE,
    SENTENCES,
    SIGNS,
    Committed,
    Model,
    committed,
    generation_folder,
    mapped,
    model_of,
    packed_signs,
    rows_of,
)
from knowledge.search.corpus import Array
from knowledge.snapshots.files import exclusive, write_durably


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
