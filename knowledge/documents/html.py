"""HTML: the main text, each piece on the line of the source it stands on."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser
from typing import Final

from knowledge.documents.decode import decode, decode_as
from knowledge.documents.extract import Extract, split_lines

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
        "form",
        "button",
        "select",
        "svg",
        "math",
        "iframe",
        "object",
        "head",
        "audio",
        "video",
        "canvas",
        "dialog",
        "menu",
        "textarea",
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
_DECLARED: Final = re.compile(rb"""<meta[^>]{0,200}charset\s*=\s*["']?\s*([A-Za-z0-9_.:-]{1,40})""", re.I)
_CHINESE: Final = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb18030": "gb18030",
    "utf-8": "utf-8",
    "utf8": "utf-8",
}


def read_html(name: str, data: bytes) -> Extract:
    """Extract the main text: line n holds the text of line n of the source, entities decoded.

    The first `<article>` or `<main>` is the main text if it holds most of the Chinese; navigation, scripts and
    forms never are.
    """
    text, encoding = _decode(name, data)
    source = split_lines(text)
    parser = _MainText(len(source))
    parser.feed("\n".join(source))
    parser.close()
    return Extract("html", parser.lines(), encoding)


def _decode(name: str, data: bytes) -> tuple[str, str]:
    declared = _DECLARED.search(data[:4096])
    codec = _CHINESE.get(declared[1].decode("ascii").lower()) if declared else None
    if codec == "gb18030" and not data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        return decode_as(name, data, codec), codec
    return decode(name, data)


class _MainText(HTMLParser):
    """Collects text by source line, twice: all of it, and what stands in `<article>` or `<main>`."""

    def __init__(self, count: int) -> None:
        super().__init__(convert_charrefs=False)
        self._all: list[list[str]] = [[] for _ in range(count)]
        self._main: list[list[str]] = [[] for _ in range(count)]
        self._dropped = 0
        self._in_main = 0
        self._open: list[str] = []

    def lines(self) -> tuple[str, ...]:
        """The main text's lines, or those of the whole body where no main text is marked."""
        body = tuple("".join(parts).rstrip() for parts in self._all)
        main = tuple("".join(parts).rstrip() for parts in self._main)
        return main if 2 * sum(map(len, main)) >= sum(map(len, body)) else body

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self._block()
        if tag in _VOID:
            return
        hidden = any(key == "hidden" for key, _ in attrs)
        entry = f"-{tag}" if tag in _DROPPED or hidden else tag
        self._open.append(entry)
        self._dropped += entry.startswith("-")
        self._in_main += tag in _MAIN

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self._block()

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self._block()
        if tag not in self._open and f"-{tag}" not in self._open:
            return
        while self._open:
            entry = self._open.pop()
            self._dropped -= entry.startswith("-")
            self._in_main -= entry.lstrip("-") in _MAIN
            if entry.lstrip("-") == tag:
                return

    def handle_data(self, data: str) -> None:
        first = self.getpos()[0] - 1
        for number, piece in enumerate(data.split("\n"), first):
            self._put(number, piece)

    def handle_entityref(self, name: str) -> None:
        self._put(self.getpos()[0] - 1, _entity(f"&{name};"))

    def handle_charref(self, name: str) -> None:
        self._put(self.getpos()[0] - 1, _entity(f"&#{name};"))

    def _block(self) -> None:
        """Part two blocks that share a source line by the indent that Chinese paragraphs begin with."""
        for rows in (self._all, self._main):
            row = rows[self.getpos()[0] - 1]
            if row and not row[-1].endswith("\u3000\u3000") and "".join(row).strip():
                row.append("\u3000\u3000")

    def _put(self, number: int, piece: str) -> None:
        if self._dropped or not piece:
            return
        self._all[number].append(piece)
        if self._in_main:
            self._main[number].append(piece)


def _entity(reference: str) -> str:
    text = html.unescape(reference).replace("\xa0", " ")
    return " " if text in "\r\n\u2028\u2029" else text
