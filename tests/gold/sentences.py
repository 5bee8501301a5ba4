"""The measure of repair: sentences, spans, titles and sections against the hand-made gold of two seed files.

Comparison ignores white space, width and the kind of quotation mark; rows marked optional count neither way; a
sentence marked `merge_next_ok` may stand joined with the next.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from knowledge.documents.folder import read_document
from knowledge.model import Fact, ParsedDocument
from knowledge.repair.pipeline import repair_document

HERE = Path(__file__).parent
SEEDS = HERE.parents[1] / "seeds"


@dataclass(frozen=True, slots=True)
class GoldSentence:
    """One row of `sentences.jsonl` with the titles its article may bear."""

    texts: tuple[str, ...]
    first_line: int
    last_line: int
    section: str | None
    titles: frozenset[str]
    optional: bool
    merges: bool
    certain: bool


@dataclass(frozen=True, slots=True)
class Score:
    """Shares from 0 to 1; span, title and section over the matched sentences."""

    f1: float
    span: float
    title: float
    section: float
    missing: tuple[str, ...]
    extra: tuple[str, ...]


def repaired(*names: str, folder: Path = SEEDS) -> list[ParsedDocument]:
    """These files of a folder, the seeds' where none is named, or all its texts, repaired."""
    paths = [folder / name for name in names] or sorted(folder.glob("*.txt"))
    return [repair_document(read_document(path.name, path.read_bytes())) for path in paths]


def norm(text: str) -> str:
    """Drop what a comparison must not see."""
    text = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text.replace("⋯", "…")))
    return re.sub(r"[“”\"「」『』‘’']", '"', text)


def load(file: str) -> list[GoldSentence]:
    """Read the gold sentences of one file, in reading order."""
    articles = json.loads((HERE / "articles.json").read_text(encoding="utf-8"))
    titles = {a["article_id"]: frozenset(norm(t) for t in a["title_accept"]) for a in articles}
    rows = [json.loads(x) for x in (HERE / "sentences.jsonl").read_text(encoding="utf-8").splitlines()]
    return [
        GoldSentence(
            (row["text"], *row.get("alt_texts", ())),
            row["first_line"],
            row["last_line"],
            row["section"],
            titles[row["article_id"]],
            row.get("optional", False),
            row.get("merge_next_ok", False),
            row.get("section_certain", True),
        )
        for row in rows
        if row["file"].startswith(file)
    ]


def score(gold: Sequence[GoldSentence], facts: Sequence[Fact]) -> Score:
    """Compare the facts of a file with its gold sentences."""
    by_text: dict[str, Fact] = {}
    for fact in facts:
        by_text.setdefault(norm(fact.text), fact)
    used: set[str] = set()
    pairs: list[tuple[GoldSentence, Fact]] = []
    missing: list[str] = []
    for at, row in enumerate(gold):
        found = next((text for text in _forms(gold, at) if text in by_text), None)
        if found is not None:
            used.add(found)
        if row.optional:
            continue
        if found is None:
            missing.append(row.texts[0])
        else:
            pairs.append((row, by_text[found]))
    extra = tuple(fact.text for text, fact in by_text.items() if text not in used)
    return Score(
        2 * len(pairs) / max(1, 2 * len(pairs) + len(extra) + len(missing)),
        _share([_stands(row, fact) for row, fact in pairs]),
        _share([norm(fact.article.title.text) in row.titles for row, fact in pairs]),
        _share([norm(f.section or "") == norm(r.section or "") for r, f in pairs if r.certain]),
        tuple(missing),
        extra,
    )


def _forms(gold: Sequence[GoldSentence], at: int) -> Iterator[str]:
    row = gold[at]
    yield from (norm(text) for text in row.texts)
    if row.merges and at + 1 < len(gold):
        yield norm(row.texts[0] + gold[at + 1].texts[0])
    if at and gold[at - 1].merges:
        yield norm(gold[at - 1].texts[0] + row.texts[0])


def _stands(row: GoldSentence, fact: Fact) -> bool:
    first, last = min(a for a, _ in fact.lines), max(b for _, b in fact.lines)
    return (
        first <= row.first_line
        and last >= row.last_line
        and last - first <= row.last_line - row.first_line + 2
    )


def _share(marks: Sequence[bool]) -> float:
    return sum(marks) / max(1, len(marks))
