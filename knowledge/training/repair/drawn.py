"""What the generator draws: printed lines with their labels, articles set in them, and pages with what is true of them.

And the order in which extraction hands over what a page holds: columns, leads and headings moved, articles in turns; and
the writer of files in which nothing is broken, with the texts that fill them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from random import Random
from typing import Final

from knowledge.training.repair import wordings
from knowledge.training.repair.corpus import CleanArticle


@dataclass(slots=True)
class Row:
    """A printed line; `gap` blank lines stand before it. Labels as in `repair/labels.py`."""

    text: str
    label: str
    gap: int = 0


@dataclass(frozen=True, slots=True)
class TrueArticle:
    """What repair should find: the title, and each section's heading with its paragraphs."""

    title: str
    sections: tuple[tuple[str | None, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class DrawnPage:
    """A page as extraction hands it over; `labels` has one for each line that is not blank.

    Where columns stand beside each other, `labels` is empty and `cells` holds what stands in them with its label.
    """

    kind: str
    lines: tuple[str, ...]
    labels: tuple[str, ...]
    articles: tuple[TrueArticle, ...]
    cells: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class DrawnArticle:
    """One article set in lines: the rows above its text, those of each section, and what is true of it."""

    head: list[Row]
    body: list[list[Row]] = field(default_factory=list)
    truth: TrueArticle = TrueArticle("", ())


def make_page(kind: str, rows: Sequence[Row], articles: Sequence[TrueArticle]) -> DrawnPage:
    lines: list[str] = []
    for row in rows:
        lines += [""] * row.gap
        lines.append(row.text)
    return DrawnPage(
        kind, tuple(lines), tuple(row.label for row in rows if row.text.strip()), tuple(articles)
    )


def flat(sections: Sequence[Sequence[Row]]) -> list[Row]:
    return [row for section in sections for row in section]


def into_script(page: DrawnPage, convert: object) -> DrawnPage:
    """Return the page in another script; `convert` maps text to text of the same length."""
    assert callable(convert)

    def every(texts: Sequence[str]) -> tuple[str, ...]:
        return tuple(str(convert(text)) for text in texts)

    articles = tuple(
        TrueArticle(
            str(convert(article.title)),
            tuple(
                (None if name is None else str(convert(name)), every(texts))
                for name, texts in article.sections
            ),
        )
        for article in page.articles
    )
    cells = tuple((str(convert(text)), label) for text, label in page.cells)
    return replace(page, lines=every(page.lines), articles=articles, cells=cells)


def part_columns(r: Random, rows: list[Row], gap: int) -> None:
    """Let blank lines stand where a column ends."""
    high = r.randint(4, 25)
    for at in range(high, len(rows), high):
        if rows[at].label in "Pp":
            rows[at].gap = max(rows[at].gap, gap)


def disorder(r: Random, drawn: DrawnArticle, gap: int = 0) -> list[Row]:
    """Return an article's rows in an order that extraction gives; `gap` blank lines stand before what was moved."""
    before = {id(row): at for at, row in enumerate([*drawn.head, *flat(drawn.body)])}
    rows = _disorder(r, drawn)
    for above, row in pairwise(rows):
        if before[id(row)] != before[id(above)] + 1:
            row.gap = max(row.gap, gap)
    return rows


def _disorder(r: Random, drawn: DrawnArticle) -> list[Row]:
    """Return an article's rows in an order that extraction gives: leads, columns and headings moved."""
    head, body = drawn.head, drawn.body
    chance = r.random()
    if len(body) > 1 and chance < 0.3:
        return _moved_sections(r, head, body)
    flat = [row for section in body for row in section]
    if 0.3 <= chance < 0.5 and len(flat) > 8:
        cut = r.randint(3, len(flat) - 3)
        return [*flat[cut:], *head, *flat[:cut]] if r.random() < 0.5 else [*flat[:cut], *head, *flat[cut:]]
    return [*head, *flat]


def _moved_sections(r: Random, head: list[Row], body: list[list[Row]]) -> list[Row]:
    chance = r.random()
    cut = r.randint(1, len(body) - 1)
    if chance < 0.35:
        return [*flat(body[:cut]), *head, *flat(body[cut:])]
    if chance < 0.6:
        return [*head, *flat(body[1:]), *body[0]]
    if chance < 0.88:
        headings = [row for section in body for row in section if row.label in "Hh"]
        texts = [[row for row in section if row.label not in "Hh"] for section in body]
        place = r.random()
        if place < 0.3:
            rows = flat(texts)
            at = 0
            for row in headings:  # each where the eye would not look for it, amid a sentence too
                at = at + 1 if row.label == "h" else r.randint(1, len(rows))
                rows.insert(at, row)
            return [*head, *rows]
        if place < 0.55:
            return [*head, *flat(texts), *headings]
        if place < 0.78:
            return [*head, *headings, *flat(texts)]
        return [*flat(texts[cut:]), *head, *headings, *flat(texts[:cut])]
    mixed = body[:]
    r.shuffle(mixed)
    return [*flat(mixed[:cut]), *head, *flat(mixed[cut:])]


def arrange(r: Random, streams: list[list[Row]], drawn: Sequence[DrawnArticle]) -> list[Row]:
    """Put the articles of a page one after another, in turns, or all headlines first."""
    if len(streams) > 1 and r.random() < 0.22:
        chunks = [_chunks(r, stream) for stream in streams]
        rows: list[Row] = []
        while any(chunks):
            chosen = r.choice([chunk for chunk in chunks if chunk]).pop(0)
            chosen[0].gap = max(chosen[0].gap, r.randint(0, 1))
            rows += chosen
        return rows
    if len(streams) > 1 and r.random() < 0.35:
        return _jump(r, streams[0], flat(streams[1:]), drawn[0].head)
    if len(streams) > 1 and r.random() < 0.25:
        return [*flat([each.head for each in drawn]), *flat([flat(each.body) for each in reversed(drawn)])]
    return flat(streams)


def _jump(r: Random, first: list[Row], others: list[Row], head: list[Row]) -> list[Row]:
    """Let an article break off amid its text and go on behind the others, as if on another page, its headline again."""
    places = [at for at, row in enumerate(first) if row.label == "p" and at > 2]
    if not places:
        return [*first, *others]
    at = r.choice(places)
    number = r.choice((*"一二三四五六七八", "2", "3", "4", "A5"))
    marks = r.choice(("（", "(", "▶")), "" if r.random() < 0.3 else "第"
    close = {"（": "）", "(": ")", "▶": ""}[marks[0]]
    away, back = (f"{marks[0]}{word}{marks[1]}{number}版{close}" for word in ("下转", "上接"))
    again = [replace(row) for row in head if row.label in "Tt"] if r.random() < 0.6 else []
    gap = r.randint(0, 1)
    if r.random() < 0.5:
        return [*first[:at], Row(away, "F", gap), *others, *again, Row(back, "F", gap), *first[at:]]
    before, after = first[at - 1], first[at]
    before, after = (
        replace(before, text=before.text + away),
        replace(after, text=back + after.text.strip(), gap=1),
    )
    return [*first[: at - 1], before, *others, *again, after, *first[at + 1 :]]


def _chunks(r: Random, rows: list[Row]) -> list[list[Row]]:
    found: list[list[Row]] = []
    at = 0
    while at < len(rows):
        many = r.randint(1, 3) if r.random() < 0.25 else r.randint(6, 25)
        found.append(rows[at : at + many])
        at += many
    return found


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

    def body(self, text: str, apart: bool = False) -> None:
        """Add a line that is a fact of its own, `apart` from the one above by a blank line."""
        gap = self._below if self._rows and self._rows[-1].label == "T" else self._gap or int(apart)
        self._rows.append(Row(self._indent + text, "P", gap if self._rows else 0))
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
        some = wordings.clauses(r.choice(articles).paragraphs)
        found += [
            each.strip() for each in r.sample(some, min(2, len(some))) if low <= len(each.strip()) <= high
        ]
    return found[:many] or ["今年以来新变化"[:high]]
