"""Corpora of any size, grown from the seeds or from SQuAD-style files, and what is asked of them.

A grown corpus has the words of a small one: its clauses recombined, one word in ten exchanged for another as often as it
occurs, so characters, pairs and words keep the frequencies that they have in print."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import rjieba

from knowledge.model import Article, Document, Fact, ParsedDocument, SourcedText, Span, make_id
from knowledge.training.question_sets import load
from tests.gold.questions import load as load_gold
from tests.gold.sentences import repaired

IN_ARTICLE = 25
CLAUSES = 3
EXCHANGED = 0.1


@dataclass(frozen=True, slots=True)
class Stock:
    """What a corpus is grown from, as the words of its clauses, and what is asked of it."""

    name: str
    clauses: Sequence[Sequence[str]]
    queries: Sequence[str]


def stock_of_seeds() -> Stock:
    """The seeds and the gold questions."""
    return Stock("the seeds", _clauses(repaired()), [question.query for question in load_gold()])


def stock_of(paths: Sequence[Path]) -> Stock:
    """The articles and the questions of SQuAD-style files."""
    read = [load(path) for path in paths]
    clauses, asked = (
        _clauses(one for data in read for one in data.articles.values()),
        [q.text for data in read for q in data.asked],
    )
    return Stock(", ".join(data.name for data in read), clauses, asked)


def _clauses(documents: Iterable[ParsedDocument]) -> list[list[str]]:
    texts = (fact.text for one in documents for fact in one.facts)
    return [
        rjieba.cut(clause) for text in texts for clause in re.split(r"[，。；,]", text) if len(clause) > 3
    ]


def grown(stock: Stock, size: int) -> Iterator[list[str]]:
    """Yield articles as their sentences, `size` sentences in all; the same ones every time."""
    random = Random(5)
    words = [word for clause in stock.clauses for word in clause]

    def varied(clause: Sequence[str]) -> str:
        return "".join(random.choice(words) if random.random() < EXCHANGED else word for word in clause)

    for _ in range(-(-size // IN_ARTICLE)):
        yield [
            "，".join(map(varied, random.choices(stock.clauses, k=CLAUSES))) + "。" for _ in range(IN_ARTICLE)
        ]


def as_repaired(number: int, sentences: Sequence[str]) -> ParsedDocument:
    """Return an article as repair would, each sentence a fact."""
    name, title = f"{number:07}.txt", sentences[0][:12]
    document = Document(name, "", 0, "text", "utf-8", (title, *sentences))
    article = Article(make_id(name, title, 0), name, SourcedText(title, (Span(1, 0, len(title)),)))
    facts = tuple(
        Fact(make_id(name, text, line), text, (Span(line, 0, len(text)),), article)
        for line, text in enumerate(sentences, 2)
    )
    return ParsedDocument(document, (article,), facts, ())


def as_file(sentences: Sequence[str]) -> str:
    """Return an article as a file: title, blank line, a paragraph of five sentences a line."""
    paragraphs = ["".join(sentences[at : at + 5]) for at in range(0, len(sentences), 5)]
    return "\n".join([sentences[0][:12], "", *paragraphs, ""])
