"""The way of one document through repair."""

from __future__ import annotations

from collections import Counter

from knowledge.facts import stable_id
from knowledge.model import Article, Document, Fact, Printed, Repaired, Span


def repair_document(document: Document) -> Repaired:
    """Restore the articles and facts of one document."""
    lines = [(n, line) for n, line in enumerate(document.lines, 1) if line.strip()]
    if not lines:
        return Repaired(document, (), (), ())
    number, first = lines[0]
    title = Printed(first.strip(), (Span(number, len(first) - len(first.lstrip()), len(first.rstrip())),))
    article = Article(stable_id(document.name, title.text, 0), document.name, title)
    facts: list[Fact] = []
    seen: Counter[str] = Counter()
    text, spans = "", []
    for number, line in lines[1:]:
        start = None
        for column, char in enumerate(line):
            if char.isspace():
                continue
            if start is None:
                start = column
            text += char
            if char in "。！？":
                spans.append(Span(number, column - len(line[start : column + 1].strip()) + 1, column + 1))
                facts.append(Fact(stable_id(document.name, text, seen[text]), text, tuple(spans), article))
                seen[text] += 1
                text, spans, start = "", [], None
        if start is not None:
            spans.append(Span(number, start, len(line.rstrip())))
    return Repaired(document, (article,), tuple(facts), ())
