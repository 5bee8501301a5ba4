"""A fact read for one query: its clauses, its words, and where the query's words stand in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from knowledge.query.analysis import Query
from knowledge.text.analyzer import Analyzer, Token
from knowledge.text.numbers import Quantity

Range = tuple[int, int]

_CLAUSE_END = re.compile(r"[,，;；。!！?？:：](?!\d)|——|…|(?<!\d),(?=\d)")
_ITEM_END = re.compile(r"、")
_FAR = 0.25  # weight of a word in another clause, before distance
_NEAR = 0.6  # in the same clause, but another 、 item
_REACH = 8.0  # characters at which closeness halves


@dataclass(frozen=True, slots=True)
class Mark:
    """One word of the query and every place where it (or, failing that, its bigrams) stands in the fact."""

    weight: float
    places: tuple[Range, ...]
    word: Token


class Reading:
    """The fact's text as an answerer sees it; `text` is as printed, all offsets are the same in `folded`."""

    def __init__(self, query: Query, text: str, language: Analyzer, matched: Sequence[Range] = ()) -> None:
        self.query = query
        self.text = text
        self.folded = language.fold(text)
        self.language = language
        self._matched = tuple(matched)

    def with_matched(self, matched: Sequence[Range]) -> Reading:
        """Return this reading with further matched ranges; itself where the query's own words stand in all of them."""
        covered = self._covered(self.marks)
        if all(end > len(self.folded) or covered.intersection(range(start, end)) for start, end in matched):
            return self
        return Reading(self.query, self.text, self.language, matched)

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        """The fact's words in order, without gaps."""
        return self.language.tokens(self.folded)

    @cached_property
    def quantities(self) -> tuple[Quantity, ...]:
        """The figures of the fact, found in its folded text and said as printed."""
        if self.folded == self.text:
            return self.language.quantities(self.text)
        return tuple(
            replace(f, text=self.text[f.start : f.end]) for f in self.language.quantities(self.folded)
        )

    @cached_property
    def clauses(self) -> tuple[Range, ...]:
        """The parts between commas and stronger marks, without those marks, in order."""
        return _split(self.folded, 0, len(self.folded), _CLAUSE_END)

    def clause_of(self, at: int) -> Range:
        """Return the clause that holds a place."""
        return next((c for c in self.clauses if c[0] <= at < c[1]), (0, len(self.folded)))

    def item_of(self, at: int) -> Range:
        """Return the part between 、 that holds a place."""
        start, end = self.clause_of(at)
        return next(
            (i for i in _split(self.folded, start, end, _ITEM_END) if i[0] <= at < i[1]), (start, end)
        )

    @cached_property
    def marks(self) -> tuple[Mark, ...]:
        """Where the query's words stand; words near the question word weigh more, absent ones are left out."""
        marks = [
            Mark(weight, places, word) for word, weight in self._weighed() if (places := self._places(word))
        ]
        covered = self._covered(marks)
        marks += [
            Mark(float(end - start), ((start, end),), Token(self.folded[start:end], "", start))
            for start, end in self._matched
            if end <= len(self.folded) and not covered.intersection(range(start, end))
        ]
        return tuple(marks)

    @staticmethod
    def _covered(marks: Iterable[Mark]) -> set[int]:
        return {i for mark in marks for start, end in mark.places for i in range(start, end)}

    def weights(self) -> dict[int, float]:
        """Return the weight of each content word of the query by where it starts in the query."""
        return {word.start: weight for word, weight in self._weighed()}

    def closeness(self, start: int, end: int) -> float:
        """Return how near the query's words stand to `text[start:end]`; 0 where none stands in the fact."""
        return sum(
            mark.weight * max(self._near(place, start, end) for place in mark.places) for mark in self.marks
        )

    def covers(self, start: int, end: int) -> float:
        """Return which part of `text[start:end]` is words of the query, 0 to 1."""
        inside = {
            i for mark in self.marks for s, e in mark.places for i in range(max(s, start), min(e, end))
        }  # fmt: skip
        return len(inside) / max(1, end - start)

    def best(self, ranges: Sequence[Range], bonus: Callable[[Range], float] = lambda _: 0.0) -> Range | None:
        """Return the range nearest to the query's words; `bonus` is added; the first of equals."""
        scored = [(self.closeness(*r) + bonus(r), -i, r) for i, r in enumerate(ranges)]
        return max(scored)[2] if scored else None

    def tokens_in(self, start: int, end: int) -> tuple[Token, ...]:
        """Return the tokens that lie wholly in a range."""
        return tuple(t for t in self.tokens if start <= t.start and t.start + len(t.text) <= end)

    def _weighed(self) -> list[tuple[Token, float]]:
        words = self.query.words
        asked = self.query.question
        if asked.start == asked.end:
            return [(w, _heft(w)) for w in words]
        before = [w for w in words if w.start < asked.start]
        weighed: list[tuple[Token, float]] = []
        for i, word in enumerate(words):
            steps = len(before) - 1 - i if word.start < asked.start else i - len(before)
            weighed.append((word, _heft(word) * (1 + 1 / (1 + steps))))
        return weighed

    def _places(self, word: Token) -> tuple[Range, ...]:
        whole = _occurrences(self.folded, word.text)
        others = next((e.others for e in self.query.expansions if e.word == word.text), ())
        for other in others:
            whole += _occurrences(self.folded, other) if len(other) > 1 else ()
        if whole or len(word.text) < 3:
            return whole
        pairs = (word.text[i : i + 2] for i in range(len(word.text) - 1))
        return tuple(place for pair in pairs for place in _occurrences(self.folded, pair))

    def _near(self, place: Range, start: int, end: int) -> float:
        gap = max(0, place[0] - end, start - place[1])
        near = 1 / (1 + gap / _REACH)
        clause = self.clause_of(start)
        if not clause[0] <= place[0] < clause[1]:
            return near * _FAR
        item = self.item_of(start)
        return near if item[0] <= place[0] < item[1] else near * _NEAR


def _heft(word: Token) -> float:
    """Longer words tell more; a verb (参加, 开展) less than what it is about."""
    return len(word.text) * (0.6 if word.tag == "v" else 1.0)


def _split(text: str, start: int, end: int, mark: re.Pattern[str]) -> tuple[Range, ...]:
    parts: list[Range] = []
    at = start
    for found in mark.finditer(text, start, end):
        parts.append((at, found.start()))
        at = found.end()
    parts.append((at, end))
    return tuple((s, e) for s, e in parts if e > s)


def _occurrences(text: str, word: str) -> tuple[Range, ...]:
    found: list[Range] = []
    at = text.find(word)
    while at >= 0 and len(found) < 32:
        found.append((at, at + len(word)))
        at = text.find(word, at + len(word))
    return tuple(found)
