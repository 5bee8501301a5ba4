"""Does a fact hold an answer of the asked kind at all? What the search needs to know when to abstain."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property

from knowledge.answering.clauses import asked_state
from knowledge.answering.contradiction import contradicts
from knowledge.answering.names import asks_for_office_holder
from knowledge.answering.reading import Range, Reading
from knowledge.answering.span import span_in
from knowledge.query.analysis import Query
from knowledge.query.question import QuestionType
from knowledge.text.analyzer import Analyzer, Token

_MUST_BE_SAID = frozenset(
    {
        QuestionType.AMOUNT,
        QuestionType.SHARE,
        QuestionType.CHANGE,
        QuestionType.TIME,
        QuestionType.DURATION,
        QuestionType.FIGURE,
    }
)
_MAY_BE_SAID = frozenset(
    {QuestionType.WHO, QuestionType.ORGANISATION, QuestionType.PLACE, QuestionType.WHICH}
)
_ASKS_ATTRIBUTE = _MUST_BE_SAID | {QuestionType.WHO, QuestionType.NONE}
_SHARE = re.compile(r"率|占|比例|比重|百分")
_DENIED = 0.1
_UNMENTIONED = 0.5
_UNSAID = 0.5


def supports(query: Query, text: str, context: str, language: Analyzer) -> float:
    """Return 0 to 1: how far the fact bears the query out.

    0: a number, date or duration is asked for and none in the fact can answer. Otherwise the weighed part of the
    query's words that stand in the fact or its `context` (title and neighbours), the words next to the question word
    weighing most; less where no answer of the asked kind is there, where what is measured (市值, 面积) is not
    mentioned, and where the query names a place, year or ordinal and the text only others.
    """
    return Bearing(query, text, context, language).support


class Bearing:
    """One fact read for a query with its surroundings; what was found out once is kept."""

    def __init__(self, query: Query, text: str, context: str, language: Analyzer) -> None:
        self._query = query
        self._fact = Reading(query, text, language)
        self._context = context
        self._language = language

    @cached_property
    def said(self) -> str | None:
        """What the fact answers (`answering.span.answer_span`)."""
        return span_in(self._fact)

    def said_with(self, matched: Sequence[Range]) -> str | None:
        """What the fact answers when the search has found the query's words in further places."""
        reading = self._fact.with_matched(matched)
        return self.said if reading is self._fact else span_in(reading)

    @cached_property
    def support(self) -> float:
        """How far the fact bears the query out (`supports`)."""
        return _support(self._query, self._fact, self.said, self._context, self._language)


def _support(query: Query, fact: Reading, said: str | None, context: str, language: Analyzer) -> float:
    if said is None and query.type in _MUST_BE_SAID:
        return 0.0
    if said is None and query.type is QuestionType.WHO and asks_for_office_holder(query):
        return 0.0
    if query.type is QuestionType.WHY and (state := asked_state(query)) and state not in fact.folded:
        return 0.0
    around = Reading(query, context, language)
    here = _presence(fact, around)
    if query.type in _MAY_BE_SAID and said is None:
        here *= _UNSAID
    if query.type in _ASKS_ATTRIBUTE and not _mentions_attribute(fact, around, said):
        here *= _UNMENTIONED
    return here * (_DENIED if contradicts(query, f"{fact.text} {context}", language) else 1.0)


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


def _mentions_attribute(fact: Reading, context: Reading, said: str | None) -> bool:
    """What is measured, dated or named: the noun after 多少, the verb after 什么时候, else the last word before."""
    asked, words = fact.query.question, fact.query.words
    if asked.unit or (said and said.rstrip("以上下").endswith("%") and _SHARE.search(fact.query.text)):
        return True
    before = [w.text for w in words if w.start < asked.start or asked.start == asked.end]
    after = [w.text for w in words if w.start >= asked.end > asked.start]
    if asked.noun:
        attributes = [asked.noun]
    else:
        attributes = (after[:2] if fact.query.type is QuestionType.TIME else []) or before[-1:]
    pairs = [word[i : i + 2] for word in attributes for i in range(max(1, len(word) - 1))]
    return not pairs or any(pair in reading.folded for pair in pairs for reading in (fact, context))
