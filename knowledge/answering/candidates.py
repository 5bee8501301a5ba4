"""Which spans of a fact may be a short answer: proposed by grammar, marks and words, none of them cut."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from knowledge.answering.constraints import codes
from knowledge.answering.window import CLAUSE_END, Passage, Place
from knowledge.query.question import FEW_WORDS, NAMES, NUMBERS, QuestionType
from knowledge.text.analyzer import SURNAMES, Token
from knowledge.text.numbers import Quantity, QuantityKind

LONGEST_ANSWER = 30
LONGEST_RUN = 24
LONGEST_NAME = 4
"""Characters of a person's name, double surnames among them."""
MOST_WORDS = 7
MOST_CANDIDATES = 320


class CandidateKind(StrEnum):
    """What a proposed span is."""

    COUNT = "count"
    PERCENT = "percent"
    DATE = "date"
    CLOCK = "clock"
    DURATION = "duration"
    ORDINAL = "ordinal"
    FREQUENCY = "frequency"
    BARE = "bare"
    PERSON = "person"
    PLACE = "place"
    BODY = "body"
    NAME = "name"
    QUOTED = "quoted"
    VALUE = "value"
    NOUNS = "nouns"
    CLAUSE = "clause"
    ITEM = "item"
    READ = "read"


class Candidate(NamedTuple):
    """A span of the fact's text and what it is."""

    start: int
    end: int
    kind: CandidateKind


_FIGURES = {
    QuantityKind.COUNT: CandidateKind.COUNT,
    QuantityKind.PERCENT: CandidateKind.PERCENT,
    QuantityKind.DATE: CandidateKind.DATE,
    QuantityKind.DURATION: CandidateKind.DURATION,
    QuantityKind.ORDINAL: CandidateKind.ORDINAL,
    QuantityKind.FREQUENCY: CandidateKind.FREQUENCY,
    QuantityKind.BARE: CandidateKind.BARE,
}
_TAGS = {
    "nr": CandidateKind.PERSON,
    "ns": CandidateKind.PLACE,
    "nt": CandidateKind.BODY,
    "nz": CandidateKind.NAME,
}
_NAMES = frozenset({*_TAGS.values(), CandidateKind.NOUNS} - {CandidateKind.PLACE})
_MARKED = re.compile(
    r"《([^《》]{1,28})》|[“\"「『]([^“”\"「」『』]{1,28})[”\"」』]|[（(]([^()（）]{2,28})[）)]"
)
_VALUE = re.compile(
    r"(?:^|[,;；。 |│])[^,;；。:|│]{1,12}:\s*([^,;；。|│\s]{1,30})|[|│]\s*([^:|│]{1,30}?)\s*(?=[|│])"
)
"""A value behind its label, or a cell of a row, in folded text."""
JOINED = re.compile(r"、|和|与|及|以及")
_LED = re.compile(
    r"因为|由于|源于|得益于|归功于|是为了|为了|旨在|目的是|针对|面对|通过|采取|采用|以|是|为|指|即|就是|把|将|让|使|推出|建立|实施|开展|提供|包括|叫|称为|达|因"
)
_NUMERIC = re.compile(
    r"\d{3,4}(?:[ -]\d{3,4}){2}(?![\d.-])|(?<!\d)(?!(?:19|20)\d\d )\d{4} \d{4}(?![\d.-])|\d+比\d+|\d+(?:[.,:/-]\d+)+[a-z]*|\d(?: \d)+|\d+[a-z]*"
)
_LATIN = re.compile(r"[a-z][a-z.'&-]*(?: [a-z][a-z.'&-]*)+|[\w.+-]+@[a-z\d-]+(?:\.[a-z\d-]+)+", re.ASCII)
"""A name of several Latin words, or an address to write to, which nothing cuts."""
_ABOUT = re.compile(r"(?:近|约|大约|将近|接近|逾|超过?|不足|不到|至少|最多|至多|满|达到?)\s?")
_RANK = re.compile(r"第[一二三四五六七八九十]{1,3}(?=[名位,，。;；、:：]|$)")
_DAY = r"(?:周|星期|礼拜)[一二三四五六日天末]"
_HOUR = r"(?:上午|下午|早上?|晚上?|中午|凌晨|傍晚)?\d{1,2}(?::\d\d|[时点](?:\d{1,2}分?|半|整)?)"
_TO = r"\s?(?:[至到~—–-]+)\s?"
_HOURS = rf"{_HOUR}(?:{_TO}{_HOUR})?"
HOUR = re.compile(_HOUR)
_DATE = r"(?:\d{2,4}年)?\d{1,2}月\d{1,2}[日号]"
WEEKLY = re.compile(
    rf"每?{_DAY}(?:{_TO}(?:{_DAY}|[一二三四五六日天]))?(?:的?(?:{_HOURS}|上午|下午|早上|晚上|晚间))?|{_DATE}(?:{_HOUR})?{_TO}{_DATE}(?:{_HOUR})?|{_DATE}{_HOURS}|{_HOURS}"
    r"|(?<!\d)\d\d年\d{1,2}月(?:\d{1,2}[日号])?"
)
"""Days of the week and hours, alone or from one to another, which no single date tells: 周二至周日9:00至20:30, 每周三下午."""
PART_OF_TIME = re.compile(
    r"(?<=[日号])(?:[上下]午|中午|午后|凌晨|清晨|早[上晨]|傍晚|[晚夜]间|深夜|夜里|晚上?)|(?<=[年月])(?:年?[初中底末]|[上中下]旬)"
)
_FROM_OR_TO = re.compile("[之以]?[起前后内止]")
_INNER = frozenset("的和与及、")
_DOTS = frozenset("·•・")
_PRONOUNS = frozenset("他 她 它 其 我 你 您 咱 他们 她们 它们 我们 你们 咱们 自己 本人 双方 大家 谁".split())  # noqa: SIM905
_NUMERALS = "一二三四五六七八九十百两"


def candidates(
    passage: Passage, kind: QuestionType, read: tuple[Place, ...] = (), noun: str = ""
) -> tuple[Candidate, ...]:
    """Return the proposed spans in order of their proposers, each place once, at most 320.

    `read` are a reader's spans; of a `noun` a number is asked for, which a numeral right before it tells: 五连胜.
    """
    found: dict[Place, Candidate] = {}
    dotted = tuple(_dotted(passage))
    in_names = _inside((*dotted, *(match.span() for match in _LATIN.finditer(passage.folded))))
    in_figures = _inside(_whole(passage.folded, *_bare(figure)) for figure in passage.figures)
    named = (Candidate(*place, CandidateKind.PERSON) for place in dotted if kind not in _OF_FIGURES)
    pronouns = [t.start for t in passage.tokens if t.tag == "r" and t.text in _PRONOUNS]
    moments: list[Candidate] = []
    if kind is QuestionType.TIME:
        dated = ((s.start, s.end) for s in passage.periods if s.period.clock is None)
        moments = [Candidate(*match.span(), CandidateKind.CLOCK) for match in WEEKLY.finditer(passage.folded)]
        moments += [Candidate(*place, CandidateKind.DATE) for place in dated]
    by_reader = tuple(_of_reader(passage, kind, read))
    cut = {(one.start, one.end - 1) for one in by_reader if one.kind is CandidateKind.PERSON}
    numbered = numbered_nouns(passage, noun) if kind in NUMBERS else ()
    told_of_noun = (Candidate(*place, CandidateKind.COUNT) for place in numbered)
    for one in (*named, *told_of_noun, *_all(passage, kind), *by_reader):
        if (one.start, one.end) in cut or (one.kind in _NAMES and _is_cut(one, by_reader, passage)):
            continue
        if one.kind not in OF_TIME:  # 3点 of 下午3点, 第四季度 of 今年第四季度
            one = next((m for m in moments if m.start <= one.start and one.end <= m.end), one)
        start, end = _trimmed(passage.text, *_whole(passage.folded, one.start, one.end))
        if not 0 < end - start <= LONGEST_ANSWER or (start, end) in found:
            continue
        if kind in NAMES and any(start <= at < end + _is_deed(one, passage) for at in pronouns):
            continue  # 其 of 祝贺其 names nobody, nor does 祝贺, which the dictionary has for a name
        if start in in_names or end in in_names:
            continue
        if (start in in_figures or end in in_figures) and one.kind not in OF_TIME:
            continue
        whole = start == one.start and end == one.end
        found[start, end] = one if whole else Candidate(start, end, one.kind)
        if len(found) == MOST_CANDIDATES + len(read):
            break
    return tuple(found.values())


def _is_deed(one: Candidate, passage: Passage) -> bool:
    return one.kind is CandidateKind.PERSON and passage.language.knows(passage.folded[one.start : one.end])


def _is_cut(one: Candidate, by_reader: Sequence[Candidate], passage: Passage) -> bool:
    """Tell whether the reader's first span gives a name back what no dictionary has: 启岸|资本."""
    if not by_reader:
        return False
    start, end = by_reader[0].start, by_reader[0].end
    if one.start < start < one.end and passage.folded[start - 1] in "由被":
        return True  # 房屋由|市安居集团
    within = start <= one.start < one.end <= end and one.end - one.start < end - start
    if not within or not passage.folded[start:end].isalpha():
        return False
    rest = [t for t in passage.tokens if start <= t.start < end and not one.start <= t.start < one.end]
    if one.kind is CandidateKind.PERSON and one.start == start and end - start <= LONGEST_NAME:
        return all(token.tag != "v" or len(token.text) > 1 for token in rest)  # 贺兰|启明, no 陈立|说
    names = ("nr", "ns") if one.kind is CandidateKind.PERSON else ("nr",)  # 福岛|瑞穗
    return all(t.tag[:2] in names or not passage.language.knows(t.text) for t in rest)


def numbered_nouns(passage: Passage, noun: str) -> list[Place]:
    """Return where a numeral that is no figure stands right before a noun: 十七稿, 二等奖."""
    told = (
        re.finditer(rf"(?<![第{_NUMERALS}])[{_NUMERALS}]+{re.escape(noun)}", passage.folded) if noun else ()
    )
    figures = {at for figure in passage.figures for at in range(figure.start, figure.end)}
    return [match.span() for match in told if match.start() not in figures]


def _inside(places: Iterable[Place]) -> set[int]:
    """Where nothing may begin or end that is not to cut one of the places."""
    return {at for start, end in places for at in range(start + 1, end)}


OF_TIME = frozenset({CandidateKind.DATE, CandidateKind.CLOCK})
_OF_FIGURES = NUMBERS | {QuestionType.DURATION}
"""Kinds that nothing but a figure, a time or a value answers."""
_OF_CLAUSES = frozenset({QuestionType.WHY, QuestionType.HOW, QuestionType.WHAT})
_TOLD = _OF_CLAUSES | {QuestionType.WHICH, QuestionType.LIST, QuestionType.NONE}
_NAMED_BY_NONE = frozenset({QuestionType.WHO, QuestionType.PLACE, QuestionType.ORGANISATION})
"""Kinds that no figure answers, nor a span with one in it."""


def _of_reader(passage: Passage, kind: QuestionType, read: tuple[Place, ...]) -> Iterator[Candidate]:
    """A reader's spans are what grammar says of them; around the only figure of a number asked for, that figure.

    They begin and end where words do: 塔尼亚胡 is 内塔尼亚胡.
    """
    if not read:
        return
    figures = passage.figures
    words = [
        (token.start, token.start + len(token.text))
        for token in passage.tokens
        if token.tag[:2] == "nr" or passage.language.knows(token.text)
    ]
    guessed = (t for t in passage.tokens if t.tag == "nr" and len(t.text) == 2 and t.text[0] in SURNAMES)
    names = {t.start for t in guessed if not passage.language.knows(t.text)}  # 祝贺|其 is no name
    for first, last in read:
        if first in names and last == first + 3 and passage.folded[first:last].isalpha():
            yield Candidate(first, last, CandidateKind.PERSON)  # 郭婉如 of 郭婉|如是
            continue
        start = min((s for s, e in words if s <= first < e), default=first)
        if start == first - 1 and passage.folded[start] in _LEADING - SURNAMES:
            start = first  # 由|启岸资本
        end = max((e for s, e in words if s < last <= e), default=last)
        inside = [figure for figure in figures if start <= figure.start and figure.end <= end]
        if kind in _OF_FIGURES and not inside:
            continue  # no figure, no number
        if kind in FEW_WORDS and CLAUSE_END.search(passage.folded, start, end):
            continue  # few words stand in one clause
        figured = sum(figure.end - figure.start for figure in inside)
        mostly = 2 * figured >= end - start  # 市三院门诊中心二楼 is a place
        alone = mostly if kind in _NAMED_BY_NONE else kind in NUMBERS and len(inside) == 1
        sure = bool(inside) and alone
        yield Candidate(start, end, _kind_of(inside[0]) if sure else CandidateKind.READ)


def _kind_of(figure: Quantity) -> CandidateKind:
    return CandidateKind.PERCENT if figure.unit == "成" else _FIGURES[figure.kind]


def _all(passage: Passage, kind: QuestionType) -> Iterator[Candidate]:
    named = [(start, end) for start, end, key in codes(passage.folded) if key[0].isalpha()]
    for figure in passage.figures:
        if any(start < figure.start and figure.end <= end for start, end in named):
            continue  # iphone 11
        yield Candidate(figure.start, figure.end, _kind_of(figure))
        if (bare := _bare(figure)) != (figure.start, figure.end):
            yield Candidate(*bare, _kind_of(figure))
    for match in _RANK.finditer(passage.folded):
        yield Candidate(*match.span(), CandidateKind.ORDINAL)
    for match in WEEKLY.finditer(passage.folded):
        yield Candidate(*match.span(), CandidateKind.CLOCK)
    for span in passage.periods:
        clock = span.period.clock is not None
        told = CandidateKind.CLOCK if clock else CandidateKind.DATE
        yield Candidate(span.start, span.end, told)
        for part in (PART_OF_TIME, _FROM_OR_TO):
            if more := part.match(passage.folded, span.end):
                yield Candidate(span.start, more.end(), told)
    for match in _VALUE.finditer(passage.folded):
        yield Candidate(*match.span(match.lastindex or 1), CandidateKind.VALUE)
    if kind in _OF_FIGURES:
        return
    for match in _MARKED.finditer(passage.text):
        yield Candidate(*match.span(match.lastindex or 1), CandidateKind.QUOTED)
    for match in _LATIN.finditer(passage.folded):
        yield Candidate(*match.span(), CandidateKind.NAME)
    yield from _runs(passage)
    if kind in _TOLD:
        yield from _clauses(passage)


def _bare(figure: Quantity) -> Place:
    """A figure without 近 or 约."""
    about = _ABOUT.match(figure.text)
    return figure.start + (about.end() if about else 0), figure.end


def _whole(text: str, start: int, end: int) -> Place:
    """Widen a span so that no number is cut: 8 6 0 0万元, 6:05 and 0772-3811 begin and end where their digits do."""
    if not (text[start : start + 1].isdecimal() or text[end - 1 : end].isdecimal()):
        return start, end
    for run in _NUMERIC.finditer(text, max(0, start - LONGEST_ANSWER), min(len(text), end + LONGEST_ANSWER)):
        if run.start() < start < run.end():
            start = run.start()
        if run.start() < end < run.end():
            end = run.end()
    return start, end


def _dotted(passage: Passage) -> Iterator[Place]:
    """Where names of several parts stand, which nothing cuts: 哈立德·本·萨勒曼; a last part cut in two is given back."""
    tokens = passage.tokens
    at = 0
    while at + 2 < len(tokens):
        last = at
        while last + 2 < len(tokens) and tokens[last + 1].text in _DOTS:
            last += 2
        if last > at:
            rest = tokens[last + 1] if last + 1 < len(tokens) else None
            if rest and rest.tag[:2] == "nr":
                last += 1
            yield tokens[at].start, tokens[last].start + len(tokens[last].text)
        at = last + 1


def _trimmed(text: str, start: int, end: int) -> Place:
    while start < end and text[start] in " 　,，、。:：;；的":
        start += 1
    while end > start and text[end - 1] in " 　,，、。:：;；":
        end -= 1
    return start, end


def _runs(passage: Passage) -> Iterator[Candidate]:
    """Every run of up to seven words that begins and ends as a name does, within a run of nouns."""
    run: list[Token] = []
    for token in (*_mended(passage), Token(" ", "x", len(passage.folded))):
        if _in_name(token, bool(run)):
            run.append(token)
            continue
        if run and len(token.text) > 1 and token.text[0] in _BODY_CHARACTERS:
            # 市绿化市容局将: the word is 局
            run.append(Token(token.text[0], "n", token.start))
        yield from _within(run)
        run = []


def _mended(passage: Passage) -> Iterator[Token]:
    """The words, a name's surname given back to it, and a preposition that it took for one: 张志远, 由|林晓梅.

    A word of no dictionary that begins with a surname is a person's name, whatever it was taken for, and an office that took
    the end of a body's name gives it back: 学军|中学|校长.
    """
    knows, surname = passage.language.knows, ""
    for word, following in pairwise((*_offices_apart(passage), Token("", "", -1))):
        text, tag, start = surname + word.text, "nr" if surname else word.tag, word.start - len(surname)
        surname = ""
        if text in SURNAMES and following.tag[:2] == "nr" and len(following.text) < 3:
            surname = text  # 张|志远
            continue
        if tag == "nr" and len(text) == 3 and text[2] in SURNAMES and _is_given(following):
            yield Token(text[:2], "n", start)  # 关长|林志远, no 关长林|志远
            surname = text[2]
            continue
        placed = tag == "ns" and text[-1] in _TIERS  # 云塘市
        if 1 < len(text) < 4 and text[0] in SURNAMES and tag in _DOUBTFUL and not (placed or knows(text)):
            tag = "nr"
        if tag == "nr" and following.text[:1] in _ADDRESSED:
            tag = "v"  # 祝贺|他
        if tag == "nr" and len(text) > 2 and text[0] in _LEADING - SURNAMES and text[1] in SURNAMES:
            yield Token(text[0], "p", start)
            text, start = text[1:], start + 1
        yield Token(text, tag, start)


def _offices_apart(passage: Passage) -> Iterator[Token]:
    for word in passage.tokens:
        body, office = word.text[:-2], word.text[-2:]
        if word.tag == "n" and _BODY.fullmatch(body) and passage.language.knows(office):
            yield Token(body, "n", word.start)
            word = Token(office, "n", word.start + len(body))
        yield word


def _is_given(word: Token) -> bool:
    """Tell whether a word is tagged as a person's name and begins with no surname."""
    return word.tag[:2] == "nr" and len(word.text) < 3 and word.text[:1] not in SURNAMES


_ADDRESSED = frozenset("他她它我你您")
_DOUBTFUL = frozenset({"n", "ns", "nz", "nrfg"})
_LEADING = frozenset("以在将对和与向从为被把由经于")
_TIERS = frozenset("省市区县镇乡国校院州")


def _within(run: list[Token]) -> Iterator[Candidate]:
    while run and run[-1].text in _INNER:
        run.pop()
    for first in range(len(run)):
        if run[first].text in _INNER:
            continue
        for last in range(min(len(run), first + MOST_WORDS) - 1, first - 1, -1):
            if run[last].text in _INNER:
                continue
            start, end = run[first].start, run[last].start + len(run[last].text)
            if 1 < end - start <= LONGEST_RUN:
                yield Candidate(start, end, _named(run[first : last + 1]))


def _named(tokens: list[Token]) -> CandidateKind:
    last = tokens[-1]
    if len(tokens) > 1 and tokens[0].tag == "t" and all(token.tag[:1] in "tmq" for token in tokens):
        return CandidateKind.CLOCK  # 次日下午3点
    if len(tokens) == 1:
        if last.tag[:2] == "nr" and last.text[0] not in SURNAMES and _PLACE.search(last.text):
            return CandidateKind.PLACE  # 北部湾 is nobody
        return _TAGS.get(last.tag[:2], CandidateKind.NOUNS)
    if last.tag[:2] == "nr":
        alone = all(t.tag[:2] == "nr" or t.text in _DOTS for t in tokens)
        return CandidateKind.PERSON if alone else CandidateKind.NOUNS
    if _BODY.search(last.text):
        return CandidateKind.BODY
    return CandidateKind.PLACE if _PLACE.search(last.text) else CandidateKind.NOUNS


_BODY = re.compile(
    r"(?:委员会|公司|集团|中心|医院|大学|学院|中学|小学|学校|(?:研究|规划|设计|科学)[院所]|银行|协会|政府|法院|检察院|支部|[委局厅办部署社队组团会行厂])$"
)
_BODY_CHARACTERS = frozenset("委局厅办部署社队组会院弄")
_PLACE = re.compile(r"(?:[省市区县镇乡村路街弄号站港岛湾山河湖江桥园馆院厅楼所点州]|街道|广场|机场|基地)$")


def _in_name(token: Token, inside: bool) -> bool:
    if token.text in _INNER or token.text in _DOTS:
        return inside
    if token.text in _TIERS and token.tag == "n":
        return True
    if not any(map(str.isalnum, token.text)) or token.tag[:1] in "cpruy":
        return False
    alone = token.tag[:1] in "nbjlsiatmqfkx" or token.tag == "eng"
    return alone or len(token.text) > 1 or token.text in _BODY_CHARACTERS


def _clauses(passage: Passage) -> Iterator[Candidate]:
    """Clauses, what follows a word that leads to a reason, a way or a meaning, and the items of lists."""
    text, at = passage.text, 0
    for match in (*CLAUSE_END.finditer(text), None):
        end = match.start() if match else len(text)
        if end > at:
            yield Candidate(at, end, CandidateKind.CLAUSE)
            for led in _LED.finditer(text, at, end):
                yield Candidate(led.end(), end, CandidateKind.CLAUSE)
            items = [at, *(m.end() for m in JOINED.finditer(text, at, end))]
            for start in items[1:] if len(items) > 1 else ():
                stop = JOINED.search(text, start, end)
                yield Candidate(start, stop.start() if stop else end, CandidateKind.ITEM)
        at = match.end() if match else end
