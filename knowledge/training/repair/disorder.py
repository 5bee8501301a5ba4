"""The order in which extraction hands over what a page holds: columns, leads and headings moved, articles in turns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from random import Random

from knowledge.training.repair.drawn import DrawnArticle, Row, flat


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
