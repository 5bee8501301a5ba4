"""The facts that may answer: candidates by rare pairs, their neighbours, and what every feature is made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from knowledge.query.question import Question
from knowledge.search.bm25 import characters_and_pairs
from knowledge.search.corpus import Array, Columns
from knowledge.search.units import Units
from knowledge.search.windows import Counts, count, lay_out

CANDIDATES = 100
"""Candidates from the index: more gain nothing once their neighbours are looked at (docs/search.md)."""
KEPT = 50
"""Candidates that are weighed by every feature, the best by their own words."""
LEADERS = 10
REACH = 2
"""Neighbours of the leading candidates join: a fact that leans on its neighbour may share no word with the query."""
WINDOW = 3
"""Facts on either side that make the passage of a fact."""


@dataclass(frozen=True, slots=True)
class Pool:
    """Facts by number (rows of every array), with the query's units counted in them.

    `sentence` counts the fact itself, `window` the fact with its neighbours, `head` the article's titles.
    `first` and `end` bound the fact's
    article. `text` and `owner` are the sentences' characters and their rows.
    """

    question: Question
    units: Units
    rows: Array
    sentence: Counts
    window: Counts
    head: Counts
    first: Array
    end: Array
    text: Array
    owner: Array
    average: float

    def __len__(self) -> int:
        return len(self.rows)


def make_pool(columns: Columns, units: Units, candidates: Array, asked: Question) -> Pool:
    """Widen candidate facts (by number, best first) by the leaders' neighbours and count units in all."""
    average = len(columns.codes) / max(1, len(columns))
    rows = _with_neighbours(columns, units, candidates, average)
    articles = columns.articles[rows]
    first = np.searchsorted(columns.articles, articles, "left")
    end = np.searchsorted(columns.articles, articles, "right")
    sentence, window = _sentences_and_windows(columns, units, rows, first, end)
    heads = np.searchsorted(columns.head_keys, articles)
    head = count(columns.heads, columns.head_offsets[heads], columns.head_offsets[heads + 1], units)
    text, owner = lay_out(columns.codes, columns.offsets[rows], columns.offsets[rows + 1])
    return Pool(asked, units, rows, sentence, window, head, first, end, text, owner, average)


def _sentences_and_windows(
    columns: Columns, units: Units, rows: Array, first: Array, end: Array
) -> tuple[Counts, Counts]:
    """Count units in facts and in their passages, each fact once: passages overlap."""
    opens, closes = np.maximum(first, rows - WINDOW), np.minimum(end, rows + WINDOW + 1)
    facts = np.unique(np.concatenate(list(map(np.arange, opens, closes))))
    counts = count(columns.codes, columns.offsets[facts], columns.offsets[facts + 1], units)
    starts = np.searchsorted(facts, opens)
    return counts.at(np.searchsorted(facts, rows)), counts.runs(starts, starts + closes - opens)


def _with_neighbours(columns: Columns, units: Units, candidates: Array, average: float) -> Array:
    counts = count(columns.codes, columns.offsets[candidates], columns.offsets[candidates + 1], units)
    scores = characters_and_pairs(counts, units, average)
    kept = candidates[np.argsort(-scores, kind="stable")[:KEPT]]
    leaders = kept[:LEADERS]
    near = (leaders[:, None] + np.arange(-REACH, REACH + 1)).ravel()
    home = np.repeat(columns.articles[leaders], 2 * REACH + 1)
    inside = (near >= 0) & (near < len(columns))
    near, home = near[inside], home[inside]
    return np.unique(np.concatenate([kept, near[columns.articles[near] == home]]))
