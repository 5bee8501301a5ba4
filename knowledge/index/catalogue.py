"""What can be asked of all articles at once: a list by date or title, by words and by a filter.

Made from the records when first asked for (some 8 µs an article), so that any stored version has one; what stays in
memory is a few numbers an article, and the key words once somebody asks for words.
"""

from __future__ import annotations

import json
import math
import re
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from knowledge.model import Browse, Facet, Filter, Order, library_folder
from knowledge.search.corpus import Columns
from knowledge.text.folding import SEPARATOR, decoded, encode, fold

Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Find = Callable[[Sequence[Sequence[str]], int], Rows]

MENTIONS = 3_000
"""Facts looked through for articles that mention a word."""
_FIELDS = (
    "SELECT articles.key, name, coalesce(json_extract(record, '$.metadata.date'), json_extract(record, '$.date')), "
    "json_extract(record, '$.metadata.newspaper'), json_extract(record, '$.metadata.author'), "
    "json_extract(record, '$.metadata.source') "
    "FROM articles JOIN files ON no = articles.key >> 20 ORDER BY articles.key"
)
_TITLES = "SELECT json_extract(record, '$.title.text') FROM articles ORDER BY key"
_KEYWORDS = "SELECT json_extract(record, '$.keywords') FROM articles ORDER BY key"
_DAY = re.compile(r"((?:19|20)\d\d)(?:\D+(\d{1,2}))?(?:\D+(\d{1,2}))?")
_OPENING = re.compile(r"^[\W_]+")


class Catalogue:
    """Every article as a row, in the order of the articles' keys."""

    def __init__(
        self, records: sqlite3.Connection, columns: Columns, find: Find, libraries: Mapping[str, str]
    ) -> None:
        self._records, self._columns, self._find = records, columns, find
        rows = records.execute(_FIELDS).fetchall()
        self.keys: Rows = np.array([row[0] for row in rows], dtype=np.int64)
        self._days: Rows = np.array([_day(row[2]) for row in rows], dtype=np.int64)
        self._years = self._days // 10_000
        self._newspapers, self._authors, self._sources = (
            _Names([row[field] or "" for row in rows]) for field in (3, 4, 5)
        )
        folders = [library_folder(row[1]) or "" for row in rows]
        self._folders = _Names(folders)
        self._libraries = _Names([libraries.get(folder, folder) for folder in folders])

    def __len__(self) -> int:
        return len(self.keys)

    def counted(self, keys: Rows) -> Rows:
        """Return how many facts each of these articles has."""
        articles = self._columns.articles
        counts: Rows = np.searchsorted(articles, keys, "right") - np.searchsorted(articles, keys, "left")
        return counts

    @cached_property
    def libraries(self) -> tuple[Facet, ...]:
        """The libraries there are, by name."""
        return self._by_name(np.ones(len(self), dtype=np.bool_))

    def facets(self, words: str) -> tuple[tuple[Facet, ...], tuple[Facet, ...], tuple[Facet, ...]]:
        """Return libraries by name, years from the latest and newspapers from the commonest, counted of these words."""
        about = self._about_all(words)
        told = Counter(self._years[about & (self._years > 0)].tolist())
        known = sorted(set(self._years[self._years > 0].tolist()), reverse=True)
        years = tuple(Facet(str(year), told[year]) for year in known)
        return self._by_name(about), years, self._newspapers.facets(about)

    def _by_name(self, among: Mask) -> tuple[Facet, ...]:
        return tuple(sorted(self._libraries.facets(among), key=lambda facet: _collated(facet.name)))

    def chosen(self, only: Filter) -> Rows:
        """Return the keys of the articles that a filter lets through, ascending."""
        kept: Rows = self.keys[self._passing(only)]
        return kept

    def listed(self, browse: Browse) -> Rows:
        """Return the keys of the articles asked for, in order."""
        passing = self._passing(browse.only)
        passing &= self._about_all(browse.words)
        by_date = browse.order is Order.DATE
        order: Rows = np.argsort(-self._days, kind="stable") if by_date else self._by_title
        kept: Rows = self.keys[order[passing[order]]]
        return kept

    def authors_in(self, text: str) -> tuple[str, ...]:
        """Return the authors of articles whom a folded text names, folded."""
        return self._authors.within(text)

    def sharing(self, key: int, words: Iterable[str], most: int) -> list[tuple[int, tuple[str, ...]]]:
        """Return the articles that share most of the rarest of these key words, each with what it shares."""
        weights: dict[int, float] = defaultdict(float)
        shared: dict[int, list[str]] = defaultdict(list)
        for word in words:
            rows = self._sharing.get(word, ())
            for row in rows:
                weights[row] += math.log(1 + len(self) / len(rows))
                shared[row].append(word)
        best = sorted(weights, key=lambda row: (-weights[row], row))
        return [(int(self.keys[row]), tuple(shared[row])) for row in best if self.keys[row] != key][:most]

    @cached_property
    def _by_title(self) -> Rows:
        titles = [_collated(row[0] or "") for row in self._records.execute(_TITLES)]
        return np.array(sorted(range(len(titles)), key=titles.__getitem__), dtype=np.int64)

    @cached_property
    def _sharing(self) -> dict[str, list[int]]:
        """The rows that have each key word."""
        rows: dict[str, list[int]] = defaultdict(list)
        for row, (words,) in enumerate(self._records.execute(_KEYWORDS)):
            for word in json.loads(words) if words else ():
                rows[word].append(row)
        return dict(rows)

    def _about_all(self, words: str) -> Mask:
        found = np.ones(len(self), dtype=np.bool_)
        runs = (run for word in words.split() for run in decoded(encode(word)).split(SEPARATOR))
        for run in dict.fromkeys(run for run in runs if run):
            found &= self._about(run)
        return found

    def _passing(self, only: Filter) -> Mask:
        passing = np.ones(len(self), dtype=np.bool_)
        if only.years:
            passing &= np.isin(self._years, only.years)
        for names, wanted in (
            (self._newspapers, only.newspapers),
            (self._authors, only.authors),
            (self._sources, only.sources),
        ):
            if wanted:
                passing &= names.holding(wanted)
        if only.libraries:
            passing &= self._libraries.holding(only.libraries) | self._folders.holding(only.libraries)
        return passing

    def _about(self, word: str) -> Mask:
        """The articles that have a word in their titles or among their key words, or mention it."""
        found = np.zeros(len(self), dtype=np.bool_)
        starts = [at.start() for at in re.finditer(re.escape(word), decoded(self._columns.heads))]
        heads = np.searchsorted(self._columns.head_offsets, starts, "right") - 1
        keys = [self._columns.head_keys[np.unique(heads)]]
        for keyword, rows in self._sharing.items():
            if word in fold(keyword):
                found[rows] = True
        if pairs := ["".join(pair) for pair in pairwise(word)]:
            facts = np.searchsorted(self._columns.keys, self._find([[pair] for pair in pairs], MENTIONS))
            whole = len(pairs) == 1  # the pair is the word
            told = [fact for fact in facts.tolist() if whole or word in self._columns.text(fact)]
            keys.append(self._columns.articles[told])
        found |= np.isin(self.keys, np.concatenate(keys))
        return found


class _Names:
    """One name a row, or several with 、 between them, each writing kept once."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = sorted(set(names))
        codes = {name: code for code, name in enumerate(self._names)}
        self._codes = np.array([codes[name] for name in names], dtype=np.int64)

    def holding(self, wanted: Sequence[str]) -> Mask:
        """The rows whose name is one of these; where none is, those whose name holds one."""
        asked = [fold(name) for name in wanted]
        codes = [code for code, parts in enumerate(self._parts) if not parts.isdisjoint(asked)]
        if not codes:
            codes = [code for code, name in enumerate(self._names) if any(one in fold(name) for one in asked)]
        return np.isin(self._codes, codes)

    def within(self, text: str) -> tuple[str, ...]:
        """The names, each of several on its own, that stand in a folded text, the longest first."""
        names = {part for parts in self._parts for part in parts if len(part) > 1 and part in text}
        return tuple(sorted(names, key=lambda name: (-len(name), name)))

    @cached_property
    def _parts(self) -> list[frozenset[str]]:
        return [frozenset(fold(part) for part in name.split("、")) for name in self._names]

    def facets(self, among: Mask) -> tuple[Facet, ...]:
        """The names with how many of these rows have them; no row without one is counted."""
        counts = np.bincount(self._codes[among], minlength=len(self._names)).tolist()
        named = [Facet(name, count) for name, count in zip(self._names, counts, strict=True) if name]
        return tuple(sorted(named, key=lambda facet: (-facet.count, facet.name)))


def _day(written: str | None) -> int:
    """A date as a number that sorts, 20230701; what is not told is 0."""
    match = _DAY.search(written or "")
    return (
        0
        if match is None
        else sum(
            int(part or 0) * weight for part, weight in zip(match.groups(), (10_000, 100, 1), strict=True)
        )
    )


def _collated(title: str) -> bytes:
    """A key by which titles sort as in a Chinese list: GB 18030 has the common hanzi in the order of their sounds."""
    return _OPENING.sub("", title).encode("gb18030", "replace")
