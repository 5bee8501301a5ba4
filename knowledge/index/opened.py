"""An index opened for reading: arrays mapped, tantivy and SQLite open, nothing loaded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt

from knowledge.index.build import COLUMNS, GRAMS, RECORDS
from knowledge.index.columns import open_columns
from knowledge.index.grams import Grams
from knowledge.index.records import Records
from knowledge.model import Article, Document, Fact, RepairEntry
from knowledge.search.corpus import Columns


class OpenedIndex:
    """One built index: search's `Corpus`, and everything that is shown. Lookups may come from any thread."""

    def __init__(self, columns: Columns, grams: Grams, records: Records) -> None:
        self._columns = columns
        self._grams = grams
        self._records = records

    @property
    def columns(self) -> Columns:
        return self._columns

    def find(self, groups: Sequence[Sequence[str]], limit: int) -> npt.NDArray[np.int64]:
        return self._grams.find(groups, limit)

    def facts_at(self, keys: Sequence[int]) -> tuple[Fact, ...]:
        return self._records.facts_at(keys)

    def fact(self, fact_id: str) -> Fact | None:
        """Return the fact of that id, or None."""
        found = self._records.fact(fact_id)
        return found[1] if found else None

    def article(self, article_id: str) -> Article | None:
        """Return the article of that id, or None."""
        found = self._records.article(article_id)
        return found[1] if found else None

    def counts(self) -> tuple[int, int]:
        """How many articles and how many facts there are."""
        return self._records.count_articles(), len(self._records)

    def articles(self, file: str | None = None) -> Iterator[Article]:
        """Every article, by file name and place, or those of one file."""
        return self._records.articles(file)

    def facts(self, article_id: str | None = None) -> Iterator[Fact]:
        """Every fact in reading order per article, or those of one article."""
        if article_id is None:
            return self._records.facts()
        found = self._records.article(article_id)
        return iter(self._between(*self._bounds(found[0])) if found else ())

    def fact_ids(self) -> Iterator[str]:
        """Every fact's id, ascending."""
        return self._records.fact_ids()

    def around(self, fact_id: str, before: int, after: int) -> tuple[Fact, ...]:
        """Return the fact with its neighbours of the same article, in reading order; empty for an unknown id."""
        found = self._records.fact(fact_id)
        if found is None:
            return ()
        at = int(np.searchsorted(self._columns.keys, found[0]))
        first, end = self._bounds(int(self._columns.articles[at]))
        return self._between(max(first, at - before), min(end, at + after + 1))

    def document(self, name: str) -> Document | None:
        """Return the index's own copy of a document, or None."""
        return self._records.document(name)

    def files(self) -> Iterator[tuple[str, int]]:
        """Every file by name, with the number of its facts."""
        return self._records.files()

    def original(self, name: str) -> bytes | None:
        """Return the bytes a document was read from, or None."""
        return self._records.original(name)

    def log(self, name: str | None = None) -> Iterator[tuple[str, RepairEntry]]:
        """Every repair with its file's name, or those of one file."""
        return self._records.log(name)

    def _bounds(self, article: int) -> tuple[int, int]:
        articles = self._columns.articles
        return int(np.searchsorted(articles, article, "left")), int(
            np.searchsorted(articles, article, "right")
        )

    def _between(self, first: int, end: int) -> tuple[Fact, ...]:
        return self._records.facts_at([int(key) for key in self._columns.keys[first:end]])


@contextmanager
def open_index(folder: Path) -> Iterator[OpenedIndex]:
    """Open the index in `folder`; everything is released at the end."""
    with ExitStack() as held:
        records = Records(folder / RECORDS)
        held.callback(records.close)
        yield OpenedIndex(open_columns(folder / COLUMNS), Grams(folder / GRAMS), records)
