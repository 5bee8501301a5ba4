"""How wide the text runs around a line: what tells a column's line break from a writer's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from knowledge.repair.lines import Line

# Of a column's width, what a line must fill for its break to be the column's and not the writer's.
_FULL: Final = 0.75
_NARROWEST: Final = 9
# Three or four lines alone establish no column narrower than this.
_SURE: Final = 12
WIDEST: Final = 60
_WINDOW: Final = 6
# A column is established by so many lines of which so many differ by no more than this.
_FEWEST: Final = 3
_AGREE: Final = 0.6
_RAGGED: Final = 2.5
_EQUAL: Final = 1.5
_OTHER_COLUMN: Final = 1.5
PUNCTUATION: Final = re.compile("[，。、；,;！？]")


class Columns:
    """How wide the text runs around each line, to tell a full line from a short one."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = lines
        self._widths = [line.column_width + line.indent / 2 for line in lines]

    def before(self, at: int) -> float:
        """The column's width above line `at`, 0 where none is established."""
        return self._width(max(0, at - _WINDOW), at)

    def after(self, at: int) -> float:
        """The column's width below line `at`, 0 where none is established."""
        return self._width(at + 1, at + 1 + _WINDOW)

    def around(self, at: int) -> float:
        """The column's width on both sides together, 0 where none is established."""
        width = self._width(max(0, at - 2), at + 3)
        return width if width >= _SURE else 0

    def _width(self, low: int, high: int) -> float:
        """The width on which most unfinished lines agree; text has commas, a list of titles has few."""
        lines = self._lines[low:high]
        wide = [self._widths[low + at] for at, line in enumerate(lines) if not line.finished]
        if len(wide) < _FEWEST or 2 * len(wide) < len(lines):
            return 0
        width = sorted(wide)[-2]
        if not _NARROWEST <= width <= WIDEST or sum(abs(w - width) <= _RAGGED for w in wide) < _AGREE * len(
            wide
        ):
            return 0
        clauses = sum(not line.finished and PUNCTUATION.search(line.text) is not None for line in lines)
        return width if _WINDOW * clauses >= len(wide) else 0

    def full(self, at: int) -> bool:
        """Tell whether line `at` fills its column, so that the column broke it."""
        wide = self._widths[at]
        if wide < _NARROWEST * _FULL:
            return False
        sides = (self.before(at), self.after(at))
        if any(sides):
            return any(side and wide >= _FULL * side for side in sides)
        return 0 < _FULL * self.around(at) <= wide or self._twin(at, at - 1) or self._twin(at, at + 1)

    def _twin(self, at: int, other: int) -> bool:
        """Tell whether two unfinished lines of running text are equally wide, as only a column makes them."""
        if not 0 <= other < len(self._lines) or self._widths[at] < _SURE:
            return False
        lines = (self._lines[at], self._lines[other])
        alike = abs(self._widths[at] - self._widths[other]) <= _EQUAL
        return alike and all(not line.finished and PUNCTUATION.search(line.text) for line in lines)

    def breaks(self, at: int) -> bool:
        """Tell whether another column begins after line `at`: much wider or much narrower."""
        above, below = self.before(at + 1), self.after(at)
        if not above or self._widths[at] >= _OTHER_COLUMN * above:
            return False
        if self._widths[at + 1] >= _OTHER_COLUMN * above:
            return True
        return bool(below) and not 1 / _OTHER_COLUMN < above / below < _OTHER_COLUMN
