"""HTML: trafilatura says what of a page is the article, our tokenizer on which line of the source it stands."""

from __future__ import annotations

import logging
import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from email import message_from_bytes
from itertools import groupby, pairwise
from statistics import median
from typing import Final

from knowledge.documents.html_blocks import HtmlBlock, HtmlText, read_blocks
from knowledge.documents.tables import EMPTY, SourceCell, make_table
from knowledge.documents.text import Extract, decode_as, decode_text, split_lines
from knowledge.errors import UnreadableFile
from knowledge.model import Block, BlockRole, Metadata, Span
from knowledge.repair.issue import editors

_DECLARED: Final = re.compile(
    rb"""<meta[^>]{0,200}charset\s{0,9}=\s{0,9}["']?([A-Za-z0-9_.:-]{1,40})""", re.I
)
_CHINESE: Final = frozenset({"gb2312", "gbk", "gb18030", "gb_2312-80", "x-gbk"})
_INDENT: Final = "\u3000\u3000"
_SHORT: Final = 8
_NEAR: Final = 12
"""A short block is the article's only where it stands next to the block before, give or take so many characters."""

_PIECE: Final = 6
_PIECES: Final = 12
"""So many pieces of a block, of so many characters, tell where it stands: pieces shorter stand anywhere."""

_NAMED: Final = 8
"""A shorter heading may be the name of a part of the site (新闻动态)."""

_POOR: Final = 0.6
"""Where one library keeps so much less than the other, it lost the article."""

_MENU: Final = 10
"""So many pieces beside the article are a menu, where none of them is a sentence."""

_BARRED: Final = re.compile(r"^[|\-: ]+$", re.M)
_TOLD: Final = re.compile("[。；]")
_CLOCK: Final = re.compile(
    r"(?:(?:\d{4}[年.\-/])?\d{1,2}[月.\-/]\d{1,2}日?\s*)?(?:[01]?\d|2[0-3])\s*[:：时]\s*[0-5]\d(?:\s*[:：分]\s*[0-5]\d)?分?"
)
_CREDITS_UNDER: Final = 3
_FEWEST_TIMES: Final = 3
_MOST_PLACES: Final = 6
_LINKED: Final = 0.3
_CREDIT: Final = re.compile(
    r"(?:来源|來源|稿源|责任?编辑?|責任編輯|责编|编辑|编审|审核|校对|作者|记者|記者|发布时间|时间|日期|发布|更新时间|字号|分享|原标题)[^。！？]{0,3}?[：:丨|/]"
)
_STAMP: Final = re.compile(
    r"(?:19|20)\d\d\s*[年.\-/]\s*\d{1,2}\s*[月.\-/]\s*\d{1,2}\s*日?(?:\s*\d{1,2}\s*[:：时]\s*\d{1,2}(?:\s*[:：分]\s*\d{1,2})?)?"
)
_SOURCE: Final = re.compile(
    r"(?:来源|來源|稿源)\s*[：:]\s*([^\s，。；|｜（）()<>]{2,30}?)(?=$|[\s，。；|｜（）()<>]|举报|(?:作者|记者|記者|编辑|责编)[：:])"
)
_SOURCE_SIGN: Final = re.compile(r"^\s*(?:来源|來源|稿源)\s*[：:]\s*")
_AUTHOR: Final = re.compile(
    r"(?:作者|记者|記者|文)\s*[：:/／]\s*(?!未知|佚名)([\u4e00-\u9fff·]{2,4}(?:[\s、]+[\u4e00-\u9fff·]{2,4}){0,3})(?![\u4e00-\u9fff·]*\s*[：:/／])"
)
_SITE: Final = re.compile(r"\s*[-_|｜–—·>]+\s*")
_NAME: Final = re.compile(r"[\u4e00-\u9fff·]{2,6}|[A-Za-z][A-Za-z .]{3,30}")
_LONGEST_CELL: Final = 200
_LARGEST_TABLE: Final = 50_000
_LINE_OF_ITS_OWN: Final = 100


def read_html(name: str, data: bytes) -> Extract:
    """Extract the article: line n holds the article's text on line n of the source, entities decoded.

    Blocks that share a line of the source are parted by the indent that Chinese paragraphs begin with.
    """
    text, encoding = _decode(name, data)
    source = split_lines(text)
    page = read_blocks(source)
    found = _Found(text)
    kept = _without_links(_article(page, found)) or page.blocks
    times = _times(page, kept)
    if times:
        chosen = {id(block) for block in (*kept, *times)}
        kept = [block for block in page.blocks if id(block) in chosen]
    title = _title(page, kept, found)
    writer = _Writer(len(source))
    if title is not None and title not in page.blocks:
        writer.block(title, BlockRole.TITLE)
    signed = [block for block in kept if block is not title and _is_credit(block.text)]
    for table, group in groupby(kept, lambda block: block.cell.table if block.cell else None):
        blocks = list(group)
        if table is not None and writer.table(blocks):
            continue
        for block in blocks:
            timed = any(block is time for time in times)
            writer.block(block, BlockRole.HEADING if timed else _role(block, title, signed))
    stated = _stated(page, [block.text for block in (*signed, *_beside(page, kept, title))], found)
    return Extract("html", writer.finished(), encoding, blocks=tuple(writer.blocks), stated=stated)


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


def _decode(name: str, data: bytes) -> tuple[str, str]:
    declared = _DECLARED.search(data[:4096])
    if declared and declared[1].decode("ascii").lower() in _CHINESE and not _is_marked_or_utf8(data):
        return decode_as(name, data, "gb18030"), "gb18030"
    return decode_text(name, data)


def _is_marked_or_utf8(data: bytes) -> bool:
    """Tell whether the bytes contradict a declared GB 2312, as pages saved again by an editor do."""
    if data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        return True
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


class _Found:
    """What the libraries take for the article, its title and its day; they keep no places."""

    def __init__(self, text: str) -> None:
        import trafilatura  # costs 300 ms, which a question need not pay

        logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
        self.source = text
        self.text = self.title = self.day = self.author = ""
        try:
            found = trafilatura.bare_extraction(text, with_metadata=True, include_comments=False)
        except Exception as error:  # what it meets in wild markup it lets through
            logging.getLogger(__name__).info("trafilatura could not read a page: %r", error)
            found = None
        if found is not None and not isinstance(found, dict):
            self.text, self.title = _key(_BARRED.sub("", found.text or "")), found.title or ""
            self.day, self.author = found.date or "", found.author or ""

    def readable(self) -> str:
        """The main text as readability has it, for pages of which trafilatura keeps too little."""
        from lxml import html
        from readability import Document

        logging.getLogger("readability").setLevel(logging.CRITICAL)
        try:
            return _key(html.fromstring(Document(self.source).summary()).text_content())
        except Exception as error:  # as above
            logging.getLogger(__name__).info("readability could not read a page: %r", error)
            return ""


def _key(text: str) -> str:
    """What two libraries write alike: no blanks, one width, no raised figures, no bars between cells."""
    return "".join(unicodedata.normalize("NFKC", text).replace("^", "").replace("|", "").split())


def _article(page: HtmlText, found: _Found) -> list[HtmlBlock]:
    """Choose the blocks of the article; all of a page that is nothing else."""
    size = sum(len(block.text) for block in page.blocks)
    linked = sum(block.linked for block in page.blocks)
    kept = _matched(page.blocks, found.text)
    if not page.has_navigation and linked < _LINKED * size and (size < 2000 or linked < 0.05 * size):
        return kept if _holds_all(page, kept) else page.blocks
    plain = sum(len(block.text) for block in page.blocks if block.linked < 0.5 * len(block.text))
    if sum(len(block.text) for block in kept) < _POOR * plain:
        other = _matched(page.blocks, found.readable())
        return other if sum(len(b.text) for b in kept) < _POOR * sum(len(b.text) for b in other) else kept
    return kept


def _without_links(blocks: list[HtmlBlock]) -> list[HtmlBlock]:
    """Blocks less the links before and behind them: 首页 要闻, 下一页 1 2 3."""
    told = [b.level or _TOLD.search(b.text) or b.linked < len("".join(b.text.split())) for b in blocks]
    kept = [at for at, tells in enumerate(told) if tells]
    return blocks[kept[0] : kept[-1] + 1] if kept else []


def _holds_all(page: HtmlText, kept: Sequence[HtmlBlock]) -> bool:
    """Tell whether nothing that is told is left out, but several things that tell nothing: menus, buttons, dates."""
    chosen = set(map(id, kept))
    at = [number for number, block in enumerate(page.blocks) if id(block) in chosen]
    left = [(number, block) for number, block in enumerate(page.blocks) if id(block) not in chosen]
    if len(left) < _MENU or not at:
        return False
    told = any(
        _TOLD.search(block.text) or (at[0] < number < at[-1] and (block.level or block.cell))
        for number, block in left
    )
    return not told and sum(len(b.text) for b in kept) > _POOR * sum(len(b.text) for b in page.blocks)


@dataclass(frozen=True, slots=True)
class _Match:
    """A block at a place of the library's text, on the best way there; `weight` is how many characters that way has."""

    block: HtmlBlock
    start: int
    end: int
    weight: int
    before: _Match | None


def _matched(blocks: Sequence[HtmlBlock], text: str) -> list[HtmlBlock]:
    """The blocks that stand in `text` in its order, as many characters of it as can be; short ones only beside others.

    What stands there twice (a caption, a headline) is taken where most of the rest still fits.
    """
    frontier: list[_Match] = []  # ends and weights both ascending: the best way up to each place
    for block in blocks:
        key = _key(block.text)
        fresh = []
        for start, end in _places(key, text):
            at = bisect_right(frontier, start, key=lambda match: match.end)
            before = frontier[at - 1] if at else None
            fresh.append(_Match(block, start, end, len(key) + (before.weight if before else 0), before))
        for match in fresh:
            at = bisect_right(frontier, match.end, key=lambda other: other.end)
            if at and frontier[at - 1].weight >= match.weight:
                continue
            low = bisect_left(frontier, match.end, key=lambda other: other.end)
            high = bisect_right(frontier, match.weight, key=lambda other: other.weight)
            frontier[low : max(low, high)] = [match]
    chain: list[_Match] = []
    last = frontier[-1] if frontier else None
    while last is not None:
        chain.append(last)
        last = last.before
    kept: list[HtmlBlock] = []
    at = 0
    for match in reversed(chain):
        if match.end - match.start >= _SHORT or match.start - at <= _NEAR:
            kept.append(match.block)
            at = match.end
    return kept


def _places(key: str, text: str) -> Iterator[tuple[int, int]]:
    """Where a block stands in the text: word for word, else where most of its pieces do, some being left out or in."""
    start = text.find(key) if key else -1
    for _ in range(_MOST_PLACES):
        if start < 0:
            break
        yield start, start + len(key)
        start = text.find(key, start + 1)
    if len(key) >= 2 * _PIECE and key not in text:
        step = max(1, (len(key) - _PIECE) // _PIECES)
        tried = range(0, len(key) - _PIECE + 1, step)
        met = [(text.find(key[at : at + _PIECE]), at) for at in tried]
        shift = median([place - at for place, at in met if place >= 0] or [0])
        near = [place for place, at in met if place >= 0 and abs(place - at - shift) < 0.6 * len(key)]
        if 2 * len(near) > len(met):
            yield min(near), max(near) + _PIECE


def _title(page: HtmlText, kept: list[HtmlBlock], found: _Found) -> HtmlBlock | None:
    """The block that is the title: a heading that `<title>` confirms, else what `<title>` holds less the site."""
    stated = _key(page.title)
    parts = [part for part in _SITE.split(page.title) if part]
    short = parts[0] if parts and len(parts[0]) >= 4 else page.title
    headings = [b for b in page.blocks if b.level and len(_key(b.text)) >= 2]
    confirmed = [
        b for b in headings if _key(b.text) in stated or (len(short) >= 4 and _key(short) in _key(b.text))
    ]
    if not confirmed:
        said = (page.metas.get("og:title", ""), found.title, *parts)
        known = {_key(text) for text in said if 2 * len(text) >= len(short)}
        confirmed = [b for b in page.blocks[:200] if _key(b.text) in known and len(b.text) >= 4]
    best = max(confirmed, key=lambda b: (min(len(_key(b.text)), len(stated) or 99), -b.level), default=None)
    if best is not None and kept and len(_key(best.text)) < _NAMED:
        best = _nearer(page, kept[0]) or best
    if best is None and len([b for b in headings if b.level == 1]) == 1 and not stated:
        best = next(b for b in headings if b.level == 1)
    if best is not None:
        if best not in kept:
            after = [page.blocks.index(b) for b in kept]
            place = page.blocks.index(best)
            kept.insert(sum(at < place for at in after), best)
        return best
    if not page.title:
        return None
    return HtmlBlock("title", 1, pieces=[(page.title_line, short)])


def _nearer(page: HtmlText, first: HtmlBlock) -> HtmlBlock | None:
    """The heading that stands right over the article, where what `<title>` confirms only names its part of the site."""
    over = page.blocks[: page.blocks.index(first) + 1] if first in page.blocks else []
    heading = next((b for b in reversed(over) if b.level), None)
    return heading if heading is not None and len(_key(heading.text)) >= _NAMED else None


def _times(page: HtmlText, kept: Sequence[HtmlBlock]) -> list[HtmlBlock]:
    """The clock times of a live report, each of which stands alone over its entry; they head it as a section."""
    entries = set(map(id, kept))
    found = [
        block
        for block, below in pairwise(page.blocks)
        if _CLOCK.fullmatch(block.text.strip())
        and id(below) in entries
        and not _CLOCK.fullmatch(below.text.strip())
    ]
    return found if len(found) >= _FEWEST_TIMES else []


def _is_credit(text: str) -> bool:
    """Tell whether a short block only names source, author, editor or time."""
    text = text.strip()
    if len(text) > 80 or text.endswith(("。", "！", "？")):
        return False
    return bool(_STAMP.match(text) and len(text) < 60) or bool(_CREDIT.match(text.lstrip("（([【")))


def _beside(page: HtmlText, kept: Sequence[HtmlBlock], title: HtmlBlock | None) -> Iterator[HtmlBlock]:
    """The credits between the title and the text, and right under it, that are no part of what is kept."""
    chosen = {id(block) for block in kept}
    places = [at for at, block in enumerate(page.blocks) if id(block) in chosen and block is not title]
    if not places:
        return
    over = [at for at, block in enumerate(page.blocks[: places[0]]) if block is title]
    first = over[0] if over else places[0]
    under = places[-1] + 1
    for block in (*page.blocks[first : places[0]], *page.blocks[under : under + _CREDITS_UNDER]):
        if id(block) not in chosen and _is_credit(block.text):
            yield block


def _role(block: HtmlBlock, title: HtmlBlock | None, signed: Sequence[HtmlBlock]) -> BlockRole:
    if block is title:
        return BlockRole.TITLE
    if any(block is each for each in signed):
        return BlockRole.CREDIT
    if block.level:
        return BlockRole.HEADING
    return BlockRole.CAPTION if block.tag in ("caption", "figcaption") else BlockRole.PARAGRAPH


def _stated(page: HtmlText, signed: Sequence[str], found: _Found) -> Metadata:
    """Day, author, source and editor as the page says them: in its heads, else in its credits."""
    text = " ".join(signed)
    source, author = _SOURCE.search(text), _AUTHOR.search(text)
    said = page.metas.get("author", "")
    named = _NAME.fullmatch(said) is not None and said not in page.title
    return Metadata(
        date=_day(found, page) or _stamped(text),
        author=author[1] if author else (said if named else None),
        source=source[1] if source else _SOURCE_SIGN.sub("", page.metas.get("source", "")) or None,
        editor=editors(text),
    )


def _day(found: _Found, page: HtmlText) -> date | None:
    """The day that trafilatura found, if a head of the page or a line of its own says it too: it also guesses."""
    try:
        day = date.fromisoformat(found.day[:10])
    except ValueError:
        return None
    printed = re.compile(rf"{day.year}\D{{0,3}}0?{day.month}\D{{0,3}}0?{day.day}(?!\d)")
    said = [*page.metas.values(), *(b.text for b in page.blocks if len(b.text) < _LINE_OF_ITS_OWN)]
    in_script = re.compile(r"(?i:publish|pubdate|time|date)[^\n<>]{0,40}?" + printed.pattern)
    return day if any(printed.search(each) for each in said) or in_script.search(found.source) else None


def _stamped(text: str) -> date | None:
    """The day that credits begin with."""
    stamp = _STAMP.search(text)
    try:
        return date(*(int(part) for part in re.findall(r"\d+", stamp[0])[:3])) if stamp else None
    except ValueError:
        return None


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
        spans = self._spans(block)
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
        if len(rows) < 2 or len(columns) < 2 or longest > _LONGEST_CELL or size > _LARGEST_TABLE:
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

    def _spans(self, block: HtmlBlock) -> list[Span]:
        spans: list[Span] = []
        for number, text in block.pieces:
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
