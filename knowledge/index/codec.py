"""Nouns to rows and back; the only place that knows how a fact is written down.

Rows hold what differs from a noun's defaults, by name: a later field is at its default in an earlier row, and an
earlier program passes over it.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import fields, replace
from functools import cache
from typing import Any, TypeAlias

from pydantic import TypeAdapter

from knowledge.index import format_0_1
from knowledge.model import Article, Document, Fact, RepairEntry, Span

Row: TypeAlias = "tuple[int, str, str, str, str | None, str, str | None, int, int | None, int, str]"
COLUMNS = frozenset(
    ["id", "text", "spans", "article", "section", "kind", "leans_on", "uncertain", "page", "page_first_line"]
)
"""The fields of a fact that have a column each; the others, which few facts have, share one."""


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    """Made when first needed: it takes some milliseconds."""
    return TypeAdapter(kind)


@cache
def _rest() -> tuple[tuple[str, Any], ...]:
    """The fields of a fact that share a column, with their defaults."""
    return tuple((each.name, each.default) for each in fields(Fact) if each.name not in COLUMNS)


def deflate(data: bytes) -> bytes:
    """Compress what is written once and seldom read."""
    return zlib.compress(data, 1)


def inflate(data: bytes) -> bytes:
    """Read what `deflate` wrote."""
    return zlib.decompress(data)


def dump_lines(lines: tuple[str, ...]) -> bytes:
    """Write a document's lines."""
    return deflate(json.dumps(lines, ensure_ascii=False).encode("utf-8", "surrogatepass"))


def load_lines(data: bytes) -> tuple[str, ...]:
    """Read what `dump_lines` wrote."""
    return tuple(json.loads(inflate(data).decode("utf-8", "surrogatepass")))


def dump_spans(spans: tuple[Span, ...]) -> str:
    """Write spans as numbers, three a span: every fact has some."""
    return " ".join(f"{s.line} {s.start} {s.end}" for s in spans)


def load_spans(text: str) -> tuple[Span, ...]:
    """Read what `dump_spans` wrote."""
    numbers = map(int, text.split())
    return tuple(map(Span, numbers, numbers, numbers))


def dump_article(article: Article) -> str:
    """Write an article, its file and library apart."""
    return _adapter(Article).dump_json(article, exclude={"file", "library"}, exclude_defaults=True).decode()


def load_article(file: str, text: str, library: str | None = None) -> Article:
    """Read what `dump_article` wrote."""
    told = json.loads(text)
    if isinstance(told, list):
        told = format_0_1.article(told)
    article: Article = _adapter(Article).validate_python({**told, "file": file, "library": library})
    return article


def fact_row(key: int, fact: Fact) -> Row:
    """Write a fact under its key, its article apart."""
    usual = all(getattr(fact, name) == default for name, default in _rest())
    rest = (
        "" if usual else _adapter(Fact).dump_json(fact, exclude=set(COLUMNS), exclude_defaults=True).decode()
    )
    return (
        key,
        fact.id,
        fact.text,
        dump_spans(fact.spans),
        fact.section,
        fact.kind,
        fact.leans_on,
        int(fact.uncertain),
        fact.page,
        fact.page_first_line,
        rest,
    )


def load_fact(row: Row, article: Article) -> Fact:
    """Read what `fact_row` wrote."""
    _, fact_id, text, spans, section, kind, leans_on, uncertain, page, page_first_line, rest = row
    fact = Fact(
        fact_id,
        text,
        load_spans(spans),
        article,
        section,
        kind,
        leans_on,
        bool(uncertain),
        page,
        page_first_line,
    )
    if not rest:
        return fact
    told = json.loads(rest)
    if isinstance(told, list):
        told = format_0_1.rest_of_fact(told)
    needed = {"id": fact_id, "text": text, "spans": (), "article": article}
    whole: Fact = _adapter(Fact).validate_python({**needed, **told})
    return replace(fact, **{name: getattr(whole, name) for name in told.keys() & Fact.__slots__})


def dump_document(document: Document) -> str:
    """Write what a document is, its lines apart."""
    return _adapter(Document).dump_json(document, exclude={"lines"}, exclude_defaults=True).decode()


def load_document(text: str, lines: tuple[str, ...]) -> Document:
    """Read what `dump_document` wrote."""
    told = json.loads(text)
    if isinstance(told, list):
        told = format_0_1.document(told)
    document: Document = _adapter(Document).validate_python({**told, "lines": ()})
    return replace(document, lines=lines)


def dump_log(log: tuple[RepairEntry, ...]) -> bytes:
    """Write the repairs of one document."""
    return deflate(_adapter(tuple[RepairEntry, ...]).dump_json(log, exclude_defaults=True))


def load_log(data: bytes) -> tuple[RepairEntry, ...]:
    """Read what `dump_log` wrote."""
    rows = json.loads(inflate(data).decode("utf-8", "surrogatepass"))
    if rows and isinstance(rows[0], list):
        rows = format_0_1.log(rows)
    log: tuple[RepairEntry, ...] = _adapter(tuple[RepairEntry, ...]).validate_python(rows)
    return log
