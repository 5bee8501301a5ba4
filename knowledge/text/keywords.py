"""What an article is about, in a few words: its names and nouns that are rare elsewhere (TF-IDF), by jieba's table.

jieba's own cutter takes forty times as long over a sentence as rjieba, which cuts by the same algorithm into the same parts
of speech, and its own count of them three times as long. Only builds load the table, once a process: it takes a second.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from knowledge.model import Article, Fact, ParsedDocument
from knowledge.text.analyzer import ChineseAnalyzer, Dictionary

SHOWN = 5
"""Key words of an article."""
READ = 4_000
"""Characters that are read of an article: what it is about is said by then."""
TELLING = frozenset(["n", "nr", "ns", "nt", "nz", "nrt", "vn", "l"])
"""Parts of speech (jieba's tags): nouns, persons, places, organisations, other names, verbal nouns, set phrases."""
UNKNOWN = "x"
"""What rjieba says of a word that its dictionary has not: mostly a name."""


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
        """Give each article of a document its key words."""
        sentences: dict[str, list[str]] = {}
        for fact in parsed.facts:
            sentences.setdefault(fact.article.id, []).append(fact.text)
        told: dict[str, Article] = {
            article.id: replace(
                article, keywords=self.keywords(article.title.text, sentences.get(article.id, ()))
            )
            for article in parsed.articles
        }

        def of(fact: Fact) -> Fact:
            return replace(fact, article=told[fact.article.id]) if fact.article.id in told else fact

        articles = tuple(told.get(article.id, article) for article in parsed.articles)
        return replace(parsed, articles=articles, facts=tuple(map(of, parsed.facts)))

    def keywords(self, title: str, sentences: Sequence[str]) -> tuple[str, ...]:
        """Return at most `SHOWN` key words of an article, the most telling first."""
        text = "\n".join((title, *sentences))[:READ]
        table = self._table
        usual, hollow = table.median_idf, table.stop_words
        weights: dict[str, float] = {}
        for word, tag in self._language.words(text):
            telling = tag in TELLING or (tag == UNKNOWN and word.isalpha())
            if telling and len(word) > 1 and word.lower() not in hollow:
                weights[word] = weights.get(word, 0.0) + table.idf_freq.get(word, usual)
        return tuple(sorted(weights, key=lambda word: -weights[word])[:SHOWN])

    @cached_property
    def _language(self) -> ChineseAnalyzer:
        return ChineseAnalyzer(self._dictionary)

    @cached_property
    def _table(self) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # its file, which it leaves open
            from jieba.analyse import default_tfidf

        return default_tfidf
