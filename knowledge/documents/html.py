"""HTML: the main text, each piece on the line of the source it stands on."""

from __future__ import annotations

import html
import re
from typing import Final

from knowledge.documents.decode import decode, decode_as
from knowledge.documents.extract import Extract, split_lines
from knowledge.documents.tokens import Token, tokens

_DROPPED: Final = frozenset(
    [
        "script",
        "style",
        "noscript",
        "template",
        "nav",
        "aside",
        "header",
        "footer",
        "button",
        "label",
        "datalist",
        "select",
        "svg",
        "math",
        "iframe",
        "object",
        "head",
        "title",
        "audio",
        "video",
        "canvas",
        "dialog",
        "menu",
        "textarea",
        "xmp",
    ]
)
_MAIN: Final = ("article", "main")
_BLOCKS: Final = frozenset(
    [
        "address",
        "article",
        "blockquote",
        "body",
        "br",
        "dd",
        "div",
        "dl",
        "dt",
        "figcaption",
        "figure",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "li",
        "main",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "td",
        "th",
        "tr",
        "ul",
        "center",
        "header",
        "footer",
        "nav",
        "aside",
        "founder-content",
        "founder-title",
    ]
)
_VOID: Final = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "wbr",
    ]
)
_DECLARED: Final = re.compile(
    rb"""<meta[^>]{0,200}charset\s{0,9}=\s{0,9}["']?([A-Za-z0-9_.:-]{1,40})""", re.I
)
_CHINESE: Final = frozenset({"gb2312", "gbk", "gb18030", "gb_2312-80", "x-gbk"})
_ENTITY: Final = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});?")
_INDENT: Final = "\u3000\u3000"


def read_html(name: str, data: bytes) -> Extract:
    """Extract the main text: line n holds the text of line n of the source, entities decoded.

    What stands in `<article>` or `<main>` is the main text if that is most of the page; navigation, scripts and
    the controls of forms never are. Two blocks on one source line are parted by the indent that Chinese
    paragraphs begin with.
    """
    text, encoding = _decode(name, data)
    source = split_lines(text)
    body = _Body(len(source))
    line, at = 0, 0
    joined = "\n".join(source)
    for token in tokens(joined):
        line += joined.count("\n", at, token.at)
        at = token.at
        body.take(token, line)
    return Extract("html", body.lines(), encoding)


def _decode(name: str, data: bytes) -> tuple[str, str]:
    declared = _DECLARED.search(data[:4096])
    if declared and declared[1].decode("ascii").lower() in _CHINESE and not _is_marked_or_utf8(data):
        return decode_as(name, data, "gb18030"), "gb18030"
    return decode(name, data)


def _is_marked_or_utf8(data: bytes) -> bool:
    """Tell whether the bytes contradict a declared GB 2312, as pages saved again by an editor do."""
    if data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        return True
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


class _Body:
    """Collects text by source line, twice: all of it, and what stands in `<article>` or `<main>`."""

    def __init__(self, count: int) -> None:
        self._all: list[list[str]] = [[] for _ in range(count)]
        self._main: list[list[str]] = [[] for _ in range(count)]
        self._open: list[tuple[str, bool]] = []
        self._counts: dict[str, int] = {}
        self._dropped = 0
        self._in_main = 0

    def lines(self) -> tuple[str, ...]:
        """The main text's lines, or those of the whole body where no main text is marked."""
        body = tuple("".join(parts).rstrip() for parts in self._all)
        main = tuple("".join(parts).rstrip() for parts in self._main)
        return main if 2 * sum(map(len, main)) >= sum(map(len, body)) else body

    def take(self, token: Token, line: int) -> None:
        """Take the next token, which begins on source line `line`, counted from 0."""
        if not token.tag:
            for number, piece in enumerate(token.text.split("\n"), line):
                self._put(number, _ENTITY.sub(_character, piece))
            return
        if token.tag in _BLOCKS:
            self._part(line)
        if token.closing:
            self._close(token.tag)
        elif token.tag not in _VOID:
            self._enter(token.tag, token.hidden or self._is_dropped(token.tag))

    def _is_dropped(self, tag: str) -> bool:
        """Tell whether an element is no text; what heads an article holds its title."""
        return tag in _DROPPED and not (tag == "header" and self._in_main)

    def _enter(self, tag: str, dropped: bool) -> None:
        self._open.append((tag, dropped))
        self._counts[tag] = self._counts.get(tag, 0) + 1
        self._dropped += dropped
        self._in_main += tag in _MAIN

    def _close(self, tag: str) -> None:
        """Close the innermost element of that name and all within it; a stray end tag closes nothing."""
        while self._counts.get(tag):
            inner, dropped = self._open.pop()
            self._counts[inner] -= 1
            self._dropped -= dropped
            self._in_main -= inner in _MAIN
            if inner == tag:
                return

    def _part(self, line: int) -> None:
        for rows in (self._all, self._main):
            row = rows[line]
            if row and row[-1] != _INDENT:
                row.append(_INDENT)

    def _put(self, number: int, piece: str) -> None:
        if self._dropped or not piece:
            return
        for row in (self._all[number], self._main[number])[: 1 + bool(self._in_main)]:
            if row or piece.strip():
                row.append(piece)


def _character(reference: re.Match[str]) -> str:
    text = html.unescape(reference[0]).replace("\xa0", " ")
    return " " if text in ("\r", "\n") else text
