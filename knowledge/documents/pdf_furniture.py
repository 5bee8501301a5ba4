"""What is no part of an article's text: what runs along a page's edges, and quotes pulled out of it in large print.

Sizes and distances are in times of the body's font size unless a name says otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

from knowledge.documents.pdf_lines import PrintedLine, alike, bounds, join_rows, same_size
from knowledge.documents.pdf_order import find_gutters, reads_on
from knowledge.documents.pdf_page import PrintedPage
from knowledge.documents.pdf_stacks import LARGER, TITLE
from knowledge.repair.patterns import is_byline
from knowledge.repair.sentences import FINISHED
from knowledge.text.folding import fold_radicals
from knowledge.text.numbers import HEADING_NUMBER

_EDGE: Final = 0.08
"""Running heads and page numbers stand in the outer 8 % of a page's height."""

_LONG_RULE: Final = 0.7
"""How much of the text's width a rule has that runs along the page: more than over one article of two side by side."""

_HEAD_CHARS, _FOOT_CHARS, _EDGE_CHARS = 80, 120, 45
"""Characters of a head, of a foot and of one piece of them at most: page, section, day, paper, editors, telephones."""

_MASTHEAD_CHARS: Final = 6
"""Characters of a paper's name at most; a headline has more."""

_QUOTE: Final = 1.1
"""From so much larger than the body print may be a quote: sizes of one text differ by half a point of nine, 1.06."""

_QUOTED_WORDS: Final = 15
"""So many characters no text says twice by chance; the names of offices that it does are shorter."""

_UNDER: Final = 5.0
"""Text stands so near over a quote, in a column, at most: two empty lines on either side of a rule."""

_SPEAKER_CHARS: Final = 14
"""Characters of a dash, an office and a name."""

_ECHO: Final = 60
"""Characters at whose beginning an article says its title again."""

_NUMBER: Final = re.compile(
    r"[—\-–·\s]*(?:第|Page)?\s*\d{1,4}\s*[页頁]?(?:\s*(?:[/／]|of|[,，]?\s*共)\s*\d{1,4}\s*[页頁]?)?[—\-–·\s]*"
)
_DASHED: Final = re.compile(r"([—\-–])\s*\d{1,4}\s*\1")
"""A page's number as official texts have it, to the right on odd pages, to the left on even ones (GB/T 9704)."""

_CLEAR, _LOW = 1.5, 0.8
"""A page's number may stand so clear of the text and so low on the page, and higher than others do."""

_PAUSED: Final = re.compile("[。，、；：！？][”’」』]?$")


def find_furniture(
    lines: list[PrintedLine], page: PrintedPage, body: float, top: bool
) -> tuple[list[PrintedLine], bool, list[PrintedLine]]:
    """Split off what runs along one edge: beyond a long rule, or one row of short pieces clear of the rest.

    Returns the pieces, whether they are furniture whatever other pages have, and the rest.
    """
    beyond = [s for s in _beyond_rule(lines, page, top) if not _is_headline(s, lines, body)] if lines else []
    row = beyond or _edge_row(lines, page, body, top)
    taken = {id(line) for line in row}
    rest = [line for line in lines if id(line) not in taken]
    pieces = sorted(join_rows(row, 1.0, page.uprights), key=lambda s: (round(s.base / 4), s.box.left))
    sure = bool(beyond) or any(re.search(r"[\d０-９]", piece.text) for piece in pieces)
    sure = sure or len(pieces) > 1 or all(len(piece.glyphs) <= 8 and piece.size < body for piece in pieces)
    return pieces, sure, rest


def _is_headline(line: PrintedLine, lines: Sequence[PrintedLine], body: float) -> bool:
    """Tell whether a line at the page's edge is an article's title: large, long, alone on its height."""
    beside = any(other is not line and other.box.along(line.box) > 0.3 * other.size for other in lines)
    return line.size >= TITLE * body and len(line.glyphs) > _MASTHEAD_CHARS and not beside


def _beyond_rule(lines: Sequence[PrintedLine], page: PrintedPage, top: bool) -> list[PrintedLine]:
    width = max(s.box.right for s in lines) - min(s.box.left for s in lines)
    first, last = min(s.box.top for s in lines), max(s.box.bottom for s in lines)
    long = [rule for rule in page.levels if rule.width > _LONG_RULE * width]
    if top:
        rules = [rule for rule in long if rule.top < 2 * _EDGE * page.height]
        found = [s for s in lines if rules and s.box.bottom < min(r.top for r in rules) + 1]
        return found if sum(len(s.glyphs) for s in found) <= _HEAD_CHARS else []
    for rule in sorted(long, key=lambda r: r.top):
        found = [s for s in lines if s.box.top > rule.top - 1]
        low = rule.top > first + 0.5 * (last - first) and rule.top > (1 - 2 * _EDGE) * page.height
        short = all(len(s.glyphs) <= _EDGE_CHARS and not _PAUSED.search(s.text) for s in found)
        if low and found and short and sum(len(s.glyphs) for s in found) <= _FOOT_CHARS:
            return found
    return []


def _edge_row(lines: Sequence[PrintedLine], page: PrintedPage, body: float, top: bool) -> list[PrintedLine]:
    if len(lines) < (3 if top else 2):
        return []
    first = min(lines, key=lambda s: s.box.top) if top else max(lines, key=lambda s: s.box.bottom)
    row = [s for s in lines if s.box.along(first.box) > 0.3 * min(s.size, first.size)]
    rest = [s for s in lines if not any(s is r for r in row)]
    if not rest or any(len(s.glyphs) > _EDGE_CHARS or s.size > 1.6 * body or s.upright for s in row):
        return []
    dashed = len(row) == 1 and row[0].box.top > _LOW * page.height and _DASHED.fullmatch(row[0].text)
    if top:
        gap = min(s.box.top for s in rest) - max(s.box.bottom for s in row)
        edgy = max(s.box.bottom for s in row) < _EDGE * page.height
        edgy = edgy or (gap > body and _has_number(row, rest, page, top))
    else:
        gap = min(s.box.top for s in row) - max(s.box.bottom for s in rest)
        edgy = len(lines) > 2 and min(s.box.top for s in row) > (1 - _EDGE) * page.height
        edgy = edgy or bool(dashed) or (gap > _CLEAR * body and _has_number(row, rest, page, top))
    marked = any(_PAUSED.search(s.text) and not HEADING_NUMBER.match(s.text) for s in row)
    if not edgy or marked or gap < (0.8 if len(row) == 1 and not dashed else 0.2) * body:
        return []
    if not dashed and 2 * sum(_runs_on(piece, rest, top) for piece in row) >= len(row):
        return []
    if top and len(row) == 1 and _is_headline(row[0], lines, body):
        return []
    return row


def _has_number(
    row: Sequence[PrintedLine], rest: Sequence[PrintedLine], page: PrintedPage, top: bool
) -> bool:
    """Tell whether the number of the page is in a row: alone in the middle low below, or over the outer edge high above."""
    left, right = min(s.box.left for s in rest), max(s.box.right for s in rest)
    if top:
        placed = max(s.box.bottom for s in row) < (1 - _LOW) * page.height
        off = [min(abs(s.box.left - left), abs(s.box.right - right)) for s in row]
    else:
        placed = len(row) == 1 and row[0].box.top > _LOW * page.height
        off = [min(abs(s.box.left + s.box.right - both) for both in (page.width, left + right)) for s in row]
    return placed and any(
        _NUMBER.fullmatch(s.text) and each < s.size for s, each in zip(row, off, strict=True)
    )


def _runs_on(piece: PrintedLine, rest: Sequence[PrintedLine], top: bool) -> bool:
    """Tell whether a line is a column's first or last: next to two of its lines, as far from one as that from the other."""

    def next_to(line: PrintedLine) -> PrintedLine | None:
        beyond = [
            s
            for s in rest
            if s.box.across(line.box) > 0 and (s.base > line.base if top else s.base < line.base)
        ]
        return min(beyond, key=lambda s: abs(s.base - line.base), default=None)

    second = next_to(piece)
    third = next_to(second) if second is not None else None
    if second is None or third is None or not (same_size(piece, second) and same_size(second, third)):
        return False
    pitch = abs(second.base - third.base)
    return abs(abs(piece.base - second.base) - pitch) < 0.1 * pitch


def find_pull_quotes(lines: Sequence[PrintedLine], body: float) -> list[list[PrintedLine]]:
    """Find large print within text that is no title: it says again what the text says, or the text goes on beyond it.

    What is said again right under it is a title, whose article begins with its words. A quote's last line may name
    who said it.
    """
    large = sorted((s for s in lines if s.size > _QUOTE * body and not s.upright), key=lambda s: s.base)
    speakers = [s for s in lines if s.text[:1] == "—" and len(s.glyphs) <= _SPEAKER_CHARS]
    named = set(map(id, speakers))
    text = [s for s in lines if 0.93 * body < s.size <= _QUOTE * body and id(s) not in named]
    quotes: list[list[PrintedLine]] = []
    for line in large:
        quote = next((each for each in quotes if _is_next(each[-1], line)), None)
        if quote is not None:
            quote.append(line)
        else:
            quotes.append([line])
    found = [quote for quote in quotes if any(0 <= _over(s, quote[0], body) < _UNDER * body for s in text)]
    if not found:
        return []
    columns = [
        sorted((s for s in text if column[0] - 1 <= s.box.left <= column[1]), key=lambda s: s.base)
        for column in find_gutters(text, body, ())
    ]
    ordered = [s for column in columns for s in column]
    words = "".join(map(_words, ordered))
    starts = list(accumulate((len(_words(s)) for s in ordered), initial=0))

    said = {id(quote[0]): words.find(_said(quote)) for quote in quotes if len(_said(quote)) >= _QUOTED_WORDS}
    titled = [quote[0] for quote in quotes if said.get(id(quote[0]), -1) < 0]

    def is_pulled(quote: Sequence[PrintedLine]) -> bool:
        at = said.get(id(quote[0]), -1)
        if at < 0 or any(alike(quote[0].size, title.size, LARGER) for title in titled):
            return _goes_on_beyond(quote, columns, body)
        place = quote[-1].box
        under = [
            s.base
            for s in text
            if s.box.across(place) > 0 and s.box.top > place.bottom - 0.5 * body and not is_byline(s.text)
        ]
        top = min(under, default=float("inf"))
        row = (
            begins
            for s, begins in zip(ordered, starts, strict=False)
            if abs(s.base - top) < 0.5 * body and s.box.left < place.left + 3 * body
        )
        return not any(begins <= at < begins + _ECHO for begins in row)

    pulled = [quote for quote in found if is_pulled(quote)]
    for quote in pulled:
        quote += [s for s in speakers if 0 <= -_over(s, quote[-1], body) < 2 * body]
    return pulled


def _said(quote: Sequence[PrintedLine]) -> str:
    return "".join(map(_words, quote))


def _is_next(last: PrintedLine, line: PrintedLine) -> bool:
    """Tell whether a large line is the next of a quote."""
    near = line.box.top - last.box.bottom < line.size
    return same_size(last, line) and last.box.across(line.box) > 0 and near


def _over(upper: PrintedLine, lower: PrintedLine, body: float) -> float:
    """How far one line stands over another of the same place across, in points and a little more; negative under it."""
    if upper.box.across(lower.box) <= 0:
        return float("-inf")
    if upper.base < lower.base:
        return lower.box.top - upper.box.bottom + 0.5 * body
    return lower.box.bottom - upper.box.top - 0.5 * body


def _goes_on_beyond(
    quote: Sequence[PrintedLine], columns: Sequence[Sequence[PrintedLine]], body: float
) -> bool:
    """Tell whether text breaks off over large print and goes on under it: in each column, or from the last to the first."""
    box = bounds(quote)
    beside = any(s.box.along(box) > 0 for column in columns for s in column)
    pairs: list[tuple[PrintedLine, PrintedLine, float]] = []
    for column in columns:
        over = [s for s in column if s.base < quote[0].base]
        under = [s for s in column if s.base > quote[-1].base]
        if not over or not under or (beside and under[0].box.across(box) <= 0):
            continue
        left = min(s.box.left for s in under[:2])
        moved = abs(min(s.box.left for s in over[-2:]) - left) > body
        if moved or under[0].box.top - box.bottom > _UNDER * body:
            return False
        pairs.append((over[-1], under[0], left))
    if pairs and not beside:
        pairs = [(pairs[-1][0], *pairs[0][1:])]
    going = [reads_on(*each, body) for each in pairs]
    whole = (FINISHED.search(upper.text) and lower.box.left - left > body for upper, lower, left in pairs)
    return any(going) and all(on or ends for on, ends in zip(going, whole, strict=True))


def _words(line: PrintedLine) -> str:
    return "".join(char for char in fold_radicals(line.text) if char.isalnum())
