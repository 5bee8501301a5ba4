"""How well the shipped models restore generated pages: F1 of whole sentences, title and section of the matched ones.

`python -m knowledge.training.repair.measure FOLDER` says it of pages that training did not see.
"""

from __future__ import annotations

import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from knowledge.model import ParsedDocument, Span
from knowledge.repair import sentences
from knowledge.repair.pipeline import repair_document
from knowledge.training.repair.corpus import load_corpus
from knowledge.training.repair.drawn import DrawnPage
from knowledge.training.repair.labeller import document_of, kept_apart


@dataclass(slots=True)
class Score:
    """Counts over some pages."""

    right: int = 0
    missing: int = 0
    extra: int = 0
    titles: int = 0
    sections: int = 0
    pages: int = 0
    seconds: float = 0.0
    doubted_wrong: int = 0
    doubted_right: int = 0

    @property
    def f1(self) -> float:
        return 2 * self.right / max(1, 2 * self.right + self.missing + self.extra)

    def __str__(self) -> str:
        right = max(1, self.right)
        return (
            f"pages {self.pages}  F1 {self.f1:.3f}  title {self.titles / right:.3f}  section {self.sections / right:.3f}"
            f"  missing {self.missing}  extra {self.extra}  {1000 * self.seconds / max(1, self.pages):.1f} ms/page"
            f"  doubts: {self.doubted_wrong}/{self.extra} of the wrong, {self.doubted_right}/{self.right} of the right"
        )


def packed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def truth(page: DrawnPage) -> Iterator[tuple[str, str, str]]:
    """Yield sentence, title and section of each true sentence."""
    for article in page.articles:
        for name, paragraphs in article.sections:
            heading = re.sub("^[■●◆★▶]", "", name or "")
            for paragraph in paragraphs:
                for start, end in sentences.split_sentences(paragraph):
                    yield packed(paragraph[start:end]), packed(article.title), packed(heading)


def score_pages(pages: Iterable[DrawnPage]) -> dict[str, Score]:
    """Return the scores of all pages and of each kind."""
    scores: dict[str, Score] = defaultdict(Score)
    for page in pages:
        began = time.perf_counter()
        repaired = repair_document(document_of(page.lines))
        spent = time.perf_counter() - began
        for name in ("all", page.kind):
            _add(scores[name], page, repaired, spent)
    return dict(scores)


def _meet(one: Span, other: Span) -> bool:
    return one.line == other.line and one.start < other.end and other.start < one.end


def _add(score: Score, page: DrawnPage, repaired: ParsedDocument, spent: float) -> None:
    score.pages += 1
    score.seconds += spent
    wanted: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for text, title, heading in truth(page):
        wanted[text].append((title, heading))
    doubted = [span for entry in repaired.log if entry.doubt for span in entry.spans]
    found: Counter[str] = Counter()
    for fact in repaired.facts:
        text = packed(fact.text)
        unsure = fact.uncertain or any(_meet(span, other) for span in fact.spans for other in doubted)
        if found[text] >= len(wanted.get(text, ())):
            if fact.kind != "caption":
                score.extra += 1
                score.doubted_wrong += unsure
            continue
        title, heading = wanted[text][found[text]]
        found[text] += 1
        score.right += 1
        score.doubted_right += unsure
        score.titles += not title or packed(fact.article.title.text) == title
        score.sections += packed(fact.section or "") == heading
    score.missing += sum(len(each) - found[text] for text, each in wanted.items())


PAGES = 250


def main() -> int:
    """Print a line for all pages and one for each kind."""
    if len(sys.argv) != 2:
        print("usage: python -m knowledge.training.repair.measure FOLDER")
        return 2
    scores = score_pages(kept_apart(load_corpus(Path(sys.argv[1])), PAGES))
    for kind, score in sorted(scores.items()):
        print(f"{kind:14} {score}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
