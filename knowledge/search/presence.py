"""Which part of a query's words stands in a fact or around it, by what each word tells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from knowledge.query.analysis import Query
from knowledge.query.question import QuestionType
from knowledge.search.lexicon import Lexicon
from knowledge.search.matching import Readable
from knowledge.search.units import idf
from knowledge.search.wording import content
from knowledge.text.analyzer import Analyzer, Token

NEARBY = 0.8
"""A word in the titles or a neighbour counts less than one in the fact."""
PART = 0.9
"""So does a part of a word: 居委 for 居委会."""
SCATTERED = 0.5
"""A statement may be told in other words of the same characters: 填表 for 报表 and 填报."""
NAMES = 1.0
DEEDS = 0.6
"""Verbs, adjectives and the rest say less than nouns: they have more synonyms."""


@dataclass(frozen=True, slots=True)
class Around:
    """A fact's text, and that of its titles and neighbours."""

    fact: Readable
    context: Readable


def around(fact: str, context: str, language: Analyzer) -> Around:
    """Fold a fact and what stands around it."""
    return Around(Readable(fact, language.fold), Readable(context, language.fold))


def presence(query: Query, place: Around, lexicon: Lexicon) -> float:
    """Return 0-1: the weighed part of the query's content words that stands there; 1 for a query without any."""
    loosely = is_statement(query)
    weighed = list(_weighed(query, lexicon))
    total = sum(weight for _, weight in weighed)
    if not total:
        return 1.0
    return sum(weight * _stands(_forms(word, query), place, loosely) for word, weight in weighed) / total


def is_headless(query: Query, place: Around) -> bool:
    """Tell whether the last of several words of an unbroken query, its head, stands nowhere, not even in part."""
    words = content(query)
    return (
        len(words) > 1
        and len(query.keywords) == 1
        and not _stands(_forms(words[-1], query), place, is_statement(query))
    )


def is_statement(query: Query) -> bool:
    """Tell whether a query without question words says what happens (电动汽车没地方充电): it may be told in other words."""
    said = query.type is QuestionType.NONE and len(query.keywords) == 1
    return said and any(word.tag.startswith("v") for word in query.words)


def _weighed(query: Query, lexicon: Lexicon) -> Iterator[tuple[Token, float]]:
    for word in content(query):
        rarity = float(idf(lexicon.frequency(word.text), lexicon.size))
        yield word, rarity * (NAMES if word.tag[:1] in ("n", "m", "j", "x", "e", "") else DEEDS)


def _forms(word: Token, query: Query) -> Sequence[str]:
    others = (e.others for e in query.expansions if e.word == word.text)
    return (word.text, *(other for group in others for other in group))


def _stands(forms: Sequence[str], place: Around, loosely: bool) -> float:
    if any(place.fact.holds(form) for form in forms):
        return 1.0
    if any(place.context.holds(form) for form in forms):
        return NEARBY
    word = forms[0]
    longest = max(_longest(word, text) for text in (place.fact.folded, place.context.folded))
    scattered = loosely and len(word) > 1 and set(word) <= set(place.fact.folded)
    return max(PART * longest / len(word), SCATTERED if scattered else 0.0)


def _longest(word: str, text: str) -> int:
    """Length of the longest part of a word, two characters or more, that stands in a text."""
    sizes: Iterable[int] = range(len(word) - 1, 1, -1)
    return next((n for n in sizes for at in range(len(word) - n + 1) if word[at : at + n] in text), 0)
