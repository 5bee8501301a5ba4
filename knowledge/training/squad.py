"""SQuAD-style Chinese JSON and news scripts as articles, their questions, and how a short answer compares with the right ones."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from knowledge.documents.folder import read_document
from knowledge.model import Fact, ParsedDocument
from knowledge.repair.pipeline import repair_document
from knowledge.text.analyzer import ChineseAnalyzer
from knowledge.text.folding import fold
from knowledge.training.news import news_rows

_MARKS = re.compile(r"[\s“”\"'《》「」『』（）()，。、,.·：:；;！!？?]")


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question of one article (by number): its answers, and the first fact that holds one; None where none does."""

    text: str
    article: int
    answers: tuple[str, ...]
    fact: Fact | None = None
    answerable: bool = True


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """Articles repaired as they would be served, by number, and the questions asked of them."""

    name: str
    articles: dict[int, ParsedDocument]
    asked: tuple[AskedQuestion, ...]


def load(path: Path, keep: Callable[[int], bool] = lambda article: True) -> QuestionSet:
    """Read a data set; articles that `keep` refuses are left out, their questions stay.

    A folder holds news scripts, of which questions are made (`news`).
    """
    language = ChineseAnalyzer()
    rows = (
        list(news_rows(path, language, Random(0)))
        if path.is_dir()
        else json.loads(path.read_text(encoding="utf-8"))["data"]
    )
    parsed = {
        number: repair_document(read_document(f"{number:05}.txt", article_text(row).encode()))
        for number, row in enumerate(rows)
        if keep(number)
    }
    return QuestionSet(path.stem, parsed, tuple(_questions(rows, parsed)))


def article_text(row: dict[str, Any]) -> str:
    """Return an article as a file: title, blank line, one paragraph a line."""
    paragraphs = [paragraph["context"].replace("\n", "") for paragraph in row["paragraphs"]]
    return "\n".join([row.get("title") or "无题", "", *paragraphs, ""])


def _questions(rows: Iterable[dict[str, Any]], parsed: dict[int, ParsedDocument]) -> Iterator[AskedQuestion]:
    for number, row in enumerate(rows):
        facts = parsed[number].facts if number in parsed else ()
        for line, paragraph in enumerate(row["paragraphs"], 3):
            for question in paragraph["qas"]:
                given = question.get("answers") or []
                answers = tuple(dict.fromkeys(answer["text"] for answer in given))
                if question.get("is_impossible") or not answers:
                    yield AskedQuestion(question["question"], number, (), None, answerable=False)
                    continue
                places = [_place(paragraph["context"], answer) for answer in given]
                fact = next((fact for fact in facts if _holds(fact, line, places)), None)
                yield AskedQuestion(question["question"], number, answers, fact)


def _holds(fact: Fact, line: int, places: list[int]) -> bool:
    return any(span.line == line and any(span.start <= at < span.end for at in places) for span in fact.spans)


def _place(context: str, answer: dict[str, Any]) -> int:
    """The answer's column in its paragraph's line; the stated one is wrong at times."""
    start: int = answer["answer_start"]
    if not context.startswith(answer["text"], start):
        start = context.find(answer["text"])
    return start - context.count("\n", 0, max(start, 0))


def normal(text: str) -> str:
    """Return a text as answers compare: folded, without marks and spaces."""
    return _MARKS.sub("", fold(unicodedata.normalize("NFKC", text)))


def exact(said: str, answers: Iterable[str]) -> bool:
    """Tell whether an answer is one of the right ones."""
    return normal(said) in {normal(answer) for answer in answers}


def f1(said: str, answer: str) -> float:
    """Return the harmonic mean of precision and recall over characters, as CMRC counts it."""
    mine, right = Counter(normal(said)), Counter(normal(answer))
    common = sum((mine & right).values())
    return 2 * common / (mine.total() + right.total()) if common else 0.0


def is_right(said: str, answers: Iterable[str]) -> bool:
    """Tell whether an answer holds a right one and is at most 12 characters or twice as long, or nearly is it."""
    got = normal(said)
    return any(
        (normal(answer) in got and len(got) <= max(12, 2 * len(normal(answer)))) or f1(said, answer) >= 0.8
        for answer in answers
    )
