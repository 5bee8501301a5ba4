"""What a page's layout has shown already: where its articles begin, and what runs above the first of them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Final

from knowledge.model import Document, Removal
from knowledge.repair.lines import Line

_SHORT: Final = 40


def by_article(lines: Sequence[Line], document: Document) -> list[list[Line]]:
    """Split lines where the layout shows that another article begins; whole where it shows nothing."""
    starts = document.article_starts
    return [list(part) for _, part in groupby(lines, lambda line: bisect_right(starts, line.number))]


def mark_running_heads(lines: Iterable[Line], document: Document) -> None:
    """Mark as page header what stands above a page's first headline, if none of it is running text."""
    starts = document.article_starts
    for first in document.page_starts:
        below = next((start for start in starts if start >= first), None)
        if below is None or any(first < page <= below for page in document.page_starts):
            continue
        above = [line for line in lines if first <= line.number < below]
        if all(not line.finished and len(line.text) <= _SHORT for line in above):
            for line in above:
                line.removal = line.removal or Removal.PAGE_HEADER
