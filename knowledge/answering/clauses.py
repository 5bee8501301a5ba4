"""为什么 and 怎么: the clause that gives the reason or the way, without what the question said already."""

from __future__ import annotations

import re
from collections.abc import Callable

from knowledge.answering.reading import Range, Reading
from knowledge.query.analysis import Query
from knowledge.text.analyzer import Token

LONGEST_CLAUSE = 30
_SHORT = 12
_ITEMS = 20  # beyond, a list is said by its first item
_SHARE = 6.0  # of closeness: the clause that answers is often not the one that repeats the question
_CAUSE = re.compile(
    r"(?:却|就)?(?:因为|由于|源于|得益于|归功于|缘于|就是要|是为了|旨在|目的是|(?<![原])因(?![此而素]))"
)
_AIMED = re.compile(
    r"(?:针对|面对|为了|为解决|鉴于)(.{2,40}?)(?:等)?(?:突出|痛点|难点|堵点)*(?:问题|情况|诉求)?$"
)
_TROUBLE = re.compile(r"原因|关键|根源|难|不足|不统一|不透明|却|最")
_WAY = re.compile(
    r"通过|探索|推出|建立|设立|实施|打造|制定|运用|开展|完善|推动|形成|优化|协调|依托|构建|采用|借助|组织|引入|推进|安装|开通|精简|整合|会同|以.{1,12}为|把|将|率先|成立|签署|创新|强化|启动|发放|设置|增设|开设|实行|执行|细化"
)
_RESULT = re.compile(r"^(?:让|使|确保|获得|实现|从而|形成为)")
_PROBLEM = re.compile(r"针对|问题|面对|困扰|难题|不足")
_QUOTED = re.compile(r"[“\"「『]([^“”\"「」『』]{2,16})[”\"」』]")
_LEADING = frozenset(["p", "d", "c", "x", "ul", "uj", "u", "w", "y", "r"])


def reason(reading: Reading) -> str | None:
    """Return why: the clause that ends in what was asked about (为什么难: 三者平衡难), else one that names a cause."""
    predicate = asked_state(reading.query)
    chosen = _choose(reading, lambda c: _reason_bonus(reading, c, predicate))
    aimed = _AIMED.search(reading.folded, *chosen) if chosen else None
    if aimed and chosen and not _CAUSE.search(reading.folded, *chosen):
        return reading.text[slice(*_unquoted(reading, *aimed.span(1)))]
    return _said(reading, chosen)


def way(reading: Reading) -> str | None:
    """Return how: the clause of what was done, after the words of the question."""
    chosen = _choose(reading, lambda c: _way_bonus(reading, c))
    return _said(reading, chosen)


def asked_state(query: Query) -> str:
    """Return what 为什么 asks about where that is a state: 为什么难, 为什么这么快; else nothing."""
    last = query.words[-1:]
    return last[0].text if last and last[0].start >= query.question.end and _is_state(last[0]) else ""


def _is_state(word: Token) -> bool:
    """难, 快, 复杂: what a thing is, not what one does, nor a thing itself (盾构机)."""
    return word.tag.startswith("a") or (len(word.text) == 1 and not word.tag.startswith("n"))


def _choose(reading: Reading, bonus: Callable[[Range], float]) -> Range | None:
    clauses = [c for c in reading.clauses if c[1] - c[0] > 2]
    fresh = [c for c in clauses if reading.covers(*c) < 0.8] or clauses
    share = _SHARE / max(1.0, sum(reading.weights().values()))
    return max(fresh, key=lambda c: share * reading.closeness(*c) + bonus(c), default=None)


def _reason_bonus(reading: Reading, clause: Range, predicate: str) -> float:
    said = reading.folded[slice(*clause)]
    bonus = (
        12.0 if _CAUSE.search(said) else 8.0 if _AIMED.search(said) else 4.0 if _TROUBLE.search(said) else 0.0
    )
    if predicate and said.endswith(predicate):
        bonus += 20.0
    if _QUOTED.search(reading.text, *clause):
        bonus += 3.0
    return bonus - 12.0 * reading.covers(*clause)


def _way_bonus(reading: Reading, clause: Range) -> float:
    said = reading.folded[slice(*clause)]
    bonus = 6.0 if _WAY.search(said) else 0.0
    if _PROBLEM.search(said) or _RESULT.search(said):
        bonus -= 6.0 if "解决" not in said else 2.0
    if _QUOTED.search(reading.text, *clause):
        bonus += 3.0
    words = reading.query.words[-1:]
    if (
        words
        and words[0].start >= reading.query.question.end
        and words[0].text in said
        and reading.covers(*clause) < 0.4
    ):
        bonus += 3.0
    last = max((e for mark in reading.marks for _, e in mark.places), default=0)
    if clause[1] >= last:
        bonus += 3.0
    return bonus - 12.0 * reading.covers(*clause)


def _said(reading: Reading, clause: Range | None) -> str | None:
    """Cut a clause to what is new: leading words of the question go; a long one is cut to its quoted term or tail."""
    if clause is None:
        return None
    start, end = _new_part(reading, clause)
    cause = _CAUSE.search(reading.folded, start, end)
    if cause and end - cause.end() > 1:
        return _cause(reading, cause.end(), end)
    if end - start > _SHORT:
        start, end = _core_of(reading, start, end)
    said = reading.text[start:end].strip()
    return said if 1 < len(said) <= LONGEST_CLAUSE else None


def _cause(reading: Reading, start: int, end: int) -> str:
    """因行政管辖问题迟迟得不到解决: what stands between 因 and the verb, if all would be long."""
    if end - start > _SHORT:
        tokens = reading.tokens_in(start, end)
        stop = next((t.start for t in tokens[1:] if t.tag in ("d", "v", "c") and t.start - start > 2), end)
        end = stop
    return reading.text[start : min(end, start + LONGEST_CLAUSE)].strip()


def _unquoted(reading: Reading, start: int, end: int) -> Range:
    """A lone quoted list loses its marks; a long aim keeps what is quoted in it, else its last words."""
    quoted = _QUOTED.search(reading.text, start, end)
    if quoted:
        return quoted.span(1)
    if end - start > _ITEMS:
        end = min(end, max(reading.item_of(start)[1], start + 2), start + LONGEST_CLAUSE)
    return start, end


def _new_part(reading: Reading, clause: Range) -> Range:
    start, end = clause
    marked = {i for mark in reading.marks for s, e in mark.places for i in range(s, e)}
    tokens = reading.tokens_in(start, end)
    lead = 0
    for i, token in enumerate(tokens):
        if token.start in marked:
            lead = i + 1
        elif token.tag[:1] not in _LEADING and token.tag not in _LEADING and i > lead + 1:
            break
    while lead < len(tokens) and (
        tokens[lead].tag in ("uj", "ul", "x", "u", "f") and tokens[lead].text not in '“"《'
    ):
        lead += 1
    if lead >= len(tokens):
        return clause
    return tokens[lead].start, end


def _core_of(reading: Reading, start: int, end: int) -> Range:
    quoted = _QUOTED.search(reading.text, start, end)
    if quoted and reading.covers(*quoted.span(1)) < 0.9:
        return _around(reading, quoted.span(), start, end)
    items = [(s, e) for s, e in reading_items(reading, start, end) if e - s <= _SHORT]
    if items:
        return items[0]
    tails = [t for t in reading.tokens_in(start, end) if 5 <= end - t.start <= _SHORT]
    acting = [t for t in tails if t.tag == "v"] or tails
    return (acting[0].start, end) if acting else (start, end)


def _around(reading: Reading, quoted: Range, start: int, end: int) -> Range:
    """A quoted term with the noun that follows it, if that stays short."""
    tail = quoted[1]
    for token in reading.tokens_in(quoted[1], end):
        if token.tag[:1] != "n" and token.tag != "vn":
            break
        if token.start + len(token.text) - quoted[0] > _SHORT:
            break
        tail = token.start + len(token.text)
    return (quoted[0], tail) if tail > quoted[1] else (quoted[0] + 1, quoted[1] - 1)


def reading_items(reading: Reading, start: int, end: int) -> list[Range]:
    """The parts between 、 of a clause."""
    items: list[Range] = []
    at = start
    while at < end:
        stop = reading.item_of(at)[1]
        items.append((at, min(max(stop, at + 1), end)))
        at = max(stop, at) + 1
    return items if len(items) > 1 else []
