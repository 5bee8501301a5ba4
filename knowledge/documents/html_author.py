"""Who wrote the text of a page: what its head states, its elements are called and its lines say, weighed by where it stands.

A word for it (作者：, by) tells alone. Else pages call their editor, their maker or their site the author, and a link to
somebody's page may be a reader's: of the names that enough speaks for, the first under the title is the author's.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import unescape
from itertools import pairwise
from typing import Final

from knowledge.documents.html_article import Rim, compared, unlabelled
from knowledge.documents.html_blocks import HtmlBlock, HtmlText
from knowledge.repair.issue import DATE, is_somebody
from knowledge.text.analyzer import SURNAMES, is_word

_PERSON: Final = rf"[{''.join(sorted(SURNAMES))}][\u4e00-\u9fff]{{1,2}}"
_NAME: Final = r"[^\s|｜丨/／，,、。；;：:（）()【】〔〕\[\]<>《》“”\"»«@]{1,24}"
_LATIN: Final = r"[A-Z][\w.\-]{0,15}(?: [A-Z][\w.\-]{0,15}){1,3}"
_NAMES: Final = rf"{_LATIN}|[{''.join(sorted(SURNAMES))}] [\u4e00-\u9fff](?=[\s：:，,]|$)|{_PERSON}(?:[\s、&]+{_PERSON})+(?![\u4e00-\u9fff])|{_NAME}(?:、(?!\S{{0,6}}[：:]){_NAME}){{0,4}}"
_ROLES: Final = "(?:作者|记者|記者|评论员|評論員|通讯员|通訊員|特派员|特約撰述|撰稿人)"
_WORD_FOR_IT: Final = (
    r"(?:(?<![\u4e00-\u9fff])(?:(?:本文|文章|原文)?作\s?者|博主|楼主|樓主|[发發][布表帖]者|[发發][布表帖]人|撰文|撰稿|采写|執筆|执笔|贴主)\s*[：:丨︱|/／]"
    r"|(?<![\u4e00-\u9fff])文\s*[/／|｜：:]|(?<![A-Za-z])(?:author\s*[:：]|(?<![A-Za-z] )(?:(?:posted|written|published) )?by(?![A-Za-z])\s*[:：]?(?=\s)))"
)
_LONE_LABEL: Final = re.compile(rf"{_WORD_FOR_IT}\s*|作\s?者|author", re.I)
_LABELLED: Final = re.compile(rf"(?i:{_WORD_FOR_IT})\s*(?:[^\s|｜，。：:]{{0,14}}?{_ROLES}\s*)?({_NAMES})")
_OF_OFFICE: Final = re.compile(
    rf"作者\s*[：:][^。：:）)]{{4,60}}?(?:[长長员員授士师師家任院系校社])({_PERSON})\s*[）)】]"
)
_BY: Final = re.compile(
    rf"(?:^|[\s，。：贴帖文])由\s*({_NAME}?)\s*(?:[于於]\S{{0,14}}日?\s*)?(?:[发發][表布]|撰写|张贴|翻译)"
)
_SIGNED: Final = re.compile(
    rf"[（(〔【](?:[\u4e00-\u9fff]{{2,8}}[报報社网網台])?(?:本[报報])?{_ROLES}\s*({_PERSON}(?:[\s、]+{_PERSON}){{0,3}})"
    r"\s*(?:[\u4e00-\u9fff]{2,4}\d{1,2}日[电電])?(?:整合|综合|編譯|编译|整理|[/／]?[\u4e00-\u9fff]{0,6}(?:报道|報導|報道))?\s*[）)〕】]"
)
_REPORTED: Final = re.compile(
    rf"(?:\S{{2}}\s+)?[^\s，。：:]{{0,14}}{_ROLES}\s*[：:]?\s*({_PERSON}(?:[\s、]+{_PERSON}){{0,3}})(?=\s|$)"
)
_AGO: Final = r"\d+\s*(?:秒|分钟|分鐘|小时|小時|天|周|个月|月|年)\s*前|昨天|前天|刚刚|剛剛"
_WHEN: Final = re.compile(rf"{DATE.pattern}|{_AGO}")
_COUNTED: Final = re.compile(rf"\d[\d:：\s]*({_NAME})\s+(?:阅读|浏览|点击|评论)\s*[（(]?\d")
_ALONE_WITH_DAY: Final = re.compile(
    rf"(?:原创|轉載|转载)?\s*({_NAME})\s+{DATE.pattern}[\sT]*\d{{1,2}}[:：]\d\d(?:[:：]\d\d)?"
)
_POSTS: Final = re.compile(rf"({_NAME}?)\s*(?:[发發][表布帖][于於在])")
_OWNS: Final = re.compile(
    r"@?([^\s_|—–\-@]{2,20}?)(?:的(?:技术|個人|个人)?\s*|'s\s+|’s\s+)(?:博客|专栏|日志|空间|部落格|微博|网志|blog)",
    re.I,
)
_PARTS: Final = re.compile(r"\s*[|｜丨/／·»,，]\s*|\s{2,}|\s+[@\-–—]\s+")
_TITLE_PARTS: Final = re.compile(r"\s*[_|｜–—»«·]+\s*|\s*-+\s*")
_EDITS: Final = re.compile(rf"(?:编辑|編輯|责编|录入|编审|校对|选稿)\s*[:：/]\s*({_NAME}(?:[\s、]{_NAME})?)")
_FROM: Final = re.compile(rf"(?:来源|來源|稿源)\s*[：:]?\s*({_NAME})")
_DATA: Final = re.compile(r"<script[^>]{0,80}ld\+json[^>]{0,80}>(.{0,20000}?)</script", re.I | re.S)
_STATED: Final = re.compile(
    r'"author"\s*:\s*(?:\[\s*)?(?:\{(?![^{}]{0,300}?"Organization")[^{}]{0,300}?"name"\s*:\s*)?"([^"]{1,60})"'
)
_METAS: Final = ("author", "article:author", "og:article:author", "og:novel:author", "dc.creator")
_NOBODY: Final = re.compile(
    "登[录陆入]|[注註][册冊]|[评評][论論]|[浏瀏][览覽]|[阅閱][读讀]|收藏|分享|[举舉][报報]|[回答][复覆]|关注|订阅|查看|点击|打印|返回|首[页頁]|更多|字[号號体體]|来源|來源|来自"
    "|[编編][辑輯]|[时時][间間]|日期|[发發][表布帖消]|未知|不详|佚名|本站|互联网|网络|转载|整理|管理员|私信|短消息|好友|楼[主层]|离线|在线|帖子|下载|博客|专栏|日志|空间|留言|网友|作者|记者|記者|本文|链接|复制|来源"
    r"|^(?:admin|administrator|root|guest|user|name|null|html|css)$|https?:|www\.|\.(?:com|cn|net|org)\b",
    re.I,
)
_OUTLET: Final = re.compile("(?:[报報社网網台讯訊]|频道|通讯社|中心|编辑部|快訊|快讯)$")
_WEIGHTS: Final = {
    "word": 3.0,
    "signed": 3.0,
    "owner": 2.0,
    "person": 2.0,
    "marked": 2.0,
    "with day": 2.0,
    "handle": 2.0,
    "account": 1.5,
    "dated": 1.0,
    "titled": 1.0,
    "data": 1.0,
    "meta": 1.0,
    "lone": 0.5,
    "under": 1.0,
    "over": 1.0,
}
"""What a sign of a name weighs: a word for an author before it; a signature in brackets; 某某的博客; a person's name beside
nothing or an outlet; an element that calls itself an author's; nothing beside it but the day and the time; @某某 behind it;
a link to somebody's page; a day behind it; `<title>`; data for search engines; the page's head; a block of its own; such an
element or link under the text, or over the title beside a day."""

_NAMED: Final = frozenset(("marked", "account"))
_ENOUGH: Final = 2.0
_LONGEST_LINE, _LONGEST_TEXT, _LONGEST_NAME, _LONGEST_ACCOUNT = 120, 60, 24, 20
_ABOVE, _BELOW, _LAST, _BEFORE = 4, 6, 3, 60


@dataclass(frozen=True, slots=True)
class _Region:
    """The places of a page's blocks: of the title, of the text's beginning, and around what is read as the text."""

    title: int
    opening: int
    under: int
    end: int

    @property
    def over(self) -> range:
        """What stands right over the title."""
        return range(max(0, self.title - _ABOVE), self.title)

    @property
    def between(self) -> range:
        """What stands between title and text."""
        return range(self.title, self.opening)

    @property
    def ends(self) -> range:
        """The last of the text, and what stands right under it."""
        return range(max(self.opening, self.under - _LAST), min(self.end, self.under + _BELOW))


def _region(page: HtmlText, rim: Rim, title: HtmlBlock | None) -> _Region:
    first = next((at for at, block in enumerate(page.blocks) if block is title), -1)
    begun = first + 1 or rim.begun
    opening = next(
        (
            at
            for at, block in enumerate(page.blocks[begun : begun + _BEFORE], begun)
            if len(block.text) >= _LONGEST_TEXT
            and 2 * block.linked < len(block.text)
            and not DATE.search(block.text)
        ),
        min(len(page.blocks), begun + _BEFORE),
    )
    if begun <= rim.told < opening:
        opening = rim.told
    if title is not None:  # what the library leaves out over an answer, who gives it among that
        opening = max(opening, rim.begun)
    return _Region(max(first, 0) if title else begun, opening, max(rim.under, opening), len(page.blocks))


def author_of(page: HtmlText, source: str, rim: Rim, title: HtmlBlock | None) -> tuple[str, HtmlBlock | None]:
    """The author that most speaks for, and the block that names him; empty where nobody has enough."""
    region = _region(page, rim, title)
    signs: defaultdict[str, dict[str, int]] = defaultdict(dict)
    names: dict[str, str] = {}
    for words, sign, place in _signs(page, source, region, rim, title.text if title else ""):
        name = _cleaned(words)
        if sign == "word":
            name = _person(name) or name
        if _is_name(name, sign):
            key = compared(name).lower()
            names.setdefault(key, name)
            signs[key].setdefault(sign, place)
    _take_back(page, signs, title.text if title else "")
    telling = [
        (found[sign], key) for key, found in signs.items() for sign in ("word", "signed") if sign in found
    ]
    if telling:
        first = [each for each in telling if each[0] in region.between] or telling
        place, key = min(first)
        return names[key], page.blocks[place]
    enough = sorted(
        (
            min((place for place in found.values() if place >= region.title), default=len(page.blocks)),
            order,
            key,
        )
        for order, (key, found) in enumerate(signs.items())
        if sum(_WEIGHTS[sign] for sign in found) >= _ENOUGH
    )
    if not enough:
        return "", None
    place, _, key = enough[0]
    if (
        enough[1:]
        and enough[1][0] == place + 1
        and signs[key].keys() ^ signs[enough[1][2]].keys() <= {"lone"}
    ):
        return "", None  # two stand one under the other, and nothing tells which
    at = min((place for place in signs[key].values() if place >= 0), default=-1)
    if at < 0:
        return names[key], None
    beside = list(
        dict.fromkeys(
            names[other] for other, found in signs.items() if found.keys() & _NAMED and at in found.values()
        )
    )
    rest = page.blocks[at].text
    for name in beside:
        rest = rest.replace(name, "", 1)
    joint = len(beside) > 1 and not re.sub(r"[\W_]|and|和", "", rest)
    return "、".join(beside) if joint else names[key], page.blocks[at]


def _take_back(page: HtmlText, signs: dict[str, dict[str, int]], title: str) -> None:
    """Take from names of the site, of outlets and of editors the signs that such have as well as authors."""
    edited = {compared(match[1]).lower() for block in page.blocks for match in _EDITS.finditer(block.text)}
    short = [block.text for block in page.blocks if len(block.text) <= _LONGEST_LINE]
    others = {compared(match[1]).lower() for text in short for match in _FROM.finditer(text)}
    others |= {compared(words).lower() for kind, words, _ in page.named if kind == "source"}
    others |= {
        compared(part).lower() for part in (page.metas.get("og:site_name", ""), *_beside(page, title)[-1:])
    }
    for key, found in signs.items():
        weak = {"data", "meta", "titled", "with day", "dated", "lone"}
        if any(key in each or each in key for each in edited if len(each) > 1):
            weak |= {"account", "marked", "under"}
        elif key not in others and not _OUTLET.search(key):
            continue
        for sign in weak & found.keys():
            del found[sign]


def _cleaned(words: str) -> str:
    """A name without what stands around it: 原创, the outlet before the person, a remark behind."""
    words = re.sub(rf"^([{''.join(sorted(SURNAMES))}]) (?=[\u4e00-\u9fff]$)", r"\1", words.strip())
    words = re.sub(r"^(?:原创|原創|作者|文|by\s)\s*[：:|/／]?\s*", "", words.strip(), flags=re.I)
    parts = [part for part in re.split(r"\s*[/／]\s*|\s+·\s+", words) if part]
    persons = [part for part in parts if not _OUTLET.search(part)]
    return (persons or parts or [""])[0].strip(" @.·-_:：,，「」")


def _person(name: str) -> str:
    """Who of a name with an office before or behind it; empty where there is none."""
    behind = re.fullmatch(rf"[\u4e00-\u9fff]{{3,}}[长長员員授士师師家院校系社部局所心学學]({_PERSON})", name)
    if behind is not None:
        return behind[1]
    before = re.fullmatch(r"[\u4e00-\u9fff]{6,}", name)
    for size in (2, 3):
        person, rest = name[:size], name[size:]
        if (
            before
            and re.fullmatch(_PERSON, person)
            and any(is_word(rest[:end]) for end in (4, 3))
            and not is_word(person)
        ):
            return person
    return ""


def _is_name(name: str, sign: str) -> bool:
    if sign == "account" and len(name) > _LONGEST_ACCOUNT:
        return False
    sure = sign in ("word", "signed", "marked", "data", "meta")
    return (
        (1 if sign in ("marked", "account") else 2) <= len(name) <= _LONGEST_NAME * (1 + ("、" in name))
        and re.search(r"[A-Za-z\u3040-\u30ff\u4e00-\u9fff]|^\d{6,}$", name) is not None
        and not _WHEN.search(name)
        and not re.search(r"\d{1,2}[:：]\d\d|[(（]\d+[)）]?|^\d+\s*\D$|[。！？={}]", name)
        and _NOBODY.search(name) is None
        and is_somebody(name)
        and (sure or not (is_word(name) and len(name) < 5))
    )


def _signs(
    page: HtmlText, source: str, region: _Region, rim: Rim, title: str
) -> Iterator[tuple[str, str, int]]:
    """Each name that something speaks for, with what does and in which block; -1 is the page's head."""
    for name in _METAS:
        for part in re.split(r"[,，(（)）;]", page.metas.get(name, "")):
            yield part, "meta", -1
    for data in _DATA.finditer(source):
        if (stated := _STATED.search(data[1])) is not None:
            yield unescape(stated[1]), "data", -1
    beside = _beside(page, title)
    for match in _OWNS.finditer(" | ".join(beside)):
        yield match[1], "owner", -1
    for part in beside[:-1]:
        yield part, "titled", -1
    for person, _, block in unlabelled(page, rim):
        yield person, "person", page.blocks.index(block)
    yield from _elements(page, region)
    yield from _said(page.blocks, region)


def _elements(page: HtmlText, region: _Region) -> Iterator[tuple[str, str, int]]:
    """The names in elements that are an author's by what they are called or lead to."""
    places = {id(block): at for at, block in enumerate(page.blocks)}
    linked = [
        block.linked >= len("".join(block.text.split())) and not block.text.strip().isdigit()
        for block in page.blocks
    ]
    listed = {
        at for at in range(len(linked) - 3) if all(linked[at : at + 4])
    }  # links of a site, or what to share with
    for kind, words, block in page.named:
        at = places.get(id(block), -1)
        if kind not in ("author", "account") or _LABELLED.match(words) or page.blocks[at - 1].names(block):
            continue
        sign = "marked" if kind == "author" else "account"
        alone = len(block.text.strip()) <= len(words) + 2
        if at in region.between and not (sign == "account" and at in listed):
            yield words, sign, at
            if alone:
                yield words, "lone", at
        elif at in region.ends:
            yield words, "under", at
        elif at in region.over and any(_WHEN.search(each.text) for each in page.blocks[at : at + 2]):
            yield words, "over", at
            yield words, "dated", at


def _beside(page: HtmlText, title: str) -> list[str]:
    """The parts of `<title>` that are not the article's title."""
    whole = page.title
    rest = (
        whole.replace(title, " | ") if title and title in whole else _TITLE_PARTS.sub(" | ", whole, count=1)
    )
    parts = [part.strip() for part in _TITLE_PARTS.split(rest)]
    return [part for part in parts if part and compared(part) not in compared(title)]


def _said(blocks: Sequence[HtmlBlock], region: _Region) -> Iterator[tuple[str, str, int]]:
    """What lines say of who wrote something: with a word for it, in brackets, or with the day alone."""
    spread = [*region.over, *region.between, *range(region.opening, region.ends.stop)]
    for at in spread:
        text = blocks[at].text.strip()
        told = at in range(region.opening, region.ends.start)
        if at < region.opening + 3 or at in region.ends:
            for match in _SIGNED.finditer(text):
                yield match[1], "signed", at
        if (
            len(text) <= 2 * _LONGEST_NAME
            and at < region.under
            and (told_by := _REPORTED.match(text)) is not None
        ):
            yield told_by[1], "signed", at
        if (office := _OF_OFFICE.search(text[-_LONGEST_LINE:])) is not None:
            yield office[1], "word", at
            continue
        if len(text) > (_LONGEST_NAME * 2 if told else _LONGEST_LINE):
            continue
        parts = [part for _, each in blocks[at].parted() for part in each]
        joined = " ".join(parts)
        for match in _LABELLED.finditer(joined):
            if (not told or match.start() == 0) and 2 * blocks[at].linked <= len(text) + len(match[1]):
                yield match[1], "word", at
        if told:
            continue
        for match in (*_BY.finditer(text), *_COUNTED.finditer(joined)):
            yield match[1], "word", at
        if (
            parts
            and _LONE_LABEL.fullmatch(parts[-1])
            and at + 1 < len(blocks)
            and len(blocks[at + 1].text) <= _LONGEST_NAME
        ):
            yield blocks[at + 1].text, "word", at + 1
        if at in region.over or at in region.between:
            for name, sign in _stamped(parts, blocks[at + 1 : at + 2]):
                if at in region.between or sign == "handle":
                    yield name, sign, at


def _stamped(parts: Sequence[str], below: Sequence[HtmlBlock]) -> Iterator[tuple[str, str]]:
    """Who stands before a day or before @, in a line of its own or parted by its elements."""
    joined = " ".join(parts)
    if (match := _ALONE_WITH_DAY.fullmatch(joined)) is not None:
        yield match[1], "with day"
    small = [small for part in parts for small in _PARTS.split(part) if small.strip()]
    for one, two in pairwise(small):
        if _WHEN.search(two) and not _WHEN.search(one):
            yield one, "dated"
    if (posts := _POSTS.match(joined)) is not None:
        yield posts[1], "dated"
    behind = small[1] if small[1:] else below[0].text if below else ""
    if re.fullmatch(r"@[\w.]{2,30}", behind.strip()):
        yield small[0] if small else "", "handle"
