"""What every reader of a query or a fact needs to know of Chinese, as one seam."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol, TypeVar

K = TypeVar("K")
V = TypeVar("V")


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

    def knows(self, word: str) -> bool: ...


class Kept(dict[K, V]):
    """What a function returned for each argument; made for one lookup, where functools.cache takes longer to begin."""

    def __init__(self, function: Callable[[K], V]) -> None:
        super().__init__()
        self._function = function

    def __missing__(self, key: K) -> V:
        value = self[key] = self._function(key)
        return value


class Remembering:
    """A language that remembers, for one lookup, what it folded and cut: many parts read the same fact."""

    def __init__(self, language: Language) -> None:
        self.fold: Callable[[str], str] = Kept(language.fold).__getitem__
        self.tokens: Callable[[str], tuple[Token, ...]] = Kept(language.tokens).__getitem__
        self.knows: Callable[[str], bool] = language.knows
