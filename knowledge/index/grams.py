"""Candidates from tantivy: facts that share rare character pairs with the query.

Term queries only: its query parser can be made to kill the process, and a query is never a language here.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
import tantivy

from knowledge.text.script import SEPARATOR

_HEAP = 64_000_000


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("key", fast=True)
    builder.add_unsigned_field("file", indexed=True)
    builder.add_text_field("grams", tokenizer_name="whitespace", index_option="freq")
    return builder.build()


def grams(encoded: str) -> list[str]:
    """Cut encoded text into its character pairs; a run's last character stands alone as well.

    So one character is found as the beginning of some token wherever it stands.
    """
    return [
        pair.rstrip(SEPARATOR)
        for pair in map("".join, zip(encoded, encoded[1:] + SEPARATOR, strict=True))
        if pair[0] != SEPARATOR
    ]


@contextmanager
def _told_by_the_system() -> Iterator[None]:
    """Raise an OSError for what tantivy tells of the system: a ValueError, mostly with the error's number in it."""
    try:
        yield
    except ValueError as error:
        told = re.search(r"code: (\d+)|os error (\d+)", str(error))
        number = int(told[1] or told[2]) if told else errno.EIO
        raise OSError(number, os.strerror(number)) from error


class GramsWriter:
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
        """Take out every fact of a file."""
        # Not by term: tantivy-py then takes the number for a signed one, and nothing is deleted.
        self._writer.delete_documents_by_query(tantivy.Query.term_query(self._index.schema, "file", file))

    def add(self, file: int, key: int, encoded: str) -> None:
        """Add one fact."""
        document = tantivy.Document()
        document.add_unsigned("file", file)
        document.add_unsigned("key", key)
        document.add_text("grams", " ".join(grams(encoded)))
        with _told_by_the_system():
            self._writer.add_document(document)

    def commit(self) -> None:
        """Begin to write everything to the disk, and to merge, while others work; nothing may be added after it."""
        self._committed = self._pool.submit(self._finish)

    def _finish(self) -> None:
        with _told_by_the_system():
            self._writer.commit()
            self._writer.wait_merging_threads()


class Grams:
    """Finds candidates."""

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
