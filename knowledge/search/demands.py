"""What the marks in a query demand of a fact: “词组” stands in it, -词 does not, 文:词 stands in its titles,
库:信访, 报:青年报 and 2023年: say of which articles it is."""

from __future__ import annotations

import re
from functools import cached_property
from itertools import pairwise

import numpy as np

from knowledge.query.analysis import Query
from knowledge.query.question import QuestionType
from knowledge.search.corpus import Array, Corpus
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
