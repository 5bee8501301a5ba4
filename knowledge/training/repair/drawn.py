"""What the generator draws: printed lines with their labels, articles set in them, and pages with what is true of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace


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
