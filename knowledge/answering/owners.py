"""Whom a sentence is told of that does not name it: whoever was named last, in a sentence before or as its heading.

课程二：古诗诵读 / 价格：900元 tells no price of what 课程一 names, nor of a 课程三 that is named only afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise, permutations

from knowledge.answering.constraints import TIERS, Constraint, SlotKind, codes
from knowledge.answering.whole import whole_moments
from knowledge.answering.window import CELL_END, SENTENCE_PART, Passage, Place, part_of
from knowledge.query.analysis import Query
from knowledge.query.question import NAMES, QuestionType, ends_a_name
from knowledge.text.analyzer import NAME_TAGS, SURNAMES, Token
from knowledge.text.numbers import quantities

Other = tuple[str, str]
"""Who was asked about, and who is told of instead."""
LONGEST_HEADING = 24
_OWNING = frozenset({SlotKind.PERSON, SlotKind.PLACE, SlotKind.NAME, SlotKind.THING})
_ENDS = "。！？!?；;…"
_FIRST_CLAUSE = re.compile(r"[^,，;；。！？!?]*")
_LABEL = re.compile(r"^(?P<label>[^:：,，。\s]{2,8})[:：]\s*(?P<value>[^:：,，。]{2,20})$")
_NUMERAL = re.compile(r"[\d一二三四五六七八九十甲乙丙丁a-z]+$")
_ROW = re.compile(r"(?P<label>[^:|]{1,12}):(?P<key>[^|]{1,24})\|")
_ANAPHOR = re.compile(r"[该其此这它]|[他她](?!的)|当地(?!时间)|两[家者队地人]|双方|公司(?=[,，将已在的])")
"""What points to who was named before: 该公司, 两家."""
_POSSESSORS = ("他的", "她的")
_COPULAS = frozenset("为是达约有:") | {"达到"}
_FROM = frozenset("从由自")
_WITH = frozenset("和与跟同")
_PASSIVE = "被遭受获由"
_PREDICATES = "vpdr"
_LEADING = "ctmfqx"
_WHERE = frozenset("在于")


def other_owner(one: Constraint, word: str, level: int, passage: Passage) -> str:
    """Return whom a fact is told of where that is another than the `word` that stands around it at `level`, or nothing.

    At level 2 it stands in a sentence before: another of its kind may stand nearer.
    """
    if one.kind not in _OWNING or len(word) < 2 or level != 2:
        return ""
    nearer: list[str] = []
    for text in reversed(passage.around.before):
        folded = passage.language.fold(text)
        if word in folded:
            return next((own for own in nearer if _are_kin(_named(folded, passage), own, passage)), "")
        if own := _named(folded, passage):
            nearer.append(own)
    return ""


def is_named_later(one: Constraint, word: str, passage: Passage) -> bool:
    """Tell whether what follows is headed by a word that neither fact nor what stands before knows: it owns the rest."""
    if one.kind not in _OWNING or len(word) < 2:
        return False
    lines = (passage.language.fold(text).strip() for text in passage.around.after)
    return any(word in line and (_is_heading(line) or _LABEL.match(line)) for line in lines)


def is_told_beside(one: Constraint, word: str, passage: Passage, of_figures: bool) -> bool:
    """Tell whether a sentence beside the fact tells what a word is, by a label or in figures: 它的电池容量为4000毫安时."""
    if one.kind is not SlotKind.THING or len(word) < 2:
        return False
    for text in (*passage.around.before, *passage.around.after):
        folded = passage.language.fold(text)
        at = folded.find(word)
        if at < 0:
            continue
        rest = _FIRST_CLAUSE.match(folded, at + len(word))
        if folded.startswith(":", at + len(word)) or (of_figures and rest and quantities(rest.group())):
            return True
    return False


def dates_a_deed(passage: Passage) -> bool:
    """Tell whether a fact says of a deed of its own when it is: a verb stands behind a time in its clause, or a noun for one."""
    for span in passage.periods:
        _, end = part_of(passage.folded, (span.start, span.end), CELL_END)
        behind = (token for token in passage.tokens if span.end <= token.start < end and len(token.text) > 1)
        if any(token.tag[:1] == "v" or (token.tag == "n" and token.start == span.end) for token in behind):
            return True
    return False


def code_before(passage: Passage) -> dict[str, str]:
    """Return the codes of the last sentence before that has any, as they compare and as they stand there."""
    for text in reversed(passage.around.before):
        folded = passage.language.fold(text)
        if found := {key: folded[start:end] for start, end, key in codes(folded) if key[:1].isalpha()}:
            return found
    return {}


def _named(folded: str, passage: Passage) -> str:
    """What a sentence names at its head: its heading or its label with the value, whole, or the name that begins it."""
    line = folded.strip()
    if _is_heading(line) or _LABEL.match(line):
        return line
    first = next(iter(passage.language.tokens(line[:LONGEST_HEADING])), None)
    return first.text if first and first.tag[:2] in NAME_TAGS else ""


def _is_heading(line: str) -> bool:
    marked = any(mark in line for mark in f"{_ENDS}:：,，")
    return len(line) <= LONGEST_HEADING and not marked and not quantities(line)


def _are_kin(named: str, other: str, passage: Passage) -> bool:
    """Whether two heads name things of one sort: labels that only count on, names of one sort."""
    if not named or not other or named == other:
        return False
    labels = [match["label"] if (match := _LABEL.match(text)) else "" for text in (named, other)]
    if any(labels):
        stems = [_NUMERAL.sub("", label) for label in labels]
        return labels[0] != labels[1] and stems[0] == stems[1] != ""
    tags = [next(iter(passage.language.tokens(text))).tag[:2] for text in (named, other)]
    return tags[0] == tags[1] and tags[0] in NAME_TAGS


def told_of_another(
    query: Query, bound: Sequence[Constraint], passage: Passage, place: Place
) -> Other | None:
    """Return who was asked about, and of whom of the same sort the clause that holds the span `place` tells instead.

    2019年，甲省采用新卷，乙省不变: the year is told of 甲省. A clause without a subject has that of the one before.
    """
    if other := (
        _of_another_row(query, passage)
        or _of_another_bearer(bound, passage, place)
        or _of_another_item(query, bound, passage, place)
        or _of_another_head(bound, passage, place)
    ):
        return other
    asked = _asked_subject(query, bound, passage)
    if not asked or _ANAPHOR.search(passage.folded[: place[1]]):
        return None
    proper = [one.text for one in asked if is_proper(one, passage)]
    others = [one.text for one in bound if one not in asked and len(one.text) > 1]
    for start, end in reversed([*_clauses(passage, place)]):
        if any(word in passage.folded[start:end] for word in proper):
            return None
        is_theirs = passage.folded.startswith(_POSSESSORS, start)  # 他的妻子葛云
        run = _subject(passage, start + 2 * is_theirs, end)
        named = any(_is_name(token.text, token.tag, passage) for token in run)
        if not named and not _are_listed(asked, run, passage):
            continue
        tiers = [at for at, token in enumerate(run) if token.text[-1] in TIERS]
        if tiers and any(one.text[-1] in TIERS for one in asked):
            run = run[: tiers[0] + 1]  # 甲镇 of 甲镇新建大棚
        first, last = run[0].start, run[-1].start + len(run[-1].text)
        told = passage.folded[first:last]
        if first < place[1] and place[0] < last:  # a place that does what another place was asked about
            of_places = query.type is QuestionType.PLACE and asked[0].kind is SlotKind.PLACE
            is_other = of_places and run[0].tag == "ns"
        else:
            is_other = _are_of_one_sort(asked[:2], told, run)
        whole = "".join(one.text for one in asked)
        if not is_other or any(word in told for word in others) or whole.endswith(told):  # 新馆 of 图书馆新馆
            return None
        return whole, told
    return None


def _of_another_row(query: Query, passage: Passage) -> Other | None:
    """Which row of a table was asked about, and which this one is, where that one stands beside it: 13路 for 13路区间."""
    beside = map(passage.language.fold, (*passage.around.before, *passage.around.after))
    own, *others = (_ROW.match(text) for text in (passage.folded, *beside))
    keys = [one["key"] for one in others if own and one and one["label"] == own["label"]]
    asked = max((key for key in keys if key in query.text), key=len, default="")
    if not own or not asked or (own["key"] in query.text and len(own["key"]) >= len(asked)):
        return None
    return asked, own["key"]


def _of_another_bearer(bound: Sequence[Constraint], passage: Passage, place: Place) -> Other | None:
    """Whose age a span is, where its clause says that before it or right behind it and it is not who was asked about: 82岁婆婆."""
    begin, end = part_of(passage.folded, place, CELL_END)
    asked = [one.text for one in bound if one.kind in _OWNING]
    if not asked or not passage.folded[: place[1]].rstrip("的").endswith("岁"):
        return None
    behind = place[1] + passage.folded.startswith("的", place[1])
    whose = next((t for t in passage.tokens if t.start == behind < end and t.tag[:1] == "n"), None)
    if whose is None:
        run = _subject(passage, begin, place[0])
        subject = passage.folded[run[0].start : place[0]] if run else ""  # 母亲 of 母亲今年61岁
        named = any(word in passage.folded[begin:end] for word in asked)
        return None if named or not subject else ("".join(asked), "".join(token.text for token in run))
    if whose.tag[:2] == "nr":  # 15岁的李明胜陈立
        named = any(passage.folded.startswith(word, behind) for word in asked)
    else:
        named = any(word in passage.folded[begin:end] for word in asked)
    return None if named else ("".join(asked), whose.text)


def _of_another_head(bound: Sequence[Constraint], passage: Passage, place: Place) -> Other | None:
    """An asked noun that stands nowhere here, and the one of its head right before a span: 出生率为5.49‰ for 死亡率."""
    before = [t for t in passage.tokens if t.start < place[0] and t.text not in _COPULAS][-1:]
    for token in (t for t in before if len(t.text) > 2 and t.tag[:1] == "n"):
        for one in bound:
            alike = len(one.text) > 2 and one.text[-1] == token.text[-1] and one.kind is SlotKind.THING
            if alike and one.text not in passage.folded and token.text not in one.text:
                return one.text, token.text
    return None


def _are_listed(asked: Sequence[Constraint], run: Sequence[Token], passage: Passage) -> bool:
    """Tell whether a subject and what was asked about end alike and stand both in a heading: 图书馆、美术馆开放时间."""
    last = run[-1].text if run else ""
    listed = (one.text for one in asked if one.text in passage.heads and last in passage.heads)
    return any(one != last and one[-1] == last[-1:] for one in listed)


def _of_another_item(
    query: Query, bound: Sequence[Constraint], passage: Passage, place: Place
) -> Other | None:
    """An asked name, and one of its sort that the item of a span begins with, where the asked one stands in another: 甲…；乙…."""
    folded = passage.folded
    start, end = part_of(folded, place, SENTENCE_PART)
    elsewhere = folded[:start] + folded[end:]
    leading = [
        token
        for before, token in pairwise((Token("", "x", -1), *passage.tokens))
        if start <= token.start < place[0] and (before.tag not in ("p", "c") or before.text in _WHERE)
    ]
    for one in bound:
        whole = query.text[one.start : one.end + 1] if one.kind in _COUNTED else ""
        if whole[-1:].isalpha() and whole in elsewhere and whole not in folded[start:end]:
            other = re.search(rf"(?<![a-z\d])[a-z]{{0,2}}\d+{whole[-1]}", folded[start:end])
            return (whole, other.group()) if other else None  # 12路…；35路…
        if one.kind in TAGS_OF_NAMES and one.text in elsewhere and one.text not in folded[start:end]:
            named = (t for t in leading if t.tag[:2] == TAGS_OF_NAMES[one.kind] and t.text not in query.text)
            return next(((one.text, t.text) for t in named if _is_name(t.text, t.tag, passage)), None)
    return _of_another_compound(bound, passage, place)


def _of_another_compound(bound: Sequence[Constraint], passage: Passage, place: Place) -> Other | None:
    """An asked compound and the one of its head that a span's item has, where what lacks stands before the head in another.

    水彩入门课1200元，油画进阶课2200元 tells no price of 油画入门课.
    """
    start, end = part_of(passage.folded, place, CELL_END)
    own = passage.folded[start:end]
    for run in runs_of(bound):
        head = re.escape(run[-1].text)
        for one in run[:-1] if own.find(run[-1].text) > 1 else ():  # 线 of 线路全长 is the end of nothing
            other = re.compile(rf"{re.escape(one.text)}[^,，]{{0,3}}{head}")
            elsewhere = passage.folded[:start] + passage.folded[end:]
            at = start + own.find(run[-1].text)
            led = any(t.start < at <= t.start + len(t.text) and t.tag[:1] in "ns" for t in passage.tokens)
            there = (led and one.text in TIERS) or other.search(elsewhere)  # 中央财政 for 省财政
            if one.text not in own and not is_proper(one, passage) and there:
                return "".join(each.text for each in run), own[: own.find(run[-1].text)] + run[-1].text
    return None


def other_name(one: Constraint, head: str, passage: Passage, asked: str, least: int) -> str:
    """Return the name that a fact has with something else before its `head`: 上海研究院 for 北京|研究院, 爱公寓 for 寓见|公寓.

    There must be `least` of them: where a name is asked for, one may be the answer itself.
    """
    if (len(head) < 2 and not head.isdecimal()) or not is_proper(one, passage):
        return ""
    others: list[str] = []
    for before, token in pairwise(passage.tokens):
        if token.text != head and (head.isdecimal() or not passage.folded.startswith(head, token.start)):
            continue  # 小米8 for 荣耀8, no 845
        touches = before.start + len(before.text) == token.start and before.text not in asked
        if touches and (before.tag[:1] in "nj" or (before.tag[:1] in "va" and len(before.text) == 1)):
            others.append(before.text + head)
        elif before.tag[:1] in "umr":
            return ""  # 的公寓, 这家公寓
    return others[0] if len(others) >= least else ""


def other_partner(one: Constraint, passage: Passage, asked: str) -> str:
    """Return with whom else a fact has it done, where the query has a name behind 和 or 与 that the fact lacks: 和普京 for 和朔尔兹."""
    before = asked[: one.start][-1:]
    if before not in _WITH or one.text in passage.folded or not is_proper(one, passage):
        return ""
    for token, following in pairwise((*passage.tokens, Token("", "x", -1))):
        joined = token.text[0] in _WITH and len(token.text) > 1  # 和普京 may be taken for one name
        name = token.text[1:] if joined else following.text
        named = (token if joined else following).tag[:2] in NAME_TAGS
        if token.text[0] in _WITH and named and len(name) > 1 and name not in asked:
            return before + name
    return ""


def is_reversed(query: Query, bound: Sequence[Constraint], passage: Passage) -> bool:
    """Tell whether a fact has who does it and who suffers it, or whence and whither, the other way round.

    甲收购了谁 and 甲被乙收购; 谁打破了甲的纪录 and 甲打破了乙的纪录; 从专科转为本科 and 从本科转为专科.
    """
    question, told = query.question, passage.folded
    words = [re.escape(one.text) for one in bound if len(one.text) > 1 and one.text in told]
    for one, other in permutations(words, 2) if not _FROM.isdisjoint(query.text) else ():
        there, back = (
            rf"[从由自]{a}[^,，;；。从由自]{{0,4}}?[转变改升调降到至为成]+{b}"
            for a, b in ((one, other), (other, one))
        )
        if re.search(there, query.text) and re.search(back, told) and not re.search(there, told):
            return True
    deed = next((one for one in bound if one.kind is SlotKind.DEED and one.end - one.start > 1), None)
    if deed is None or query.type not in NAMES or question.start == question.end:
        return False
    since = max((one.end for one in bound if one.kind is SlotKind.DEED and one.end <= deed.start), default=0)
    passive = any(mark in query.text[since : deed.start] for mark in _PASSIVE)
    acts = [*_acts(passage, deed.text)]
    for run in runs_of(bound):
        start, end, name = run[0].start, run[-1].end, "".join(one.text for one in run)
        before, behind = end <= deed.start, start in (deed.end, deed.end + 1)
        does = before and not passive and question.start in (deed.end, deed.end + 1)  # 甲收购了谁
        suffers = (before and passive) or (behind and question.start < deed.start)  # 甲被谁收购, 谁收购了甲
        ways = [(name in whom, name in who) for who, whom in acts] if does or suffers else []
        if ways and all(way == (does, suffers) for way in ways):
            return True
    return False


def asked_doers(query: Query, passage: Passage) -> list[str]:
    """Return whom the fact has doing what stands right behind the question word, or suffering it: 谁夺冠, 谁被表彰."""
    asked = query.question.end
    deed = next((w for w in query.words if w.start >= asked and w.tag == "v" and len(w.text) > 1), None)
    between = query.text[asked : deed.start] if deed else ""
    led = query.text[0] not in "谁哪什何" or query.question.start > 0  # 与谁合作, 在哪个县
    if deed is None or led or len(between) > 1 or query.type not in NAMES - {QuestionType.PLACE}:
        return []
    suffers = between != "" and between in _PASSIVE
    return [one for act in _acts(passage, deed.text) if (one := act[suffers])]


def _acts(passage: Passage, deed: str) -> Iterator[tuple[str, str]]:
    """Who does a deed and to whom, wherever it is told; a clause without a subject has that of the one before."""
    who = ""
    for start, end in _clauses(passage, (len(passage.folded),) * 2):
        run = _subject(passage, start, end)
        last = run[-1].start + len(run[-1].text) if run else start
        if run and not passage.folded.startswith("的", last):
            who = passage.folded[run[0].start : last]
        at = passage.folded.find(deed, start, end)
        passive = next((n for n in range(start, at) if passage.folded[n] in _PASSIVE), None)
        if at >= 0 and passive is not None:
            agent = "".join(token.text for token in _subject(passage, passive + 1, end))
            yield agent, passage.folded[start:passive] or who
        elif at >= 0:
            yield who, passage.folded[at + len(deed) : end]


_COUNTED = frozenset({SlotKind.FIGURE, SlotKind.CODE})
TAGS_OF_NAMES = {SlotKind.PERSON: "nr", SlotKind.PLACE: "ns", SlotKind.NAME: "nt"}


def runs_of(bound: Sequence[Constraint]) -> list[list[Constraint]]:
    """The names and things that a query binds, those that touch as one: 百川|生物, 王|大海."""
    runs: list[list[Constraint]] = []
    for one in bound:
        if one.kind in _OWNING and runs and runs[-1][-1].end == one.start:
            runs[-1].append(one)
        elif one.kind in _OWNING:
            runs.append([one])
    return runs


def _asked_subject(query: Query, bound: Sequence[Constraint], passage: Passage) -> list[Constraint]:
    """The name that a query begins its statement with, whole, or nothing."""
    run = next(iter(runs_of(bound)), [])
    led = any(one.kind is SlotKind.DEED and one.start < run[0].start for one in bound) if run else True
    return [] if led or not any(is_proper(one, passage) for one in run) else run


def is_proper(one: Constraint, passage: Passage) -> bool:
    """Tell whether a word of a query is a name: of a person, a place, a body, or one that no dictionary has."""
    return one.kind in TAGS_OF_NAMES or (one.kind in _OWNING and _is_name(one.text, "", passage))


def _is_name(word: str, tag: str, passage: Passage) -> bool:
    """Whether a word is a name: one that no dictionary has, or one of its names; a person's begins with a surname."""
    known = passage.language.knows(word)
    named = tag[:2] in NAME_TAGS and (tag[:2] != "nr" or word[0] in SURNAMES)
    return len(word) > 1 and word[0].isalpha() and (named or not known)


def _clauses(passage: Passage, place: Place) -> Iterator[Place]:
    """The clauses up to the one that holds a span; a moment that opens one belongs to it: 2019年，甲省采用新卷."""
    moments = set(whole_moments(passage))
    start = at = 0
    for match in (*CELL_END.finditer(passage.folded), None):
        end = match.start() if match else len(passage.folded)
        if match is None or (at, end) not in moments:
            yield start, end
            if end >= place[1]:
                return
            start = match.end() if match else end
        at = match.end() if match else end


def _subject(passage: Passage, start: int, end: int) -> list[Token]:
    """The words that open a clause before its predicate, without times and conjunctions."""
    run: list[Token] = []
    for token in passage.tokens:
        if not start <= token.start < end or (not run and token.tag[:1] in _LEADING):
            continue
        if token.tag[:1] in _PREDICATES or (token.tag[:1] not in "nsjblv" and token.tag != "eng"):
            return run
        run.append(token)
    return []


def _are_of_one_sort(asked: Sequence[Constraint], told: str, run: Sequence[Token]) -> bool:
    """Whether two subjects are of one sort: persons, ending alike or as parts of the state, bodies of made-up names."""
    ends, end = {one.text[-1] for one in asked}, told[-1]
    if end in ends or (end in TIERS and not ends.isdisjoint(TIERS)):
        return True
    if SlotKind.PERSON in {one.kind for one in asked} and any(token.tag[:2] == "nr" for token in run):
        return True
    return len(asked) > 1 and len(run) > 1 and not any(map(ends_a_name, (*(one.text for one in asked), told)))
