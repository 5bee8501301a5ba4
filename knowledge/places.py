"""Lines to runs of lines: how it is said where something stands."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from itertools import pairwise


def runs(numbers: Iterable[int], apart: Container[int] = ()) -> tuple[tuple[int, int], ...]:
    """Put line numbers together into runs, over one line that is left out; those in `apart` begin a run anew."""
    found: list[tuple[int, int]] = []
    for number in numbers:
        last = found[-1][1] if found else None
        if last is not None and (number == last or (last < number <= last + 2 and number not in apart)):
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return tuple(found)


def lying_apart(numbers: Iterable[int], lines: Sequence[str]) -> tuple[int, ...]:
    """Return those of the line numbers that one line with other text parts from the number before."""
    return tuple(b for a, b in pairwise(numbers) if b == a + 2 and lines[a].strip())
