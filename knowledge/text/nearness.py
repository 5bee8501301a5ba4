"""What is nearly the same: a name mistyped, a title half remembered, a sentence corrected.

By rapidfuzz, loaded where something is compared: most questions need none of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

REMEMBERED = 75.0
"""Share, in a hundred, of what somebody remembers of a title that must stand in it in that order (partial ratio)."""
SHORTEST = 4
"""Characters from which on a part of a title may be remembered wrongly; shorter ones would be like too many."""


class Substitution(NamedTuple):
    """What stands in `before[start:end]` and in `after[after_start:after_end]` instead."""

    start: int
    end: int
    after_start: int
    after_end: int


def nearest(written: str, known: Sequence[str], at_least: float = 0.0) -> str | None:
    """Return the known name that needs the fewest letters put in, left out, changed or swapped; None if none is near.

    `at_least` is the share of letters that may stay, 0 to 1.
    """
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    found = process.extractOne(written, known, scorer=OSA.normalized_similarity, score_cutoff=at_least)
    return found[0] if found else None


def remembered(part: str, titles: Sequence[str]) -> list[int]:
    """Return the numbers of the titles that a half-remembered `part` means, the likeliest first; both are folded."""
    from rapidfuzz import fuzz, process

    if len(part) < SHORTEST:
        return []
    found = process.extract(part, titles, scorer=fuzz.partial_ratio, score_cutoff=REMEMBERED, limit=None)
    longer = [(score, number) for title, score, number in found if len(title) >= SHORTEST]
    return [number for _, number in sorted(longer, key=lambda one: (-one[0], one[1]))]


def near_pairs(texts: Sequence[str], at_least: float) -> list[tuple[int, int]]:
    """Return the numbers of every two texts, the earlier first, whose `likeness` is so great, ascending."""
    from rapidfuzz import process
    from rapidfuzz.distance import Indel

    near = process.cdist(texts, texts, scorer=Indel.normalized_similarity, score_cutoff=at_least).nonzero()
    return [(one, other) for one, other in zip(*(side.tolist() for side in near), strict=True) if one < other]


def likeness(one: str, other: str, at_least: float = 0.0) -> float:
    """Return the share of characters that two texts have in common, in order, 0 to 1; 0 where it is below `at_least`."""
    from rapidfuzz.distance import Indel

    return Indel.normalized_similarity(one, other, score_cutoff=at_least)


def changes(before: Sequence[str], after: Sequence[str]) -> Iterator[Substitution]:
    """Yield where two rows of texts differ, the longest common row being kept."""
    from rapidfuzz.distance import LCSseq

    open_: Substitution | None = None
    for step in LCSseq.opcodes(before, after):
        if step.tag == "equal":
            if open_:
                yield open_
            open_ = None
        elif open_:
            open_ = open_._replace(end=step.src_end, after_end=step.dest_end)
        else:
            open_ = Substitution(step.src_start, step.src_end, step.dest_start, step.dest_end)
    if open_:
        yield open_
