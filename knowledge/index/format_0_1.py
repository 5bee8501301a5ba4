"""The rows that version 0.1 wrote, fields by place, as fields by name: its snapshots serve until new ones are built."""

from __future__ import annotations

from typing import Any


def article(row: list[Any]) -> dict[str, Any]:
    """An article, its file apart."""
    article_id, heads, headings, day, campaign, sidecar = row
    title, kicker, subtitle, byline = map(_sourced, heads)
    return {
        "id": article_id,
        "title": title,
        "kicker": kicker,
        "subtitle": subtitle,
        "byline": byline,
        "headings": list(map(_sourced, headings)),
        "date": day,
        "campaign": campaign,
        "metadata": _metadata(sidecar),
    }


def rest_of_fact(row: list[Any]) -> dict[str, Any]:
    """What few facts have."""
    further_pages, apart = row
    return {"further_pages": further_pages, "apart": apart}


def document(row: list[Any]) -> dict[str, Any]:
    """What a document is, its lines apart."""
    *named, page_starts, sidecar = row
    about = dict(zip(("name", "sha256", "size", "kind", "encoding"), named, strict=True))
    return {**about, "page_starts": page_starts, "sidecar": _metadata(sidecar)}


def log(rows: list[list[Any]]) -> list[dict[str, Any]]:
    """The repairs of one document."""
    return [
        {"kind": kind, "spans": _spans(spans), "text": text, "reason": reason, "doubt": doubt}
        for kind, spans, text, reason, doubt in rows
    ]


def _sourced(row: list[str] | None) -> dict[str, Any] | None:
    return None if row is None else {"text": row[0], "spans": _spans(row[1])}


def _spans(text: str) -> list[dict[str, int]]:
    numbers = map(int, text.split())
    return [
        dict(zip(("line", "start", "end"), three, strict=True)) for three in zip(*[numbers] * 3, strict=True)
    ]


def _metadata(row: list[str | None] | None) -> dict[str, str | None] | None:
    names = ("title", "newspaper", "date", "edition", "url")
    return None if row is None else dict(zip(names, row, strict=True))
