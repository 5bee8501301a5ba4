"""Photo captions, which extraction drops between the lines of a sentence."""

from __future__ import annotations

from typing import Final

from knowledge.model import NoiseKind
from knowledge.repair.kinds import names_editors, starts_caption
from knowledge.repair.lines import Line, blanks_tell

_LONGEST: Final = 90
_LINES: Final = 4


def mark_captions(lines: list[Line]) -> None:
    """Mark the lines that describe a photo: those that say so, and the sentence right above a credit."""
    tell = blanks_tell(lines)
    for at, line in enumerate(lines):
        credited = line.removal is NoiseKind.CREDIT and not names_editors(line.text)
        if credited and at and _may_be_caption(lines, at - 1, tell):
            lines[at - 1].caption = True
        elif (
            line.removal is None and not line.byline and line.width <= _LONGEST and starts_caption(line.text)
        ):
            _mark_to_end(lines, at)


def _mark_to_end(lines: list[Line], at: int) -> None:
    for line in lines[at : at + _LINES]:
        if line.removal is not None or line.byline or line.width > _LONGEST:
            return
        line.caption = True
        if line.finished:
            return


def _may_be_caption(lines: list[Line], at: int, tell: bool) -> bool:
    line = lines[at]
    if line.removal is not None or line.byline or line.width > _LONGEST or line.gap == 0:
        return line.caption
    above = lines[at - 1] if at else None
    if not line.finished:
        return line.width <= _LONGEST / 3 and above is not None and above.finished
    if any(mark in line.text[:-2] for mark in "。！？"):
        return False
    set_apart = tell or (at > 1 and lines[at - 1].gap == lines[at - 2].gap == 0)
    if above is None or above.finished or above.removal is not None:
        return True
    return set_apart or line.gap > 1 or above.width > _LONGEST
