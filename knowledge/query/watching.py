"""Whether a fact is about what somebody watches: every word of it stands there, or another name of the word. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from knowledge.query.aliases import Aliases
from knowledge.query.analysis import Query, analyse
from knowledge.text.analyzer import Analyzer

Range = tuple[int, int]

Occurrences = Callable[[str], Sequence[Range]]
"""Tells where a folded term stands in a text."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What is watched, folded: of each group one way of saying it must occur, and nothing excluded."""

    groups: tuple[tuple[tuple[str, ...], ...], ...]
    excluded: tuple[str, ...] = ()

    def places(self, occurrences: Occurrences) -> tuple[Range, ...] | None:
        """Return where it stands in a text, or None where the text is about something else."""
        if any(occurrences(word) for word in self.excluded):
            return None
        found: list[Range] = []
        for group in self.groups:
            said = next((places for way in group if (places := _all(way, occurrences))), None)
            if said is None:
                return None
            found += said
        return tuple(sorted(set(found)))


def read_watched(words: str, aliases: Aliases, language: Analyzer) -> Watched | None:
    """Read what somebody wants to watch; None where nothing in it can be looked for.

    Words apart must all occur. A word counts as said if it stands there as it is, under another name, or if it is
    made of several words and all of them stand there.
    """
    query = analyse(words, aliases, language)
    groups = [_group(keyword, query, language) for keyword in _wanted(query)]
    whole = tuple(group for group in groups if group)
    return Watched(whole, query.excluded) if whole else None


def _wanted(query: Query) -> Iterable[str]:
    spoken = [*query.keywords, *query.phrases, *query.titles]
    return dict.fromkeys(word for word in spoken if any(c.isalnum() for c in word))


def _group(keyword: str, query: Query, language: Analyzer) -> tuple[tuple[str, ...], ...]:
    ways: dict[tuple[str, ...], None] = {(keyword,): None}
    for expansion in query.expansions:
        if expansion.word in keyword:
            for other in expansion.others:
                ways[(keyword.replace(expansion.word, other),)] = None
    parts = tuple(t.text for t in language.tokens(keyword) if len(t.text) > 1 and t.text != keyword)
    if len(parts) > 1 and len("".join(parts)) == len(keyword):
        ways[parts] = None
    return tuple(ways)


def _all(way: tuple[str, ...], occurrences: Occurrences) -> list[Range] | None:
    found = [occurrences(term) for term in way]
    return [place for places in found for place in places] if all(found) else None
