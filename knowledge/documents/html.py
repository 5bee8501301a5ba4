"""HTML: two libraries say what of a page is the article, our tokenizer on which line of the source it stands."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import replace
from email import message_from_bytes
from itertools import groupby, pairwise
from typing import Final

from knowledge.documents.html_article import (
    ENDED,
    PageReadings,
    article_blocks,
    beside,
    compared,
    is_credit,
    naming,
    posts_of,
    rim_of,
    said_in,
    stated,
    told_by_script,
)
from knowledge.documents.html_author import author_of
from knowledge.documents.html_blocks import HtmlBlock, HtmlText, read_blocks
from knowledge.documents.pdf_flow import CAPTIONED
from knowledge.documents.plain import BUTTON
from knowledge.documents.tables import EMPTY, LONGEST_CELL, SourceCell, make_table
from knowledge.documents.text import Extract, decode_text, split_lines
from knowledge.errors import UnreadableFile
from knowledge.model import Block, BlockRole, Span
from knowledge.repair.patterns import is_byline
from knowledge.text.numbers import NUMBERED_HEADING

_DECLARED: Final = re.compile(
    rb"""<meta[^>]{0,200}charset\s{0,9}=\s{0,9}["']?([A-Za-z0-9_.:-]{1,40})""", re.I
)
_CHINESE: Final = frozenset({"gb2312", "gbk", "gb18030", "gb_2312-80", "x-gbk"})
_INDENT: Final = "\u3000\u3000"
_NAMED: Final = 8
"""A shorter heading may be the name of a part of the site (新闻动态)."""

_MORE: Final = 2
"""A page that states so many times more than it shows leaves the showing to a script."""

_CLOCK: Final = re.compile(
    r"(?:(?:\d{4}[年.\-/])?\d{1,2}[月.\-/]\d{1,2}日?\s*)?(?:[01]?\d|2[0-3])\s*[:：时]\s*[0-5]\d(?:\s*[:：分]\s*[0-5]\d)?分?"
)
_FEWEST_TIMES: Final = 3
_FIELD: Final = re.compile("[\u4e00-\u9fff]{2,6}[：:]")
_EVENT: Final = re.compile("(?:时间|日期)[：:]")
_FIRST, _OVER = 200, 8
"""Among so many blocks of a page, and so many right over its text, a line may be the title that is no heading."""

_SHORTEST, _LONGEST_TITLE, _LONGEST_HEADING = 4, 44, 30
_NO_HEADING: Final = re.compile("[。！；，：:][”’」』]?$")
_LONGEST_NAMING: Final = 60
_WORD: Final = re.compile("[\u4e00-\u9fff]|[A-Za-z]{6}")
_SITE: Final = re.compile(r"\s*[-_|｜–—·>]+\s*")
_LARGEST_TABLE: Final = 50_000


def read_html(name: str, data: bytes) -> Extract:
    """Extract the article: line n holds the article's text on line n of the source, entities decoded.

    Blocks that share a line of the source are parted by the indent that Chinese paragraphs begin with.
    """
    declared = _DECLARED.search(data[:4096])
    chinese = declared is not None and declared[1].decode("ascii").lower() in _CHINESE
    text, encoding = decode_text(name, data, "gb18030" if chinese else "")
    source = split_lines(text)
    page = read_blocks(source)
    found = PageReadings(text)
    kept = article_blocks(page, found)
    told = told_by_script("\n".join(source))
    if sum(len(block.text) for block in told) > _MORE * sum(len(block.text) for block in kept):
        page, kept = replace(page, blocks=told), told
    posts = posts_of(page)
    if posts:
        said, stamps = {*kept, *said_in(page, posts)}, {block for pair in posts for block in pair}
        kept = [b for b in page.blocks if b in said and b not in stamps and 2 * b.linked < len(b.text)]
    times, speakers = _times(page, kept), [who for who, _ in posts[1:]]
    title = _title(page, kept, found)
    again = {b for b in page.blocks if title and compared(b.text) == compared(title.text)}
    again |= {one for one, two in pairwise(page.blocks) if two in again and one.names(two)}
    kept = _without_ornaments(kept)
    rim = rim_of(page, kept, title)
    around = set(beside(page, kept, rim))
    author, named = (posts[0][0].text.strip(), None) if posts else author_of(page, found.source, rim, title)
    if named is not None and named is not title and len(named.text) <= _LONGEST_NAMING:
        around.add(named)
    chosen = {*kept, *times, *speakers, *around}
    again |= {b for b in kept if BUTTON.fullmatch(b.text.strip())}
    kept = [b for b in page.blocks if b is title or (b in chosen and b not in again)]
    writer = _Writer(len(source))
    if title is not None and title not in page.blocks:
        writer.block(title, BlockRole.TITLE)
    fields = {b for b in kept if _FIELD.match(b.text) and (_EVENT.match(b.text) or not is_credit(b.text))}
    events = {b for pair in pairwise(kept) if fields.issuperset(pair) for b in pair}  # 时间 over 地点
    signed = {*around, *naming(page, rim), *(b for b in kept if is_credit(b.text))}
    signed -= {title, *events, *speakers}
    numbered = {
        b for b, under in pairwise(kept) if under.cell and not b.cell and NUMBERED_HEADING.fullmatch(b.text)
    }
    heads = {*times, *speakers, *_set_apart(kept), *numbered}
    alone = {*around, title}  # a cell of theirs is of no table of the text
    for table, group in groupby(kept, lambda b: b.cell.table if b.cell and b not in alone else None):
        blocks = list(group)
        if table is not None and writer.table(blocks):
            continue
        for block in blocks:
            role = _role(block, title, signed)
            heading = role is BlockRole.PARAGRAPH and block in heads
            writer.block(block, BlockRole.HEADING if heading else role)
    return Extract(
        "html",
        writer.finished(),
        encoding,
        blocks=tuple(writer.blocks),
        stated=stated(page, found, rim, author),
    )


def read_saved(name: str, data: bytes) -> Extract:
    """Extract the article of a page that a browser saved as one file (MHTML); line n is line n of the page in it.

    Raises:
        UnreadableFile: no page is in it.
    """
    for part in message_from_bytes(data).walk():
        if part.get_content_type() in ("text/html", "application/xhtml+xml"):
            page = part.get_payload(decode=True)
            assert isinstance(page, bytes)
            return read_html(name, page)
    raise UnreadableFile(name, "不是保存的网页，或文件已损坏", "在浏览器里重新保存")


def _title(page: HtmlText, kept: Sequence[HtmlBlock], found: PageReadings) -> HtmlBlock | None:
    """The block that is the title: one that `<title>` confirms, else the line over the text, or what `<title>` holds.

    `<title>` may name no more than the site; the line says more of what the text speaks of then.
    """
    stated = compared(page.title)
    parts = [part for part in _SITE.split(page.title) if part]
    short = parts[0] if parts and len(parts[0]) >= 4 else page.title
    told = next(
        (at for at, block in enumerate(page.blocks) if block in kept and ENDED.search(block.text)), _FIRST
    )
    said = (page.metas.get("og:title", ""), found.title, *parts)
    best = _confirmed(page, stated, short, said, min(told, _FIRST))
    if best is not None and kept and len(compared(best.text)) < _NAMED:
        best = _nearer(page, kept[0]) or best
    headings = [block for block in page.blocks if block.level == 1]
    if best is None and len(headings) == 1 and not stated:
        best = headings[0]
    best = best or _line_over(page, kept, short)
    if best is None and page.title:
        best = HtmlBlock("title", 1, pieces=[(page.title_line, short)])
    return best


def _confirmed(page: HtmlText, stated: str, short: str, said: Sequence[str], first: int) -> HtmlBlock | None:
    """The heading, else any line over the `first` sentence, that `<title>` or what else the page calls itself holds: the longest."""
    brief = compared(short)
    whole = {compared(text) for text in said if 2 * len(text) >= len(short)}
    headings: list[tuple[int, int, HtmlBlock]] = []
    lines: list[tuple[int, int, HtmlBlock]] = []
    for at, block in enumerate(page.blocks):
        text = compared(block.text)
        if text not in stated and NUMBERED_HEADING.fullmatch(block.text.strip()):
            continue
        held = len(text) >= 2 and (text in whole or (text in stated and 2 * len(text) >= len(brief)))
        rank = (min(len(text), len(stated) or 99), -block.level, block)
        if block.level and (held or (len(brief) >= _SHORTEST and brief in text)):
            headings.append(rank)
        elif held and at < first and len(text) >= _SHORTEST:
            lines.append(rank)
    return max(headings or lines, key=lambda rank: rank[:2], default=(0, 0, None))[2]


def _line_over(page: HtmlText, kept: Sequence[HtmlBlock], short: str) -> HtmlBlock | None:
    """Of the lines right over the first sentence the one over the credits, else that which the article speaks most of.

    It has to do so more than of `short`, if there is that.
    """
    first = next((block for block in kept if ENDED.search(block.text)), None)
    if first is None:
        return None
    at = page.blocks.index(first)
    lines = [
        block
        for block in page.blocks[max(0, at - _OVER) : at]
        if _SHORTEST <= len(block.text) <= _LONGEST_TITLE
        and 2 * block.linked < len(block.text)
        and not ENDED.search(block.text)
        and not is_credit(block.text)
        and not is_byline(block.text.strip())
        and not NUMBERED_HEADING.fullmatch(block.text.strip())
        and compared(block.text) not in compared(short)
    ]
    text = compared("".join(block.text for block in kept if block not in lines))
    best = max(lines, key=lambda block: _spoken_of(block.text, text), default=None)
    over = (b for b, below in pairwise(page.blocks[: at + 1]) if b in lines and is_credit(below.text))
    credited = next((block for block in over if not block.linked), None)
    if credited or not short:
        return credited or best
    return best if best is not None and _spoken_of(best.text, text) > _spoken_of(short, text) else None


def _spoken_of(line: str, text: str) -> float:
    """How much of a line stands in the text too, by pairs of characters."""
    pairs = [first + second for first, second in pairwise(compared(line))]
    return sum(pair in text for pair in pairs) / max(1, len(pairs))


def _nearer(page: HtmlText, first: HtmlBlock) -> HtmlBlock | None:
    """The heading that stands right over the article, where what `<title>` confirms only names its part of the site."""
    over = page.blocks[: page.blocks.index(first) + 1] if first in page.blocks else []
    heading = next((b for b in reversed(over) if b.level and b.text[:1] != "—"), None)
    return heading if heading is not None and len(compared(heading.text)) >= _NAMED else None


def _times(page: HtmlText, kept: Sequence[HtmlBlock]) -> list[HtmlBlock]:
    """The clock times of a live report, each of which stands alone over its entry; they head it as a section."""
    entries = set(kept)
    found = [
        block
        for block, below in pairwise(page.blocks)
        if _CLOCK.fullmatch(block.text.strip())
        and below in entries
        and not _CLOCK.fullmatch(below.text.strip())
    ]
    return found if len(found) >= _FEWEST_TIMES else []


def _without_ornaments(kept: Sequence[HtmlBlock]) -> list[HtmlBlock]:
    """Without what is centred over and under a text that is not, and the bold numbers over its headings."""
    told = [at for at, block in enumerate(kept) if ENDED.search(block.text)]
    if not told:
        return list(kept)
    return [
        block
        for at, block in enumerate(kept)
        if block.level
        or not (
            (block.centred and at < told[0] and not kept[told[0]].centred)
            or (block.centred and at > told[-1] and not kept[told[-1]].centred)
            or (_is_bold(block) and not _WORD.search(block.text))
        )
        or block.cell is not None
        or CAPTIONED.search(block.text)
        or is_credit(block.text)
        or is_byline(block.text.strip())
    ]


def _is_bold(block: HtmlBlock) -> bool:
    return block.bold >= len("".join(block.text.split())) > 0


def _set_apart(kept: Sequence[HtmlBlock]) -> Iterator[HtmlBlock]:
    """The lines all in bold between text that is not: they head it as a section, whatever element they are."""
    bold = [_is_bold(block) for block in kept]
    for at in range(len(kept) - 1):
        text, under = kept[at].text.strip(), kept[at + 1]
        alone = bold[at] and not bold[at + 1] and not (at and bold[at - 1] and not kept[at - 1].level)
        said = len(text) <= _LONGEST_HEADING and len(under.text) > len(text) and not _NO_HEADING.search(text)
        if alone and said and kept[at].cell is None and not CAPTIONED.search(text) and not is_byline(text):
            yield kept[at]


def _role(block: HtmlBlock, title: HtmlBlock | None, signed: Container[HtmlBlock]) -> BlockRole:
    if block is title:
        return BlockRole.TITLE
    if is_byline(block.text.strip()):
        return BlockRole.BYLINE
    if block in signed:
        return BlockRole.CREDIT
    if block.level or block.tag == "dt":
        return BlockRole.HEADING
    return BlockRole.CAPTION if block.tag in ("caption", "figcaption") else BlockRole.PARAGRAPH


class _Writer:
    """Kept blocks becoming the lines of a document, each on the line of the source it stands on."""

    def __init__(self, count: int) -> None:
        self.blocks: list[Block] = []
        self._lines: list[str] = [""] * max(1, count)

    def finished(self) -> tuple[str, ...]:
        """The lines."""
        return tuple(self._lines)

    def block(self, block: HtmlBlock, role: BlockRole) -> None:
        """Write a block; one on the line of the block before is parted from it by an indent."""
        spans = self._spans(block, role in (BlockRole.CREDIT, BlockRole.BYLINE))
        first, last = spans[0], spans[-1]
        self.blocks.append(Block(role, first.line, last.line, start=first.start, end=last.end))

    def table(self, blocks: Sequence[HtmlBlock]) -> bool:
        """Write the cells of one table; False where it is none, as those that only place things."""
        cells: dict[tuple[int, int], list[HtmlBlock]] = {}
        for block in blocks:
            assert block.cell is not None
            cells.setdefault((block.cell.row, block.cell.column), []).append(block)
        rows, columns = {row for row, _ in cells}, {column for _, column in cells}
        longest = max(sum(len(b.text) for b in found) for found in cells.values())
        size = (max(rows) + 1) * (max(columns) + 1)
        told = any(block.tag == "dd" and ENDED.search(block.text) for block in blocks)
        if len(rows) < 2 or len(columns) < 2 or longest > LONGEST_CELL or size > _LARGEST_TABLE or told:
            return False
        written = {place: self._cell(found) for place, found in cells.items()}
        grid = [[EMPTY] * (max(columns) + 1) for _ in range(max(rows) + 1)]
        for place, found in cells.items():
            assert found[0].cell is not None
            for row, column in _covered(found[0], place, len(grid), len(grid[0])):
                grid[row][column] = written[place]
        table = make_table(grid)
        spans = [span for cell in written.values() for span in cell.spans]
        first, last = min(spans), max(spans)
        role = BlockRole.TABLE if table is not None else BlockRole.PARAGRAPH
        self.blocks.append(Block(role, first.line, last.line, start=first.start, end=last.end, table=table))
        return True

    def _cell(self, blocks: Sequence[HtmlBlock]) -> SourceCell:
        spans = tuple(span for block in blocks for span in self._spans(block))
        heading = blocks[0].cell is not None and blocks[0].cell.heading
        return SourceCell("".join(block.text for block in blocks), spans, heading)

    def _spans(self, block: HtmlBlock, parted: bool = False) -> list[Span]:
        spans: list[Span] = []
        pieces = ((line, " ".join(parts)) for line, parts in block.parted()) if parted else block.pieces
        for number, text in pieces:
            line = self._lines[number]
            start = len(line) + len(_INDENT) if line else 0
            self._lines[number] = line + _INDENT * bool(line) + text
            spans.append(Span(number + 1, start, start + len(text)))
        return spans


def _covered(block: HtmlBlock, place: tuple[int, int], rows: int, columns: int) -> Iterator[tuple[int, int]]:
    """Each place of the grid that a merged cell covers."""
    cell = block.cell
    assert cell is not None
    for row in range(place[0], min(rows, place[0] + cell.rows)):
        for column in range(place[1], min(columns, place[1] + cell.columns)):
            yield row, column
