"""The JSON that others rely on: additions are free, changes are not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, NotRequired

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from knowledge.model import Answer, Article, Facet, Fact, Hit, Listing, Metadata, Skipped
from knowledge.repair.tables import RowCell, quoted_cell, row_cells

if TYPE_CHECKING:  # a question has no report
    from knowledge.repair.report import FileReport, ReportEntry

_SURROGATE = re.compile("[\ud800-\udfff]")

# What is not said here is refused by whoever validates against these types.
CLOSED = ConfigDict(extra="forbid", strict=True)


@with_config(CLOSED)
class ArticleJson(TypedDict):
    """An article as a fact names it; `newspaper`, `edition`, `author`, `origin` and `editor` as printed or stated."""

    id: str
    title: str
    subtitle: str | None
    byline: str | None
    date: str | None
    newspaper: str | None
    edition: str | None
    author: str | None
    origin: str | None
    editor: str | None
    library: str | None


@with_config(CLOSED)
class PageJson(TypedDict):
    """The lines of one page on which a fact stands, on its own count."""

    page: int
    lines: list[list[int]]


@with_config(CLOSED)
class CellJson(TypedDict):
    """A cell of a table's row: `row` is what names the row, `heading` stands over the cell, `lines` hold its text."""

    row: str
    heading: str
    text: str
    lines: list[list[int]]


@with_config(CLOSED)
class SourceJson(TypedDict):
    """Where a fact stands; `lines` are inclusive runs, on the page's own count where there is a page.

    Of a table's row `cells` are all that it has, `cell` is the one that the answer is taken from.

    `further` are the pages on which a sentence goes on, if it does; `also` the other places that print the sentence,
    `recognised` the probability that a sentence from an image was read right.
    """

    file: str
    first_line: int | None
    last_line: int | None
    lines: list[list[int]]
    page: int | None
    further: NotRequired[list[PageJson]]
    also: NotRequired[list[SourceJson]]
    recognised: NotRequired[float]
    cells: NotRequired[list[CellJson]]
    cell: NotRequired[CellJson]


@with_config(CLOSED)
class FactJson(TypedDict):
    """One sentence and its source."""

    id: str
    text: str
    section: str | None
    article: ArticleJson
    source: SourceJson


@with_config(CLOSED)
class HitJson(TypedDict):
    """A fact that matched; `matched` are code point offsets into its text."""

    fact: FactJson
    score: float
    rung: str
    matched: list[list[int]]


@with_config(CLOSED)
class DifferenceJson(TypedDict):
    """What the nearest fact has another value of."""

    kind: str
    asked: str
    printed: str


@with_config(CLOSED)
class AnswerJson(TypedDict):
    """What is said to one query."""

    query: str
    found: bool
    tier: str
    confidence: float
    answer: str | None
    hits: list[HitJson]
    related: list[HitJson]
    suggestions: list[str]
    understood: str | None
    answers: list[str]
    differences: list[DifferenceJson]


@with_config(CLOSED)
class EntryJson(TypedDict):
    """One thing repaired, removed or doubted."""

    kind: str
    name: str
    lines: list[list[int]]
    text: str
    reason: str


@with_config(CLOSED)
class SkippedJson(TypedDict):
    """Why a file is left out, at which stage and line, and what to do."""

    reason: str
    remedy: str
    stage: str
    line: int | None


@with_config(CLOSED)
class CheckJson(TypedDict):
    """One line of `chuchu check`: how one file came in, or why it did not."""

    file: str
    skipped: SkippedJson | None
    encoding: str | None
    articles: list[str]
    sentences: int
    doubts: list[EntryJson]
    repairs: list[EntryJson]


def answer_json(answer: Answer) -> AnswerJson:
    """An Answer as JSON."""
    return {
        "query": answer.query,
        "found": answer.found,
        "tier": answer.tier.value,
        "confidence": round(answer.confidence, 4),
        "answer": answer.answer,
        "hits": [
            hit_json(hit, answer.answer if number == 0 else None) for number, hit in enumerate(answer.hits)
        ],
        "related": [hit_json(hit) for hit in answer.related],
        "suggestions": list(answer.suggestions),
        "understood": answer.understood,
        "answers": list(answer.answers),
        "differences": [
            {"kind": one.kind, "asked": one.asked, "printed": one.printed} for one in answer.differences
        ],
    }


def hit_json(hit: Hit, answer: str | None = None) -> HitJson:
    """A Hit as JSON; `answer` is the short answer that is taken from it."""
    fact = fact_json(hit.fact)
    if answer and (cell := quoted_cell(hit, answer)):
        fact["source"]["cell"] = _cell_json(hit.fact, row_cells(hit.fact)[0], cell)
    if hit.also:
        fact["source"]["also"] = [_source_json(other) for other in hit.also]
    return {
        "fact": fact,
        "score": round(hit.score, 6),
        "rung": hit.rung.value,
        "matched": [[start, end] for start, end in hit.matched],
    }


def fact_json(fact: Fact) -> FactJson:
    """A Fact as JSON."""
    return {
        "id": fact.id,
        "text": fact.text,
        "section": fact.section,
        "article": article_json(fact.article),
        "source": _source_json(fact),
    }


def _source_json(fact: Fact) -> SourceJson:
    lines = fact.lines
    source: SourceJson = {
        "file": fact.article.file,
        "first_line": min((first for first, _ in lines), default=None),
        "last_line": max((last for _, last in lines), default=None),
        "lines": [[first, last] for first, last in lines],
        "page": fact.page,
    }
    further: list[PageJson] = [
        {"page": page, "lines": [[first, last] for first, last in runs]}
        for page, runs in fact.places[1:]
        if page is not None
    ]
    if further:
        source["further"] = further
    if fact.recognised is not None:
        source["recognised"] = round(fact.recognised, 4)
    if cells := row_cells(fact):
        source["cells"] = [_cell_json(fact, cells[0], cell) for cell in cells]
    return source


def _cell_json(fact: Fact, first: RowCell, cell: RowCell) -> CellJson:
    runs = replace(fact, spans=cell.spans).lines
    return {
        "row": first.text,
        "heading": cell.heading,
        "text": cell.text,
        "lines": [[first, last] for first, last in runs],
    }


def article_json(article: Article) -> ArticleJson:
    """An Article as JSON."""
    known = article.metadata or Metadata()
    return {
        "id": article.id,
        "title": article.title.text,
        "subtitle": article.subtitle.text if article.subtitle else None,
        "byline": article.byline.text if article.byline else None,
        "date": article.date,
        "newspaper": known.newspaper,
        "edition": known.edition,
        "author": known.author,
        "origin": known.source,
        "editor": known.editor,
        "library": article.library,
    }


@with_config(CLOSED)
class ListedJson(TypedDict):
    """An article of a list."""

    article: ArticleJson
    file: str
    facts: int
    keywords: list[str]


@with_config(CLOSED)
class FacetJson(TypedDict):
    """What articles can be chosen by, and how many that gives."""

    name: str
    count: int


@with_config(CLOSED)
class ListingJson(TypedDict):
    """One page of `total` articles."""

    total: int
    articles: list[ListedJson]
    libraries: list[FacetJson]
    years: list[FacetJson]
    newspapers: list[FacetJson]


KEYWORDS = 3
"""Key words of a listed article."""


def listing_json(listing: Listing) -> ListingJson:
    """A page of articles."""

    def facets(found: Iterable[Facet]) -> list[FacetJson]:
        return [{"name": facet.name, "count": facet.count} for facet in found]

    return {
        "total": listing.total,
        "articles": [
            {
                "article": article_json(one.article),
                "file": one.article.file,
                "facts": one.facts,
                "keywords": list(one.article.keywords[:KEYWORDS]),
            }
            for one in listing.articles
        ],
        "libraries": facets(listing.libraries),
        "years": facets(listing.years),
        "newspapers": facets(listing.newspapers),
    }


def report_json(report: FileReport) -> CheckJson:
    """How one file came in."""
    return {
        "file": report.file,
        "skipped": None,
        "encoding": report.encoding,
        "articles": list(report.titles),
        "sentences": report.sentences,
        "doubts": [_entry_json(entry) for entry in report.doubts],
        "repairs": [_entry_json(entry) for entry in report.changes],
    }


def _entry_json(entry: ReportEntry) -> EntryJson:
    return {
        "kind": str(entry.kind),
        "name": entry.name,
        "lines": [[first, last] for first, last in entry.lines],
        "text": entry.text,
        "reason": entry.reason,
    }


def skipped_json(skipped: Skipped) -> CheckJson:
    """A file, or the part of one, that was not read."""
    return {
        "file": skipped.name,
        "skipped": {
            "reason": skipped.reason,
            "remedy": skipped.remedy,
            "stage": skipped.stage,
            "line": skipped.line,
        },
        "encoding": None,
        "articles": [],
        "sentences": 0,
        "doubts": [],
        "repairs": [],
    }


def dump(value: Mapping[str, object]) -> str:
    """One line of JSON, not escaped; half a surrogate pair, which UTF-8 cannot hold, becomes U+FFFD."""
    line = json.dumps(value, ensure_ascii=False)
    return line if line.isascii() else _SURROGATE.sub("\ufffd", line)
