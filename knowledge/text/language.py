"""What every reader of a query or a fact needs to know of Chinese, as one seam."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from knowledge.text.numbers import Figure


class Token(NamedTuple):
    """One word, its part of speech by jieba's tag set (`nr` person, `ns` place, `nt` organisation), its start."""

    text: str
    tag: str
    start: int


class Language(Protocol):
    """Characters made comparable, and words.

    `fold` makes width, case, 繁 and 简 one, code point for code point: the result is as long as the text.
    """

    def fold(self, text: str) -> str: ...

    def tokens(self, text: str) -> tuple[Token, ...]: ...

    def figures(self, text: str) -> tuple[Figure, ...]: ...

    def knows(self, word: str) -> bool: ...
