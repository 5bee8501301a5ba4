"""What every reader of a query or a fact needs to know of Chinese, as one seam, and rjieba behind it."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple, Protocol

from knowledge.text.folding import fold
from knowledge.text.numbers import Quantity, quantities

KEPT = 4096
"""Texts kept folded; a quarter as many cut into words and with their figures, for that takes more room."""
_SURROGATES = re.compile("[\ud800-\udfff]")


class Token(NamedTuple):
    """One word, its part of speech by jieba's tag set (`nr` person, `ns` place, `nt` organisation), its start."""

    text: str
    tag: str
    start: int


class Analyzer(Protocol):
    """Characters made comparable, and words.

    `fold` makes width, case, 繁 and 简 one, code point for code point: the result is as long as the text.
    """

    def fold(self, text: str) -> str: ...

    def tokens(self, text: str) -> tuple[Token, ...]: ...

    def quantities(self, text: str) -> tuple[Quantity, ...]: ...

    def knows(self, word: str) -> bool: ...


class ChineseAnalyzer:
    """The one `Analyzer` that serves; loading takes about .2 s, so load it once and before serving.

    What was folded and cut lately is kept: many parts of a lookup, and many lookups, read the same fact.
    """

    def __init__(self) -> None:
        import rjieba

        self._tag: Callable[[str], list[tuple[str, str]]] = rjieba.tag
        self._has: Callable[[str], bool] = rjieba.has_word
        self.fold: Callable[[str], str] = lru_cache(KEPT)(fold)
        self.tokens: Callable[[str], tuple[Token, ...]] = lru_cache(KEPT // 4)(self._cut)
        self.quantities: Callable[[str], tuple[Quantity, ...]] = lru_cache(KEPT // 4)(quantities)

    def _cut(self, text: str) -> tuple[Token, ...]:
        tokens: list[Token] = []
        at = 0
        text = _encodable(text)
        for word, tag in self._tag(text):
            start = text.index(word, at)
            at = start + len(word)
            tokens.append(Token(word, tag, start))
        return tuple(tokens)

    def knows(self, word: str) -> bool:
        return self._has(_encodable(word))


def _encodable(text: str) -> str:
    """Lone surrogates stop Rust; they become U+FFFD, one for one."""
    return _SURROGATES.sub("\ufffd", text)
