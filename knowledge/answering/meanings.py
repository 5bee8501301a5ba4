"""A bare figure, 是什么, and keywords: what a figure counts, what a term stands for."""

from __future__ import annotations

import re

from knowledge.answering.amounts import best_amount
from knowledge.answering.names import asked_object, full_name
from knowledge.answering.reading import Reading
from knowledge.text.analyzer import Token
from knowledge.text.numbers import Quantity, QuantityKind

LONGEST = 30
_COMFORTABLE = 20
_SHORT = 12
_HELPERS = frozenset(["是", "有", "达", "为", "共", "仅", "超", "近", "约", "占"])
_CLOSERS = '”"’》」』'
_OPENERS = '“"‘《「『'
_APPOSED = re.compile(r"[,，]([^,，。;；]{4,28})[,，]是")
_SUBJECT = re.compile(r"(?:一度|曾|曾经|曾一度|就|也|都)*(?:是|为|叫|称为|被称为)[“\"]?$")
_BRACKETED = re.compile(r"[”\"』」]?[(（]([^()（）]{2,30})[)）]")
_DEFINED = re.compile(r"[”\"』」]?(?:是指|就是|即|是|指)([^,，。;；]{2,30})")
_DESCRIBING = re.compile(
    r"[\u4e00-\u9fff]{1,5}的(?=[\u4e00-\u9fff])"
)  # 33家|工作相对薄弱的支部: no noun of the figure's


def counted(reading: Reading) -> str | None:
    """Return the asked figure with what it counts: 5533个问题, 同比增长70.12%."""
    wanted = set(reading.query.number_keys)
    figure = next((f for f in reading.quantities if wanted.intersection(f.keys)), None)
    return _with_noun(reading, figure) if figure else None


def meaning(reading: Reading) -> str | None:
    """Return what a term stands for, where the text says so next to it; None where it does not."""
    term = max((mark for mark in reading.marks), key=lambda m: m.weight, default=None)
    if term is None:
        return None
    acted_on = asked_object(reading)
    if acted_on:
        return acted_on
    for start, end in term.places:
        while end < len(reading.folded) and reading.covers(start, end + 1) == 1:
            end += 1
        for pattern in (_BRACKETED, _DEFINED, _APPOSED):
            found = pattern.match(reading.text, end)
            if found:
                return found[1].strip()
        subject = _subject_before(reading, start)
        if subject:
            return subject
        listed = _enumeration_before(reading, start)
        if listed:
            return listed
    return None


def keyword_answer(reading: Reading) -> str | None:
    """Several keywords without a question word: the figure of the clause they meet in, else the full name."""
    if len(reading.query.keywords) < 2:
        return None
    figure = best_amount(reading)
    if figure is not None and _belongs(reading, figure):
        return _designated(reading, figure) or figure.text.strip()
    return full_name(reading)


def _with_noun(reading: Reading, figure: Quantity) -> str | None:
    end = _noun_end(reading, figure)
    if end > figure.end:
        return reading.text[figure.start : end].strip()
    start, _ = reading.item_of(figure.start)
    if figure.end - start > _SHORT + 3:
        tokens = [t for t in reading.tokens_in(start, figure.start) if figure.end - t.start <= _SHORT]
        telling = [t for t in tokens if t.tag[:1] in "nvajlb" and t.text not in _HELPERS]
        start = telling[0].start if telling else figure.start
    said = reading.text[start : figure.end].strip(_OPENERS + " ")
    return said if said and len(said) <= LONGEST else figure.text


def _noun_end(reading: Reading, figure: Quantity) -> int:
    """Where the nouns right after a figure end; the figure's own end where none follow."""
    if figure.kind is QuantityKind.PERCENT:
        return figure.end
    end = after = figure.end
    held: Token | None = None
    while after < len(reading.text) and reading.text[after] in _CLOSERS + " ":
        after += 1
    for token in reading.tokens:
        if token.start + len(token.text) <= after:
            continue
        first = (
            end == figure.end
            and token.tag in ("v", "a", "d", "t", "f", "zg", "x")
            and token.text[0].isalnum()
        )
        if (
            not first
            and token.tag[:1] not in ("n", "j", "l", "b", "s")
            and token.tag not in ("vn", "eng", "i")
        ):
            break
        if first and held is None:
            held = token
            continue
        if token.start + len(token.text) - figure.start > _COMFORTABLE:
            break
        end = token.start + len(token.text)
    return figure.end if _DESCRIBING.match(reading.text, end) else end


def _enumeration_before(reading: Reading, at: int) -> str | None:
    """联组学习、联手调研、联动整改、联推发展“四联”: the list that ends right before the term."""
    clause = reading.clause_of(max(0, at - 1))
    head = reading.text[clause[0] : at].rstrip(_OPENERS)
    items = head.split("、")
    if len(items) < 3:
        return None
    length = min(len(items[-1]), len(items[1]))
    first = items[0][-length:]
    said = "、".join([first, *items[1:]])
    return said if len(said) <= LONGEST and said in reading.text else None


def _subject_before(reading: Reading, at: int) -> str | None:
    """停车、充电一度是“老大难”: what is called so."""
    clause = reading.clause_of(max(0, at - 1))
    found = _SUBJECT.search(reading.text, clause[0], at)
    said = reading.text[clause[0] : found.start()].strip() if found else ""
    return said if 1 < len(said) <= LONGEST else None


def _belongs(reading: Reading, figure: Quantity) -> bool:
    """A figure answers keywords only in a clause where some of them stand."""
    start, end = reading.clause_of(figure.start)
    return reading.covers(start, end) > 0 and figure.text[:1] != "一"


def _designated(reading: Reading, figure: Quantity) -> str | None:
    """嘉闵线12标: a figure that numbers a thing is said with the name it belongs to."""
    if figure.unit not in ("标", "号", "号线", "线", "期"):
        return None
    start = figure.start
    for token in reversed(reading.tokens_in(reading.item_of(figure.start)[0], figure.start)):
        if not any(c.isalnum() for c in token.text):
            break
        start = token.start
    said = reading.text[start : figure.end]
    return said if len(said) <= 12 else None
