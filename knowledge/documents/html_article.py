"""What of a page is its article: the stretch of it in which what two libraries keep outweighs what stands between.

And who the page says wrote its text or printed it first, and when: the lines and elements around the text, and the head.
"""

from __future__ import annotations

import json
import logging
import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from html import unescape
from itertools import pairwise
from statistics import median
from typing import Final

from knowledge.documents.html_blocks import HtmlBlock, HtmlText
from knowledge.model import Metadata
from knowledge.repair.issue import DATE, dates, is_somebody
from knowledge.repair.patterns import is_byline
from knowledge.text.analyzer import SURNAMES, is_word

_SHORT: Final = 8
_NEAR: Final = 12
"""A short block is the article's only where it stands next to the block before, give or take so many characters."""

_PIECE: Final = 6
_PIECES: Final = 12
"""So many pieces of a block, of so many characters, tell where it stands: pieces shorter stand anywhere."""

_LINK: Final = 2
_DOUBTFUL: Final = 0.5
_LINE: Final = 30
_BETWEEN: Final = 5
_SHORT_CELL: Final = 20
"""What a linked character weighs against a stretch; what one weighs that not all readers keep, or few; what a line without
a sentence costs that not all keep (but not a short cell of a table), and a block that few do. Chosen on 67 pages, where all
near them do alike."""

_MOST: Final = 0.65
"""The element that holds so much of the sentences holds the article."""

_BARRED: Final = re.compile(r"^[|\-: ]+$", re.M)
_BODY: Final = re.compile(r'"articleBody"\s{0,9}:\s{0,9}"((?:[^"\\<]|\\.|<(?!/script))*+)"', re.I)
_PARTED: Final = re.compile(r"[\r\n]+|</?[A-Za-z][^<>]{0,200}>")
SENTENCE: Final = re.compile("[。！？!?；…]")
_LEADS: Final = re.compile("，.*[：:]\\s*$")
"""A clause that leads to what stands under it: a list, a table."""

_MOST_PLACES: Final = 6


class PageReadings:
    """What the libraries take for the article, its title and its day; they keep no places."""

    def __init__(self, text: str) -> None:
        import trafilatura  # costs 300 ms, which a question need not pay

        logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
        self.source = text
        self.text = self.title = self.day = ""
        try:
            found = trafilatura.bare_extraction(text, with_metadata=True, include_comments=False)
        except Exception as error:  # what it meets in wild markup it lets through
            logging.getLogger(__name__).info("trafilatura could not read a page: %r", error)
            found = None
        if found is not None and not isinstance(found, dict):
            self.text, self.title = compared(_BARRED.sub("", found.text or "")), found.title or ""
            self.day = found.date or ""

    @cached_property
    def readable(self) -> str:
        """The main text as readability has it."""
        from lxml import html
        from readability import Document

        logging.getLogger("readability").setLevel(logging.CRITICAL)
        try:
            return compared(html.fromstring(Document(self.source).summary()).text_content())
        except Exception as error:  # as above
            logging.getLogger(__name__).info("readability could not read a page: %r", error)
            return ""


def compared(text: str) -> str:
    """What two libraries write alike: no blanks, one width, no raised figures, no bars between cells."""
    return "".join(unicodedata.normalize("NFKC", text).replace("^", "").replace("|", "").split())


def told_by_script(source: str) -> list[HtmlBlock]:
    """The paragraphs of the longest `articleBody` that the page's data for search engines state (schema.org)."""
    longest = max(_BODY.finditer(source), key=lambda match: len(match[1]), default=None)
    if longest is None:
        return []
    try:
        text = str(json.loads(f'"{longest[1]}"', strict=False))
    except ValueError:
        return []
    line = source.count("\n", 0, longest.start(1))
    paragraphs = (unescape(part).strip() for part in _PARTED.split(text))
    return [HtmlBlock("p", pieces=[(line, part)]) for part in paragraphs if part]


def article_blocks(page: HtmlText, found: PageReadings) -> list[HtmlBlock]:
    """The blocks of the article in their order: the stretch that weighs most (Pasternack and Roth, 2009).

    A block weighs its characters where all readers keep it, less where most do; links weigh against it, and so do lines
    that few keep: lists of further news, comments, buttons. The readers are two libraries and the element that holds most
    of what they keep. A page that links nowhere is nothing but its text.
    """
    if not any(block.linked for block in page.blocks):
        return page.blocks
    readings = [_matched(page.blocks, text) for text in (found.text, found.readable)]
    readings = [kept for kept in readings if any(SENTENCE.search(block.text) for block in kept)]
    readings.append(_home(page, readings))
    votes = Counter(block for kept in readings for block in kept)
    weights = [_weight(block, votes[block] / len(readings)) for block in page.blocks]
    chosen = _stretch(page.blocks, weights)
    return [block for block in chosen if 2 * votes[block] >= len(readings)] or page.blocks


def _home(page: HtmlText, readings: Sequence[Sequence[HtmlBlock]]) -> list[HtmlBlock]:
    """The blocks of the innermost element that holds most of the sentences which the readings keep."""
    holds = [0.0] * len(page.parents)
    tables = Counter(
        (block.cell.table, block.cell.row > 0, block.cell.column > 0) for block in page.blocks if block.cell
    )
    for block in (block for kept in readings for block in kept):
        cell = block.cell
        told = cell is not None and tables[cell.table, True, True] and len(block.text) <= _SHORT_CELL
        if 2 * block.linked < len(block.text) and (told or SENTENCE.search(block.text)):
            holds[block.within] += len(block.text)
    total = sum(holds)
    for at in range(len(holds) - 1, 0, -1):
        holds[page.parents[at]] += holds[at]
    home = max((at for at, held in enumerate(holds) if held >= _MOST * total > 0), default=0)
    return blocks_inside(page, home)


def blocks_inside(page: HtmlText, holder: int) -> list[HtmlBlock]:
    """The blocks that an element holds, or those that it holds."""
    inside = [at == holder for at in range(len(page.parents))]
    for at in range(holder + 1, len(inside)):
        inside[at] = inside[page.parents[at]]
    return [block for block in page.blocks if inside[block.within]]


def _stretch(blocks: list[HtmlBlock], weights: list[float]) -> list[HtmlBlock]:
    """The run of blocks whose weights come to most."""
    best, best_from, best_to = 0.0, 0, 0
    weight, start = 0.0, 0
    for at, each in enumerate(weights):
        if weight <= 0:
            weight, start = 0.0, at
        weight += each
        if weight > best:
            best, best_from, best_to = weight, start, at + 1
    return blocks[best_from:best_to]


def _weight(block: HtmlBlock, share: float) -> float:
    """What a block adds that this share of the readers keeps."""
    size = len("".join(block.text.split()))
    linked = min(size, block.linked)
    if share < 0.5:
        return -_DOUBTFUL * size - _BETWEEN - _LINK * linked
    if share == 1:
        return size - (1 + _LINK) * linked
    tells = SENTENCE.search(block.text) or _LEADS.search(block.text) or (block.cell and size <= _SHORT_CELL)
    free = tells and 2 * linked < size
    return _DOUBTFUL * (size - linked) - _LINK * linked - (0 if free else _LINE)


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
        key = compared(block.text)
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


_CREDITS_NEAR: Final = 3
_CREDIT: Final = re.compile(
    r"(?:来源|來源|稿源|责任?编辑?|責任編輯|责编|编辑|编审|审核|校对|译者?|(?:本文)?作者|记者|記者|文字|图文|供稿|发布时间|(?:时间|日期)(?=.{0,3}(?:19|20)\d\d)|发布|更新时间|字号|分享|原标题|楼主|博主|发信人|發信人|发帖人)[^。！？]{0,3}?[：:丨|/]"
    r"|posted (?:@|on|by)|由\S{2,14}?(?:张贴|发表|发布|撰写)"
)
_LONGEST_STAMPED: Final = 60
_LONGEST_WRITER: Final = 20
_POSTED: Final = re.compile(r"(?:19|20)\d\d\D{1,3}\d{1,2}\D{1,3}\d{1,2}\D{1,3}\d{1,2}[:：]\d\d(?:[:：]\d\d)?")
_SIGN: Final = re.compile(r"^\s*(?:(?:来源|來源|稿源|作者|楼主|文)\s*[：:/|]|(?:posted )?by\s)\s*", re.I)
_CALLED: Final = re.compile(r"(?=.*[A-Za-z\u4e00-\u9fff])(?!.*\d{4})[\w·&. \-]{2,20}")
"""What a person, an office or an account is called."""

_OUTLET: Final = re.compile("[报報社网網台]$")
_ISSUED_BY: Final = re.compile(r"(?:发[布文]|發[佈布文]|制发|制發)(?:机构|机关|单位|機[構關]|單位)\s*[：:]?")
_OFFICE: Final = re.compile("[\u4e00-\u9fff（）]{2,40}[部委办辦局院社厅廳会會站校司府室处處所署团團心]")
_BY_DAY: Final = re.compile(
    r"(?:([\u4e00-\u9fff·]{2,4})\s*[/|]\s*)?([\u4e00-\u9fffA-Za-z·]{1,12}[报報社网網台])"
)
"""An outlet, or who of which, as an element of its own beside the day."""

_NAME: Final = re.compile(r"[\u4e00-\u9fff·]{2,6}|[A-Za-z][A-Za-z .]{3,30}")
_LONE: Final = re.compile(rf"[{''.join(sorted(SURNAMES))}]\s?[\u4e00-\u9fff]{{1,2}}")
_WORDS: Final = re.compile(r"[^\s_\-|｜–—>]{2,}")
_LINE_OF_ITS_OWN: Final = 100
ENDED: Final = re.compile("[。；]")


@dataclass(frozen=True, slots=True)
class Rim:
    """Where the title of an article stands among the blocks, where its text begins and first ends a sentence, and its end."""

    over: int
    begun: int
    told: int
    under: int

    @property
    def first(self) -> int:
        """Where what stands under the title begins, or the text of an article whose title is none of the blocks."""
        return self.over + (self.over < self.begun)


def rim_of(page: HtmlText, kept: Sequence[HtmlBlock], title: HtmlBlock | None) -> Rim:
    """Find what stands around the text that is kept."""
    chosen = set(kept)
    places = [at for at, block in enumerate(page.blocks) if block in chosen and block is not title]
    if not places:
        return Rim(0, 0, 0, 0)
    over = next((at for at, block in enumerate(page.blocks[: places[0]]) if block is title), places[0])
    told = next((at for at in places if ENDED.search(page.blocks[at].text)), places[0])
    return Rim(over, places[0], told, places[-1] + 1)


def is_credit(text: str) -> bool:
    """Tell whether a short block only names source, author, editor or time."""
    text = text.strip()
    if len(text) > 80 or text.endswith(("。", "！", "？")):
        return False
    return bool(DATE.match(text) and len(text) < _LONGEST_STAMPED) or bool(
        _CREDIT.match(text.lstrip("（([【"))
    )


def beside(page: HtmlText, kept: Sequence[HtmlBlock], rim: Rim) -> Iterator[HtmlBlock]:
    """The credits around the title and right under the text, and the bylines between them, that are no part of the text."""
    chosen = set(kept)
    first = max(0, rim.over - _CREDITS_NEAR)
    for at, block in enumerate(page.blocks[first : rim.under + _CREDITS_NEAR], first):
        if page.blocks[at - 1].text.rstrip().endswith(("：", ":")):  # the value of a field of another name
            continue
        between = rim.over < at < rim.begun and 2 * block.linked < len(block.text)
        dated = (
            len(block.text) < _LONGEST_STAMPED and DATE.search(block.text) and not ENDED.search(block.text)
        )
        signed = between and (is_byline(block.text.strip()) or dated)
        if block not in chosen and not rim.begun < at < rim.under and (signed or is_credit(block.text)):
            yield block


def posts_of(page: HtmlText) -> list[tuple[HtmlBlock, HtmlBlock]]:
    """Of a board who wrote each post, a link alone, and the line that says when; none where a page has no two of them.

    Each is later than the one before, and something is said between.
    """
    found: list[tuple[HtmlBlock, HtmlBlock]] = []
    times: list[str] = []
    who, told = None, True
    for block in page.blocks:
        linked = block.linked >= len("".join(block.text.split()))
        if linked and len(block.text) <= _LONGEST_WRITER and not DATE.search(block.text):
            who = block
        elif not linked and len(block.text) < _LONGEST_STAMPED and (when := _POSTED.search(block.text)):
            time = "".join(part.zfill(2) for part in re.findall(r"\d+", when[0]))
            if who is None or not told or (times and time <= times[-1]):
                return []
            found.append((who, block))
            times.append(time)
            who, told = None, False
        told |= SENTENCE.search(block.text) is not None
    return found if len({who.text for who, _ in found}) > 1 else []


def said_in(page: HtmlText, posts: Sequence[tuple[HtmlBlock, HtmlBlock]]) -> set[HtmlBlock]:
    """What says something where posts stand: in the innermost element that holds them all."""
    board = posts[0][1].within
    for _, stamp in posts:
        other = stamp.within
        while board != other:  # what holds others begins before them
            board, other = sorted((board, other))
            other = page.parents[other]
    said = blocks_inside(page, board)
    return {block for block in said if SENTENCE.search(block.text) and 2 * block.linked < len(block.text)}


def naming(page: HtmlText, rim: Rim) -> set[HtmlBlock]:
    """The short lines between title and text that hold an element which names an author or a source, or are a name alone."""
    over = page.blocks[rim.first : rim.told]
    found = {block for kind, _, block in page.named if kind in ("author", "source")} | {
        block for _, _, block in unlabelled(page, rim)
    }
    return {block for block in over if block in found and len(block.text) < _LONGEST_STAMPED}


def stated(page: HtmlText, found: PageReadings, rim: Rim, author: str) -> Metadata:
    """Day and source as the page's head says them, or elements around the text; an author that is an outlet is the source."""
    said = page.metas.get("source") or page.metas.get("contentsource", "")
    over = page.blocks[max(0, rim.over - _CREDITS_NEAR) : rim.told]
    for near in (page.blocks[rim.under : rim.under + _CREDITS_NEAR], over):
        named = {
            _SIGN.sub("", words) for kind, words, block in page.named if kind == "source" and block in near
        }
        named = {words for words in named if _CALLED.fullmatch(words) and not is_credit(words)}
        said = named.pop() if len(named) == 1 else said
    for one, two in pairwise(page.blocks):  # the table of an official text's fields
        if one.names(two) and _ISSUED_BY.fullmatch(one.text.strip()) and _OFFICE.fullmatch(two.text.strip()):
            said = said or two.text.strip()
    for _, outlet, _ in unlabelled(page, rim):
        said = said or outlet
    if _OUTLET.search(author) and not said:
        author, said = "", author
    source = _SIGN.sub("", said)
    return Metadata(
        date=_day(found, page),
        author=author or None,
        source=source if source and is_somebody(source) else None,
    )


def unlabelled(page: HtmlText, rim: Rim) -> Iterator[tuple[str, str, HtmlBlock]]:
    """Author and outlet that stand between title and text without a word for it, each with its block.

    An outlet, or who of which, is beside the day in an element of its own. A name is the only line of two or three hanzi that
    begins with a surname and is no word; the text does not speak of it.
    """
    over = page.blocks[rim.first : rim.told]
    parts = [(part, block) for block in over for _, each in block.parted() for part in each]
    for one, two in pairwise(parts):
        for (day, _), (words, block) in ((one, two), (two, one)):
            if DATE.search(day) and (by := _BY_DAY.fullmatch(words)):
                yield by[1] or "", by[2], block
    rows = Counter((block.cell.table, block.cell.row) for block in over if block.cell)
    free = (b for b in over if not b.linked and not (b.cell and rows[b.cell.table, b.cell.row] > 1))
    lone = [block for block in free if _LONE.fullmatch(block.text.strip())]
    name = "".join(lone[0].text.split()) if len(lone) == 1 else ""
    spoken = any(name in block.text for block in page.blocks[rim.told : rim.under])
    if name and not spoken and not is_word(name):
        yield name, "", lone[0]


def _day(found: PageReadings, page: HtmlText) -> date | None:
    """The day that trafilatura found, if the page prints it in a line of its own, or its head states: it also guesses.

    Where none is printed the day of publication that the head states goes first.
    """
    try:
        day = date.fromisoformat(found.day[:10])
    except ValueError:
        day = None
    said = (each for name, value in page.metas.items() if "pub" in name for each in dates(value))
    if day is None:
        return next(said, None)
    printed = re.compile(rf"{day.year}\D{{0,3}}0?{day.month}\D{{0,3}}0?{day.day}(?!\d)")
    if any(printed.search(block.text) for block in page.blocks if len(block.text) < _LINE_OF_ITS_OWN):
        return day
    in_script = re.compile(r"(?i:publish|pubdate|time|date)[^\n<>]{0,40}?" + printed.pattern)
    stated = any(map(printed.search, page.metas.values())) or in_script.search(found.source)
    return next(said, day if stated else None)
