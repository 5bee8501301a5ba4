"""Sets to ask: SQuAD-style Chinese JSON as articles and questions with the sentences that hold an answer; and corpora of any size.

A grown corpus has the words of a small one: its clauses recombined, one word in ten exchanged for another as often as it
occurs, so characters, pairs and words keep the frequencies that they have in print."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import rjieba

from knowledge.documents.folder import find_sources, read_document, read_sources
from knowledge.model import Article, Document, Fact, ParsedDocument, Skipped, SourcedText, Span, make_id
from knowledge.repair.pipeline import repair_document
from tests.gold.questions import load as load_gold


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, the article it was asked of, and the ids of the facts that hold its answer."""

    text: str
    article: int
    right: frozenset[str]


@dataclass(frozen=True, slots=True)
class Data:
    """A data set: its articles repaired as `chuchu` would, and its questions."""

    name: str
    repaired: tuple[ParsedDocument, ...]
    asked: tuple[Asked, ...]


def load(path: Path, keep: Callable[[int], bool] = lambda article: True) -> Data:
    """Read a data set; articles that `keep` refuses are left out, their questions stay."""
    articles = json.loads(path.read_text(encoding="utf-8"))["data"]
    repaired: dict[int, ParsedDocument] = {}
    for number, article in enumerate(articles):
        if keep(number):
            data = article_text(article).encode()
            repaired[number] = repair_document(read_document(f"{number:05}.txt", data))
    asked = tuple(_questions(articles, repaired))
    return Data(path.stem, tuple(repaired.values()), asked)


def article_text(article: dict) -> str:
    """Return an article as a file: title, blank line, one paragraph a line."""
    paragraphs = [paragraph["context"].replace("\n", "") for paragraph in article["paragraphs"]]
    return "\n".join([article.get("title") or "无题", "", *paragraphs, ""])


def _questions(articles: list[dict], repaired: dict[int, ParsedDocument]) -> Iterator[Asked]:
    for number, article in enumerate(articles):
        for line, paragraph in enumerate(article["paragraphs"], 3):
            for question in paragraph["qas"]:
                places = [_place(paragraph["context"], answer) for answer in question["answers"]]
                facts = repaired[number].facts if number in repaired else ()
                right = frozenset(
                    fact.id
                    for fact in facts
                    for span in fact.spans
                    if span.line == line and any(span.start <= place < span.end for place in places)
                )
                yield Asked(question["question"], number, right)


def _place(context: str, answer: dict) -> int:
    """The answer's column in its paragraph's line; the stated one is wrong at times."""
    start: int = answer["answer_start"]
    if not context.startswith(answer["text"], start):
        start = context.find(answer["text"])
    return start - context.count("\n", 0, max(start, 0))


SEEDS = Path(__file__).parents[2] / "seeds"
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
    reads = [read for source in find_sources(SEEDS) for read in read_sources(source)]
    repaired = [repair_document(read[0]) for read in reads if not isinstance(read, Skipped)]
    return Stock("the seeds", _clauses(repaired), [question.query for question in load_gold()])


def stock_of(paths: Sequence[Path]) -> Stock:
    """The articles and the questions of SQuAD-style files."""
    read = [load(path) for path in paths]
    clauses = _clauses([one for data in read for one in data.repaired])
    return Stock(
        ", ".join(data.name for data in read), clauses, [q.text for data in read for q in data.asked]
    )


def _clauses(repaired: Sequence[ParsedDocument]) -> list[list[str]]:
    whole = (clause for one in repaired for fact in one.facts for clause in re.split(r"[，。；,]", fact.text))
    return [rjieba.cut(clause) for clause in whole if len(clause) > 3]


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
