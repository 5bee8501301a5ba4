"""Plain text: letters, official texts and pasted posts have heads and feet of their own, and code is none of the text."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import dropwhile, groupby, pairwise, takewhile
from typing import Final

from knowledge.documents.outline import outlined
from knowledge.documents.tables import COMMA, SEMICOLON, TAB, parted_tables, text_blocks
from knowledge.documents.text import Extract, decode_text, listed_contents, split_lines
from knowledge.model import Block, BlockRole, Metadata
from knowledge.repair.issue import DATE, dates, is_credits
from knowledge.text.numbers import HEADING_NUMBER, NUMBERED_HEADING, value_of


def read_plain(name: str, data: bytes, letter: bool = False) -> Extract:
    """Extract the lines of a text file, whatever its encoding and line ends; of a `letter` whose head is known all are text."""
    text, encoding = decode_text(name, data)
    lines = split_lines(text)
    code = list(code_runs(lines))
    prose = list(lines)
    for run in code:
        prose[run.start : run.stop] = [""] * len(run)
    blocks = [Block(BlockRole.FURNITURE, run.start + 1, run.stop) for run in code]
    for at in listed_contents(prose):
        blocks.append(Block(BlockRole.FURNITURE, at + 1, at + 1))
        prose[at] = ""
    sheet = name.lower().endswith((".csv", ".tsv"))
    tables = [*(parted_tables(prose, (TAB, COMMA, SEMICOLON), ()) if sheet else parted_tables(prose))]
    for table in tables:
        prose[table.first - 1 : table.last] = [""] * (table.last - table.first + 1)
    blocks += [*tables, *text_blocks(prose)] or _around_post(prose)
    taken = {at for block in blocks for at in range(block.first - 1, block.last)}
    roles = dict.fromkeys(_items(prose), BlockRole.PARAGRAPH) | dict(outlined(prose))
    blocks += (Block(role, at + 1, at + 1) for at, role in roles.items() if at not in taken)
    headed = _headed(prose, blocks, letter)
    blocks = sorted(headed or blocks, key=lambda each: each.first)
    day = _only_day(lines, headed)
    return Extract("text", tuple(lines), encoding, blocks=tuple(blocks), stated=day)


_ITEM: Final = re.compile(
    r"\s*[（(]?(\d{1,2}|[一二三四五六七八九十]{1,3})([)）、.．](?!\d))\s*(?=\S)(?P<told>.*[。！？；]\s*$)?"
)
_FEWEST_ITEMS: Final = 3


def _items(lines: Sequence[str]) -> Iterator[int]:
    """Where lines stand that are numbered on from 1, nothing between them: items of a list, which head nothing."""
    run: dict[int, bool] = {}  # whether a sentence ends there
    for at, line in enumerate([*lines, ""]):
        item = _ITEM.match(line)
        if item is None or value_of(item[1]) != len(run) + 1:
            yield from run if len(run) >= _FEWEST_ITEMS and not all(run.values()) else ()
            run = {}
        if item is not None and value_of(item[1]) == len(run) + 1:
            run[at] = item["told"] is not None


_MAIL_FIELD: Final = re.compile(
    r"[>\s]*(?:(?P<subject>主\s*[题題旨]|[Ss]ubject)|(?P<sender>[发發寄]件人|[Ff]rom)|[\u4e00-\u9fff]{2,5}|[A-Z][A-Za-z-]{1,20})\s*[:：]\s*(?=\S)"
)
OFFICIAL: Final = re.compile(r"[\u4e00-\u9fff]{0,12}[〔\[（(【](?:19|20)\d\d[〕\]）)】]\s*第?\s*\d{1,5}\s*号")
"""The number of an official text (GB/T 9704)."""

_HEAD_LINES = 6
_TITLE_LINE: Final = re.compile(rf"(?!{HEADING_NUMBER.pattern}|{DATE.pattern}$|[（(])[^。；：，、]{{4,50}}")
_QUOTED: Final = re.compile(r"[>\s]*")
_WRAPPED: Final = 0.9
"""A line that fills so much of the longest, and ends nothing, goes on."""

_TELLS: Final = re.compile("[。！？；]")
_Heads = tuple[dict[int, BlockRole], list[int]]
"""The roles of lines that are no text, and where articles begin."""

_FORWARDED: Final = re.compile(r"-{2,}[^-]{1,30}-{2,}\s*")


def _headed(lines: Sequence[str], known: Sequence[Block], letter: bool) -> list[Block]:
    """The letters of a file, its official texts, or who spoke when; none where it has no head of one and is no `letter`.

    Each line is a paragraph, but one that was wrapped at the lines' width; `known` are the blocks of other kinds.
    """
    found = [_MAIL_FIELD.match(line) for line in lines]
    roles, begins = next(filter(any, (_letter_heads(found), _official_heads(lines), talk(lines))), ({}, []))
    if not roles and not letter:
        return []
    blocks = [replace(block, article=bisect_right(begins, block.first - 1)) for block in known]
    longest = max(map(len, lines), default=0)
    covered = {at for block in known for at in range(block.first - 1, block.last)}
    for at, line in enumerate(lines):
        quoted = _QUOTED.match(line)
        start = quoted.end() if quoted else 0
        if start == len(line) or at in covered:
            continue
        role = roles.get(
            at, BlockRole.HEADING if NUMBERED_HEADING.fullmatch(line.strip()) else BlockRole.PARAGRAPH
        )
        if _FORWARDED.fullmatch(line, start):
            role = BlockRole.FURNITURE
        field = found[at]
        start = field.end() if field is not None and at in roles else start
        article = bisect_right(begins, at)
        above = lines[at - 1] if at and role is roles.get(at - 1, BlockRole.PARAGRAPH) else ""
        wrapped = len(above) >= _WRAPPED * longest and above.rstrip()[-1:] not in "。！？；：!?;:"
        blocks.append(Block(role, at + 1, at + 1, article, goes_on=wrapped, start=start))
    return blocks


def _letter_heads(found: Sequence[re.Match[str] | None]) -> _Heads:
    """The roles of the lines of letters' heads, and where each begins: its subject is the title, the rest are credits."""
    roles: dict[int, BlockRole] = {}
    begins: list[int] = []
    for is_head, run in groupby(range(len(found)), key=lambda at: found[at] is not None):
        fields = {at: match for at in run if (match := found[at]) is not None}
        subject = next((at for at, match in fields.items() if match["subject"]), None)
        if is_head and subject is not None and any(match["sender"] for match in fields.values()):
            roles |= dict.fromkeys(fields, BlockRole.CREDIT) | {subject: BlockRole.TITLE}
            begins.append(min(fields))
    return roles, begins


def _official_heads(lines: Sequence[str]) -> _Heads:
    """The roles of official texts' first lines, and where each begins: number, title under it, else over it, letterhead.

    A further text begins at a number only behind the day that closes the one before.
    """
    roles: dict[int, BlockRole] = {}
    begins: list[int] = []
    said = [at for at, line in enumerate(lines) if line.strip()]
    for place in (k for k, at in enumerate(said) if OFFICIAL.fullmatch(lines[at].strip())):
        before = said[max(0, place - _HEAD_LINES) : place]
        if not (begins and any(DATE.fullmatch(lines[at].strip()) for at in before)) and (
            begins or place >= _HEAD_LINES
        ):
            continue
        title = [*takewhile(lambda at: _TITLE_LINE.fullmatch(lines[at].strip()), said[place + 1 :])]
        over = [
            *takewhile(lambda at: not begins or _TITLE_LINE.fullmatch(lines[at].strip()), reversed(before))
        ]
        if not title:
            title, over = over, []
        begins.append(min([said[place], *title, *over]))
        roles |= dict.fromkeys([said[place], *over], BlockRole.KICKER) | dict.fromkeys(title, BlockRole.TITLE)
    return roles, begins


_CLOCK: Final = re.compile(r"(?<![\d:：])(?:[01]?\d|2[0-3])[:：][0-5]\d(?:[:：][0-5]\d)?(?![\d:：])")
_DAY: Final = re.compile(
    rf"{DATE.pattern}|\d{{1,2}}[月/.-]\d{{1,4}}(?:[./]\d{{4}})?日?|(?:星期|周)[一二三四五六日天]|[上下]午|[AP]M|[（(<][\w.@+-]{{5,40}}[）)>]|(?<!\w)[-_]+|[-_]+(?!\w)|[\s\[\]()（）,，|—=*]+"
)
_CALLED: Final = re.compile(r"[^。！？；：:\s]{1,20}")
_SHOWN: Final = re.compile(r"\s*\[[\u4e00-\u9fff]{1,6}\]\s*")
"""What a chat has in place of a picture or a voice."""


def talk(lines: Sequence[str]) -> _Heads:
    """The roles of the lines of a chat: who spoke at which time heads what was said, until somebody speaks again.

    Some of them speak twice, one where each head tells the day or ends with the time, and under all but the last something
    is said. What stands over the first is its name, or that of the program that wrote it down.
    """
    heads: dict[int, str] = {}
    for at, line in enumerate(lines):
        if (":" in line or "：" in line) and len(_CLOCK.findall(line)) == 1:
            name = _DAY.sub(" ", _CLOCK.sub(" ", line)).strip()
            heads |= {at: name} if not name or _CALLED.fullmatch(name) else {}
    said = [at for at, line in enumerate(lines) if line.strip()]
    bare = sum(at in heads and below in heads for at, below in pairwise(said))
    again = len(heads) - len(set(heads.values()))
    sure = all(DATE.search(lines[at]) or lines[at].rstrip()[-1:].isdecimal() for at in heads)
    if again < 2 - sure or bare > len(heads) // 5:
        return {}, []
    said = [at for at in said if not _SHOWN.fullmatch(lines[at])]
    silent = [at for at, below in pairwise(said) if at in heads and below in heads]
    roles = dict.fromkeys(heads, BlockRole.HEADING) | dict.fromkeys(silent, BlockRole.FURNITURE)
    for at, line in enumerate(lines):
        if _SHOWN.fullmatch(line):
            roles[at] = BlockRole.FURNITURE
        elif at not in heads and DATE.search(line) and not _DAY.sub("", line):
            roles[at] = BlockRole.CREDIT
    over = [at for at in said if at < min(heads) and at not in roles and not _TELLS.search(lines[at])]
    roles |= dict.fromkeys(over, BlockRole.TITLE if len(over) == 1 else BlockRole.FURNITURE)
    return roles, []


def _only_day(lines: Sequence[str], blocks: Sequence[Block]) -> Metadata | None:
    """The only day that lines tell which are no text, of a file that is a single talk or letter."""
    told = (lines[b.first - 1] for b in blocks if b.role in (BlockRole.HEADING, BlockRole.CREDIT))
    days = {day for line in told for day in dates(line)}
    single = len(days) == 1 and not any(block.article for block in blocks)
    return Metadata(date=days.pop()) if single else None


BUTTON: Final = re.compile(
    r".{0,8}(?:点击?|戳|长按|扫码?|扫描|扫一扫|识别)[^，。；]{0,8}(?:蓝字|关注|在看|分享|收藏|点?赞|二维码|公众号|原文)[^。；？]{0,16}|微信扫一扫"
    r"|关注(?:该|我们的?)?(?:公众号)?|阅读原文|(?:往期|更多|精彩)(?:推荐|回顾|精选|阅读)[^，。；]{0,20}|以下文章来源于.{2,20}|[—\-\s]*(?i:END|完)[—\-\s]*"
)
_POSTED: Final = re.compile(
    r"(?:原创\s.{0,40})?(?:19|20)\d\d[年-]\d{1,2}[月-]\d{1,2}日?\s+\d{1,2}:\d\d(?:\s+(?:发表于)?\S{2,8})?"
)


def _around_post(lines: Sequence[str]) -> list[Block]:
    """What WeChat prints around a post: buttons, credits and other posts under its last sentence, where buttons tell it."""
    said = [at for at, line in enumerate(lines) if line.strip()]
    text = {at: lines[at].strip() for at in said}
    buttons = [at for at in said if BUTTON.fullmatch(text[at])]
    if len({text[at] for at in buttons}) < 2:
        return []
    told = [at for at in said if at not in buttons and _TELLS.search(text[at])]
    tail = said[bisect_right(said, told[-1]) :] if told else []
    under = dropwhile(lambda at: at not in buttons and not is_credits(text[at], over=False), tail)
    roles = dict.fromkeys([*buttons, *under], BlockRole.FURNITURE)
    roles |= {
        at: BlockRole.CREDIT
        for at in said
        if _POSTED.fullmatch(text[at]) or (at in roles and is_credits(text[at], over=False))
    }
    return [Block(role, at + 1, at + 1) for at, role in sorted(roles.items())]


_STRING: Final = re.compile(r"""\\.|"[^"]*"|'[^']*'|/\*.*?\*/|(?:^|(?<=[\s,;{}]))//.*""")
_HANZI: Final = re.compile("[\u3400-\u9fff]")
_OPENING: Final = re.compile(r"[\w)\]=:,({]\s*[{\[(]\s*$|^\s*[{\[(]+\s*$")
_STATEMENT: Final = re.compile(r"(?:=|\w\(.*\)).*;\s*$|^[\s)\]}]*[}\]][\s)\]},;]*$")
_RULES: Final = re.compile(r"\s*(?:[^{};]+\{(?:[^{}]*:[^{}]*)?\}\s*)+;?\s*")
_COMMENT: Final = re.compile(r"\s*(?://|/\*|\*/|<!--|-->)")


def code_runs(lines: Sequence[str]) -> Iterator[range]:
    """Yield the runs of lines that read as code: scripts and style sheets that a saved story was left with.

    Code has no hanzi outside its strings and comments. Its lines are whole statements or rules, or open a bracket that
    later lines close; comments are code where they stand beside such lines.
    """
    bare = [_bare(line) for line in lines]
    code: set[int] = set()
    at = unclosed = 0
    while at < len(lines):
        end, line = at, bare[at]
        if line is None:
            pass
        elif _STATEMENT.search(line) or _RULES.fullmatch(line):
            end = at + 1
        elif at >= unclosed and _OPENING.search(line):
            end, closed = _closed(bare, at)
            if not closed:
                end, unclosed = at, end
        code.update(range(at, end))
        at = max(end, at + 1)
    for step, order in ((-1, sorted(code)), (1, sorted(code, reverse=True))):
        for at in order:
            while 0 <= at + step < len(lines) and _COMMENT.match(lines[at + step]):
                at += step
                code.add(at)
    for _, run in groupby(enumerate(sorted(code)), lambda each: each[1] - each[0]):
        found = [at for _, at in run]
        yield range(found[0], found[-1] + 1)


def _bare(line: str) -> str | None:
    """A line without its strings and comments; None where hanzi are left, which no code has."""
    hanzi = not line.isascii() and _HANZI.search(line) is not None
    if hanzi and not any(mark in line for mark in "\\\"'/"):
        return None  # no string or comment holds them
    found = _STRING.sub("", line) if hanzi or line.isascii() else line
    return None if hanzi and _HANZI.search(found) else found


def _closed(bare: Sequence[str | None], first: int) -> tuple[int, bool]:
    """The line behind the one that closes what a line opened, and whether there is one before the next prose."""
    depth = 0
    for at in range(first, len(bare)):
        line = bare[at]
        if line is None:
            return at, False
        depth += sum(map(line.count, "([{")) - sum(map(line.count, ")]}"))
        if depth <= 0:
            return at + 1, True
    return len(bare), False
