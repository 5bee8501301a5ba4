"""Other wordings of a query: what was probably meant by words that the corpus does not hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from knowledge.model import Rung
from knowledge.query.analysis import Query
from knowledge.search.lexicon import Lexicon
from knowledge.search.writings import writings
from knowledge.text.hanzi import is_hanzi
from knowledge.text.language import Language

MOST_REWRITINGS = 4
MOST_CORRECTIONS = 3
LONGEST_CONTEXT = 2


@dataclass(frozen=True, slots=True)
class Rewriting:
    """The query in other words: `taken` stands where `typed` was; the rung says how they belong together."""

    text: str
    rung: Rung
    typed: str
    taken: str


def rewritings(query: Query, lexicon: Lexicon, language: Language) -> tuple[Rewriting, ...]:
    """Return what the query may mean besides itself, the likeliest first."""
    found = [
        *_spelt_in_latin(query, lexicon),
        *_misspelt(query, lexicon, language),
        *_named(query, lexicon),
        *_written(query, lexicon),
    ]
    return tuple(dict.fromkeys(found))[:MOST_REWRITINGS]


def _spelt_in_latin(query: Query, lexicon: Lexicon) -> Iterator[Rewriting]:
    for typed in query.latin:
        if len(typed) < 3 or lexicon.holds(typed):
            continue
        for taken in lexicon.spelt(typed)[:MOST_CORRECTIONS]:
            yield Rewriting(query.text.replace(typed, taken, 1), Rung.PINYIN, typed, taken)


def _named(query: Query, lexicon: Lexicon) -> Iterator[Rewriting]:
    """The other names of an aliased word, where they occur."""
    for expansion in query.expansions:
        known = sorted(
            ((lexicon.frequency(other), other) for other in expansion.others if lexicon.holds(other)),
            reverse=True,
        )
        for _, other in known[:2]:
            text = f"{query.text[: expansion.start]}{other}{query.text[expansion.end :]}"
            yield Rewriting(text, Rung.ALIAS, expansion.word, other)


def _written(query: Query, lexicon: Lexicon) -> Iterator[Rewriting]:
    """The figures of the query in writings that occur."""
    for figure in query.figures:
        for way in writings(figure):
            if lexicon.holds(way):
                text = query.text[: figure.start] + way + query.text[figure.end :]
                yield Rewriting(text, Rung.NUMBER, figure.text, way)


def _misspelt(query: Query, lexicon: Lexicon, language: Language) -> Iterator[Rewriting]:
    """Words with one wrong character.

    A character is suspected when no pair that it stands in occurs in the corpus, so what occurs is never
    corrected; a word everybody knows is not taken for a rarer one that looks like it.
    """
    text = _content(query)
    corrections: list[tuple[str, str]] = []
    for at in lexicon.strangers(text):
        typed = text[at]
        before, after = _context(text, at)
        if not is_hanzi(typed) or not (before or after):
            continue
        known = _well_known(query, language, at)
        taken = _meant(lexicon, typed, before, after, sound_only=known)
        if taken:
            text = text[:at] + taken + text[at + 1 :]
            corrections.append((before + typed + after, before + taken + after))
        if len(corrections) == MOST_CORRECTIONS:
            break
    if corrections:
        kept = "".join(new if new != " " else old for old, new in zip(query.text, text, strict=True))
        yield Rewriting(kept, Rung.SPELLING, *corrections[0])


def _content(query: Query) -> str:
    """The query with blanks where only question words and stop words stand."""
    text = [" "] * len(query.text)
    for word in query.words:
        text[word.start : word.start + len(word.text)] = word.text
    return "".join(text)


def _context(text: str, at: int) -> tuple[str, str]:
    """Return up to two hanzi on either side."""
    start, end = at, at + 1
    while start > 0 and at - start < LONGEST_CONTEXT and is_hanzi(text[start - 1]):
        start -= 1
    while end < len(text) and end - at - 1 < LONGEST_CONTEXT and is_hanzi(text[end]):
        end += 1
    return text[start:at], text[at + 1 : end]


def _well_known(query: Query, language: Language, at: int) -> bool:
    """Whether the character stands in a word of two or more that any dictionary has."""
    return any(
        word.start <= at < word.start + len(word.text) and len(word.text) > 1 and language.knows(word.text)
        for word in query.words
    )


def _meant(lexicon: Lexicon, typed: str, before: str, after: str, sound_only: bool) -> str | None:
    """Return the character that makes a run of three or more, which occurs unbroken, out of its surroundings."""
    sounding = set(lexicon.homophones(typed).tolist())
    sides = [(before[-1:], after[:1]), (before[-2:], ""), ("", after[:2])]
    for left, right in sides:
        if len(left) + len(right) < 2:
            continue
        near = lexicon.beside(left[-1:], right[:1]).tolist()
        ranked = sorted(
            near, key=lambda char: (char not in sounding, -lexicon.frequency(left + chr(char) + right))
        )
        for char in ranked[:4]:
            if char not in sounding and (sound_only or not (left and right)):
                continue
            if chr(char) != typed and lexicon.holds(left + chr(char) + right):
                return chr(char)
    return None
