"""Short forms derivable from the text itself: 进博会 in 进口博览会, 市发改委 in 市发展改革委, and the other way round."""

from __future__ import annotations

import re
from collections.abc import Container

from knowledge.text.hanzi import is_hanzi

Range = tuple[int, int]

SHORTEST, LONGEST = 2, 7
_GAP = 3  # characters left out between two that stay: 人(力资源)社(会保障)局
_HOLDS_TOGETHER = "的了和与及是在有被把将对从向为于而也或等不"
_SKIPPED = rf"[^\W\d_a-zA-Z{_HOLDS_TOGETHER}]{{0,{_GAP}}}?"
_NAMES_END = frozenset("局委办会部院厅处所站区市省县镇校司社团行厂港线板网法奖赛园馆桥路")


def expands(short: str, text: str, words: Container[int] | None = None) -> Range | None:
    """Return where `text` holds a full name of which `short` keeps some characters in order; else None.

    Guards: hanzi only, at most three left out in a row and twice as many as kept in all, none of them a particle;
    two characters only where the second ends a name (沪办 no, 市委 yes). `words` are the places where words of the
    text start: when given, the full name must begin and end with a word.
    """
    if not SHORTEST <= len(short) <= LONGEST or not all(map(is_hanzi, short)) or len(set(short)) < 2:
        return None
    if len(short) == SHORTEST and short[-1] not in _NAMES_END:
        return None
    pattern = re.compile(_SKIPPED.join(short))
    at = text.find(short[0])
    while at >= 0:
        found = pattern.match(text, at)
        if found and _is_name(found.span(), len(short), text, words):
            return found.span()
        at = text.find(short[0], at + 1)
    return None


def abbreviates(full: str, text: str) -> Range | None:
    """Return where `text` holds a short form (three characters or more) of the name `full`; else None."""
    if not 4 <= len(full) <= 24 or not all(map(is_hanzi, full)):
        return None
    best: Range | None = None
    for start in range(len(text)):
        end = _run(full, text, start)
        kept = text[start:end]
        if end - start >= 3 and kept not in full and kept[-1] == full[-1] and expands(kept, full):  # noqa: SIM102
            if best is None or end - start > best[1] - best[0]:
                best = (start, end)
    return best


def _is_name(found: Range, kept: int, text: str, words: Container[int] | None) -> bool:
    start, end = found
    if not 0 < end - start - kept <= 2 * kept:
        return False
    return words is None or (start in words and (end == len(text) or end in words))


def _run(full: str, text: str, start: int) -> int:
    """Where the characters from `start` on stop being characters of `full` in order."""
    at, place = start, -1
    while at < len(text) and at - start < LONGEST:
        place = full.find(text[at], place + 1)
        if place < 0:
            break
        at += 1
    return at
