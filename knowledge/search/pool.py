"""The facts that may answer: candidates by rare pairs, their neighbours, and what every feature is made of.

The marks of a query are demands: “词组” stands in a fact, -词 does not, 文:词 stands in its titles, 库:信访, 报:青年报 and
2023年: say of which articles it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from knowledge.query.analysis import Query
from knowledge.query.question import Question, QuestionType
from knowledge.search.corpus import Array, Columns, Corpus, distinct
from knowledge.search.semantic import NEAR, Meaning, likenesses
from knowledge.search.terms import Counts, Units, beginning, count, laid_out, telling, weighed_units
from knowledge.text.folding import SEPARATOR, decoded, encode
from knowledge.text.nearness import remembered

LOOKED_THROUGH = 500
"""Facts looked through for those that satisfy a query's demands."""
LOOKED_THROUGH_CHOSEN = 5_000
"""The same where only some articles are wanted: that costs a comparison of numbers each."""
FEW = 20
"""Articles of a filter from which on their facts are found by their words alone."""


class Demands:
    """Judges facts by number; False where nothing is demanded.

    In a question quotation marks are only marks: the fact that answers need not hold what was asked about.
    """

    def __init__(self, query: Query, corpus: Corpus) -> None:
        self._columns = corpus.columns
        self._chosen = corpus.chosen(query.only) if query.only else None
        self._phrases = _runs(query.phrases) if query.type is QuestionType.NONE else ()
        self._excluded = _runs(query.excluded)
        self._titles = _runs(query.titles)

    def __bool__(self) -> bool:
        return bool(self._phrases or self._excluded or self._titles) or self._chosen is not None

    @property
    def looked_through(self) -> int:
        """How many facts with the words are looked through for those that satisfy everything."""
        return LOOKED_THROUGH if self._chosen is None else LOOKED_THROUGH_CHOSEN

    @property
    def pairs(self) -> list[list[str]]:
        """The character pairs that a fact must hold, each as a group of its own."""
        pairs = ("".join(pair) for phrase in self._phrases for pair in pairwise(phrase))
        return [[pair] for pair in dict.fromkeys(pairs) if SEPARATOR not in pair]

    def met(self, facts: Array) -> Array:
        """Return those of the facts that satisfy everything, in the same order."""
        if not self:
            return facts
        for wanted in (self._chosen, self._titled if self._titles else None):
            if wanted is not None:
                facts = facts[np.isin(self._columns.articles[facts], wanted)]
        if not (self._phrases or self._excluded):
            return facts
        kept = np.array([self._is_met(self._columns.text(fact)) for fact in facts.tolist()], dtype=np.bool_)
        return facts[kept]

    def of_titles(self) -> Array:
        """Return the first facts of the articles whose titles hold what is demanded, or of the few that are chosen."""
        wanted = self._titled if self._titles else self._few
        articles = self._columns.articles
        ends = (np.searchsorted(articles, wanted, side) for side in ("left", "right"))
        facts = (np.arange(*bounds) for bounds in zip(*ends, strict=True))
        return np.concatenate([np.zeros(0, dtype=np.int64), *facts])[:LOOKED_THROUGH]

    def _is_met(self, text: str) -> bool:
        return all(run in text for run in self._phrases) and not any(run in text for run in self._excluded)

    @property
    def _few(self) -> Array:
        """The chosen articles where they are so few that their facts can all be looked through."""
        chosen = self._chosen
        return chosen if chosen is not None and len(chosen) <= FEW else np.zeros(0, dtype=np.int64)

    @cached_property
    def _titled(self) -> Array:
        """The keys of the articles whose titles hold every run, ascending; a run that none holds, nearly."""
        heads = decoded(self._columns.heads)
        return self._columns.head_keys[
            sorted(set.intersection(*(self._holding(run, heads) for run in self._titles)))
        ]

    def _holding(self, run: str, heads: str) -> set[int]:
        """The numbers of the titles that hold a run, else of those that it half remembers."""
        starts = [at.start() for at in re.finditer(re.escape(run), heads)]
        if starts:
            return set((np.searchsorted(self._columns.head_offsets, starts, "right") - 1).tolist())
        bounds = pairwise(self._columns.head_offsets.tolist())
        return set(remembered(run, [heads[start : end - 1] for start, end in bounds]))


def _runs(words: tuple[str, ...]) -> tuple[str, ...]:
    runs = (decoded(encode(word)).strip(SEPARATOR) for word in words)
    return tuple(run for run in runs if run)


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
    article's titles and the section's heading. `text` is the characters of all these sentences, `owner` whose each is, and `place` the rows'
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
    sections = _sections(columns, rows)
    begun = distinct(sections[sections >= 0])
    windows = (
        (columns.codes, columns.offsets, facts),
        (columns.heads, columns.head_offsets, np.searchsorted(columns.head_keys, headed)),
        (columns.sections, columns.section_offsets, begun),
    )
    texts = [
        laid_out(codes, offsets[at], offsets[at + 1]) if len(at) else codes[:0]
        for codes, offsets, at in windows
    ]
    lengths = np.concatenate(
        [offsets[at + 1] - offsets[at] for _, offsets, at in windows] + [np.zeros(1, np.int64)]
    )
    owner = np.arange(len(lengths)).repeat(lengths)
    counts = count(np.concatenate(texts), owner, lengths, units)
    titles = counts.at(len(facts) + np.searchsorted(headed, articles))
    none = len(lengths) - 1
    beside = np.where(sections < 0, none, len(facts) + len(headed) + np.searchsorted(begun, sections))
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
        titles.beside(counts.at(beside)),
        texts[0],
        owner[: len(texts[0])],
        place,
        len(columns.codes) / len(columns),
        likenesses(meaning, rows),
    )


def _sections(columns: Columns, rows: Array) -> Array:
    """Return the number of the heading of each fact's section, -1 where it has none."""
    keys = columns.keys
    last = np.searchsorted(columns.section_keys, keys[rows], "right") - 1
    opens = keys[np.searchsorted(columns.articles, columns.articles[rows])]
    within = (
        (last >= 0) & (columns.section_keys.take(last, mode="clip") >= opens)
        if len(columns.section_keys)
        else last >= 0
    )
    return np.where(within, last, -1)


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
