"""Short forms derivable from the text itself: 进博会 in 进口博览会, 市发改委 in 市发展改革委, and the other way round."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from itertools import combinations

from knowledge.text.folding import is_hanzi

Range = tuple[int, int]

SHORTEST, LONGEST = 2, 7
_GAP = 3  # characters left out between two that stay: 人(力资源)社(会保障)局
_HOLDS_TOGETHER = "的了和与及是在有被把将对从向为于而也或等不"
_SKIPPED = rf"[^\W\d_a-zA-Z{_HOLDS_TOGETHER}]{{0,{_GAP}}}?"
_NAMES_END = frozenset("局委办会部院厅处所站区市省县镇校司社团行厂港线板网法奖赛园馆桥路")


def expands(short: str, text: str, words: Container[int] | None = None) -> Range | None:
    """Return where `text` holds a full name of which `short` keeps some characters in order; else None.

    Guards: at most three left out in a row and twice as many as kept in all, none of them a particle. `words` are the places where words of the
    text start: when given, the full name must begin and end with a word.
    """
    if not may_be_short(short):
        return None
    pattern = re.compile(_SKIPPED.join(short))
    at = text.find(short[0])
    while at >= 0:
        found = pattern.match(text, at)
        if found and _is_name(found.span(), len(short), text, words):
            return found.span()
        at = text.find(short[0], at + 1)
    return None


def may_be_short(word: str) -> bool:
    """Tell whether a word looks like a short form.

    Hanzi only, no particle; two characters only where the second ends a name (沪办 no, 市委 yes).
    """
    if not SHORTEST <= len(word) <= LONGEST or not all(map(is_hanzi, word)) or len(set(word)) < 2:
        return False
    return not set(word) & set(_HOLDS_TOGETHER) and (len(word) > SHORTEST or word[-1] in _NAMES_END)


def short_forms(full: str, starts: Container[int]) -> Iterator[str]:
    """Yield the three-character short forms that a full name may have: 进博会 of 进口博览会.

    Two first characters of its words, which begin at `starts`, and its last, which must be one that names end in.
    """
    if not LONGEST >= len(full) - 3 > 0 or full[-1] not in _NAMES_END or not all(map(is_hanzi, full)):
        return
    firsts = [char for at, char in enumerate(full[:-1]) if at in starts]
    for one, other in combinations(firsts, 2):
        short = one + other + full[-1]
        if short not in full:
            yield short


def _is_name(found: Range, kept: int, text: str, words: Container[int] | None) -> bool:
    start, end = found
    if not 0 < end - start - kept <= 2 * kept:
        return False
    return words is None or (start in words and (end == len(text) or end in words))
