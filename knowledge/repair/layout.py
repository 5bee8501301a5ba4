"""What a page's layout has shown already: where its articles begin, and what runs above the first of them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import groupby
from typing import Final

from knowledge.model import Document, NoiseKind
from knowledge.repair.lines import Line

_SHORT: Final = 40


def by_article(lines: Sequence[Line], document: Document) -> list[list[Line]]:
    """Split lines where the layout shows that another article begins; whole where it shows nothing."""
    starts = document.article_starts
    return [list(part) for _, part in groupby(lines, lambda line: bisect_right(starts, line.number))]


def mark_running_heads(lines: Sequence[Line], document: Document) -> None:
    """Mark as page header what stands above a page's first headline, if none of it is running text."""
    pages, starts = document.page_starts, document.article_starts
    numbers = [line.number for line in lines] if pages and starts else []
    for at, first in enumerate(pages if numbers else ()):
        following = bisect_left(starts, first)
        if following == len(starts) or (at + 1 < len(pages) and pages[at + 1] <= starts[following]):
            continue
        above = lines[bisect_left(numbers, first) : bisect_left(numbers, starts[following])]
        if all(not line.finished and len(line.text) <= _SHORT for line in above):
            for line in above:
                line.removal = line.removal or NoiseKind.PAGE_HEADER
