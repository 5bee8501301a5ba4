"""What is known of an article apart from its text: stated by an admin, printed on its page, said by its file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from knowledge.model import Document, Metadata
from knowledge.repair.patterns import DATELINE
from knowledge.text.analyzer import SURNAMES
from knowledge.text.numbers import value_of

DATE: Final = re.compile(
    r"((?:19|20)\d\d|[一二][〇○零一二三四五六七八九]{3}|(?:中[華华])?民[國国]\s*\d{2,3})\s*[年.\-/]\s*(\d{1,2}|[一二三四五六七八九十]{1,2})\s*[月.\-/]\s*"
    r"(\d{1,2}|[一二三四五六七八九十]{1,3})(?!\d)\s*日?"
)
"""A day in figures or, as official texts have it, in hanzi, or by the years since 1911."""

_DATED: Final = (
    r"(?:最[后後近新]次?)?(?:发布|发表|更新|發布|發表|修订|修訂|修改)(?:时间|日期|時間|于|於)?\s*[：:]?\s*"
)
DAY_LINE: Final = re.compile(
    rf"(?:{_DATED})?{DATE.pattern}(?:[\s·|｜]+[^\s。！？；，：:][^。！？；，：:]{{0,30}})?"
)
"""What stands between a title and its text: a day, and where, or whose."""

_FIRST_YEAR: Final = 1911
"""The year before 民國 1."""

_EDITION: Final = re.compile(
    r"第\s*([A-Za-z]?\d{1,3}|[一二三四五六七八九十]{1,3})\s*版|(?<![\dA-Za-z])([A-Za-z]?\d{1,3})\s*版"
    r"|^\s*([A-Za-z]?0\d|[A-Z]\d{1,2})(?=\s|$|[^\x00-\x7f])"
)
_PAPER: Final = re.compile(r"《?([\u4e00-\u9fff]{2,10}[报報])》?")
_NEWSPAPER: Final = re.compile(r"(?:^|[\s《|｜·])([\u4e00-\u9fff]{2,10}[报報])(?=$|[\s》|｜·\d])")
_STATED_BY: Final = re.compile(
    r"(?:来源|稿源|來源|(?:发[布文]|發[佈布文]|制发)(?:机构|机关|单位|機[構關]|單位))\s*[：:｜]\s*([^\s，。；：|｜丨（）()=<>]{2,30}?)(?=$|[\s，。；：|｜丨（）()]|(?:19|20)\d\d[年.\-/]|举报|(?:作者|记者|記者|编辑|责编)[：:])"
)
_BEHIND_CLOCK: Final = re.compile(r":\d\d\s*([\u4e00-\u9fff]{2,9}[报報网網社台])(?=$|\s)")
_NAME: Final = (
    r"(?!\S{0,2}(?:编辑|編輯|美编|版式|视觉|校对|审[读核]|电话|热线|邮箱))[\u4e00-\u9fff·]{2,4}(?!\s*[：:])"
)
_AUTHOR: Final = re.compile(
    r"(?:(?:作者|楼主|博主|发信人|發信人|发帖人)\s*[：:/／丨｜|]|(?:^|(?<=[\s日\d]))由(?=\s|\S{2,14}?(?:张贴|发表|发布|撰写))"
    r"|[Pp]osted by(?=\s)|(?<=:\d\d)(?=\s+\S{2,20}(?<![报社网台])\s+(?:阅读|浏览|点击|评论)\s*[（(]?\d))\s*([^\s，。；：:|｜丨/／（）()=<>]{2,20}?(?:\s*[（(][A-Za-z][A-Za-z .·]{1,30}[）)])?)"
    r"(?=$|[\s，。；|｜丨/／（(]|(?:19|20)\d\d|(?:发布|发表|更新|责任)?(?:来源|时间|日期|编辑|責編|责编|发布|发表|浏览|阅读|点击|评论|审核|摄影|张贴|撰写|记者|通讯员|出自))"
)
"""Whoever a page names as its author: a pen name, an office."""

_REPORTER: Final = re.compile("^(?:本[报報])?(?:记者|記者|通讯员|通訊員)(?=[\u4e00-\u9fff]{2})")
_NOBODY: Final = re.compile(
    "(?:[前中后以下]?略|发[表布]于|只看该作者|网络|互联网|本站|原创|转载|转贴|综合|整理|收集|未知|不详|佚名|匿名|文章|稿件)+"
)
"""Words that name neither a person nor an outlet: 网络整理."""

_EDITED: Final = re.compile(
    rf"(?:责任编辑|責任編輯|责编|(?<![\u4e00-\u9fff])编辑)\s*[：:/／丨｜|]?\s*({_NAME}(?:[\s、]+{_NAME}){{0,3}})(?![\u4e00-\u9fff·]|\s*[：:/／])"
)
_SIGNS: Final = re.compile(
    rf"本[报報]讯|(?:[\u4e00-\u9fff]{{1,8}}?[报報社网台]|(?<!\S)(?![{''.join(sorted(SURNAMES))}])[\u4e00-\u9fff·]{{2,12}}?)?(?:特约|实习|见习|首席|全媒体)?(?:记者|記者)|(?:特约)?(?:通讯员|通訊員)|特派员|作者|文字?\s*[：:/／丨｜|]|摄\s*[/／]|(?:\s+(?:(?![{''.join(sorted(SURNAMES))}])[\u4e00-\u9fff]{{2,4}}?|[\u4e00-\u9fff]{{4}}))?(?:摄影)?报道$"
    r"|发自[\u4e00-\u9fff]{2,6}|(?<!\S)[\u4e00-\u9fff]{2,8}·(?=[\u4e00-\u9fff]{1,8}?[报网社台]记者)"
    r"|(?:\s+|\s*[/／]\s*)[文摄](?:\s*[/／]\s*[图圖摄])?(?=$|\s*[\u4e00-\u9fff]{2,5}供[图圖])|[\u4e00-\u9fff]{2,5}供[图圖]$"
)
_FROM: Final = r"\s*[/／]\s*[\u4e00-\u9fff]{2,8}(?:报道|報[導道])"
_GLUED: Final = (
    f"(?:[\u4e00-\u9fff·]{{2,4}}(?={_FROM})|[{''.join(sorted(SURNAMES))}][\u4e00-\u9fff·]{{1,2}}?)"
)
"""记者张三: no sign tells that a name begins, unless it is where the report is from that tells its end."""

_EDITORS: Final = "(?:[\u4e00-\u9fff]{1,4}?)?(?:编辑|編輯|责编)"
_MAKERS: Final = "(?:美编|版式(?:设计)?|视觉(?:设计)?|责任校对|校对|审读|审核|审校|监制|值班主任|组版|排版|版面|策划|摄影|文字?|图片?)"
_FURTHER: Final = rf"(?:[\s、]+{_NAME}){{0,4}}(?:(?![\u4e00-\u9fff])|(?={_EDITORS}|{_MAKERS}))"
_SIGN: Final = r"(?:\s*[：:/／丨｜|]\s*|\s+)"
# What a line of credits is made of, one field behind the other; these say whose a text is, or when it came out.
_TELLING: Final = (
    _STATED_BY.pattern,
    _DATED + r"(?=(?:19|20)\d\d)",
    rf"(?P<signed>(?:文字?\s*[：:/／丨｜|]\s*{_NAME}|(?:[\u4e00-\u9fff]{{1,8}}?[报報社网台])?(?:特约|实习|见习|首席|全媒体)*"
    rf"(?:(?<!该)(?<!該)作者|撰文|记者|記者|通讯员|通訊員|特派员)(?:{_SIGN}{_NAME}|{_GLUED})){_FURTHER})",
    rf"{_EDITORS}(?:{_SIGN}{_NAME}|{_GLUED}){_FURTHER}",
    rf"{_MAKERS}{_SIGN}{_NAME}{_FURTHER}",
    r"(?:浏览|阅读|点击|访问|评论)(?:次数|量|数)?\s*[：:]?\s*\d[\d,]*\s*次?",
)
_WHEN: Final = r"(?:时间|日期)\s*[：:]\s*(?=(?:19|20)\d\d)"
_BESIDE: Final = (
    _WHEN,
    _FROM,
    DATE.pattern
    + r"(?:\s*(?:星期|周)[一二三四五六日天])?(?:[\sT]*\d{1,2}\s*[:：时]\s*\d{2}(?:\s*[:：分]\s*\d{2})?分?)?",
    r"《?[\u4e00-\u9fff]{2,10}[报報]》?(?=$|[\s|｜丨（(])",
    r"第\s*[A-Za-z\d一二三四五六七八九十]{1,3}\s*版|[A-Za-z]?\d{1,3}\s*版|(?:(?:19|20)\d\d\s*年\s*)?总?\s*第?\s*\d{1,4}\s*期",
    r"[\u4e00-\u9fff]{2,20}?(?:编[印发]?|主办|印发)(?=[\s|｜丨]*(?:$|(?:19|20)\d\d))",
    r"[\s|｜丨/／·•、,，;；—\-（）()【】\[\]□■●◎○▲*]+",
)
_FIELD: Final = re.compile("|".join((*_TELLING, *_BESIDE)))
_TELLS: Final = re.compile("|".join(_TELLING))
_EVENT: Final = re.compile(_WHEN)
_LONGEST_CREDITS: Final = 100
_OFFICE: Final = re.compile("作者(?:单位|單位|系|为|為|是).*")
"""Where a writer works: （作者单位：厦门大学）; it names nobody."""

_SPACED: Final = re.compile(
    r"(?<![\u4e00-\u9fff])([\u4e00-\u9fff])[ \u3000]+([\u4e00-\u9fff])(?![\u4e00-\u9fff])"
)
_GATHERED: Final = re.compile(
    r"(?<=[\u4e00-\u9fff]{2})(?:网上|網上)?(?:整理|编译|編譯|供稿)(?![\u4e00-\u9fff])"
)
"""What somebody did with a text who did not write it alone: 张书记网上整理."""

_NAMES: Final = re.compile(r"[\u4e00-\u9fff·]{2,8}")
# "The first round of …": a campaign is named by its round and its kind.
_CAMPAIGN: Final = re.compile(
    "第[一二三四五六七八九十]{1,3}[批轮届期](?:“[^”]{2,30}”|[^，。；、：“”\\s]{0,40}?)(?:主题教育|学习教育|专题教育|教育活动|专项行动|专项整治|实践活动)"
)


def article_metadata(
    document: Document,
    heads: Iterable[str],
    byline: str | None = None,
    paragraphs: Iterable[str] = (),
    own: Sequence[str] = (),
    others: Sequence[str] = (),
) -> Metadata:
    """Put together what is known of an article: a sidecar goes before what is printed, that before the file's word.

    `heads` are the page heads and feet of the page that the article begins on, `others` those of other pages, which may
    tell of what paper and day it is; `byline` is as printed; `own` are the lines of credits over and under it, which go
    before the pages'; `paragraphs` are its own, of which one may be nothing but
    credits, the first may begin with a dateline and the last be a day: it is the text's where nothing else says one. A
    field that is printed in two ways stays open. An article taken from a newspaper is of that newspaper, unless another is known.
    """
    paragraphs = [text for text in paragraphs if text]
    own = [*own, *(text for each in paragraphs if is_credits(text := each.rstrip("。"), over=False))]
    if byline and is_credits(byline):
        own.append(byline)
        byline = None
    signed = (match["signed"] for line in own for match in _FIELD.finditer(line))
    credited = _printed(own, byline or " ".join(filter(None, signed)))
    said = (_REPORTER.sub("", match[1]) for line in own for match in _AUTHOR.finditer(line))
    named = _only({name for name in said if is_somebody(name)})
    if named and not byline and len(named) > len(credited.author or ""):
        credited = replace(credited, author=named)
    printed = replace(
        _printed(list(heads)), source=None
    )  # of several articles on a page one may have a source
    around = replace(_printed(others), source=None, edition=None, editor=None)
    sources = [m for m in (document.sidecar, credited, printed, around, document.stated) if m is not None]

    def first(name: str) -> str | None:
        return next((value for m in sources if (value := getattr(m, name)) is not None), None)

    source = first("source")
    taken = _PAPER.fullmatch(source) if source else None
    paper = first("newspaper")
    if source and paper and paper.startswith(source):  # with the words of a button behind it
        paper = None
    return Metadata(
        first("title"),
        paper or (taken[1] if taken else None),
        next((m.date for m in sources if m.date is not None), None) or _own_day(paragraphs),
        first("edition"),
        first("url"),
        first("author"),
        source,
        first("editor"),
    )


def _printed(heads: Sequence[str], byline: str = "") -> Metadata:
    days = {day for head in heads for day in dates(head)}
    editions = {next(filter(None, m.groups())) for head in heads for m in _EDITION.finditer(head)}
    papers = {m[1] for head in heads for m in _NEWSPAPER.finditer(head)}
    stated = {m[1] for head in heads for form in (_STATED_BY, _BEHIND_CLOCK) for m in form.finditer(head)}
    sources = set(filter(is_somebody, stated))
    return Metadata(
        newspaper=_only(papers),
        date=days.pop() if len(days) == 1 else None,
        edition=_only(editions),
        author=authors(byline) if byline else None,
        source=_only(sources),
        editor=_only({named for head in heads if (named := editors(head))}),
    )


def is_somebody(words: str) -> bool:
    """Tell whether what stands for an author or a source names one."""
    return _NOBODY.fullmatch(words) is None


def _only(found: set[str]) -> str | None:
    return found.pop() if len(found) == 1 else None


def _own_day(paragraphs: Sequence[str]) -> date | None:
    """The day of a dateline that opens a text, or the day alone that closes it, remarks under it or not, or a list.

    So is the day with a place in a line that opens it, unless others begin with a day, as those of a chronicle do.
    """
    dated = [match[0] for text in paragraphs[:1] if (match := DATELINE.match(text))]
    if not any(map(DATE.match, paragraphs[1:])):
        dated += (text for text in paragraphs[:1] if DAY_LINE.fullmatch(text.strip()))
    alone = [at for at, text in enumerate(paragraphs) if DATE.fullmatch(text.strip())]
    dated += (paragraphs[at] for at in reversed(alone) if len(alone) == 1 or at >= len(paragraphs) - 3)
    return next((day for text in dated for day in dates(text)), None)


def dates(text: str) -> Iterable[date]:
    for match in DATE.finditer(text):
        try:
            year, *day = (int(value_of(each.lstrip("中華华民國国 ")) or 0) for each in match.groups())
            yield date(year + (_FIRST_YEAR if "民" in match[1] else 0), *day)
        except ValueError:  # 2月30日 is a misprint, not a date
            continue


def authors(byline: str) -> str | None:
    """Return the names of a byline, 、 between them: 本报记者 张三 李 四 gives 张三、李四."""
    bare = _SIGNS.sub(" ", _OFFICE.sub("", byline))
    bare = _GATHERED.sub(" ", _SPACED.sub(r"\1\2", bare))
    names = dict.fromkeys(_NAMES.findall(bare))
    return "、".join(name for name in names if is_somebody(name)) or None


def editors(text: str) -> str | None:
    """Return whom a line names as its editors, 、 between them: 责任编辑：张三 李四 gives 张三、李四."""
    found = _EDITED.search(text)
    return "、".join(_NAMES.findall(found[1])) if found else None


def is_credits(text: str, over: bool = True) -> bool:
    """Tell whether a line holds nothing but who wrote, printed or edited a text, and when: fields to its end.

    A day, with a newspaper or alone, is that only `over` a text: under it it is a signature; 时间：… may be of an event.
    """
    at = 0
    while at < len(text) <= _LONGEST_CREDITS:
        field = _FIELD.match(text, at)
        if field is None:
            return False
        at = field.end()
    if at < len(text):
        return False
    dated = over and DATE.search(text) is not None and _EVENT.search(text) is None
    return dated or _TELLS.search(text) is not None


def campaign(texts: Iterable[str]) -> str | None:
    """Return the fullest name of the campaign that title and lead print, or None."""
    return max((match[0] for text in texts for match in _CAMPAIGN.finditer(text)), key=len, default=None)
