"""One fact: the sentence with its matched words bold, and the line that says where it stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from bot.messages import Run, Style
from bot.texts import Phrases
from knowledge.model import Fact


class Permalinks(Protocol):
    """Where a reader can check a quote; None where no public page is known."""

    def __call__(self, fact: Fact) -> str | None:
        """Return the address of the fact's place in its file."""


def no_permalinks(fact: Fact) -> str | None:
    """The links of a bot without a public page."""
    return None


def sentence(text: str, matched: Sequence[tuple[int, int]]) -> Iterator[Run]:
    """The words of a fact, whole and in order, the matched ranges bold."""
    at = 0
    for start, end in sorted(matched):
        start, end = max(start, at), min(end, len(text))
        if start >= end:
            continue
        if at < start:
            yield Run(text[at:start])
        yield Run(text[start:end], Style.BOLD)
        at = end
    if at < len(text):
        yield Run(text[at:])


def shown_marks(text: str, matched: Sequence[tuple[int, int]], answer: str | None) -> list[tuple[int, int]]:
    """Choose what to make bold: the answer where it stands nearest to what was asked, else the matched words.

    A single character says nothing beside a word that matched whole.
    """
    words = [(start, end) for start, end in matched if end - start > 1] or list(matched)
    if not answer or answer not in text:
        return words
    longest = max(words, key=lambda word: word[1] - word[0], default=(0, 0))
    starts = [at for at in range(len(text)) if text.startswith(answer, at)]
    start = min(starts, key=lambda at: max(longest[0] - at, at - longest[1]))
    return [(start, start + len(answer))]


def citation(fact: Fact, phrases: Phrases, links: Permalinks = no_permalinks) -> Run:
    """Title and lines first, the file name last."""
    title = fact.article.title.text
    text = phrases.cite.format(title=title, lines=lines(fact, phrases), file=fact.article.file)
    return Run(text, link=links(fact))


def lines(fact: Fact, phrases: Phrases) -> str:
    """The lines of a fact as a reader says them, with the page where there is one."""
    said: list[str] = []
    for page, runs in fact.places:
        told = [
            phrases.line.format(first) if first == last else phrases.line_run.format(first, last)
            for first, last in runs
        ]
        said.append((phrases.page.format(page) if page is not None else "") + "、".join(told))
    return "、".join(said)
