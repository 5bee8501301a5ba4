"""The measure of answers: questions with their right facts, short answers, and some that no article answers.

A hit is relevant if it is a right sentence or holds its unique key and is at most half as long again; comparison
ignores white space, width and the kind of quotation mark. Stretch questions count for nothing.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from knowledge.model import Answer
from tests.gold.sentences import norm

QUESTIONS = Path(__file__).parent / "questions.jsonl"
DEPTH = 10


@dataclass(frozen=True, slots=True)
class Right:
    """A right sentence by its id, its unique key and its whole text."""

    id: str
    key: str
    text: str

    def is_in(self, shown: str) -> bool:
        """Tell whether a shown sentence is this one."""
        return shown == self.text or (self.key in shown and len(shown) <= 1.5 * len(self.text) + 4)


@dataclass(frozen=True, slots=True)
class Question:
    """One row of the file. `groups` are ids of facts that must be shown under `min_groups` different titles."""

    query: str
    kind: str
    answerable: bool
    right: tuple[Right, ...]
    answer: str
    min_hits: int
    min_groups: int
    groups: tuple[frozenset[str], ...]


@dataclass(frozen=True, slots=True)
class Scores:
    """Shares from 0 to 1, and what went wrong."""

    hit1: float
    hit3: float
    abstain: float
    answer: float
    short: float
    claimed: float
    wrong: tuple[str, ...]


def load(path: Path = QUESTIONS) -> list[Question]:
    """Read the questions that count."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [
        Question(
            row["query"],
            row["kind"],
            row["answerable"],
            tuple(
                Right(*three)
                for three in zip(
                    row.get("relevant_ids", ()),
                    map(norm, row.get("relevant_keys", ())),
                    map(norm, row.get("relevant", ())),
                    strict=True,
                )
            ),
            norm(row["answer"] or ""),
            row.get("min_hits", 1),
            row.get("min_groups", 0),
            tuple(frozenset(group["ids"]) for group in row.get("must_show_apart", ())),
        )
        for row in rows
        if not row.get("stretch")
    ]


def score(questions: Iterable[Question], ask: Callable[[str], Answer]) -> Scores:
    """Ask every question and count."""
    right: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    wrong: list[str] = []

    def count(name: str, question: Question, good: bool) -> None:
        asked[name] += 1
        right[name] += good
        if not good:
            wrong.append(f"{name}: {question.query}")

    for question in questions:
        reply = ask(question.query)
        if not question.answerable:
            count("abstain", question, not reply.found)
            continue
        if question.kind != "paraphrase":
            count("claimed", question, reply.found)
        shown = reply.hits if reply.found else reply.related if reply.close else ()
        hits = [(norm(hit.fact.text), norm(hit.fact.article.title.text)) for hit in shown]
        count("hit1", question, _is_hit(question, hits, 1))
        count("hit3", question, _is_hit(question, hits, 3))
        if question.answer:
            said = norm(reply.answer or "")
            first = hits[0][0] if hits else ""
            count(
                "answer", question, (question.answer in said and len(said) <= 80) or question.answer in first
            )
            count(
                "short", question, question.answer in said and len(said) <= max(12, 2 * len(question.answer))
            )
    shares = {name: right[name] / asked[name] for name in asked}
    return Scores(**shares, wrong=tuple(wrong))


def _is_hit(question: Question, hits: list[tuple[str, str]], depth: int) -> bool:
    if question.kind == "list":
        shown = sum(any(right.is_in(text) for text, _ in hits[:DEPTH]) for right in question.right)
        return shown >= question.min_hits
    if question.min_groups:
        titles = [_titles(question, group, hits) for group in question.groups]
        apart = [found for found in titles if found]
        return min(len(apart), len(set().union(*apart))) >= question.min_groups
    return any(right.is_in(text) for text, _ in hits[:depth] for right in question.right)


def _titles(question: Question, group: frozenset[str], hits: list[tuple[str, str]]) -> set[str]:
    rights = [right for right in question.right if right.id in group]
    return {title for text, title in hits[:DEPTH] if any(right.is_in(text) for right in rights)}
