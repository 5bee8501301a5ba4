"""Where a fact holds the words of a query, by which rung it matched, and how to say so."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property

from knowledge.model import Fact, Rung
from knowledge.query.analysis import Query
from knowledge.search.rewriting import Rewriting
from knowledge.text.language import Language
from knowledge.text.numbers import Figure, figures
from knowledge.text.script import INSIDE, SEPARATOR, fold

Range = tuple[int, int]


class Readable:
    """A text, folded once, in which terms are looked for: quotation marks and spaces may lie inside them."""

    def __init__(self, text: str, fold: Callable[[str], str] = fold) -> None:
        self.folded = fold(text)
        self._tight = _tight(self.folded)
        self._even = len(self._tight) == len(self.folded)

    def holds(self, term: str) -> bool:
        """Tell whether a folded term stands in the text."""
        return _tight(term) in self._tight

    def occurrences(self, term: str) -> list[Range]:
        """Return where a folded term stands in the text as printed."""
        wanted = _tight(term)
        found: list[Range] = []
        at = self._tight.find(wanted) if wanted else -1
        while at >= 0:
            found.append((self._printed(at), self._printed(at + len(wanted) - 1) + 1))
            at = self._tight.find(wanted, at + len(wanted))
        return found

    def _printed(self, at: int) -> int:
        return at if self._even else self._places[at]

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


def explain(
    query: Query, rewriting: Rewriting | None, fact: Fact, language: Language
) -> tuple[Rung, tuple[Range, ...], str]:
    """Return by which rung a fact matched, where, and a Chinese line that says why."""
    text = Readable(fact.text, language.fold)
    phrase = text.occurrences(query.core)
    words = [] if phrase else _marked(query, text)
    written = phrase or any(text.holds(figure.text) for figure in query.figures)
    numbers = [] if written else _numbers(query, fact.text)
    places = [place for _, found in words for place in found]
    ranges = merged(phrase or [*places, *((figure.start, figure.end) for figure in numbers)])
    said = "、".join(dict.fromkeys(word for word, found in words if found))
    if rewriting:
        return rewriting.rung, ranges, f"“{rewriting.typed}”按“{rewriting.taken}”查找"
    if phrase:
        return Rung.PHRASE, ranges, f"原文里有“{query.core}”"
    if numbers:
        return Rung.NUMBER, ranges, f"数字相同：{numbers[0].text}"
    return Rung.WORDS, ranges, f"含有：{said}" if said else "与前后文相关"


def _marked(query: Query, text: Readable) -> list[tuple[str, list[Range]]]:
    """Return what is to be marked and where: a keyword that stands there whole, else its words.

    检查 is no longer of interest in a fact that holds the asked 联合检查码.
    """
    whole = [(word, found) for word in query.keywords if (found := text.occurrences(word))]
    rest = [word.text for word in query.words if not any(word.text in keyword for keyword, _ in whole)]
    return [*whole, *((word, text.occurrences(word)) for word in rest)]


def _numbers(query: Query, text: str) -> list[Figure]:
    if not query.number_keys:
        return []
    return [figure for figure in figures(text) if set(figure.keys) & set(query.number_keys)]
