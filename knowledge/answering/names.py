"""谁, 哪里, 哪个区, 哪家单位, 什么机制: the name that answers."""

from __future__ import annotations

import re

from knowledge.answering.reading import Range, Reading
from knowledge.text.language import Token

LONGEST_NAME = 24

_TITLES = re.compile(r"(?:书记|市长|省长|区长|县长|镇长|局长|主任|组长|校长|院长|部长|处长|科长|主席|委员|经理|董事长|总裁|教授|医生|代表|会长|秘书长|村民|居民|记者|所长|队长|厅长|司长|总理|总统|先生|女士|老师|同学|站长|社长|馆长|行长|司令员|政委)$")  # fmt: skip
_BODIES = re.compile(
    r"(?:委员会|委|局|办公厅|办公室|办|厅|部|集团|公司|中心|医院|学院|大学|中学|小学|研究院|科学院|研究所|党组|党委|党支部|支部|督导组|指导组|巡视组|领导小组|小组|"
    r"派出所|法院|检察院|银行|协会|联合会|工会|政府|代表团|部队|支队|大队|企业|街道|镇|区|县|市|省|州|村|居委会|居民区|机关|报社|馆|站|署|处|社|工委|纪委|监委|班子|基地|联盟|平台|专班|专家团队|团队|党员干部)$"
)
_PLACES = re.compile(
    r"(?:区|市|县|镇|乡|村|街道|省|州|路|街|弄|号|站|港|港口|岛|湾|山|河|湖|江|桥|园|公园|园区|基地|中心|医院|学校|中学|大学|小学|陵园|广场|机场|小区|社区|居民区|新区|片区|馆|院|厅|楼|所|点|地区|新城|示范区|自贸区)$"
)
_OPEN, _CLOSE = '“"《「『‘', '”"》」』’'
_QUOTED = re.compile(r"[“\"《「『]([^“”\"《》「」『』]{1,24})[”\"》」』]")
_PERSON = ("nr", "nrfg", "nrt")
_ENDS_NAME = frozenset(
    ["v", "p", "c", "d", "uj", "ul", "uz", "ug", "uv", "ud", "x", "w", "y", "f", "r", "zg"]
)
_DOERS = frozenset(
    [
        "是",
        "由",
        "被",
        "将",
        "把",
        "对",
        "向",
        "为",
        "与",
        "和",
        "在",
        "从",
        "以",
        "给",
        "让",
        "针对",
        "通过",
        "会同",
        "结合",
        "聚焦",
        "根据",
        "按照",
        "围绕",
    ]
)
_SURNAME_LENGTH = (2, 4)


def person(reading: Reading) -> str | None:
    """谁: a person, else a body that acts; after a verb (看望了谁) whom or what it acts on; 某某是谁: the office."""
    office = _office_of_named(reading)
    if office:
        return office
    if _asks_for_object(reading):
        return _object(reading)
    people = [_whole(t) for t in reading.tokens if _is_person(t) and reading.covers(*_whole(t)) < 1]
    chosen = reading.best(people, lambda r: 3.0 if _TITLES.search(reading.folded[: r[0]]) else 0.0)
    if chosen and reading.closeness(*chosen) > 0:
        return reading.text[slice(*chosen)]
    return body(reading)


def place(reading: Reading) -> str | None:
    """哪里, 哪个区: the place nearest to the query's words, of the asked kind where one is named."""
    noun = reading.query.question.noun
    if noun == "地方":
        noun = ""
    names = [
        r for r in _names(reading, _ending(noun) if noun else _PLACES, longest=not noun) if _length(r) > 1
    ]
    if not noun:
        names += [_whole(t) for t in reading.tokens if t.tag == "ns"]
    fresh = [r for r in names if reading.covers(*r) < 0.99]
    chosen = reading.best(fresh, lambda r: _place_bonus(reading, r, bool(noun)))
    return reading.text[slice(*chosen)] if chosen else None


def which(reading: Reading) -> str | None:
    """哪个 or 什么 with a noun: the name of that kind; its quoted name where the text quotes it."""
    noun = reading.query.question.noun
    if noun in ("单位", "部门", "机构", "组织", "公司", "企业", "集团") or not noun:
        named = body(reading) if noun else None
        if named or noun:
            return named
    quoted = [
        m.span(1) for m in _QUOTED.finditer(reading.text) if reading.covers(*m.span(1)) < 0.9
    ]  # fmt: skip
    followed = [q for q in quoted if noun and reading.folded[q[1] + 1 :].startswith(noun)] or (
        [q for q in quoted if noun and noun in reading.folded[q[1] + 1 : q[1] + 9]]
    )
    chosen = reading.best(followed or ([] if noun and _names(reading, _ending(noun)) else quoted))
    if chosen is None and noun:
        chosen = reading.best([r for r in _names(reading, _ending(noun)) if _length(r) > len(noun)])
    return reading.text[slice(*chosen)] if chosen else None


def body(reading: Reading) -> str | None:
    """The organisation that acts nearest to the query's words, preferring the subject of its clause."""
    names = [r for r in _names(reading, _BODIES) if _length(r) > 2 and reading.covers(*r) < 0.99]
    starts = {c[0] for c in reading.clauses}
    chosen = reading.best(names, lambda r: 4.0 if r[0] in starts else 0.0)
    return reading.text[slice(*chosen)] if chosen else None


def full_name(reading: Reading) -> str | None:
    """The longer name that ends in the first keyword of the query (督导组: 市委第二督导组)."""
    if not reading.query.keywords:
        return None
    keyword = reading.query.keywords[0]
    names = [
        r
        for r in _names(reading, _ending(keyword))
        if _length(r) > len(keyword) and _length(r) <= LONGEST_NAME
    ]
    chosen = reading.best(names)
    return reading.text[slice(*chosen)] if chosen and _BODIES.search(keyword) else None


def _names(reading: Reading, ending: re.Pattern[str], longest: bool = True) -> list[Range]:
    """Runs of nouns that end as asked, from the first word of the run; runs stop at verbs, particles and marks.

    Of two ends in one run the last counts, or the first if not `longest` (江宁区社区: 江宁区).
    """
    found: list[Range] = []
    run: list[Token] = []
    for token in reading.tokens:
        if not _in_name(token, bool(run)):
            run = []
            continue
        run.append(token)
        end = token.start + len(token.text)
        if ending.search(reading.folded, run[0].start, end) and end - run[0].start <= LONGEST_NAME:
            if not found or found[-1][0] != run[0].start:
                found.append((run[0].start, end))
            elif longest:
                found[-1] = (run[0].start, end)
    return found


def _in_name(token: Token, inside: bool) -> bool:
    if token.text in _DOERS or not token.text.strip() or not any(c.isalnum() for c in token.text):
        return False
    if token.tag[:1] in ("n", "b", "j", "l", "s", "i") or token.tag in ("eng", "a", "an", "t"):
        return True
    if token.tag == "m":
        return token.text.startswith("第")
    if token.tag in ("vn", "q", "f", "k"):
        return inside or token.tag == "vn"
    return bool(_BODIES.search(token.text) or _PLACES.search(token.text)) and len(token.text) > 1


def _asks_for_object(reading: Reading) -> bool:
    """看望了谁: the question word closes the query right after a verb."""
    asked = reading.query.question
    if reading.query.text[asked.start : asked.end][:1] in "是由被":
        return False
    rest = reading.query.text[asked.end :].strip(" ?!。")
    before = reading.query.text[: asked.start].rstrip("了过着 ")
    tokens = reading.language.tokens(before)
    return not rest and bool(tokens) and tokens[-1].tag.startswith("v")


def _object(reading: Reading) -> str | None:
    """What follows the query's last verb in the fact, up to the next mark, without further verbs before it."""
    verbs = [w for w in reading.query.words if w.start < reading.query.question.start]
    if not verbs:
        return None
    at = reading.folded.rfind(verbs[-1].text)
    if at < 0:
        return None
    start = at + len(verbs[-1].text)
    end = next((e for s, e in reading.clauses if s <= at < e), len(reading.folded))
    tokens = reading.tokens_in(start, end)
    while tokens and (tokens[0].tag in ("v", "vn", "ul", "d", "p", "uj") or tokens[0].text == "、"):
        tokens = tokens[1:]
    if not tokens:
        return None
    said = reading.text[tokens[0].start : end].strip()
    return said if len(said) <= LONGEST_NAME else None


def _office_of_named(reading: Reading) -> str | None:
    """龚正是谁: the office printed right before the name."""
    asked = reading.query.question
    name = reading.query.text[: asked.start].strip(" 是")
    if reading.query.text[asked.end :].strip(" ?!。") or not 1 < len(name) <= _SURNAME_LENGTH[1]:
        return None
    at = reading.folded.find(name)
    if at <= 0 or not any(_is_person(t) for t in reading.language.tokens(name)):
        return None
    start = reading.clause_of(at)[0]
    said = reading.text[start:at].strip()
    return said if 1 < len(said) <= LONGEST_NAME and _TITLES.search(said) else None


def _is_person(token: Token) -> bool:
    return token.tag in _PERSON and _SURNAME_LENGTH[0] <= len(token.text) <= _SURNAME_LENGTH[1]


def _place_bonus(reading: Reading, r: Range, kind: bool) -> float:
    before = reading.folded[max(0, r[0] - 2) : r[0]]
    led = 3.0 if re.search(r"(?:在|到|于|进|赴|往|来|向)$", before) and not kind else 0.0
    return led + (2.0 if r[0] in {c[0] for c in reading.clauses} else 0.0)


def _whole(token: Token) -> Range:
    return token.start, token.start + len(token.text)


def _ending(noun: str) -> re.Pattern[str]:
    return re.compile(r"(?<![社小地园校辖城片景])区$" if noun == "区" else f"{re.escape(noun)}$")


def _length(r: Range) -> int:
    return r[1] - r[0]
