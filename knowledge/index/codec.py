"""Nouns to rows and back; the only place that knows how a fact is written down."""

from __future__ import annotations

import json
import zlib
from datetime import date
from typing import TypeAlias

from knowledge.model import Article, Document, Fact, Metadata, RepairEntry, SourcedText, Span

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Row: TypeAlias = "tuple[int, str, str, str, str | None, str, str | None, int, int | None, int, str]"


def dump(value: object) -> str:
    """Return compact JSON; tuples become lists."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def deflate(data: bytes) -> bytes:
    """Compress what is written once and seldom read."""
    return zlib.compress(data, 1)


def inflate(data: bytes) -> bytes:
    """Read what `deflate` wrote."""
    return zlib.decompress(data)


def pack(value: object) -> bytes:
    """Return compressed JSON."""
    return deflate(dump(value).encode("utf-8", "surrogatepass"))


def unpack(data: bytes) -> list[Json]:
    """Read what `pack` wrote of a list."""
    value: list[Json] = json.loads(inflate(data).decode("utf-8", "surrogatepass"))
    return value


def dump_spans(spans: tuple[Span, ...]) -> str:
    """Write spans as numbers, three a span."""
    return " ".join(f"{s.line} {s.start} {s.end}" for s in spans)


def load_spans(text: str) -> tuple[Span, ...]:
    """Read what `dump_spans` wrote."""
    numbers = map(int, text.split())
    return tuple(map(Span, numbers, numbers, numbers))


def _dump_printed(printed: SourcedText | None) -> list[str] | None:
    return None if printed is None else [printed.text, dump_spans(printed.spans)]


def _load_printed(value: list[str] | None) -> SourcedText | None:
    return None if value is None else SourcedText(value[0], load_spans(value[1]))


def _dump_metadata(stated: Metadata | None) -> list[str | None] | None:
    if stated is None:
        return None
    day = None if stated.date is None else stated.date.isoformat()
    return [stated.title, stated.newspaper, day, stated.edition, stated.url, stated.author, stated.source]


def _load_metadata(value: list[str | None] | None) -> Metadata | None:
    if value is None:
        return None
    title, newspaper, day, edition, url, author, source = value
    stated = None if day is None else date.fromisoformat(day)
    return Metadata(title, newspaper, stated, edition, url, author, source)


def dump_article(article: Article) -> str:
    """Write an article, its file apart."""
    heads = (article.title, article.kicker, article.subtitle, article.byline)
    return dump(
        [
            article.id,
            [_dump_printed(head) for head in heads],
            [_dump_printed(heading) for heading in article.headings],
            article.date,
            article.campaign,
            _dump_metadata(article.metadata),
        ]
    )


def load_article(file: str, text: str) -> Article:
    """Read what `dump_article` wrote."""
    article_id, heads, headings, day, campaign, sidecar = json.loads(text)
    title, kicker, subtitle, byline = (_load_printed(head) for head in heads)
    assert title is not None
    return Article(
        article_id,
        file,
        title,
        kicker,
        subtitle,
        byline,
        tuple(SourcedText(text, load_spans(spans)) for text, spans in headings),
        day,
        campaign,
        _load_metadata(sidecar),
    )


def _dump_parting(fact: Fact) -> str:
    """Write what few facts have; nothing for all others."""
    return dump([fact.further_pages, fact.apart]) if fact.further_pages or fact.apart else ""


def _load_parting(text: str) -> tuple[tuple[tuple[int, int], ...], tuple[int, ...]]:
    if not text:
        return (), ()
    pages, apart = json.loads(text)
    return tuple((first, number) for first, number in pages), tuple(apart)


def fact_row(key: int, fact: Fact) -> Row:
    """Write a fact under its key, its article apart."""
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
        _dump_parting(fact),
    )


def load_fact(row: Row, article: Article) -> Fact:
    """Read what `fact_row` wrote."""
    _, fact_id, text, spans, section, kind, leans_on, uncertain, page, page_first_line, parting = row
    further_pages, apart = _load_parting(parting)
    return Fact(
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
        further_pages,
        apart,
    )


def dump_document(document: Document) -> str:
    """Write what a document is, its lines apart."""
    return dump(
        [
            document.name,
            document.sha256,
            document.size,
            document.kind,
            document.encoding,
            document.page_starts,
            _dump_metadata(document.sidecar),
        ]
    )


def load_document(text: str, lines: tuple[str, ...]) -> Document:
    """Read what `dump_document` wrote."""
    name, sha256, size, kind, encoding, page_starts, sidecar = json.loads(text)
    return Document(name, sha256, size, kind, encoding, lines, tuple(page_starts), _load_metadata(sidecar))


def dump_log(log: tuple[RepairEntry, ...]) -> bytes:
    """Write the repairs of one document."""
    return pack([[r.kind, dump_spans(r.spans), r.text, r.reason, r.doubt] for r in log])


def load_log(data: bytes) -> tuple[RepairEntry, ...]:
    """Read what `dump_log` wrote."""
    rows = json.loads(inflate(data).decode("utf-8", "surrogatepass"))
    return tuple(
        RepairEntry(kind, load_spans(spans), text, reason, doubt) for kind, spans, text, reason, doubt in rows
    )
