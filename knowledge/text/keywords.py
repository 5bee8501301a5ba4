"""What an article is about, in a few words: its names and nouns that are rare elsewhere (TF-IDF).

How rare a word is says jieba's table, read as a file: jieba itself loads for a second, and rjieba cuts by the same algorithm
into the same parts of speech. Only builds read it, once a process.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache
from importlib.metadata import distribution

from knowledge.model import ParsedDocument
from knowledge.text.analyzer import ChineseAnalyzer, Dictionary

SHOWN = 5
"""Key words of an article."""
READ = 4_000
"""Characters that are read of an article: what it is about is said by then."""
MET = 20_000
"""Words whose rarity is kept at hand."""
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
        words = self._language.words("\n".join((title, *sentences))[:READ])
        counted = Counter(
            [word for word, tag in words if tag in TELLING or (tag == UNKNOWN and word.isalpha())]
        )
        telling = {word: often for word, often in counted.items() if len(word) > 1}
        total = sum(telling.values())
        weights = {word: often * (self._rarity(word) / total) for word, often in telling.items()}
        return tuple(sorted(weights, key=weights.__getitem__, reverse=True)[:SHOWN])

    @cached_property
    def _language(self) -> ChineseAnalyzer:
        return ChineseAnalyzer(self._dictionary)

    @cached_property
    def _rarity(self) -> Callable[[str], float]:
        """Tells a word's inverse document frequency, the median where it is not in the table."""
        (table,) = (file for file in distribution("jieba").files or () if file.name == "idf.txt")
        pairs = table.read_text().split()
        found = dict(zip(pairs[::2], map(float, pairs[1::2]), strict=True))
        usual = sorted(found.values())[len(found) // 2]
        return lru_cache(MET)(
            lambda word: found.get(word, usual)
        )  # of a table so large no cache of a core holds much
