"""Samples: what files hold and what is told of them, as plain text that reads as a specification.

@@@ A sentence: the promise.
@@ a.txt
What the file holds; further files of a sample have to be told of alike.
@@ facts
What is told of it, by the name that `TOLD` has for how it is looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path

from knowledge.model import Article, Block, BlockRole, Document, Fact, ParsedDocument
from knowledge.repair.page_layout import page_lines

NOTHING = "∅"
"""An empty line, or none at all."""


@dataclass(frozen=True)
class Sample:
    """A promise, the files that keep it, and what has to be told of each."""

    promise: str
    files: tuple[tuple[str, str], ...]
    told: tuple[tuple[str, str], ...]


def samples(path: Path) -> Iterator[Sample]:
    for sample in path.read_text(encoding="utf-8").split("@@@ ")[1:]:
        promise, *parts = sample.split("\n@@ ")
        named = [(name, text.rstrip("\n")) for name, _, text in (part.partition("\n") for part in parts)]
        yield Sample(
            promise.strip(),
            tuple((name, text) for name, text in named if _is_file(name)),
            tuple((name, text) for name, text in named if not _is_file(name)),
        )


def _is_file(name: str) -> bool:
    return name in ("page", "aliases") or re.fullmatch(r"\S+\.[a-z]+", name) is not None


def block_text(document: Document, block: Block) -> str:
    """What the lines of a block say, without their line ends and the blanks around it."""
    lines = list(document.lines[block.first - 1 : block.last])
    if lines:
        lines[-1] = lines[-1][: block.end]
        lines[0] = lines[0][block.start :]
    return "".join(lines).strip()


def head(article: Article) -> str:
    """The title, and whatever else is known, by its name."""
    printed = {name: getattr(article, name) for name in ("kicker", "subtitle", "byline")}
    said = {name: each.text for name, each in printed.items() if each is not None}
    known = article.metadata
    for field in fields(known) if known is not None else ():
        value = getattr(known, field.name)
        if value is not None and value != article.title.text:
            said[field.name] = str(value)
    return " | ".join([f"# {article.title.text}", *(f"{name}: {text}" for name, text in said.items())])


def _fact(fact: Fact) -> str:
    kind = "" if fact.kind in ("sentence", "table_row") else f"({fact.kind}) "
    return f"{kind}[{fact.section}] {fact.text}" if fact.section else kind + fact.text


def _lines(fact: Fact) -> str:
    return ", ".join(f"{first}-{last}" for first, last in fact.lines)


def _articles(told: ParsedDocument) -> Iterator[str]:
    last = None
    for fact in told.facts:
        if fact.article != last:
            yield head(last := fact.article)
        yield _fact(fact)


def _joined(told: ParsedDocument) -> Iterator[str]:
    by_part: dict[str, str] = {}
    for fact in told.facts:
        if fact.kind != "sentence":
            continue
        part = f"# {fact.article.title.text}" + (f" [{fact.section}]" if fact.section else "")
        by_part[part] = by_part.get(part, "") + fact.text
    for part, text in by_part.items():
        yield from (part, text)


def _blocks(*roles: BlockRole) -> Callable[[ParsedDocument], Iterator[str]]:
    return lambda told: (block_text(told.document, b) for b in told.document.blocks if b.role in roles)


def _facts(kind: str) -> Callable[[ParsedDocument], Iterator[str]]:
    return lambda told: (fact.text for fact in told.facts if fact.kind == kind)


TOLD: dict[str, Callable[[ParsedDocument], Iterator[str]]] = {
    "lines": lambda told: iter(told.document.lines),
    "printed": lambda told: (line for line in told.document.lines if line),
    "reading": lambda told: iter(["".join("".join(told.document.lines).split())]),
    "columns": lambda told: iter(["".join(line.text for line in page_lines(told.document))]),
    "starts": lambda told: (told.document.lines[start - 1] for start in told.document.article_starts),
    "blocks": lambda told: (f"{b.role}: {block_text(told.document, b)}" for b in told.document.blocks),
    "roles": lambda told: (str(block.role) for block in told.document.blocks),
    "facts": lambda told: (_fact(fact) for fact in told.facts),
    "placed": lambda told: (f"{_lines(fact)}: {fact.text}" for fact in told.facts),
    "leaning": lambda told: ("↑ " * bool(fact.leans_on) + fact.text for fact in told.facts),
    "heads": lambda told: (head(article) for article in told.articles),
    "articles": _articles,
    "joined": _joined,
    "log": lambda told: (f"{e.kind}{'?' * e.doubt}: {e.text.strip()}" for e in told.log),
    **{f"{role} blocks": _blocks(role) for role in BlockRole},
    **{f"{kind} facts": _facts(kind) for kind in ("table_row", "caption", "note")},
}
"""How what is told is looked at.

The reading is all that is printed, without its blanks; the columns are what repair reads, one after another. Articles
stand with their heads over their facts, joined with what their sentences say together; a fact that leans on the one
before it has an arrow, a doubt in the log a question mark.
"""


def told_of(told: ParsedDocument, name: str) -> str:
    return "\n".join(line or NOTHING for line in TOLD[name](told)) or NOTHING
