"""Markdown: the text stays in its columns, the markup becomes blanks of the same width."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from knowledge.documents.decode import decode
from knowledge.documents.extract import Extract, split_lines
from knowledge.documents.text_tables import text_blocks
from knowledge.model import Role

_FENCE: Final = re.compile(r"\s{0,3}(```|~~~)")
_RULE: Final = re.compile(r"\s{0,3}([-*_=])[ \t]*(\1[ \t]*)+$|\s{0,3}=+\s*$")
_REFERENCE: Final = re.compile(r"\s{0,3}\[[^\]\n]{1,200}\]:\s*\S+")
_LEADING: Final = re.compile(r"(\s{0,3}>)+\s?|\s{0,3}#{1,6}(?=\s)|\s*[-*+](?=\s)")
_TRAILING: Final = re.compile(r"\s#+\s*$|\\$")
_IMAGE: Final = re.compile(r"!\[[^\[\]\n]{0,500}\]\([^()\n]{0,2000}\)")
_LINK: Final = re.compile(r"(\[)([^\[\]\n]{1,500})(\]\([^()\n]{0,2000}\)|\]\[[^\]\n]{0,200}\])")
_TAG: Final = re.compile(r"</?[A-Za-z][^<>\n]{0,500}>|<!--[^<\n]{0,2000}-->|<(?=https?:[^<>\s]{1,2000}>)")
_INLINE: Final = re.compile(
    r"\\([!-/:-@\[-`{-~])"
    r"|(?<![0-9A-Za-z])\*{1,3}|\*{1,3}(?![0-9A-Za-z])|~~|`+"
    r"|(?<![0-9A-Za-z_])_{1,3}(?=\S)|(?<=\S)_{1,3}(?![0-9A-Za-z_])"
)
_FRONT: Final = re.compile(r"---\s*$|\+\+\+\s*$")


def read_markdown(name: str, data: bytes) -> Extract:
    """Extract the text of a Markdown file; columns are those of the source line."""
    text, encoding = decode(name, data)
    source = split_lines(text)
    tables = [block for block in text_blocks(source) if block.role is Role.TABLE]
    return Extract("markdown", tuple(_without_markup(source)), encoding, blocks=tuple(tables))


def _without_markup(lines: list[str]) -> Iterator[str]:
    front = _front_matter(lines)
    last = max((number for number, line in enumerate(lines) if "-->" in line), default=0)
    fenced = commented = False
    for number, line in enumerate(lines):
        if number < front or (not commented and _FENCE.match(line)):
            fenced ^= number >= front
            yield ""
        elif fenced:
            yield line
        else:
            if commented:
                line, commented = _after_comment(line)
            if not commented and number < last:
                line, commented = _before_comment(line)
            yield _blank(line)


def _after_comment(line: str) -> tuple[str, bool]:
    """Blank out the rest of a comment that began on an earlier line; tell whether it goes on."""
    end = line.find("-->") + 3
    return (" " * end + line[end:], False) if end > 2 else ("", True)


def _before_comment(line: str) -> tuple[str, bool]:
    """Cut off a comment that ends on a later line; tell whether there is one."""
    start = line.find("<!--", line.rfind("-->") + 1)
    return (line[:start], True) if start >= 0 else (line, False)


def _front_matter(lines: list[str]) -> int:
    """Count the lines of a metadata block at the very top; its keys are no article text."""
    if not lines or not _FRONT.match(lines[0]):
        return 0
    for number, line in enumerate(lines[1:200], 1):
        if line.rstrip() == lines[0].rstrip():
            return number + 1
    return 0


def _blank(line: str) -> str:
    if _RULE.match(line) or _REFERENCE.match(line) or _is_table_rule(line):
        return ""
    for mark in (_LEADING, _IMAGE, _TAG, _TRAILING):
        if mark is _LEADING:
            line = mark.sub(_spaces, line, count=1) if mark.match(line) else line
        else:
            line = mark.sub(_spaces, line)
    line = _LINK.sub(lambda m: " " + m[2] + " " * len(m[3]), line)
    line = _INLINE.sub(lambda m: (m[1] or "").rjust(len(m[0])), line)
    return line.replace("|", " ") if line.lstrip().startswith("|") else line


def _is_table_rule(line: str) -> bool:
    return "-" in line and "|" in line and not line.strip("-|: \t")


def _spaces(match: re.Match[str]) -> str:
    return " " * len(match[0])
