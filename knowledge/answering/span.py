"""The short answer: the shortest span of the first hit that answers by the question's type."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from knowledge.answering.amounts import amount, duration, moment
from knowledge.answering.clauses import reason, way
from knowledge.answering.meanings import counted, keyword_answer, meaning
from knowledge.answering.names import person, place, places, which
from knowledge.answering.reading import Range, Reading
from knowledge.query.analysis import Query
from knowledge.query.question import QuestionType
from knowledge.text.analyzer import Analyzer

LONGEST_ANSWER = 30
_PAIRS = ("“”", "《》", "「」", "『』", "（）", "()")

_ANSWERERS: dict[QuestionType, Callable[[Reading], str | None]] = {
    QuestionType.AMOUNT: amount,
    QuestionType.SHARE: amount,
    QuestionType.CHANGE: amount,
    QuestionType.ORGANISATION: which,
    QuestionType.TIME: moment,
    QuestionType.DURATION: duration,
    QuestionType.WHO: person,
    QuestionType.PLACE: place,
    QuestionType.WHICH: which,
    QuestionType.LIST: places,
    QuestionType.WHY: reason,
    QuestionType.HOW: way,
    QuestionType.FIGURE: counted,
    QuestionType.WHAT: meaning,
    QuestionType.NONE: keyword_answer,
}


def answer_span(query: Query, text: str, language: Analyzer, matched: Sequence[Range] = ()) -> str | None:
    """Return the span of `text` that answers, or None when the query is no question or the text holds none.

    `text` is the first hit's fact as printed, `matched` the ranges that the search found in it (by pinyin, near
    spelling …), which count beside the query's own words. The span stands word for word in `text`, at most 30
    characters.
    """
    return span_in(Reading(query, text, language, matched))


def span_in(reading: Reading) -> str | None:
    """Return the answering span of a fact already read."""
    answerer = _ANSWERERS.get(reading.query.type)
    if answerer is None or not reading.text:
        return None
    said = _balanced(answerer(reading) or "")
    return said if 0 < len(said) <= LONGEST_ANSWER else None


def _balanced(said: str) -> str:
    """Drop what a cut left of a quotation: 牢记使命”主题教育 becomes 主题教育, “四联 becomes 四联."""
    for pair in _PAIRS:
        opening, closing = pair[0], pair[1]
        first = said.find(closing)
        if first >= 0 and opening not in said[:first]:
            said = said[first + 1 :] or said[:first]
        last = said.rfind(opening)
        if last >= 0 and closing not in said[last:]:
            said = said[:last] if last > len(said) // 2 else said[last + 1 :]
    return said.strip()
