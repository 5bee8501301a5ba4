"""Whether another article begins at a line, by its words: what is told of above is not told of below.

The weights are made by `knowledge/training/repair/regressions.py`; their card lies beside them in `knowledge/models/repair`.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

from knowledge.repair.characters import HAN
from knowledge.repair.page_layout import PageLine

_WORDS: Final = re.compile(f"(?=([{HAN}]{{2}}))|([A-Za-z]{{2,}}|[0-9]{{2,}})")
# So many characters above a line and from it on are looked through.
_REACH: Final = 300
# A heading's own words may have been used far above it.
_FAR_ABOVE: Final = 800
# Overlapping pairs of characters tell so much less than words of their own.
_OVERLAP: Final = 3.0
# Two articles may tell of one subject: more words on both sides than so many tell nothing more.
_MOST: Final = 3.0


@dataclass(frozen=True, slots=True)
class SubjectWeights:
    """What tells of the odds (their logarithm) that an article begins at a line of one kind of document.

    It is what the labeller gives for it and what `signs_at` counts.
    """

    labeller: float
    signs: tuple[float, ...]


def begins_another(weights: SubjectWeights, lines: Sequence[PageLine], at: int) -> float:
    """Return how much the words tell that an article begins at a line, in the labeller's natural logarithms of odds."""
    told = zip(weights.signs, signs_at(lines, at), strict=True)
    return sum(weight * sign for weight, sign in told) / weights.labeller


def signs_at(lines: Sequence[PageLine], at: int) -> tuple[float, ...]:
    """Return what words tell of a line that may head an article.

    Whether it stands below a text, 0 to 1; as much of each further sign counts: how many of the words that are used again
    around it are so on both sides, and how many would be by chance; how many of its own are used again below it, and how
    many far above it.
    """
    own = words_of(lines[at].text)
    below, _ = _told(lines[at + 1 :])
    above, long = _told(reversed(lines[:at]), _FAR_ABOVE)
    again = len(set(own).intersection(below))
    before = len(set(own).intersection(above))
    signs = (1.0, *words_across(lines, at), math.log1p(again), math.log1p(before))
    under = min(1.0, long / _REACH)
    return tuple(under * sign for sign in signs)


def words_across(lines: Sequence[PageLine], at: int) -> tuple[float, float]:
    """Return how many of the words that are used again around a line are so on both sides, and how many would be if each
    use stood above or below by chance."""
    words_above, over = _told(reversed(lines[:at]))
    words_below, under = _told(lines[at:])
    above, below = Counter(words_above), Counter(words_below)
    share = over / max(1, over + under)
    often = [uses + below.get(word, 0) for word, uses in above.items()]
    often += [uses for word, uses in below.items() if word not in above]
    expected = sum(
        words * (1 - share**uses - (1 - share) ** uses) for uses, words in Counter(often).items() if uses > 1
    )
    across = len(above.keys() & below.keys())
    return min(_MOST, across / _OVERLAP), math.log1p(expected / _OVERLAP)


def _told(lines: Iterable[PageLine], reach: int = _REACH) -> tuple[list[str], int]:
    """Return the words of each line up to a reach, and how long these lines are."""
    used: list[str] = []
    long = 0
    for line in lines:
        used += words_of(line.text)
        long += len(line.text)
        if long >= reach:
            break
    return used, long


@lru_cache(maxsize=4096)
def words_of(text: str) -> tuple[str, ...]:
    """Return what tells one subject from another: pairs of han characters, words in letters, numbers; each once."""
    return tuple(dict.fromkeys(pair or word for pair, word in _WORDS.findall(text)))


@cache
def subject_weights() -> tuple[SubjectWeights, SubjectWeights]:
    """Return what was learned of files of any kind and of pages in print, read once."""
    text = files("knowledge.models.repair").joinpath("subjects.json").read_text(encoding="utf-8")
    of_files, of_pages = (SubjectWeights(**each) for each in json.loads(text))
    return of_files, of_pages
