"""Where a fact holds the words of a query, for showing them and for saying why it matched."""

from __future__ import annotations

from collections.abc import Iterable

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


def matched(text: str, terms: Iterable[str]) -> tuple[Range, ...]:
    """Return where any of the folded terms stands in a fact's text."""
    folded = fold(text)
    return merged(place for term in terms for place in occurrences(folded, term))
