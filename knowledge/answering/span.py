"""The short answer: the shortest span of the first hit that answers by the question's type."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from knowledge.answering.amounts import amount, duration, moment
from knowledge.answering.clauses import reason, way
from knowledge.answering.meanings import counted, keyword_answer, meaning
from knowledge.answering.names import person, place, which
from knowledge.answering.reading import Range, Reading
from knowledge.query.analysis import Query
from knowledge.query.question import QuestionType
from knowledge.text.language import Language

LONGEST_ANSWER = 30

_ANSWERERS: dict[QuestionType, Callable[[Reading], str | None]] = {
    QuestionType.AMOUNT: amount,
    QuestionType.TIME: moment,
    QuestionType.DURATION: duration,
    QuestionType.WHO: person,
    QuestionType.PLACE: place,
    QuestionType.WHICH: which,
    QuestionType.WHY: reason,
    QuestionType.HOW: way,
    QuestionType.FIGURE: counted,
    QuestionType.WHAT: meaning,
    QuestionType.NONE: keyword_answer,
}


def answer_span(query: Query, text: str, language: Language, matched: Sequence[Range] = ()) -> str | None:
    """Return the span of `text` that answers, or None when the query is no question or the text holds none.

    `text` is the first hit's fact as printed, `matched` the ranges that the search found in it (by pinyin, near
    spelling …), which count beside the query's own words. The span stands word for word in `text`, at most 30
    characters.
    """
    answerer = _ANSWERERS.get(query.type)
    if answerer is None or not text:
        return None
    said = answerer(Reading(query, text, language, matched))
    return said if said and len(said) <= LONGEST_ANSWER else None
