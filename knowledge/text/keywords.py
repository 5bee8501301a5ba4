"""What an article is about, in a few words: its names and nouns that are rare elsewhere (TF-IDF).

How rare words are is told by jieba's table (its `analyse/idf.txt`); jieba itself is not loaded: that takes half a second,
and its cutter forty times as long over a sentence as rjieba, which cuts by the same algorithm into the same parts of speech.
Only builds load the table, once a process.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from importlib.resources import files
from statistics import median_high

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
        """Return at most `SHOWN` key words of an article, the most telling first."""
        text = "\n".join((title, *sentences))[:READ]
        counts = Counter(
            word
            for word, tag in self._language.words(text)
            if (tag in TELLING or (tag == UNKNOWN and word.isalpha())) and len(word.strip()) > 1
        )
        rarity, usual = self._rarity
        total = counts.total()
        weights = {word: count * (rarity.get(word, usual) / total) for word, count in counts.items()}
        return tuple(sorted(weights, key=weights.__getitem__, reverse=True)[:SHOWN])

    @cached_property
    def _language(self) -> ChineseAnalyzer:
        return ChineseAnalyzer(self._dictionary)

    @cached_property
    def _rarity(self) -> tuple[dict[str, float], float]:
        """How rare each word is (inverse document frequency), and how rare one is that nothing is told of."""
        table = files("jieba").joinpath("analyse", "idf.txt").read_text(encoding="utf-8").split()
        rarity = dict(zip(table[::2], map(float, table[1::2]), strict=True))
        return rarity, median_high(rarity.values())
