"""Who a page says wrote its text or printed it first, and when: the lines and elements around the text, and the head."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Final

from knowledge.documents.html_article import SENTENCE, PageReadings, blocks_inside
from knowledge.documents.html_blocks import HtmlBlock, HtmlText
from knowledge.model import Metadata
from knowledge.repair.issue import DATE, dates, is_somebody
from knowledge.repair.patterns import is_byline
from knowledge.text.analyzer import SURNAMES, is_word

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
    found = {block for kind, _, block in page.named if kind} | {block for _, _, block in _signs(page, rim)}
    return {block for block in over if block in found and len(block.text) < _LONGEST_STAMPED}


def stated(
    page: HtmlText, found: PageReadings, rim: Rim, posts: Sequence[tuple[HtmlBlock, HtmlBlock]]
) -> Metadata:
    """Day, author and source as the page's head says them, or elements around the text, or who wrote the first post; its lines of credits are blocks."""
    name = page.metas.get("author", "")
    site = [part for part in _WORDS.findall(page.title)[1:] if part in name]  # its office, or who made it
    said = {
        "author": name if _NAME.fullmatch(name) and name not in page.title and not site else "",
        "source": page.metas.get("source") or page.metas.get("contentsource", ""),
    }
    over = page.blocks[max(0, rim.over - _CREDITS_NEAR) : rim.told]
    for near in (page.blocks[rim.under : rim.under + _CREDITS_NEAR], over):
        for kind in said:
            named = {
                _SIGN.sub("", words) for each, words, block in page.named if each == kind and block in near
            }
            named = {words for words in named if _CALLED.fullmatch(words) and not is_credit(words)}
            said[kind] = named.pop() if len(named) == 1 else said[kind]
    for one, two in pairwise(page.blocks):  # the table of an official text's fields
        if one.names(two) and _ISSUED_BY.fullmatch(one.text.strip()) and _OFFICE.fullmatch(two.text.strip()):
            said["source"] = said["source"] or two.text.strip()
    if posts:
        said["author"] = posts[0][0].text.strip()
    for name, outlet, _ in _signs(page, rim):
        said = {"author": said["author"] or name, "source": said["source"] or outlet}
    if _OUTLET.search(said["author"]) and not said["source"]:
        said = {"author": "", "source": said["author"]}
    told = [_SIGN.sub("", said[kind]) for kind in ("author", "source")]
    author, source = (words if words and is_somebody(words) else None for words in told)
    return Metadata(date=_day(found, page), author=author, source=source)


def _signs(page: HtmlText, rim: Rim) -> Iterator[tuple[str, str, HtmlBlock]]:
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
