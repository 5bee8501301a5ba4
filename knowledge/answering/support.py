"""Does a fact hold an answer of the asked kind at all? What the search needs to know when to abstain."""

from __future__ import annotations

from collections.abc import Sequence

from knowledge.answering.noun_runs import is_common
from knowledge.answering.reading import Range, Reading
from knowledge.answering.span import answer_span
from knowledge.query.analysis import Query
from knowledge.query.question import QuestionType
from knowledge.text.language import Language, Token

_MUST_BE_SAID = frozenset(
    {QuestionType.AMOUNT, QuestionType.TIME, QuestionType.DURATION, QuestionType.FIGURE}
)
_MAY_BE_SAID = frozenset({QuestionType.WHO, QuestionType.PLACE, QuestionType.WHICH})
_KINDS = "区县镇乡村省市州"
_ELSEWHERE = 0.3
_UNSAID = 0.5


def supports(
    query: Query, text: str, context: str, language: Language, matched: Sequence[Range] = ()
) -> float:
    """Return 0 to 1: how far the fact bears the question out.

    0: a number, date or duration is asked for and none in the fact can answer. Otherwise the weighed part of the
    question's words that stand in the fact or its `context` (title and neighbours), the words next to the question
    word weighing most; less where the question names a place and the fact's surroundings only others. 1 for a
    query without a question.
    """
    if query.type in (QuestionType.NONE, QuestionType.LIST, QuestionType.YES_NO):
        return 1.0
    said = answer_span(query, text, language, matched)
    if said is None and query.type in _MUST_BE_SAID:
        return 0.0
    here = _presence(Reading(query, text, language, matched), Reading(query, context, language))
    if query.type not in _MUST_BE_SAID | _MAY_BE_SAID:
        return _UNSAID + _UNSAID * here
    if said is None:
        here *= _UNSAID
    return here * (_ELSEWHERE if _is_elsewhere(query, text, context, language) else 1.0)


def _presence(fact: Reading, context: Reading) -> float:
    weights = fact.weights()
    total = sum(weights.values())
    if not total:
        return 1.0
    stands = {m.word.start: _whole(m.word, fact) for m in fact.marks if m.word.tag}
    for mark in context.marks:
        stands[mark.word.start] = max(stands.get(mark.word.start, 0.0), _whole(mark.word, context))
    return min(1.0, sum(weight * stands.get(start, 0.0) for start, weight in weights.items()) / total)


def _whole(word: Token, reading: Reading) -> float:
    return 1.0 if word.text in reading.folded else _UNSAID


def _is_elsewhere(query: Query, text: str, context: str, language: Language) -> bool:
    """The question names a district, county or town that is not here, while another of the kind is."""
    here = language.fold(f"{text} {context}")
    named = [p for p in _places(query.words, query.text) if p[0] not in here]
    if not named:
        return False
    kinds = {kind for _, kind in _places(language.tokens(here), here)}
    return any(kind in kinds for _, kind in named)


def _places(tokens: Sequence[Token], text: str) -> list[tuple[str, str]]:
    """The named places as (name without its kind, kind): (闵行, 区)."""
    found: list[tuple[str, str]] = []
    for token in tokens:
        if token.tag[:1] != "n" or len(token.text) < 2 or is_common(token.text):
            continue
        after = text[token.start + len(token.text) :][:1]
        if token.text[-1] in _KINDS and len(token.text) > 2:
            found.append((token.text[:-1], token.text[-1]))
        elif after and after in _KINDS:
            found.append((token.text, after))
    return found
