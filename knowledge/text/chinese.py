"""Chinese as this machine reads it: OpenCC for 繁简, rjieba for words, Unicode for width and case."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from knowledge.text.language import Token

_SURROGATES = re.compile("[\ud800-\udfff]")
_QUOTES = {"「": "“", "」": "”", "『": "“", "』": "”", "﹁": "“", "﹂": "”", "⋯": "…"}


class Chinese:
    """The one `Language` that serves; loading takes about .2 s, so load it once and before serving."""

    def __init__(self) -> None:
        import opencc
        import rjieba

        self._folds = _Folds(opencc.OpenCC("t2s").convert)
        self._tag: Callable[[str], list[tuple[str, str]]] = rjieba.tag
        self._has: Callable[[str], bool] = rjieba.has_word

    def fold(self, text: str) -> str:
        return text.translate(self._folds)

    def tokens(self, text: str) -> tuple[Token, ...]:
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


class _Folds(dict[int, str]):
    """Code point to its folded character, worked out at first sight; only folds of one to one are taken."""

    def __init__(self, simplify: Callable[[str], str]) -> None:
        super().__init__()
        self._simplify = simplify

    def __missing__(self, point: int) -> str:
        character = chr(point)
        if 0xD800 <= point <= 0xDFFF:
            folded = "\ufffd"
        else:
            folded = (
                _QUOTES.get(character) or self._simplify(unicodedata.normalize("NFKC", character)).lower()
            )
        self[point] = result = folded if len(folded) == 1 else character
        return result
