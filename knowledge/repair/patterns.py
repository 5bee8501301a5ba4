"""How newspapers write what is no running text: names, bylines, datelines, credits, page heads, contacts; two scripts.

`MARKS` are features of lines, from which the labeller learns what a line is; no line is named by them alone. What
stands glued to text (a dateline, a byline after the last sentence) is cut by the others.
"""

from __future__ import annotations

import re
from typing import Final

from knowledge.model import BlockRole, NoiseKind
from knowledge.text.analyzer import DOUBLE_SURNAMES, SURNAMES

BULLETS: Final = "■●◆★□▲◇○▌▍◎▶►"
LISTED: Final = re.compile(r"(?:[•▪‣◦➢➤]\s*|·\s+)(?=\w)")
"""The mark before an item of a list."""

# Surnames that traditional script writes otherwise.
_TRADITIONAL: Final = "張劉陳楊黃趙吳孫馬羅鄭謝許韓鄧馮蕭蔣葉蘇呂盧鍾薑譚陸賈鄒龍賀顧龔萬錢嚴歐莊湯溫喬魯顏關費紀項衛單寧饒鄔蘭藍"
_DOUBLE: Final = "|".join(sorted({*DOUBLE_SURNAMES, "歐陽", "司馬", "諸葛"}))
_NAME: Final = f"(?:(?:{_DOUBLE}|[{''.join(sorted({*SURNAMES, *_TRADITIONAL}))}])[\u4e00-\u9fff·]{{1,2}})"
NAMES: Final = f"{_NAME}(?:[\\s、，]+{_NAME}){{0,5}}"
_BEFORE_ROLE: Final = "[\u4e00-\u9fff]{0,8}?"
_RANK: Final = "(?:首席|见习|見習|实习|實習|特约|特約|全媒体|融媒体)?"
_AFTER_ROLE: Final = "[\\s:：/／|丨]"
_REPORTER: Final = (
    f"(?:{_BEFORE_ROLE}{_RANK}(?:记者|記者|通讯员|通訊員|特派员|特派員)|实习生|實習生"
    "|撰文|撰稿|文\\s*[/／]?\\s*图|图\\s*[/／]\\s*文)"
)
# Words of any text too (文化, 作者来自): they name a writer only where they stand apart from the name.
_WRITER: Final = "(?:作者|文字|文)"
_ROLE: Final = f"(?:{_REPORTER}{_AFTER_ROLE}*|{_WRITER}{_AFTER_ROLE}+)"
_FURTHER: Final = f"(?:[\\s、，]*{_ROLE}{NAMES})*"
SIGNED: Final = f"{_ROLE}{NAMES}{_FURTHER}"
_SIGNED_APART: Final = f"(?:{_REPORTER}|{_WRITER}){_AFTER_ROLE}+{NAMES}{_FURTHER}"
# Districts and towns look like names too (金山区, 徐汇区).
_NO_PLACE: Final = "(?!.*[区区县縣市镇鎮乡鄉省州村](?:[\\s、，]|$))"
ONLY_NAMES: Final = re.compile(f"{_NO_PLACE}{NAMES}$")
_ONLY_SIGNED: Final = (
    f"{SIGNED}(?:\\s*[/／]?\\s*[\u4e00-\u9fff]{{0,3}}(?:报道|報導|報道|文|整理|采写|综合报道))?$"
)
ONLY_SIGNED: Final = re.compile(f"[■□●◎○▲]?\\s*{_ONLY_SIGNED}")
_SPACED: Final = f"(?:{_NAME}|[\u4e00-\u9fff][ \u3000][\u4e00-\u9fff](?![\u4e00-\u9fff]))"
_FOREIGN: Final = "[\u4e00-\u9fff]{1,6}(?:·[\u4e00-\u9fff]{1,6})+"
WRITERS: Final = re.compile(
    f"{_NO_PLACE}(?:{_SPACED}|{_FOREIGN})(?:[\\s、，]+(?:{_SPACED}|{_FOREIGN})){{0,5}}$"
)
"""Names alone, as they stand under a title: two letters set apart (洪 勇), or as foreigners' are written."""

_BYLINE: Final = re.compile(
    f"[■□●◎○▲]?\\s*(?:[\u4e00-\u9fff]{{2,8}}·)?{_ROLE}{_SPACED}(?:[\\s、，/／]*(?:{_ROLE})?{_SPACED}){{0,5}}"
    "(?:(?:\\s+[\u4e00-\u9fff]{2,5})?\\s*报道|\\s*[/／]?\\s*[文摄](?:\\s*[/／]\\s*[图圖摄])?|\\s*发自[\u4e00-\u9fff]{2,6})?(?:\\s*[\u4e00-\u9fff]{2,5}供[图圖])?$"
)
# The writer in brackets: names, or the office that sent the text in.
IN_BRACKETS: Final = re.compile(
    f"[（(]\\s*(?:(?:{SIGNED}|{NAMES})(?:\\s+[\u4e00-\u9fff]{{2,5}}?报道)?|[^（）()，。！？0-9]{{1,18}}(?:[部委办局院社报室处厅会站校组司团]|供稿|提供|整理|编译|撰稿|采写)|作者(?:单位|單位)[^（）()]{{1,40}}|来源[:：][^（）()]{{1,20}})\\s*[)）]$"
)
# `glued` may as well be words of the text (“…。”记者来到 | 社区): a byline only where the paragraph ends.
AFTER_SENTENCE: Final = re.compile(
    f"(?:(?<=[。！？”’」』》）])(?:\\s+{NAMES}|\\s+{SIGNED}|{_SIGNED_APART})"
    f"|(?:(?<=[。！？])|(?<=[。！？][”’」』》）]))(?:(?P<glued>{SIGNED})|\\s*(?:{IN_BRACKETS.pattern[:-1]})))$"
)
_AGENCY: Final = "(?:新华社|新華社|中新社|中新网|新华网|人民网|央视网?|央广网|本报|本報)"
DATELINE: Final = re.compile(
    rf"(?:[■□●▲]\s*)?(?:【?(?:本报[讯訊]|本報[讯訊])】?|(?:据|據)?{_AGENCY}[\u4e00-\u9fff、]{{0,12}}?(?:(?:\d{{4}}\s*年\s*)?\d{{1,2}}\s*月)?\s*\d{{1,2}}\s*日\s*[电電讯訊]"
    rf"|(?:据|據)?{_AGENCY}(?:电|電|讯|消息)(?=[\s（(:：])"
    rf"|(?:(?:据|據)?{_AGENCY}[\u4e00-\u9fff]{{2,6}}?|[\u4e00-\u9fff]{{2,8}}[报報网網社台][快专]?)(?:讯|訊|电|電|消息)"
    r"(?=\s*[（(][^（）()，。]{0,8}(?:记者|記者|通讯员)))"
    rf"\s*(?:[（(](?P<signed>[^（）()]{{2,40}})[)）]|(?P<bare>{SIGNED})(?:\s*报道)?(?=[\s:：]))?\s*[:：]?\s*"
)
_JUMP: Final = (
    r"[（(上下](?:(?<=[（(])\s*(?:上接|下转|下轉|紧接|转)[^（）()]{1,24}[)）]"
    r"|(?:(?<=上)接|(?<=下)[转轉])\s*第?\s*[A-D\d一二三四五六七八九十]{1,4}\s*版)"
)
JUMP: Final = re.compile(rf"[▶→►>◀←◄<]*\s*{_JUMP}\s*[▶→►>◀←◄<]*")
_TAIL_IN_BRACKETS: Final = rf"[（(]\s*(?:(?:{SIGNED}|{NAMES})\s*[摄攝]|新华社发|.{{0,6}}资料图片?)\s*[)）]"
_TAIL_TAKEN_BY: Final = rf"(?:新华社|本报|[\u4e00-\u9fff]{{2,6}}报)?(?:{SIGNED}|\s{NAMES})\s*[摄攝](?:影)?"
CREDIT_TAIL: Final = re.compile(
    rf"(?<=[。！？”）])\s*(?:{_TAIL_IN_BRACKETS}|{_TAIL_TAKEN_BY}|\s+\S{{0,10}}(?:资料图片?|供图|供圖))$"
)
NUMBERED: Final = re.compile(
    "[一二三四五六七八九十]{1,3}、|[（(][一二三四五六七八九十\\d]{1,3}[)）]|\\d{1,2}[、.．](?!\\d)"
    "|第[一二三四五六七八九十百\\d]{1,4}[章节節条條回]|[①-⑳]"
)
SPEAKER: Final = re.compile("[^\\s，。、：:；！？“”《》\\d]{1,8}[：:]")

_LONGEST_RUBRIC: Final = 4
_PAGE_HEAD_PARTS: Final = re.compile(
    r"(?:19|20)\d\d\s*年\s*\d{1,2}\s*月\s*\d{1,2}\s*日|(?:星期|周|週)[一二三四五六日天]|第?\s*[A-D]?\d{1,3}\s*版|第[一二三四五六七八九十]+版"
    r"|(?<![A-Za-z0-9])[A-D]?\d{1,3}$|^[A-D]?\d{1,3}(?![A-Za-z0-9])|[\u4e00-\u9fff]{1,4}(?:日报|晚报|晨报|青年报|早报|时报|商报|周刊|日報|晚報)|[\s　/|：:·]"
)
# A byline that its line breaks off in the middle of a name.
OPEN_SIGNATURE: Final = re.compile(f"(?<=[。！？”])\\s*{_REPORTER}{_AFTER_ROLE}*[\u4e00-\u9fff]?$")

# Each is searched for, and only whether it is there tells: what may stand before it or not need not be looked for. A search
# for what begins with one of some characters is quick.
MARKS: Final = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        ("date", r"(?:19|20)\d\d\s*年\s*\d{1,2}\s*月\s*\d{1,2}\s*日"),
        ("figures-date", r"(?:19|20)\d\d[.\-/]\d{1,2}[.\-/]\d{1,2}"),
        ("only-date", r"^[\d年月日星期周一二三四五六天\s.\-/]+$"),
        ("weekday", r"(?:星期|周|週)[一二三四五六日天]"),
        (
            "page",
            r"[\d第A-D](?:(?<=\d)\s*版|(?<=第)[一二三四五六七八九十]+版|(?<=[A-D])(?<!\S[A-D])\d{1,2}$)",
        ),
        ("named-page", r"^[\u4e00-\u9fff·]{2,6}\s*[A-D]?\d{1,3}$|^[A-D]?\d{1,3}\s*[\u4e00-\u9fff·]{2,6}$"),
        ("number", r"^[—\-–·•\s/|]*\d{1,3}[—\-–·•\s/|]*$"),
        (
            "paper",
            r"(?:日报|晚报|晨报|新报|早报|时报|商报|周刊|周报|都市报|日報|晚報|晨報|新報|早報|時報|商報|週刊)$",
        ),
        (
            "paper-first",
            r"^[\u4e00-\u9fff]{0,6}(?:日报|晚报|晨报|新报|早报|时报|商报|周刊|都市报|日報|新報|晚報|時報)(?:\s|$)",
        ),
        ("phone", r"\d\d\d(?:-\d{6}|\d{4})"),
        ("mail", r"@(?<=[\w.+-]@)[\w.-]"),
        ("address", r"https?:|www\."),
        ("editors", r"责任编辑|責任編輯|责编|編輯|编辑|版式|美编|校对|视觉|審讀|审读|值班主任|组版|版面"),
        (
            "editors-first",
            r"^[■□●]?\s*(?:本版)?(?:责任编辑|責任編輯|责编|編輯|编辑|版式|美编|校对|视觉|审读|值班主任|组版|版面)",
        ),
        (
            "contact",
            r"热线|熱線|联系我们|联系电话|邮箱|信箱|聯絡|電話|电话|扫码|扫描二维码|E-?mail|投稿|报料",
        ),
        ("reporter", r"记者|記者|通讯员|通訊員|实习生|撰文|特派"),
        ("signed", _ONLY_SIGNED.replace(_BEFORE_ROLE + _RANK, "", 1)),
        ("signed-after", AFTER_SENTENCE),
        ("in-brackets", IN_BRACKETS.pattern),
        ("names", rf"^{ONLY_NAMES.pattern}"),
        (
            "taken",
            r"[摄攝供资資社图圖](?:(?<=[摄攝])影?[）)]?$|(?<=供)[图圖]|(?:(?<=资)料图|(?<=資)料圖)片?(?:$|[）)\s])"
            r"|(?<=社)[发發]$|(?<=[图圖])/)",
        ),
        ("bracketed", r"^[（(].*[）)]$"),
        ("caption", r"^(?:图为|圖為|▲|▼|[上下左右题本组]图(?:[：:为]|\s))"),
        ("dateline", rf"^{DATELINE.pattern.replace('?P<signed>', '?:').replace('?P<bare>', '?:')}"),
        ("jump", _JUMP),
        ("dash", r"^(?:——|[⸺―])"),
        ("bullet", rf"^[{BULLETS}※#]"),
        ("numbered", rf"^(?:{NUMBERED.pattern})"),
        ("list", r"^[-•·*]\s"),
        ("asks", r"[？！?!]$"),
        ("colon", r"[：:]$"),
        ("speaker", rf"^(?:{SPEAKER.pattern})"),
        ("label", r"^[^，。：:；]{2,12}[：:]\s*\S{1,20}$"),
        ("two", r"^\S{3,12}[ \u3000]+\S{3,12}$"),
        ("quote", r"[“「《]"),
        ("reports", r"(?:报道|報導|报导|電|电)$"),
        ("full-stop-inside", r"。(?!$)[^”’）」』]"),
        ("stop-inside", r"[。！？；](?!$)[^”’）」』]"),
        ("office", r"(?:办公室|委员会|政府|公司|局|会|院|中心|部)$"),
    )
)

SENTENCE_MARKS: Final = tuple(
    mark
    for mark in MARKS
    if mark[0]
    not in {"only-date", "named-page", "number", "paper", "signed", "signed-after", "in-brackets", "names"}
    | {"bracketed", "colon", "reports", "office"}
)
"""Those that a line may have which a full stop, or a mark that asks or calls, ends."""


def jump_of(text: str) -> int:
    """Tell whether a line sends the reader on to another page (1), or from one (-1), and nothing else; 0 if neither."""
    match = JUMP.fullmatch(text)
    return 0 if match is None else -1 if "接" in match[0] and "紧接" not in match[0] else 1


def is_byline(text: str) -> bool:
    """Tell whether a line only names who wrote a text."""
    return _BYLINE.match(text) is not None or IN_BRACKETS.match(text) is not None


def is_page_head(text: str) -> bool:
    """Tell whether a line holds nothing but what a page's head does: date, page, paper, and a word beside them."""
    rest = _PAGE_HEAD_PARTS.sub("", text)
    return rest != text and len(rest) <= _LONGEST_RUBRIC


def is_caption(text: str) -> bool:
    """Tell whether a line begins as photo captions do."""
    return _MARK["caption"].search(text) is not None


def names_a_value(text: str) -> bool:
    """Tell whether a line is a name and its value, 名：值, and nothing else."""
    return _MARK["label"].match(text) is not None


def names_a_number(text: str) -> bool:
    """Tell whether a line gives a number to call, as in a list of who is on duty, and speaks of nothing a paper asks for."""
    return not asks_for_readers(text) and _MARK["phone"].search(text) is not None


def asks_for_readers(text: str) -> bool:
    """Tell whether a line says how a paper is reached: by call, mail or on the web."""
    return any(_MARK[name].search(text) for name in ("contact", "mail", "address"))


def noise_of(role: BlockRole, text: str, doubled: bool) -> NoiseKind:
    """Say for the report what a line of a page's furniture is."""
    if doubled:
        return NoiseKind.LOGO
    if JUMP.search(text):
        return NoiseKind.RUBRIC
    if role is BlockRole.CREDIT or _MARK["editors"].search(text):
        return NoiseKind.CREDIT
    if any(_MARK[name].search(text) for name in ("contact", "mail", "phone", "address")):
        return NoiseKind.CONTACT
    if any(_MARK[name].search(text) for name in ("date", "weekday", "page", "number", "paper")):
        return NoiseKind.PAGE_HEADER
    return NoiseKind.RUBRIC if text[:1] in BULLETS else NoiseKind.PAGE_HEADER


_MARK: Final = dict(MARKS)
