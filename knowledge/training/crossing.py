"""Near misses that take a word from another clause or the sentence beside: it stands there, but not of what is asked.

门诊楼建筑面积3万平方米，住院楼22层: 住院楼多少层 becomes 门诊楼多少层. No word of such a question is missing, so what it
binds must be told by where it stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

from knowledge.answering.rivals import is_kin, joined_words, numbered_in
from knowledge.text.analyzer import Token
from knowledge.text.numbers import comparable, quantities

_ASKING = re.compile("什么|多少|几|哪|谁|何|怎|吗|如何|请问")
_CLAUSE = re.compile(r"[^,，;；。:：!！?？、]+")
_NAMES = frozenset({"nr", "ns", "nt", "nz"})


@dataclass(frozen=True, slots=True)
class Crossing:
    """`question[start:start + len(old)]` becomes `new`, which the sentence says of something else."""

    start: int
    old: str
    new: str


def crossed(
    question: str,
    sentence: str,
    span: tuple[int, int],
    near: str,
    cut: Callable[[str], Sequence[Token]],
    random: Random,
) -> Crossing | None:
    """Return a crossing of a question that `span` of the sentence answers; None where the texts offer none.

    The old word stands in the answer's own clause or item, the new one only outside of it, in the sentence or, less
    often, its neighbours (`near`), and both are of one kind. Clauses with an answer of their own are passed over: of
    一中612分，二中598分 nothing is a near miss.
    """
    own, others = _parted(sentence, span)
    answer = sentence[slice(*span)]
    kept = [clause for clause in others if not _has_its_own(clause, answer, cut)]
    if near and (not kept or random.random() < 0.3):
        beside = [match.group() for match in _CLAUSE.finditer(near)]
        kept += [clause for clause in beside if not _has_its_own(clause, answer, cut)]
    told = "\n".join(kept)
    ways = [(3.0, one) for one in _numbers(question, own, told)]
    words = [token for token in _telling(joined_words(cut(told))) if token.text not in own]
    for word in _telling(joined_words(cut(question))):
        if len(word.text) < 2 or word.text not in own or _ASKING.search(word.text):
            continue
        ways += [
            (3.0, Crossing(word.start, word.text, other.text))
            for other in words
            if is_kin(word, other) and other.text not in question and _is_word(other.text)
        ]
    return random.choices([way for _, way in ways], [weight for weight, _ in ways])[0] if ways else None


def _parted(sentence: str, span: tuple[int, int]) -> tuple[str, list[str]]:
    """The clauses or items that hold the span as one, and the others."""
    clauses = list(_CLAUSE.finditer(sentence))
    own = [match for match in clauses if match.start() < span[1] and span[0] < match.end()]
    if not own:
        return sentence, []
    return sentence[own[0].start() : own[-1].end()], [m.group() for m in clauses if m not in own]


def _has_its_own(clause: str, answer: str, cut: Callable[[str], Sequence[Token]]) -> bool:
    """Whether a clause tells such a thing as the answer is: a figure of like measure, a name of the same sort."""
    if figures := quantities(answer):
        return any(
            one.kind is figures[0].kind and comparable(one.unit, figures[0].unit)
            for one in quantities(clause)
        )
    names = {token.tag[:2] for token in cut(answer)} & _NAMES
    return any(token.tag[:2] in names for token in cut(clause))


def _telling(words: Sequence[Token]) -> list[Token]:
    """The words without verbs that no noun follows: what another verb would do there makes no sense."""
    ends = {word.start for word in words if word.tag[:1] == "n"}
    return [word for word in words if word.tag[:1] != "v" or word.start + len(word.text) in ends]


def _numbers(question: str, own: str, others: str) -> Iterator[Crossing]:
    for start, old in numbered_in(question):
        for _, new in numbered_in(others) if old in own else ():
            if new[-1] == old[-1] and new not in own and new not in question:
                yield Crossing(start, old, new)


def _is_word(text: str) -> bool:
    return all("\u4e00" <= c <= "\u9fff" for c in text)
