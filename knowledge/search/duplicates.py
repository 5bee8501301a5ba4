"""The same sentence printed in several files is said once, with all its sources.

Looked for among the facts of one ranking: repeats share their words, so they rank together, and the work is bounded by
the length of the ranking however many files there are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from rapidfuzz.distance import Indel

from knowledge.model import Fact
from knowledge.text.folding import fold

# Of two repeats so much is alike at least; what differs are marks and words that carry nothing.
_ALIKE: Final = 0.92
_SHORTEST: Final = 12
_MARKS: Final = re.compile(r"[\W_]+")
_THOUSANDS: Final = re.compile(r"(?<=\d)[,，](?=\d{3}(?!\d))")
_EMPTY: Final = frozenset("的地得了着过也就都而并且在于是有其该此这")


def merge_repeats(facts: Sequence[Fact]) -> list[tuple[int, tuple[int, ...]]]:
    """Return the places of the facts to show, in order, each with those of the later facts that only repeat it.

    Figures must be the same, however they are written (8600万元, 8,600万元): 8600 and 8700 are two facts.
    """
    plain = [_plain(fact.text) for fact in facts]
    shown: list[tuple[int, list[int]]] = []
    for at, text in enumerate(plain):
        same = next((repeats for first, repeats in shown if _repeats(plain[first], text)), None)
        if same is None:
            shown.append((at, []))
        else:
            same.append(at)
    return [(at, tuple(repeats)) for at, repeats in shown]


def _plain(text: str) -> str:
    return _MARKS.sub("", _THOUSANDS.sub("", fold(text)))


def _repeats(first: str, other: str) -> bool:
    if first == other:
        return True
    if min(len(first), len(other)) < _SHORTEST:
        return False
    if Indel.normalized_similarity(first, other, score_cutoff=_ALIKE) < _ALIKE:
        return False
    changed = (
        first[edit.src_start : edit.src_end] + other[edit.dest_start : edit.dest_end]
        for edit in Indel.opcodes(first, other)
        if edit.tag != "equal"
    )
    return all(char in _EMPTY for run in changed for char in run)
