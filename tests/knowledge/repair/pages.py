"""Newspaper pages for the tests of repair: how extraction would hand them over."""

from __future__ import annotations

from collections import Counter
from random import Random

from knowledge.model import Document, Metadata, NoiseKind, ParsedDocument, Span
from knowledge.repair.characters import MARKUP
from knowledge.repair.pipeline import repair_document
from knowledge.repair.stitching import ROW, is_proved
from knowledge.training.repair.corpus import CleanArticle
from tests.support.words import words


def document(
    text: str, name: str = "版面.txt", kind: str = "text", sidecar: Metadata | None = None
) -> Document:
    """Make a document of the lines of `text`."""
    return Document(name, "0" * 64, len(text), kind, "utf-8", tuple(text.split("\n")), (), sidecar)


def repair(text: str, kind: str = "text", sidecar: Metadata | None = None) -> ParsedDocument:
    return repair_document(document(text, kind=kind, sidecar=sidecar))


def texts(repaired: ParsedDocument) -> list[str]:
    """The facts' texts in reading order, captions last."""
    return [fact.text for fact in repaired.facts]


def removed(repaired: ParsedDocument, kind: str) -> list[str]:
    """What was taken out of the page as `kind`."""
    return [entry.text for entry in repaired.log if entry.kind == kind]


def characters(spans: tuple[Span, ...]) -> list[tuple[int, int]]:
    return [(span.line, column) for span in spans for column in range(span.start, span.end)]


def check_account(repaired: ParsedDocument) -> None:
    """Every character is in a fact, but in no two of them, in a heading or in a logged removal; and facts are proved."""
    told = [fact for fact in repaired.facts if fact.kind != ROW]  # each row says the heads of its table
    assert max(Counter(place for fact in told for place in characters(fact.spans)).values(), default=1) == 1
    held = {place for fact in repaired.facts for place in characters(fact.spans)}
    for article in repaired.articles:
        for each in (article.title, article.kicker, article.subtitle, article.byline, *article.headings):
            held.update(characters(each.spans) if each is not None else ())
    for entry in repaired.log:
        if entry.kind in set(NoiseKind):
            held.update(characters(entry.spans))
    printed = {
        (number, column)
        for number, line in enumerate(repaired.document.lines, 1)
        for column, char in enumerate(line)
        if not char.isspace() and char != MARKUP  # a reader's own mark, as good as a blank
    }
    assert printed - held == set()
    assert all(is_proved(fact, repaired.document) for fact in repaired.facts)
    assert len({fact.id for fact in repaired.facts}) == len(repaired.facts)


def column(text: str, width: int) -> str:
    """Set a paragraph in a column of `width` han characters, as a press does: no mark begins a line."""
    lines, used = [""], 0.0
    for char in text:
        wide = 0.5 if char.isascii() else 1.0
        if used + wide > width and char not in "，。、；：”）！？":
            lines.append("")
            used = 0.0
        lines[-1] += char
        used += wide
    return "\n".join(lines)


WORDS = words("invented")


def invented_articles(count: int, seed: int = 5) -> tuple[CleanArticle, ...]:
    """Make up articles whose text speaks of what their titles name."""
    r = Random(seed)
    return tuple(_article(r) for _ in range(count))


def _article(r: Random) -> CleanArticle:
    place, actor, work = r.choice(WORDS["places"]), r.choice(WORDS["actors"]), r.choice(WORDS["works"])
    words = {"place": place, "actor": actor, "work": work}
    paragraphs: list[str] = []
    for _ in range(r.randint(4, 8)):
        some = r.sample(WORDS["more"], r.randint(1, 3))
        paragraphs.append(
            "".join(
                text.format(**words, name=r.choice(WORDS["names"]), a=r.randint(2, 48), b=r.randint(60, 9800))
                for text in some
            )
        )
    return CleanArticle(f"{place}{work}{r.choice(WORDS['deeds'])}", tuple(paragraphs))
