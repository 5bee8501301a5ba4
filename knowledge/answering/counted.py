"""What a bare figure counts: 5533个问题, 同比增长70.12%."""

from __future__ import annotations

import re
from collections.abc import Sequence

from knowledge.answering.window import Passage
from knowledge.text.analyzer import Token
from knowledge.text.measures import comparable
from knowledge.text.numbers import Quantity, QuantityKind

LONGEST = 30
_COMFORTABLE = 20
_SHORT = 12
_CLOSERS = '”"’》」』'
_CLAUSE = re.compile(r"[,，;；。!！?？:：、](?!\d)|——|…")
_DESCRIBING = re.compile(r"[\u4e00-\u9fff]{1,5}的(?=[\u4e00-\u9fff])")
_HELPERS = frozenset("是有达为共仅超近约占")


def counted_span(wanted: Sequence[Quantity], passage: Passage) -> tuple[int, int] | None:
    """Return where one of the figures stands, in whatever writing, with what it counts, after it or else before it."""
    quantities = passage.language.quantities(passage.folded)
    figure = next((told for told in quantities if any(is_same(one, told) for one in wanted)), None)
    if figure is None:
        return None
    end = _nouns_after(passage, figure)
    if end > figure.end:
        return figure.start, end
    begins = [m.end() for m in _CLAUSE.finditer(passage.folded, 0, figure.start)]
    start = begins[-1] if begins else 0
    if figure.end - start > _SHORT + 3:
        before = [
            t
            for t in passage.tokens
            if start <= t.start and figure.end - t.start <= _SHORT and t.start < figure.start
        ]
        telling = [t for t in before if t.tag[:1] in "nvajlb" and t.text not in _HELPERS]
        start = telling[0].start if telling else figure.start
    while start < figure.start and passage.text[start] in '“"‘《「『 ':
        start += 1
    return (start, figure.end) if figure.end - start <= LONGEST else (figure.start, figure.end)


def is_same(asked: Quantity, told: Quantity) -> bool:
    """Tell whether two figures are one: the same number, and no measures that count different things."""
    return bool(set(asked.keys) & set(told.keys)) and comparable(asked.unit, told.unit)


def _nouns_after(passage: Passage, figure: Quantity) -> int:
    """Where the nouns right after a figure end; the figure's own end where none follow."""
    if figure.kind is QuantityKind.PERCENT:
        return figure.end
    end = after = figure.end
    while after < len(passage.text) and passage.text[after] in _CLOSERS + " ":
        after += 1
    held: Token | None = None
    for token in passage.tokens:
        if token.start + len(token.text) <= after:
            continue
        noun = token.tag[:1] in "njlbs" or token.tag in ("vn", "eng", "i")
        leads = (
            end == figure.end
            and held is None
            and token.text[0].isalnum()
            and token.tag in ("v", "a", "d", "t", "f", "zg")
        )
        if not (noun or leads) or token.start + len(token.text) - figure.start > _COMFORTABLE:
            break
        if leads and not noun:
            held = token
        else:
            end = token.start + len(token.text)
    return figure.end if _DESCRIBING.match(passage.text, end) else end
