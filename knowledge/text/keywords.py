"""What an article is about, in a few words: its names and nouns that are rare elsewhere (TF-IDF), by jieba's table.

Its own cutter takes forty times as long over a sentence as rjieba, which cuts by the same algorithm into the same parts of
speech; so that one cuts for it, with the user's words. Only builds load its table, once a process: it takes a second.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property, lru_cache
from heapq import nlargest
from typing import Any

from knowledge.model import ParsedDocument
from knowledge.text.analyzer import ChineseAnalyzer, Dictionary

SHOWN = 5
"""Key words of an article."""
READ = 4_000
"""Characters that are read of an article: what it is about is said by then."""
TELLING = frozenset({"n", "nr", "ns", "nt", "nz", "nrt", "vn", "l"})
"""Parts of speech (jieba's tags): nouns, persons, places, organisations, other names, verbal nouns, set phrases."""
UNKNOWN = "x"
"""What rjieba says of a word that its dictionary has not: mostly a name."""
AT_HAND = 1 << 14
"""Words whose rarity is at hand in the processor: most words come again, and the table is too large for its memory."""


class KeywordExtractor:
    """Finds key words; it knows the user's words."""

    def __init__(self, dictionary: Dictionary | None = None) -> None:
        self._dictionary = dictionary

    def load(self) -> None:
        """Load the segmenter's dictionary and the table of rarity now, not with the first article.

        Raises:
            OSError: they cannot be read.
        """
        self.keywords("", ("大桥通车",))

    def annotate(self, parsed: ParsedDocument) -> ParsedDocument:
        """Give each article of a document its key words; facts are of an article by its id, and stay as they are."""
        sentences: dict[str, list[str]] = {}
        for fact in parsed.facts:
            sentences.setdefault(fact.article.id, []).append(fact.text)
        articles = (
            replace(article, keywords=self.keywords(article.title.text, sentences.get(article.id, ())))
            for article in parsed.articles
        )
        return replace(parsed, articles=tuple(articles))

    def keywords(self, title: str, sentences: Sequence[str]) -> tuple[str, ...]:
        """Return at most `SHOWN` key words of an article, the most telling first.

        As `extract_tags` of jieba's TF-IDF, which counts a word a step.
        """
        text = "\n".join((title, *sentences))[:READ]
        told = [
            word
            for word, tag in self._language.words(text)
            if tag in TELLING or (tag == UNKNOWN and word.isalpha())
        ]
        hollow = self._table.stop_words
        often = {
            word: uses
            for word, uses in Counter(told).items()
            if len(word.strip()) > 1 and word.lower() not in hollow
        }
        total = sum(often.values())
        telling = {word: uses * (self._rarity(word) / total) for word, uses in often.items()}
        return tuple(nlargest(SHOWN, telling, key=telling.__getitem__))

    @cached_property
    def _language(self) -> ChineseAnalyzer:
        return ChineseAnalyzer(self._dictionary)

    @cached_property
    def _rarity(self) -> Any:
        rarity, usual = self._table.idf_freq.get, self._table.median_idf
        return lru_cache(AT_HAND)(lambda word: rarity(word, usual))

    @cached_property
    def _table(self) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # its table, which it leaves open
            from jieba.analyse import default_tfidf

        return default_tfidf
