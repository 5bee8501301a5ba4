"""Words by kind: synonyms, siblings and opposites from general dictionaries, names and nouns from the news read."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import rjieba

from knowledge.training.reader.sources import KINDS, OPPOSITES, PublicText

NAMES = ("nr", "ns", "nt", "nz")
_LONGEST_OPPOSITE = 3
_KIND_LETTERS = 5
"""Cilin's code: five letters name a small kind (Dd10B), the rest one line of synonyms in it."""


@dataclass(frozen=True, slots=True)
class PlacedWord:
    """A word of a text, its part of speech, and where it stands."""

    word: str
    tag: str
    start: int

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.start + len(self.word)


def placed_words(text: str) -> list[PlacedWord]:
    """Return the words of a text with their places."""
    found: list[PlacedWord] = []
    place = 0
    for word, tag in rjieba.tag(text):
        start = text.find(word, place)
        if start >= 0:
            found.append(PlacedWord(word, tag, start))
            place = start + len(word)
    return found


@dataclass(slots=True)
class WordKinds:
    """What may stand in a word's place: the same said otherwise, or another of its kind."""

    synonyms: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    kinds: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    kinds_of: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    opposites: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    by_tag: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    by_ending: dict[tuple[str, str, int], list[str]] = field(default_factory=lambda: defaultdict(list))
    counts: Counter[str] = field(default_factory=Counter)

    @classmethod
    def read(cls, root: Path, passages: Iterable[PublicText]) -> WordKinds:
        """Read the dictionaries and take the words of the passages by part of speech."""
        lexicon = cls()
        tags: Counter[tuple[str, str]] = Counter()
        for passage in passages:
            for token in placed_words(passage.text):
                lexicon.counts[token.word] += 1
                if len(token.word) > 1 and token.tag[:1] in "nvaj" and _is_hanzi(token.word):
                    tags[token.word, token.tag] += 1
        for line in KINDS.read(root, "dict_synonym.txt").splitlines():
            code, _, words = line.partition(" ")
            members = words.split()
            same = code.endswith("=")
            for word in members:
                if same:
                    lexicon.synonyms[word].update(members)
                lexicon.kinds_of[word].add(code[:_KIND_LETTERS])
                if lexicon.counts[word] > 1:
                    lexicon.kinds[code[:_KIND_LETTERS]].append(word)
        for line in OPPOSITES.read(root, "dict/反义关系库.txt").splitlines():
            one, _, other = line.strip().partition("@")
            if one and other and max(len(one), len(other)) <= _LONGEST_OPPOSITE and len(one) == len(other):
                lexicon.opposites[one].add(other)
                lexicon.opposites[other].add(one)
        for (word, tag), count in tags.items():
            if count > 1 or tag in NAMES:
                lexicon.by_tag[tag].append(word)
                lexicon.by_ending[tag[:1], word[-1], len(word)].append(word)
        return lexicon

    def another(self, word: str, tag: str, rng: random.Random) -> str | None:
        """Return another word of the same kind that does not mean the same, by dictionary or ending; None if none."""
        pools: list[list[str]] = [self.kinds[kind] for kind in self.kinds_of.get(word, ())]
        pools = [pool for pool in pools if len(pool) > 1]
        if not pools or rng.random() < 0.4:
            pools = [self.by_ending.get((tag[:1], word[-1], len(word)), [])]
        choices = (
            [other for other in rng.choices(pools, k=1)[0] if self._differs(word, other)] if pools else []
        )
        return rng.choice(choices) if choices else None

    def name_like(self, word: str, tag: str, rng: random.Random) -> str | None:
        """Return another name of the same kind, like in ending and length where there is one."""
        pool = self.by_tag.get(tag, [])
        choices = [other for other in rng.choices(pool, k=24) if self._differs(word, other)] if pool else []
        return max(choices, key=lambda o: (o[-1] == word[-1], -abs(len(o) - len(word))), default=None)

    def any_word(self, tag: str, size: int, rng: random.Random) -> str | None:
        """Return a word of the part of speech and length."""
        pool = self.by_tag.get(tag, [])
        choices = [word for word in rng.choices(pool, k=12) if len(word) == size] if pool else []
        return choices[0] if choices else None

    def synonym(self, word: str, rng: random.Random) -> str | None:
        """Return a common word for the same, or None."""
        choices = [o for o in self.synonyms.get(word, ()) if o != word and self.counts[o] > 1]
        return rng.choice(sorted(choices)) if choices else None

    def _differs(self, word: str, other: str) -> bool:
        return other != word and other not in word and word not in other and other not in self.synonyms[word]


def _is_hanzi(word: str) -> bool:
    return all("\u4e00" <= character <= "\u9fff" or character == "·" for character in word)
