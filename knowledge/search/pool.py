"""The facts that may answer: candidates by rare pairs, their neighbours, and what every feature is made of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from knowledge.query.analysis import Query
from knowledge.query.question import Question, QuestionType
from knowledge.search.corpus import Array, Columns, Corpus, distinct
from knowledge.search.demands import Demands
from knowledge.search.semantic import NEAR, Meaning, likenesses
from knowledge.search.units import Counts, Units, beginning, count, laid_out, telling, weighed_units
from knowledge.text.folding import encode

CANDIDATES = 50
"""Candidates from the index: more gain nothing once their neighbours are looked at (docs/search.md)."""
SINGLE = 64
"""Pairs looked up for a query of one character."""
LEADERS = 15
REACH = 2
"""Neighbours of the leading candidates join: a fact that leans on its neighbour may share no word with the query."""
WINDOW = 3
"""Facts on either side that make the passage of a fact."""
_SAID = (QuestionType.LIST, QuestionType.FIGURE)
_ASKING = frozenset("多少几谁哪什么何怎为啥吗久?")


@dataclass(frozen=True)
class Pool:
    """Facts by number (rows of every array), with the query's units counted in them.

    `sentence` counts the fact itself, `passage` the fact with its neighbours from `opens` up to `closes`, `head` the
    article's titles. `text` is the characters of all these sentences, `owner` whose each is, and `place` the rows'
    own numbers among the owners. `meaning` is how alike the rows are in meaning (`semantic.Meaning.likeness`).
    """

    question: Question
    units: Units
    rows: Array
    articles: Array
    opens: Array
    closes: Array
    sentence: Counts
    passage: Counts
    head: Counts
    text: Array
    owner: Array
    place: Array
    average: float
    meaning: Array

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def with_head(self) -> Counts:
        """Each fact counted with its titles."""
        return self.sentence.beside(self.head)

    def holding(self, at: Array) -> Array:
        """Return 1 for the facts that hold some of these places of `text`, else 0."""
        owners = int(self.owner[-1]) + 1
        return (np.bincount(self.owner[at], minlength=owners)[self.place] > 0).astype(np.float64)


def find_pool(query: Query, corpus: Corpus, meaning: Meaning | None = None) -> Pool | None:
    """Return the facts that may answer a query by their words or their meaning, or None."""
    weighed = weighed_units(encode(_subject(query)), corpus.columns)
    terms = telling(weighed)
    if not terms:
        terms = [term for char in weighed.chars.tolist() for term in beginning(corpus.columns, char, SINGLE)]
    demands = Demands(query, corpus)
    keys = corpus.find([terms, *demands.pairs], demands.looked_through if demands else CANDIDATES)
    found = np.concatenate([np.searchsorted(corpus.columns.keys, keys), demands.of_titles()])
    candidates = demands.met(found)
    if meaning is not None:
        candidates = np.concatenate([candidates, demands.met(meaning.nearest(NEAR))])
    if not len(candidates):
        return None
    return make_pool(corpus.columns, weighed, candidates, query.question, demands, meaning)


def make_pool(
    columns: Columns,
    units: Units,
    candidates: Array,
    asked: Question,
    demands: Demands,
    meaning: Meaning | None = None,
) -> Pool:
    """Widen candidate facts (by number, best first) by the leaders' neighbours and count units in all."""
    near, inside = _around(columns, candidates[:LEADERS], REACH)
    rows = demands.met(distinct(np.concatenate([candidates, near[inside]])))
    near, inside = _around(columns, rows, WINDOW)
    facts = distinct(near[inside])
    opens = rows - inside[:, :WINDOW].sum(axis=1)
    closes = rows + inside[:, WINDOW:].sum(axis=1)
    articles = columns.articles[rows]
    headed = distinct(articles)
    heads = np.searchsorted(columns.head_keys, headed)
    starts, ends = columns.offsets[facts], columns.offsets[facts + 1]
    head_starts, head_ends = columns.head_offsets[heads], columns.head_offsets[heads + 1]
    text = laid_out(columns.codes, starts, ends)
    lengths = np.concatenate([ends - starts, head_ends - head_starts])
    owner = np.arange(len(lengths)).repeat(lengths)
    whole = np.concatenate([text, laid_out(columns.heads, head_starts, head_ends)])
    counts = count(whole, owner, lengths, units)
    place, first = np.searchsorted(facts, rows), np.searchsorted(facts, opens)
    return Pool(
        asked,
        units,
        rows,
        articles,
        opens,
        closes,
        counts.at(place),
        counts.runs(first, first + closes - opens, columns.offsets[closes] - columns.offsets[opens]),
        counts.at(len(facts) + np.searchsorted(headed, articles)),
        text,
        owner[: len(text)],
        place,
        len(columns.codes) / len(columns),
        likenesses(meaning, rows),
    )


def _around(columns: Columns, facts: Array, reach: int) -> tuple[Array, Array]:
    """Return facts with so many on either side, each a row, and which of them are of the same article."""
    near = facts[:, None] + np.arange(-reach, reach + 1)
    homes = columns.articles.take(near, mode="clip")
    return near, (homes == homes[:, [reach]]) & (near >= 0) & (near < len(columns))


def _subject(query: Query) -> str:
    """Return the query without its question words; 房价 and 票价 ask by themselves and stay."""
    asked = query.text[query.question.start : query.question.end]
    by_itself = any(map(str.isalnum, asked)) and not _ASKING.intersection(asked) and query.type not in _SAID
    return query.core if query.core and not by_itself else query.text
