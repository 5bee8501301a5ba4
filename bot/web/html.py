"""HTML from plain text: everything that was not written here is escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

# What HTML forbids in a document (https://html.spec.whatwg.org/#preprocessing-the-input-stream).
_FORBIDDEN = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


def e(text: str) -> str:
    """Escape text for an element or a quoted attribute; characters HTML forbids become U+FFFD."""
    return escape(_FORBIDDEN.sub("\ufffd", text))


def marked(text: str, ranges: Iterable[tuple[int, int]]) -> str:
    """Escape text, the given code point ranges marked."""
    parts: list[str] = []
    at = 0
    for start, end in sorted(ranges):
        start, end = max(start, at), min(end, len(text))
        if start < end:
            parts.append(f"{e(text[at:start])}<mark>{e(text[start:end])}</mark>")
            at = end
    return "".join(parts) + e(text[at:])


def document(title: str, body: str) -> str:
    """A whole page around a body that is HTML already."""
    return f"""<!doctype html>
<html lang="zh-Hans">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{e(title)}</title>
<link rel="icon" href="/static/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/static/chuchu.css">
<script src="/static/chuchu.js" defer></script>
</head>
<body>
{body}
</body>
</html>
"""
