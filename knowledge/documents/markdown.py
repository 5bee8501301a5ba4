"""Markdown: the text stays in its columns, markup becomes blanks, and what `#` heads is handed over as such."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from knowledge.documents.plain import talk
from knowledge.documents.tables import text_blocks
from knowledge.documents.text import Extract, decode_text, set_off, split_lines
from knowledge.model import Block, BlockRole, Metadata
from knowledge.repair.characters import MARKUP
from knowledge.repair.issue import dates, is_credits

_BOLD_LEVEL: Final = 7
_FENCE: Final = re.compile(r"\s{0,3}(```|~~~)")
_RULE: Final = re.compile(r"\s{0,3}([-*_=])[ \t]*(\1[ \t]*)+$|\s{0,3}=+\s*$")
_UNDERLINE: Final = re.compile(r"\s{0,3}(=+|-{2,})\s*$")
_REFERENCE: Final = re.compile(r"\s{0,3}\[(?!\^)[^\]\n]{1,200}\]:\s*\S+")
_NOTE: Final = re.compile(r"\s{0,3}\[\^[^\]\s]{1,40}\]:\s?")
_NOTE_MARK: Final = re.compile(r"\[\^[^\]\s]{1,40}\]")
_HEADING: Final = re.compile(r"\s{0,3}(#{1,6})(?=\s)")
_BOLD: Final = re.compile(r"\s*(\*\*|__)(?=\S)([^*_]{2,24})(?<=[^\s。，；！？：、])\1\s*$")
_ITEM: Final = re.compile(r"\s*(?:[-*+]|\d{1,3}[.)、])\s")
_QUOTE: Final = re.compile(r"(\s{0,3}>)+")
_LEADING: Final = re.compile(r"(\s{0,3}>)+\s?|\s{0,3}#{1,6}(?=\s)|\s*[-*+](?=\s)(?:\s+\[[ xX]\](?=\s))?")
_TRAILING: Final = re.compile(r"\s#+\s*$|\\$")
_IMAGE: Final = re.compile(r"!\[[^\[\]\n]{0,500}\]\([^()\n]{0,2000}\)")
_LINK: Final = re.compile(r"(\[)([^\[\]\n]{1,500})(\]\([^()\n]{0,2000}\)|\]\[[^\]\n]{0,200}\])")
_STRUCK: Final = re.compile(  # of the marks on both its sides one is enough
    r"(?:(?<=[，、；])~~(?=\S)[^~\n]{1,500}~~[，、；])|~~(?=\S)[^~\n]{1,500}~~|<(del|s|strike)>[^<\n]{0,500}</\1>",
    re.IGNORECASE,
)
_LINK_ALONE: Final = re.compile(r"\s*\[[^\[\]\n]{1,8}\]\([^()\n]{0,2000}\)\s*$")
_NAVIGATION: Final = re.compile(
    r"\s*(?:[上下]一[篇页頁章条條]\s*[：:]?\s*)?(?:\[[^\[\]\n]{1,40}\]\([^()\n]{0,2000}\)[\s|｜·•»›>/-]*)+(?<=[)\s|｜·•»›>/-])[^\s。！？]{0,6}\s*$"
)
"""Where a reader may go from here: nothing but links and what parts them, and the name of the place he is at."""

_LINKED_HEADING: Final = re.compile(r"[\s#*]*\[[^\[\]\n]{1,100}\]\([^()\n]{0,2000}\)[\s#*]*$")
_RAISED: Final = re.compile(r"<sup>(\d{1,4})</sup>|\^(\d{1,4})\^", re.IGNORECASE)
_LOWERED: Final = re.compile(r"<sub>(\d{1,4})</sub>|(?<=[A-Za-z)])~(\d{1,4})~(?!~)", re.IGNORECASE)
_BARRED: Final = re.compile(r"\\\||`[^`\n]{1,200}`")
"""What of a table's row keeps its bars: one that is escaped, and code."""

_TAG: Final = re.compile(r"</?[A-Za-z][^<>\n]{0,500}>|<!--[^<\n]{0,2000}-->|<(?=https?:[^<>\s]{1,2000}>)")
_PARTING: Final = re.compile(
    r"</?(?:p|div|section|article|blockquote|[uo]l|li|table|tr|h[1-6])\b[^<>\n]{0,500}>", re.IGNORECASE
)
_STRONG: Final = re.compile(r"<(strong|b)>[^<>。，；！？：]{2,40}</\1>(?:<br\s?/?>)?", re.IGNORECASE)
_ENTITY: Final = re.compile(r"&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,31});")
_ASIDE: Final = re.compile(
    r"\s*\[\[?toc\]?\]\s*$|(?<=>)\s*\[![A-Za-z]+\][+-]?[^。！？]*$|!\[\[[^\]\n]{1,200}\]\]|%%[^%\n]{1,2000}%%"
    r"|\{\{[<%][^{}\n]{0,500}[>%]\}\}|\s\^[0-9A-Za-z-]{1,40}\s*$",
    re.IGNORECASE,
)
"""What editors of notes and site makers put into a text and readers don't see: contents, the name of a box, a picture, a
remark, a shortcode, an anchor."""

_WIKI: Final = re.compile(r"\[\[(?:[^\[\]|\n]{1,200}\|)?([^\[\]|\n]{1,200})\]\]")
_INLINE: Final = re.compile(
    r"\\([!-/:-@\[-`{-~])|(?<!=)==(?!=)"
    r"|(?<![0-9A-Za-z])\*{1,3}|\*{1,3}(?![0-9A-Za-z])|~~|`+"
    r"|(?<![0-9A-Za-z_])_{1,3}(?=\S)|(?<=\S)_{1,3}(?![0-9A-Za-z_])"
)
_MARKED: Final = re.compile(r"[-*_=#+~^<>\[{&\\`%]")
"""What all markup begins with, or has before it: most lines have none of it."""

_FRONT: Final = re.compile(r"---\s*$|\+\+\+\s*$")
_STATED: Final = re.compile(
    r"\s*(title|date|author|source|newspaper)\s*[:=]\s*[\"']?([^\"'\n]{1,300}?)[\"']?\s*$"
)
_BLANKS: Final = re.compile(r"(?<=\S) +(?=\S)")
_BREAK: Final = re.compile(r"&|<br\b|" + _PARTING.pattern, re.IGNORECASE)
"""What parts words: an entity that is a blank, a tag that begins a line."""
_NO_BAR: Final = "¦"  # in place of a bar that parts no cells
_FINISHED: Final = re.compile("[。！？；…!?;][”’」』）)]*$")
_NAMED: Final = re.compile("[^，。；！？：:]{1,12}[：:]")


@dataclass(slots=True)
class _Source:
    """A file's lines as they are, and as they are read; `front` of them are its metadata."""

    raw: list[str]
    read: list[str]
    front: int

    @property
    def titled(self) -> bool:
        """Whether the metadata says the title."""
        return any((said := _STATED.match(line)) and said[1] == "title" for line in self.raw[: self.front])


def read_markdown(name: str, data: bytes) -> Extract:
    """Extract the text of a Markdown file; columns are those of the source line.

    A file with headings is handed over whole as Markdown has it. Without any it is text that only ends in `.md`:
    its tables are known, the rest is for the labeller.
    """
    text, encoding = decode_text(name, data)
    raw = split_lines(text)
    source = _Source(raw, list(_without_markup(raw)), _front_matter(raw))
    rows = list(map(_with_bars_kept, source.read, raw))
    blocks = [block for block in text_blocks(rows) if block.role is BlockRole.TABLE]
    covered = {number for block in blocks for number in range(block.first, block.last + 1)}
    for at, line in enumerate(source.read):
        barred = line.lstrip().startswith("|") or at + 1 in covered
        source.read[at] = "" if _is_table_rule(line) else _unbarred(line, rows[at]) if barred else line
    structure = _Structure(source, covered)
    if structure.headed:
        blocks = sorted([*structure.blocks(), *blocks], key=lambda block: block.first)
        blocks = list(_by_article(blocks))
    return Extract("markdown", tuple(source.read), encoding, blocks=tuple(blocks), stated=_stated(source))


def _with_bars_kept(line: str, raw: str) -> str:
    """A line as `text_blocks` may read it: the bars that part no cells stand as another sign."""
    kept = _BARRED.sub(lambda m: m[0].replace("|", _NO_BAR), raw)
    if _NO_BAR not in kept or len(line) != len(kept):
        return line
    return "".join(_NO_BAR if bar == _NO_BAR else char for char, bar in zip(line, kept, strict=True))


def _unbarred(line: str, row: str) -> str:
    """A table's row without the bars between its cells."""
    return "".join(" " if bar == "|" else char for char, bar in zip(line, row, strict=True))


class _Structure:
    """The blocks of a file: headings by their level, paragraphs, items; a line that ends a sentence ends its block.

    By the letter of Markdown lines without a blank one between them are one paragraph, but many write a paragraph a line.
    """

    def __init__(self, source: _Source, covered: set[int]) -> None:
        self._source = source
        self._covered = covered
        self._levels = dict(self._headings())

    @property
    def headed(self) -> bool:
        """Whether any line is marked as a heading; a bold one alone may be anything."""
        return any(level < _BOLD_LEVEL for level in self._levels.values())

    def blocks(self) -> Iterator[Block]:
        """Yield the blocks of what is no table, in order; where no title is said else, the first one is it."""
        levels = self._levels
        titles = {number for number, level in levels.items() if level == 1}
        if not titles and not self._source.titled:
            titles = {min(levels, default=0)}
        titles.update(self._linked())
        opened: list[int] = []
        role = BlockRole.PARAGRAPH
        for number in range(self._source.front + 1, len(self._source.read) + 1):
            line = self._source.read[number - 1]
            level = levels.get(number)
            aside = not level and _leads_away(self._source.raw[number - 1])
            covered = number in self._covered
            parts = [] if level or covered else list(self._parts(number))
            parted = len(parts) > 1
            if opened and (aside or level or parted or covered or not line.strip() or self._begins(number)):
                yield Block(role, opened[0], opened[-1])
                opened = []
            if aside:
                yield Block(BlockRole.FURNITURE, number, number)
            elif level:
                yield Block(BlockRole.TITLE if number in titles else BlockRole.HEADING, number, number)
            elif parted:
                yield from parts
            elif line.strip() and not covered:
                if not opened:
                    role = (
                        BlockRole.NOTE if _NOTE.match(self._source.raw[number - 1]) else BlockRole.PARAGRAPH
                    )
                opened.append(number)
        if opened:
            yield Block(role, opened[0], opened[-1])

    def _parts(self, number: int) -> Iterator[Block]:
        """Yield what HTML parts a line into, as a page saved in a Markdown file has it; what is all bold is a heading."""
        raw, read = self._source.raw[number - 1], self._source.read[number - 1]
        edges = [0, *(edge for tag in _PARTING.finditer(raw) for edge in tag.span()), len(raw)]
        for start, end in zip(edges[::2], edges[1::2], strict=True):
            if read[start:end].strip():
                strong = _STRONG.fullmatch(raw[start:end].strip())
                role = BlockRole.HEADING if strong else BlockRole.PARAGRAPH
                yield Block(role, number, number, start=start, end=end)

    def _linked(self) -> Iterator[int]:
        """Yield the headings that are a link, or stand over a line that is: an item with a source of its own is an article."""
        for number, line in enumerate(self._source.raw, 1):
            if number in self._levels and _LINKED_HEADING.match(line):
                yield number
            elif _LINK_ALONE.match(line):
                yield from list(filter(number.__gt__, self._levels))[-1:]

    def _headings(self) -> Iterator[tuple[int, int]]:
        """Yield the number and level of each heading: by `#`, underlined, a bold line by itself, or who speaks."""
        raw, read = self._source.raw, self._source.read
        spoke = [at for at, role in talk(read)[0].items() if role is BlockRole.HEADING]
        for number in range(self._source.front + 1, len(raw) + 1):
            line = raw[number - 1]
            if number in self._covered or not read[number - 1].strip():
                continue
            if match := _HEADING.match(line):
                yield number, len(match[1])
            elif number < len(raw) and _UNDERLINE.match(raw[number]) and self._alone(number - 1, number + 1):
                yield number, 1 if "=" in raw[number] else 2
            elif number - 1 in spoke or (_BOLD.match(line) and self._alone(number - 1, number)):
                yield number, _BOLD_LEVEL

    def _alone(self, before: int, after: int) -> bool:
        """Tell whether nothing stands right above line `before` + 1, nor right below line `after`."""
        read = self._source.read
        return not (before > 0 and read[before - 1].strip()) and not (
            after < len(read) and read[after].strip()
        )

    def _begins(self, number: int) -> bool:
        """Tell whether a line begins a block though no blank line stands above it."""
        raw, above = self._source.raw[number - 1], self._source.read[number - 2].strip()
        quoted = _QUOTE.match(raw) is not None
        if (
            _ITEM.match(raw)
            or _NOTE.match(raw)
            or quoted != (_QUOTE.match(self._source.raw[number - 2]) is not None)
        ):
            return True
        if any(
            is_credits(self._source.read[at].replace(MARKUP, "").strip()) for at in (number - 2, number - 1)
        ):
            return True
        broken = self._source.raw[number - 2].endswith(("  ", "\\"))
        return broken or _FINISHED.search(above) is not None or _NAMED.match(raw.strip()) is not None


def _leads_away(line: str) -> bool:
    """Tell whether a line is a single short link, or a row of links."""
    return _LINK_ALONE.match(line) is not None or (
        _NAVIGATION.match(line) is not None and (line.count("](") > 1 or line.lstrip()[:1] in "上下")
    )


def _by_article(blocks: Sequence[Block]) -> Iterator[Block]:
    """Number the articles: each title but the first begins another one."""
    article = -1
    for block in blocks:
        article += block.role is BlockRole.TITLE
        yield replace(block, article=max(article, 0))


def _stated(source: _Source) -> Metadata | None:
    """What the metadata at the very top says of the article."""
    found = {match[1]: match[2] for line in source.raw[: source.front] if (match := _STATED.match(line))}
    if not found:
        return None
    return Metadata(date=next(iter(dates(found.pop("date", ""))), None), **found)


def _without_markup(lines: list[str]) -> Iterator[str]:
    front = _front_matter(lines)
    last = max((number for number, line in enumerate(lines) if "-->" in line), default=0)
    fenced = commented = False
    for number, line in enumerate(lines):
        if number < front or (not commented and _FENCE.match(line)):
            fenced ^= number >= front
            yield ""
        elif fenced:
            yield ""
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


def _blank(raw: str) -> str:
    """Blank out the markup of a line; within words nothing stands in its place, so that a blank is always the author's."""
    if not _MARKED.search(raw):
        return raw
    line = raw
    if _is_table_rule(line):
        return line
    if _RULE.match(line) or _REFERENCE.match(line):
        return ""
    line = _WIKI.sub(lambda m: m[1].rjust(len(m[0]) - 2).ljust(len(m[0])), _ASIDE.sub(_spaces, line))
    if _LEADING.match(line):
        line = _LEADING.sub(_spaces, line, count=1)
    line = _STRUCK.sub(_spaces, _IMAGE.sub(_spaces, line))
    line = _NOTE_MARK.sub(lambda m: MARKUP * len(m[0]), _NOTE.sub(_spaces, line))
    for mark, raised in ((_RAISED, True), (_LOWERED, False)):
        line = mark.sub(lambda m: set_off(m[1] or m[2], raised).center(len(m[0]), MARKUP), line)  # noqa: B023
    for mark in (_TAG, _TRAILING):
        line = mark.sub(_spaces, line)
    line = _LINK.sub(lambda m: " " + m[2] + " " * len(m[3]), line)
    line = _INLINE.sub(lambda m: (m[1] or "").rjust(len(m[0]), MARKUP if m[0][0] == "`" else " "), line)
    read = _ENTITY.sub(_character, line)
    return _BLANKS.sub(lambda m: _between_words(raw[m.start() : m.end()]), read)


def _between_words(raw: str) -> str:
    """Blanks for what parts words, the author's and where a tag begins a line; else nothing for every character."""
    if _BREAK.search(raw):
        return " " * len(raw)
    bare = _TAG.sub(lambda m: MARKUP * len(m[0]), raw)
    return "".join(" " if char.isspace() else MARKUP for char in bare)


def _character(match: re.Match[str]) -> str:
    """An entity's character in its columns; what is none stays."""
    char = html.unescape(match[0])
    return (" " if char.isspace() else char).ljust(len(match[0])) if len(char) == 1 else match[0]


def _is_table_rule(line: str) -> bool:
    return "-" in line and "|" in line and not line.strip("-|: \t")


def _spaces(match: re.Match[str]) -> str:
    return " " * len(match[0])
