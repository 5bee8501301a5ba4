"""One index: built into a folder, whole or from another one, and opened there with nothing loaded."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from knowledge.errors import blames_machine
from knowledge.index.catalogue import Catalogue
from knowledge.index.documents import FILE_BITS, DocumentStore, DocumentStoreWriter
from knowledge.index.postings import (
    Additions,
    BigramIndex,
    BigramWriter,
    EncodedTexts,
    build_columns,
    open_columns,
    save_columns,
    update_columns,
)
from knowledge.model import Article, Browse, Document, Fact, Filter, Listed, Listing, ParsedDocument
from knowledge.search.corpus import Columns

RECORDS, GRAMS, COLUMNS = "records.sqlite", "grams", "columns.npy"

IndexedDocument: TypeAlias = tuple[ParsedDocument, bytes]
"""A repaired document and the very bytes it was read from."""
Placed: TypeAlias = tuple[int, Fact, int]
"""A fact between its key and its article's."""
Skip: TypeAlias = Callable[[Document, BaseException], None]
"""Told of a document that could not be indexed, and why."""


def no_skipping(document: Document, error: BaseException) -> None:
    """Let what is wrong with one document stop the whole."""
    raise error


def build_index(folder: Path, repaired: Iterable[IndexedDocument], skip: Skip = no_skipping) -> int:
    """Write a whole index into a new folder; return the number of facts.

    `repaired` holds documents beside their bytes; it is read once, one by one, so it may be a generator. A document
    that cannot be indexed leaves nothing behind, and `skip` is told.
    """
    folder.mkdir()
    with BigramWriter(folder / GRAMS) as grams:
        columns = build_columns(_write(folder, grams, (), repaired, [], skip))
        save_columns(columns, folder / COLUMNS)
    return len(columns)


def update_index(
    folder: Path,
    base: Path,
    removed: Collection[str],
    repaired: Iterable[IndexedDocument],
    skip: Skip = no_skipping,
) -> int:
    """Write an index into a new folder from the one in `base`, which stays as it is; return the number of facts.

    `removed` names the documents that are gone or changed, `repaired` holds the changed and the new ones.
    """
    folder.mkdir()
    shutil.copy2(base / RECORDS, folder / RECORDS)
    shutil.copytree(base / GRAMS, folder / GRAMS)
    before = open_columns(base / COLUMNS)
    gone: list[int] = []
    with BigramWriter(folder / GRAMS) as grams:
        added = _write(folder, grams, removed, repaired, gone, skip)
        columns = update_columns(
            before,
            np.isin(before.keys >> FILE_BITS, gone),
            np.isin(before.head_keys >> FILE_BITS, gone),
            np.isin(before.section_keys >> FILE_BITS, gone),
            added,
        )
        save_columns(columns, folder / COLUMNS)
    return len(columns)


def _write(
    folder: Path,
    grams: BigramWriter,
    removed: Collection[str],
    repaired: Iterable[IndexedDocument],
    gone: list[int],
    skip: Skip,
) -> Additions:
    """Write records and grams, adding the numbers of removed files to `gone`; return what was added."""
    records = DocumentStoreWriter(folder / RECORDS)
    first = records.next_number()
    for name in removed:
        no = records.remove(name)
        if no is not None:
            grams.remove(no)
            gone.append(no)
    texts: list[EncodedTexts] = []
    articles: list[int] = []
    heads: list[EncodedTexts] = []
    sections: list[EncodedTexts] = []
    for no, (document, data) in enumerate(repaired, first):
        try:
            facts = _placed(no, document)
            begun = _sections(facts)
            keys = range(no << FILE_BITS, (no << FILE_BITS) + len(document.articles))
            its = EncodedTexts.of(
                [*(key for key, _, _ in facts), *keys, *begun],
                [*(fact.text for _, fact, _ in facts), *map(_titles, document.articles), *begun.values()],
            )
            records.add(no, document, data, facts)
            opening = {article: key for key, _, article in reversed(facts)}
            grams.add(no, its, [*map(opening.get, keys), *begun])
        except BaseException as error:
            if isinstance(error, sqlite3.OperationalError | OSError) or blames_machine(error):
                raise
            records.remove_number(no)
            grams.remove(no)
            skip(document.document, error)
        else:
            parts = its.parted(len(facts), len(keys), len(begun))
            for whole, part in zip((texts, heads, sections), parts, strict=True):
                whole.append(part)
            articles += [article for _, _, article in facts]
    grams.commit()
    records.close()
    joined = EncodedTexts.joined
    return Additions(joined(texts), np.array(articles, dtype=np.int64), joined(heads), joined(sections))


def _placed(no: int, document: ParsedDocument) -> list[Placed]:
    """Give every fact its key and its article's, article by article."""
    if max(len(document.facts), len(document.articles)) >> FILE_BITS:
        raise ValueError(f"more than {1 << FILE_BITS} facts in one file")
    first = no << FILE_BITS
    articles = {article.id: key for key, article in enumerate(document.articles, first)}
    ordered = sorted(document.facts, key=lambda fact: articles[fact.article.id])
    return [(key, fact, articles[fact.article.id]) for key, fact in enumerate(ordered, first)]


def _sections(facts: Sequence[Placed]) -> dict[int, str]:
    """The headings by the fact that each stands over; an empty one where a section ends and none begins."""
    begun: dict[int, str] = {}
    above: tuple[int, str | None] = (-1, None)
    for key, fact, article in facts:
        if (above[1] if above[0] == article else None) != fact.section:
            begun[key] = fact.section or ""
        above = (article, fact.section)
    return begun


def _titles(article: Article) -> str:
    return "。".join(head.text for head in article.heads)


class Index:
    """One built index: search's `Corpus`, and the `records` of what is shown. Lookups may come from any thread."""

    def __init__(
        self, columns: Columns, grams: BigramIndex, records: DocumentStore, libraries: Mapping[str, str]
    ) -> None:
        self.columns = columns
        self._grams = grams
        self.records = records
        self._libraries = libraries
        self._making = threading.Lock()

    def find(self, groups: Sequence[Sequence[str]], limit: int) -> npt.NDArray[np.int64]:
        return self._grams.find(groups, limit)

    @cached_property
    def catalogue(self) -> Catalogue:
        """What can be asked of all articles at once."""
        with self._making:
            return Catalogue(self.records.connection(), self.columns, self.find, self._libraries)

    def chosen(self, only: Filter) -> npt.NDArray[np.int64]:
        return self.catalogue.chosen(only)

    def authors_in(self, text: str) -> tuple[str, ...]:
        return self.catalogue.authors_in(text)

    def browse(self, browse: Browse) -> Listing:
        catalogue = self.catalogue
        keys = catalogue.listed(browse)
        page = keys[browse.first : browse.first + browse.most]
        articles = self.records.articles_at(page.tolist())
        counts = catalogue.counted(page).tolist()
        return Listing(
            len(keys),
            tuple(map(Listed, articles, counts)),
            *catalogue.facets(browse.words),
        )

    def sharing(self, article: Article, most: int) -> list[tuple[Article, tuple[str, ...]]]:
        """Return the articles that share most of an article's rarest key words, each with those words."""
        found = self.records.article(article.id)
        if found is None:
            return []
        near = self.catalogue.sharing(found[0], article.keywords, most)
        articles = self.records.articles_at([key for key, _ in near])
        return [(one, words) for one, (_, words) in zip(articles, near, strict=True)]

    def facts_at(self, keys: Sequence[int]) -> tuple[Fact, ...]:
        return self.records.facts_at(keys)

    def fact(self, fact_id: str) -> Fact | None:
        found = self.records.fact(fact_id)
        return found[1] if found else None

    def number_of(self, fact_id: str) -> int | None:
        """Return a fact's place in reading order, as search numbers facts, or None."""
        found = self.records.fact(fact_id)
        return None if found is None else int(np.searchsorted(self.columns.keys, found[0]))

    def article(self, article_id: str) -> Article | None:
        found = self.records.article(article_id)
        return found[1] if found else None

    def facts(self, article_id: str | None = None) -> Iterator[Fact]:
        """Every fact in reading order per article, or those of one article."""
        if article_id is None:
            return self.records.facts()
        found = self.records.article(article_id)
        return iter(self._between(*self._bounds(found[0])) if found else ())

    def around(self, fact_id: str, before: int, after: int) -> tuple[Fact, ...]:
        """Return the fact with its neighbours of the same article, in reading order; empty for an unknown id."""
        found = self.records.fact(fact_id)
        if found is None:
            return ()
        at = int(np.searchsorted(self.columns.keys, found[0]))
        first, end = self._bounds(int(self.columns.articles[at]))
        return self._between(max(first, at - before), min(end, at + after + 1))

    def _bounds(self, article: int) -> tuple[int, int]:
        articles = self.columns.articles
        return int(articles.searchsorted(article, "left")), int(articles.searchsorted(article, "right"))

    def _between(self, first: int, end: int) -> tuple[Fact, ...]:
        return self.records.facts_at(self.columns.keys[first:end].tolist())


@contextmanager
def open_index(folder: Path, libraries: Mapping[str, str] | None = None) -> Iterator[Index]:
    """Open the index in `folder`; everything is released at the end. `libraries` are their names by folder."""
    with ExitStack() as held:
        records = DocumentStore(folder / RECORDS, libraries)
        held.callback(records.close)
        yield Index(open_columns(folder / COLUMNS), BigramIndex(folder / GRAMS), records, libraries or {})
