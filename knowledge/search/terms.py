"""Characters and character pairs: what a query's weigh in the corpus and how often they stand in a fact; and words by them:
which the corpus holds, and which of its words look or sound like one that it does not hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from knowledge.search.corpus import Array, Columns, Corpus
from knowledge.text.folding import SEPARATOR, Codes, decoded, encode
from knowledge.text.pinyin import cuts

STOP = frozenset("的了是在和有为与及其之而于以不个也就都到被把这那什么哪谁几多少怎样何吗呢吧")
"""Characters too common to weigh alone; in pairs they count (issue: +.4 to +.9 MRR points)."""
_SEPARATOR = ord(SEPARATOR)
_STOP = frozenset(map(ord, STOP)) | {_SEPARATOR}
PAIRS, CHARS = 0, 1
MOST_GRAMS = 48
POSTINGS = 50_000
"""Entries of the index read for candidates: a query's rarest pairs find the ten best of a million facts as all do."""
LEAST = 4
"""Pairs that are looked for whatever their number of entries."""


@dataclass(frozen=True)
class Units:
    """`chars` and `grams` are distinct, `grams` ascending, with their inverse document frequencies.

    `place[c]` numbers the characters that count, from 1, those of `chars` first; 0 for all others. `begins` tells of
    each number whether it begins a pair.
    """

    chars: Array
    char_idf: Array
    grams: Array
    gram_idf: Array
    gram_df: Array
    place: Array
    begins: Array

    @cached_property
    def shares(self) -> Array:
        """What each unit (row) is of the weight of all pairs, and of all characters."""
        shares = np.zeros((len(self.chars) + len(self.grams), 2))
        shares[len(self.chars) :, 0] = self.gram_idf / (self.gram_idf.sum() or 1.0)
        shares[: len(self.chars), 1] = self.char_idf / (self.char_idf.sum() or 1.0)
        return shares


def idf(df: Array | int, n: int) -> Array:
    """Return the inverse document frequency of BM25 (Robertson and Zaragoza 2009, as Lucene has it, never negative)."""
    weights: Array = np.log1p((n - df + 0.5) / (df + 0.5))
    return weights


def gram_frequencies(columns: Columns, grams: Array) -> Array:
    """Return how many facts hold each character pair."""
    place = np.searchsorted(columns.grams, grams)
    place[place == len(columns.grams)] = 0
    if not len(columns.grams):
        return np.zeros(len(grams), dtype=np.int64)
    return np.where(columns.grams[place] == grams, columns.gram_df[place], 0)


def beginning(columns: Columns, char: int, most: int) -> list[str]:
    """Return the commonest character pairs that begin with a character, and itself for where it ends a run."""
    # In the array's own type: another would have numpy convert all of it.
    first, end = np.searchsorted(columns.grams, np.array([char << 16, (char << 16) + 0xFFFF], np.uint32))
    chosen = first + np.argsort(-columns.gram_df[first:end], kind="stable")[:most]
    return [chr(char), *(pair(gram) for gram in columns.grams[chosen].tolist())]


def pair(gram: int) -> str:
    """Return a character pair as text."""
    return chr(gram >> 16) + chr(gram & 0xFFFF)


def telling(units: Units) -> list[str]:
    """Return the pairs that candidates are looked for by: the rarest that occur, within a budget."""
    rarest = np.argsort(units.gram_df, kind="stable")[np.count_nonzero(units.gram_df == 0) :]
    within = np.count_nonzero(np.cumsum(units.gram_df[rarest]) <= POSTINGS)
    return [pair(gram) for gram in units.grams[rarest[: max(LEAST, within)]].tolist()]


def weighed_units(codes: Codes, columns: Columns) -> Units:
    """Cut an encoded query into units and weigh them."""
    n, text = len(columns), codes.tolist()
    chars = list(dict.fromkeys(code for code in text if code not in _STOP))
    pairs = {a << 16 | b for a, b in pairwise(text) if _SEPARATOR not in (a, b)}
    grams = np.array(sorted(pairs), dtype=np.uint32)
    df = gram_frequencies(columns, grams)
    if len(grams) > MOST_GRAMS:
        rarest = np.sort(np.argsort(np.where(df == 0, n, df), kind="stable")[:MOST_GRAMS])
        grams, df = grams[rarest], df[rarest]
    weights = idf(np.concatenate([columns.char_df[chars], df]), n)
    firsts = grams >> 16
    numbered = list(dict.fromkeys([*chars, *firsts.tolist()]))
    place = np.zeros(0x10000, dtype=np.int16)
    place[numbered] = np.arange(1, len(numbered) + 1)
    begins = np.zeros(len(numbered) + 1, dtype=np.bool_)
    begins[place[firsts]] = True
    return Units(
        np.array(chars, np.uint32), weights[: len(chars)], grams, weights[len(chars) :], df, place, begins
    )


@dataclass(frozen=True)
class Counts:
    """How often each window (row) holds each unit (column: characters, then pairs), and its length in characters."""

    units: Units
    tf: Array
    lengths: Array

    def at(self, rows: Array) -> Counts:
        return Counts(self.units, self.tf[rows], self.lengths[rows])

    def runs(self, starts: Array, ends: Array, lengths: Array) -> Counts:
        """Return the counts of runs of windows, each from `starts` up to `ends` and so long."""
        before = np.zeros((len(self.tf) + 1, self.tf.shape[1]), dtype=self.tf.dtype)
        np.cumsum(self.tf, axis=0, out=before[1:])
        return Counts(self.units, before[ends] - before[starts], lengths)

    def beside(self, other: Counts) -> Counts:
        """Return the counts of each window taken together with the other's."""
        return Counts(self.units, self.tf + other.tf, self.lengths + other.lengths)

    @cached_property
    def coverage(self) -> Array:
        """The share of the query's weight that each window holds, 0-1: of its pairs, of its characters."""
        held: Array = (self.tf > 0) @ self.units.shares
        return held


def laid_out(codes: Array, starts: Array, ends: Array) -> Array:
    """Return the windows `codes[start:end]` one after another."""
    # Slices of whole runs: ten times faster than an index per character.
    breaks = (starts[1:] != ends[:-1]).nonzero()[0]
    opens, closes = (
        [*starts[:1].tolist(), *starts[breaks + 1].tolist()],
        [*ends[breaks].tolist(), *ends[-1:].tolist()],
    )
    return np.concatenate([codes[start:end] for start, end in zip(opens, closes, strict=True)])


def count(text: Array, owner: Array, lengths: Array, units: Units) -> Counts:
    """Count units in windows laid out as `text`; `owner` is the window of each character.

    No pair reaches from one window into the next, for each ends in a separator.
    """
    known = units.place.take(text)
    at = known.nonzero()[0]
    place = known[at]
    weighed = place <= len(units.chars)
    starts = at[units.begins[place]]
    pairs = text[starts].astype(np.uint32) << 16 | text[starts + 1]
    which = np.searchsorted(units.grams[1:], pairs, "right")  # the last one that is not greater
    hit = units.grams[which] == pairs if len(pairs) else np.zeros(0, np.bool_)
    width = len(units.chars) + len(units.grams)
    chars = owner[at[weighed]] * width + (place[weighed] - 1)
    grams = owner[starts[hit]] * width + (which[hit] + len(units.chars))
    tf = np.bincount(np.concatenate([chars, grams]), minlength=len(lengths) * width)
    return Counts(units, tf.reshape(len(lengths), width), lengths)


LOOKED_AT = 20
"""Facts read to see whether a run of characters, whose pairs all occur, occurs itself."""
MOST_WAYS = 40
MOST_BEGINNINGS = 40
MOST_BESIDE = 3000


def pairs(codes: Codes) -> list[int]:
    """Return the character pairs of an encoded word."""
    units, end = codes.tolist(), ord(SEPARATOR)
    return [a << 16 | b for a, b in pairwise(units) if end not in (a, b)]


class Lexicon:
    """Answers about words by the corpus' character pairs, then by looking into a few facts."""

    def __init__(self, corpus: Corpus, read: str = "") -> None:
        """`read` is encoded text of facts at hand, each closed by a separator: what stands there need not be sought."""
        self._corpus = corpus
        self._columns = corpus.columns
        self._read = read
        self._frequencies: dict[str, int] = {}

    @property
    def size(self) -> int:
        return len(self._columns)

    def frequency(self, word: str) -> int:
        """Return the frequency of a word's rarest pair, or of its one character; 0: the word does not occur."""
        if (known := self._frequencies.get(word)) is None:
            known = self._frequencies[word] = self._frequency(encode(word))
        return known

    def _frequency(self, codes: Codes) -> int:
        if len(codes) < 2:
            return int(self._columns.char_df[codes[0]]) if len(codes) else 0
        return min(map(self._pair_frequency, pairs(codes)), default=self.size)

    def _pair_frequency(self, pair: int) -> int:
        """One pair at a time: a word has few, and numpy takes longer to begin than to look."""
        grams = self._columns.grams
        at = int(grams.searchsorted(np.uint32(pair)))
        return int(self._columns.gram_df[at]) if at < len(grams) and grams[at] == pair else 0

    def holds(self, word: str) -> bool:
        """Tell whether some fact holds the word unbroken."""
        if SEPARATOR not in word and word in self._read:
            return True
        if not self.frequency(word):
            return False
        return len(encode(word)) <= 2 or any(self.texts_with(word))

    def texts_with(self, word: str) -> Iterator[str]:
        """Yield the encoded texts of a few facts that hold a word unbroken."""
        text = decoded(encode(word))
        terms = [[text[at : at + 2]] for at in range(len(text) - 1) if SEPARATOR not in text[at : at + 2]]
        return (fact for fact in self._texts(terms) if text in fact)

    def texts_with_all(self, word: str) -> list[str]:
        """Return the encoded texts of a few facts that hold every character of a word, wherever."""
        codes = encode(word)
        if not 0 < min(self._columns.char_df[codes], default=0) <= POSTINGS:
            return []
        chars = dict.fromkeys(codes.tolist())
        return list(self._texts([beginning(self._columns, char, MOST_BEGINNINGS) for char in chars]))

    def _texts(self, groups: Sequence[Sequence[str]]) -> Iterator[str]:
        found = self._corpus.find(groups, LOOKED_AT)
        for n in np.searchsorted(self._columns.keys, found).tolist():
            yield self._columns.text(n)

    def strangers(self, folded: str) -> list[int]:
        """Return the places of a folded text's characters that stand in no pair of the corpus."""
        codes = np.frombuffer(folded.encode("utf-16-le", "replace"), dtype="<u2")
        wide = codes.astype(np.uint32)
        known = gram_frequencies(self._columns, wide[:-1] << 16 | wide[1:]) > 0
        beside = np.zeros(len(codes) + 1, dtype=np.bool_)
        beside[1:-1] = known
        strange: list[int] = np.flatnonzero(~(beside[:-1] | beside[1:])).tolist()
        return strange

    def spelt(self, latin: str) -> list[str]:
        """Return words of the corpus that pinyin letters may mean, the commonest first."""
        words: dict[str, int] = {}
        for way in cuts(latin, self._syllables):
            if len(way) > 1:
                words |= {word: self.frequency(word) for word in self._spoken(way)}
        ranked = sorted(words, key=lambda word: (-len(word), -words[word]))
        return [word for word in ranked[:LOOKED_AT] if self.holds(word)]

    def _spoken(self, syllables: Sequence[str]) -> list[str]:
        """Return runs of characters that sound so and of which every pair occurs."""
        choices = [self._sounding([self._syllables[syllable]]) for syllable in syllables]
        ways = [chr(char) for char in choices[0].tolist()]
        for chosen in choices[1:]:
            ends = np.array(sorted({ord(way[-1]) for way in ways}), dtype=np.uint32)
            joined = (ends[:, None] << 16 | chosen[None, :].astype(np.uint32)).ravel()
            df = gram_frequencies(self._columns, joined)
            follow: dict[str, list[tuple[int, str]]] = {}
            for gram, count in zip(joined[df > 0].tolist(), df[df > 0].tolist(), strict=True):
                follow.setdefault(chr(gram >> 16), []).append((count, chr(gram & 0xFFFF)))
            grown = [(count, way + char) for way in ways for count, char in follow.get(way[-1], ())]
            ways = [way for _, way in sorted(grown, reverse=True)[:MOST_WAYS]]
        return ways

    def homophones(self, char: str) -> Array:
        """Return the characters of the corpus that sound like `char` by any of its readings."""
        readings = self._columns.readings[ord(char)]
        return self._sounding([int(number) for number in readings if number >= 0])

    def _sounding(self, numbers: Sequence[int]) -> Array:
        columns = self._columns
        bounds = columns.speaker_offsets
        spoken = [columns.speakers[bounds[number] : bounds[number + 1]] for number in numbers]
        chars: Array = np.unique(np.concatenate([columns.speakers[:0], *spoken]))
        return np.asarray(chars[columns.char_df[chars] > 0])

    def beside(self, before: str, after: str) -> Array:
        """Return the characters that occur after `before` and before `after`; an empty side is open."""
        grams = self._columns.grams
        if before:
            # In the array's own type: another would have numpy convert all of it.
            first = np.searchsorted(grams, np.uint32(ord(before) << 16), "left")
            end = np.searchsorted(grams, np.uint32(ord(before) << 16 | 0xFFFF), "right")
            chars = grams[first:end][:MOST_BESIDE] & 0xFFFF
        else:
            chars = self._chars
        if after:
            joined = chars.astype(np.uint32) << 16 | np.uint32(ord(after))
            chars = chars[gram_frequencies(self._columns, joined) > 0]
        return np.asarray(chars)

    @cached_property
    def _chars(self) -> Array:
        return np.flatnonzero(self._columns.char_df)

    @cached_property
    def _syllables(self) -> dict[str, int]:
        return {str(name): number for number, name in enumerate(self._columns.syllables)}
