"""Given the right fact, the short answer is right: our own questions over the seeds, with a floor."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import pytest

from knowledge.answering.span import answer_span
from knowledge.answering.support import supports
from knowledge.query.aliases import Aliases
from knowledge.query.analysis import analyse
from knowledge.text.analyzer import ChineseAnalyzer

QUESTIONS = Path(__file__).with_name("more.jsonl")
FLOOR = 0.9


@dataclass(frozen=True)
class Question:
    """One line of the file; `fact` is the sentence that answers it."""

    query: str
    fact: str
    answer: str


def questions() -> list[Question]:
    rows = [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    return [Question(r["query"], r["relevant"][0], r["answer"]) for r in rows if r["answer"]]


def bare(text: str) -> str:
    """What comparison looks at: NFKC, no white space, one kind of quotation mark."""
    return re.sub(r"[“”\"「」『』]", '"', re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)))


def is_right(said: str | None, answer: str) -> bool:
    """The short answer holds the expected one and is at most 12 characters or twice as long."""
    got, want = bare(said or ""), bare(answer)
    return want in got and len(got) <= max(12, 2 * len(want))


@pytest.fixture(scope="module")
def chinese() -> ChineseAnalyzer:
    return ChineseAnalyzer()


def test_nine_of_ten_short_answers_are_right_given_the_right_fact(chinese: ChineseAnalyzer) -> None:
    wrong: list[str] = []
    asked = questions()
    for q in asked:
        said = answer_span(analyse(q.query, Aliases(), chinese), q.fact, chinese)
        if not is_right(said, q.answer):
            wrong.append(f"{q.query} → {said}, expected {q.answer}")
    assert len(wrong) <= (1 - FLOOR) * len(asked), "\n".join(wrong)


def test_nine_of_ten_right_facts_bear_their_question_out(chinese: ChineseAnalyzer) -> None:
    asked = questions()
    weak = [
        q.query for q in asked if supports(analyse(q.query, Aliases(), chinese), q.fact, "", chinese) < 0.3
    ]
    assert len(weak) <= (1 - FLOOR) * len(asked), weak
