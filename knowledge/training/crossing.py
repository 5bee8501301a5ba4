"""Near misses that take a word from another clause or the sentence beside: it stands there, but not of what is asked.

门诊楼建筑面积3万平方米，住院楼22层: 住院楼多少层 becomes 门诊楼多少层. No word of such a question is missing, so what it
binds must be told by where it stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

from knowledge.answering.binding import is_kin, joined_words, numbered_in
from knowledge.text.analyzer import Token

_ASKING = re.compile("什么|多少|几|哪|谁|何|怎|吗|如何|请问")
_CLAUSE = re.compile(r"[^,，;；。:：!！?？、]+")


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
    often, its neighbours (`near`), and both are of one kind.
    """
    own, others = _parted(sentence, span)
    if near and (not others or random.random() < 0.3):
        others = f"{others}\n{near}"
    ways = [(3.0, one) for one in _numbers(question, own, others)]
    told = [token for token in joined_words(cut(others)) if token.text not in own]
    for word in joined_words(cut(question)):
        if len(word.text) < 2 or word.text not in own or _ASKING.search(word.text):
            continue
        ways += [
            (0.5 if word.tag[:1] == "v" else 3.0, Crossing(word.start, word.text, other.text))
            for other in told
            if is_kin(word, other) and other.text not in question and _is_word(other.text)
        ]
    return random.choices([way for _, way in ways], [weight for weight, _ in ways])[0] if ways else None


def _parted(sentence: str, span: tuple[int, int]) -> tuple[str, str]:
    """The clause or item that holds the span, and the rest of the sentence."""
    own = [m for m in _CLAUSE.finditer(sentence) if m.start() < span[1] and span[0] < m.end()]
    if not own:
        return sentence, ""
    start, end = own[0].start(), own[-1].end()
    return sentence[start:end], f"{sentence[:start]}\n{sentence[end:]}"


def _numbers(question: str, own: str, others: str) -> Iterator[Crossing]:
    for start, old in numbered_in(question):
        for _, new in numbered_in(others) if old in own else ():
            if new[-1] == old[-1] and new not in own and new not in question:
                yield Crossing(start, old, new)


def _is_word(text: str) -> bool:
    return all("\u4e00" <= c <= "\u9fff" for c in text)
