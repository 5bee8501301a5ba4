"""HTML to tokens in linear time, each with its place in the source.

The standard library's parser takes quadratic time on malformed input before Python 3.11.13 (CVE-2025-6069: 36 s
for 60 kB of `<a `), and libxml2 does not say where a text stands. The rules are those of the HTML standard's
tokenizer as far as text needs them: comments, raw text elements, quoted attributes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_NAME: Final = re.compile(r"[A-Za-z][^\s/>]{0,60}")
_STOP: Final = re.compile(r"[\"'>]")
_QUOTED: Final = re.compile(r"\"[^\"]*\"|'[^']*'")
_HIDDEN: Final = re.compile(r"\shidden(?=[\s=/>]|$)", re.I)
_UNSEEN: Final = re.compile(
    r"""\sstyle\s*=\s*["'][^"']*(?:display\s*:\s*none|visibility\s*:\s*hidden)""", re.I
)
_RAW: Final = frozenset({"script", "style", "textarea", "title", "noscript", "iframe", "template", "xmp"})


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of text (`tag` is empty) or a tag; `at` is its offset in the source, `attributes` as written."""

    at: int
    text: str = ""
    tag: str = ""
    closing: bool = False
    hidden: bool = False
    attributes: str = ""


def tokens(source: str) -> Iterator[Token]:
    """Split HTML into texts and tags; comments, declarations and raw text elements' contents are left out."""
    at = 0
    last_quote = {quote: source.rfind(quote) for quote in "\"'"}
    while at < len(source):
        opening = source.find("<", at)
        if opening < 0:
            opening = len(source)
        if opening > at:
            yield Token(at, source[at:opening])
        if opening == len(source):
            return
        token, at = _markup(source, opening, last_quote)
        if token:
            yield token
            if token.tag in _RAW and not token.closing:
                at = _after_raw(source, at, token.tag)


def _markup(source: str, at: int, last_quote: dict[str, int]) -> tuple[Token | None, int]:
    """Read what begins with `<` at `at`; return its token and where it ends."""
    if source.startswith("<!--", at):
        return None, _after(source, "-->", at + 4)
    if source.startswith(("<!", "<?"), at):
        return None, _after(source, ">", at + 2)
    closing = source.startswith("</", at)
    name = _NAME.match(source, at + 1 + closing)
    if not name:
        return Token(at, "<"), at + 1
    end = _tag_end(source, name.end(), last_quote)
    attributes = "" if closing else source[name.end() : min(end, name.end() + 2000)]
    hidden = bool(_HIDDEN.search(_QUOTED.sub("", attributes)) or _UNSEEN.search(attributes))
    return Token(at, "", name[0].lower(), closing, hidden, attributes), end


def _tag_end(source: str, at: int, last_quote: dict[str, int]) -> int:
    """Return the offset after the `>` that closes a tag, past quoted values."""
    while stop := _STOP.search(source, at):
        at = stop.end()
        if stop[0] == ">":
            return at
        if at <= last_quote[stop[0]]:
            at = source.index(stop[0], at) + 1
    return len(source)


def _after(source: str, mark: str, at: int) -> int:
    found = source.find(mark, at)
    return len(source) if found < 0 else found + len(mark)


def _after_raw(source: str, at: int, tag: str) -> int:
    """Return where the end tag of a raw text element begins, or the end of the source."""
    end = re.compile(rf"</{tag}(?=[\s/>])", re.I).search(source, at)
    return end.start() if end else len(source)
