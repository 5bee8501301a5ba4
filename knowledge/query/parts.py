"""A query that asks for more than one thing, cut into queries that each ask for one."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from knowledge.query.analysis import Query
from knowledge.query.question import QuestionType

MOST_PARTS = 3
_ENDS = re.compile(r"[?？;；\n]+|(?<=[\u4e00-\u9fff])[,，](?=[\u4e00-\u9fff])")
_SIDES = re.compile(
    r"^(?P<one>\S{1,20}?)(?:(?P<than>比)(?P<two>\S{1,20}?)(?=多|少|高|低|快|慢|大[^桥学厦道]|小|长|短)"
    r"|(?:和|与|跟|同|、)(?P<other>\S{1,20}?)(?P<asked>各|分别|相比|哪个更|哪个|谁更|相差|的区别|有什么区别))(?P<rest>.*)$"
)
_NOUNS = ("n", "nr", "ns", "nt", "nz", "j", "eng", "s")

Analyse = Callable[[str], Query]


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that is asked for; `name` says which where they are sides of a comparison."""

    query: Query
    name: str = ""


def parts_of(query: Query, text: str, analyse: Analyse) -> tuple[Part, ...]:
    """Return the parts of a query that asks for several things; nothing where it asks for one.

    A later question without a subject of its own takes that of the first: 大桥有多长？由谁承建？
    """
    if query.type is QuestionType.COMPARISON and (sides := _sides(query, analyse)):
        return sides
    pieces = [piece.strip() for piece in _ENDS.split(text) if piece and piece.strip()]
    if not 1 < len(pieces) <= MOST_PARTS:
        return ()
    asked = [analyse(piece) for piece in pieces]
    if asked[0].is_empty or any(one.type in (QuestionType.NONE, QuestionType.FIGURE) for one in asked):
        return ()
    subject = _subject(asked[0])
    found = [asked[0]]
    for piece, one in zip(pieces[1:], asked[1:], strict=True):
        own = any(word.tag[:2] in _NOUNS and len(word.text) > 1 for word in one.words)
        found.append(one if own or not subject else analyse(f"{subject}{piece}"))
    return tuple(Part(one) for one in found)


def _subject(query: Query) -> str:
    """What the first question is about: what stands before its question words, else its nouns."""
    before = query.text[: query.question.start].rstrip("的 ")
    named = [word for word in query.words if word.tag[:2] in _NOUNS]
    if before and any(word.start < query.question.start for word in named):
        last = max(w.start + len(w.text) for w in named if w.start < query.question.start)
        return query.text[:last]
    return "".join(word.text for word in named)


def _sides(query: Query, analyse: Analyse) -> tuple[Part, ...]:
    """第一批和第二批各有多少问题: 第一批有多少问题, 第二批有多少问题."""
    match = _SIDES.match(query.text)
    if match is None:
        return ()
    one, two = match["one"], match["two"] or match["other"]
    rest = match["rest"] if match["asked"] in ("各", "分别") else ""
    if match["two"] and (counted := re.search(r"(?:多少|几).+", match["rest"])):
        rest = f"有{counted.group()}"
    shared = _shared(one, two)
    sides = (one, two) if shared is None else (one, shared + two)
    return tuple(Part(analyse(f"{side}{rest or _measure(match, query)}"), side) for side in sides)


def _shared(one: str, two: str) -> str | None:
    """What the second side leaves out of the first's beginning: 柳江市第一批和第二批."""
    for size in range(len(one) - 1, 1, -1):
        head, tail = one[:size], one[size:]
        if len(tail) == len(two) and sum(a == b for a, b in zip(tail, two, strict=True)) >= len(tail) // 2:
            return head
    return None


def _measure(match: re.Match[str], query: Query) -> str:
    """What is compared: 多高 of 哪个更高, else 多少."""
    measured = re.search(r"[高低快慢大小长短重远深宽]", match["rest"])
    return (
        f"有多{measured.group().translate(str.maketrans('低慢小短', '高快大长'))}" if measured else "有多少"
    )
