"""What is no part of an article's text: what runs along a page's edges, and quotes pulled out of it in large print.

Sizes and distances are in times of the body's font size unless a name says otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

from knowledge.documents.pdf_lines import PrintedLine, find_gutters, join_rows, same_size
from knowledge.documents.pdf_order import TITLE
from knowledge.documents.pdf_page import PrintedPage
from knowledge.text.folding import fold_radicals

_EDGE: Final = 0.08
"""Running heads and page numbers stand in the outer 8 % of a page's height."""

_LONG_RULE: Final = 0.7
_HEAD_CHARS, _FOOT_CHARS, _EDGE_CHARS = 80, 120, 45
_MASTHEAD_CHARS: Final = 6
_QUOTE: Final = 1.1
_QUOTED_WORDS: Final = 15
_UNDER: Final = 5.0
_ECHO: Final = 60
"""Characters at whose beginning an article says its title again."""

_PAUSED: Final = re.compile("[。，、；：！？]$")


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
    if len(lines) < 3:
        return []
    first = min(lines, key=lambda s: s.box.top) if top else max(lines, key=lambda s: s.box.bottom)
    row = [s for s in lines if s.box.along(first.box) > 0.3 * min(s.size, first.size)]
    rest = [s for s in lines if not any(s is r for r in row)]
    if not rest or any(len(s.glyphs) > _EDGE_CHARS or s.size > 1.6 * body or s.upright for s in row):
        return []
    if top:
        edgy = max(s.box.bottom for s in row) < _EDGE * page.height
        gap = min(s.box.top for s in rest) - max(s.box.bottom for s in row)
    else:
        edgy = min(s.box.top for s in row) > (1 - _EDGE) * page.height
        gap = min(s.box.top for s in row) - max(s.box.bottom for s in rest)
    marked = any(_PAUSED.search(s.text) for s in row)
    if not edgy or marked or gap < (0.8 if len(row) == 1 else 0.2) * body:
        return []
    if 2 * sum(_runs_on(piece, rest, top) for piece in row) >= len(row):
        return []
    if top and len(row) == 1 and (_is_headline(row[0], lines, body) or any(_heads(row[0], s) for s in rest)):
        return []
    return row


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


def _heads(line: PrintedLine, other: PrintedLine) -> bool:
    """Tell whether a line is the kicker of the headline right under it."""
    close = other.box.top - line.box.bottom < 0.7 * other.size
    return other.size > TITLE * line.size and close and other.box.across(line.box) > 0


def find_pull_quotes(lines: Sequence[PrintedLine], body: float) -> list[list[PrintedLine]]:
    """Find large print under text that says again, word for word, what the text says elsewhere.

    What is said again right under it is a title, whose article begins with its words.
    """
    large = sorted((s for s in lines if s.size > _QUOTE * body and not s.upright), key=lambda s: s.base)
    text = [s for s in lines if 0.93 * body < s.size <= _QUOTE * body]
    quotes: list[list[PrintedLine]] = []
    for line in large:
        for quote in quotes:
            last = quote[-1]
            if (
                same_size(last, line)
                and last.box.across(line.box) > 0
                and line.box.top - last.box.bottom < line.size
            ):
                quote.append(line)
                break
        else:
            quotes.append([line])
    found = [
        quote
        for quote in quotes
        if any(
            s.box.across(quote[0].box) > 0
            and 0 <= quote[0].box.top - s.box.bottom + 0.5 * body < _UNDER * body
            for s in text
        )
    ]
    if not found:
        return []
    ordered = [
        s
        for column in find_gutters(text, body, ())
        for s in sorted(text, key=lambda s: s.base)
        if _stands_in(s, column)
    ]
    words = "".join(map(_words, ordered))
    starts = list(accumulate((len(_words(s)) for s in ordered), initial=0))

    def is_pulled(quote: Sequence[PrintedLine]) -> bool:
        said = "".join(map(_words, quote))
        at = words.find(said) if len(said) >= _QUOTED_WORDS else -1
        if at < 0:
            return False
        place = quote[-1].box
        under = [
            k
            for k, s in enumerate(ordered)
            if s.box.across(place) > 0 and s.box.top > place.bottom - 0.5 * body
        ]
        first = starts[min(under, key=lambda k: ordered[k].base)] if under else 0
        return not (under and first <= at < first + _ECHO)

    return [quote for quote in found if is_pulled(quote)]


def _words(line: PrintedLine) -> str:
    return "".join(char for char in fold_radicals(line.text) if char.isalnum())


def _stands_in(line: PrintedLine, column: tuple[float, float]) -> bool:
    return column[0] - 1 <= line.box.left <= column[1]
