"""Which words the corpus holds, and which of its words look or sound like one that it does not hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import pairwise

import numpy as np

from knowledge.search.corpus import Array, Corpus
from knowledge.search.units import POSTINGS, beginning, gram_frequencies
from knowledge.text.folding import SEPARATOR, Codes, decoded, encode
from knowledge.text.pinyin import cuts

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
        """The number of facts."""
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
        text = decoded(encode(word))
        if len(text) <= 2:
            return True
        terms = [[text[at : at + 2]] for at in range(len(text) - 1) if SEPARATOR not in text[at : at + 2]]
        return any(text in fact for fact in self._texts(terms))

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
