"""Gathers the rows and the truth of a file in which nothing is broken; and the texts that fill it."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Final

from knowledge.training.repair import displays, wordings
from knowledge.training.repair.corpus import CleanArticle
from knowledge.training.repair.drawn import DrawnPage, Row, TrueArticle, make_page

# How often who wrote a text stands behind its last sentence.
_BEHIND: Final = 0.35


class FileWriter:
    """Gathers the rows of a file that has one kind of blank lines and indents, and its truth."""

    def __init__(
        self, r: Random, kind: str, title: str, titled: float = 0.9, heads: Sequence[str] = ()
    ) -> None:
        self._kind = kind
        self._gap = r.choice((0, 0, 1))
        self._indent = r.choice(("", "", "\u3000\u3000", "    "))
        self._title = title if r.random() < titled else ""
        self._rows = [Row(head, "F", at and self._gap) for at, head in enumerate(heads)]
        if self._title:
            self._rows.append(Row(title, "T", r.choice((self._gap, 1)) if heads else 0))
        self._below = r.choice((self._gap, 1))
        self._sections: list[tuple[str | None, list[str]]] = [(None, [])]

    def body(self, text: str, label: str = "P", apart: bool = False) -> None:
        """Add a line that is a fact of its own, `apart` from the one above by a blank line."""
        gap = self._below if self._rows and self._rows[-1].label == "T" else self._gap or int(apart)
        self._rows.append(Row(self._indent + text, label, gap if self._rows else 0))
        if label == "P":
            self._sections[-1][1].append(text)

    def heading(self, text: str, gap: int) -> None:
        self._rows.append(Row(text, "H", gap))
        self._sections.append((text, []))

    def other(self, text: str, label: str) -> None:
        self._rows.append(Row(text, label, self._gap if self._rows else 0))

    def signed(self, r: Random) -> None:
        """Say below the text, or behind its last sentence, who wrote it."""
        sign(r, self._rows, self._gap)

    def wrapped(self, text: str, lines: Sequence[str], blanks: int, indent: str) -> None:
        """Add a paragraph in lines of its own; `indent` stands before those that go on."""
        for at, line in enumerate(lines):
            gap = blanks if self._rows else 0
            self._rows.append(Row(indent + line if at else line, "p" if at else "P", gap))
        self._sections[-1][1].append(text)

    def page(self) -> DrawnPage:
        sections = tuple((name, tuple(texts)) for name, texts in self._sections)
        return make_page(self._kind, self._rows, [TrueArticle(self._title, sections)])


def sign(r: Random, rows: list[Row], gap: int) -> None:
    """Say below the text, or behind its last sentence, who wrote it."""
    by = wordings.byline(r)
    if rows and rows[-1].label in "Pp" and rows[-1].text[-1] in "。！？" and r.random() < _BEHIND:
        glued = by.startswith(("（", "本报记者", "记者", "文/"))
        rows[-1].text += (r.choice(("", " ")) if glued else " ") + by
    else:
        rows.append(Row(by, "Y", gap if rows else 0))


def some_texts(r: Random, article: CleanArticle, most: int) -> list[str]:
    texts = list(article.paragraphs)
    first = r.randint(0, max(0, len(texts) - 2))
    return texts[first : first + r.randint(1, most)]


def some_sentences(r: Random, articles: Sequence[CleanArticle], many: int) -> list[str]:
    found: list[str] = []
    for _ in range(50 * many):
        if len(found) >= many:
            break
        text = r.choice(r.choice(articles).paragraphs)
        found += [each + "。" for each in text.split("。") if 6 <= len(each) <= 60 and "“" not in each][:2]
    return found[:many] or ["本报记者日前从有关部门获悉此事。"]


def some_clauses(r: Random, articles: Sequence[CleanArticle], many: int, low: int, high: int) -> list[str]:
    found: list[str] = []
    for _ in range(50 * many):
        if len(found) >= many:
            break
        some = displays.clauses(r.choice(articles).paragraphs)
        found += [
            each.strip() for each in r.sample(some, min(2, len(some))) if low <= len(each.strip()) <= high
        ]
    return found[:many] or ["今年以来新变化"[:high]]
