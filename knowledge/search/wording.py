"""Which words of a query are to be looked for."""

from __future__ import annotations

from knowledge.query.analysis import Query
from knowledge.query.question import QuestionType
from knowledge.text.analyzer import Token

_SAID = (QuestionType.LIST, QuestionType.FIGURE)
_ASKING = frozenset("多少几谁哪什么何怎为啥吗久?")


def subject(query: Query) -> str:
    """Return the query without its question words; 房价 and 票价 ask by themselves and stay."""
    return query.core if query.core and not _asks_by_itself(query) else query.text


def content(query: Query) -> tuple[Token, ...]:
    """Return the query's content words, one that asks by itself included."""
    if not _asks_by_itself(query):
        return query.words
    asked = query.question
    return (*query.words, Token(query.text[asked.start : asked.end], "n", asked.start))


def _asks_by_itself(query: Query) -> bool:
    asked = query.text[query.question.start : query.question.end]
    return (
        any(char.isalnum() for char in asked) and not _ASKING.intersection(asked) and query.type not in _SAID
    )
