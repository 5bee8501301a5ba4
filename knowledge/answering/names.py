"""谁, 哪里, 哪个区, 哪家单位, 什么机制: the name that answers."""

from __future__ import annotations

import re

from knowledge.answering.noun_runs import (
    BODY_ENDINGS,
    PLACE_ENDINGS,
    bodies,
    ending_in,
    is_common,
    noun_runs,
    run_after,
    run_before,
)
from knowledge.answering.reading import Range, Reading
from knowledge.query.analysis import Query
from knowledge.text.analyzer import SURNAMES, Token

LONGEST_NAME = 24

_OFFICES = re.compile(
    r"(?:书记|市长|省长|区长|县长|镇长|局长|主任|组长|校长|院长|部长|处长|科长|主席|委员|经理|董事长|总裁|教授|医生|代表|会长|秘书长"
    r"|村民|居民|记者|所长|队长|厅长|司长|总理|总统|先生|女士|老师|同学|站长|社长|馆长|行长|司令员|政委|厂长)$"
)
_QUOTED = re.compile(r"[“\"《「『]([^“”\"《》「」『』]{1,24})[”\"》」』]")
_BEFORE_VERB = re.compile(
    r"(?:[在也已先曾就还将]|通过|精心|认真|积极|率先|带头|着力|共同|联合|主动|首次|创新|牵头|正在|专门)$"
)
_ADDRESS = re.compile(r"[\u4e00-\u9fff]{2,6}(?:路|街|弄|巷|大道)\s?\d+\s?(?:弄\s?\d+\s?号|[号弄])")
_SCHOOLS = re.compile(r"(?:学校|小学|中学|大学|学院)$")
_ACTS = frozenset(["单位", "部门", "机构", "组织", "公司", "企业", "集团"])
_ANYWHERE = frozenset(["地方", "地区"])
_LISTED = frozenset(["区", "镇", "县", "市", "街道", "村", "省"])
_BROAD = frozenset(["国家", "国", "城市", "省", "省份", "州", "行政区", "县市", "区县"])
_PERSON = frozenset({"nr", "nrfg", "nrt"})
_PERSON_LENGTH = (2, 4)
_FURTHER = frozenset(
    ["、", "慰问", "走访", "进行", "开展", "座谈", "考察", "调研", "了解", "推进", "推动", "各类"]
)
_PARTNER = ("跟", "与", "和", "同", "向", "给", "为", "对")
_NO_PERSON = frozenset(
    ["高一", "高二", "高三", "安康", "和平", "平安", "安全", "文明", "师生", "华丽", "金山", "宝山"]
)
_FOREIGN = re.compile(r"[\u4e00-\u9fff]{2,6}(?:[·•・][\u4e00-\u9fff]{1,8})+")
_OFFICES_REACH = 16  # characters of further offices between an office and the name
_LED = re.compile(r"(?:在|到|于|进|赴|往|来|向)$")


def person(reading: Reading) -> str | None:
    """谁: a person, else a body that acts; after a verb (看望了谁) whom or what it acts on; 某某是谁: the office."""
    office = _office_of_named(reading)
    if office:
        return office
    if _verb_with_object(reading):
        return asked_object(reading)
    held = _holder_of_office(reading)
    if held is not None:
        return held or None
    subject = _subject(reading)
    people = [m.span() for m in _FOREIGN.finditer(reading.folded)]
    people += [_whole(t) for t in reading.tokens if _is_person(t, reading)]
    actors = [p for p in people if reading.covers(*p) < 1]
    if subject:
        return next(
            (reading.text[slice(*a)] for a in actors if _overlap(a, subject)), _said(reading, subject)
        )
    chosen = reading.best(actors, lambda r: _actor_bonus(reading, r))
    if chosen and reading.closeness(*chosen) > 0:
        return reading.text[slice(*chosen)]
    return body(reading)


def asks_for_office_holder(query: Query) -> bool:
    """青海省委书记是谁."""
    before = [w for w in query.words if w.start < query.question.start]
    closes = not query.text[query.question.end :].strip(" ?")
    return bool(before) and closes and bool(_OFFICES.search(before[-1].text))


def place(reading: Reading) -> str | None:
    """哪里, 哪个区: the place nearest to the query's words, of the asked kind where one is named."""
    noun = reading.query.question.noun
    kind = "" if noun in _ANYWHERE else noun
    names = noun_runs(reading, ending_in(kind), longest=False) if kind else []
    if not names and noun in _BROAD:
        kind, names = "", [_whole(t) for t in reading.tokens if t.tag == "ns"]
    elif not kind:
        names = [m.span() for m in _ADDRESS.finditer(reading.text)]
        names += [r for r in noun_runs(reading, PLACE_ENDINGS) if not any(_overlap(r, n) for n in names)]
        names += [_whole(t) for t in reading.tokens if t.tag == "ns"]
    fresh = [r for r in names if _length(r) > 1 and reading.covers(*r) < 0.99]
    if len(kind) < 2:
        fresh = [r for r in fresh if not is_common(reading.folded[slice(*r)])]
    chosen = reading.best(fresh, lambda r: _place_bonus(reading, r, bool(kind)))
    if chosen is None:
        return None
    start, end = _with_companions(reading, chosen, fresh) if kind else chosen
    return reading.text[start:end]


def places(reading: Reading) -> str | None:
    """哪两个区: the places of that kind that act together; other lists have no short answer."""
    return place(reading) if reading.query.question.noun in _LISTED else None


def which(reading: Reading) -> str | None:
    """哪个 or 什么 with a noun: the name of that kind; its quoted name where the text quotes it."""
    noun = reading.query.question.noun
    asked = reading.query.text[reading.query.question.start : reading.query.question.end]
    if noun in ("名字", "姓名") or (not noun and asks_for_office_holder(reading.query)):
        return person(reading)
    if noun in _ACTS or (not noun and asked.endswith("家")):
        return body(reading)
    quoted = [m.span(1) for m in _QUOTED.finditer(reading.text) if reading.covers(*m.span(1)) < 0.9]
    if not noun:
        return _said(reading, reading.best(quoted))
    followed = [q for q in quoted if noun in reading.folded[q[1] + 1 : q[1] + 5 + len(noun)]]
    followed += [q for q in quoted if reading.folded[: q[1]].endswith(noun)]
    ending = _SCHOOLS if noun == "学校" else ending_in(noun)
    named = _longer(noun_runs(reading, ending), noun) or _longer(noun_runs(reading, ending, verbs=True), noun)
    named = [r for r in named if _is_proper(reading, r)] or named
    made = _made(reading, noun)
    return _said(reading, reading.best(followed) or made or reading.best(named))


def body(reading: Reading) -> str | None:
    """The organisation that acts nearest to the query's words, preferring the subject of its clause."""
    names = [r for r in bodies(reading) if _length(r) > 2 and reading.covers(*r) < 0.99]
    return _said(reading, reading.best(names, lambda r: _actor_bonus(reading, r)))


def full_name(reading: Reading) -> str | None:
    """The longer name that ends in the first keyword of the query (督导组: 市委第二督导组)."""
    if not reading.query.keywords or not BODY_ENDINGS.search(reading.query.keywords[0]):
        return None
    keyword = reading.query.keywords[0]
    names = noun_runs(reading, ending_in(keyword))
    return _said(reading, reading.best([r for r in names if len(keyword) < _length(r) <= LONGEST_NAME]))


def asked_object(reading: Reading) -> str | None:
    """Return the object of the verb whose object is asked for: 看望了谁, 谁被邀请, 跟谁协调, 培训的是谁."""
    verb = _verb_with_object(reading)
    return _object(reading, verb) if verb else None


def _verb_with_object(reading: Reading) -> Token | None:
    asked, words = reading.query.question, reading.query.words
    rest = reading.query.text[asked.end :].strip(" ?!。的")
    before = reading.query.text[: asked.start].rstrip("了过着 ")
    if before.endswith(("联合", "会同")):
        return next((w for w in reversed(words) if w.start < asked.start), None)
    if rest.startswith("被") or before.endswith(_PARTNER):
        return next((w for w in words if w.start >= asked.end), None)
    if rest or reading.query.text[asked.start : asked.end][:1] in ("由", "被"):
        return None
    if reading.query.text[asked.start : asked.end].startswith("是"):
        before = before.removesuffix("的") if before.endswith("的") else ""
    tokens = reading.language.tokens(before)
    if not tokens or not tokens[-1].tag.startswith("v"):
        return None
    return next((w for w in reversed(words) if w.start < asked.start), None)


def _subject(reading: Reading) -> Range | None:
    """The run of nouns that ends right before the verb asked about (谁坦言: 高三学生)."""
    asked = reading.query.question
    verb = next((w for w in reading.query.words if w.start >= asked.end), None)
    at = reading.folded.find(verb.text) if verb else -1
    while at > 0 and (led := _BEFORE_VERB.search(reading.folded, 0, at)):
        at = led.start()
    run = run_before(reading, at) if at > 0 else None
    return run if run and _length(run) > 1 and reading.covers(*run) < 0.5 else None


def _object(reading: Reading, verb: Token) -> str | None:
    """What follows the verb in the fact: its nouns, and those joined to them by 、, without further verbs before."""
    at = reading.folded.rfind(verb.text)
    if at < 0:
        return None
    start, end = at + len(verb.text), reading.clause_of(at)[1]
    tokens = list(reading.tokens_in(start, end))
    while tokens and (tokens[0].tag in ("ul", "d", "p", "uj", "uz") or tokens[0].text in _FURTHER):
        tokens.pop(0)
    if not tokens:
        return None
    start = tokens[0].start
    run = run_after(reading, start, end)
    return _said(reading, run or (start, min(end, start + LONGEST_NAME)))


def _office_of_named(reading: Reading) -> str | None:
    """龚正是谁: the office printed right before the name."""
    asked = reading.query.question
    name = reading.query.text[: asked.start].strip(" 是")
    if reading.query.text[asked.end :].strip(" ?!。") or not 1 < len(name) <= _PERSON_LENGTH[1]:
        return None
    at = reading.folded.find(name)
    if at <= 0 or not any(t.tag in _PERSON for t in reading.language.tokens(name)):
        return None
    said = reading.text[reading.clause_of(at)[0] : at].strip()
    return said if 1 < len(said) <= LONGEST_NAME and _OFFICES.search(said) else None


def _longer(runs: list[Range], noun: str) -> list[Range]:
    return [r for r in runs if _length(r) > len(noun)]


def _is_proper(reading: Reading, r: Range) -> bool:
    """A name with a proper noun in it (果洛州人民医院) rather than a kind (综合性医院)."""
    return any(t.tag in ("ns", "nr", "nt", "nz", "nrfg", "nrt") for t in reading.tokens_in(*r))


def _holder_of_office(reading: Reading) -> str | None:
    """青海省委书记是谁: whose name the office leads to; empty where it leads to none, None where no office is asked."""
    if not asks_for_office_holder(reading.query):
        return None
    office = [w for w in reading.query.words if w.start < reading.query.question.start][-1].text
    for found in re.finditer(re.escape(office), reading.folded):
        end = reading.clause_of(found.start())[1]
        for token in reading.tokens_in(found.end(), min(end, found.end() + _OFFICES_REACH)):
            if _is_person(token, reading):
                return reading.text[slice(*_whole(token))]
    return ""


def _made(reading: Reading, noun: str) -> Range | None:
    """建立了什么机制: what stands in the fact between the query's verb and the noun."""
    verbs = [w for w in reading.query.words if w.start < reading.query.question.start and w.tag == "v"]
    for verb in reversed(verbs):
        at = reading.folded.find(verb.text)
        if at < 0:
            continue
        start = at + len(verb.text)
        start += reading.folded[start : start + 1] in ("了", "过", "着")
        found = reading.folded.find(noun, start + 1, min(reading.clause_of(at)[1], start + LONGEST_NAME))
        if found > 0:
            return start, found + len(noun)
    return None


def _is_person(token: Token, reading: Reading) -> bool:
    after = reading.folded[token.start + len(token.text) :][:1]
    shape = _PERSON_LENGTH[0] <= len(token.text) <= _PERSON_LENGTH[1]
    return (
        token.tag in _PERSON
        and shape
        and token.text[0] in SURNAMES
        and token.text not in _NO_PERSON
        and after not in tuple("区县镇乡村省市州路站")
    )


def _actor_bonus(reading: Reading, r: Range) -> float:
    """Who acts stands after an office or at the start of a clause, and before the verb that the question names."""
    bonus = 3.0 if _OFFICES.search(reading.folded[: r[0]]) else 0.0
    if r[0] in {start for start, _ in reading.clauses}:
        bonus += 4.0
    verb = next((w for w in reading.query.words if w.start >= reading.query.question.end), None)
    at = reading.folded.find(verb.text) if verb else -1
    return bonus + (3.0 if at >= r[1] else 0.0)


def _place_bonus(reading: Reading, r: Range, kind: bool) -> float:
    led = 3.0 if _LED.search(reading.folded, max(0, r[0] - 2), r[0]) and not kind else 0.0
    return led + (2.0 if r[0] in {start for start, _ in reading.clauses} else 0.0)


def _with_companions(reading: Reading, chosen: Range, names: list[Range]) -> Range:
    """徐汇区、奉贤区签署: places that act together are said together."""
    start, end = chosen
    for r in sorted(names, reverse=True):
        if reading.text[r[1] : start] in ("、", "和", "与"):
            start = r[0]
    for r in sorted(names):
        if reading.text[end : r[0]] in ("、", "和", "与"):
            end = r[1]
    return start, end


def _said(reading: Reading, chosen: Range | None) -> str | None:
    if chosen is None or not 1 < _length(chosen) <= LONGEST_NAME:
        return None
    return reading.text[slice(*chosen)].strip() or None


def _whole(token: Token) -> Range:
    return token.start, token.start + len(token.text)


def _overlap(one: Range, other: Range) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _length(r: Range) -> int:
    return r[1] - r[0]
