"""What an article is about, in a few words: its names and nouns that are rare elsewhere (TF-IDF).

Words are cut by rjieba as everywhere; how rare one is says the table that jieba brings (of 260,000 words), which is
read from its folder: jieba itself takes forty times as long over a sentence.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache, cached_property
from importlib import util
from pathlib import Path
from statistics import median

from knowledge.model import Article, Fact, ParsedDocument
from knowledge.text.analyzer import ChineseAnalyzer
from knowledge.text.dictionary import Dictionary

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
        """Load the segmenter's dictionary and the table now, not with the first article.

        Raises:
            OSError: the table cannot be read.
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
        found: Counter[str] = Counter()
        left = READ
        for text in (title, *sentences):
            found.update(word for word, tag in self._language.words(text[:left]) if _tells(word, tag))
            left -= len(text)
            if left <= 0:
                break
        rarity, usual = _rarity()
        return tuple(sorted(found, key=lambda word: -found[word] * rarity.get(word, usual))[:SHOWN])

    @cached_property
    def _language(self) -> ChineseAnalyzer:
        return ChineseAnalyzer(self._dictionary)


def _tells(word: str, tag: str) -> bool:
    return len(word) > 1 and (tag in TELLING or (tag == UNKNOWN and word.isalpha()))


@cache
def _rarity() -> tuple[Mapping[str, float], float]:
    """The inverse document frequency of words, and what one has that is not in the table."""
    package = util.find_spec("jieba")  # found, not imported: that alone takes a third of a second
    folders = package.submodule_search_locations if package else None
    if not folders:
        raise FileNotFoundError("jieba is not installed; its table of word frequencies is needed")
    lines = Path(folders[0], "analyse", "idf.txt").read_text(encoding="utf-8").splitlines()
    table = {word: float(rarity) for word, _, rarity in (line.partition(" ") for line in lines)}
    return table, median(table.values())
