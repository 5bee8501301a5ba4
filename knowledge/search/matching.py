"""Where a fact holds the words of a query, by which rung it matched, and how to say so."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property

from knowledge.answering.whole import is_same
from knowledge.model import Fact, MatchKind
from knowledge.query.analysis import Query
from knowledge.search.rewriting import Rewriting
from knowledge.text.analyzer import Analyzer
from knowledge.text.folding import INSIDE, SEPARATOR, fold
from knowledge.text.numbers import Quantity

Range = tuple[int, int]


class Readable:
    """A text, folded once, in which terms are looked for: quotation marks and spaces may lie inside them.

    A term that begins or ends with a digit stands only where the number does: there is no 6号 in 76号.
    """

    def __init__(self, text: str, fold: Callable[[str], str] = fold) -> None:
        self.folded = fold(text)
        self.tight = _tight(self.folded)

    def holds(self, term: str) -> bool:
        """Tell whether a folded term stands in the text."""
        return bool(self.occurrences(term))

    def occurrences(self, term: str) -> list[Range]:
        """Return where a folded term stands in the text as printed."""
        return self.places(_tight(term))

    def places(self, tight: str) -> list[Range]:
        """As `occurrences`, of a term that is without marks and spaces already."""
        found: list[Range] = []
        at = self.tight.find(tight) if tight else -1
        while at >= 0:
            end = at + len(tight)
            if not (self._cuts_number(at) or self._cuts_number(end)):
                found.append((self._printed(at), self._printed(end - 1) + 1))
            at = self.tight.find(tight, end)
        return found

    def _cuts_number(self, at: int) -> bool:
        return self.tight[at - 1 : at].isdecimal() and self.tight[at : at + 1].isdecimal()

    def _printed(self, at: int) -> int:
        return at if len(self.tight) == len(self.folded) else self._places[at]

    @cached_property
    def _places(self) -> list[int]:
        return [at for at, char in enumerate(self.folded) if char not in (INSIDE, SEPARATOR)]


def _tight(folded: str) -> str:
    return folded.replace(INSIDE, "").replace(SEPARATOR, "")


def merged(ranges: Iterable[Range]) -> tuple[Range, ...]:
    """Return ranges ascending and disjoint, touching ones as one."""
    whole: list[Range] = []
    for start, end in sorted(ranges):
        if whole and start <= whole[-1][1]:
            whole[-1] = (whole[-1][0], max(end, whole[-1][1]))
        else:
            whole.append((start, end))
    return tuple(whole)


class Explainer:
    """Says by which rung facts matched one query; what is to be marked is made ready once for all of them."""

    def __init__(self, query: Query, rewriting: Rewriting | None, language: Analyzer) -> None:
        self._query = query
        self._rewriting = rewriting
        self._language = language
        self._keywords = [(word, _tight(word)) for word in query.keywords]
        self._words = [
            (word.text, _tight(word.text), {keyword for keyword in query.keywords if word.text in keyword})
            for word in query.words
        ]

    def explain(self, fact: Fact) -> tuple[MatchKind, tuple[Range, ...], str]:
        """Return by which rung a fact matched, where, and a Chinese line that says why."""
        query = self._query
        text = Readable(fact.text, self._language.fold)
        phrase = text.occurrences(query.core)
        words = {} if phrase else self._marked(text)
        written = phrase or any(text.holds(figure.text) for figure in query.quantities)
        numbers = [] if written else _numbers(query, fact.text, self._language)
        places = [place for found in words.values() for place in found]
        ranges = merged(phrase or [*places, *((figure.start, figure.end) for figure in numbers)])
        if self._rewriting:
            rewriting = self._rewriting
            return rewriting.rung, ranges, f"“{rewriting.typed}”按“{rewriting.taken}”查找"
        if phrase:
            return MatchKind.PHRASE, ranges, f"原文里有“{query.core}”"
        if numbers:
            return MatchKind.NUMBER, ranges, f"数字相同：{numbers[0].text}"
        return MatchKind.WORDS, ranges, f"含有：{'、'.join(words)}" if words else self._beside(fact)

    def _beside(self, fact: Fact) -> str:
        """Say why a fact without any of the words matched: by its titles or heading, else by what stands around it."""
        heads = "\n".join([*(head.text for head in fact.article.heads), fact.section or ""])
        held = self._marked(Readable(heads, self._language.fold))
        return f"标题里有：{'、'.join(held)}" if held else "与前后文相关"

    def _marked(self, text: Readable) -> dict[str, list[Range]]:
        """Return what is to be marked and where: a keyword that stands there whole, else its words.

        检查 is no longer of interest in a fact that holds the asked 联合检查码.
        """
        marked = {word: places for word, tight in self._keywords if (places := text.places(tight))}
        rest = {
            word: places
            for word, tight, within in self._words
            if within.isdisjoint(marked) and (places := text.places(tight))
        }
        return marked | rest


def _numbers(query: Query, text: str, language: Analyzer) -> list[Quantity]:
    if not query.number_keys:
        return []
    told = language.quantities(text)
    return [figure for figure in told if any(is_same(asked, figure) for asked in query.quantities)]
