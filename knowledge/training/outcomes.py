"""What the whole search makes of questions, of near misses of them, and of questions whose article was removed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from knowledge.answering.extractor import FactReading
from knowledge.answering.reader import NeuralReader, Window, WindowReading
from knowledge.answering.scorer import question_group
from knowledge.answering.window import Passage
from knowledge.index.index import Index
from knowledge.query.aliases import Aliases
from knowledge.query.analysis import Query, analyse
from knowledge.search.ask import Answering, examine_wordings
from knowledge.text.analyzer import Analyzer
from knowledge.training.crossing import crossed
from knowledge.training.near_misses import Changer
from knowledge.training.spans import drawn, opened, passages_of
from knowledge.training.squad import AskedQuestion, is_right, load, normal

KEPT_ARTICLES = 0.7
"""Share of an encyclopedia's articles that are there; the questions of the others must be refused."""
KEPT_NEWS = 0.85


@dataclass(frozen=True, slots=True)
class Case:
    """One question as asked of a corpus; `sort` is there, removed, crossed, or near: one word changed."""

    asked: AskedQuestion
    text: str
    sort: str
    generated: bool
    changed: str = ""

    @property
    def is_changed(self) -> bool:
        """Tell whether another thing is asked than the article answers."""
        return self.sort in ("near", "crossed")


@dataclass(frozen=True, slots=True)
class JudgedFact:
    """One fact read for a case: evidence, whether it is barred from answering, and what is right about it.

    `by_words` is the same fact read without the reader, where that has read it.
    """

    group: str
    evidence: dict[str, float]
    barred: bool
    right: bool
    said: str | None
    said_right: bool
    by_words: JudgedFact | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the search made of a case: the leading facts, and the first of them."""

    case: Case
    reads: tuple[JudgedFact, ...]
    first: JudgedFact

    @property
    def by_words(self) -> Outcome:
        """The same without what the reader said."""
        reads = tuple(read.by_words or read for read in self.reads)
        return Outcome(self.case, reads, reads[0])


class PatientReader:
    """A reader without haste: what a slow machine leaves unread would be missing from what is learned."""

    def __init__(self, reader: NeuralReader) -> None:
        self._reader = reader

    def read(
        self, question: str, windows: Sequence[Window], *, seconds: float
    ) -> Iterator[WindowReading | None]:
        """Read without end of time."""
        return self._reader.read(question, windows, seconds=1e9)


def asked_of_search(
    path: Path, changer: Changer, answering: Answering, most: int, language: Analyzer
) -> Iterator[Outcome]:
    """Ask a set's questions, what near misses they have, and those of removed articles."""
    random = Random(5)
    kept: dict[int, bool] = {}
    share = KEPT_NEWS if path.is_dir() else KEPT_ARTICLES
    one = load(path, lambda number: kept.setdefault(number, random.random() < share))
    passages = passages_of(one, language)
    answerable = [asked for asked in drawn(one, len(one.asked)) if asked.answerable]
    there = [asked for asked in answerable if asked.fact is not None][: most * 4 // 5]
    chosen = [*there, *[asked for asked in answerable if asked.fact is None][: most // 5]]

    def read(text: str) -> Query:
        return analyse(text, Aliases(), language)

    with opened(one) as index:
        for asked in chosen:
            around = passages[asked.fact.id] if asked.fact else None
            for case in cases(asked, around, path.is_dir(), changer, language, random):
                if outcome := _outcome(case, read, index, answering, language):
                    yield outcome


def cases(
    asked: AskedQuestion,
    around: Passage | None,
    made: bool,
    changer: Changer,
    language: Analyzer,
    random: Random,
) -> Iterator[Case]:
    """Return a question as it is and what near misses of it there are; `around` is the fact that answers, if any does."""
    yield Case(asked, asked.text, "there" if around else "removed", made)
    if around is None or asked.text in asked.answers:
        return  # a word alone is there or not
    window = around.folded + around.heads + around.near
    if miss := changer.change(asked.text, window, random):
        yield Case(asked, miss.text, "near", made, miss.kind)
    answer = next((re.search(re.escape(language.fold(a)), around.folded) for a in asked.answers), None)
    if answer is None:
        return
    question = language.fold(asked.text)
    if " " in question:
        return  # key words need not stand in one clause
    if other := crossed(question, around.folded, answer.span(), around.near, language.tokens, random):
        text = question[: other.start] + other.new + question[other.start + len(other.old) :]
        yield Case(asked, text, "crossed", made, f"{other.old}/{other.new}")


def _outcome(
    case: Case, read: Callable[[str], Query], index: Index, answering: Answering, language: Analyzer
) -> Outcome | None:
    query = read(case.text)
    if query.is_empty:
        return None
    examined = examine_wordings(query, read, index, language, 10, lambda: 0.0, answering)
    if examined is None:
        return None
    reads = tuple(_read(case, reading) for reading in examined.readings)
    return Outcome(case, reads, reads[0])


def _read(case: Case, reading: FactReading) -> JudgedFact:
    answers = case.asked.answers
    text = normal(reading.passage.text)
    if case.text in answers:  # a word alone: the fact that holds it is right
        right = normal(case.text) in text
    else:
        right = not case.is_changed and any(normal(answer) in text for answer in answers)
    said = reading.answer.text if reading.answer else None
    told = right and said is not None and is_right(said, answers)
    group = question_group(reading.query.type)
    by_words = _read(case, reading.by_words) if reading.is_read else None
    return JudgedFact(group, reading.evidence, reading.is_barred, right, said, told, by_words)
