"""The columns that lines stand in, and whether text goes on from one line to another.

Sizes and distances are in times of the body's font size unless a name says otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from knowledge.documents.pdf_lines import PrintedLine, bounds
from knowledge.documents.pdf_page import Box
from knowledge.repair.join_model import goes_on
from knowledge.repair.sentences import FINISHED

_GUTTER: Final = 0.35
"""A gutter is wider than what justifying leaves free beside a line, a half-width mark apart; a rule makes any a gutter."""

_GUTTER_OF_FEW: Final = 1.05
"""Few lines may leave a narrow strip free by chance: it is a gutter if it is wider than the blank of a line, one em."""

_LENIENT_ROWS: Final = 9
_FEWEST_ROWS: Final = 3
_UNFILLED: Final = 2.0
"""Ems that a line set ragged leaves free at most: one for a mark that may not begin the next, one for what has no break."""

_TOLD: Final = re.compile("[，。；！？]")
_SIGNED_ROWS: Final = 3
"""So many lines a text is signed with at most, to the right under it: offices, a name, a day."""

_LINES_A_STRAY: Final = 60
_NARROWEST_COLUMN: Final = 4.0


def find_gutters(
    lines: Sequence[PrintedLine], body: float, uprights: Sequence[Box]
) -> list[tuple[float, float]]:
    """Return the columns as x intervals: what no line covers, give or take one crossing line, is a gutter.

    Columns stand side by side: what is set to the right with nothing beside it (who signed, and when) is none.
    """
    found: list[tuple[float, float]] = []
    for column in _strips(lines, body, uprights):
        if found and not _are_beside(lines, found[-1], column):
            found[-1] = (found[-1][0], column[1])
        else:
            found.append(column)
    return found


def _are_beside(lines: Sequence[PrintedLine], left: tuple[float, float], right: tuple[float, float]) -> bool:
    """Tell whether two columns stand side by side: not where the right one is a few lines under the left one's first.

    Where there are several, or one says a sentence, they are a column's own wherever they stand.
    """
    after = [s for s in lines if s.box.left >= right[0] - 1 and s.box.right <= right[1] + 1]
    before = [s.box for s in lines if s.box.left >= left[0] - 1 and s.box.right <= left[1] + 1]
    if not before or len(after) > _SIGNED_ROWS or any(_TOLD.search(s.text) for s in after):
        return True
    top = min(box.top for box in before)
    return any(s.box.top < top or any(s.box.along(box) > 0 for box in before) for s in after)


def _strips(lines: Sequence[PrintedLine], body: float, uprights: Sequence[Box]) -> list[tuple[float, float]]:
    """The columns as x intervals, whether or not they stand side by side."""
    if not lines:
        return []
    box = bounds(lines)
    rows = len({round(line.base / (0.5 * body)) for line in lines})
    if rows < _LENIENT_ROWS:
        narrow = _covered(lines, _GUTTER * body, uprights, box, 0)
        pairs = list(pairwise(narrow))
        parted = [_parted(lines, pair, body) for pair in pairs] if rows >= _FEWEST_ROWS else []
        last = bool(parted) and any(parted[:-1]) and _is_short(lines, narrow[-1], body)
        return (
            narrow
            if parted and all([*parted[:-1], parted[-1] or last])
            else _covered(lines, _GUTTER_OF_FEW * body, uprights, box, 0)
        )
    strict = _covered(lines, _GUTTER * body, uprights, box, 0)
    lenient = _covered(lines, _GUTTER * body, uprights, box, 1 + len(lines) // _LINES_A_STRAY)
    wide = all(right - left > _NARROWEST_COLUMN * body for left, right in lenient)
    return lenient if len(lenient) > len(strict) and wide else strict


def _parted(lines: Sequence[PrintedLine], columns: tuple[tuple[float, float], ...], body: float) -> bool:
    """Tell whether two neighbouring columns have lines side by side, each from edge to edge, in several rows."""
    (left, left_end), (right, right_end) = columns
    before = [s for s in lines if s.box.left >= left - 1 and s.box.right <= left_end + 1]
    after = [s for s in lines if s.box.left >= right - 1 and s.box.right <= right_end + 1]
    full = [s for s in before if s.box.right > left_end - _UNFILLED * body]
    return sum(any(abs(s.base - t.base) < 0.3 * body for t in after) for s in full) >= _FEWEST_ROWS


def _is_short(lines: Sequence[PrintedLine], column: tuple[float, float], body: float) -> bool:
    """Tell whether a column, the last of several, has too few rows to be told by them: its text ended there."""
    return len({round(s.base / (0.5 * body)) for s in lines if s.box.left >= column[0] - 1}) < _FEWEST_ROWS


def _covered(
    lines: Sequence[PrintedLine], least: float, uprights: Sequence[Box], box: Box, stray: int
) -> list[tuple[float, float]]:
    """The x intervals that more than `stray` lines cover; a narrow gap parts two only where a rule stands in it."""
    begins = [(line.box.left, 0) for line in lines]
    ends = [(line.box.right, 1) for line in lines]
    found: list[tuple[float, float]] = []
    depth = 0
    for x, ending in sorted([*begins, *ends]):
        depth += -1 if ending else 1
        if ending and depth == stray:
            found[-1] = (found[-1][0], x)
        elif not ending and depth == stray + 1:
            last = found[-1] if found else None
            if last is not None and x - last[1] < least and not _rule_in(last[1], x, uprights, box):
                continue
            found.append((x, x))
    return found


def _rule_in(left: float, right: float, uprights: Sequence[Box], box: Box) -> bool:
    return any(left - 1.5 <= rule.left <= right + 1.5 and rule.along(box) > 0 for rule in uprights)


def reads_on(upper: PrintedLine, lower: PrintedLine, left: float, body: float, least: float = 0.0) -> bool:
    """Tell whether a line of the column that begins at `left` goes on with another's text, by marks, indent and words.

    `least` is what the words must tell for it, in the units of the join model.
    """
    broken_off = not FINISHED.search(upper.text)
    indented = lower.box.left - left > body
    return broken_off and not indented and goes_on(upper.text, lower.text) > least
