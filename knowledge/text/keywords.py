"""What an article is about, in a few words: its names and nouns that are rare elsewhere (TF-IDF), by jieba.

jieba and not rjieba: that one knows no user's dictionary and gives no key words. Only builds load it, once a process:
it takes a second and a half and 200 MB.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property, lru_cache
from typing import Any

from knowledge.model import Article, Fact, ParsedDocument
from knowledge.text.dictionary import Dictionary

SHOWN = 5
"""Key words of an article."""
READ = 4_000
"""Characters that are read of an article: what it is about is said by then, and cutting takes time."""
TELLING = ("n", "nr", "ns", "nt", "nz", "nrt", "vn", "l")
"""Parts of speech (jieba's tags): nouns, persons, places, organisations, other names, verbal nouns, set phrases."""


class KeywordExtractor:
    """Finds key words, with a segmenter of its own that knows the user's words."""

    def __init__(self, dictionary: Dictionary | None = None) -> None:
        self._dictionary = dictionary or Dictionary()

    def load(self) -> None:
        """Load the segmenter's dictionary now, not with the first article.

        Raises:
            OSError: it cannot be read.
        """
        _ = self._tfidf

    def annotate(self, parsed: ParsedDocument) -> ParsedDocument:
        """Give each article of a document its key words."""
        told: dict[str, Article] = {}
        for article in parsed.articles:
            facts = [fact.text for fact in parsed.facts if fact.article.id == article.id]
            told[article.id] = replace(article, keywords=self.keywords(article.title.text, facts))

        def of(fact: Fact) -> Fact:
            return replace(fact, article=told[fact.article.id]) if fact.article.id in told else fact

        articles = tuple(told.get(article.id, article) for article in parsed.articles)
        return replace(parsed, articles=articles, facts=tuple(map(of, parsed.facts)))

    def keywords(self, title: str, sentences: Sequence[str]) -> tuple[str, ...]:
        """Return at most `SHOWN` key words of an article, the most telling first."""
        text = "\n".join((title, *sentences))[:READ]
        found: list[str] = self._tfidf.extract_tags(text, topK=SHOWN, allowPOS=TELLING)
        return tuple(found)

    @cached_property
    def _tfidf(self) -> Any:
        return _extractor(tuple(self._dictionary.tags.items()))


@lru_cache(1)
def _extractor(words: tuple[tuple[str, str], ...]) -> Any:
    """jieba's TF-IDF over a segmenter that knows these words with their parts of speech."""
    from jieba import Tokenizer
    from jieba.posseg import POSTokenizer

    tokenizer = Tokenizer()
    # not by its own cache: that is a file of a known name in the folder for temporary files, where anybody writes
    tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    tokenizer.initialized = True
    tagger = POSTokenizer(tokenizer)
    for word, tag in words:
        tokenizer.add_word(word, tag=tag)
    tagger.word_tag_tab.update(dict(words))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # its own table of frequencies, which it leaves open
        from jieba.analyse import TFIDF

        found = TFIDF()
    found.tokenizer, found.postokenizer = tokenizer, tagger
    return found
