"""Whom a sentence is told of that does not name it: whoever was named last, in a sentence before or as its heading.

课程二：古诗诵读 / 价格：900元 tells no price of what 课程一 names, nor of a 课程三 that is named only afterwards.
"""

from __future__ import annotations

import re

from knowledge.answering.constraints import Constraint, SlotKind, codes
from knowledge.answering.window import Passage
from knowledge.text.numbers import quantities

LONGEST_HEADING = 24
_OWNING = frozenset({SlotKind.PERSON, SlotKind.PLACE, SlotKind.NAME, SlotKind.THING})
_NAMES = ("nr", "ns", "nt", "nz")
_ENDS = "。！？!?；;…"
_FIRST_CLAUSE = re.compile(r"[^,，;；。！？!?]*")
_LABEL = re.compile(r"^(?P<label>[^:：,，。\s]{2,8})[:：]\s*(?P<value>[^:：,，。]{2,20})$")
_NUMERAL = re.compile(r"[\d一二三四五六七八九十甲乙丙丁a-z]+$")
_OF_PRONOUN = re.compile(r"^(?:其中?|该|此|这|它|他|她|本|另外|此外|同时)")


def other_owner(one: Constraint, word: str, level: int, passage: Passage) -> str:
    """Return whom a fact is told of where that is another than the `word` that stands around it at `level`, or nothing.

    At level 1 it stands in a heading, at 2 in a sentence before: another of its kind may stand nearer.
    """
    if one.kind not in _OWNING or len(word) < 2 or level not in (1, 2):
        return ""
    nearer: list[str] = []
    for text in reversed(passage.around.before):
        folded = passage.language.fold(text)
        if word in folded:
            return next((own for own in nearer if _are_kin(_named(folded, passage), own, passage)), "")
        if own := _named(folded, passage):
            nearer.append(own)
    section = passage.language.fold(passage.around.section)
    titles = passage.around.heads[:-1] if section else passage.around.heads
    if word not in section or any(word in passage.language.fold(title) for title in titles):
        return ""
    return next((own for own in nearer if _is_heading(own) and _are_kin(section, own, passage)), "")


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


def code_before(one: Constraint, passage: Passage) -> tuple[bool, str]:
    """Return whether the last sentence before that has a code has this one, and the code that it has."""
    for text in reversed(passage.around.before):
        folded = passage.language.fold(text)
        if found := [(folded[start:end], key) for start, end, key in codes(folded) if key[:1].isalpha()]:
            return any(key == one.key for _, key in found), found[0][0]
    return False, ""


def _named(folded: str, passage: Passage) -> str:
    """What a sentence names at its head: its heading or its label with the value, whole, or the name that begins it."""
    line = folded.strip()
    if _is_heading(line) or _LABEL.match(line):
        return line
    first = next(iter(passage.language.tokens(line[:LONGEST_HEADING])), None)
    return first.text if first and first.tag[:2] in _NAMES and not _OF_PRONOUN.match(line) else ""


def _is_heading(line: str) -> bool:
    return (
        len(line) <= LONGEST_HEADING and not any(m in line for m in f"{_ENDS}:：,，") and not quantities(line)
    )


def _are_kin(named: str, other: str, passage: Passage) -> bool:
    """Whether two heads name things of one sort: labels that only count on, headings of one end, names of one sort."""
    if not named or not other or named == other:
        return False
    labels = [match["label"] if (match := _LABEL.match(text)) else "" for text in (named, other)]
    if any(labels):
        stems = [_NUMERAL.sub("", label) for label in labels]
        return labels[0] != labels[1] and stems[0] == stems[1] != ""
    if _is_heading(named) and _is_heading(other) and named[-1] == other[-1]:
        return True
    tags = [next(iter(passage.language.tokens(text))).tag[:2] for text in (named, other)]
    return tags[0] == tags[1] and tags[0] in _NAMES
