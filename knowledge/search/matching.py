"""Where a fact holds the words of a query, by which rung it matched, and how to say so."""

from __future__ import annotations

from collections.abc import Iterable

from knowledge.model import Fact, Rung
from knowledge.query.analysis import Query
from knowledge.search.rewriting import Rewriting
from knowledge.text.numbers import Figure, figures
from knowledge.text.script import INSIDE, SEPARATOR, fold

Range = tuple[int, int]


def occurrences(text: str, term: str) -> list[Range]:
    """Return where `term` stands in folded `text`, letting quotation marks and spaces lie inside."""
    letters = [(at, char) for at, char in enumerate(text) if char not in (INSIDE, SEPARATOR)]
    tight = "".join(char for _, char in letters)
    wanted = term.replace(INSIDE, "").replace(SEPARATOR, "")
    found: list[Range] = []
    at = tight.find(wanted) if wanted else -1
    while at >= 0:
        found.append((letters[at][0], letters[at + len(wanted) - 1][0] + 1))
        at = tight.find(wanted, at + len(wanted))
    return found


def merged(ranges: Iterable[Range]) -> tuple[Range, ...]:
    """Return ranges ascending and disjoint, touching ones as one."""
    whole: list[Range] = []
    for start, end in sorted(ranges):
        if whole and start <= whole[-1][1]:
            whole[-1] = (whole[-1][0], max(end, whole[-1][1]))
        else:
            whole.append((start, end))
    return tuple(whole)


def explain(query: Query, rewriting: Rewriting | None, fact: Fact) -> tuple[Rung, tuple[Range, ...], str]:
    """Return by which rung a fact matched, where, and a Chinese line that says why."""
    text = fold(fact.text)
    phrase = occurrences(text, query.core)
    words = [(word.text, occurrences(text, word.text)) for word in query.words]
    numbers = _numbers(query, fact.text)
    ranges = merged(
        [*phrase, *(place for _, places in words for place in places), *((f.start, f.end) for f in numbers)]
    )
    said = "、".join(dict.fromkeys(word for word, places in words if places))
    if rewriting:
        return rewriting.rung, ranges, f"“{rewriting.typed}”按“{rewriting.taken}”查找"
    if phrase:
        return Rung.PHRASE, ranges, f"原文里有“{query.core}”"
    if numbers and not any(occurrences(text, fold(f.text)) for f in query.figures):
        return Rung.NUMBER, ranges, f"数字相同：{numbers[0].text}"
    return Rung.WORDS, ranges, f"含有：{said}" if said else "与前后文相关"


def _numbers(query: Query, text: str) -> list[Figure]:
    if not query.number_keys:
        return []
    return [figure for figure in figures(text) if set(figure.keys) & set(query.number_keys)]
