"""SQuAD-style Chinese JSON as a folder of articles, and its questions with the sentences that hold an answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from knowledge.documents.folder import read_document
from knowledge.model import ParsedDocument
from knowledge.repair.pipeline import repair_document


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
