"""A title that the page's layout put between two columns, in the middle of a sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from knowledge.repair.columns import Columns
from knowledge.repair.lines import Line, blanks_tell

_CLAUSES: Final = re.compile("[，。；：！？,;]")
_QUOTED: Final = re.compile("“[^”]*”|《[^》]*》")
_SHORTEST: Final = 6
_LONGEST: Final = 40


def lift_title(lines: Sequence[Line]) -> Sequence[Line]:
    """Return the lines with such a title moved to their head, so that the sentence closes over its place.

    Only where blank lines part paragraphs and the file does not begin with a title.
    """
    if len(lines) < _SHORTEST or not blanks_tell(lines):
        return lines
    columns = Columns(lines)
    if not (lines[0].finished or lines[0].indented or columns.full(0)):
        return lines
    first = next((at for at in range(1, len(lines) - 1) if _interposed(lines, columns, at)), None)
    if first is None:
        return lines
    last = first + 1
    if lines[last].text.startswith("——") and last + 1 < len(lines):
        last += 1
    # The blank lines were the title's: they stand below it now, and no longer inside the sentence.
    lines[0].gap, lines[last].gap = 1, 0
    return [*lines[first:last], *lines[:first], *lines[last:]]


def _interposed(lines: Sequence[Line], columns: Columns, at: int) -> bool:
    above, line, below = lines[at - 1], lines[at], lines[at + 1]
    if above.finished or line.finished or not line.gap or not below.gap or below.indented or above.byline:
        return False
    if not _SHORTEST <= len(line.text) <= _LONGEST or line.byline or below.byline or line.dateline:
        return False
    return _CLAUSES.search(_QUOTED.sub("", line.text)) is None and columns.full(at - 1)
