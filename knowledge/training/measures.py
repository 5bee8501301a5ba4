"""How a short answer compares with the right ones."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

from knowledge.text.folding import fold

_MARKS = re.compile(r"[\s“”\"'《》「」『』（）()，。、,.·：:；;！!？?]")


def normal(text: str) -> str:
    """Return a text as answers compare: folded, without marks and spaces."""
    return _MARKS.sub("", fold(unicodedata.normalize("NFKC", text)))


def exact(said: str, answers: Iterable[str]) -> bool:
    """Tell whether an answer is one of the right ones."""
    return normal(said) in {normal(answer) for answer in answers}


def f1(said: str, answer: str) -> float:
    """Return the harmonic mean of precision and recall over characters, as CMRC counts it."""
    mine, right = Counter(normal(said)), Counter(normal(answer))
    common = sum((mine & right).values())
    return 2 * common / (mine.total() + right.total()) if common else 0.0


def is_right(said: str, answers: Iterable[str]) -> bool:
    """Tell whether an answer holds a right one and is at most 12 characters or twice as long, or nearly is it."""
    got = normal(said)
    return any(
        (normal(answer) in got and len(got) <= max(12, 2 * len(normal(answer)))) or f1(said, answer) >= 0.8
        for answer in answers
    )
