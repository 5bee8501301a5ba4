"""What of a page is its article: the stretch of it in which what two libraries keep outweighs what stands between."""

from __future__ import annotations

import json
import logging
import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import unescape
from statistics import median
from typing import Final

from knowledge.documents.html_blocks import HtmlBlock, HtmlText

_SHORT: Final = 8
_NEAR: Final = 12
"""A short block is the article's only where it stands next to the block before, give or take so many characters."""

_PIECE: Final = 6
_PIECES: Final = 12
"""So many pieces of a block, of so many characters, tell where it stands: pieces shorter stand anywhere."""

_LINK: Final = 2
_DOUBTFUL: Final = 0.5
_LINE: Final = 30
_BETWEEN: Final = 5
_SHORT_CELL: Final = 20
"""What a linked character weighs against a stretch; what one weighs that not all readers keep, or few; what a line without
a sentence costs that not all keep (but not a short cell of a table), and a block that few do. Chosen on 67 pages, where all
near them do alike."""

_MOST: Final = 0.65
"""The element that holds so much of the sentences holds the article."""

_BARRED: Final = re.compile(r"^[|\-: ]+$", re.M)
_BODY: Final = re.compile(r'"articleBody"\s{0,9}:\s{0,9}"((?:[^"\\<]|\\.|<(?!/script))*+)"', re.I)
_PARTED: Final = re.compile(r"[\r\n]+|</?[A-Za-z][^<>]{0,200}>")
SENTENCE: Final = re.compile("[。！？!?；…]")
_LEADS: Final = re.compile("，.*[：:]\\s*$")
"""A clause that leads to what stands under it: a list, a table."""

_MOST_PLACES: Final = 6


class PageReadings:
    """What the libraries take for the article, its title and its day; they keep no places."""

    def __init__(self, text: str) -> None:
        import trafilatura  # costs 300 ms, which a question need not pay

        logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
        self.source = text
        self.text = self.title = self.day = ""
        try:
            found = trafilatura.bare_extraction(text, with_metadata=True, include_comments=False)
        except Exception as error:  # what it meets in wild markup it lets through
            logging.getLogger(__name__).info("trafilatura could not read a page: %r", error)
            found = None
        if found is not None and not isinstance(found, dict):
            self.text, self.title = compared(_BARRED.sub("", found.text or "")), found.title or ""
            self.day = found.date or ""

    @cached_property
    def readable(self) -> str:
        """The main text as readability has it."""
        from lxml import html
        from readability import Document

        logging.getLogger("readability").setLevel(logging.CRITICAL)
        try:
            return compared(html.fromstring(Document(self.source).summary()).text_content())
        except Exception as error:  # as above
            logging.getLogger(__name__).info("readability could not read a page: %r", error)
            return ""


def compared(text: str) -> str:
    """What two libraries write alike: no blanks, one width, no raised figures, no bars between cells."""
    return "".join(unicodedata.normalize("NFKC", text).replace("^", "").replace("|", "").split())


def told_by_script(source: str) -> list[HtmlBlock]:
    """The paragraphs of the longest `articleBody` that the page's data for search engines state (schema.org)."""
    longest = max(_BODY.finditer(source), key=lambda match: len(match[1]), default=None)
    if longest is None:
        return []
    try:
        text = str(json.loads(f'"{longest[1]}"', strict=False))
    except ValueError:
        return []
    line = source.count("\n", 0, longest.start(1))
    paragraphs = (unescape(part).strip() for part in _PARTED.split(text))
    return [HtmlBlock("p", pieces=[(line, part)]) for part in paragraphs if part]


def article_blocks(page: HtmlText, found: PageReadings) -> list[HtmlBlock]:
    """The blocks of the article in their order: the stretch that weighs most (Pasternack and Roth, 2009).

    A block weighs its characters where all readers keep it, less where most do; links weigh against it, and so do lines
    that few keep: lists of further news, comments, buttons. The readers are two libraries and the element that holds most
    of what they keep. A page that links nowhere is nothing but its text.
    """
    if not any(block.linked for block in page.blocks):
        return page.blocks
    readings = [_matched(page.blocks, text) for text in (found.text, found.readable)]
    readings = [kept for kept in readings if any(SENTENCE.search(block.text) for block in kept)]
    readings.append(_home(page, readings))
    votes = Counter(block for kept in readings for block in kept)
    weights = [_weight(block, votes[block] / len(readings)) for block in page.blocks]
    chosen = _stretch(page.blocks, weights)
    return [block for block in chosen if 2 * votes[block] >= len(readings)] or page.blocks


def _home(page: HtmlText, readings: Sequence[Sequence[HtmlBlock]]) -> list[HtmlBlock]:
    """The blocks of the innermost element that holds most of the sentences which the readings keep."""
    holds = [0.0] * len(page.parents)
    tables = Counter(
        (block.cell.table, block.cell.row > 0, block.cell.column > 0) for block in page.blocks if block.cell
    )
    for block in (block for kept in readings for block in kept):
        cell = block.cell
        told = cell is not None and tables[cell.table, True, True] and len(block.text) <= _SHORT_CELL
        if 2 * block.linked < len(block.text) and (told or SENTENCE.search(block.text)):
            holds[block.within] += len(block.text)
    total = sum(holds)
    for at in range(len(holds) - 1, 0, -1):
        holds[page.parents[at]] += holds[at]
    home = max((at for at, held in enumerate(holds) if held >= _MOST * total > 0), default=0)
    return blocks_inside(page, home)


def blocks_inside(page: HtmlText, holder: int) -> list[HtmlBlock]:
    """The blocks that an element holds, or those that it holds."""
    inside = [at == holder for at in range(len(page.parents))]
    for at in range(holder + 1, len(inside)):
        inside[at] = inside[page.parents[at]]
    return [block for block in page.blocks if inside[block.within]]


def _stretch(blocks: list[HtmlBlock], weights: list[float]) -> list[HtmlBlock]:
    """The run of blocks whose weights come to most."""
    best, best_from, best_to = 0.0, 0, 0
    weight, start = 0.0, 0
    for at, each in enumerate(weights):
        if weight <= 0:
            weight, start = 0.0, at
        weight += each
        if weight > best:
            best, best_from, best_to = weight, start, at + 1
    return blocks[best_from:best_to]


def _weight(block: HtmlBlock, share: float) -> float:
    """What a block adds that this share of the readers keeps."""
    size = len("".join(block.text.split()))
    linked = min(size, block.linked)
    if share < 0.5:
        return -_DOUBTFUL * size - _BETWEEN - _LINK * linked
    if share == 1:
        return size - (1 + _LINK) * linked
    tells = SENTENCE.search(block.text) or _LEADS.search(block.text) or (block.cell and size <= _SHORT_CELL)
    free = tells and 2 * linked < size
    return _DOUBTFUL * (size - linked) - _LINK * linked - (0 if free else _LINE)


@dataclass(frozen=True, slots=True)
class _Match:
    """A block at a place of the library's text, on the best way there; `weight` is how many characters that way has."""

    block: HtmlBlock
    start: int
    end: int
    weight: int
    before: _Match | None


def _matched(blocks: Sequence[HtmlBlock], text: str) -> list[HtmlBlock]:
    """The blocks that stand in `text` in its order, as many characters of it as can be; short ones only beside others.

    What stands there twice (a caption, a headline) is taken where most of the rest still fits.
    """
    frontier: list[_Match] = []  # ends and weights both ascending: the best way up to each place
    for block in blocks:
        key = compared(block.text)
        fresh = []
        for start, end in _places(key, text):
            at = bisect_right(frontier, start, key=lambda match: match.end)
            before = frontier[at - 1] if at else None
            fresh.append(_Match(block, start, end, len(key) + (before.weight if before else 0), before))
        for match in fresh:
            at = bisect_right(frontier, match.end, key=lambda other: other.end)
            if at and frontier[at - 1].weight >= match.weight:
                continue
            low = bisect_left(frontier, match.end, key=lambda other: other.end)
            high = bisect_right(frontier, match.weight, key=lambda other: other.weight)
            frontier[low : max(low, high)] = [match]
    chain: list[_Match] = []
    last = frontier[-1] if frontier else None
    while last is not None:
        chain.append(last)
        last = last.before
    kept: list[HtmlBlock] = []
    at = 0
    for match in reversed(chain):
        if match.end - match.start >= _SHORT or match.start - at <= _NEAR:
            kept.append(match.block)
            at = match.end
    return kept


def _places(key: str, text: str) -> Iterator[tuple[int, int]]:
    """Where a block stands in the text: word for word, else where most of its pieces do, some being left out or in."""
    start = text.find(key) if key else -1
    for _ in range(_MOST_PLACES):
        if start < 0:
            break
        yield start, start + len(key)
        start = text.find(key, start + 1)
    if len(key) >= 2 * _PIECE and key not in text:
        step = max(1, (len(key) - _PIECE) // _PIECES)
        tried = range(0, len(key) - _PIECE + 1, step)
        met = [(text.find(key[at : at + _PIECE]), at) for at in tried]
        shift = median([place - at for place, at in met if place >= 0] or [0])
        near = [place for place, at in met if place >= 0 and abs(place - at - shift) < 0.6 * len(key)]
        if 2 * len(near) > len(met):
            yield min(near), max(near) + _PIECE
